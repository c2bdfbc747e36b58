/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: opening, observing, watching.  Stopping and starting have
 * files of their own.
 */
#include "engine.h"

#include "control.h"
#include "digest.h"
#include "fs.h"
#include "os.h"
#include "shim.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_RECORD = 1 << 20,
	POLL_MS = 50,      /* where a shim cannot be watched */
	PROGRESS_MS = 500,
};

static char *
engine_file(const struct engine *engine, const char *folder, const char *id,
    const char *ext)
{
	char *stem = xstrdup(id), *path;

	stem[strcspn(stem, ":")] = '-';
	path = xasprintf("%s/state/%s/%s.%s", engine->root, folder, stem, ext);
	free(stem);
	return path;
}

char *
engine_record_path(const struct engine *engine, const char *id)
{
	return engine_file(engine, "exits", id, "json");
}

struct run *
engine_run(struct engine *engine, const char *id)
{
	struct strmap_entry *entry = strmap_entry(&engine->by_id, id);
	struct run *run = entry->value;

	if (!run) {
		run = xcalloc(1, sizeof(*run));
		run->id = xstrdup(id);
		run->pidfd = -1;
		run->engine = engine;
		ARRAY_GROW(engine->runs, engine->nr, engine->alloc);
		engine->runs[engine->nr++] = run;
		entry->value = run;
	}
	return run;
}

struct run *
engine_find(const struct engine *engine, const char *id)
{
	return strmap_get(&engine->by_id, id);
}

bool
run_is_starting(const struct run *run)
{
	return run->alive && run->record.generation != run->generation &&
	    !run->forgotten;
}

