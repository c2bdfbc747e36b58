/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what the engine has to say in the journal.  Numbers that a
 * decision rests on are fields, so that nobody has to read them out of a text.
 */
#include "engine.h"

#include "conversation.h"
#include "os.h"

#include <stdlib.h>

int64_t
run_attempt(const struct run *run)
{
	return run->applied ? run->applied->restarts + 1 : 0;
}

void
engine_note_with(struct engine *engine, enum event_kind kind,
    const struct run *run, const char *reason, json_t *fields)
{
	struct journal_event event = {
		.kind = kind,
		.agent = run->id,
		.gen = run->generation,
		.attempt = run_attempt(run),
		.reason = reason,
		.fields = fields,
		.actor = run->cause ? run->cause->actor : NULL,
		.correlation = run->cause ? run->cause->correlation : NULL,
	};

	if (run->applied && run->applied->generation > event.gen)
		event.gen = run->applied->generation;
	journal_put(&engine->journal, &event);
}

void
engine_note(struct engine *engine, enum event_kind kind,
    const struct run *run, const char *reason)
{
	engine_note_with(engine, kind, run, reason, NULL);
}

void
engine_note_for(struct engine *engine, const struct cause *cause,
    enum event_kind kind, const char *reason, json_t *fields, bool is_aside)
{
	struct journal_event event = {
		.kind = kind,
		.reason = reason,
		.fields = fields,
		.actor = cause->actor,
		.correlation = cause->correlation,
		.is_aside = is_aside,
	};

	journal_put(&engine->journal, &event);
}

void
engine_flush_journal(struct engine *engine)
{
	struct strbuf err = STRBUF_INIT;

	journal_flush(&engine->journal, &err);
	if (err.len && engine->hooks.warning)
		engine->hooks.warning(engine->hooks.ctx, err.buf);
	strbuf_release(&err);
}

/* exit_code or signal, and ran_ms, as far as the record has them. */
static void
add_end(const struct record *record, json_t *fields)
{
	if (record->state == RECORD_EXITED)
		json_object_set_new(fields, "exit_code",
		    json_integer(record->exit_code));
	else if (record->state == RECORD_SIGNALED)
		json_object_set_new(fields, "signal",
		    json_integer(record->signal));
	if (record->started_ms && record->ended_ms)
		json_object_set_new(fields, "ran_ms", json_integer(
		    record->ended_ms - record->started_ms));
}

static json_t *
pids_of(const struct strvec *pids)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < pids->nr; i++)
		json_array_append_new(list,
		    json_integer(strtoll(pids->v[i], NULL, 10)));
	return list;
}

void
engine_note_strays(struct engine *engine, const struct run *run)
{
	engine_note_with(engine, EVENT_STRAYS_KILLED, run, NULL,
	    json_pack("{s:o}", "pids", pids_of(&run->survivors)));
}

static void
note_start(struct engine *engine, const struct run *run)
{
	enum conversation how = conversation_last(engine->root, run->id);

	engine_note_with(engine, EVENT_STARTED, run, NULL, json_pack("{s:I}",
	    "pid", (json_int_t)run->record.pid));
	if (how != CONVERSATION_NONE)
		engine_note(engine, how == CONVERSATION_RESUMED ?
		    EVENT_CONVERSATION_RESUMED : EVENT_CONVERSATION_FRESH,
		    run, NULL);
}

static void
note_stop(struct engine *engine, const struct run *run)
{
	static const enum event_kind kinds[] = {
		[DRAIN_ALREADY_STOPPED] = EVENT_ALREADY_STOPPED,
		[DRAIN_DRAINED] = EVENT_DRAINED,
		[DRAIN_KILLED] = EVENT_KILLED,
		[DRAIN_KILL_FAILED] = EVENT_KILL_FAILED,
	};
	const struct drain *drain = &run->drain;
	struct strbuf text = STRBUF_INIT;
	json_t *fields = json_object();

	if (run->record.state == RECORD_EXITED ||
	    run->record.state == RECORD_SIGNALED)
		record_describe(&run->record, &text);
	if (drain->outcome != DRAIN_ALREADY_STOPPED) {
		json_object_set_new(fields, "ms", json_integer(
		    mono_ms_until(drain->begun, drain->ended)));
		json_object_set_new(fields, "presses",
		    json_integer(drain->presses));
	}
	add_end(&run->record, fields);
	if (run->survivors.nr)
		json_object_set_new(fields, "pids", pids_of(&run->survivors));
	engine_note_with(engine, kinds[drain->outcome], run,
	    text.len ? text.buf : NULL, fields);
	strbuf_release(&text);
}

void
engine_note_outcome(struct engine *engine, const struct run *run)
{
	if (run->start == START_FAILED)
		engine_note(engine, EVENT_START_FAILED, run, run->error);
	else if (run->start == START_LEFT)
		return; /* a supervisor will tell when it starts it */
	else if (run->start != START_NONE)
		note_start(engine, run);
	else if (run->drain.outcome != DRAIN_PENDING)
		note_stop(engine, run);
}

void
engine_note_end(struct engine *engine, const struct run *run)
{
	struct strbuf how = STRBUF_INIT;
	json_t *fields = json_object();

	record_describe(&run->record, &how);
	add_end(&run->record, fields);
	json_object_set_new(fields, "maxrss_kb",
	    json_integer(run->record.maxrss_kb));
	json_object_set_new(fields, "cpu_ms", json_integer(
	    run->record.utime_ms + run->record.stime_ms));
	engine_note_with(engine, EVENT_EXITED, run, how.buf, fields);
	strbuf_release(&how);
}

/* Before they are carried out. */
void
engine_note_effects(struct engine *engine, const struct run *run)
{
	const struct drain *drain = &run->drain;
	json_int_t ms = mono_ms_until(drain->begun, os_now());

	if (run->effects & DRAIN_KEYS)
		engine_note_with(engine, EVENT_KEYS_SENT, run, NULL,
		    json_pack("{s:i, s:i}", "press", drain->presses, "of",
		    drain->recipe->repeat));
	if (run->effects & DRAIN_INT)
		engine_note_with(engine, EVENT_INTERRUPTED, run, NULL,
		    json_pack("{s:I}", "after_ms", ms));
	if (run->effects & DRAIN_TERM)
		engine_note_with(engine, EVENT_TERMINATED, run, NULL,
		    json_pack("{s:I, s:I}", "after_ms", ms, "kill_after_ms",
		    (json_int_t)drain->recipe->kill_after_ms));
	if (run->effects & DRAIN_KILL)
		engine_note_with(engine, EVENT_KILL_SENT, run, NULL,
		    json_pack("{s:I}", "after_ms", ms));
}
