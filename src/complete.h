/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Completion scripts for shells, written from the table of commands.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "cmd.h"

#include <stdio.h>

void complete_bash(FILE *out);
void complete_zsh(FILE *out);
void complete_fish(FILE *out);

/*
 * Names that can follow prefix: ids when it has a colon, else projects and
 * agents.  NULL: all projects and ids.
 */
void complete_agents(const struct team *team, const char *prefix, FILE *out);

#endif