/* Opened for reading and writing, so that it never is at end-of-file. */
static int
open_notify(struct engine *engine, struct strbuf *err)
{
	char *path = state_path(engine->root, "notify");

	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		strbuf_addf(err, "cannot make '%s': %s", path,
		    strerror(errno));
	else if ((engine->notify = open(path,
	    O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(errno));
	free(path);
	return engine->notify < 0 ? -1 : 0;
}

/* It lets go of the lock until the connection ends. */
static int
ask_supervisor(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	json_t *reply;

	engine->supervisor = control_connect(engine->root);
	if (engine->supervisor < 0)
		return 0;
	reply = control_call(engine->supervisor, json_pack("{s:s, s:s}",
	    "op", "yield", "verb", options->verb), options->lock_timeout_ms,
	    err);
	json_decref(reply);
	return reply ? 0 : -1;
}

void
engine_end_supervisor(struct engine *engine)
{
	struct strbuf err = STRBUF_INIT;
	enum { TIMEOUT_MS = 2000 };

	if (engine->supervisor < 0)
		engine->supervisor = control_connect(engine->root);
	/* One that does not answer is going to find nothing to do. */
	if (engine->supervisor >= 0)
		json_decref(control_call(engine->supervisor,
		    json_pack("{s:s}", "op", "stop"), TIMEOUT_MS, &err));
	strbuf_release(&err);
}

static enum engine_status
take_lock(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	if (state_prepare(engine->root, err) < 0)
		return ENGINE_FAILED;
	engine->lock = state_lock(engine->root, options->verb, 0, NULL, NULL,
	    err);
	if (engine->lock < 0 && errno == EAGAIN && !options->is_supervisor) {
		strbuf_reset(err);
		if (ask_supervisor(engine, options, err) < 0)
			return ENGINE_LOCKED;
		engine->lock = state_lock(engine->root, options->verb,
		    options->lock_timeout_ms, options->waiting,
		    options->hooks.ctx, err);
	}
	if (engine->lock < 0)
		return errno == EAGAIN ? ENGINE_LOCKED : ENGINE_FAILED;
	if (open_notify(engine, err) < 0)
		return ENGINE_FAILED;
	if (os_self_path(engine->self, sizeof(engine->self)) < 0) {
		strbuf_addstr(err, "cannot find the path of this program");
		return ENGINE_FAILED;
	}
	return ENGINE_OK;
}

static void
load_applied(struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->state.nr; i++)
		engine_run(engine, engine->state.agents[i]->id)->applied =
		    engine->state.agents[i];
}

void
engine_init(struct engine *engine)
{
	memset(engine, 0, sizeof(*engine));
	strbuf_init(&engine->notes);
	strbuf_init(&engine->trailer);
	engine->lock = engine->notify = engine->supervisor = -1;
}

void
engine_use_socket(struct engine *engine, const char *name)
{
	char *script = engine->lock < 0 ? NULL :
	    state_path(engine->root, "tmux.script");

	tmux_release(&engine->tmux);
	tmux_init(&engine->tmux, name, script);
	free(script);
}

enum engine_status
engine_open(struct engine *engine, const struct engine_options *options,
    struct strbuf *err)
{
	enum engine_status status = ENGINE_OK;
	struct strbuf mark = STRBUF_INIT;
	char digest[72];

	engine_init(engine);
	engine->root = xstrdup(options->root);
	strbuf_addsafe(&mark, options->root);
	engine->mark = strbuf_detach(&mark);
	engine->hooks = options->hooks;
	engine->loop = options->loop;
	digest_text(options->root, strlen(options->root), digest);
	memcpy(engine->team, digest + strlen("sha256:"), 12);
	if (options->verb) {
		status = take_lock(engine, options, err);
		if (status != ENGINE_OK)
			return status;
	}
	if (state_load(&engine->state, options->root, err) < 0) {
		if (options->verb)
			return ENGINE_FAILED;
		state_release(&engine->state);
	}
	load_applied(engine);
	engine_use_socket(engine, engine->state.exists ?
	    engine->state.tmux_socket : options->socket);
	return ENGINE_OK;
}

static void
run_free(struct run *run)
{
	engine_unwatch(run);
	free(run->id);
	free(run->pane);
	free(run->session);
	free(run->name);
	free(run->error);
	free(run->screen);
	record_release(&run->record);
	strvec_release(&run->survivors);
	free(run);
}

void
engine_close(struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr; i++)
		run_free(engine->runs[i]);
	free(engine->runs);
	strmap_release(&engine->by_id, NULL);
	strmap_release(&engine->foreign, NULL);
	loop_watch_free(engine->notify_watch);
	loop_watch_free(engine->timer);
	loop_watch_free(engine->progress);
	loop_watch_free(engine->sigint);
	loop_watch_free(engine->sigterm);
	if (engine->owns_loop)
		loop_free(engine->loop);
	strbuf_release(&engine->notes);
	strbuf_release(&engine->trailer);
	if (engine->notify >= 0)
		close(engine->notify);
	if (engine->lock >= 0)
		close(engine->lock);
	if (engine->supervisor >= 0)
		close(engine->supervisor);
	tmux_release(&engine->tmux);
	state_release(&engine->state);
	free(engine->root);
	free(engine->mark);
	engine_init(engine);
}

void
engine_want(struct engine *engine, const struct specs *specs)
{
	size_t i;

	for (i = 0; i < specs->nr; i++)
		engine_run(engine, specs->s[i].id)->spec = &specs->s[i];
}

