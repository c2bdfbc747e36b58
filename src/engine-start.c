/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Starting: writes an agent's files, makes all sessions of a level in one
 * tmux client, and believes none of them to run before its shim has said so.
 */
#include "engine.h"

#include "fs.h"
#include "logstore.h"
#include "os.h"
#include "policy.h"
#include "render.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TOGETHER_MS = 60,       /* those down within it are started together */
	SETTLE_MS = 150,        /* for the agent to outlive after that */
	SETTLED_MS = 1000,      /* that it ran, by its record */
};

void
engine_fail(struct engine *engine, struct run *run, char *error)
{
	run->start = START_FAILED;
	if (run->error != error)
		free(run->error);
	run->error = error;
	engine_settle(engine, run);
}

void
engine_fail_left(struct engine *engine, struct run *run)
{
	run->swept = -1; /* the next start looks again */
	engine_fail(engine, run, xasprintf("process %s of its last run cannot "
	    "be ended", run->survivors.v[0]));
}

int
engine_write_files(struct engine *engine, struct run *run, struct strbuf *err)
{
	const struct spec *spec = run->spec;
	struct strbuf launch = STRBUF_INIT;
	char *notify = state_path(engine->root, "notify");
	int rc;

	if (!spec->env_text) { /* as applied: what is there is used again */
		free(notify);
		return 0;
	}
	/* The generation comes with the argv: see shim.h. */
	render_launch(spec, engine->team, 0, 1, notify, &launch);
	rc = fs_write(spec->env_file, spec->env_text, strlen(spec->env_text),
	    0600, FS_IF_CHANGED, err);
	if (rc == 0 && spec->mcp_text)
		rc = fs_write(spec->mcp_file, spec->mcp_text,
		    strlen(spec->mcp_text), 0600, FS_IF_CHANGED, err);
	if (rc == 0 && spec->prompt_text)
		rc = fs_write(spec->prompt_file, spec->prompt_text,
		    strlen(spec->prompt_text), 0600, FS_IF_CHANGED, err);
	if (rc == 0)
		rc = fs_write(spec->launch_file, launch.buf, launch.len, 0600,
		    FS_IF_CHANGED, err);
	if (rc == 0 && spec->create_cwd)
		rc = fs_mkdirs(spec->cwd, 0777, err);
	strbuf_release(&launch);
	free(notify);
	return rc;
}

/*
 * A generation that no run of this agent ever had: 1 or more, whatever stands
 * in the files.
 */
static int64_t
next_generation(const struct run *run)
{
	int64_t gen = 0;

	if (run->applied->generation > gen)
		gen = run->applied->generation;
	if (run->record.generation > gen)
		gen = run->record.generation;
	if (run->generation > gen)
		gen = run->generation;
	return gen < INT64_MAX ? gen + 1 : 1;
}

void
engine_await(struct engine *engine, struct run *run)
{
	run->start = START_LAUNCHED;
	run->deadline = mono_add_ms(os_now(), ENGINE_REPORT_MS);
	engine_watch(engine, run);
	engine_start_check(engine, run);
}

static void
prepare(struct engine *engine, struct run *run, bool is_wish)
{
	struct strbuf err = STRBUF_INIT;

	if (run->alive) {
		engine_await(engine, run);
		return;
	}
	run->start = START_PENDING;
	run->in_look = false;
	run->deadline = MONO_NEVER;
	run->applied = state_agent(&engine->state, run->id);
	engine_choose_conversation(engine, run);
	run->applied->generation = next_generation(run);
	run->applied->restarts = is_wish ? 0 : run->applied->restarts + 1;
	run->applied->operation = OPERATION_ACTIVE;
	run->applied->frozen_at_ms = run->applied->frozen_ms = 0;
	if (run->record.state == RECORD_EXITED) {
		run->applied->last_exit = run->record.exit_code;
		run->applied->last_signal = 0;
	} else if (run->record.state == RECORD_SIGNALED) {
		run->applied->last_exit = 128 + run->record.signal;
		run->applied->last_signal = run->record.signal;
	}
	run->had_logs = logstore_is_written(engine->root, run->id,
	    run->generation);
	if (run->spec->env_text)
		applied_from_spec(run->applied, run->spec);
	if (run->spec->error) {
		engine_fail(engine, run, xstrdup(run->spec->error));
		return;
	}
	if (strmap_has(&engine->foreign, run->spec->session)) {
		engine_note_with(engine, EVENT_FOREIGN_SESSION, run, NULL,
		    json_pack("{s:s}", "session", run->spec->session));
		engine_fail(engine, run,
		    engine_foreign_text(engine, run->spec->session));
		return;
	}
	engine_note(engine, EVENT_START_REQUESTED, run,
	    engine->verb);
	/* Nobody may be left of a run whose shim was killed. */
	if (run_needs_sweep(run))
		engine_sweep(engine, run);
	else if (run_may_have_left(run) && run->survivors.nr)
		engine_fail_left(engine, run);
	if (engine_write_files(engine, run, &err) < 0)
		engine_fail(engine, run, strbuf_detach(&err));
	if (run->wait && run->start == START_PENDING) {
		run->start = START_LEFT;
		engine_settle(engine, run);
	}
	strbuf_release(&err);
}

