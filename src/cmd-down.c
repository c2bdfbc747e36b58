/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl down: drains agents and removes their sessions.  It works from what
 * was applied and what runs, so that a broken compose file cannot keep a team
 * from being stopped.
 */
#include "control.h"
#include "jstring.h"
#include "os.h"
#include "supervise.h"
#include "view.h"
#include "work.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	END_MS = 2000, /* for the supervisor, which has nothing more to do */
	REAP_MS = 5,
};

static struct work_options options = WORK_OPTIONS_INIT;
static bool ends_supervisor;
static pid_t home_pid; /* of the supervisor in a session of its own, or 0 */

static const struct opt opts[] = {
	OPT_AUDIT,
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "kill at once, without asking the agents to stop" },
	OPT_TIMEOUT,
	OPT_FAIL_ON_KILL,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static void
print(struct work *work, const struct run *run)
{
	struct strbuf outcome = STRBUF_INIT;

	work_add_outcome(&outcome, run);
	work_line(work, "down \xc2\xb7 %s%s", run->id, outcome.buf);
	strbuf_release(&outcome);
}

/* That it cannot be is told at the end, if it is so then: work_end. */
static void
save(struct work *work)
{
	struct strbuf err = STRBUF_INIT;

	engine_save(&work->engine, &err);
	strbuf_release(&err);
}

/*
 * Journals the wish before anything is done about it.  That the disk is full
 * is no reason to let run what may be filling it.
 */
static void
mark_stopped(struct work *work)
{
	struct applied *applied;
	bool any = false;
	size_t i;

	if (work->nr == work->known.nr && work->engine.state.removed.nr) {
		strvec_release(&work->engine.state.removed);
		any = true;
	}
	for (i = 0; i < work->nr; i++) {
		applied = work->runs[i]->applied;
		if (!applied || applied->operation == OPERATION_STOPPED ||
		    applied->operation > OPERATION_PAUSED)
			continue;
		applied->operation = OPERATION_STOPPED;
		any = true;
	}
	if (any)
		save(work);
}

/* Agents that are gone from the compose file have nothing left to keep. */
static void
forget_removed(struct work *work)
{
	bool any = false;
	size_t i;

	for (i = 0; work->team && i < work->nr; i++) {
		struct run *run = work->runs[i];

		if (run->spec || !run->applied || run->present ||
		    run->survivors.nr)
			continue;
		engine_forget(&work->engine, run);
		any = true;
	}
	if (any)
		save(work);
}

static int
down(struct work *work)
{
	size_t i;
	int code;

	for (i = 0; options.dry_run && i < work->nr; i++)
		work_line(work, "down \xc2\xb7 %s%s (dry run)",
		    work->runs[i]->id, work->runs[i]->alive ? "" :
		    " [already stopped]");
	if (options.dry_run)
		return EXIT_DONE;
	mark_stopped(work);
	code = work_stop(work, work->runs, work->nr, options.now, false);
	ends_supervisor = code == EXIT_DONE && work->nr == work->known.nr;
	if (ends_supervisor) {
		home_pid = work->engine.home.dead ? 0 : work->engine.home.pid;
		engine_end_supervisor(&work->engine);
	}
	if (code != EXIT_DONE)
		return code;
	forget_removed(work);
	work_summary(work);
	return work_exit_code(work);
}

/*
 * A drain that a supervisor or another command has under way is cut short,
 * before the team is asked of it: it lets go of it when nothing is being
 * stopped.
 */
static int
hurry(int argc, char **argv)
{
	enum { HURRY_MS = 5000 };
	struct targets targets = { .ids = STRVEC_INIT };
	struct strbuf err = STRBUF_INIT;
	struct view view;
	int fd = -1, code = view_open(&view);

	if (code == EXIT_DONE)
		fd = control_connect(view.source.root);
	if (fd >= 0 || (code == EXIT_DONE &&
	    state_is_locked(view.source.root)))
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (fd >= 0 && code == EXIT_DONE)
		json_decref(control_call(fd, json_pack("{s:s, s:o}", "op",
		    "hurry", "ids", jstrings(&targets.ids)), HURRY_MS, &err));
	engine_hurry_holder(&view.engine, &targets.ids);
	if (fd >= 0)
		close(fd);
	targets_release(&targets);
	view_close(&view);
	strbuf_release(&err);
	return code;
}

/*
 * It needs the lock of the team, for its last words.  tmux, whose child it may
 * be, removes its session as it reaps it.
 */
static void
await_supervisor(const char *root)
{
	struct mono deadline = mono_add_ms(os_now(), END_MS);

	if (!ends_supervisor || !supervise_await_end(root, 0, deadline))
		return;
	while (home_pid > 0 && kill(home_pid, 0) == 0 &&
	    mono_before(os_now(), deadline))
		poll(NULL, 0, REAP_MS);
}

static int
run(int argc, char **argv)
{
	struct work work;
	char *root;
	int code;

	if (options.now && !options.dry_run) {
		code = hurry(argc, argv);
		if (code != EXIT_DONE)
			return code;
	}
	code = work_open(&work, "down", WORK_CHANGES | WORK_BROKEN_OK,
	    &options, argc, argv);
	if (code == EXIT_DONE && work_begin(&work, &code)) {
		work.print = print;
		code = work_end(&work, down(&work));
	}
	root = xstrdup_null(work.source.root);
	work_close(&work);
	await_supervisor(root);
	free(root);
	return code;
}

const struct cmd cmd_down = {
	.name = "down",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "drain agents and remove their sessions",
	.opts = opts,
	.values = &options,
	.run = run,
};
