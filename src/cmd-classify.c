/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl classify: what agents are doing, read from their screens now.  One
 * tmux client says what runs, another one shows all screens.
 */
#include "output.h"
#include "sight.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

static struct classify_options {
	bool json, explain;
} options;

static const struct opt opts[] = {
	{ 0, "explain", OPT_FLAG, offsetof(struct classify_options, explain),
	    NULL, "say by which rule and line, and what is asked" },
	{ 0, "json", OPT_FLAG, offsetof(struct classify_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static enum style
style_of(enum activity activity)
{
	switch (activity) {
	case ACTIVITY_WORKING:
		return STYLE_GOOD;
	case ACTIVITY_ERROR:
		return STYLE_BAD;
	case ACTIVITY_WAITING:
	case ACTIVITY_RATE_LIMITED:
		return STYLE_WARN;
	case ACTIVITY_UNKNOWN:
	case ACTIVITY_IDLE:
	case ACTIVITY_DONE:
	case ACTIVITY_NR:
	default:
		return STYLE_DIM;
	}
}

static void
add_ages(const struct sight *sight, const struct activity_verdict *verdict,
    struct strbuf *age, struct strbuf *left)
{
	if (verdict->since_ms)
		units_add_duration(age, sight->now_ms > verdict->since_ms ?
		    sight->now_ms - verdict->since_ms : 0);
	if (verdict->until_ms)
		units_add_duration(left, verdict->until_ms - sight->now_ms);
}

static void
print_table(const struct sight *sight)
{
	static const char *const headings[] = { "AGENT", "ACTIVITY", "FOR",
		"LEFT", "SURE", "LINE" };
	const struct activity_verdict *verdict;
	struct table table;
	size_t i;

	table_init(&table, headings, nitems(headings));
	for (i = 0; i < sight->targets.ids.nr; i++) {
		struct strbuf name = STRBUF_INIT, age = STRBUF_INIT,
		    left = STRBUF_INIT;

		verdict = sight_verdict(sight, sight->runs[i]);
		activity_add_text(&name, verdict->activity, verdict->kind);
		add_ages(sight, verdict, &age, &left);
		table_add(&table, sight->runs[i]->id);
		table_add_styled(&table, style_of(verdict->activity),
		    name.buf);
		table_add(&table, age.len ? age.buf : NULL);
		table_add(&table, left.len ? left.buf : NULL);
		table_addf(&table, "%d%%", verdict->confidence);
		table_add(&table, verdict->question ? verdict->question :
		    verdict->line);
		strbuf_release(&name);
		strbuf_release(&age);
		strbuf_release(&left);
	}
	output_table(&table);
	table_release(&table);
}

static void
add_fact(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, "  %-10s", name);
	strbuf_addsafe(out, value);
	strbuf_addch(out, '\n');
}

static void
explain_run(const struct sight *sight, const struct run *run,
    struct strbuf *out)
{
	const struct activity_verdict *verdict = sight_verdict(sight,
	    run);
	const struct runtime *runtime = sight_runtime(sight, run);
	struct strbuf age = STRBUF_INIT, left = STRBUF_INIT;
	char *option;
	size_t i;

	add_ages(sight, verdict, &age, &left);
	strbuf_addf(out, "%s: ", run->id);
	activity_add_text(out, verdict->activity, verdict->kind);
	strbuf_addf(out, ", %d%% sure%s%s%s%s\n", verdict->confidence,
	    age.len ? ", for " : "", age.buf, left.len ? ", for another " :
	    "", left.buf);
	add_fact(out, "runtime", runtime ? runtime->name : "(a command)");
	add_fact(out, "rule", verdict->rule ? verdict->rule :
	    run->screen || !run->generation ? "(none matches)" :
	    "(no screen)");
	add_fact(out, "line", verdict->line);
	add_fact(out, "question", verdict->question);
	for (i = 0; i < verdict->options.nr; i++) {
		option = xasprintf("%zu. %s%s", i + 1, verdict->options.v[i],
		    (int)i == verdict->default_option ? " (default)" : "");
		add_fact(out, "option", option);
		free(option);
	}
	strbuf_reset(&age);
	if (run->alive && run->moved_ms) {
		units_add_duration(&age, sight->now_ms > run->moved_ms ?
		    sight->now_ms - run->moved_ms : 0);
		strbuf_addstr(&age, " ago");
		add_fact(out, "moved", age.buf);
	}
	strbuf_release(&age);
	strbuf_release(&left);
}

static void
explain(const struct sight *sight)
{
	struct strbuf out = STRBUF_INIT;
	size_t i;

	for (i = 0; i < sight->targets.ids.nr; i++)
		explain_run(sight, sight->runs[i], &out);
	output_text(&out);
	strbuf_release(&out);
}

static void
print_json(const struct sight *sight)
{
	json_t *document = output_document(), *agents = json_array(), *agent;
	const struct runtime *runtime;
	const struct run *run;
	size_t i;

	for (i = 0; i < sight->targets.ids.nr; i++) {
		run = sight->runs[i];
		runtime = sight_runtime(sight, run);
		agent = json_object();
		json_object_set_new(agent, "id", json_string(run->id));
		json_object_set_new(agent, "runtime",
		    jstring(runtime ? runtime->name : NULL));
		json_object_set_new(agent, "alive", json_boolean(run->alive));
		json_object_set_new(agent, "moved", run->alive &&
		    run->moved_ms ? json_integer(run->moved_ms / 1000) :
		    json_null());
		json_object_update_new(agent, activity_json(
		    sight_verdict(sight, run)));
		json_array_append_new(agents, agent);
	}
	json_object_set_new(document, "agents", agents);
	output_json(document);
}

static int
run(int argc, char **argv)
{
	struct sight sight;
	int code;

	if (options.json && options.explain)
		return cmd_usage(&cmd_classify, "--json explains already");
	code = sight_open(&sight, argc, argv);
	if (code == EXIT_DONE && options.json)
		print_json(&sight);
	else if (code == EXIT_DONE && options.explain)
		explain(&sight);
	else if (code == EXIT_DONE)
		print_table(&sight);
	sight_close(&sight);
	return code;
}

const struct cmd cmd_classify = {
	.name = "classify",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "tell what agents are doing, by their screens",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Working, idle, waiting for a person (and for what), "
	    "rate_limited, error, done or\nunknown, by the rules of the "
	    "agent's runtime descriptor: teamctl-wrapper(7).\n",
};
