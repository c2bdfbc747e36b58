/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Reads JSON where that is done often: applied.json and the record of each
 * agent, by every command.  jansson, which writes them, takes 15 times the
 * instructions to read them (tried with 50 agents: 9.6 million).
 *
 * Accepted is what json_loadb accepts with JSON_REJECT_DUPLICATES (RFC 8259; an
 * array or a mapping; no NUL; integers of 64 bits), but for depths above 128.
 */
#ifndef JTREE_H
#define JTREE_H

#include "util.h"

enum jkind {
	J_NULL,
	J_FALSE,
	J_TRUE,
	J_INTEGER,
	J_REAL,
	J_STRING,
	J_ARRAY,
	J_OBJECT,
};

struct jnode {
	struct jnode *next; /* beside it */
	const char *key;    /* of a member of a mapping, else NULL */
	enum jkind kind;
	union {
		int64_t number;
		const char *text;
		struct jnode *first; /* of an array or a mapping, or NULL */
	} u;
};

struct jtree {
	struct jnode *root;
	char *text;
	struct jchunk *chunks;
};

/* -1 when that is no such JSON; json_loadb has the words to say why. */
int jtree_parse(struct jtree *tree, const char *text, size_t len);
void jtree_release(struct jtree *tree);

/* These take NULL for what is not there, and answer with it. */
const struct jnode *j_get(const struct jnode *object, const char *key);
/* The first of an array's or a mapping's, or NULL. */
const struct jnode *j_first(const struct jnode *node);
const char *j_text(const struct jnode *node);
int64_t j_integer(const struct jnode *node, int64_t otherwise);
bool j_is(const struct jnode *node, enum jkind kind);

#endif
