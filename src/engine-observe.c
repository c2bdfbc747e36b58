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
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ENDS_MS = 15 * 1000 };

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

static void
forget_pane(struct run *run)
{
	free(run->pane);
	free(run->session);
	free(run->name);
	run->pane = run->session = run->name = NULL;
	run->present = false;
}

/* It was seen where a person has linked it to, and here is our session. */
static bool
is_at_home(const struct run *run, const struct tmux_pane *pane)
{
	return str_eq(run->pane, pane->pane) && !run_has_own_session(run) &&
	    engine_is_session_of(run->id, pane->name);
}

/* Only what no later change of ours makes untrue. */
static struct run *
run_of_pane(struct engine *engine, const struct tmux_pane *pane, bool all)
{
	struct run *run = engine_find(engine, pane->id);

	if (!run) {
		run = engine_run(engine, pane->id);
		run->settled = engine->forever;
		return run;
	}
	if (!all && !run->in_look)
		return NULL;
	return !run->present || is_at_home(run, pane) ? run : NULL;
}

void
engine_forget_home(struct engine *engine)
{
	free(engine->home.pane);
	free(engine->home.session);
	free(engine->home.name);
	memset(&engine->home, 0, sizeof(engine->home));
}

static void
observe_home(struct engine *engine, const struct tmux_pane *pane)
{
	engine_forget_home(engine);
	engine->home.pane = xstrdup(pane->pane);
	engine->home.session = xstrdup(pane->session);
	engine->home.name = xstrdup(pane->name);
	engine->home.pid = pane->pid;
	engine->home.dead = pane->dead;
}

/* own collects the names of our sessions. */
static void
observe_pane(struct engine *engine, const struct tmux_pane *pane, bool all,
    struct strmap *own)
{
	struct run *run;

	if (!str_eq(pane->root, engine->mark) && !is_moved(engine, pane))
		return;
	strmap_set(own, pane->name, NULL);
	if (str_eq(pane->id, "supervisor"))
		observe_home(engine, pane);
	if (!pane->is_agent || !units_is_agent_id(pane->id))
		return;
	run = run_of_pane(engine, pane, all);
	if (!run)
		return;
	forget_pane(run);
	run->present = true;
	run->alive = !pane->dead;
	run->pane = xstrdup(pane->pane);
	run->session = xstrdup(pane->session);
	run->name = xstrdup(pane->name);
	run->shim = pane->pid;
	run->generation = pane->generation;
	run->in_mode = pane->in_mode;
}

static void
observe_foreign(struct engine *engine, const struct tmux_pane *pane)
{
	struct strmap_entry *entry = strmap_entry(&engine->foreign,
	    pane->name);

	if (!entry->value && *pane->root)
		entry->value = xstrdup(pane->root);
}

char *
engine_foreign_text(const struct engine *engine, const char *session)
{
	const char *root = strmap_get(&engine->foreign, session);

	if (!root)
		return xasprintf("tmux has a session '%s' that is not of this "
		    "team", session);
	return xasprintf("tmux has a session '%s' that is not of this team, "
	    "but of that in '%s'", session, root);
}

static enum engine_status
take_panes(struct engine *engine, enum tmux_status status,
    const struct tmux_panes *panes, bool all)
{
	struct strmap own = STRMAP_INIT;
	size_t i;

	if (status != TMUX_OK && status != TMUX_NO_SERVER)
		return status == TMUX_MISSING || status == TMUX_TOO_OLD ?
		    ENGINE_UNAVAILABLE : ENGINE_FAILED;
	engine->has_server = status == TMUX_OK;
	engine_forget_home(engine);
	strmap_release(&engine->foreign, free);
	for (i = 0; i < panes->nr; i++)
		observe_pane(engine, &panes->p[i], all, &own);
	/* A person's pane beside an agent makes its session no less ours. */
	for (i = 0; i < panes->nr; i++)
		if (!strmap_has(&own, panes->p[i].name))
			observe_foreign(engine, &panes->p[i]);
	strmap_release(&own, NULL);
	if (engine->forever) { /* there may be runs more */
		engine->active = engine->runs;
		engine->nr_active = engine->nr;
	}
	return ENGINE_OK;
}

