/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Whether a process is one of an agent.  Its ancestors say so: all processes
 * of an agent are below its shim, those that were left alone too, and nothing
 * in their environment changes that.  TEAMCTL_TOKEN, which the shim makes anew
 * for each start and writes into its record, finds those that have come out of
 * the tree: they are nobody.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "shim.h"
#include "strbuf.h"

#include <sys/types.h>

/* Why nobody can say whose a process is. */
#define INSIDE_GONE "the process that asks has ended"

enum inside {
	INSIDE_NOT,    /* a person, a script, a supervisor */
	INSIDE_AGENT,  /* id says which one */
	/* The token is not that of the tree, or it has gone; why says it. */
	INSIDE_FORGED,
};

/* token: the value of the process's SHIM_TOKEN, or NULL. */
enum inside inside_find(const char *root, pid_t pid, const char *token,
    struct strbuf *id, struct strbuf *why);

#endif
