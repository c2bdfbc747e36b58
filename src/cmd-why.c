/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl why: why an agent is in the state that it is in.
 */
#include "eventlist.h"
#include "look.h"
#include "os.h"
#include "output.h"
#include "units.h"
#include "why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECENT = 500, /* events of the agent that are looked at */
	DECISIONS = 8,
};

static struct why_options {
	bool json;
	int64_t lines;
} options = { .lines = DECISIONS };

static const struct opt opts[] = {
	{ 'n', "lines", OPT_NUMBER, offsetof(struct why_options, lines),
	    "NUMBER", "so many of the last decisions (8)" },
	{ 0, "json", OPT_FLAG, offsetof(struct why_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* The last events of an agent, oldest first. */
struct events {
	struct event_list list;
	struct jtree *trees;
	const struct jnode **nodes;
	size_t nr;
};

static int
load(struct events *events, const char *root, const char *id)
{
	struct event_filter filter = { .agent = id };
	struct strbuf err = STRBUF_INIT;
	const char *line;
	size_t i;
	int rc;

	events->list.most = RECENT;
	rc = event_list_read(&events->list, root, &filter, &err);
	if (rc < 0)
		cmd_error("%s", err.buf);
	strbuf_release(&err);
	events->trees = xcalloc(events->list.lines.nr, sizeof(struct jtree));
	events->nodes = xcalloc(events->list.lines.nr,
	    sizeof(struct jnode *));
	for (i = 0; i < events->list.lines.nr; i++) {
		line = event_list_get(&events->list, i);
		if (jtree_parse(&events->trees[i], line, strlen(line)) < 0)
			BUG("a line that was parsed before");
		events->nodes[i] = events->trees[i].root;
		events->nr++;
	}
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void
release(struct events *events)
{
	size_t i;

	for (i = 0; i < events->nr; i++)
		jtree_release(&events->trees[i]);
	free(events->trees);
	free(events->nodes);
	event_list_release(&events->list);
}

static const char *
kind_of(const struct jnode *event)
{
	return j_text(j_get(event, "event"));
}

/* How what the cause began came out, or why the cause came about, or nr. */
static size_t
find_beside(const struct events *events, size_t cause)
{
	const char *kind;
	size_t i;

	if (cause == events->nr)
		return events->nr;
	kind = kind_of(events->nodes[cause]);
	if (str_eq(kind, "agent.stop_requested")) {
		for (i = cause + 1; i < events->nr; i++) {
			kind = kind_of(events->nodes[i]);
			if (str_eq(kind, "agent.drained") ||
			    str_starts(kind, "agent.kill"))
				return i;
		}
	} else if (str_eq(kind, "agent.start_requested") && str_eq(j_text(
	    j_get(events->nodes[cause], "actor")), "supervisor")) {
		for (i = cause; i-- > 0;) {
			kind = kind_of(events->nodes[i]);
			if (str_eq(kind, "agent.restart_scheduled") ||
			    str_eq(kind, "agent.reset"))
				return i;
			if (str_eq(kind, "agent.start_requested"))
				break;
		}
	}
	return events->nr;
}

/* "running for 5m 3s, pid 123", "backoff, starts again in 300 ms" */
static void
add_state(const struct look *look, const struct run *run, struct strbuf *out)
{
	const char *state = agentview_state(&look->is, run);
	const struct superview_agent *word = agentview_word(&look->is, run);
	int64_t now = os_wall_ms(), left;

	strbuf_addstr(out, state);
	if (run_since(run)) {
		strbuf_addstr(out, run->alive ? " for " : ", ended ");
		units_add_span(out, now - run_since(run), " ");
		if (!run->alive)
			strbuf_addstr(out, " ago");
	}
	if (run_pid(run))
		strbuf_addf(out, ", pid %" PRId64, run_pid(run));
	if (word && word->due_ms && (str_eq(state, "backoff") ||
	    str_eq(state, "limited"))) {
		left = word->due_ms > now ? word->due_ms - now : 0;
		strbuf_addstr(out, ", starts again in ");
		units_add_span(out, left, " ");
	}
	if (!look->is.supervised && !run->alive && run->applied)
		strbuf_addstr(out, "; no supervisor runs");
}

/* What can be said without the journal. */
static const char *
say_unknown(const struct look *look, const struct run *run)
{
	const char *state = agentview_state(&look->is, run);

	if (str_eq(state, "unknown"))
		return "tmux could not be asked";
	if (str_eq(state, "lost"))
		return "its shim was killed, and a process of it still runs";
	if (!run->applied && !run->present)
		return "it was never started";
	return "the journal does not say";
}

static void
add_why(const struct look *look, const struct run *run,
    const struct events *events, size_t cause, struct strbuf *out)
{
	size_t beside = find_beside(events, cause);

	if (cause == events->nr || !look->is.asked)
		strbuf_addstr(out, say_unknown(look, run));
	else
		why_sentence(events->nodes[cause], out);
	if (cause == events->nr || beside == events->nr)
		return;
	strbuf_addstr(out, beside > cause ? "; " : "; before that: ");
	why_sentence(events->nodes[beside], out);
}

/* Where the last so many decisions begin. */
static size_t
first_decision(const struct events *events)
{
	size_t i, nr = 0;

	for (i = events->nr; i > 0 && nr < (size_t)options.lines; i--)
		nr += why_is_decision(events->nodes[i - 1]);
	return i;
}

static void
print_decisions(const struct events *events)
{
	struct strbuf line = STRBUF_INIT;
	const char *time;
	size_t i;

	for (i = first_decision(events); i < events->nr; i++) {
		if (!why_is_decision(events->nodes[i]))
			continue;
		time = j_text(j_get(events->nodes[i], "time"));
		strbuf_reset(&line);
		strbuf_addf(&line, "%.10s %.12s  ", time,
		    strlen(time) > 11 ? time + 11 : "");
		why_sentence(events->nodes[i], &line);
		puts(line.buf);
	}
	strbuf_release(&line);
}

static json_t *
decision_json(const struct events *events, size_t i)
{
	struct strbuf text = STRBUF_INIT;
	const char *line = event_list_get(&events->list, i);
	json_t *object = json_loads(line, 0, NULL);

	why_sentence(events->nodes[i], &text);
	json_object_del(object, "prev");
	json_object_del(object, "hash");
	json_object_set_new(object, "text", jstring(text.buf));
	strbuf_release(&text);
	return object;
}

static void
print_json(const struct look *look, const struct run *run,
    const struct events *events, size_t cause, const char *why)
{
	json_t *document = output_document(), *decisions = json_array();
	size_t i;

	json_object_set_new(document, "agent",
	    agentview_json(&look->is, run));
	json_object_set_new(document, "why", jstring(why));
	json_object_set_new(document, "cause", cause < events->nr ?
	    decision_json(events, cause) : json_null());
	for (i = first_decision(events); i < events->nr; i++)
		if (why_is_decision(events->nodes[i]))
			json_array_append_new(decisions,
			    decision_json(events, i));
	json_object_set_new(document, "decisions", decisions);
	output_json(document);
}

static int
explain(const struct look *look, const struct run *run)
{
	struct strbuf state = STRBUF_INIT, why = STRBUF_INIT;
	struct events events = { .nr = 0 };
	size_t cause;
	int code = load(&events, look->source.root, run->id);

	cause = why_cause(agentview_state(&look->is, run), events.nodes,
	    events.nr);
	add_state(look, run, &state);
	add_why(look, run, &events, cause, &why);
	if (options.json) {
		print_json(look, run, &events, cause, why.buf);
	} else {
		printf("%s: %s\n  %s\n", run->id, state.buf, why.buf);
		if (events.nr && options.lines)
			putchar('\n');
		print_decisions(&events);
	}
	release(&events);
	strbuf_release(&state);
	strbuf_release(&why);
	return code;
}

static int
run(int argc, char **argv)
{
	const struct run *one;
	const char *id = NULL;
	struct look look;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_why, "takes one agent");
	code = look_at(&look, argc, argv);
	if (code == EXIT_DONE)
		id = targets_pick_one(&look.known, argv[0], &code);
	if (id) {
		one = engine_find(&look.engine, id);
		code = explain(&look, one);
	}
	look_release(&look);
	return code;
}

const struct cmd cmd_why = {
	.name = "why",
	.group = GROUP_LOOK,
	.flags = CMD_ONE_TARGET,
	.operands = "AGENT",
	.summary = "explain the state of an agent",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "The reason for its state first, then the last decisions "
	    "about it, with the\nnumbers that they rest on.\n",
};
