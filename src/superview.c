/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See superview.h.
 */
#include "superview.h"

#include "fs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20 };

static int64_t
get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static char *
get_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return xstrdup(s ? s : "");
}

static bool
get_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void
add_agent(struct superview *view, const char *id, const json_t *object)
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
	agent->cpu_ms = get_number(object, "cpu_ms");
	strmap_set(&view->agents, id, agent);
}

void
superview_load(struct superview *view, const char *root)
{
	char *path = xasprintf("%s/state/supervisor.json", root);
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *document = NULL, *object;
	const char *id, *state;

	memset(view, 0, sizeof(*view));
	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		document = json_loadb(text.buf, text.len, 0, NULL);
	view->heartbeat_ms = get_number(document, "heartbeat_at");
	view->interval_ms = get_number(document, "interval_ms");
	view->longest_tick_us = get_number(json_object_get(document, "ticks"),
	    "longest_us");
	view->pid = get_number(document, "pid");
	state = json_string_value(json_object_get(document, "state"));
	view->is_running = state && !str_eq(state, "stopped");
	json_object_foreach(json_object_get(document, "agents"), id, object)
		add_agent(view, id, object);
	json_decref(document);
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
	free(agent);
}

void
superview_release(struct superview *view)
{
	strmap_release(&view->agents, agent_free);
}
