/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See state.h: what stands in applied.json, read without jansson, for `status`
 * reads it, and written with it, for what we do not know is to survive.
 */
#include "state-part.h"

#include "jstring.h"
#include "jtree.h"
#include "units.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SCHEMA = 2,
	MAX_SCHEMA = 3, /* the original's newest; ours is read there as 2 */
};

/* ---- reading ---- */

static const char *
get_string(const struct jnode *object, const char *key)
{
	return j_text(j_get(object, key));
}

/* "sha256:..." or, for a role prompt as the original writes it, an object. */
static char *
get_digest(const struct jnode *value)
{
	const char *kind;

	if (j_text(value))
		return xstrdup(j_text(value));
	kind = get_string(value, "kind");
	if (str_eq(kind, "present"))
		return xstrdup_null(get_string(value, "hash"));
	return xstrdup_null(kind);
}

static void
get_strings(const struct jnode *array, struct strvec *out)
{
	const struct jnode *item;

	for (item = j_first(array); item; item = item->next)
		if (j_text(item))
			strvec_push(out, j_text(item));
}

static int64_t
get_number(const struct jnode *object, const char *key, int64_t otherwise)
{
	return j_integer(j_get(object, key), otherwise);
}

/*
 * What is not said in the file.  It is read by every `status`: what is as
 * usual is left out.
 */
static const struct drain_recipe plain = {
	.repeat = 1, .gap_ms = 300, .timeout_ms = 10000, .signal = SIGTERM,
	.kill_after_ms = 500,
};

static bool
is_plain(const struct drain_recipe *drain)
{
	return drain->keys.nr == 1 && str_eq(drain->keys.v[0], "C-c") &&
	    drain->repeat == plain.repeat && drain->gap_ms == plain.gap_ms &&
	    drain->timeout_ms == plain.timeout_ms &&
	    drain->signal == plain.signal &&
	    drain->kill_after_ms == plain.kill_after_ms;
}

static void
get_drain(const struct jnode *object, struct drain_recipe *drain)
{
	get_strings(j_get(object, "keys"), &drain->keys);
	if (!drain->keys.nr)
		strvec_push(&drain->keys, "C-c");
	drain->repeat = (int)get_number(object, "repeat", plain.repeat);
	drain->gap_ms = get_number(object, "gap_ms", plain.gap_ms);
	drain->timeout_ms = get_number(object, "timeout_ms",
	    plain.timeout_ms);
	drain->signal = (int)get_number(object, "signal", plain.signal);
	drain->kill_after_ms = get_number(object, "kill_after_ms",
	    plain.kill_after_ms);
}

static void
get_logs(const struct jnode *object, struct log_policy *logs)
{
	logs->keep = (int)get_number(object, "keep", 0);
	logs->max_size = get_number(object, "max_size", 0);
	logs->max_age_ms = get_number(object, "max_age_ms", 0);
}

static void
get_applied(struct state *state, const char *id, const struct jnode *object)
{
	struct applied *applied = state_agent(state, id);
	const struct jnode *fps = j_get(object, "fingerprints");
	int i;

	applied->session = xstrdup_null(get_string(object, "tmux_session"));
	applied->env_file = xstrdup_null(get_string(object, "env_file"));
	applied->cwd = xstrdup_null(get_string(object, "cwd"));
	for (i = 0; i < FP_NR; i++)
		applied->fp[i] = get_digest(j_get(fps,
		    fingerprint_name((enum fingerprint)i)));
	applied->generation = get_number(object, "generation", 0);
	applied->restarts = get_number(object, "restarts", 0);
	applied->last_exit = (int)get_number(object, "last_exit", -1);
	applied->last_signal = (int)get_number(object, "last_signal", 0);
	applied->operation = operation_parse(get_string(object, "operation"));
	applied->frozen_at_ms = get_number(object, "frozen_at", 0);
	applied->frozen_ms = get_number(object, "frozen_ms", 0);
	applied->asked = get_number(object, "asked", 0);
	applied->is_dynamic = j_is(j_get(object, "dynamic"), J_TRUE);
	get_drain(j_get(object, "drain"), &applied->drain);
	get_logs(j_get(object, "logs"), &applied->logs);
	get_strings(j_get(object, "depends_on"), &applied->depends_on);
	state_policy_get(j_get(object, "restart"), &applied->restart);
}

