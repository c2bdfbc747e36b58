/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl up: starts the agents that do not run.  Those that do are left
 * alone; it only says when they run with an outdated configuration.
 */
#include "plan.h"
#include "waiting.h"
#include "work.h"

#include <stdlib.h>

static struct up_options {
	struct work_options work; /* first: the shared rows are of it */
	bool wait;
	int64_t wait_timeout_ms;
} options = { .work = WORK_OPTIONS_INIT, .wait_timeout_ms = 120 * 1000 };

static const struct opt opts[] = {
	OPT_AUDIT,
	{ 0, "no-supervise", OPT_FLAG,
	    offsetof(struct work_options, no_supervise), NULL,
	    "do not start a supervisor with them" },
	{ 'w', "wait", OPT_FLAG, offsetof(struct up_options, wait), NULL,
	    "return when they are ready, and healthy" },
	{ 0, "wait-timeout", OPT_DURATION,
	    offsetof(struct up_options, wait_timeout_ms), "DURATION",
	    "exit 5 when that takes longer (2m)" },
	OPT_FRESH,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static void
print(struct work *work, const struct run *run)
{
	if (run->start == START_FAILED)
		work_line(work, "up \xc2\xb7 %s [failed: %s]", run->id,
		    run->error);
	else if (run->start == START_LEFT)
		work_line(work, "up \xc2\xb7 %s [%s]", run->id, run->wait);
	else if (run->start == START_DONE)
		work_line(work, "up \xc2\xb7 %s [already done: exit %d]",
		    run->id, run->record.exit_code);
	else
		work_line(work, "up \xc2\xb7 %s%s", run->id,
		    work_conversation(run));
}

static void
print_running(struct work *work, struct run *run)
{
	const char *have[FP_NR];
	struct plan_input input = { .wanted = true, .applied = true,
		.running = true, .have = have,
		.want = (const char *const *)run->spec->fp };
	struct strbuf inputs = STRBUF_INIT;
	struct plan_verdict verdict;

	work_have(run, have);
	verdict = plan_decide(&input);
	plan_add_inputs(&inputs, verdict.inputs);
	run->outdated = verdict.action != PLAN_KEEP;
	work->nr_kept++;
	work_line(work, "up \xc2\xb7 %s (already running%s%s%s)", run->id,
	    engine_can_adopt(run) ? ", recorded anew" : "",
	    run->outdated ? ", outdated: " : "",
	    run->outdated ? inputs.buf : "");
	strbuf_release(&inputs);
}

static bool
is_running(const struct run *run)
{
	return run->alive && !run_is_starting(run);
}

/* Says so where a person's word is against it. */
static bool
is_startable(struct work *work, struct run *run)
{
	return (work_is_held(run) || !is_running(run)) &&
	    work_may_start(work, VERB_UP, run, "");
}

/* Left by an edit of the compose file; up stops nobody. */
static void
warn_removed(const struct work *work)
{
	size_t i, nr = 0;

	for (i = 0; i < work->nr; i++) {
		if (work->runs[i]->spec || !work->runs[i]->alive)
			continue;
		cmd_warn("agent '%s' runs, but is not in the compose file",
		    work->runs[i]->id);
		nr++;
	}
	if (nr && !globals.quiet)
		cmd_hint("'teamctl reload' removes what is no longer wanted");
}

static int
up(struct work *work)
{
	struct run **start = xcalloc(work->nr, sizeof(struct run *));
	size_t i, nr = 0, nr_outdated = 0;
	int code;

	for (i = 0; i < work->nr; i++)
		if (work->runs[i]->spec && is_startable(work, work->runs[i]))
			start[nr++] = work->runs[i];
	code = work_check(start, nr);
	for (i = 0; code == EXIT_DONE && i < work->nr; i++) {
		if (!work->runs[i]->spec || !is_running(work->runs[i]) ||
		    work_is_held(work->runs[i]))
			continue;
		print_running(work, work->runs[i]);
		nr_outdated += work->runs[i]->outdated;
	}
	for (i = 0; options.work.dry_run && code == EXIT_DONE && i < nr; i++)
		work_line(work, "up \xc2\xb7 %s (dry run)", start[i]->id);
	if (code == EXIT_DONE && !options.work.dry_run)
		code = work_keep_running(work);
	if (code == EXIT_DONE && !options.work.dry_run) {
		work_want_supervisor(work);
		work_note_plan(work, nr, 0, work->nr_kept);
		if (nr)
			code = work_start(work, start, nr);
		engine_flush_trailer(&work->engine);
	}
	if (code == EXIT_DONE)
		warn_removed(work);
	if (code == EXIT_DONE && nr_outdated)
		cmd_hint("'teamctl reload' restarts what is outdated");
	free(start);
	return code == EXIT_DONE ? work_exit_code(work) : code;
}

static int
run(int argc, char **argv)
{
	struct strvec ids = STRVEC_INIT;
	struct work work;
	size_t i;
	int code;

	code = work_open(&work, "up", WORK_CHANGES | WORK_WITH_NEEDS,
	    &options.work, argc, argv);
	if (code == EXIT_DONE && work_begin(&work, &code)) {
		work.print = print;
		code = work_end(&work, up(&work));
	}
	for (i = 0; i < work.nr; i++)
		if (work.runs[i]->spec && !work_is_held(work.runs[i]) &&
		    work.runs[i]->start != START_DONE)
			strvec_push(&ids, work.runs[i]->id);
	work_close(&work);
	if (code == EXIT_DONE && options.wait && !options.work.dry_run)
		code = waiting_well(&ids, options.wait_timeout_ms);
	strvec_release(&ids);
	return code;
}

const struct cmd cmd_up = {
	.name = "up",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "start agents that do not run",
	.opts = opts,
	.values = &options,
	.run = run,
};
