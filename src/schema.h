/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The table of keys (keys.h) as a JSON schema, draft 7, for editors.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <jansson.h>

/* The team file; a project file is #/definitions/project of it. */
json_t *schema_json(void);

#endif