void
engine_read_record(struct engine *engine, struct run *run)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	char *path = engine_record_path(engine, run->id);

	record_release(&run->record);
	memset(&run->record, 0, sizeof(run->record));
	/* A record that cannot be read says no more than none at all. */
	if (fs_read(path, MAX_RECORD, &text, &err) == 0 &&
	    record_parse(text.buf, text.len, &run->record, &err) < 0) {
		record_release(&run->record);
		memset(&run->record, 0, sizeof(run->record));
	}
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

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
observe_pane(struct engine *engine, const struct tmux_pane *pane)
{
	struct run *run;
	bool moved = false;

	if (!str_eq(pane->root, engine->mark))
		moved = is_moved(engine, pane);
	if (!moved && !str_eq(pane->root, engine->mark)) {
		strmap_set(&engine->foreign, pane->name, NULL);
		return;
	}
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
	enum tmux_status status = tmux_list(&engine->tmux, &panes, err);
	size_t i;

	if (status != TMUX_OK && status != TMUX_NO_SERVER) {
		tmux_panes_release(&panes);
		return status == TMUX_MISSING || status == TMUX_TOO_OLD ?
		    ENGINE_UNAVAILABLE : ENGINE_FAILED;
	}
	engine->has_server = status == TMUX_OK;
	for (i = 0; i < panes.nr; i++)
		observe_pane(engine, &panes.p[i]);
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

enum engine_status
engine_observe(struct engine *engine, struct strbuf *err)
{
	enum engine_status status = engine_look(engine, err);
	struct run *run;
	size_t i;

	for (i = 0; status == ENGINE_OK && i < engine->nr; i++) {
		run = engine->runs[i];
		engine_read_record(engine, run);
		/* tmux may not have noticed yet that the shim has ended. */
		if (run->alive && run->record.shim_pid == run->shim &&
		    run->record.generation == run->generation &&
		    os_start_time(run->shim) != run->record.shim_start)
			run->alive = false;
		if (run_is_starting(run))
			run->forgotten = is_forgotten(engine, run);
	}
	return status;
}

int
engine_save(struct engine *engine, struct strbuf *err)
{
	return state_save(&engine->state, os_wall_ms(), err);
}

/* ---- the loop ---- */

static bool
all_settled(const struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (!engine->active[i]->settled)
			return false;
	return true;
}

void
engine_settle(struct engine *engine, struct run *run)
{
	if (run->settled)
		return;
	run->settled = true;
	if (!engine->forever || !run->alive)
		engine_unwatch(run);
	if (engine->hooks.settled)
		engine->hooks.settled(engine->hooks.ctx, run);
}

void
engine_go_on(struct engine *engine)
{
	struct mono next;

	engine_start_due(engine);
	next = mono_min(engine_stop_next(engine), engine_start_next(engine));
	if (!engine->forever && all_settled(engine)) {
		loop_stop(engine->loop);
		return;
	}
	if (engine->polling)
		next = mono_min(next, mono_add_ms(os_now(), POLL_MS));
	loop_timer_at(engine->timer, next);
}

static void
run_gone(struct engine *engine, struct run *run)
{
	engine_unwatch(run);
	run->alive = false;
	engine_read_record(engine, run);
	if (run->settled)
		engine->hooks.exited(engine->hooks.ctx, run);
	else if (run->start != START_NONE)
		engine_start_gone(engine, run);
	else
		engine_stop_gone(engine, run);
}

/* The shims that have no pidfd: looked at by hand. */
static void
poll_shims(struct engine *engine)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if ((!run->settled || engine->forever) && run->alive &&
		    run->pidfd < 0 &&
		    os_start_time(run->shim) == 0)
			run_gone(engine, run);
	}
}

static void
on_timer(void *ctx)
{
	struct engine *engine = ctx;
	struct mono now = os_now();

	if (engine->polling)
		poll_shims(engine);
	engine_stop_tick(engine, now);
	engine_start_tick(engine, now);
	engine_go_on(engine);
}

static void
on_progress(void *ctx)
{
	struct engine *engine = ctx;

	if (engine->hooks.progress)
		engine->hooks.progress(engine->hooks.ctx, engine);
	loop_timer_at(engine->progress, mono_add_ms(os_now(), PROGRESS_MS));
}

/*
 * "start ID GENERATION" of a shim: the record is the truth, this only names
 * it.  "ready ID GENERATION" and the like come from teamctl notify.
 */
static void
take_line(struct engine *engine, char *line)
{
	char *id = strchr(line, ' '), *gen, *text;
	struct run *run;

	if (!id)
		return;
	*id++ = '\0';
	gen = id + strcspn(id, " ");
	if (*gen)
		*gen++ = '\0';
	text = gen + strcspn(gen, " ");
	if (*text)
		*text++ = '\0';
	run = engine_find(engine, id);
	if (!run)
		return;
	engine_start_check(engine, run);
	if (engine->hooks.note && strtoll(gen, NULL, 10) == run->generation)
		engine->hooks.note(engine->hooks.ctx, run, line, text);
}

