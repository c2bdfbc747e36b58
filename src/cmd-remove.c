/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl remove: drains agents and forgets them.  One that is in the compose
 * file stays away until it is named to `up`.
 */
#include "act.h"

static int
run(int argc, char **argv)
{
	return act(VERB_REMOVE, &act_options, argc, argv);
}

const struct cmd cmd_remove = {
	.name = "remove",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "stop agents, and forget them",
	.opts = act_stop_opts,
	.values = &act_options,
	.run = run,
};
