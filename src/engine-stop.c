/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Stopping: carries out what drain.h decides, for many agents at once, and
 * proves that nothing is left.
 */
#include "engine.h"

#include "cgroup.h"
#include "order.h"
#include "os.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CONT or INT to the agent's own process group, if it still is that process. */
static void
signal_group(const struct run *run, int signo)
{
	const struct record *record = &run->record;
	pid_t pid = (pid_t)record->pid;

	if (record->state == RECORD_RUNNING && pid > 0 &&
	    os_start_time(pid) == record->start)
		kill(-pid, signo);
}

static void
signal_shim(const struct run *run, int signo)
{
	/* By number alone it could be another: tmux may have reaped it. */
	if (run->alive && (run->pidfd >= 0 || os_is_running(run->shim)))
		os_pidfd_signal(run->pidfd, run->shim, signo);
}

/* The shim and all its descendants; what was re-parented has the marker. */
static void
kill_tree(const struct run *run)
{
	struct os_processes list = { 0 };
	size_t i;

	if (!run->alive)
		return;
	if (run_cgroup(run))
		cgroup_kill(run_cgroup(run));
	os_list_processes(&list);
	os_processes_keep_tree(&list, run->shim);
	for (i = 0; i < list.nr; i++)
		os_signal(list.p[i].pid, list.p[i].start, SIGKILL);
	os_processes_release(&list);
}

/* Keys for a pane: out of any mode first, or they would only leave it. */
static void
script_keys(const struct tmux *tmux, const struct run *run,
    struct strbuf *script)
{
	const struct drain_recipe *recipe = run->drain.recipe;
	size_t i;

	/* copy-mode -q is of 3.1; -X cancel fails when in no mode. */
	if (tmux->version >= 301)
		strbuf_addf(script, "copy-mode -q -t %s ; ", run->pane);
	else if (run->in_mode)
		strbuf_addf(script, "send-keys -X -t %s cancel ; ", run->pane);
	strbuf_addf(script, "select-pane -e -t %s ; send-keys -t %s",
	    run->pane, run->pane);
	for (i = 0; i < recipe->keys.nr; i++) {
		strbuf_addch(script, ' ');
		tmux_quote(script, recipe->keys.v[i]);
	}
	strbuf_addch(script, '\n');
}

static void send_keys(struct engine *engine);

static void
on_keys(void *ctx, struct tmux_answer *answer)
{
	struct engine *engine = ctx;
	size_t i;

	(void)answer; /* a pane that is gone by now has refused its line */
	engine->keys_call = NULL;
	for (i = 0; i < engine->nr; i++)
		engine->runs[i]->in_keys = false;
	send_keys(engine);
	engine_go_on(engine);
}

/* In one client; what comes up meanwhile is sent after it. */
static void
send_keys(struct engine *engine)
{
	struct strbuf script = STRBUF_INIT;
	struct run *run;
	size_t i;

	for (i = 0; !engine->keys_call && i < engine->nr_active; i++) {
		run = engine->active[i];
		if (run->settled || !run->alive || run->start != START_NONE)
			run->keys_due = 0;
		for (; run->keys_due; run->keys_due--) {
			script_keys(&engine->tmux, run, &script);
			run->in_keys = true;
		}
	}
	if (script.len)
		engine->keys_call = tmux_run_begin(&engine->tmux,
		    engine->loop, &script, false, on_keys, engine);
	strbuf_release(&script);
}

/* Carries out what the active runs have collected: at most one client. */
static void
flush(struct engine *engine)
{
	struct run *run;
	bool any = false;
	size_t i;

	for (i = 0; i < engine->nr_active; i++) {
		engine_note_effects(engine, engine->active[i]);
		any = any || engine->active[i]->effects;
	}
	if (any)
		engine_flush_journal(engine);
	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if (run->effects & DRAIN_CONT)
			signal_group(run, SIGCONT);
		if (run->effects & DRAIN_KEYS && run->pane)
			run->keys_due++;
		if (run->effects & DRAIN_INT)
			signal_group(run, SIGINT);
		if (run->effects & DRAIN_TERM) {
			signal_shim(run, SIGTERM);
			signal_shim(run, SIGCONT);
		}
		if (run->effects & DRAIN_KILL)
			kill_tree(run);
		run->effects = 0;
	}
	send_keys(engine);
}

static void
settle_if_over(struct engine *engine, struct run *run)
{
	if (run->drain.state != DRAIN_OVER || run->is_down || run->is_sweeping)
		return;
	if (run->drain.outcome == DRAIN_KILL_FAILED && !run->survivors.nr &&
	    run->swept != run->record.generation)
		engine_sweep(engine, run);
	else
		engine_settle(engine, run);
}

