/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl shim: what runs in an agent's pane.  Not for people.
 */
#include "cmd.h"
#include "shim.h"

const struct cmd cmd_shim = {
	.name = "shim",
	.group = GROUP_OTHER,
	.flags = CMD_HIDDEN | CMD_RAW,
	.operands = "ID ENV LAUNCH [GENERATION [OOM_KILLS]]",
	.summary = "run an agent in its pane",
	.run = shim_main,
};