static void
on_notify(void *ctx)
{
	struct engine *engine = ctx;
	struct strbuf *in = &engine->notes;
	char buf[4096], *line, *eol;
	ssize_t n;

	while ((n = read(engine->notify, buf, sizeof(buf))) > 0)
		strbuf_add(in, buf, (size_t)n);
	for (line = in->buf; (eol = strchr(line, '\n')); line = eol + 1) {
		*eol = '\0';
		take_line(engine, line);
	}
	n = (ssize_t)(in->len - (size_t)(line - in->buf));
	memmove(in->buf, line, (size_t)n);
	strbuf_setlen(in, (size_t)n);
	engine_go_on(engine);
}

static void
on_interrupt(void *ctx)
{
	struct engine *engine = ctx;

	engine->interrupts++;
	engine_stop_interrupt(engine);
	engine_go_on(engine);
}

static void
on_shim(void *ctx)
{
	struct run *run = ctx;
	struct engine *engine = run->engine;

	run_gone(engine, run);
	engine_go_on(engine);
}

void
engine_watch(struct engine *engine, struct run *run)
{
	engine_unwatch(run);
	run->pidfd = os_pidfd_open(run->shim);
	if (run->pidfd < 0)
		engine->polling = true;
	else
		run->watch = loop_read(engine->loop, run->pidfd, on_shim, run);
}

void
engine_unwatch(struct run *run)
{
	loop_watch_free(run->watch);
	run->watch = NULL;
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->pidfd = -1;
}

static int
make_watches(struct engine *engine, struct strbuf *err)
{
	if (engine->timer)
		return 0;
	if (!engine->loop) {
		engine->loop = loop_new();
		engine->owns_loop = true;
	}
	if (!engine->loop) {
		strbuf_addstr(err, "cannot make an event loop");
		return -1;
	}
	engine->timer = loop_timer(engine->loop, on_timer, engine);
	engine->notify_watch = loop_read(engine->loop, engine->notify,
	    on_notify, engine);
	/* A loop that was lent to us has an owner who takes the signals. */
	if (!engine->owns_loop)
		return 0;
	engine->progress = loop_timer(engine->loop, on_progress, engine);
	engine->sigint = loop_signal(engine->loop, SIGINT, on_interrupt,
	    engine);
	engine->sigterm = loop_signal(engine->loop, SIGTERM, on_interrupt,
	    engine);
	return 0;
}

int
engine_begin(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err)
{
	size_t i;

	if (make_watches(engine, err) < 0)
		return -1;
	engine->active = runs;
	engine->nr_active = nr;
	for (i = 0; i < nr; i++)
		runs[i]->settled = false;
	return 0;
}

int
engine_watch_all(struct engine *engine, struct strbuf *err)
{
	size_t i;

	engine->forever = true;
	if (engine_begin(engine, engine->runs, engine->nr, err) < 0)
		return -1;
	for (i = 0; i < engine->nr; i++) {
		engine->runs[i]->settled = true;
		if (engine->runs[i]->alive)
			engine_watch(engine, engine->runs[i]);
	}
	return 0;
}

void
engine_wait(struct engine *engine)
{
	engine_go_on(engine);
	if (!all_settled(engine)) {
		loop_timer_at(engine->progress,
		    mono_add_ms(os_now(), PROGRESS_MS));
		loop_run(engine->loop);
		loop_timer_at(engine->progress, MONO_NEVER);
	}
	engine->active = NULL;
	engine->nr_active = 0;
}

void
engine_forget(struct engine *engine, struct run *run)
{
	static const char *const files[][2] = {
		{ "envs", ".env" }, { "mcp", ".json" },
		{ "launch", ".launch" }, { "exits", ".json" },
		{ "exits", ".json.lock" }, { "role_prompts", ".md" },
	};
	struct strbuf err = STRBUF_INIT;
	char *stem = xstrdup(run->id), *path;
	size_t i;

	stem[strcspn(stem, ":")] = '-';
	for (i = 0; i < nitems(files); i++) {
		path = xasprintf("%s/state/%s/%s%s", engine->root,
		    files[i][0], stem, files[i][1]);
		fs_unlink(path, &err); /* a leftover file harms nobody */
		free(path);
	}
	if (run->applied)
		run->applied->gone = true;
	run->applied = NULL;
	free(stem);
	strbuf_release(&err);
}
