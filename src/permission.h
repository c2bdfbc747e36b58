/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What an agent may ask of teamctl from inside, by its command_permissions: to
 * be restarted or stopped itself, nothing of others.  Pure.
 */
#ifndef PERMISSION_H
#define PERMISSION_H

#include "compose.h"

/* What is asked for. */
struct asking {
	const char *verb;  /* "restart", "pause --stop", "add" */
	bool now;          /* it is to be killed, not drained */
	bool is_itself;    /* it, and no other, was named */
};

/*
 * permissions: NULL for an agent that the compose file does not have.  False:
 * why not, as a sentence about the agent, in why.
 */
bool permission_allows(const struct command_permissions *permissions,
    const char *id, const struct asking *asking, struct strbuf *why);

#endif
