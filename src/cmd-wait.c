/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl wait: returns when all agents of the targets are as asked for.  What
 * counts is the state itself, not a change: it may have been so all along.
 */
#include "waiting.h"

static struct wait_options {
	const char *what;
	int64_t timeout_ms;
} options = { .what = "running", .timeout_ms = -1 };

static const struct opt opts[] = {
	{ 0, "for", OPT_CHOICE, offsetof(struct wait_options, what),
	    "running|stopped|ready", "what to wait for; default: running" },
	{ 't', "timeout", OPT_DURATION,
	    offsetof(struct wait_options, timeout_ms), "TIME",
	    "exit 5 when it takes longer" },
	{ 0 },
};

static int
run(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	enum wait_for what = str_eq(options.what, "ready") ? WAIT_READY :
	    str_eq(options.what, "stopped") ? WAIT_STOPPED : WAIT_RUNNING;
	struct view view;
	int code;

	code = view_open(&view);
	if (code == EXIT_DONE)
		code = view_observe(&view);
	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (code == EXIT_DONE)
		code = waiting_run(&view, &targets.ids, what,
		    options.timeout_ms);
	targets_release(&targets);
	view_close(&view);
	return code;
}

const struct cmd cmd_wait = {
	.name = "wait",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "wait until agents run, are ready or have stopped",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "An agent is ready when its readiness probe has succeeded; "
	    "without one, when its\nscreen has shown what its runtime shows "
	    "then; when that does not say, running is\nenough.  Exit status: "
	    "0 it is so, 5 it took too long, 4 there is no such agent,\n"
	    "7 only a supervisor could tell, and none runs.\n",
};
