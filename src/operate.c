/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See operate.h.  What is told of a command is in operate-reply.c.
 */
#include "addition.h"
#include "command.h"

#include "order.h"
#include "os.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

/* ---- deciding ---- */

static bool
is_among(const struct strvec *ids, const char *id)
{
	size_t i;

	for (i = 0; i < ids->nr; i++)
		if (str_eq(ids->v[i], id))
			return true;
	return false;
}

/* A person's start of it is to come, after a stop. */
static bool
is_queued(const struct operate *operate, const struct run *run)
{
	const struct item *item;
	size_t i, j;

	for (i = 0; i < operate->nr; i++) {
		for (j = 0; j < operate->commands[i]->nr; j++) {
			item = &operate->commands[i]->items[j];
			if (!item->is_over && str_eq(item->id, run->id) &&
			    (item->verdict.effect == EFFECT_START ||
			    item->verdict.effect == EFFECT_RESTART))
				return true;
		}
	}
	return false;
}

static bool
is_failed(const struct operate *operate, const struct run *run)
{
	return operate->hooks.is_failed ?
	    operate->hooks.is_failed(operate->hooks.ctx, run) : !run->alive;
}

static struct verdict
decide(const struct operate *operate, const struct operate_request *request,
    const struct run *run)
{
	struct operation_input input = {
		.is_known = run && run->applied,
		.is_shutdown = request->is_shutdown,
	};

	if (!input.is_known)
		return operation_decide(request->verb, &input);
	input.operation = run->applied->operation;
	input.is_frozen = run->applied->frozen_at_ms != 0;
	input.is_alive = run_is_up(run);
	input.is_failed = is_failed(operate, run);
	input.is_starting = run_is_up(run) && !run->settled &&
	    run->start != START_NONE;
	input.is_stopping = run->alive && !run->settled &&
	    run->start == START_NONE;
	input.is_queued = is_queued(operate, run);
	input.is_named = !request->named || is_among(request->named, run->id);
	return operation_decide(request->verb, &input);
}

/* ---- doing ---- */

static void
warn(const struct operate *operate, const char *text)
{
	const struct engine_hooks *hooks = &operate->engine->hooks;

	if (hooks->warning)
		hooks->warning(hooks->ctx, text);
}

static void
end_item(struct operate *operate, struct item *item, enum item_end end,
    const char *text)
{
	struct run *run = engine_find(operate->engine, item->id);

	item->is_over = true;
	item->end = end;
	free(item->text);
	item->text = xstrdup_null(text);
	if (run && run->cause == &item->command->cause)
		run->cause = NULL;
	operate->must_advance = true;
}

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

/* What is wanted of it is written down before anything is done about it. */
static void
take(struct operate *operate, struct item *item, struct run *run)
{
	struct command *command = item->command;
	const struct verdict *verdict = &item->verdict;

	run->cause = &command->cause;
	if (verdict->decision == DECISION_PENDING)
		engine_note(operate->engine, EVENT_RESTART_MERGED, run,
		    command->reason);
	if (verdict->decision >= DECISION_PENDING ||
	    verdict->decision == DECISION_UNCHANGED) {
		end_item(operate, item, ITEM_DONE, NULL);
		return;
	}
	if (event_of(command->verb) != EVENT_NR)
		engine_note(operate->engine, event_of(command->verb), run,
		    command->reason);
	run->applied->operation = verdict->after;
	if (verdict->effect == EFFECT_START)
		run->is_asked = true; /* its end, by the verb before */
	if (verdict->effect == EFFECT_FREEZE)
		run->applied->frozen_at_ms = os_wall_ms();
	if (operate->hooks.changed)
		operate->hooks.changed(operate->hooks.ctx, run,
		    command->verb);
	if (verdict->effect == EFFECT_NONE)
		end_item(operate, item, ITEM_DONE, NULL);
}

/* Those of the command that depend on it go down first. */
static bool
may_stop(const struct operate *operate, const struct item *item)
{
	const struct command *command = item->command;
	const struct run *run;
	size_t i;

	for (i = 0; i < command->nr; i++) {
		run = engine_find(operate->engine, command->items[i].id);
		if (command->items[i].level > item->level && run &&
		    run->alive && !command->items[i].is_over &&
		    command->items[i].verdict.effect != EFFECT_FREEZE &&
		    !command->items[i].start_begun)
			return false;
	}
	return true;
}

/* Those of the command that it depends on come up first. */
static bool
may_start(const struct item *item)
{
	const struct command *command = item->command;
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (command->items[i].level < item->level &&
		    !command->items[i].is_over)
			return false;
	return true;
}

