/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See linkage.h.
 */
#include "linkage.h"

struct scope {
	size_t at;
	enum exit_class class;
	bool *hit;
	bool has_grown;
};

static bool
has_ended(const struct scope *scope, size_t i)
{
	return i == scope->at || scope->hit[i];
}

static void
follow(struct scope *scope, size_t from, size_t to, bool on_any)
{
	if (!has_ended(scope, from) || has_ended(scope, to))
		return;
	/* Ends because of a link are failures. */
	if (from == scope->at && !on_any && !policy_is_failure(scope->class))
		return;
	scope->hit[to] = scope->has_grown = true;
}

void
linkage_scope(const struct linkage_edge *edges, size_t nr_edge, size_t at,
    enum exit_class class, bool *hit, size_t nr)
{
	struct scope scope = { .at = at, .class = class, .hit = hit,
		.has_grown = class != CLASS_REQUESTED };
	size_t i;

	while (scope.has_grown) {
		scope.has_grown = false;
		for (i = 0; i < nr_edge; i++) {
			if (edges[i].a >= nr || edges[i].b >= nr)
				BUG("a link to nobody");
			follow(&scope, edges[i].a, edges[i].b,
			    edges[i].on_any);
			follow(&scope, edges[i].b, edges[i].a,
			    edges[i].on_any);
		}
	}
}

bool
linkage_tells(bool on_any, enum exit_class class)
{
	return on_any || policy_is_failure(class);
}
