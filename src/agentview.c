/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See agentview.h.
 */
#include "agentview.h"

#include "jstring.h"

#include <string.h>

const struct superview_agent *
agentview_word(const struct agentview *view,
    const struct run *run)
{
	const struct superview_agent *word = superview_find(view->words,
	    run->id);
	int64_t gen = run->alive ? run->generation :
	    run->applied ? run->applied->generation : 0;

	return word && word->generation == gen ? word : NULL;
}

const char *
agentview_state(const struct agentview *view,
    const struct run *run)
{
	const struct record *record = &run->record;
	const struct superview_agent *word = agentview_word(view, run);
	enum operation operation = run->applied ? run->applied->operation :
	    OPERATION_ACTIVE;
	bool held = operation != OPERATION_ACTIVE;

	if (!view->asked)
		return "unknown";
	if (run_is_starting(run))
		return "starting";
	if (run->alive && operation == OPERATION_PAUSED &&
	    run->applied->frozen_at_ms)
		return "frozen";
	if (run->alive && ((held && (view->locked ||
	    view->supervised)) || (word &&
	    view->supervised && str_eq(word->state, "draining"))))
		return "draining";
	if (run->alive)
		return word && word->has_readiness && word->is_ready &&
		    view->supervised ? "ready" : "running";
	if (engine_lost_pid(view->engine, run))
		return "lost";
	if (held)
		return operation_name(operation);
	if (word && (str_eq(word->state, "failed") ||
	    str_eq(word->state, "limited") || (view->supervised &&
	    (str_eq(word->state, "backoff") ||
	    str_eq(word->state, "waiting")))))
		return word->state;
	/* Held down by the supervisor, which would else have started it. */
	if (word && view->supervised && str_eq(word->state, "stopped"))
		return "stopped";
	if (record->asked || record->state == RECORD_NONE ||
	    run_ended_well(run))
		return "stopped";
	return "failed";
}

int64_t
run_since(const struct run *run)
{
	if (run_is_starting(run))
		return 0;
	return run->alive ? run->record.started_ms : run->record.ended_ms;
}

int64_t
run_pid(const struct run *run)
{
	return run->alive && !run_is_starting(run) ? run->record.pid : 0;
}

int
run_last_exit(const struct run *run)
{
	if (run->record.state == RECORD_EXITED)
		return run->record.exit_code;
	if (run->record.state == RECORD_SIGNALED)
		return 128 + run->record.signal;
	return run->applied ? run->applied->last_exit : -1;
}

int
run_last_signal(const struct run *run)
{
	if (run->record.state == RECORD_SIGNALED)
		return run->record.signal;
	if (run->record.state == RECORD_EXITED || !run->applied)
		return 0;
	return run->applied->last_signal;
}

const char *
run_session(const struct run *run)
{
	if (run->present)
		return run->name;
	return run->applied ? run->applied->session : NULL;
}

static json_t *
number_or_null(int64_t n, bool is_known)
{
	return is_known ? json_integer(n) : json_null();
}

struct usage
agentview_usage(const struct agentview *view, const struct run *run)
{
	const struct superview_agent *word = agentview_word(view, run);
	struct usage usage = run->usage;

	if (run->alive && usage.memory_bytes <= 0 && word) {
		usage.memory_bytes = word->memory_bytes;
		usage.cpu_percent = word->cpu_percent;
	}
	if (!run->alive || usage.memory_bytes < 0)
		usage.memory_bytes = 0;
	return usage;
}

double
agentview_score(const struct agentview *view, const char *id)
{
	const struct superview_agent *word = superview_find(view->words, id);

	return word && word->score >= 0 ? (double)word->score / 1e6 : 0.5;
}

/* What only a supervisor knows; word is NULL when it knows nothing. */
static void
add_supervised(const struct agentview *view, const struct run *run,
    const struct superview_agent *word, json_t *object)
{
	json_object_set_new(object, "ready", word && run->alive ?
	    json_boolean(word->is_ready) : json_null());
	json_object_set_new(object, "health",
	    jstring(word && run->alive ? word->health : NULL));
	json_object_set_new(object, "activity", word && run->alive &&
	    view->supervised && word->is_seen ?
	    activity_json(&word->activity) : json_null());
	json_object_set_new(object, "due_at", number_or_null(word ?
	    word->due_ms / 1000 : 0, word && word->due_ms));
	json_object_set_new(object, "memory_limit_bytes", number_or_null(
	    word ? word->memory_limit_bytes : 0,
	    word && word->memory_limit_bytes));
	json_object_set_new(object, "cpu_limit_percent", number_or_null(
	    word ? word->cpu_limit_percent : 0,
	    word && word->cpu_limit_percent));
	json_object_set_new(object, "budget_left", number_or_null(word ?
	    word->budget_left : 0, word && word->budget_left >= 0));
	json_object_set_new(object, "score",
	    json_real(agentview_score(view, run->id)));
}

json_t *
agentview_json(const struct agentview *view, const struct run *run)
{
	const struct superview_agent *word = agentview_word(view, run);
	const struct record *record = &run->record;
	struct usage usage = agentview_usage(view, run);
	const char *colon = strchr(run->id, ':');
	json_t *object = json_object();
	struct strbuf text = STRBUF_INIT;

	if (record->state != RECORD_NONE && record->state != RECORD_RUNNING)
		record_describe(record, &text);
	json_object_set_new(object, "id", jstring(run->id));
	json_object_set_new(object, "project", json_stringn(run->id,
	    (size_t)(colon - run->id)));
	json_object_set_new(object, "agent", jstring(colon + 1));
	json_object_set_new(object, "operation", json_string(operation_name(
	    run->applied ? run->applied->operation : OPERATION_ACTIVE)));
	json_object_set_new(object, "state",
	    json_string(agentview_state(view, run)));
	json_object_set_new(object, "since",
	    number_or_null(run_since(run) / 1000, run_since(run)));
	json_object_set_new(object, "pid", number_or_null(run_pid(run),
	    run_pid(run)));
	json_object_set_new(object, "session",
	    jstring(run_session(run)));
	json_object_set_new(object, "pane",
	    jstring(run->present ? run->pane : NULL));
	json_object_set_new(object, "generation",
	    number_or_null(run->generation, run->generation));
	json_object_set_new(object, "restarts", json_integer(run->applied ?
	    run->applied->restarts : 0));
	json_object_set_new(object, "dynamic", json_boolean(run->applied &&
	    run->applied->is_dynamic));
	json_object_set_new(object, "last_exit",
	    number_or_null(run_last_exit(run), run_last_exit(run) >= 0));
	json_object_set_new(object, "last_signal",
	    number_or_null(run_last_signal(run), run_last_signal(run)));
	json_object_set_new(object, "reason", jstring(word &&
	    *word->reason ? word->reason : text.len ? text.buf : NULL));
	json_object_set_new(object, "conversation",
	    jstring(run_conversation(run)));
	json_object_set_new(object, "memory_bytes",
	    number_or_null(usage.memory_bytes, usage.memory_bytes));
	json_object_set_new(object, "cpu_percent", number_or_null(
	    usage.cpu_percent, usage.memory_bytes && usage.cpu_percent >= 0));
	add_supervised(view, run, word, object);
	strbuf_release(&text);
	return object;
}
