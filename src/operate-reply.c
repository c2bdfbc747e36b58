/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See operate.h: a command as a thing, and what is told of it.
 */
#include "command.h"

#include "jstring.h"
#include "os.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1 };

/* "pause --freeze p:a p:b" */
static char *
request_text(const struct operate_request *request)
{
	const struct strvec *words = request->words ? request->words :
	    request->ids;
	struct strbuf text = STRBUF_INIT;
	size_t i;

	strbuf_addstr(&text, request->name ? request->name :
	    verb_name(request->verb));
	for (i = 0; i < words->nr; i++)
		strbuf_addf(&text, " %s", words->v[i]);
	return strbuf_detach(&text);
}

struct command *
command_new(const struct operate_request *request)
{
	struct command *command = xcalloc(1, sizeof(*command));

	command->verb = request->verb;
	command->name = xstrdup(request->name ? request->name :
	    verb_name(request->verb));
	command->by = xstrdup(request->by);
	command->claimed_by = xstrdup_null(request->claimed_by);
	command->agent = xstrdup_null(request->agent);
	command->reason = xstrdup_null(request->reason);
	command->id = request->command_id ? xstrdup(request->command_id) :
	    xasprintf("%08" PRIx32 "%08" PRIx32 "%08" PRIx32 "%08" PRIx32,
	    os_random(), os_random(), os_random(), os_random());
	command->cause.actor = command->by;
	command->cause.correlation = command->id;
	command->kill = request->kill;
	command->timeout_ms = request->timeout_ms;
	command->dry_run = request->dry_run;
	command->begun_ms = os_wall_ms();
	command->items = xcalloc(request->ids->nr, sizeof(*command->items));
	if (request->command_id && !request->dry_run)
		command->request = request_text(request);
	return command;
}

void
command_free(struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++) {
		free(command->items[i].id);
		free(command->items[i].text);
	}
	free(command->items);
	free(command->name);
	free(command->by);
	free(command->claimed_by);
	free(command->agent);
	free(command->reason);
	free(command->id);
	free(command->request);
	free(command->unrecorded);
	json_decref(command->more);
	free(command);
}

/* ---- the reply ---- */

static const char *
stop_state(const struct item *item)
{
	if (!item->was_alive)
		return "no_active_attempt";
	if (item->outcome == DRAIN_KILL_FAILED)
		return "failed";
	if (item->outcome != DRAIN_PENDING)
		return "completed";
	return item->stop_begun || item->was_stopping ? "cancel_delivered" :
	    "idle";
}

static const char *const outcomes[] = {
	[DRAIN_PENDING] = NULL,
	[DRAIN_ALREADY_STOPPED] = "already_stopped",
	[DRAIN_DRAINED] = "drained",
	[DRAIN_KILLED] = "killed",
	[DRAIN_KILL_FAILED] = "kill_failed",
};

enum drain_outcome
operate_outcome(const json_t *stop)
{
	const char *name = json_string_value(json_object_get(stop, "outcome"));
	size_t i;

	for (i = DRAIN_PENDING + 1; i < nitems(outcomes); i++)
		if (str_eq(outcomes[i], name))
			return (enum drain_outcome)i;
	return DRAIN_PENDING;
}

static json_t *
stop_json(const struct item *item)
{
	bool is_over = item->outcome != DRAIN_PENDING;

	return json_pack("{s:s, s:o, s:b, s:o}", "state", stop_state(item),
	    "outcome", jstring(outcomes[item->outcome]),
	    "timed_out", item->timed_out,
	    "seconds", is_over ? json_real((double)item->stop_ms / 1000) :
	    json_null());
}

static bool
is_refused(const struct item *item)
{
	return item->verdict.decision >= DECISION_BLOCKED;
}

