/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what is there.  tmux says which sessions, the records of the
 * shims what they run, /proc whether they do.
 */
#include "engine.h"

#include "os.h"
#include "shim.h"
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/*
 * A session of another root is ours all the same when that folder is gone and
 * its shim is that of our record: the folder has been moved.  Of a copy both
 * folders are there, and what runs belongs to the first.
 */
static bool
is_moved(struct engine *engine, const struct tmux_pane *pane)
{
	struct run *run = engine_find(engine, pane->id);
	char *former = state_path(pane->root, "applied.json");
	bool gone = *pane->root && is_missing(former);

	free(former);
	if (!run || !gone)
		return false;
	engine_read_record(engine, run);
	return run->record.shim_pid == pane->pid && (pane->dead ||
	    os_start_time(pane->pid) == run->record.shim_start);
}

/* own collects the names of our sessions. */
static void
observe_pane(struct engine *engine, const struct tmux_pane *pane,
    struct strmap *own)
{
	struct run *run;

	if (!str_eq(pane->root, engine->mark) && !is_moved(engine, pane))
		return;
	strmap_set(own, pane->name, NULL);
	if (!pane->is_agent || !units_is_agent_id(pane->id))
		return;
	run = engine_run(engine, pane->id);
	if (run->present)
		return;
	run->present = true;
	run->alive = !pane->dead;
	run->pane = xstrdup(pane->pane);
	run->session = xstrdup(pane->session);
	run->name = xstrdup(pane->name);
	run->shim = pane->pid;
	run->generation = pane->generation;
	run->in_mode = pane->in_mode;
}

enum engine_status
engine_look(struct engine *engine, struct strbuf *err)
{
	struct tmux_panes panes = { 0 };
	struct strmap own = STRMAP_INIT;
	enum tmux_status status = tmux_list(&engine->tmux, &panes, err);
	size_t i;

	if (status != TMUX_OK && status != TMUX_NO_SERVER) {
		tmux_panes_release(&panes);
		return status == TMUX_MISSING || status == TMUX_TOO_OLD ?
		    ENGINE_UNAVAILABLE : ENGINE_FAILED;
	}
	engine->has_server = status == TMUX_OK;
	strmap_release(&engine->foreign, NULL);
	for (i = 0; i < panes.nr; i++)
		observe_pane(engine, &panes.p[i], &own);
	/* A person's pane beside an agent makes its session no less ours. */
	for (i = 0; i < panes.nr; i++)
		if (!strmap_has(&own, panes.p[i].name))
			strmap_set(&engine->foreign, panes.p[i].name, NULL);
	strmap_release(&own, NULL);
	if (engine->forever) { /* there may be runs more */
		engine->active = engine->runs;
		engine->nr_active = engine->nr;
	}
	tmux_panes_release(&panes);
	return ENGINE_OK;
}

static void
forget_pane(struct run *run)
{
	free(run->pane);
	free(run->session);
	free(run->name);
	run->pane = run->session = run->name = NULL;
	run->present = false;
}

enum engine_status
engine_relook(struct engine *engine, struct strbuf *err)
{
	enum engine_status status;
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr; i++)
		if (!engine->runs[i]->alive && engine->runs[i]->settled)
			forget_pane(engine->runs[i]);
	status = engine_look(engine, err);
	for (i = 0; status == ENGINE_OK && i < engine->nr; i++) {
		run = engine->runs[i];
		if (!run->settled || !run->present)
			continue;
		/* tmux may not have noticed yet that the shim has ended. */
		if (run->alive && os_start_time(run->shim) == 0)
			run->alive = run->pidfd >= 0; /* that will tell */
		else if (run->alive && run->pidfd < 0)
			engine_watch(engine, run);
	}
	return status;
}

bool
engine_server_survived(const struct engine *engine, const struct run *run)
{
	uint64_t start = os_start_time(engine->tmux.server_pid);
	char boot[sizeof(run->record.boot)];

	os_boot_id(boot, sizeof(boot));
	return engine->has_server && start != 0 &&
	    start <= run->record.shim_start &&
	    str_eq(boot, run->record.boot);
}

/* A shim that is about to report has its launch file. */
static bool
is_forgotten(const struct engine *engine, const struct run *run)
{
	char *path = engine_file(engine, "launch", run->id, "launch");
	bool missing = is_missing(path);

	free(path);
	return missing;
}

static bool
is_shim_there(const struct run *run)
{
	return os_start_time((pid_t)run->record.shim_pid) ==
	    run->record.shim_start;
}

/* What takes its time and needs no answer of tmux. */
static void
meanwhile(void *ctx)
{
	struct engine *engine = ctx;
	struct run *run;
	size_t i;

	engine->tmux.meanwhile = NULL;
	if (engine->hooks.meanwhile)
		engine->hooks.meanwhile(engine->hooks.ctx);
	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		engine_read_record(engine, run);
		run->is_read = true;
		run->was_there = is_shim_there(run);
	}
}

/* What was read may be older than what tmux has said since. */
static bool
is_record_stale(const struct run *run)
{
	if (!run->is_read)
		return true;
	return run->alive ? run->record.generation != run->generation :
	    run->record.state == RECORD_RUNNING;
}

static void
compare(struct engine *engine, struct run *run)
{
	if (is_record_stale(run)) {
		engine_read_record(engine, run);
		run->was_there = is_shim_there(run);
	}
	/* tmux may not have noticed yet that the shim has ended. */
	if (run->alive && run->record.shim_pid == run->shim &&
	    run->record.generation == run->generation && !run->was_there)
		run->alive = false;
	if (run_is_starting(run))
		run->forgotten = is_forgotten(engine, run);
}

enum engine_status
engine_observe(struct engine *engine, struct strbuf *err)
{
	enum engine_status status;
	size_t i;

	engine->tmux.meanwhile = meanwhile;
	engine->tmux.ctx = engine;
	status = engine_look(engine, err);
	if (engine->tmux.meanwhile) /* there was no need to ask */
		meanwhile(engine);
	for (i = 0; status == ENGINE_OK && i < engine->nr; i++)
		compare(engine, engine->runs[i]);
	return status;
}
