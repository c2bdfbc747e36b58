/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The scope of a failure: which agents of a project go down and come up again
 * with the one that failed.  Order is that of the project's agents array (the
 * declared one); depends_on plays no part in it.  Pure.
 */
#ifndef STRATEGY_H
#define STRATEGY_H

#include "compose.h"

enum strategy_member {
	MEMBER_RUNS,  /* is to be stopped and started */
	MEMBER_WAITS, /* is down, and to be started: crashed too, in backoff */
	MEMBER_HELD,  /* stays as it is: paused, quarantined, removed, stopped,
	               * failed for good, done */
};

struct strategy_scope {
	size_t *stop;  /* indices, in the order of stopping: last to first */
	size_t nr_stop;
	size_t *start; /* in the order of starting, the failed one among them */
	size_t nr_start;
};

/*
 * members: one for each agent of the project.  The failed one is stopped too
 * when it still runs (unhealthy, over a limit); nothing is in scope when it is
 * held.  Fills in scope, which the caller releases.
 */
void strategy_scope(enum strategy strategy, const enum strategy_member *members,
    size_t nr, size_t failed, struct strategy_scope *scope);
void strategy_scope_release(struct strategy_scope *scope);

#endif
