/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what a shim that was killed has left behind.  Found by its
 * marker, killed, and looked for again until nothing is left; all runs of which
 * that is true are swept together, while the loop goes on.
 */
#include "engine.h"

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

static bool
among(struct run **runs, size_t nr, const struct run *run)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (runs[i] == run)
			return true;
	return false;
}

/* An agent may have thrown its environment away, and its group with it. */
static void
each_unmarked(const struct os_processes *list, struct run *run, pid_t leader,
    void (*fn)(struct run *run, pid_t pid))
{
	struct strbuf marker = STRBUF_INIT;
	size_t i;

	for (i = 0; leader && i < list->nr; i++)
		if (list->p[i].pgrp == leader && list->p[i].state != 'Z' &&
		    !os_process_env(list->p[i].pid, SHIM_MARKER, &marker))
			fn(run, list->p[i].pid);
	strbuf_release(&marker);
}

/*
 * Processes that bear the marker of one of the runs, with no shim above them:
 * one look at /proc for all.
 */
static void
each_stray(struct engine *engine, struct run **runs, size_t nr,
    void (*fn)(struct run *run, pid_t pid))
{
	struct os_processes list = { 0 };
	struct strbuf marker = STRBUF_INIT;
	struct run *run;
	size_t i;

	os_list_processes(&list);
	for (i = 0; i < list.nr; i++) {
		if (list.p[i].state == 'Z' || list.p[i].pid == getpid())
			continue;
		strbuf_reset(&marker);
		if (!os_process_env(list.p[i].pid, SHIM_MARKER, &marker))
			continue;
		run = run_of_marker(engine, marker.buf);
		if (run && among(runs, nr, run))
			fn(run, list.p[i].pid);
	}
	for (i = 0; i < nr; i++)
		each_unmarked(&list, runs[i], engine_lost_pid(engine, runs[i]),
		    fn);
	strbuf_release(&marker);
	os_processes_release(&list);
}

static void
kill_stray(struct run *run, pid_t pid)
{
	strvec_pushf(&run->survivors, "%ld", (long)pid);
	kill(pid, SIGKILL);
}

void
engine_sweep(struct engine *engine, struct run *run)
{
	if (run->is_sweeping)
		return;
	run->is_sweeping = run->is_first_sweep = true;
	run->sweep_until = mono_add_ms(os_now(), SWEEP_MS);
	engine->sweep_at = os_now();
}

/* Nothing is left, or it cannot be killed: what waited for that goes on. */
static void
end_sweep(struct engine *engine, struct run *run)
{
	run->is_sweeping = false;
	if (!run->survivors.nr)
		run->swept = run->record.generation;
	if (run->settled)
		engine_gone(engine, run);
	else if (run->start == START_NONE)
		engine_stop_swept(engine, run);
	else if (run->survivors.nr)
		engine_fail(engine, run, xasprintf("process %s of its last "
		    "run cannot be ended", run->survivors.v[0]));
}

void
engine_sweep_tick(struct engine *engine, struct mono now)
{
	struct run **runs;
	size_t i, nr = 0;

	if (mono_before(now, engine->sweep_at))
		return;
	engine->sweep_at = MONO_NEVER;
	runs = xcalloc(engine->nr, sizeof(struct run *));
	for (i = 0; i < engine->nr; i++)
		if (engine->runs[i]->is_sweeping)
			runs[nr++] = engine->runs[i];
	for (i = 0; i < nr; i++)
		strvec_release(&runs[i]->survivors);
	each_stray(engine, runs, nr, kill_stray);
	for (i = 0; i < nr; i++) {
		if (runs[i]->is_first_sweep && runs[i]->survivors.nr)
			engine_note_strays(engine, runs[i]);
		runs[i]->is_first_sweep = false;
		if (!runs[i]->survivors.nr ||
		    !mono_before(now, runs[i]->sweep_until))
			end_sweep(engine, runs[i]);
		else
			engine->sweep_at = mono_add_ms(now, AGAIN_MS);
	}
	free(runs);
}
