/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * From checked nodes to JSON values of the type that the key table gives them.
 */
#ifndef KEY_JSON_H
#define KEY_JSON_H

#include "keys.h"
#include "yaml.h"

#include <jansson.h>

/* Unknown and obsolete keys are left out.  flags: KEY_RAW from above, or 0. */
json_t *key_json(const struct yaml_node *node, const struct key *key,
    unsigned flags);
/* A row by its name; it must exist. */
const struct key *key_row(const struct key *keys, const char *name);
/*
 * What a key of an agent says, with the team's defaults below it: mappings are
 * merged, all else replaced.  NULL when it is given in neither.
 */
json_t *key_json_merged(const struct yaml_node *defaults,
    const struct yaml_node *own, const char *name);

#endif