static void
get_journal(struct state *state, const struct jnode *object)
{
	struct journal_settings *how = &state->journal;

	how->max_bytes = get_number(object, "max_bytes", how->max_bytes);
	how->max_age_ms = get_number(object, "max_age_ms", how->max_age_ms);
	how->sync = !j_is(j_get(object, "sync"), J_FALSE);
	how->key_file = xstrdup_null(get_string(object, "key_file"));
}

static int
read_members(struct state *state, const struct jnode *root,
    struct strbuf *err)
{
	const struct jnode *agents = j_get(root, "agents"), *member;
	const struct jnode *global = j_get(root, "global");
	int64_t schema = get_number(root, "schema", 0);

	if (!j_is(agents, J_OBJECT)) {
		strbuf_addf(err, "%s:1:1: no 'agents' mapping in it",
		    state->path);
		return -1;
	}
	if (schema > MAX_SCHEMA) {
		strbuf_addf(err, "%s: schema %lld is newer than this teamctl "
		    "(%d)", state->path, (long long)schema, MAX_SCHEMA);
		return -1;
	}
	/* What cannot be an agent stays in the document, and unused. */
	for (member = j_first(agents); member; member = member->next)
		if (units_is_agent_id(member->key))
			get_applied(state, member->key, member);
	get_strings(j_get(root, "files"), &state->files);
	get_strings(j_get(root, "removed"), &state->removed);
	state->names_server = j_is(global, J_OBJECT);
	state->tmux_prefix = xstrdup_null(get_string(global, "tmux_prefix"));
	state->tmux_socket = xstrdup_null(get_string(global, "tmux_socket"));
	state->tmux_server = xstrdup_null(get_string(global, "tmux_server"));
	get_journal(state, j_get(global, "journal"));
	return 0;
}

/* What was read, as that which a save adds to; err says why it is none. */
static int
load_document(struct state *state, struct strbuf *err)
{
	json_error_t where;

	if (!state->exists)
		state->document = json_object();
	else
		state->document = json_loadb(state->text.buf,
		    state->text.len, JSON_REJECT_DUPLICATES, &where);
	if (!state->document)
		strbuf_addf(err, "%s:%d:%d: %s", state->path, where.line,
		    where.column, where.text);
	strbuf_release(&state->text);
	return state->document ? 0 : -1;
}

int
state_parse(struct state *state, struct strbuf *err)
{
	struct jtree tree;
	int rc;

	if (jtree_parse(&tree, state->text.buf, state->text.len) < 0) {
		if (load_document(state, err) == 0)
			strbuf_addf(err, "%s:1:1: nested too deeply, or "
			    "with a NUL", state->path);
		return -1;
	}
	rc = read_members(state, tree.root, err);
	jtree_release(&tree);
	return rc;
}

/* ---- writing ---- */

static json_t *
put_logs(const struct log_policy *logs)
{
	return json_pack("{s:i, s:I, s:I}", "keep", logs->keep,
	    "max_size", (json_int_t)logs->max_size,
	    "max_age_ms", (json_int_t)logs->max_age_ms);
}

static json_t *
digest(enum fingerprint fp, const char *text)
{
	if (fp != FP_ROLE_PROMPT)
		return json_string(text);
	if (!str_starts(text, "sha256:"))
		return json_pack("{s:s}", "kind", text);
	return json_pack("{s:s, s:s}", "kind", "present", "hash", text);
}

static json_t *
put_drain(const struct drain_recipe *drain)
{
	return json_pack("{s:o, s:i, s:I, s:I, s:i, s:I}",
	    "keys", jstrings(&drain->keys), "repeat", drain->repeat,
	    "gap_ms", (json_int_t)drain->gap_ms,
	    "timeout_ms", (json_int_t)drain->timeout_ms,
	    "signal", drain->signal,
	    "kill_after_ms", (json_int_t)drain->kill_after_ms);
}

static void
set_string(json_t *object, const char *key, const char *value)
{
	if (value)
		json_object_set_new(object, key, json_string(value));
}

static void
set_unless(json_t *object, const char *key, bool is_usual, json_t *value)
{
	if (is_usual) {
		json_object_del(object, key);
		json_decref(value);
	} else {
		json_object_set_new(object, key, value);
	}
}

/* The mapping under key, made when it is not there. */
static json_t *
submap(json_t *object, const char *key)
{
	json_t *map = json_object_get(object, key);

	if (!json_is_object(map)) {
		map = json_object();
		json_object_set_new(object, key, map);
	}
	return map;
}

