/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: state/supervisor.json, by which budgets survive the
 * supervisor and the host, and from which `status` takes what only a
 * supervisor knows.
 */
#include "supervise.h"

#include "jfile.h"
#include "jstring.h"
#include "os.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCHEMA = 1, MAX_BYTES = 64 << 20 };

static json_t *
put_ages(const struct history *history, struct mono now)
{
	struct history_ages ages;
	json_t *restarts = json_array(), *object;
	size_t i;

	history_export(history, now, &ages);
	for (i = 0; i < ages.nr; i++)
		json_array_append_new(restarts,
		    json_integer(ages.restarts[i]));
	object = json_pack("{s:o, s:I, s:I, s:i}", "restarts", restarts,
	    "started", (json_int_t)ages.started,
	    "resumed", (json_int_t)ages.resumed, "streak", ages.streak);
	history_ages_release(&ages);
	return object;
}

/* What others compare with what is used. */
static void
put_bounds(const struct member *member, struct mono now, json_t *object)
{
	const struct agent *agent = member->agent;
	int left;

	if (!agent)
		return;
	left = agent->restart.max_restarts - history_used(&member->history,
	    agent->restart.within_ms, now);
	json_object_set_new(object, "budget_left", json_integer(left > 0 ?
	    left : 0));
	if (agent->limits.max_memory_mb)
		json_object_set_new(object, "memory_limit_bytes",
		    json_integer(agent->limits.max_memory_mb << 20));
	if (agent->limits.max_cpu_percent)
		json_object_set_new(object, "cpu_limit_percent",
		    json_integer(agent->limits.max_cpu_percent));
}

/* The limits that were warned of, a bit each. */
static unsigned
warned_of(const struct member *member)
{
	unsigned warned = 0;
	int i;

	for (i = 0; i < LIMIT_NR; i++)
		if (member->limits.level[i] != LIMIT_FINE)
			warned |= 1u << i;
	return warned;
}

static json_t *
put_member(const struct member *member, struct mono now, int64_t wall_ms)
{
	json_t *object = json_object();

	json_object_set_new(object, "state",
	    json_string(sup_state_name(member)));
	json_object_set_new(object, "reason", jstring(member->reason));
	json_object_set_new(object, "generation",
	    json_integer(member->generation));
	if (member->state == MEMBER_BACKOFF)
		json_object_set_new(object, "due_at", json_integer(wall_ms +
		    mono_ms_until(now, member->due)));
	json_object_set_new(object, "ready",
	    json_boolean(member->ready.state == HEALTH_OK));
	json_object_set_new(object, "has_readiness", json_boolean(
	    member->agent && member->agent->readiness.kind != PROBE_NONE));
	json_object_set_new(object, "health",
	    json_string(health_state_name(member->health.state)));
	if (warned_of(member))
		json_object_set_new(object, "warned",
		    json_integer(warned_of(member)));
	json_object_set_new(object, "memory_bytes",
	    json_integer(member->usage.memory_bytes));
	json_object_set_new(object, "cpu_ms",
	    json_integer(member->usage.cpu_ms));
	json_object_set_new(object, "cpu_percent",
	    json_integer(member->usage.cpu_percent));
	put_bounds(member, now, object);
	if (member->nr_nudges)
		json_object_set_new(object, "nudges", json_pack("[I, i]",
		    (json_int_t)member->nudged, member->nr_nudges));
	if (member->limit_ms && member->is_limited)
		json_object_set_new(object, "limited_until",
		    json_integer(member->limit_ms));
	if (member->asked) /* a further supervisor does not tell it again */
		json_object_set_new(object, "asked",
		    jstring(member->asked));
	if (sup_activity(member))
		json_object_set_new(object, "activity",
		    activity_json(sup_activity(member)));
	sup_put_score(member, object);
	json_object_set_new(object, "history", put_ages(&member->history,
	    now));
	return object;
}

