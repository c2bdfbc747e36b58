/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See metrics.h.  Here: what is counted.
 */
#include "metrics.h"

#include "metrics-part.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1 };

/* Where the second label of a count comes from. */
enum word { WORD_NONE, WORD_CLASS, WORD_END, WORD_KIND, WORD_RAN,
	WORD_FAILED, WORD_TIMEOUT };

static const struct {
	enum event_kind kind;
	enum metric_counter counter;
	enum word word;
} rules[] = {
	{ EVENT_STARTED, COUNT_STARTS, WORD_NONE },
	{ EVENT_START_FAILED, COUNT_START_FAILURES, WORD_NONE },
	{ EVENT_RESTART_SCHEDULED, COUNT_RESTARTS, WORD_CLASS },
	{ EVENT_GIVEN_UP, COUNT_GIVEN_UP, WORD_CLASS },
	{ EVENT_EXITED, COUNT_EXITS, WORD_END },
	{ EVENT_DRAINED, COUNT_DRAINS, WORD_NONE },
	{ EVENT_KILLED, COUNT_KILLS, WORD_NONE },
	{ EVENT_KILL_FAILED, COUNT_KILL_FAILURES, WORD_NONE },
	{ EVENT_UNHEALTHY, COUNT_UNHEALTHY, WORD_NONE },
	{ EVENT_LIMIT_WARNED, COUNT_LIMIT_WARNINGS, WORD_NONE },
	{ EVENT_LIMIT_EXCEEDED, COUNT_LIMIT_EXCEEDED, WORD_NONE },
	{ EVENT_QUARANTINED, COUNT_QUARANTINES, WORD_NONE },
	{ EVENT_ASKS, COUNT_QUESTIONS, WORD_KIND },
	{ EVENT_DECISION_ANSWERED, COUNT_ANSWERS, WORD_NONE },
	{ EVENT_SENT, COUNT_SENDS, WORD_NONE },
	{ EVENT_PROBE_FAILED, COUNT_PROBE_FAILURES, WORD_FAILED },
	{ EVENT_PROBE_TIMED_OUT, COUNT_PROBE_FAILURES, WORD_TIMEOUT },
	{ EVENT_HOOK_RAN, COUNT_HOOKS, WORD_RAN },
	{ EVENT_HOOK_FAILED, COUNT_HOOKS, WORD_FAILED },
	{ EVENT_SUPERVISOR_STARTED, COUNT_SUPERVISOR_STARTS, WORD_NONE },
};

/* A team renames agents for years: what is too much is counted as others. */
static void
add(struct metrics *metrics, enum metric_counter counter, const char *agent,
    const char *word, int64_t n)
{
	struct strmap *counts = &metrics->counts[counter];
	char *key = xasprintf("%s%c%s", agent, METRICS_JOINT, word);
	int64_t *count;

	if (counts->nr >= METRICS_MAX_SERIES && !strmap_has(counts, key)) {
		free(key);
		key = xasprintf("%s%c%s", *agent ? "other" : "",
		    METRICS_JOINT, word);
	}
	count = strmap_get(counts, key);
	if (!count) {
		count = xcalloc(1, sizeof(*count));
		strmap_set(counts, key, count);
	}
	*count += n;
	free(key);
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* How an end is told by its numbers, or by the text that stands for them. */
static const char *
end_of(const json_t *event)
{
	const json_t *fields = json_object_get(event, "fields");
	const json_t *code = json_object_get(fields, "exit_code");
	const char *reason = text_of(event, "reason");

	if (json_object_get(fields, "signal") || str_starts(reason, "signal "))
		return "signal";
	if (code)
		return json_integer_value(code) == 0 ? "clean" : "code";
	if (str_starts(reason, "exit "))
		return str_starts(reason, "exit 0") ? "clean" : "code";
	return "lost";
}

static const char *
field_of(const json_t *event, const char *key)
{
	const char *text = text_of(json_object_get(event, "fields"), key);

	return *text ? text : "other";
}

static const char *
word_of(const json_t *event, enum word word)
{
	switch (word) {
	case WORD_END:
		return end_of(event);
	case WORD_CLASS:
		return field_of(event, "class");
	case WORD_KIND:
		return field_of(event, "kind");
	case WORD_RAN:
		return "ok";
	case WORD_FAILED:
		return "failed";
	case WORD_TIMEOUT:
		return "timeout";
	case WORD_NONE:
		break;
	}
	return "";
}

void
metrics_count(struct metrics *metrics, const json_t *event)
{
	int64_t seq = json_integer_value(json_object_get(event, "seq"));
	enum event_kind kind = event_find(text_of(event, "event"));
	size_t i;

	if (seq <= metrics->seq)
		return;
	metrics->seq = seq;
	add(metrics, COUNT_EVENTS, "", kind == EVENT_NR ? "other" :
	    event_name(kind), 1);
	for (i = 0; i < nitems(rules); i++)
		if (rules[i].kind == kind)
			add(metrics, rules[i].counter, text_of(event,
			    "agent"), word_of(event, rules[i].word), 1);
}

json_t *
metrics_save(const struct metrics *metrics)
{
	json_t *document = json_object(), *counts;
	const struct strmap *map;
	size_t i, j;

	json_object_set_new(document, "schema", json_integer(SCHEMA));
	json_object_set_new(document, "seq", json_integer(metrics->seq));
	for (i = 0; i < COUNT_NR; i++) {
		counts = json_object();
		map = &metrics->counts[i];
		for (j = 0; j < map->nr; j++)
			json_object_set_new(counts, map->entry[j].key,
			    json_integer(*(int64_t *)map->entry[j].value));
		json_object_set_new(document, metrics_counter_name(i),
		    counts);
	}
	return document;
}

int
metrics_load(struct metrics *metrics, const json_t *document)
{
	json_t *counts, *n;
	const char *key, *joint;
	char *agent;
	size_t i;

	if (json_integer_value(json_object_get(document, "schema")) != SCHEMA)
		return -1;
	metrics->seq = json_integer_value(json_object_get(document, "seq"));
	for (i = 0; i < COUNT_NR; i++) {
		counts = json_object_get(document, metrics_counter_name(i));
		json_object_foreach(counts, key, n) {
			joint = strchr(key, METRICS_JOINT);
			if (!joint || json_integer_value(n) <= 0)
				continue;
			agent = xstrndup(key, (size_t)(joint - key));
			add(metrics, i, agent, joint + 1,
			    json_integer_value(n));
			free(agent);
		}
	}
	return 0;
}

void
metrics_release(struct metrics *metrics)
{
	size_t i;

	for (i = 0; i < COUNT_NR; i++)
		strmap_release(&metrics->counts[i], free);
	metrics->seq = 0;
}
