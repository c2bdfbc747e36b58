/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See operate.h: the way of each agent of a command, and what is done for many
 * of them at once, so that it takes one tmux client.
 */
#include "addition.h"
#include "command.h"

#include <stdlib.h>
#include <string.h>

void
operate_warn(const struct operate *operate, const char *text)
{
	const struct engine_hooks *hooks = &operate->engine->hooks;

	if (hooks->warning)
		hooks->warning(hooks->ctx, text);
}

void
item_end(struct operate *operate, struct item *item, enum item_fate fate,
    const char *text)
{
	struct run *run = engine_find(operate->engine, item->id);

	item->is_over = true;
	item->end = fate;
	free(item->text);
	item->text = xstrdup_null(text);
	if (run && run->cause == &item->command->cause)
		run->cause = NULL;
	if (run)
		run->is_hurried = false;
	operate->must_advance = true;
}

/* Those of the command that depend on it go down first. */
static bool
may_stop(const struct operate *operate, const struct item *item)
{
	const struct command *command = item->command;
	const struct item *other;
	const struct run *run;
	size_t i;

	for (i = 0; i < command->nr; i++) {
		other = &command->items[i];
		if (other->level <= item->level || other->is_over ||
		    other->verdict.effect == EFFECT_FREEZE ||
		    other->start_begun)
			continue;
		run = engine_find(operate->engine, other->id);
		if (run && run->alive)
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
	item->timed_out = drain_timed_out(drain);
}

/* Its own stop, or the one that it waits for, is over; and it lives. */
static bool
has_failed(const struct operate *operate, const struct item *item,
    const struct run *run)
{
	return item->stop_begun || (item->verdict.idempotent &&
	    !operate_is_stopping(operate, run));
}

static void
want_stop(struct operate *operate, struct item *item, const struct run *run)
{
	if (has_failed(operate, item, run))
		item_end(operate, item, ITEM_FAILED, "it cannot be killed");
	else if (!item->verdict.idempotent && may_stop(operate, item))
		item->want = WANT_STOP;
}

static void
go_down(struct operate *operate, struct item *item, const struct run *run)
{
	if (run->alive) {
		want_stop(operate, item, run);
		return;
	}
	note_stop(item, run);
	if (run->survivors.nr)
		item_end(operate, item, ITEM_FAILED, "processes of it are "
		    "left");
	else if (item->verdict.effect == EFFECT_FORGET)
		item->want = WANT_FORGET;
	else
		item_end(operate, item, ITEM_DONE, NULL);
}

static void
come_up(struct operate *operate, struct item *item, const struct run *run)
{
	bool is_old = item->verdict.effect == EFFECT_RESTART &&
	    run->generation == item->generation;

	if (run->alive && is_old && !item->start_begun) {
		want_stop(operate, item, run);
	} else if (run->alive) {
		if (item->start_begun)
			item->conversation = run_conversation_news(run);
		item_end(operate, item, ITEM_DONE, NULL);
	} else if (!item->start_begun) {
		note_stop(item, run);
		if (may_start(item))
			item->want = WANT_START;
	} else if (run->start == START_FAILED &&
	    item->command->verb != VERB_RESET) {
		item->start_failed = true;
		item_end(operate, item, ITEM_FAILED, run->error);
	} else if (run->start != START_PENDING) {
		item_end(operate, item, ITEM_DONE, NULL);
	}
}

/* The start that it waits for is over, or will not be. */
static void
see_start(struct operate *operate, struct item *item, const struct run *run)
{
	if (operate_is_queued(operate, run, false))
		return;
	if (run->generation != item->generation)
		note_stop(item, run);
	if (run->alive && run->generation == item->generation &&
	    run->drain.outcome == DRAIN_KILL_FAILED) {
		item_end(operate, item, ITEM_FAILED, "it cannot be killed");
	} else if (!run->alive && run->start == START_FAILED) {
		item->start_failed = true;
		item_end(operate, item, ITEM_FAILED, run->error);
	} else {
		item_end(operate, item, ITEM_DONE, NULL);
	}
}

/* A freeze is begun once, and over when nothing of the agent moves. */
static void
hold(struct operate *operate, struct item *item, const struct run *run)
{
	if (item->verdict.effect == EFFECT_THAW)
		item->want = WANT_THAW;
	else if (!item->freeze_begun)
		item->want = WANT_FREEZE;
	else if (!run->freeze_until.ns)
		item_end(operate, item, ITEM_DONE, NULL);
}

void
item_step(struct operate *operate, struct item *item)
{
	struct run *run = engine_find(operate->engine, item->id);

	item->want = WANT_NOTHING;
	if (item->forgetting)
		return; /* tmux is removing its session */
	if (!run || !run->applied) {
		item_end(operate, item, item->verdict.idempotent ? ITEM_DONE :
		    ITEM_FAILED, "it is gone");
		return;
	}
	if (run->applied->operation != item->verdict.after) {
		engine_note(operate->engine, EVENT_SUPERSEDED, run,
		    verb_name(item->command->verb));
		item_end(operate, item, ITEM_SUPERSEDED,
		    "another command came after it");
		return;
	}
	if (!item_is_merged(item))
		run->cause = &item->command->cause;
	if (!run->settled && run->start != START_PENDING)
		return; /* something is under way, of which we shall hear */
	if (item_is_merged(item)) {
		see_start(operate, item, run);
		return;
	}
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
		if (run->alive) {
			hold(operate, item, run);
			break;
		}
		run->applied->frozen_at_ms = 0;
		item_end(operate, item, ITEM_DONE, "it has ended");
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
		.reason = command->reason ? command->reason :
		    verb_name(command->verb),
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
		operate_warn(operate, err.buf);
	strbuf_release(&err);
}

/* failure: why their sessions could not be removed, or NULL. */
static void
forget(struct operate *operate, struct item *item, struct run *run,
    const char *failure)
{
	const struct operate_hooks *hooks = &operate->hooks;
	struct strbuf err = STRBUF_INIT;
	int rc = failure ? -1 : addition_forget(operate->engine, run, &err);

	operate->must_save = true;
	if (rc < 0) {
		item_end(operate, item, ITEM_FAILED, failure ? failure :
		    err.buf);
	} else {
		if (rc == 0 && hooks->is_wanted &&
		    !hooks->is_wanted(hooks->ctx, run->id))
			engine_forget(operate->engine, run);
		else if (rc == 0)
			engine_remove(operate->engine, run);
		item_end(operate, item, ITEM_DONE, NULL);
		if (hooks->changed)
			hooks->changed(hooks->ctx, run, VERB_REMOVE);
	}
	strbuf_release(&err);
}

/* tmux has removed the sessions of those that it was asked about first. */
static void
on_removed(void *ctx, struct tmux_answer *answer)
{
	struct operate *operate = ctx;
	bool is_gone = answer->status != TMUX_ERROR;
	struct command *command;
	struct run *run;
	size_t i, j;

	operate->forget_done++;
	for (i = 0; i < operate->nr; i++) {
		command = operate->commands[i];
		for (j = 0; j < command->nr; j++) {
			if (command->items[j].forgetting !=
			    operate->forget_done)
				continue;
			command->items[j].forgetting = 0;
			run = engine_find(operate->engine,
			    command->items[j].id);
			if (is_gone)
				engine_take_removed(operate->engine, &run, 1,
				    answer->out.buf);
			forget(operate, &command->items[j], run, is_gone ?
			    NULL : answer->err.buf);
		}
	}
	operate_advance(operate);
}

static void
forget_all(struct operate *operate, struct item **items, struct run **runs,
    size_t nr)
{
	struct strbuf script = STRBUF_INIT;
	size_t i;

	engine_script_remove(runs, nr, &script);
	if (script.len)
		operate->forget_asked++;
	for (i = 0; i < nr; i++) {
		if (script.len)
			items[i]->forgetting = operate->forget_asked;
		else
			forget(operate, items[i], runs[i], NULL);
	}
	if (script.len)
		engine_ask(operate->engine, &script, on_removed, operate);
	strbuf_release(&script);
}

static void
do_all(struct operate *operate, struct command *command, enum want want,
    struct item **items, struct run **runs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		items[i]->stop_begun |= want == WANT_STOP;
		items[i]->start_begun |= want == WANT_START;
		items[i]->freeze_begun |= want == WANT_FREEZE;
	}
	switch (want) {
	case WANT_STOP:
		stop_all(operate, command, runs, nr);
		return;
	case WANT_START:
		start_all(operate, runs, nr);
		return;
	case WANT_FREEZE:
		engine_freeze(operate->engine, runs, nr, false);
		break;
	case WANT_THAW:
		engine_thaw(operate->engine, runs, nr);
		break;
	case WANT_FORGET:
		forget_all(operate, items, runs, nr);
		return;
	case WANT_NOTHING:
	case WANT_NR:
		return;
	}
	operate->must_save = operate->must_advance = true;
	for (i = 0; i < nr; i++) {
		if (want == WANT_THAW)
			item_end(operate, items[i], ITEM_DONE, NULL);
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

void
command_carry_out(struct operate *operate, struct command *command)
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
