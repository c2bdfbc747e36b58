/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Who ends together with an agent (`links`), and who is told (`monitors`).
 * Pure: the caller knows the agents, stops them and tells.
 */
#ifndef LINKAGE_H
#define LINKAGE_H

#include "policy.h"

/* Two agents that are linked, as indices; it does not matter who says so. */
struct linkage_edge {
	size_t a, b;
	bool on_any; /* after any end that nobody asked for */
};

/*
 * Sets in hit, which has nr false elements, who is to end because `at` has
 * ended so, `at` itself not.  Who ends for that reason takes along its own
 * links in turn.  A requested end takes nobody along.
 */
void linkage_scope(const struct linkage_edge *edges, size_t nr_edge,
    size_t at, enum exit_class class, bool *hit, size_t nr);
/* Is a monitor told of an end of that class? */
bool linkage_tells(bool on_any, enum exit_class class);

#endif
