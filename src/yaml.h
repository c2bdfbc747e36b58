/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * YAML text to a tree of nodes that know their places.  Typing is not done
 * here: a scalar is its text and whether it was written plain, because what
 * "10" or yes means depends on the key it belongs to (keys.h).
 *
 * The input may be hostile: size, nesting, number of nodes and what aliases
 * expand to are limited, and a node never contains itself.
 */
#ifndef TEAMCTL_YAML_H /* libyaml's own yaml.h has YAML_H */
#define TEAMCTL_YAML_H

#include "arena.h"
#include "diag.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool plain;       /* scalar without quotes, block style or !!str */
	bool interpolated; /* value was computed (interp.h) */
	uint32_t line, col; /* from 1 */
	uint32_t nr;      /* items of a list, pairs of a map */
	uint32_t weight;  /* nodes in here, itself included, aliases expanded;
	                     long text weighs as several */
	const char *file; /* as shown, borrowed from the document */
	union {
		char *text; /* scalar: as written, no NUL inside */
		struct yaml_node **item; /* list; map: key, value, key, ... */
	};
	char *value;      /* scalar: with variables filled in, or NULL */
};

/* Owns all nodes of a file. */
struct yaml_doc {
	struct yaml_node *root; /* an empty plain scalar for an empty file */
	struct arena arena;
};

enum {
	YAML_MAX_DEPTH = 64,
	YAML_MAX_NODES = 1000000,   /* as written */
	YAML_MAX_ALIASED = 100000,  /* that aliases add to those */
	YAML_HEAVY_TEXT = 1024,     /* each so many bytes weigh as a node */
};

/*
 * Parses one document.  file is what diagnostics show (relative to the root).
 * NULL after an error that leaves no tree (syntax, limits, encoding, a second
 * document).  A key that stands twice in a mapping is an error too, but there
 * the tree is returned, with the first of the two.
 */
struct yaml_doc *yaml_parse(const char *file, const char *text, size_t len,
    struct diags *diags);
/* NULL is allowed. */
void yaml_doc_free(struct yaml_doc *doc);

struct pos yaml_pos(const struct yaml_node *node);

/* The value of a key of a map, or NULL; NULL too when node is not a map. */
struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);
/* The key node itself, for its place. */
struct yaml_node *yaml_get_key(const struct yaml_node *node, const char *key);
/* Pair i of a map. */
struct yaml_node *yaml_key(const struct yaml_node *map, size_t i);
struct yaml_node *yaml_value(const struct yaml_node *map, size_t i);

/* A plain scalar with nothing in it, as in "key:". */
bool yaml_is_empty(const struct yaml_node *node);
/* The same, or plain null, Null, NULL or ~. */
bool yaml_is_null(const struct yaml_node *node);
/* Text of a scalar with variables filled in when that was done, else as is. */
const char *yaml_text(const struct yaml_node *node);

/*
 * Typed reading of a scalar: 0, or -1 when it is no such thing.  Quoted text
 * is only ever a string, unless variables were filled in.
 */
int yaml_bool(const struct yaml_node *node, bool *out);
int yaml_int(const struct yaml_node *node, int64_t *out);
int yaml_number(const struct yaml_node *node, double *out);

/* "a list", "a mapping", "text", for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
