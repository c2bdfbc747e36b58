/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See strategy.h.
 */
#include "strategy.h"

#include <stdlib.h>
#include <string.h>

/* The members [*first, *end) that a failure concerns, held or not. */
static void
range(enum strategy strategy, size_t nr, size_t failed, size_t *first,
    size_t *end)
{
	*first = strategy == ONE_FOR_ALL ? 0 : failed;
	*end = strategy == ONE_FOR_ONE ? failed + 1 : nr;
}

void
strategy_scope(enum strategy strategy, const enum strategy_member *members,
    size_t nr, size_t failed, struct strategy_scope *scope)
{
	size_t first, end, i;

	memset(scope, 0, sizeof(*scope));
	if (failed >= nr || members[failed] == MEMBER_HELD)
		return;
	range(strategy, nr, failed, &first, &end);
	scope->stop = xcalloc(end - first, sizeof(*scope->stop));
	scope->start = xcalloc(end - first, sizeof(*scope->start));
	for (i = end; i-- > first;)
		if (members[i] == MEMBER_RUNS)
			scope->stop[scope->nr_stop++] = i;
	for (i = first; i < end; i++)
		if (members[i] != MEMBER_HELD)
			scope->start[scope->nr_start++] = i;
}

void
strategy_scope_release(struct strategy_scope *scope)
{
	free(scope->stop);
	free(scope->start);
	memset(scope, 0, sizeof(*scope));
}
