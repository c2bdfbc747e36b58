/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what a shim that was killed has left behind.  Found by its
 * marker, killed, and looked for again until nothing is left; all runs of which
 * that is true are swept together, while the loop goes on.
 */
#include "engine.h"

#include "cgroup.h"
#include "os.h"
#include "shim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_MS = 1000, AGAIN_MS = 10 };

static struct run *
run_of_marker(const struct engine *engine, const char *marker)
{
	size_t len = strlen(engine->team);
	const char *end = strrchr(marker, '/');
	struct run *run;
	char *id;

	if (strncmp(marker, engine->team, len) != 0 || marker[len] != '/' ||
	    !end || end <= marker + len)
		return NULL;
	id = xstrndup(marker + len + 1, (size_t)(end - marker) - len - 1);
	run = engine_find(engine, id);
	free(id);
	return run;
}

pid_t
engine_lost_pid(const struct engine *engine, const struct run *run)
{
	const struct record *record = &run->record;
	struct strbuf marker = STRBUF_INIT;
	pid_t pid = (pid_t)record->pid;
	bool ours;

	if (run->alive || record->state != RECORD_RUNNING || pid <= 0 ||
	    os_start_time(pid) != record->start)
		return 0;
	/* With another team's marker the record is only a copy of theirs. */
	ours = !os_process_env(pid, SHIM_MARKER, &marker) ||
	    str_starts(marker.buf, engine->team);
	strbuf_release(&marker);
	return ours ? pid : 0;
}

static void
kill_stray(struct run *run, const struct os_process *process)
{
	if (os_signal(process->pid, process->start, SIGKILL) == 0)
		strvec_pushf(&run->survivors, "%ld", (long)process->pid);
}

static void
on_marked(void *ctx, const struct os_process *process, const char *marker)
{
	struct run *run = run_of_marker(ctx, marker);

	if (run && run->is_swept_now)
		kill_stray(run, process);
}

/* An agent may have thrown its environment away, and its group with it. */
static void
kill_unmarked(struct engine *engine, struct run *run)
{
	const struct os_processes *list = &engine->sweep.list;
	pid_t leader = engine_lost_pid(engine, run);
	struct strbuf marker = STRBUF_INIT;
	size_t i;

	for (i = 0; leader && i < list->nr; i++)
		if (list->p[i].pgrp == leader && list->p[i].state != 'Z' &&
		    !os_process_env(list->p[i].pid, SHIM_MARKER, &marker))
			kill_stray(run, &list->p[i]);
	strbuf_release(&marker);
}

const char *
run_cgroup(const struct run *run)
{
	const char *path = run->record.cgroup;

	/* The record may be a copy of another team's. */
	return path && cgroup_is_of(path, run->engine->team, run->id) ? path :
	    NULL;
}

/* Who has thrown away all by which it could be known is still in there. */
static void
kill_confined(struct run *run)
{
	const char *path = run_cgroup(run);

	if (path)
		cgroup_remove(path, &run->survivors);
}

bool
run_may_have_left(const struct run *run)
{
	return run->record.state == RECORD_RUNNING || run->damage;
}

bool
run_needs_sweep(const struct run *run)
{
	return !run->alive && run_may_have_left(run) &&
	    run->swept != run->record.generation;
}

void
engine_sweep(struct engine *engine, struct run *run)
{
	if (run->is_sweeping)
		return;
	run->is_sweeping = run->is_first_sweep = true;
	run->sweep_until = mono_add_ms(os_now(), SWEEP_MS);
	if (engine->sweep_at.ns == MONO_NEVER.ns)
		engine->sweep_at = os_now();
}

/* Nothing is left, or it cannot be killed: what waited for that goes on. */
static void
end_sweep(struct engine *engine, struct run *run)
{
	run->is_sweeping = false;
	run->swept = run->record.generation;
	if (run->is_ending)
		engine_gone(engine, run);
	else if (!run->settled && run->start == START_NONE)
		engine_stop_swept(engine, run);
	else if (!run->settled && run->survivors.nr)
		engine_fail_left(engine, run);
	else if (engine->hooks.asked)
		engine->hooks.asked(engine->hooks.ctx);
}

static void
begin_round(struct engine *engine)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		run->is_swept_now = run->is_sweeping;
		if (run->is_sweeping)
			strvec_release(&run->survivors);
	}
	envscan_begin(&engine->sweep);
}

/* Who is left with nothing, or for too long, goes on; the others again. */
static void
end_round(struct engine *engine, struct mono now)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		if (!run->is_swept_now)
			continue;
		run->is_swept_now = false;
		kill_unmarked(engine, run);
		kill_confined(run);
		if (run->is_first_sweep && run->survivors.nr)
			engine_note_strays(engine, run);
		run->is_first_sweep = false;
		if (!run->survivors.nr || !mono_before(now, run->sweep_until))
			end_sweep(engine, run);
	}
	engine->sweep_at = MONO_NEVER;
	for (i = 0; i < engine->nr; i++)
		if (engine->runs[i]->is_sweeping)
			engine->sweep_at = mono_add_ms(now, AGAIN_MS);
	envscan_release(&engine->sweep);
}

void
engine_sweep_tick(struct engine *engine, struct mono now)
{
	if (mono_before(now, engine->sweep_at))
		return;
	if (!engine->sweep.is_on)
		begin_round(engine);
	if (envscan_step(&engine->sweep, SHIM_MARKER, on_marked, engine))
		engine->sweep_at = now; /* after what else there is to do */
	else
		end_round(engine, now);
}
