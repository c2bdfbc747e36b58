/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The table of compose keys: one row for each key at each level.  The loader
 * (check.h), `teamctl schema`, the manual page and shell completion are made
 * from it or compared with it.
 *
 * To add a key: a row here, its loading in compose-*.c, its line in
 * teamctl-compose(5).  When the engine of a key arrives, its KEY_LATER goes.
 */
#ifndef KEYS_H
#define KEYS_H

#include "util.h"

/* What a value may be; several may be allowed. */
enum key_type {
	KEY_STRING = 1u << 0,   /* any scalar, as written */
	KEY_BOOL = 1u << 1,
	KEY_INT = 1u << 2,
	KEY_NUMBER = 1u << 3,
	KEY_DURATION = 1u << 4, /* 500ms, 10s, 5m, 2h */
	KEY_SIZE = 1u << 5,     /* 256MiB */
	KEY_ENUM = 1u << 6,     /* one of values */
	KEY_LIST = 1u << 7,     /* of item */
	KEY_MAP = 1u << 8,      /* with keys */
	KEY_ANY = 1u << 9,
	KEY_NULL = 1u << 10,    /* null or nothing: not given */
};

enum key_flag {
	KEY_REQUIRED = 1u << 0,
	KEY_RAW = 1u << 1,    /* variables are not filled in, here and below */
	KEY_LATER = 1u << 2,  /* its engine arrives later */
	KEY_LATER_UNLESS_DEFAULT = 1u << 3, /* for any value but def */
	KEY_COMPAT = 1u << 4, /* for upstream's files only, no effect */
	KEY_OBSOLETE = 1u << 5, /* upstream dropped it */
	KEY_NOT_EMPTY = 1u << 6, /* a list of it has an item */
	KEY_ALONE = 1u << 7,  /* excludes the others of its table with this */
	KEY_ONE_NEEDED = 1u << 8, /* one of those of its table with this is */
};

struct key {
	const char *name;   /* "*" for any other key; NULL ends a table, or
	                     * with keys goes on in another one */
	unsigned type;      /* enum key_type */
	unsigned flags;     /* enum key_flag */
	const char *since;  /* version of the original; "new": only here */
	const char *def;    /* default as text; NULL: none, or empty */
	const char *text;   /* one line, lower-case, no full stop */
	const char *values; /* of KEY_ENUM: "a|b|c" */
	const struct key *keys; /* of KEY_MAP */
	const struct key *item; /* of KEY_LIST; NULL: strings */
	double min, max;    /* of KEY_INT and KEY_NUMBER; max 0: no limit */
	const char *rule;   /* of values and limits; NULL: RULE_KEY_VALUE */
	/* What rules let through, as patterns for the schema: */
	const char *pattern; /* of a KEY_STRING; plain numbers have min, max */
	const char *items;   /* of the texts of a KEY_LIST without item */
	const char *names;   /* of the names that "*" stands for */
	const char *reserved; /* a name that "*" does not stand for */
	unsigned longest;    /* characters of a KEY_STRING; 0: no limit */
};

/* The MCP server that each agent has, see render-mcp.c. */
#define KEY_OWN_MCP "team"

enum { KEY_DISPLAY_NAME_MAX = 64 };

/* The three tables all others hang below; neither holds another by itself. */
extern const struct key team_keys[], project_keys[], agent_keys[];
/* Of `logs` and `on`, which a team and an agent have. */
extern const struct key log_keys[], on_keys[];
/*
 * What a child manifest has (manifest.h) besides the keys of an agent: its end
 * says that the table goes on there.
 */
extern const struct key manifest_keys[];

/* The row after one; that of the table it goes on in, or one without a name. */
const struct key *key_next(const struct key *key);
/* The row of a key, the "*" row when there is one, or NULL. */
const struct key *keys_find(const struct key *keys, const char *name);
/* "team", "project", "agent", "manifest", or NULL for other tables. */
const char *keys_table_name(const struct key *keys);

/*
 * Calls fn for each row in order, with its path: "agent.restart.policy",
 * "team.projects[]", "agent.depends_on.*.timeout".
 */
void keys_each(void (*fn)(void *ctx, const char *path, const struct key *key),
    void *ctx);

/* "text", "a whole number", "a list or a mapping", for messages. */
struct strbuf;
void key_add_type(const struct key *key, struct strbuf *out);

#endif
