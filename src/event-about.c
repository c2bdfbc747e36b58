/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See event.h.
 */
#include "event.h"

bool
event_is_about(const struct jnode *event,
    bool (*is_it)(const char *meant, const char *id), const char *meant)
{
	const struct jnode *fields = j_get(event, "fields"), *node;
	const char *agent = j_text(j_get(event, "agent"));

	if (agent && is_it(meant, agent))
		return true;
	for (node = j_first(j_get(fields, "targets")); node; node = node->next)
		if (j_text(node) && is_it(meant, j_text(node)))
			return true;
	for (node = j_first(j_get(fields, "results")); node; node = node->next)
		if (node->key && is_it(meant, node->key))
			return true;
	return false;
}
