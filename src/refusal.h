/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A verb that was refused before it came to an answer of its own: the same as
 * a document, for who has asked for one.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "cmd.h"

/* Whether the flag of that name was given. */
bool refusal_has_flag(const struct cmd *cmd, const char *name);
/*
 * Prints it when the command is a verb with --json, has failed, and has
 * printed no document.  argv: all words; operands: those that name agents.
 */
void refusal_print(const struct cmd *cmd, int code, int argc, char **argv,
    const struct strvec *operands);

#endif
