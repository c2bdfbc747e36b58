/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Compares a node tree with the table of keys: fills in variables, reports
 * unknown and missing keys and values of the wrong kind, and remembers which
 * keys without an effect are used.  What passes can be loaded without looking
 * back; what does not is reported here and left at its default by the loader.
 */
#ifndef CHECK_H
#define CHECK_H

#include "interp.h"
#include "keys.h"
#include "yaml.h"

struct check {
	struct interp *interp;
	struct arena *arena; /* for values with variables */
	struct diags *diags;
	struct strmap later;  /* paths of keys used that have no effect yet */
	struct strmap compat; /* and of those that never will */
	struct strbuf path;   /* of the key at hand, for those */
	size_t nr_unknown;
};

/* map must be a mapping. */
void check_map(struct check *check, struct yaml_node *map,
    const struct key *keys);

#endif
