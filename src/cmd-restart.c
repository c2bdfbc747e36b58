/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl restart: drains agents and starts them again, changed or not.
 */
#include "act.h"
#include "gate.h"
#include "plan.h"
#include "supervise.h"

#include <stdlib.h>
#include <unistd.h>

static struct act_options options = ACT_OPTIONS_INIT;

static const struct opt opts[] = {
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "kill at once, without asking the agents to stop" },
	OPT_TIMEOUT,
	OPT_FAIL_ON_KILL,
	OPT_FRESH,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static void
print(struct work *work, const struct run *run)
{
	struct strbuf outcome = STRBUF_INIT;
	bool was_stopped = run->drain.outcome == DRAIN_PENDING;

	/* A line for both halves, unless the first left no second. */
	if (run->start == START_NONE &&
	    run->drain.outcome != DRAIN_KILL_FAILED && !work->is_cut)
		return;
	if (!was_stopped)
		work_add_outcome(&outcome, run);
	if (run->start == START_FAILED)
		strbuf_addf(&outcome, " [failed: %s]", run->error);
	else if (work->is_cut)
		strbuf_addstr(&outcome, WORK_UNSTARTED);
	else if (run->start != START_NONE)
		strbuf_addstr(&outcome, work_conversation(run));
	work_line(work, "%s \xc2\xb7 %s%s",
	    was_stopped ? "started" : "restarted", run->id, outcome.buf);
	strbuf_release(&outcome);
}

static int
restart(struct work *work)
{
	struct run **some = xcalloc(work->nr, sizeof(struct run *));
	size_t i, nr = 0;
	int code;

	for (i = 0; i < work->nr; i++)
		if (work->runs[i]->spec &&
		    work_may_start(work, VERB_RESTART, work->runs[i], ""))
			some[nr++] = work->runs[i];
	code = work_check(some, nr);
	for (i = 0; code == EXIT_DONE && options.work.dry_run && i < nr; i++)
		work_line(work, "%s \xc2\xb7 %s (dry run)",
		    some[i]->alive ? "restarted" : "started", some[i]->id);
	if (code == EXIT_DONE && !options.work.dry_run && nr)
		code = work_replace(work, some, nr, options.work.now);
	free(some);
	if (code != EXIT_DONE)
		return code;
	if (!options.work.dry_run)
		work_summary(work);
	return work_exit_code(work);
}

/* What would be rendered now is what was applied. */
static bool
is_as_applied(const struct run *run)
{
	const char *have[FP_NR];
	struct plan_input input = { .wanted = run->spec, .applied = true,
		.running = true, .have = have };
	int i;

	if (!run->applied || !run->spec || !run->applied->env_file ||
	    access(run->applied->env_file, R_OK) < 0)
		return false;
	for (i = 0; i < FP_NR; i++)
		have[i] = run->applied->fp[i];
	input.want = (const char *const *)run->spec->fp;
	return plan_decide(&input).action == PLAN_KEEP;
}

/* What a supervisor would find out when the agent is down. */
static int
check_programs(struct work *work)
{
	struct run **some = xcalloc(work->nr, sizeof(struct run *));
	size_t i, nr = 0;
	int code;

	for (i = 0; i < work->nr; i++)
		if (work->runs[i]->spec && !work_is_held(work->runs[i]))
			some[nr++] = work->runs[i];
	code = work_check(some, nr);
	free(some);
	return code;
}

/*
 * A supervisor restarts what was applied, and merges what several people want
 * at a time.  Where the files have changed since, it is done here.
 */
static int
choose(int argc, char **argv, bool *by_supervisor)
{
	struct source source;
	struct work work;
	size_t i;
	int code = cmd_find_root(&source);

	*by_supervisor = false;
	if (code != EXIT_DONE || !supervise_is_running(source.root))
		return code;
	code = work_open(&work, "restart", 0, &options.work, argc, argv);
	if (code == EXIT_DONE && !options.work.fresh &&
	    supervise_is_running(work.source.root)) {
		/* It would end this command before the start. */
		for (i = 0; i < work.nr && !gate_agent(); i++)
			if (!work_is_held(work.runs[i]) &&
			    !is_as_applied(work.runs[i]))
				break;
		*by_supervisor = i == work.nr || gate_agent();
		if (*by_supervisor && !gate_agent())
			code = check_programs(&work);
	}
	work_close(&work);
	return code;
}

static int
run(int argc, char **argv)
{
	bool by_supervisor;
	struct work work;
	int code = choose(argc, argv, &by_supervisor);

	if (code != EXIT_DONE)
		return code;
	if (by_supervisor)
		return act(VERB_RESTART, &options, argc, argv);
	code = work_open(&work, "restart", WORK_CHANGES | WORK_BY_IDS,
	    &options.work, argc, argv);
	if (code == EXIT_DONE && work_begin(&work, &code)) {
		work.print = print;
		code = work_end(&work, restart(&work));
	}
	work_close(&work);
	return code;
}

const struct cmd cmd_restart = {
	.name = "restart",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "drain agents and start them again",
	.opts = opts,
	.values = &options,
	.run = run,
};
