/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See operate.h.  What is told of a command is in operate-reply.c.
 */
#include "command.h"

#include "order.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

/* ---- deciding ---- */

bool
item_is_merged(const struct item *item)
{
	return item->verdict.decision == DECISION_PENDING;
}

bool
operate_is_queued(const struct operate *operate, const struct run *run,
    bool to_come)
{
	const struct item *item;
	size_t i, j;

	for (i = 0; i < operate->nr; i++) {
		for (j = 0; j < operate->commands[i]->nr; j++) {
			item = &operate->commands[i]->items[j];
			if (!item->is_over && !item_is_merged(item) &&
			    str_eq(item->id, run->id) &&
			    !(to_come && item->start_begun) &&
			    (item->verdict.effect == EFFECT_START ||
			    item->verdict.effect == EFFECT_RESTART))
				return true;
		}
	}
	return false;
}

/* A command has its stop to come, or is at it. */
static bool
is_to_stop(const struct operate *operate, const struct run *run)
{
	const struct item *item;
	size_t i, j;

	for (i = 0; i < operate->nr; i++) {
		for (j = 0; j < operate->commands[i]->nr; j++) {
			item = &operate->commands[i]->items[j];
			if (!item->is_over && !item->verdict.idempotent &&
			    str_eq(item->id, run->id) &&
			    (item->verdict.effect == EFFECT_STOP ||
			    item->verdict.effect == EFFECT_FORGET))
				return true;
		}
	}
	return false;
}

/*
 * Its drain is under way, or comes as soon as those that depend on it are down,
 * or its start, which nobody wants any more, has settled.
 */
bool
operate_is_stopping(const struct operate *operate, const struct run *run)
{
	return run_is_up(run) && ((!run->settled && run->start == START_NONE) ||
	    is_to_stop(operate, run));
}

static bool
is_failed(const struct operate *operate, const struct run *run)
{
	return operate->hooks.is_failed ?
	    operate->hooks.is_failed(operate->hooks.ctx, run) : !run->alive;
}

/* What was never applied cannot be started as it was. */
static struct verdict
decide_unknown(const struct operate *operate,
    const struct operate_request *request, const char *id,
    struct operation_input *input)
{
	struct verdict verdict;

	input->is_shutdown = false;
	if (request->verb == VERB_REMOVE &&
	    strvec_has(&operate->engine->state.removed, id)) {
		input->is_known = true;
		input->operation = OPERATION_REMOVED;
	}
	verdict = operation_decide(request->verb, input);
	if (verdict.effect == EFFECT_START)
		verdict = (struct verdict){
			.decision = DECISION_UNKNOWN,
			.situation = SITUATION_ABSENT,
		};
	return verdict;
}

static struct verdict
decide(const struct operate *operate, const struct operate_request *request,
    const char *id)
{
	const struct run *run = engine_find(operate->engine, id);
	struct operation_input input = {
		.is_known = run && run->applied,
		.is_shutdown = request->is_shutdown,
		.is_named = !request->named || strvec_has(request->named, id),
	};

	if (!input.is_known)
		return decide_unknown(operate, request, id, &input);
	input.operation = run->applied->operation;
	input.is_frozen = run->applied->frozen_at_ms != 0;
	input.is_starting = !run->settled && run->start >= START_ASKED;
	input.is_alive = run_is_up(run);
	input.is_failed = !input.is_starting && is_failed(operate, run);
	input.is_stopping = operate_is_stopping(operate, run);
	input.is_queued = operate_is_queued(operate, run, false);
	return operation_decide(request->verb, &input);
}

const char *
operate_unknown(struct engine *engine, const struct operate_request *request)
{
	const struct operate operate = { .engine = engine };
	size_t i;

	for (i = 0; i < request->ids->nr; i++)
		if (decide(&operate, request, request->ids->v[i]).decision ==
		    DECISION_UNKNOWN)
			return request->ids->v[i];
	return NULL;
}

/* ---- doing ---- */

