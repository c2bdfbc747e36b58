/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Before a command that changes something: whether an agent asks for it, and
 * may (permission.h).
 */
#ifndef GATE_H
#define GATE_H

#include "cmd.h"

/* EXIT_DONE, or EXIT_REFUSED after saying and journalling why not. */
int gate_check(const struct cmd *cmd, int argc, char **argv);
/* The agent that the command that was checked runs inside of, or NULL. */
const char *gate_agent(void);

#endif
