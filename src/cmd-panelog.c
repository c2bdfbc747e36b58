/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl panelog: what tmux runs to keep what a pane prints.  Not for people.
 */
#include "cmd.h"
#include "panelog.h"

const struct cmd cmd_panelog = {
	.name = "panelog",
	.group = GROUP_OTHER,
	.flags = CMD_HIDDEN | CMD_RAW,
	.operands = "FOLDER ID GENERATION KEEP MAX_SIZE MAX_AGE_MS",
	.summary = "keep what a pane prints",
	.run = panelog_main,
};
