/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl remove: drains agents and forgets them.  One that is in the compose
 * file stays away until it is named to `up`.
 */
#include "act.h"

static struct act_options options = ACT_OPTIONS_INIT;

static const struct opt opts[] = {
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "kill at once, without asking the agents to stop" },
	OPT_TIMEOUT,
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static int
run(int argc, char **argv)
{
	return act(VERB_REMOVE, &options, argc, argv);
}

const struct cmd cmd_remove = {
	.name = "remove",
	.group = GROUP_LIFE,
	.flags = CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "stop agents, and forget them",
	.opts = opts,
	.values = &options,
	.run = run,
};