/* Words for the journal about what a verb has made of an agent. */
static enum event_kind
event_of(enum verb verb)
{
	switch (verb) {
	case VERB_FREEZE:
	case VERB_PAUSE:
		return EVENT_PAUSED;
	case VERB_RESUME:
		return EVENT_RESUMED;
	case VERB_QUARANTINE:
		return EVENT_QUARANTINED;
	case VERB_RELEASE:
		return EVENT_RELEASED;
	case VERB_RESET:
		return EVENT_RESET;
	case VERB_RESTART:
		return EVENT_RESTART_REQUESTED;
	case VERB_REMOVE:
		return EVENT_REMOVE_REQUESTED;
	case VERB_UP:
	case VERB_RELOAD:
	case VERB_DOWN:
	case VERB_ADD:
	case VERB_NR:
		break;
	}
	return EVENT_NR;
}

/* Something else is wanted of the agent, or something is to be done to it. */
static bool
is_wish(const struct item *item)
{
	return !item->is_over && item->verdict.decision < DECISION_PENDING &&
	    item->verdict.decision != DECISION_UNCHANGED;
}

/* Until it is written down nothing is done about it. */
static void
take(struct operate *operate, struct item *item, struct run *run)
{
	struct command *command = item->command;
	const struct verdict *verdict = &item->verdict;

	run->cause = &command->cause;
	if (command->kill && verdict->decision < DECISION_BLOCKED)
		engine_hurry(operate->engine, &run, 1);
	if (item_is_merged(item)) {
		engine_note(operate->engine, EVENT_RESTART_MERGED, run,
		    command->reason);
		run->cause = NULL; /* it is the first one's, which goes on */
		return;
	}
	if (verdict->decision == DECISION_UNCHANGED &&
	    verdict->effect != EFFECT_NONE)
		return; /* what it wants is under way */
	if (!is_wish(item)) {
		item_end(operate, item, ITEM_DONE, NULL);
		return;
	}
	run->applied->operation = verdict->after;
	if (verdict->effect == EFFECT_FREEZE)
		run->applied->frozen_at_ms = os_wall_ms();
}

/*
 * It cannot be written down.  That the disk is full is no reason to let run
 * what may be filling it; but nothing is begun, or held, that would be
 * forgotten.
 */
static void
take_back(struct operate *operate, struct item *item, struct run *run)
{
	if (item->verdict.effect == EFFECT_STOP ||
	    item->verdict.effect == EFFECT_FORGET)
		return;
	run->applied->operation = item->before;
	if (item->verdict.effect == EFFECT_FREEZE)
		run->applied->frozen_at_ms = 0;
	item_end(operate, item, ITEM_FAILED, item->command->unrecorded);
}

static void
begin(struct operate *operate, struct item *item, struct run *run)
{
	struct command *command = item->command;
	const struct verdict *verdict = &item->verdict;

	if (event_of(command->verb) != EVENT_NR)
		engine_note(operate->engine, event_of(command->verb), run,
		    command->reason);
	if (verdict->after != OPERATION_ACTIVE && run->start == START_PENDING) {
		run->start = START_NONE; /* it was waiting for its turn */
		run->settled = true;
	}
	if (verdict->effect == EFFECT_START)
		run->is_asked = true; /* its end, by the verb before */
	if (operate->hooks.changed)
		operate->hooks.changed(operate->hooks.ctx, run,
		    command->verb);
	if (verdict->effect == EFFECT_NONE)
		item_end(operate, item, ITEM_DONE, NULL);
}

static void
keep(const struct operate *operate, const struct command *command)
{
	struct strbuf err = STRBUF_INIT;

	if (command_keep(operate->engine->root, command, &err) < 0)
		operate_warn(operate, err.buf);
	strbuf_release(&err);
}

static void
finish(struct operate *operate, size_t at)
{
	struct command *command = operate->commands[at];

	operate->commands[at] = operate->commands[--operate->nr];
	command_record(operate->engine, command);
	command_note_end(operate->engine, command);
	/* Who has the answer may look for it in the journal. */
	engine_flush_journal(operate->engine);
	if (command->is_kept)
		keep(operate, command);
	if (command->done)
		command->done(command->ctx, command);
	command_free(command);
}

