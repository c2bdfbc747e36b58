/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The requests of the control socket: one table of what may be asked and of
 * the members that each request may have, which u-protocol.c compares with
 * teamctl-control(7).  Pure; what is done about a request is control.h's and
 * supervise.h's.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "strbuf.h"

#include <jansson.h>

enum {
	PROTOCOL_VERSION = 1, /* the ledger is in the page */
	PROTOCOL_MAX_LINE = 64 * 1024, /* bytes, with the newline */
	PROTOCOL_MAX_DEPTH = 16, /* of arrays and objects, the request too */
};

/* What a request is for; whoever may look may always look. */
enum protocol_kind {
	PROTOCOL_LOOK,  /* changes nothing */
	PROTOCOL_OWN,   /* between teamctl and its supervisor */
	PROTOCOL_VERB,  /* on agents, see operation.h */
	PROTOCOL_ORDER, /* that another teamctl carries out for it */
	PROTOCOL_TEAM,  /* on the supervisor */
};

enum protocol_type {
	PROTOCOL_TEXT,
	PROTOCOL_TEXTS, /* an array of strings */
	PROTOCOL_BOOL,
	PROTOCOL_COUNT, /* an integer from 0 on */
};

struct protocol_member {
	const char *name;
	enum protocol_type type;
	bool required;
};

enum { PROTOCOL_MEMBERS = 12 };

struct protocol_op {
	const char *name;
	enum protocol_kind kind;
	struct protocol_member members[PROTOCOL_MEMBERS]; /* up to no name */
};

/* Sorted by name. */
extern const struct protocol_op protocol_ops[];
extern const size_t protocol_ops_nr;

/* "string", "strings", "boolean", "count" */
const char *protocol_type_name(enum protocol_type type);
/*
 * A line without its newline.  NULL: *op and *request say what is asked for.
 * Else the code of the refusal, with its words in why; *request may be there
 * all the same (for its id), and is NULL when the line is no JSON object.  The
 * caller owns *request.
 */
const char *protocol_parse(const char *line, size_t len,
    const struct protocol_op **op, json_t **request, struct strbuf *why);

#endif
