/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What was answered to commands that had an id of their own, so that one that
 * is repeated, because its answer was lost, has no second effect: the last
 * REPLIES_MAX of them, in <root>/state/commands.json.  Whoever reads or writes
 * it holds the team's lock.
 */
#ifndef REPLIES_H
#define REPLIES_H

#include "strbuf.h"

#include <jansson.h>

enum { REPLIES_MAX = 256, REPLIES_ID_MAX = 64 };

/* 1 to 64 letters, digits, '.', '_', ':' and '-'. */
bool replies_is_id(const char *id);
/* exit_code: of the command that did it itself, else 0. */
struct reply {
	json_t *json; /* NULL: there is none */
	int exit_code;
	bool is_other; /* to another request: it is not the answer to this */
};

/* The reply to the command of that id; the caller frees its json. */
struct reply replies_find(const char *root, const char *id,
    const char *request);
/* Remembers it (its json is borrowed).  -1 and err. */
int replies_put(const char *root, const char *id, const char *request,
    const struct reply *reply, struct strbuf *err);

#endif