/* Why it is refused or unchanged, in words. */
static char *
explain(const struct item *item)
{
	const char *name = situation_name(item->verdict.situation);

	if (item->verdict.situation == SITUATION_RUNNING && !item->was_alive)
		name = "active";
	if (item->text)
		return xstrdup(item->text);
	if (item->verdict.situation == SITUATION_ABSENT &&
	    item->verdict.decision == DECISION_UNCHANGED)
		return xstrdup("it has never been started");
	if (item->verdict.decision == DECISION_UNCHANGED && item->was_stopping)
		return xstrdup("it is being stopped already");
	switch (item->verdict.decision) {
	case DECISION_UNCHANGED:
	case DECISION_REJECTED:
		return xasprintf("it is %s", name);
	case DECISION_PENDING:
		return xasprintf("a start of it %s under way",
		    item->is_over ? "was" : "is");
	case DECISION_BLOCKED:
		return xstrdup("the supervisor is about to end");
	case DECISION_UNKNOWN:
		return xstrdup("it has never been started");
	case DECISION_ACCEPTED:
	case DECISION_STARTED:
	case DECISION_QUEUED:
		break;
	}
	return NULL;
}

static const char *
end_name(const struct item *item)
{
	if (is_refused(item))
		return "refused";
	if (!item->is_over)
		return "pending";
	switch (item->end) {
	case ITEM_FAILED:
		return "failed";
	case ITEM_SUPERSEDED:
		return "superseded";
	case ITEM_DONE:
		break;
	}
	return "done";
}

static json_t *
item_json(const struct item *item)
{
	const struct verdict *verdict = &item->verdict;
	char *text = explain(item);
	json_t *object = json_object();
	bool is_known = verdict->situation != SITUATION_ABSENT;

	json_object_set_new(object, "agent", json_string(item->id));
	json_object_set_new(object, "situation",
	    json_string(situation_name(verdict->situation)));
	json_object_set_new(object, "operation_before", is_known ?
	    json_string(operation_name(item->before)) : json_null());
	json_object_set_new(object, "operation_after", is_known ||
	    (verdict->decision == DECISION_STARTED &&
	    item->end == ITEM_DONE) ?
	    json_string(operation_name(verdict->after)) : json_null());
	json_object_set_new(object, "generation", item->generation ?
	    json_integer(item->generation) : json_null());
	json_object_set_new(object, "attempt", item->generation ?
	    json_integer(item->attempt) : json_null());
	json_object_set_new(object, "decision",
	    json_string(decision_name(verdict->decision)));
	json_object_set_new(object, "idempotent",
	    json_boolean(verdict->idempotent));
	json_object_set_new(object, "cancel_delivered",
	    json_boolean(item->stop_begun));
	json_object_set_new(object, "stop", stop_json(item));
	json_object_set_new(object, "frozen",
	    json_boolean(verdict->frozen_after && !item->text));
	json_object_set_new(object, "start_failed",
	    json_boolean(item->start_failed));
	json_object_set_new(object, "conversation",
	    jstring(item->conversation));
	json_object_set_new(object, "state", json_string(end_name(item)));
	json_object_set_new(object, "message", jstring(text));
	free(text);
	return object;
}

static bool
is_ok(const struct command *command)
{
	size_t i;

	if (command->exit_code || command->unrecorded)
		return false;
	for (i = 0; i < command->nr; i++)
		if (is_refused(&command->items[i]) ||
		    (command->items[i].is_over &&
		    command->items[i].end != ITEM_DONE))
			return false;
	return true;
}

json_t *
operate_reply(const struct command *command)
{
	json_t *reply = json_object(), *results = json_array();
	size_t i;

	for (i = 0; i < command->nr; i++)
		json_array_append_new(results, item_json(&command->items[i]));
	json_object_set_new(reply, "schema", json_integer(SCHEMA));
	json_object_set_new(reply, "ok", json_boolean(is_ok(command)));
	json_object_set_new(reply, "verb",
	    json_string(command->name));
	json_object_set_new(reply, "command_id", json_string(command->id));
	json_object_set_new(reply, "requested_by", json_string(command->by));
	json_object_set_new(reply, "claimed_by",
	    jstring(command->claimed_by));
	json_object_set_new(reply, "from_agent", jstring(command->agent));
	json_object_set_new(reply, "reason", jstring(command->reason));
	json_object_set_new(reply, "dry_run", json_boolean(command->dry_run));
	json_object_set_new(reply, "not_recorded",
	    jstring(command->unrecorded));
	json_object_set_new(reply, "results", results);
	if (command->more)
		json_object_update(reply, command->more);
	return reply;
}