/* Keys on their way to its pane were meant for its last run. */
static bool
is_due(const struct run *run)
{
	return !run->settled && run->start == START_PENDING &&
	    !run->in_keys && !run->is_sweeping;
}

bool
run_ended_well(const struct run *run)
{
	static const struct restart_policy none = { .nr_success = 0 };

	return run->record.state == RECORD_EXITED && policy_is_success(
	    run->applied ? &run->applied->restart : &none,
	    run->record.exit_code);
}

bool
run_is_done(const struct run *run)
{
	const struct restart_policy *policy = &run->spec->restart;

	return run->record.state == RECORD_EXITED &&
	    policy->mode != RESTART_ALWAYS &&
	    policy_is_success(policy, run->record.exit_code);
}

static void
now_runs(struct engine *engine, struct run *run)
{
	run->start = START_RUNNING;
	engine_note_with(engine, EVENT_RUNNING, run, NULL,
	    json_pack("{s:I}", "pid", (json_int_t)run->record.pid));
}

/*
 * It has ended, but not at once: on a busy machine we saw both late.  The time
 * told is from before the fork on, and that machine is slow for agents, too.
 */
static bool
has_settled(const struct run *run)
{
	return run->start == START_RUNNING &&
	    run->record.ended_ms - run->record.started_ms >= SETTLED_MS;
}

void
engine_start_gone(struct engine *engine, struct run *run)
{
	struct strbuf text = STRBUF_INIT;

	if (run->record.generation != run->generation) {
		engine_fail(engine, run,
		    xstrdup("its shim ended without a word"));
		return;
	}
	if (run->start == START_LAUNCHED &&
	    run->record.state != RECORD_EXEC_FAILED)
		now_runs(engine, run);
	if (has_settled(run)) {
		run->start = START_SETTLED;
		engine_settle(engine, run);
		if (engine->forever)
			engine_gone(engine, run);
		return;
	}
	if (run_is_done(run)) {
		run->start = START_DONE;
		engine_settle(engine, run);
		return;
	}
	record_describe(&run->record, &text);
	if (run->record.state == RECORD_EXEC_FAILED)
		engine_note(engine, EVENT_EXEC_FAILED, run, text.buf);
	if (run->record.state == RECORD_EXEC_FAILED)
		engine_fail(engine, run, strbuf_detach(&text));
	else
		engine_fail(engine, run, xasprintf("ended at once: %s",
		    text.buf));
	strbuf_release(&text);
}

void
engine_start_check(struct engine *engine, struct run *run)
{
	if (run->settled || run->start != START_LAUNCHED)
		return;
	engine_read_record(engine, run);
	if (run->record.generation != run->generation ||
	    run->record.state != RECORD_RUNNING)
		return; /* the end of the shim will say the rest */
	now_runs(engine, run);
	run->deadline = mono_add_ms(os_now(), SETTLE_MS);
}

void
engine_start_tick(struct engine *engine, struct mono now)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if (run->settled || mono_before(now, run->deadline))
			continue;
		engine_start_check(engine, run); /* a line was lost? */
		if (run->start == START_LAUNCHED) {
			engine_fail(engine, run, xasprintf("no sign of life "
			    "within %d s", ENGINE_REPORT_MS / 1000));
		} else if (run->start == START_RUNNING &&
		    !mono_before(now, run->deadline)) {
			run->start = START_SETTLED;
			engine_settle(engine, run);
		}
	}
}

struct mono
engine_start_next(const struct engine *engine)
{
	struct mono next = engine->launch_tries && !engine->ask_call ?
	    engine->launch_at : MONO_NEVER;
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (!engine->active[i]->settled &&
		    engine->active[i]->start != START_NONE)
			next = mono_min(next, engine->active[i]->deadline);
	return next;
}

/* A Ctrl-C came before its start. */
static bool
is_cut(const struct engine *engine, const struct run *run)
{
	return engine->interrupts && run->spec && !run->alive &&
	    run->start == START_NONE && !run->again;
}

/*
 * What it depends on, as far as it is being started, too.  One that cannot be
 * started takes along what depends on it.
 */
static bool
may_start(struct engine *engine, struct run *run)
{
	const struct strvec *needs = &run->spec->depends_on;
	const struct run *other;
	size_t i;

	if (engine->hooks.may_start)
		return engine->hooks.may_start(engine->hooks.ctx, run);
	for (i = 0; i < needs->nr; i++) {
		other = engine_find(engine, needs->v[i]);
		if (!other)
			continue;
		if (other->start == START_FAILED || is_cut(engine, other)) {
			engine_fail(engine, run, xasprintf("it depends on "
			    "'%s', which did not start", other->id));
			return false;
		}
		if (other->start == START_NONE && !other->again)
			continue;
		if (other->start < START_RUNNING)
			return false;
	}
	return true;
}