static bool
is_over(const struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (!command->items[i].is_over)
			return false;
	return true;
}

/* Effects call back; the loop here sees to what they have changed. */
void
operate_advance(struct operate *operate)
{
	struct command *command;
	struct strbuf err = STRBUF_INIT;
	size_t i, j;

	operate->must_advance = true;
	if (operate->is_advancing)
		return;
	operate->is_advancing = true;
	while (operate->must_advance) {
		operate->must_advance = false;
		for (i = 0; i < operate->nr; i++) {
			command = operate->commands[i];
			for (j = 0; j < command->nr; j++)
				if (!command->items[j].is_over)
					item_step(operate, &command->items[j]);
			command_carry_out(operate, command);
		}
	}
	if (operate->must_save && engine_save(operate->engine, &err) < 0)
		operate_warn(operate, err.buf);
	operate->must_save = false;
	for (i = operate->nr; i-- > 0;)
		if (is_over(operate->commands[i]))
			finish(operate, i);
	operate->is_advancing = false;
	strbuf_release(&err);
}

/* One whose turn has not come; item_end takes it back. */
static void
hurry_item(struct operate *operate, const struct item *item)
{
	struct run *run = engine_find(operate->engine, item->id);

	if (run && !item->stop_begun)
		run->is_hurried = true;
}

void
operate_hurry(struct operate *operate, const struct strvec *ids)
{
	struct command *command;
	struct run *run;
	size_t i, j;

	for (i = 0; i < operate->nr; i++) {
		command = operate->commands[i];
		for (j = 0; j < command->nr; j++)
			if (!command->items[j].is_over &&
			    strvec_has(ids, command->items[j].id))
				hurry_item(operate, &command->items[j]);
	}
	for (i = 0; i < ids->nr; i++) {
		run = engine_find(operate->engine, ids->v[i]);
		if (run)
			engine_hurry(operate->engine, &run, 1);
	}
}

bool
operate_claims(const struct operate *operate, const struct run *run)
{
	return run->applied && run->applied->operation == OPERATION_ACTIVE &&
	    !run->alive && operate_is_queued(operate, run, true);
}

/* ---- commands ---- */

/* Levels in order of start, from what they depend on. */
static void
set_levels(const struct operate *operate, struct command *command)
{
	static const struct strvec none = STRVEC_INIT;
	struct order_node *nodes = xcalloc(command->nr, sizeof(*nodes));
	const struct run *run;
	size_t i;

	for (i = 0; i < command->nr; i++) {
		run = engine_find(operate->engine, command->items[i].id);
		nodes[i].id = command->items[i].id;
		nodes[i].depends_on = run && run->applied ?
		    &run->applied->depends_on : &none;
	}
	order_levels(nodes, command->nr);
	for (i = 0; i < command->nr; i++)
		command->items[i].level = nodes[i].level;
	free(nodes);
}

static void
add_item(struct operate *operate, struct command *command, const char *id,
    const struct operate_request *request)
{
	struct run *run = engine_find(operate->engine, id);
	struct item *item = &command->items[command->nr++];

	item->id = xstrdup(id);
	item->command = command;
	item->verdict = decide(operate, request, id);
	item->before = OPERATION_ACTIVE;
	if (!run || !run->applied)
		return;
	item->before = run->applied->operation;
	item->generation = run->alive ? run->generation :
	    run->applied->generation;
	item->attempt = run->applied->restarts + 1;
	item->was_alive = run->alive;
	item->was_stopping = operate_is_stopping(operate, run);
}

/* Does it with each of the command's agents of which something is wanted. */
static void
each_wish(struct operate *operate, struct command *command,
    void (*fn)(struct operate *operate, struct item *item, struct run *run))
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (is_wish(&command->items[i]))
			fn(operate, &command->items[i], engine_find(
			    operate->engine, command->items[i].id));
}

static bool
has_wish(const struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (is_wish(&command->items[i]))
			return true;
	return false;
}

/* Also what could not be saved for an earlier command. */
static void
record(struct operate *operate, struct command *command)
{
	struct engine *engine = operate->engine;
	bool was_unsaved = engine->is_unsaved;
	struct strbuf err = STRBUF_INIT;