static json_t *
put_ticks(const struct ticks *ticks)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "nr", (json_int_t)ticks->nr,
	    "sum_us", (json_int_t)ticks->sum_us,
	    "last_us", (json_int_t)ticks->last_us,
	    "longest_us", (json_int_t)ticks->longest_us,
	    "longest_at", (json_int_t)ticks->longest_at,
	    "most_cpu_us", (json_int_t)ticks->most_cpu_us,
	    "slow", (json_int_t)ticks->nr_slow);
}

/* What it uses itself. */
static void
put_own(const struct supervisor *sup, json_t *document)
{
	int64_t cpu_ms, memory;

	os_self_usage(&cpu_ms, &memory);
	json_object_set_new(document, "cpu_ms", json_integer(cpu_ms));
	json_object_set_new(document, "memory_bytes", json_integer(memory));
	json_object_set_new(document, "tmux_clients",
	    json_integer(sup->clients + (sup->is_open ?
	    sup->engine.tmux.clients : 0)));
	json_object_set_new(document, "ticks", put_ticks(&sup->ticks));
}

json_t *
sup_snapshot(const struct supervisor *sup, const char *state)
{
	struct mono now = os_now();
	int64_t wall_ms = os_wall_ms();
	json_t *document = json_object(), *agents = json_object();
	size_t i;

	json_object_set_new(document, "schema", json_integer(SCHEMA));
	json_object_set_new(document, "state", json_string(state));
	json_object_set_new(document, "pid", json_integer(getpid()));
	json_object_set_new(document, "started_at",
	    json_integer(sup->started_ms));
	json_object_set_new(document, "heartbeat_at", json_integer(wall_ms));
	json_object_set_new(document, "interval_ms",
	    json_integer(sup_interval_ms(sup)));
	if (sup_figures_address(sup))
		json_object_set_new(document, "listen",
		    json_string(sup_figures_address(sup)));
	json_object_set_new(document, "auto_resume",
	    json_boolean(sup->auto_resume));
	json_object_set_new(document, "reconciles",
	    json_integer(sup->reconciles));
	json_object_set_new(document, "restarts",
	    json_integer(sup->restarts));
	json_object_set_new(document, "hooks_seq",
	    json_integer(sup_hooks_seq(sup)));
	put_own(sup, document);
	for (i = 0; i < sup->nr; i++)
		json_object_set_new(agents, sup->members[i]->id,
		    put_member(sup->members[i], now, wall_ms));
	json_object_set_new(document, "agents", agents);
	return document;
}

void
sup_save_state(struct supervisor *sup)
{
	struct strbuf err = STRBUF_INIT;

	if (sup->engine.is_unsaved && engine_save(&sup->engine, &err) == 0)
		sup->options->log("what is wanted of the agents is saved now");
	strbuf_release(&err);
}

void
sup_save(struct supervisor *sup, const char *state)
{
	json_t *document = sup_snapshot(sup, state);
	char *path = state_path(sup->options->root, "supervisor.json");
	struct strbuf err = STRBUF_INIT;

	sup->is_dirty = false;
	sup->save_at = MONO_NEVER;
	sup_figures_changed(sup);
	/* No fsync: what a power failure could take is a few restarts. */
	if (jfile_write(path, document, 0, &err) < 0)
		sup->options->log("%s", err.buf);
	json_decref(document);
	strbuf_release(&err);
	free(path);
}