static void
put_applied(json_t *agents, const struct applied *applied)
{
	json_t *object, *fps, *restart;
	int i;

	if (applied->gone) {
		json_object_del(agents, applied->id);
		return;
	}
	object = submap(agents, applied->id);
	if (applied->operation == OPERATION_REMOVED)
		json_object_clear(object); /* it was of a former life */
	set_string(object, "tmux_session", applied->session);
	set_string(object, "env_file", applied->env_file);
	set_string(object, "cwd", applied->cwd);
	fps = submap(object, "fingerprints");
	for (i = 0; i < FP_NR; i++)
		if (applied->fp[i])
			json_object_set_new(fps,
			    fingerprint_name((enum fingerprint)i),
			    digest((enum fingerprint)i, applied->fp[i]));
	json_object_set_new(object, "generation",
	    json_integer(applied->generation));
	set_unless(object, "restarts", applied->restarts == 0,
	    json_integer(applied->restarts));
	set_unless(object, "last_exit", applied->last_exit < 0,
	    json_integer(applied->last_exit));
	set_unless(object, "dynamic", !applied->is_dynamic, json_true());
	set_unless(object, "last_signal", applied->last_signal == 0,
	    json_integer(applied->last_signal));
	set_string(object, "operation", operation_name(applied->operation));
	set_unless(object, "frozen_at", applied->frozen_at_ms == 0,
	    json_integer(applied->frozen_at_ms));
	set_unless(object, "frozen_ms", applied->frozen_ms == 0,
	    json_integer(applied->frozen_ms));
	set_unless(object, "asked", applied->asked == 0 ||
	    applied->asked != applied->generation,
	    json_integer(applied->asked));
	set_unless(object, "drain", is_plain(&applied->drain),
	    put_drain(&applied->drain));
	set_unless(object, "logs", applied->logs.keep == 0,
	    put_logs(&applied->logs));
	set_unless(object, "depends_on", applied->depends_on.nr == 0,
	    jstrings(&applied->depends_on));
	restart = state_policy_json(&applied->restart);
	set_unless(object, "restart", !restart, restart);
}

static void
set_time(json_t *object, const char *key, int64_t now_ms)
{
	time_t t = (time_t)(now_ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	set_string(object, key, text);
}

static json_t *
put_journal(const struct journal_settings *how)
{
	return json_pack("{s:I, s:I, s:b, s:s*}",
	    "max_bytes", (json_int_t)how->max_bytes,
	    "max_age_ms", (json_int_t)how->max_age_ms, "sync", how->sync,
	    "key_file", how->key_file);
}

static void
sort_agents(json_t *document, const struct strvec *order)
{
	json_t *agents = json_object_get(document, "agents"), *agent;
	json_t *sorted = json_object();
	size_t i;

	for (i = 0; i < order->nr; i++) {
		agent = json_object_get(agents, order->v[i]);
		if (agent)
			json_object_set(sorted, order->v[i], agent);
	}
	json_object_update_missing(sorted, agents);
	json_object_set_new(document, "agents", sorted);
}

/* Sets what we know in what was read, and leaves the rest as it is. */
static void
put_all(struct state *state, int64_t now_ms)
{
	json_t *document = state->document;
	json_t *global = submap(document, "global");
	json_t *agents = submap(document, "agents");
	size_t i;

	json_object_set_new(document, "schema", json_integer(SCHEMA));
	set_time(document, "applied_at", now_ms);
	if (!json_object_get(document, "compose_digest"))
		set_string(document, "compose_digest", "");
	set_string(global, "supervisor_type", "tmux");
	set_string(global, "tmux_prefix", state->tmux_prefix);
	json_object_del(global, "tmux_socket");
	set_string(global, "tmux_socket", state->tmux_socket);
	json_object_del(global, "tmux_server");
	set_string(global, "tmux_server", state->tmux_server);
	json_object_set_new(global, "journal", put_journal(&state->journal));
	if (!json_object_get(global, "broker_path"))
		set_string(global, "broker_path", "state/mailbox.db");
	json_object_set_new(document, "files", jstrings(&state->files));
	set_unless(document, "removed", state->removed.nr == 0,
	    jstrings(&state->removed));
	for (i = 0; i < state->nr; i++)
		put_applied(agents, state->agents[i]);
	if (state->order.nr)
		sort_agents(document, &state->order);
}

int
state_put(struct state *state, int64_t now_ms, struct strbuf *err)
{
	if (!state->document && load_document(state, err) < 0)
		return -1;
	put_all(state, now_ms);
	return 0;
}
