/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See protocol.h.
 */
#include "protocol.h"

#include <string.h>

#define AUDIT                                                                 \
	{ "by", PROTOCOL_TEXT, false },                                       \
	{ "reason", PROTOCOL_TEXT, false },                                   \
	{ "command_id", PROTOCOL_TEXT, false },                               \
	{ "dry_run", PROTOCOL_BOOL, false }

#define VERB                                                                  \
	{ "ids", PROTOCOL_TEXTS, true },                                      \
	{ "named", PROTOCOL_TEXTS, false },                                   \
	{ "wait", PROTOCOL_BOOL, false },                                     \
	{ "now", PROTOCOL_BOOL, false },                                      \
	{ "timeout_ms", PROTOCOL_COUNT, false },                              \
	AUDIT

#define ENVIRONMENT                                                           \
	{ "environment", PROTOCOL_TEXTS, false }

const struct protocol_op protocol_ops[] = {
	{ "add", PROTOCOL_ORDER, {
	    { "manifest", PROTOCOL_TEXT, true },
	    { "project", PROTOCOL_TEXT, false },
	    ENVIRONMENT, AUDIT } },
	{ "auto-resume", PROTOCOL_OWN, {
	    { "value", PROTOCOL_TEXT, false } } },
	{ "down", PROTOCOL_VERB, { VERB } },
	{ "hurry", PROTOCOL_OWN, {
	    { "ids", PROTOCOL_TEXTS, true } } },
	{ "pause", PROTOCOL_VERB, { VERB,
	    { "mode", PROTOCOL_TEXT, false } } },
	{ "quarantine", PROTOCOL_VERB, { VERB } },
	{ "release", PROTOCOL_VERB, { VERB } },
	{ "reload", PROTOCOL_ORDER, {
	    { "ids", PROTOCOL_TEXTS, false },
	    { "timeout_ms", PROTOCOL_COUNT, false },
	    ENVIRONMENT, AUDIT } },
	{ "remove", PROTOCOL_VERB, { VERB } },
	{ "reset", PROTOCOL_VERB, { VERB } },
	{ "restart", PROTOCOL_VERB, { VERB } },
	{ "resume", PROTOCOL_VERB, { VERB } },
	{ "save", PROTOCOL_ORDER, {
	    { "ids", PROTOCOL_TEXTS, false }, AUDIT } },
	{ "scale", PROTOCOL_ORDER, {
	    { "agents", PROTOCOL_TEXTS, true },
	    { "now", PROTOCOL_BOOL, false },
	    { "timeout_ms", PROTOCOL_COUNT, false },
	    ENVIRONMENT, AUDIT } },
	{ "shutdown", PROTOCOL_TEAM, { AUDIT } },
	{ "state", PROTOCOL_LOOK, {
	    { "ids", PROTOCOL_TEXTS, false } } },
	{ "subscribe", PROTOCOL_LOOK, {
	    { "since", PROTOCOL_COUNT, false },
	    { "kinds", PROTOCOL_TEXTS, false },
	    { "agent", PROTOCOL_TEXT, false } } },
	{ "up", PROTOCOL_VERB, { VERB } },
	{ "yield", PROTOCOL_OWN, {
	    { "verb", PROTOCOL_TEXT, false } } },
};
const size_t protocol_ops_nr = nitems(protocol_ops);

const char *
protocol_type_name(enum protocol_type type)
{
	static const char *const names[] = {
		[PROTOCOL_TEXT] = "string",
		[PROTOCOL_TEXTS] = "strings",
		[PROTOCOL_BOOL] = "boolean",
		[PROTOCOL_COUNT] = "count",
	};

	return names[type];
}

/* Before a parser that calls itself for each bracket sees it. */
static bool
is_too_deep(const char *line, size_t len)
{
	bool in_string = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in_string && line[i] == '\\')
			i++;
		else if (line[i] == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (line[i] == '{' || line[i] == '[')
			depth++;
		else if (line[i] == '}' || line[i] == ']')
			depth--;
		if (depth > PROTOCOL_MAX_DEPTH)
			return true;
	}
	return false;
}

static bool
is_texts(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return false;
	return true;
}

static bool
is_of_type(const json_t *value, enum protocol_type type)
{
	switch (type) {
	case PROTOCOL_TEXT:
		return json_is_string(value);
	case PROTOCOL_TEXTS:
		return is_texts(value);
	case PROTOCOL_BOOL:
		return json_is_boolean(value);
	case PROTOCOL_COUNT:
		return json_is_integer(value) &&
		    json_integer_value(value) >= 0;
	}
	BUG("type %d", (int)type);
}

static const struct protocol_op *
find_op(const char *name)
{
	size_t i;

	for (i = 0; name && i < protocol_ops_nr; i++)
		if (strcmp(protocol_ops[i].name, name) == 0)
			return &protocol_ops[i];
	return NULL;
}

static const struct protocol_member *
find_member(const struct protocol_op *op, const char *name)
{
	size_t i;

	for (i = 0; i < PROTOCOL_MEMBERS && op->members[i].name; i++)
		if (strcmp(op->members[i].name, name) == 0)
			return &op->members[i];
	return NULL;
}

/* A member that is misspelt must not be one that was never said. */
static const char *
check_members(const struct protocol_op *op, json_t *request,
    struct strbuf *why)
{
	const struct protocol_member *member;
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach(request, name, value) {
		if (strcmp(name, "op") == 0 || strcmp(name, "id") == 0)
			continue;
		member = find_member(op, name);
		if (member && is_of_type(value, member->type))
			continue;
		strbuf_addch(why, '\'');
		strbuf_addsafe(why, name);
		if (member)
			strbuf_addf(why, "' is no %s",
			    protocol_type_name(member->type));
		else
			strbuf_addf(why, "' is no member of '%s'", op->name);
		return "bad_request";
	}
	for (i = 0; i < PROTOCOL_MEMBERS && op->members[i].name; i++) {
		member = &op->members[i];
		if (!member->required ||
		    json_object_get(request, member->name))
			continue;
		strbuf_addf(why, "'%s' lacks '%s'", op->name, member->name);
		return "bad_request";
	}
	return NULL;
}

const char *
protocol_parse(const char *line, size_t len, const struct protocol_op **op,
    json_t **request, struct strbuf *why)
{
	const json_t *name;

	*op = NULL;
	*request = NULL;
	if (is_too_deep(line, len)) {
		strbuf_addf(why, "deeper than %d levels", PROTOCOL_MAX_DEPTH);
		return "bad_request";
	}
	*request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*request)) {
		json_decref(*request);
		*request = NULL;
		strbuf_addstr(why, "not a JSON object");
		return "bad_request";
	}
	name = json_object_get(*request, "op");
	*op = find_op(json_string_value(name));
	if (!*op) {
		strbuf_addstr(why, name ? "unknown op" : "no 'op'");
		return name ? "unknown_op" : "bad_request";
	}
	return check_members(*op, *request, why);
}