enum engine_status
engine_take_panes(struct engine *engine, struct tmux_answer *answer)
{
	return take_panes(engine, answer->status, &answer->panes, false);
}

/* tmux may not have noticed yet that the shim has ended. */
static bool
has_ended(const struct run *run)
{
	const struct record *record = &run->record;

	return !os_is_running(run->shim) || (record->shim_pid == run->shim &&
	    record->generation == run->generation &&
	    record->state != RECORD_RUNNING);
}

static void
on_relooked(void *ctx, struct tmux_answer *answer)
{
	struct engine *engine = ctx;
	enum engine_status status;
	struct run *run;
	size_t i;
	bool known = answer->status == TMUX_OK ||
	    answer->status == TMUX_NO_SERVER;

	for (i = 0; known && i < engine->nr; i++)
		if (engine->runs[i]->in_look)
			forget_pane(engine->runs[i]);
	status = engine_take_panes(engine, answer);
	for (i = 0; known && i < engine->nr; i++) {
		run = engine->runs[i];
		if (!run->present || !run->alive || run->pidfd >= 0 ||
		    !run->settled)
			continue;
		engine_read_record(engine, run);
		run->alive = !has_ended(run);
		if (run->alive)
			engine_watch(engine, run);
	}
	engine->looked(engine->looked_ctx, status, answer->err.buf);
	for (i = 0; i < engine->nr; i++)
		engine->runs[i]->in_look = false;
}

void
engine_relook(struct engine *engine, engine_looked_fn *fn, void *ctx)
{
	engine->looked = fn;
	engine->looked_ctx = ctx;
	engine_ask(engine, NULL, on_relooked, engine);
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

/*
 * A shim that is about to report has its launch file, and no damaged record:
 * that would have been removed before its start.  And it does not take long.
 */
static bool
is_forgotten(const struct engine *engine, const struct run *run)
{
	char *path = engine_file(engine, "launch", run->id, "launch");
	bool missing = is_missing(path);
	uint64_t start = os_start_time(run->shim);

	free(path);
	return missing || run->damage ||
	    (start && os_age_ms(start) > ENGINE_REPORT_MS);
}

/*
 * That only counts for a pane that tmux takes for alive, with the same number:
 * until tmux has reaped the shim nobody else gets that.  Who only looks does
 * not ask for the moment between its end and that, which costs ten times more.
 */
static bool
is_shim_there(const struct engine *engine, const struct run *run)
{
	pid_t pid = (pid_t)run->record.shim_pid;

	if (!engine->is_terse)
		return os_is_running(pid);
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static void
see_processes(const struct engine *engine, struct run *run)
{
	run->was_there = is_shim_there(engine, run);
	run->had_program = engine->is_terse ||
	    os_is_running((pid_t)run->record.pid);
}

/* What takes its time and needs no answer of tmux. */
static void
meanwhile(void *ctx)
{
	struct engine *engine = ctx;
	struct run *run;
	size_t i;

	engine->tmux.meanwhile = NULL;
	if (engine->is_late)
		engine_load_late(engine);
	if (engine->hooks.meanwhile)
		engine->hooks.meanwhile(engine->hooks.ctx);
	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		engine_read_record(engine, run);
		run->is_read = true;
		see_processes(engine, run);
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
		see_processes(engine, run);
	}
	/* tmux may not have noticed yet that the shim has ended. */
	if (run->alive && run->record.shim_pid == run->shim &&
	    run->record.generation == run->generation && !run->was_there)
		run->alive = false;
	if (run_is_starting(run))
		run->forgotten = is_forgotten(engine, run);
}

static void
compare_all(struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr; i++)
		compare(engine, engine->runs[i]);
}

