/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See superview.h.
 */
#include "superview.h"

#include "fs.h"
#include "jtree.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20 };

static int64_t
get_number(const struct jnode *object, const char *key)
{
	return j_integer(j_get(object, key), 0);
}

static char *
get_string(const struct jnode *object, const char *key)
{
	const char *s = j_text(j_get(object, key));

	return xstrdup(s ? s : "");
}

static bool
get_bool(const struct jnode *object, const char *key)
{
	return j_is(j_get(object, key), J_TRUE);
}

static char *
get_text(const struct jnode *object, const char *key)
{
	return xstrdup_null(j_text(j_get(object, key)));
}

/* The reverse of activity_json. */
static void
add_activity(struct activity_verdict *verdict, const struct jnode *object)
{
	const struct jnode *option;

	verdict->activity = activity_parse_name(j_text(j_get(object,
	    "activity")));
	verdict->kind = wait_kind_parse(j_text(j_get(object, "kind")));
	verdict->confidence = (int)get_number(object, "confidence");
	verdict->since_ms = get_number(object, "since") * 1000;
	verdict->until_ms = get_number(object, "until") * 1000;
	verdict->rule = get_text(object, "rule");
	verdict->line = get_text(object, "line");
	verdict->question = get_text(object, "question");
	for (option = j_first(j_get(object, "options")); option;
	    option = option->next)
		strvec_push(&verdict->options, j_text(option) ?
		    j_text(option) : "");
	verdict->default_option = (int)get_number(object, "default") - 1;
}

static void
add_score(struct superview_agent *agent, const struct jnode *object)
{
	agent->score = j_integer(j_get(object, "all"), -1);
	agent->trust = get_number(object, "trust");
	agent->performance = get_number(object, "performance");
	agent->reward = get_number(object, "reward");
	agent->reliability = get_number(object, "reliability");
	agent->good = get_number(object, "good");
	agent->bad = get_number(object, "bad");
}

static void
add_agent(struct superview *view, const struct jnode *object)
{
	struct superview_agent *agent = xcalloc(1, sizeof(*agent));

	agent->state = get_string(object, "state");
	agent->reason = get_string(object, "reason");
	agent->health = get_string(object, "health");
	agent->generation = get_number(object, "generation");
	agent->due_ms = get_number(object, "due_at");
	agent->has_readiness = get_bool(object, "has_readiness");
	agent->is_ready = get_bool(object, "ready");
	agent->memory_bytes = get_number(object, "memory_bytes");
	agent->cpu_percent = get_number(object, "cpu_percent");
	agent->memory_limit_bytes = get_number(object, "memory_limit_bytes");
	agent->cpu_limit_percent = get_number(object, "cpu_limit_percent");
	agent->budget_left = j_get(object, "budget_left") ?
	    get_number(object, "budget_left") : -1;
	agent->is_seen = j_get(object, "activity") != NULL;
	add_activity(&agent->activity, j_get(object, "activity"));
	add_score(agent, j_get(object, "score"));
	strmap_set(&view->agents, object->key, agent);
}

void
superview_load(struct superview *view, const char *root)
{
	char *path = xasprintf("%s/state/supervisor.json", root);
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	struct jtree tree = { .root = NULL };
	const struct jnode *agent;
	const char *state;

	memset(view, 0, sizeof(*view));
	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		jtree_parse(&tree, text.buf, text.len);
	view->heartbeat_ms = get_number(tree.root, "heartbeat_at");
	view->interval_ms = get_number(tree.root, "interval_ms");
	view->longest_tick_us = get_number(j_get(tree.root, "ticks"),
	    "longest_us");
	view->pid = get_number(tree.root, "pid");
	state = j_text(j_get(tree.root, "state"));
	view->is_yielding = state && str_eq(state, "yielding");
	for (agent = j_first(j_get(tree.root, "agents")); agent;
	    agent = agent->next)
		add_agent(view, agent);
	jtree_release(&tree);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

const struct superview_agent *
superview_find(const struct superview *view, const char *id)
{
	return strmap_get(&view->agents, id);
}

static void
agent_free(void *p)
{
	struct superview_agent *agent = p;

	free(agent->state);
	free(agent->reason);
	free(agent->health);
	activity_verdict_release(&agent->activity);
	free(agent);
}

void
superview_release(struct superview *view)
{
	strmap_release(&view->agents, agent_free);
}