static void
note_stop(struct item *item, const struct run *run)
{
	const struct drain *drain = &run->drain;

	if (!item->was_alive)
		return;
	item->outcome = drain->outcome;
	item->stop_ms = mono_ms_until(drain->begun, drain->ended);
	item->survivors = run->survivors.nr;
}

static void
want_stop(struct operate *operate, struct item *item)
{
	if (item->stop_begun) /* and it lives */
		end_item(operate, item, ITEM_FAILED, "it cannot be killed");
	else if (may_stop(operate, item))
		item->want = WANT_STOP;
}

static void
go_down(struct operate *operate, struct item *item, const struct run *run)
{
	if (run->alive) {
		want_stop(operate, item);
		return;
	}
	note_stop(item, run);
	if (run->survivors.nr)
		end_item(operate, item, ITEM_FAILED, "processes of it are "
		    "left");
	else if (item->verdict.effect == EFFECT_FORGET)
		item->want = WANT_FORGET;
	else
		end_item(operate, item, ITEM_DONE, NULL);
}

static void
come_up(struct operate *operate, struct item *item, const struct run *run)
{
	bool is_old = item->verdict.effect == EFFECT_RESTART &&
	    run->generation == item->generation;

	if (run->alive && is_old && !item->start_begun) {
		want_stop(operate, item);
	} else if (run->alive) {
		end_item(operate, item, ITEM_DONE, NULL);
	} else if (!item->start_begun) {
		note_stop(item, run);
		if (may_start(item))
			item->want = WANT_START;
	} else if (run->start == START_FAILED) {
		end_item(operate, item, ITEM_FAILED, run->error);
	} else if (run->start != START_PENDING) {
		end_item(operate, item, ITEM_DONE, NULL);
	}
}

static void
step(struct operate *operate, struct item *item)
{
	struct run *run = engine_find(operate->engine, item->id);

	item->want = WANT_NOTHING;
	if (!run || !run->applied) {
		end_item(operate, item, ITEM_FAILED, "it is gone");
		return;
	}
	if (run->applied->operation != item->verdict.after) {
		engine_note(operate->engine, EVENT_SUPERSEDED, run,
		    verb_name(item->command->verb));
		end_item(operate, item, ITEM_SUPERSEDED,
		    "another command came after it");
		return;
	}
	run->cause = &item->command->cause;
	if (!run->settled && run->start != START_PENDING)
		return; /* something is under way, of which we shall hear */
	switch (item->verdict.effect) {
	case EFFECT_STOP:
	case EFFECT_FORGET:
		go_down(operate, item, run);
		break;
	case EFFECT_START:
	case EFFECT_RESTART:
		come_up(operate, item, run);
		break;
	case EFFECT_FREEZE:
	case EFFECT_THAW:
		item->want = item->verdict.effect == EFFECT_FREEZE ?
		    WANT_FREEZE : WANT_THAW;
		if (run->alive)
			break;
		run->applied->frozen_at_ms = 0;
		end_item(operate, item, ITEM_DONE, "it has ended");
		break;
	case EFFECT_NONE:
		break;
	}
}

/* ---- together: however many agents, it takes one tmux client ---- */

static void
stop_all(struct operate *operate, struct command *command, struct run **runs,
    size_t nr)
{
	struct engine_stop how = {
		.kill = command->kill,
		.timeout_ms = command->timeout_ms,
		.keep_session = true,
	};

	if (operate->hooks.stop)
		operate->hooks.stop(operate->hooks.ctx, runs, nr, &how);
	else
		engine_stop_begin(operate->engine, runs, nr, &how);
}

static void
start_all(struct operate *operate, struct run **runs, size_t nr)
{
	struct strbuf err = STRBUF_INIT;

	if (operate->hooks.start)
		operate->hooks.start(operate->hooks.ctx, runs, nr);
	else if (engine_start_begin(operate->engine, runs, nr, true, &err) < 0)
		warn(operate, err.buf);
	strbuf_release(&err);
}

static void
forget_all(struct operate *operate, struct item **items, struct run **runs,
    size_t nr)
{
	const struct operate_hooks *hooks = &operate->hooks;
	struct strbuf err = STRBUF_INIT;
	bool is_gone;
	size_t i;
	int rc;

	is_gone = engine_remove_sessions(operate->engine, runs, nr, &err) ==
	    ENGINE_OK;
	for (i = 0; i < nr; i++) {
		rc = is_gone ? addition_forget(operate->engine, runs[i],
		    &err) : -1;
		if (rc < 0) {
			end_item(operate, items[i], ITEM_FAILED, err.buf);
			continue;
		}
		if (rc == 0 && hooks->is_wanted &&
		    !hooks->is_wanted(hooks->ctx, runs[i]->id))
			engine_forget(operate->engine, runs[i]);
		else if (rc == 0)
			engine_remove(operate->engine, runs[i]);
		end_item(operate, items[i], ITEM_DONE, NULL);
	}
	strbuf_release(&err);
}

