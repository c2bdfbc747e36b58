/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl decisions: which agents wait for a person, and what they ask.
 */
#include "output.h"
#include "sight.h"
#include "units.h"

#include <stdlib.h>

static struct decisions_options {
	bool json, check;
} options;

static const struct opt opts[] = {
	{ 0, "check", OPT_FLAG, offsetof(struct decisions_options, check),
	    NULL, "exit 1 when somebody waits" },
	{ 0, "json", OPT_FLAG, offsetof(struct decisions_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static json_t *
context_json(const struct activity_verdict *verdict, const struct run *run)
{
	struct strvec lines = STRVEC_INIT;
	json_t *array;

	decision_context(verdict, run->screen, &lines);
	array = jstrings(&lines);
	strvec_release(&lines);
	return array;
}

/* What is to be permitted, but for the question. */
static void
add_context(struct strbuf *out, const struct activity_verdict *verdict,
    const struct run *run)
{
	struct strvec lines = STRVEC_INIT;
	size_t i;

	if (verdict->kind == WAIT_PERMISSION)
		decision_context(verdict, run->screen, &lines);
	for (i = 0; i < lines.nr; i++) {
		if (str_eq(lines.v[i], verdict->question))
			continue;
		strbuf_addstr(out, "  | ");
		strbuf_addsafe(out, lines.v[i]);
		strbuf_addch(out, '\n');
	}
	strvec_release(&lines);
}

static void
add_json(json_t *array, const struct run *run,
    const struct activity_verdict *verdict, const char *id)
{
	json_t *object = json_object();

	json_object_set_new(object, "agent", json_string(run->id));
	json_object_update_new(object, decision_json(verdict, id));
	json_object_set_new(object, "context", context_json(verdict, run));
	json_array_append_new(array, object);
}

static void
add_text(struct strbuf *out, const struct sight *sight, const struct run *run,
    const struct activity_verdict *verdict, const char *id)
{
	size_t i;

	strbuf_addf(out, "%s: %s", run->id, wait_kind_name(verdict->kind));
	if (verdict->since_ms && sight->now_ms > verdict->since_ms) {
		strbuf_addstr(out, ", for ");
		units_add_duration(out, sight->now_ms - verdict->since_ms);
	}
	strbuf_addf(out, " [%s]\n", id);
	add_context(out, verdict, run);
	strbuf_addstr(out, "  ");
	strbuf_addsafe(out, verdict->question ? verdict->question : "");
	strbuf_addch(out, '\n');
	for (i = 0; i < verdict->options.nr; i++) {
		strbuf_addf(out, "  %zu. ", i + 1);
		strbuf_addsafe(out, verdict->options.v[i]);
		strbuf_addf(out, "%s\n", (int)i == verdict->default_option ?
		    " (default)" : "");
	}
}

/* Prints them; how many there are. */
static size_t
print(const struct sight *sight)
{
	json_t *document = output_document(), *array = json_array();
	struct strbuf out = STRBUF_INIT;
	const struct activity_verdict *verdict;
	const char *id;
	size_t i, nr = 0;

	for (i = 0; i < sight->targets.ids.nr; i++) {
		verdict = sight_verdict(sight, sight->runs[i]);
		if (verdict->activity != ACTIVITY_WAITING)
			continue;
		nr++;
		id = observe_question_id(sight->observe, sight->runs[i]->id);
		add_json(array, sight->runs[i], verdict, id);
		add_text(&out, sight, sight->runs[i], verdict, id);
	}
	json_object_set_new(document, "decisions", array);
	if (options.json) {
		output_json(document);
	} else {
		output_text(&out);
		json_decref(document);
	}
	strbuf_release(&out);
	return nr;
}

static int
run(int argc, char **argv)
{
	struct sight sight;
	int code = sight_open(&sight, argc, argv);

	if (code == EXIT_DONE && print(&sight) > 0 && options.check)
		code = EXIT_FAILED;
	sight_close(&sight);
	return code;
}

const struct cmd cmd_decisions = {
	.name = "decisions",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "tell which agents wait for a person, and what they ask",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "'teamctl answer' answers them; nothing else of teamctl "
	    "ever does.\n",
};