	if (!has_wish(command) && !was_unsaved)
		return;
	if (engine_save(engine, &err) < 0) {
		command->unrecorded = strbuf_detach(&err);
		each_wish(operate, command, take_back);
		engine->is_unsaved = was_unsaved || has_wish(command);
	}
	strbuf_release(&err);
}

static void
take_all(struct operate *operate, struct command *command)
{
	struct item *item;
	struct run *run;
	size_t i;

	command_note_begin(operate->engine, command);
	for (i = 0; i < command->nr; i++) {
		item = &command->items[i];
		run = engine_find(operate->engine, item->id);
		if (run && run->applied)
			take(operate, item, run);
		else
			item_end(operate, item, ITEM_DONE, NULL);
	}
	engine_flush_journal(operate->engine);
	record(operate, command);
	each_wish(operate, command, begin);
	keep(operate, command);
}

struct command *
operate_begin(struct operate *operate, const struct operate_request *request,
    void (*done)(void *ctx, struct command *command), void *ctx)
{
	struct command *command = command_new(request);
	size_t i;

	command->done = done;
	command->is_kept = !request->no_wait;
	command->ctx = ctx;
	for (i = 0; i < request->ids->nr; i++)
		add_item(operate, command, request->ids->v[i], request);
	if (request->dry_run) {
		for (i = 0; i < command->nr; i++)
			command->items[i].is_over = true;
		done(ctx, command);
		command_free(command);
		return NULL;
	}
	set_levels(operate, command);
	ARRAY_GROW(operate->commands, operate->nr, operate->alloc);
	operate->commands[operate->nr++] = command;
	take_all(operate, command);
	operate_advance(operate);
	for (i = 0; i < operate->nr; i++)
		if (operate->commands[i] == command)
			return command;
	return NULL;
}

void
operate_release(struct operate *operate)
{
	size_t i;

	for (i = 0; i < operate->nr; i++) {
		if (operate->commands[i]->done)
			operate->commands[i]->done(operate->commands[i]->ctx,
			    operate->commands[i]);
		command_free(operate->commands[i]);
	}
	free(operate->commands);
	memset(operate, 0, sizeof(*operate));
}

/* ---- without a supervisor ---- */

struct here {
	struct operate operate;
	json_t *reply;
};

static void
on_done(void *ctx, struct command *command)
{
	struct here *here = ctx;

	here->reply = operate_reply(command);
	if (here->operate.engine->loop)
		loop_stop(here->operate.engine->loop);
}

static void
on_run(void *ctx, struct run *run)
{
	struct here *here = ctx;

	(void)run;
	operate_advance(&here->operate);
}

/* A teamctl that has no time says "hurry". */
static void
on_note(void *ctx, struct run *run, const char *what, const char *text)
{
	struct here *here = ctx;
	struct strvec ids = STRVEC_INIT;

	(void)text;
	if (!str_eq(what, "hurry"))
		return;
	strvec_push(&ids, run->id);
	operate_hurry(&here->operate, &ids);
	strvec_release(&ids);
}

json_t *
operate_here(struct engine *engine, const struct operate_hooks *hooks,
    const struct operate_request *request, struct strbuf *err)
{
	struct here here = { .operate = { .engine = engine } };
	struct reply before = operate_replay(engine->root, request);

	if (before.is_other) {
		strbuf_addf(err, "the command id '%s' was used for another "
		    "command", request->command_id);
		json_decref(before.json);
		return NULL;
	}
	if (before.json)
		return before.json;
	if (hooks)
		here.operate.hooks = *hooks;
	engine->hooks.settled = engine->hooks.exited = on_run;
	engine->hooks.frozen = on_run;
	engine->hooks.note = on_note;
	engine->hooks.ctx = &here;
	if (!request->dry_run && engine_watch_all(engine, err) < 0)
		return NULL;
	if (operate_begin(&here.operate, request, on_done, &here)) {
		engine_go_on(engine);
		if (!here.reply)
			loop_run(engine->loop);
	}
	engine_flush_journal(engine);
	operate_release(&here.operate);
	return here.reply;
}
