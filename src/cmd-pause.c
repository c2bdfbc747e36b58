/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl pause: stops agents where they are, or drains and holds them;
 * resume: undoes exactly that.
 */
#include "act.h"

static const struct opt pause_opts[] = {
	{ 0, "freeze", OPT_FLAG, offsetof(struct act_options, freeze), NULL,
	    "stop all its processes as they are (default)" },
	{ 0, "stop", OPT_FLAG, offsetof(struct act_options, stop), NULL,
	    "drain it, and start it again when it is resumed" },
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "with --stop: kill it without asking it to stop" },
	OPT_TIMEOUT,
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static int
run_pause(int argc, char **argv)
{
	if (act_options.freeze && act_options.stop)
		return cmd_usage(&cmd_pause, "takes one of --freeze and "
		    "--stop");
	return act(act_options.stop ? VERB_PAUSE : VERB_FREEZE,
	    &act_options, argc, argv);
}

const struct cmd cmd_pause = {
	.name = "pause",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "freeze agents, or hold them stopped",
	.opts = pause_opts,
	.values = &act_options,
	.run = run_pause,
};

static int
run_resume(int argc, char **argv)
{
	return act(VERB_RESUME, &act_options, argc, argv);
}

const struct cmd cmd_resume = {
	.name = "resume",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "let paused agents go on",
	.opts = act_opts,
	.values = &act_options,
	.run = run_resume,
};
