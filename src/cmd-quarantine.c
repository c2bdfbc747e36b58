/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl quarantine: drains agents and keeps them from being started by
 * anything but release.
 */
#include "act.h"

static int
run_quarantine(int argc, char **argv)
{
	return act(VERB_QUARANTINE, &act_options, argc, argv);
}

const struct cmd cmd_quarantine = {
	.name = "quarantine",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "stop agents, and let nothing start them",
	.opts = act_stop_opts,
	.values = &act_options,
	.run = run_quarantine,
};

static int
run_release(int argc, char **argv)
{
	return act(VERB_RELEASE, &act_options, argc, argv);
}

const struct cmd cmd_release = {
	.name = "release",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "start agents that are quarantined",
	.opts = act_opts,
	.values = &act_options,
	.run = run_release,
};
