/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See activity.h.  Here: verdicts as text and JSON, and those of classifier
 * commands.
 */
#include "activity.h"

#include "jstring.h"

#include <string.h>

/* For JSON: null for NULL, what is not UTF-8 as \xHH. */
static json_t *
seconds(int64_t ms)
{
	return ms ? json_integer(ms / 1000) : json_null();
}

void
activity_add_text(struct strbuf *out, enum activity activity,
    enum wait_kind kind)
{
	strbuf_addstr(out, activity_name(activity));
	if (kind != WAIT_NONE)
		strbuf_addf(out, " (%s)", wait_kind_name(kind));
}

json_t *
activity_json(const struct activity_verdict *verdict)
{
	json_t *object = json_object(), *options = json_array();
	size_t i;

	for (i = 0; i < verdict->options.nr; i++)
		json_array_append_new(options, jstring(verdict->options.v[i]));
	json_object_set_new(object, "activity",
	    json_string(activity_name(verdict->activity)));
	json_object_set_new(object, "kind", verdict->kind == WAIT_NONE ?
	    json_null() : json_string(wait_kind_name(verdict->kind)));
	json_object_set_new(object, "confidence",
	    json_integer(verdict->confidence));
	json_object_set_new(object, "since", seconds(verdict->since_ms));
	json_object_set_new(object, "until", seconds(verdict->until_ms));
	json_object_set_new(object, "rule", jstring(verdict->rule));
	json_object_set_new(object, "line", jstring(verdict->line));
	json_object_set_new(object, "question", jstring(verdict->question));
	json_object_set_new(object, "options", options);
	json_object_set_new(object, "default", verdict->default_option < 0 ?
	    json_null() : json_integer(verdict->default_option + 1));
	return object;
}

static bool
take_names(const json_t *object, struct activity_verdict *verdict)
{
	verdict->activity = activity_parse_name(json_string_value(
	    json_object_get(object, "activity")));
	if (verdict->activity == ACTIVITY_WAITING) {
		verdict->kind = wait_kind_parse(json_string_value(
		    json_object_get(object, "kind")));
		if (verdict->kind == WAIT_NONE)
			verdict->kind = WAIT_QUESTION;
	}
	return verdict->activity != ACTIVITY_UNKNOWN;
}

bool
activity_parse(const char *text, size_t len, struct activity_verdict *verdict)
{
	json_t *object = json_loadb(text, len, 0, NULL);
	const char *question = json_string_value(json_object_get(object,
	    "question"));
	double sure;
	bool ok;

	activity_verdict_release(verdict);
	ok = object && take_names(object, verdict);
	if (ok) {
		sure = json_number_value(json_object_get(object,
		    "confidence"));
		verdict->confidence = sure >= 1 && sure <= 100 ? (int)sure :
		    ACTIVITY_UNSURE;
		verdict->rule = xstrdup("classifier");
		if (verdict->activity == ACTIVITY_WAITING)
			verdict->question = xstrdup_null(question);
	}
	json_decref(object);
	return ok;
}
