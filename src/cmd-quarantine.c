/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl quarantine: drains agents and keeps them from being started by
 * anything but release.
 */
#include "act.h"

static struct act_options options = ACT_OPTIONS_INIT;

static const struct opt quarantine_opts[] = {
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
run_quarantine(int argc, char **argv)
{
	return act(VERB_QUARANTINE, &options, argc, argv);
}

const struct cmd cmd_quarantine = {
	.name = "quarantine",
	.group = GROUP_LIFE,
	.flags = CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "stop agents, and let nothing start them",
	.opts = quarantine_opts,
	.values = &options,
	.run = run_quarantine,
};

static const struct opt release_opts[] = {
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static int
run_release(int argc, char **argv)
{
	return act(VERB_RELEASE, &options, argc, argv);
}

const struct cmd cmd_release = {
	.name = "release",
	.group = GROUP_LIFE,
	.flags = CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "start agents that are quarantined",
	.opts = release_opts,
	.values = &options,
	.run = run_release,
};