static void
warn_damaged(const struct engine *engine)
{
	struct strbuf text = STRBUF_INIT;
	const struct run *run;
	size_t i;

	for (i = 0; engine->hooks.warning && i < engine->nr; i++) {
		run = engine->runs[i];
		if (!run->damage)
			continue;
		strbuf_reset(&text);
		strbuf_addf(&text, "%s; the record of %s is damaged, and "
		    "written anew when it %s", run->damage, run->id,
		    run->alive ? "ends" : "starts");
		engine->hooks.warning(engine->hooks.ctx, text.buf);
	}
	strbuf_release(&text);
}

/* Its program is gone, or has been told to go; its shim ends what is left. */
static bool
is_ending(const struct run *run)
{
	const struct record *record = &run->record;

	return run->alive && record->state == RECORD_RUNNING &&
	    record->generation == run->generation &&
	    (record->asked || !run->had_program);
}

/* One that takes longer than any should counts as running. */
void
engine_await_ends(struct engine *engine)
{
	static const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	struct mono limit = mono_add_ms(os_now(), ENDS_MS);
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		if (!is_ending(run))
			continue;
		while (is_shim_there(engine, run) &&
		    mono_before(os_now(), limit))
			nanosleep(&pause, NULL);
		run->was_there = is_shim_there(engine, run);
		engine_read_record(engine, run);
		run->alive = run->was_there;
	}
}

enum engine_status
engine_observe(struct engine *engine, struct strbuf *err)
{
	struct tmux_panes panes = { 0 };
	enum engine_status status;
	enum tmux_status answer;

	engine->tmux.meanwhile = meanwhile;
	engine->tmux.ctx = engine;
	answer = tmux_list(&engine->tmux, &panes, err);
	if (engine->tmux.meanwhile) /* there was no need to ask */
		meanwhile(engine);
	if (engine->is_elsewhere) { /* its beginning has misled us */
		engine->is_elsewhere = false;
		engine_use_applied(engine);
		tmux_panes_release(&panes);
		strbuf_reset(err);
		answer = tmux_list(&engine->tmux, &panes, err);
	}
	status = take_panes(engine, answer, &panes, true);
	if (status == ENGINE_OK) {
		compare_all(engine);
		warn_damaged(engine);
	}
	tmux_panes_release(&panes);
	return status;
}

/* The lock tells our shim from that of the folder of which ours is a copy. */
static bool
is_locked(const struct engine *engine, const struct run *run)
{
	char *record = engine_record_path(engine, run->id);
	char *path = xasprintf("%s" SHIM_LOCK, record);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool is_held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	    errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	free(record);
	free(path);
	return is_held;
}

/*
 * Its session is gone and its shim is still ending what it runs: that is to be
 * waited for, and then its record says who ended it.
 */
static void
await_end(struct engine *engine, struct run *run)
{
	const struct record *record = &run->record;

	if (run->alive || run->present || record->state != RECORD_RUNNING ||
	    os_start_time((pid_t)record->shim_pid) != record->shim_start ||
	    !is_locked(engine, run))
		return;
	run->alive = true;
	run->shim = (pid_t)record->shim_pid;
	run->generation = record->generation;
}

static void
on_observed(void *ctx, struct tmux_answer *answer)
{
	struct engine *engine = ctx;
	enum engine_status status = take_panes(engine, answer->status,
	    &answer->panes, true);
	size_t i;

	if (status == ENGINE_OK)
		compare_all(engine);
	for (i = 0; status == ENGINE_OK && i < engine->nr; i++)
		await_end(engine, engine->runs[i]);
	engine->looked(engine->looked_ctx, status, answer->err.buf);
}

void
engine_observe_begin(struct engine *engine, engine_looked_fn *fn, void *ctx)
{
	engine->looked = fn;
	engine->looked_ctx = ctx;
	engine_ask(engine, NULL, on_observed, engine);
	meanwhile(engine);
}
