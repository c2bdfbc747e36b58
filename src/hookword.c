/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See hookword.h.
 */
#include "hookword.h"

#include "jstring.h"

#include <string.h>

enum { SCHEMA = 1 };

static const struct {
	enum event_kind kind;
	enum hook_word word;
} rows[] = {
	{ EVENT_STARTED, HOOK_STARTED },
	{ EVENT_START_FAILED, HOOK_START_FAILED },
	{ EVENT_READY, HOOK_READY },
	{ EVENT_EXITED, HOOK_EXIT },
	{ EVENT_RESTART_SCHEDULED, HOOK_RESTART },
	{ EVENT_GIVEN_UP, HOOK_FAILED },
	{ EVENT_NOT_RESTARTED, HOOK_FAILED }, /* after a failure */
	{ EVENT_ASKS, HOOK_WAITING },
	{ EVENT_DRAINED, HOOK_STOPPED },
	{ EVENT_DELIBERATE_STOP, HOOK_STOPPED },
	{ EVENT_KILLED, HOOK_KILLED },
	{ EVENT_KILL_FAILED, HOOK_KILLED },
	{ EVENT_UNHEALTHY, HOOK_UNHEALTHY },
	{ EVENT_LIMIT_EXCEEDED, HOOK_LIMIT },
	{ EVENT_QUARANTINED, HOOK_QUARANTINED },
};

const char *
hook_word_name(enum hook_word word)
{
	static const char *const names[] = {
		[HOOK_STARTED] = "started",
		[HOOK_START_FAILED] = "start_failed",
		[HOOK_READY] = "ready",
		[HOOK_EXIT] = "exit",
		[HOOK_RESTART] = "restart",
		[HOOK_FAILED] = "failed",
		[HOOK_WAITING] = "waiting",
		[HOOK_STOPPED] = "stopped",
		[HOOK_KILLED] = "killed",
		[HOOK_UNHEALTHY] = "unhealthy",
		[HOOK_LIMIT] = "limit",
		[HOOK_QUARANTINED] = "quarantined",
	};

	_Static_assert(nitems(names) == HOOK_NR, "a word without a name");
	return names[word];
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* An end that was all right is no failure, though nothing follows it. */
static bool
was_failure(const json_t *event)
{
	const char *class = text_of(json_object_get(event, "fields"), "class");

	return !str_eq(class, "clean") && !str_eq(class, "requested");
}

enum hook_word
hook_word_of(const json_t *event)
{
	const char *name = text_of(event, "event");
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		if (!str_eq(name, event_name(rows[i].kind)))
			continue;
		if (rows[i].kind == EVENT_NOT_RESTARTED && !was_failure(event))
			break;
		return rows[i].word;
	}
	return HOOK_NR;
}

char *
hook_input(enum hook_word word, const char *root, const json_t *event)
{
	static const char *const members[] = {
		"seq", "time", "event", "agent", "gen", "attempt", "actor",
		"reason", "fields", "correlation_id",
	};
	json_t *document = json_object(), *value;
	char *text;
	size_t i;

	json_object_set_new(document, "schema", json_integer(SCHEMA));
	json_object_set_new(document, "hook",
	    json_string(hook_word_name(word)));
	json_object_set_new(document, "root", jstring(root));
	for (i = 0; i < nitems(members); i++) {
		value = json_object_get(event, members[i]);
		if (value)
			json_object_set(document, members[i], value);
	}
	text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	return text;
}