static int64_t
get_number(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static void
get_history(struct member *member, const json_t *object, int64_t elapsed_ms)
{
	const json_t *restarts = json_object_get(object, "restarts");
	struct history_ages ages = { 0 };
	size_t i, nr = json_array_size(restarts);

	ages.restarts = xcalloc(nr, sizeof(*ages.restarts));
	for (i = 0; i < nr; i++)
		ages.restarts[ages.nr++] =
		    json_integer_value(json_array_get(restarts, i));
	ages.started = get_number(object, "started", -1);
	ages.resumed = get_number(object, "resumed", -1);
	ages.streak = (int)get_number(object, "streak", 0);
	history_import(&member->history, &ages, elapsed_ms, os_now());
	history_ages_release(&ages);
}

/* It is the run that it was, and is to go on. */
static bool
is_same_run(const struct member *member)
{
	return member->run->alive && !sup_is_held(member) &&
	    member->generation == member->run->generation;
}

static void
get_watch(struct member *member, const json_t *object)
{
	const char *health = json_string_value(json_object_get(object,
	    "health"));

	if (is_same_run(member))
		sup_watch_recall(member,
		    json_is_true(json_object_get(object, "ready")),
		    str_eq(health, health_state_name(HEALTH_OK)),
		    (unsigned)get_number(object, "warned", 0));
}

/* Only what outlives a supervisor: parked or done agents, budgets. */
static void
get_member(struct supervisor *sup, const char *id, const json_t *object,
    int64_t elapsed_ms)
{
	const char *state = json_string_value(json_object_get(object,
	    "state"));
	const char *reason = json_string_value(json_object_get(object,
	    "reason"));
	struct member *member = sup_member(sup, id);
	enum operation operation;
	const json_t *nudges;

	if (!member)
		return;
	get_history(member, json_object_get(object, "history"), elapsed_ms);
	sup_get_score(member, object);
	member->generation = get_number(object, "generation", 0);
	member->asked = xstrdup_null(json_string_value(json_object_get(object,
	    "asked")));
	nudges = json_object_get(object, "nudges");
	member->nudged = json_integer_value(json_array_get(nudges, 0));
	member->nr_nudges = (int)json_integer_value(json_array_get(nudges,
	    1));
	operation = member->run->applied->operation;
	if (str_eq(state, member_state_name(MEMBER_UP)))
		get_watch(member, object);
	if (str_eq(state, member_state_name(MEMBER_FAILED)) &&
	    operation == OPERATION_ACTIVE)
		member_recall(member, MEMBER_FAILED, "%s",
		    reason ? reason : "");
	if (str_eq(state, member_state_name(MEMBER_DONE)) &&
	    operation == OPERATION_ACTIVE)
		member_recall(member, MEMBER_DONE, "%s", reason ? reason : "");
	if (str_eq(state, member_state_name(MEMBER_QUARANTINED)) &&
	    operation == OPERATION_QUARANTINED)
		member_recall(member, MEMBER_QUARANTINED, "%s",
		    reason ? reason : "");
}

void
sup_load(struct supervisor *sup)
{
	char *path = state_path(sup->options->root, "supervisor.json");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *document = NULL, *object;
	const char *id, *state;
	int64_t elapsed_ms;

	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		document = json_loadb(text.buf, text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (text.len && !document)
		sup->options->log("cannot parse '%s': budgets begin anew",
		    path);
	elapsed_ms = os_wall_ms() - get_number(document, "heartbeat_at", 0);
	state = json_string_value(json_object_get(document, "state"));
	if (state && !str_eq(state, "stopped"))
		sup_tell(sup, EVENT_SUPERVISOR_DIED, NULL, json_pack(
		    "{s:I, s:I}", "pid",
		    (json_int_t)get_number(document, "pid", 0),
		    "silent_ms", (json_int_t)elapsed_ms));
	sup_hooks_load(sup, get_number(document, "hooks_seq", 0));
	json_object_foreach(json_object_get(document, "agents"), id, object)
		get_member(sup, id, object, elapsed_ms);
	json_decref(document);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

void
sup_journal_begin(struct supervisor *sup)
{
	struct journal *journal = &sup->engine.journal;

	sup->is_noting = !journal->root;
	if (!sup->is_noting)
		return;
	journal_open(journal, sup->options->root);
	if (sup->team)
		journal_set(journal, &sup->team->journal);
	journal->actor = xstrdup("supervisor");
}

void
sup_journal_end(struct supervisor *sup)
{
	if (sup->is_noting)
		journal_close(&sup->engine.journal);
	sup->is_noting = false;
}
