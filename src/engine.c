/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: opening, observing, watching.  Stopping and starting have
 * files of their own.
 */
#include "engine.h"

#include "child.h"
#include "digest.h"
#include "fs.h"
#include "os.h"
#include "record-file.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
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
		run->swept = -1;
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
run_is_up(const struct run *run)
{
	return run->alive || run->is_sweeping ||
	    (!run->settled && run->start == START_ASKED);
}

bool
run_is_starting(const struct run *run)
{
	return run->alive && run->record.generation != run->generation &&
	    !run->forgotten;
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
	strbuf_init(&engine->late_err);
	journal_init(&engine->journal);
	engine->again_at = engine->sweep_at = MONO_NEVER;
	engine->freeze_at = MONO_NEVER;
	engine->lock = engine->notify = engine->supervisor = -1;
	engine->waited_ms = -1;
}

static void
use_server(struct engine *engine, const char *name, const char *path)
{
	char *script = engine->lock < 0 ? NULL :
	    state_path(engine->root, "tmux.script");

	tmux_release(&engine->tmux);
	tmux_init(&engine->tmux, name, script);
	tmux_prefer(&engine->tmux, path);
	engine->tmux.withheld = &engine->withheld;
	engine->tmux.is_terse = engine->is_terse;
	free(script);
}

void
engine_withhold(struct engine *engine, const struct team *team)
{
	strvec_release(&engine->withheld);
	secrets_variables(team, &engine->withheld);
}

void
engine_use_socket(struct engine *engine, const char *name)
{
	use_server(engine, name, NULL);
}

void
engine_use_applied(struct engine *engine)
{
	use_server(engine, engine->state.tmux_socket,
	    engine->state.tmux_server);
}

/*
 * A journal that cannot be gone on with is left as it is; agents are stopped
 * and started all the same.
 */
static void
open_journal(struct engine *engine, bool is_supervisor)
{
	char name[128];

	journal_open(&engine->journal, engine->root);
	journal_set(&engine->journal, &engine->state.journal);
	os_user_name(name, sizeof(name));
	engine->journal.actor = xstrdup(is_supervisor ? "supervisor" : name);
	if (engine->waited_ms >= 0)
		journal_add(&engine->journal, engine->supervisor >= 0 ?
		    EVENT_LOCK_TAKEN_OVER : EVENT_LOCK_WAITED, NULL, 0,
		    engine->verb, json_pack("{s:I}", "ms",
		    (json_int_t)engine->waited_ms));
}

void
engine_set_journal(struct engine *engine, const struct journal_settings *how)
{
	state_set_journal(&engine->state, how);
	if (engine->journal.root)
		journal_set(&engine->journal, how);
}

static int
load_state(struct engine *engine, struct strbuf *err)
{
	int rc = state_load(&engine->state, engine->root, err);

	if (rc < 0)
		state_release(&engine->state);
	load_applied(engine);
	return rc;
}

void
engine_load_late(struct engine *engine)
{
	struct tmux applied;

	engine->is_late = false;
	load_state(engine, &engine->late_err);
	if (engine->verb && !engine->late_err.len)
		open_journal(engine, false);
	if (!engine->state.names_server)
		return;
	tmux_init(&applied, engine->state.tmux_socket, NULL);
	tmux_prefer(&applied, engine->state.tmux_server);
	engine->is_elsewhere = !str_eq(applied.socket_path,
	    engine->tmux.socket_path);
	tmux_release(&applied);
}

/* False when the whole of the state has to be read first. */
static bool
is_for_later(struct engine *engine, const struct engine_options *options)
{
	char *socket = NULL, *server = NULL;

	engine->is_late = options->late &&
	    state_peek_server(options->root, &socket, &server) == 0;
	if (engine->is_late)
		use_server(engine, socket, server);
	free(socket);
	free(server);
	return engine->is_late;
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
	engine->verb = options->verb;
	engine->is_terse = options->late && !options->verb;
	digest_text(options->root, strlen(options->root), digest);
	memcpy(engine->team, digest + strlen("sha256:"), 12);
	if (options->verb) {
		status = engine_take_lock(engine, options, err);
		if (status != ENGINE_OK)
			return status;
	}
	if (is_for_later(engine, options))
		return ENGINE_OK;
	if (load_state(engine, err) < 0 && options->verb)
		return ENGINE_FAILED;
	if (options->verb)
		open_journal(engine, options->is_supervisor);
	if (engine->state.names_server)
		engine_use_applied(engine);
	else
		engine_use_socket(engine, options->socket);
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
	free(run->damage);
	free(run->wait);
	free(run->screen);
	free(run->tty);
	record_release(&run->record);
	strvec_release(&run->survivors);
	free(run);
}

void
engine_close(struct engine *engine)
{
	size_t i;

	engine_ask_nothing(engine);
	envscan_release(&engine->sweep);
	for (i = 0; i < engine->nr; i++)
		run_free(engine->runs[i]);
	free(engine->launching);
	free(engine->runs);
	strmap_release(&engine->by_id, NULL);
	strmap_release(&engine->foreign, free);
	loop_watch_free(engine->notify_watch);
	loop_watch_free(engine->timer);
	loop_watch_free(engine->progress);
	loop_watch_free(engine->sigint);
	loop_watch_free(engine->sigterm);
	loop_watch_free(engine->sighup);
	if (engine->owns_loop) {
		children_forget(engine->loop);
		loop_free(engine->loop);
	}
	strbuf_release(&engine->notes);
	strbuf_release(&engine->trailer);
	engine_forget_home(engine);
	strbuf_release(&engine->late_err);
	engine_flush_journal(engine);
	journal_close(&engine->journal);
	if (engine->notify >= 0)
		close(engine->notify);
	if (engine->lock >= 0)
		close(engine->lock);
	if (engine->supervisor >= 0)
		close(engine->supervisor);
	tmux_release(&engine->tmux);
	state_release(&engine->state);
	strvec_release(&engine->withheld);
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
	char *path = engine_record_path(engine, run->id);
	const struct applied *applied;
	struct strbuf err = STRBUF_INIT;

	record_release(&run->record);
	free(run->damage);
	run->damage = NULL;
	if (record_load(&run->record, path, &err) < 0)
		run->damage = strbuf_detach(&err);
	/* Keys were enough to end it: its shim knows nothing of that. */
	applied = state_find(&engine->state, run->id);
	if (applied && applied->asked &&
	    applied->asked == run->record.generation)
		run->record.asked = true;
	strbuf_release(&err);
	free(path);
}

int
engine_save(struct engine *engine, struct strbuf *err)
{
	int rc = state_save(&engine->state, os_wall_ms(), err);

	engine->is_unsaved = rc < 0;
	return rc;
}

static void
unlink_files(const struct engine *engine, const struct run *run)
{
	static const char *const files[][2] = {
		{ "envs", ".env" }, { "mcp", ".json" },
		{ "launch", ".launch" }, { "exits", ".json" },
		{ "exits", ".json.lock" }, { "role_prompts", ".md" },
		{ "ready", "" }, { "resume", "" }, { "resume", ",fresh" },
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
	free(stem);
	strbuf_release(&err);
}

void
engine_forget(struct engine *engine, struct run *run)
{
	engine_note(engine, EVENT_REMOVED, run, NULL);
	unlink_files(engine, run);
	if (run->applied)
		run->applied->gone = true;
	run->applied = NULL;
}

void
engine_remove(struct engine *engine, struct run *run)
{
	engine_note(engine, EVENT_REMOVED, run, NULL);
	unlink_files(engine, run);
	applied_remove(run->applied);
}