/* How many more may be on their way at a time. */
static size_t
free_slots(const struct engine *engine)
{
	size_t i, taken = 0;

	if (engine->max_parallel <= 0)
		return SIZE_MAX;
	for (i = 0; i < engine->nr_active; i++)
		taken += !engine->active[i]->settled &&
		    (engine->active[i]->start == START_LAUNCHED ||
		    engine->active[i]->start == START_ASKED);
	return taken < (size_t)engine->max_parallel ?
	    (size_t)engine->max_parallel - taken : 0;
}

void
engine_start_due(struct engine *engine)
{
	struct run **some = NULL, *run;
	size_t i, nr, alloc, most;
	bool failed;

	if (engine->ask_call || (engine->launch_tries &&
	    mono_before(os_now(), engine->launch_at)))
		return;
	do {
		failed = false;
		nr = alloc = 0;
		most = free_slots(engine);
		for (i = 0; i < engine->nr_active; i++) {
			run = engine->active[i];
			if (!is_due(run) || nr == most)
				continue;
			if (may_start(engine, run)) {
				ARRAY_GROW(some, nr, alloc);
				some[nr++] = run;
			}
			/* That may have decided the fate of others. */
			failed = failed || run->start == START_FAILED;
		}
		if (nr)
			engine_launch(engine, some, nr);
		for (i = 0; i < nr; i++)
			failed = failed || some[i]->start == START_FAILED;
		free(some);
		some = NULL;
	} while (failed && !engine->ask_call);
}

void
engine_fetch_screens(struct engine *engine, struct run **runs, size_t nr)
{
	struct run **failed = xcalloc(nr, sizeof(struct run *));
	size_t i, n = 0;

	for (i = 0; i < nr; i++)
		if (runs[i]->start == START_FAILED)
			failed[n++] = runs[i];
	engine_screens(engine, failed, n);
	free(failed);
}

int
engine_start_begin(struct engine *engine, struct run **runs, size_t nr,
    bool is_wish, struct strbuf *err)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		runs[i]->settled = false;
		prepare(engine, runs[i], is_wish);
	}
	/* What is about to be started is known before it is. */
	engine_flush_journal(engine);
	return engine_save(engine, err);
}

void
engine_is_down(struct engine *engine, struct run *run)
{
	run->is_down = true;
	if (engine->again_at.ns == MONO_NEVER.ns)
		engine->again_at = mono_add_ms(os_now(), TOGETHER_MS);
}

static bool
is_stopping(const struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (engine->active[i]->wants_stop ||
		    (!engine->active[i]->settled &&
		    !engine->active[i]->is_down &&
		    engine->active[i]->start == START_NONE))
			return true;
	return false;
}

/* Nothing more is started after a Ctrl-C. */
static void
settle_all(struct engine *engine, struct run **runs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		runs[i]->settled = true;
		engine_unwatch(runs[i]);
	}
	engine->again_at = MONO_NEVER;
}

void
engine_again_due(struct engine *engine)
{
	struct run **some, *run;
	struct strbuf err = STRBUF_INIT;
	size_t i, nr = 0;

	if (engine->again_at.ns == MONO_NEVER.ns ||
	    (mono_before(os_now(), engine->again_at) && is_stopping(engine)))
		return;
	some = xcalloc(engine->nr_active, sizeof(struct run *));
	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if (!run->is_down)
			continue;
		run->is_down = run->again = false;
		some[nr++] = run;
	}
	engine->again_at = MONO_NEVER;
	if (engine->interrupts)
		settle_all(engine, some, nr);
	else if (nr && engine_start_begin(engine, some, nr, true, &err) < 0 &&
	    engine->hooks.warning)
		engine->hooks.warning(engine->hooks.ctx, err.buf);
	strbuf_release(&err);
	free(some);
}

enum engine_status
engine_start(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err)
{
	enum tmux_status status;
	int rc;

	if (nr == 0)
		return ENGINE_OK;
	status = tmux_check(&engine->tmux, err);
	if (status != TMUX_OK)
		return status == TMUX_ERROR ? ENGINE_FAILED :
		    ENGINE_UNAVAILABLE;
	if (engine_begin(engine, runs, nr, err) < 0)
		return ENGINE_FAILED;
	tmux_start_ahead(&engine->tmux, engine->loop);
	rc = engine_start_begin(engine, runs, nr, true, err);
	if (rc == 0)
		engine_wait(engine);
	tmux_end_ahead(&engine->tmux);
	if (rc < 0)
		return ENGINE_FAILED;
	engine_fetch_screens(engine, runs, nr);
	return ENGINE_OK;
}