struct reply
operate_replay(const char *root, const struct operate_request *request)
{
	struct reply reply = { .json = NULL };
	char *text;

	if (!request->command_id || request->dry_run)
		return reply;
	text = request_text(request);
	reply = replies_find(root, request->command_id, text);
	free(text);
	return reply;
}

int
operate_keep(const char *root, const struct operate_request *request,
    json_t *reply, struct strbuf *err)
{
	char *text;
	int rc;

	if (!request->command_id || request->dry_run)
		return 0;
	text = request_text(request);
	rc = replies_put(root, request->command_id, text,
	    &(struct reply){ .json = reply }, err);
	free(text);
	return rc;
}

int
command_keep(const char *root, const struct command *command,
    struct strbuf *err)
{
	struct reply reply = { .exit_code = command->exit_code };
	int rc;

	if (!command->request)
		return 0;
	reply.json = operate_reply(command);
	rc = replies_put(root, command->id, command->request, &reply, err);
	json_decref(reply.json);
	return rc;
}

/* ---- the record ---- */

static bool
has_succeeded(const struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (command->items[i].end == ITEM_DONE &&
		    !is_refused(&command->items[i]))
			return true;
	return false;
}

void
command_record(struct engine *engine, struct command *command)
{
	struct strbuf err = STRBUF_INIT;

	free(command->unrecorded);
	command->unrecorded = NULL;
	if (engine->is_unsaved && has_succeeded(command) &&
	    engine_save(engine, &err) < 0)
		command->unrecorded = strbuf_detach(&err);
	strbuf_release(&err);
}

void
command_note_begin(struct engine *engine, const struct command *command)
{
	json_t *targets = json_array(), *fields;
	size_t i;

	for (i = 0; i < command->nr; i++)
		json_array_append_new(targets,
		    json_string(command->items[i].id));
	fields = json_pack("{s:s, s:o}", "verb", command->name,
	    "targets", targets);
	if (command->claimed_by)
		json_object_set_new(fields, "claimed_by",
		    json_string(command->claimed_by));
	if (command->agent)
		json_object_set_new(fields, "from_agent",
		    json_string(command->agent));
	engine_note_for(engine, &command->cause, EVENT_COMMAND_ACCEPTED,
	    command->reason, fields, command->is_quiet);
}

static bool
has_changed_nothing(const struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (command->items[i].verdict.decision != DECISION_UNCHANGED ||
		    command->items[i].end == ITEM_FAILED)
			return false;
	return is_ok(command);
}

void
command_note_end(struct engine *engine, const struct command *command)
{
	json_t *results = json_object(), *why = json_object(), *fields;
	const struct item *item;
	const char *end;
	char *text;
	size_t i;

	for (i = 0; i < command->nr; i++) {
		item = &command->items[i];
		end = end_name(item);
		json_object_set_new(results, item->id, json_string(end));
		text = is_refused(item) || item->end == ITEM_FAILED ?
		    explain(item) : NULL;
		if (text)
			json_object_set_new(why, item->id, jstring(text));
		free(text);
	}
	fields = json_pack("{s:s, s:b, s:o, s:I}", "verb", command->name,
	    "ok", is_ok(command), "results", results, "ms",
	    (json_int_t)(os_wall_ms() - command->begun_ms));
	if (json_object_size(why))
		json_object_set(fields, "why", why);
	json_decref(why);
	engine_note_for(engine, &command->cause, EVENT_COMMAND_COMPLETED,
	    command->reason, fields, command->is_quiet &&
	    has_changed_nothing(command));
}