static void
do_all(struct operate *operate, struct command *command, enum want want,
    struct item **items, struct run **runs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		items[i]->stop_begun |= want == WANT_STOP;
		items[i]->start_begun |= want == WANT_START;
	}
	switch (want) {
	case WANT_STOP:
		stop_all(operate, command, runs, nr);
		return;
	case WANT_START:
		start_all(operate, runs, nr);
		return;
	case WANT_FREEZE:
		engine_freeze(operate->engine, runs, nr);
		break;
	case WANT_THAW:
		engine_thaw(operate->engine, runs, nr);
		break;
	case WANT_FORGET:
		operate->must_save = true;
		forget_all(operate, items, runs, nr);
		return;
	case WANT_NOTHING:
	case WANT_NR:
		return;
	}
	operate->must_save = true;
	for (i = 0; i < nr; i++) {
		end_item(operate, items[i], ITEM_DONE, NULL);
		if (operate->hooks.changed)
			operate->hooks.changed(operate->hooks.ctx, runs[i],
			    command->verb);
	}
}

/* What is forgotten is so when all that is to be is down. */
static bool
is_ripe(const struct command *command, enum want want)
{
	size_t i;

	for (i = 0; want == WANT_FORGET && i < command->nr; i++)
		if (!command->items[i].is_over &&
		    command->items[i].want != WANT_FORGET)
			return false;
	return true;
}

static void
carry_out(struct operate *operate, struct command *command)
{
	struct item **items = xcalloc(command->nr, sizeof(*items));
	struct run **runs = xcalloc(command->nr, sizeof(*runs));
	int want;
	size_t i, nr;

	for (want = WANT_NOTHING + 1; want < WANT_NR; want++) {
		if (!is_ripe(command, (enum want)want))
			continue;
		for (i = nr = 0; i < command->nr; i++) {
			if (command->items[i].is_over ||
			    command->items[i].want != (enum want)want)
				continue;
			command->items[i].want = WANT_NOTHING;
			items[nr] = &command->items[i];
			runs[nr++] = engine_find(operate->engine,
			    command->items[i].id);
		}
		if (nr)
			do_all(operate, command, (enum want)want, items,
			    runs, nr);
	}
	free(items);
	free(runs);
}

static void
finish(struct operate *operate, size_t at)
{
	struct command *command = operate->commands[at];

	operate->commands[at] = operate->commands[--operate->nr];
	command_note_end(operate->engine, command);
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
					step(operate, &command->items[j]);
			carry_out(operate, command);
		}
	}
	if (operate->must_save && engine_save(operate->engine, &err) < 0)
		warn(operate, err.buf);
	operate->must_save = false;
	for (i = operate->nr; i-- > 0;)
		if (is_over(operate->commands[i]))
			finish(operate, i);
	operate->is_advancing = false;
	strbuf_release(&err);
}

bool
operate_claims(const struct operate *operate, const struct run *run)
{
	return run->applied && run->applied->operation == OPERATION_ACTIVE &&
	    !run->alive && is_queued(operate, run);
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
	item->verdict = decide(operate, request, run);
	item->before = OPERATION_ACTIVE;
	if (!run || !run->applied)
		return;
	item->before = run->applied->operation;
	item->generation = run->alive ? run->generation :
	    run->applied->generation;
	item->attempt = run->applied->restarts + 1;
	item->was_alive = run->alive;
	item->was_stopping = run->alive && !run->settled &&
	    run->start == START_NONE;
}

static void
take_all(struct operate *operate, struct command *command)
{
	struct strbuf err = STRBUF_INIT;
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
			end_item(operate, item, ITEM_DONE, NULL);
	}
	engine_flush_journal(operate->engine);
	if (engine_save(operate->engine, &err) < 0)
		warn(operate, err.buf);
	strbuf_release(&err);
}

struct command *
operate_begin(struct operate *operate, const struct operate_request *request,
    void (*done)(void *ctx, struct command *command), void *ctx)
{
	struct command *command = command_new(request);
	size_t i;

	command->done = done;
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
operate_detach(struct command *command)
{
	command->done = NULL;
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

json_t *
operate_here(struct engine *engine, const struct operate_hooks *hooks,
    const struct operate_request *request, struct strbuf *err)
{
	struct here here = { .operate = { .engine = engine } };

	if (hooks)
		here.operate.hooks = *hooks;
	engine->hooks.settled = engine->hooks.exited = on_run;
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