void
engine_stop_swept(struct engine *engine, struct run *run)
{
	if (run->drain.state != DRAIN_OVER)
		run->effects |= drain_step(&run->drain, DRAIN_GONE, os_now());
	if (run->survivors.nr)
		run->drain.outcome = DRAIN_KILL_FAILED;
	settle_if_over(engine, run);
}

void
engine_stop_gone(struct engine *engine, struct run *run)
{
	/*
	 * A shim that wrote its end has seen the last of its descendants die.
	 * One that was killed itself has left them to us.
	 */
	if (run_may_have_left(run)) {
		engine_sweep(engine, run);
		return;
	}
	strvec_pushall(&run->survivors, &run->record.survivors);
	engine_stop_swept(engine, run);
}

static void
step_all(struct engine *engine, enum drain_event event, struct mono now)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if (run->settled || run->start != START_NONE ||
		    run->is_sweeping)
			continue;
		run->effects |= drain_step(&run->drain, event, now);
		settle_if_over(engine, run);
	}
	flush(engine);
}

void
engine_hurry(struct engine *engine, struct run **runs, size_t nr)
{
	struct mono now = os_now();
	struct run *run;
	size_t i;

	for (i = 0; i < nr; i++) {
		run = runs[i];
		if (run->settled || run->start != START_NONE ||
		    run->is_sweeping || run->drain.state != DRAIN_ASKED)
			continue;
		engine_note(engine, EVENT_STOP_HURRIED, run, NULL);
		run->effects |= drain_step(&run->drain, DRAIN_ESCALATE, now);
		settle_if_over(engine, run);
	}
	flush(engine);
}

void
engine_stop_tick(struct engine *engine, struct mono now)
{
	step_all(engine, DRAIN_TICK, now);
}

struct mono
engine_stop_next(const struct engine *engine)
{
	struct mono next = MONO_NEVER;
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (!engine->active[i]->settled &&
		    !engine->active[i]->is_sweeping &&
		    engine->active[i]->start == START_NONE)
			next = mono_min(next,
			    drain_next(&engine->active[i]->drain));
	return next;
}

void
engine_stop_interrupt(struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (!engine->active[i]->settled &&
		    engine->active[i]->start == START_NONE)
			break;
	if (i == engine->nr_active)
		return;
	if (engine->interrupts >= 2) {
		journal_add(&engine->journal, EVENT_STOP_HURRIED, NULL, 0,
		    NULL, NULL);
		step_all(engine, DRAIN_ESCALATE, os_now());
	} else if (engine->hooks.interrupted)
		engine->hooks.interrupted(engine->hooks.ctx);
}

/* The recipe with which what runs was started, else the wanted one. */
static void
set_recipe(struct run *run, const struct engine_stop *how)
{
	const struct drain_recipe *recipe = &drain_plain;

	if (run->applied && run->applied->drain.keys.nr)
		recipe = &run->applied->drain;
	else if (run->spec)
		recipe = &run->spec->drain;
	run->recipe = *recipe; /* borrows the keys */
	if (how->timeout_ms >= 0)
		run->recipe.timeout_ms = how->timeout_ms;
}

static void
begin(struct engine *engine, struct run *run, const struct engine_stop *how)
{
	struct mono now = os_now();
	bool kill = how->kill || run->is_hurried;

	run->start = START_NONE;
	run->settled = run->in_look = run->is_hurried = false;
	run->keys_due = 0;
	strvec_release(&run->survivors);
	if (!run->alive) {
		drain_begin_stopped(&run->drain, now);
		if (engine_lost_pid(engine, run))
			run->drain.outcome = DRAIN_KILLED;
		if (run->record.state == RECORD_RUNNING)
			engine_sweep(engine, run);
		else
			engine_settle(engine, run);
		return;
	}
	if (run->applied && run->applied->frozen_at_ms)
		engine_thaw(engine, &run, 1);
	if (run->pidfd < 0)
		engine_watch(engine, run);
	set_recipe(run, how);
	engine_note_with(engine, EVENT_STOP_REQUESTED, run,
	    how->reason ? how->reason : engine->verb, json_pack("{s:b, s:I}",
	    "kill", kill, "timeout_ms", (json_int_t)run->recipe.timeout_ms));
	run->is_asked = true;
	run->effects = drain_begin(&run->drain, &run->recipe, kill, now);
}

void
engine_stop_begin(struct engine *engine, struct run **runs, size_t nr,
    const struct engine_stop *how)
{
	size_t i;

	for (i = 0; i < nr; i++)
		begin(engine, runs[i], how);
	flush(engine);
}

/* Levels of the runs in order of start, from what they depend on. */
static void
set_levels(struct run **runs, size_t nr)
{
	static const struct strvec none = STRVEC_INIT;
	struct order_node *nodes = xcalloc(nr, sizeof(*nodes));
	size_t i;

	for (i = 0; i < nr; i++) {
		nodes[i].id = runs[i]->id;
		if (runs[i]->applied)
			nodes[i].depends_on = &runs[i]->applied->depends_on;
		else
			nodes[i].depends_on = runs[i]->spec ?
			    &runs[i]->spec->depends_on : &none;
	}
	order_levels(nodes, nr);
	for (i = 0; i < nr; i++)
		runs[i]->level = nodes[i].level;
	free(nodes);
}

