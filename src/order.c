/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See order.h.
 */
#include "order.h"

#include "strmap.h"

enum { UNSEEN = -1, ON_PATH = -2, DEEPEST = 10000 };

static int
visit(const struct strmap *by_id, struct order_node *node, int depth)
{
	struct order_node *other;
	int level = 0, below;
	size_t i;

	if (node->level >= 0)
		return node->level;
	if (node->level == ON_PATH || depth > DEEPEST)
		return 0;
	node->level = ON_PATH;
	for (i = 0; i < node->depends_on->nr; i++) {
		other = strmap_get(by_id, node->depends_on->v[i]);
		if (!other || other->level == ON_PATH)
			continue;
		below = visit(by_id, other, depth + 1);
		if (below + 1 > level)
			level = below + 1;
	}
	node->level = level;
	return level;
}

int
order_levels(struct order_node *nodes, size_t nr)
{
	struct strmap by_id = STRMAP_INIT;
	int highest = -1, level;
	size_t i;

	for (i = 0; i < nr; i++) {
		nodes[i].level = UNSEEN;
		strmap_set(&by_id, nodes[i].id, &nodes[i]);
	}
	for (i = 0; i < nr; i++) {
		level = visit(&by_id, &nodes[i], 0);
		if (level > highest)
			highest = level;
	}
	strmap_release(&by_id, NULL);
	return highest + 1;
}