/* Of those that are to be stopped, and have not ended; or 0. */
static int
highest_level(const struct engine *engine)
{
	const struct run *run;
	int highest = 0;
	size_t i;

	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if (run->level > highest && run_is_up(run) && !run->settled &&
		    run->start == START_NONE)
			highest = run->level;
	}
	return highest;
}

void
engine_stop_due(struct engine *engine)
{
	struct run *run;
	bool any = false;
	int level = highest_level(engine);
	size_t i;

	if (engine->interrupts >= 2)
		engine->how.kill = true;
	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		/* What depends on it, and is to be stopped too, comes first. */
		if (!run->wants_stop || run->level < level)
			continue;
		run->wants_stop = false;
		begin(engine, run, &engine->how);
		any = true;
	}
	if (any)
		flush(engine);
}

static int
begin_all(struct engine *engine, struct run **runs, size_t nr,
    const struct engine_stop *how, struct strbuf *err)
{
	size_t i;

	if (engine_begin(engine, runs, nr, err) < 0)
		return -1;
	engine->how = *how;
	set_levels(runs, nr);
	for (i = 0; i < nr; i++) {
		runs[i]->start = START_NONE;
		runs[i]->wants_stop = true;
		runs[i]->is_hurried = false;
	}
	return 0;
}

static void
let_go(struct engine *engine, struct run **runs, size_t nr)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;

	engine_script_let_go(runs, nr, &script);
	if (script.len)
		tmux_run(&engine->tmux, &script, false, &out, &out);
	strbuf_release(&script);
	strbuf_release(&out);
}

enum engine_status
engine_stop(struct engine *engine, struct run **runs, size_t nr,
    const struct engine_stop *how, struct strbuf *err)
{
	if (begin_all(engine, runs, nr, how, err) < 0)
		return ENGINE_FAILED;
	if (!how->keep_session)
		let_go(engine, runs, nr);
	engine_wait(engine);
	return how->keep_session ? ENGINE_OK :
	    engine_remove_sessions(engine, runs, nr, err);
}

enum engine_status
engine_replace(struct engine *engine, struct run **runs, size_t nr,
    const struct engine_stop *how, struct strbuf *err)
{
	enum tmux_status status = tmux_check(&engine->tmux, err);
	size_t i;

	if (status != TMUX_OK)
		return status == TMUX_ERROR ? ENGINE_FAILED :
		    ENGINE_UNAVAILABLE;
	if (begin_all(engine, runs, nr, how, err) < 0)
		return ENGINE_FAILED;
	engine->again_at = MONO_NEVER;
	for (i = 0; i < nr; i++) {
		runs[i]->again = runs[i]->spec;
		if (runs[i]->alive || !runs[i]->spec)
			continue;
		runs[i]->wants_stop = false;
		engine_is_down(engine, runs[i]);
	}
	engine_wait(engine);
	engine_fetch_screens(engine, runs, nr);
	return ENGINE_OK;
}

void
engine_script_remove(struct run **runs, size_t nr, struct strbuf *script)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!runs[i]->present)
			continue;
		/* The pane first: a grouped session of a user shows it too. */
		strbuf_addf(script, "kill-pane -t %s\n", runs[i]->pane);
		if (!run_has_own_session(runs[i]))
			continue;
		strbuf_addstr(script, "kill-session -t ");
		tmux_quote(script, runs[i]->session);
		strbuf_addch(script, '\n');
	}
	if (script->len)
		tmux_script_list(script);
}

void
engine_take_removed(struct engine *engine, struct run **runs, size_t nr,
    const char *text)
{
	struct tmux_panes panes = { 0 };
	size_t i, j;

	tmux_parse_panes(&engine->tmux, text, &panes);
	for (i = 0; i < nr; i++) {
		runs[i]->present = false;
		for (j = 0; runs[i]->pane && j < panes.nr; j++)
			if (str_eq(panes.p[j].pane, runs[i]->pane))
				runs[i]->present = true;
	}
	tmux_panes_release(&panes);
}

enum engine_status
engine_remove_sessions(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	enum tmux_status status = TMUX_OK;

	engine_script_remove(runs, nr, &script);
	if (script.len)
		status = tmux_run(&engine->tmux, &script, false, &out, err);
	if (status != TMUX_ERROR) {
		/* Complaints are of sessions that went with their last pane. */
		strbuf_reset(err);
		engine_take_removed(engine, runs, nr, out.buf);
	}
	strbuf_release(&script);
	strbuf_release(&out);
	return status == TMUX_ERROR ? ENGINE_FAILED : ENGINE_OK;
}
