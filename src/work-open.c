/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h.  Here: how it is opened: compose files, engine, agents picked.
 */
#include "work.h"

#include "render.h"
#include "view.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_picked(void *ctx, const struct agent *agent)
{
	return !ctx || strmap_has(ctx, agent->id);
}

/* picked NULL: all. */
static void
render_team(struct work *work, struct strmap *picked)
{
	struct diags diags = DIAGS_INIT;

	render(work->team, &work->source, is_picked, picked, &work->specs,
	    &diags);
	/* An agent with an error is refused when its start is due. */
	cmd_findings(&diags);
	diags_release(&diags);
}

static int
load_team(struct work *work)
{
	struct diags diags = DIAGS_INIT;

	if (!(work->flags & WORK_BROKEN_OK))
		return cmd_load(&work->source, &work->team);
	work->team = compose_load(&work->source, &diags);
	if (diags.nr_error) {
		cmd_warn("the compose files cannot be used: going by what was "
		    "applied ('teamctl validate' says why)");
		compose_free(work->team);
		work->team = NULL;
	}
	diags_release(&diags);
	return EXIT_DONE;
}

/*
 * Reads the compose files, unless that has been done, and renders all there
 * is when all is meant.
 */
static void
load(void *ctx)
{
	struct work *work = ctx;

	if (work->is_loaded)
		return;
	work->is_loaded = true;
	work->load_code = load_team(work);
	if (work->team && work->is_all)
		render_team(work, NULL);
}

/*
 * Whoever had the lock before us may have changed the files since they were
 * read, an agent may have been added: then they are read again.
 */
static void
load_again(struct work *work, const struct state *seen)
{
	if (!work->team || state_files_current(seen))
		return;
	specs_release(&work->specs);
	compose_free(work->team);
	work->team = NULL;
	work->is_loaded = false;
	load(work);
}

/* early: only if nobody else is at work, and an earlier one has been. */
static enum engine_status
open_engine(struct work *work, bool early, struct strbuf *err)
{
	struct engine_options options = {
		.root = work->source.root,
		.socket = work->team ? work->team->tmux_socket : NULL,
		.verb = work->flags & WORK_CHANGES && !work->options->dry_run ?
		    work->verb : NULL,
		.lock_timeout_ms = work->options->lock_timeout_ms,
		.late = early,
		.only_try = early,
		.waiting = work_on_waiting,
		.hooks = {
			.settled = work_on_settled,
			.progress = work_on_progress,
			.meanwhile = load,
			.warning = work_on_warning,
			.interrupted = work_on_interrupted,
			.ctx = work,
		},
	};
	enum engine_status status;

	status = engine_open(&work->engine, &options, err);
	work->engine.want_fresh = work->options->fresh;
	work->engine.tmux.will_start = work->flags & WORK_WITH_NEEDS;
	return status;
}

/*
 * tmux can be asked before all is read where the beginning of the state says
 * which server that is; then both happen at the same time.  False, and nothing
 * has been written, where no team has ever been up, and where that fails.
 */
static bool
try_early(struct work *work, enum engine_status *status, struct strbuf *err)
{
	struct strbuf why = STRBUF_INIT;
	char *path = state_path(work->source.root, "applied.json");
	bool done = access(path, F_OK) == 0 &&
	    open_engine(work, true, &why) == ENGINE_OK &&
	    work->engine.is_late;

	if (done) {
		*status = engine_observe(&work->engine, err);
		done = work->engine.late_err.len == 0;
	}
	if (!done) {
		engine_close(&work->engine);
		strbuf_reset(err);
	}
	strbuf_release(&why);
	free(path);
	return done;
}

static enum engine_status
open_in_order(struct work *work, struct strbuf *err)
{
	struct state seen = { .files = STRVEC_INIT };
	enum engine_status status;

	load(work);
	if (work->load_code != EXIT_DONE)
		return ENGINE_FAILED;
	if (work->team)
		state_set_files(&seen, &work->team->files);
	status = open_engine(work, false, err);
	if (status == ENGINE_OK)
		load_again(work, &seen);
	strvec_release(&seen.files);
	if (status == ENGINE_OK && !state_is_readable(work->source.root, err))
		return ENGINE_FAILED;
	if (status == ENGINE_OK && err->len) {
		cmd_warn("%s", err->buf);
		strbuf_reset(err);
	}
	return status == ENGINE_OK ? engine_observe(&work->engine, err) :
	    status;
}

static int
open_all(struct work *work, struct strbuf *err)
{
	enum engine_status status;

	if (!try_early(work, &status, err))
		status = open_in_order(work, err);
	if (status == ENGINE_OK && work->load_code == EXIT_DONE &&
	    !(work->flags & WORK_BROKEN_OK) && work->engine.verb)
		engine_await_ends(&work->engine);
	if (work->load_code != EXIT_DONE)
		return work->load_code;
	if (work->team) {
		work->engine.max_parallel = work->team->max_parallel_starts;
		engine_withhold(&work->engine, work->team);
	}
	return work_fail(status, err);
}

/*
 * The server of the compose file and the environment, unless agents still run
 * on the one that was applied: they must not get a second copy over there.
 */
static int
choose_server(struct work *work)
{
	const struct state *state = &work->engine.state;
	bool is_same;
	size_t i;

	if (!work->team || !state->names_server)
		return EXIT_DONE;
	is_same = str_eq(state->tmux_socket, work->team->tmux_socket);
	if (is_same && !work->engine.tmux.by_path)
		return EXIT_DONE;
	for (i = 0; i < work->engine.nr; i++) {
		if (!work->engine.runs[i]->present)
			continue;
		if (is_same || str_eq(work->verb, "down"))
			return EXIT_DONE;
		cmd_error("supervisor.tmux_socket has changed while agents "
		    "run on the former server");
		cmd_hint("'teamctl down' stops them there");
		return EXIT_REFUSED;
	}
	engine_use_socket(&work->engine, work->team->tmux_socket);
	return EXIT_DONE;
}

static void
collect_known(struct work *work)
{
	struct strvec others = STRVEC_INIT;
	size_t i;

	for (i = 0; work->team && i < work->team->nr_agent; i++)
		strvec_push(&work->known, work->team->agents[i]->id);
	for (i = 0; i < work->engine.nr; i++)
		if (!work->team || !strmap_has(&work->team->by_id,
		    work->engine.runs[i]->id))
			strvec_push(&others, work->engine.runs[i]->id);
	strvec_sort(&others);
	strvec_pushall(&work->known, &others);
	strvec_release(&others);
}

static void
pick(struct work *work, const struct strvec *ids)
{
	struct strmap picked = STRMAP_INIT;
	size_t i;

	for (i = 0; i < ids->nr; i++)
		strmap_set(&picked, ids->v[i], NULL);
	if (work->team && !work->is_all)
		render_team(work, &picked);
	engine_want(&work->engine, &work->specs);
	work->runs = xcalloc(ids->nr, sizeof(struct run *));
	for (i = 0; i < ids->nr; i++)
		work->runs[work->nr++] = engine_run(&work->engine, ids->v[i]);
	strmap_release(&picked, NULL);
}

/* As docker compose does: what an agent depends on comes up with it. */
static void
add_needs(const struct work *work, struct strvec *ids)
{
	struct strmap have = STRMAP_INIT;
	const struct agent *agent;
	size_t i, j;

	for (i = 0; i < ids->nr; i++)
		strmap_set(&have, ids->v[i], NULL);
	for (i = 0; i < ids->nr; i++) {
		agent = strmap_get(&work->team->by_id, ids->v[i]);
		for (j = 0; agent && j < agent->nr_depends_on; j++) {
			if (strmap_has(&have, agent->depends_on[j].agent))
				continue;
			strmap_set(&have, agent->depends_on[j].agent, NULL);
			strvec_push(ids, agent->depends_on[j].agent);
		}
	}
	strmap_release(&have, NULL);
}

/* Which text of the team the command goes by. */
static void
note_compose(struct work *work)
{
	struct journal *journal = &work->engine.journal;
	const struct state *state = &work->engine.state;

	if (!work->team) {
		journal_add(journal, EVENT_COMPOSE_INVALID, NULL, 0,
		    work->verb, NULL);
		return;
	}
	engine_set_journal(&work->engine, &work->team->journal);
	if (state->exists && !state_files_current(state))
		journal_add(journal, EVENT_COMPOSE_CHANGED, NULL, 0, NULL,
		    NULL);
	journal_add_aside(journal, EVENT_COMPOSE_LOADED, NULL, 0, work->verb,
	    json_pack("{s:I, s:I}", "files",
	    (json_int_t)work->team->files.nr, "agents",
	    (json_int_t)work->team->nr_agent));
}

static int
recover(struct work *work)
{
	bool only_try = !(work->flags & WORK_CHANGES) ||
	    work->options->dry_run;

	return cmd_recover(work->source.root, only_try ? NULL :
	    &work->options->lock_timeout_ms, work_on_waiting, work);
}

/*
 * A misspelt name must not make a state folder where there is none yet, nor a
 * supervisor let go of the lock, which is journalled.
 */
static int
check_targets(const struct work *work)
{
	char *folder = state_path(work->source.root, "");
	int code = EXIT_DONE;

	if (work->argc && work->flags & WORK_CHANGES &&
	    (access(folder, F_OK) < 0 || state_is_locked(work->source.root)))
		code = view_check_names(work->argc, work->argv);
	free(folder);
	return code;
}

int
work_open(struct work *work, const char *verb, unsigned flags,
    const struct work_options *options, int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct strbuf err = STRBUF_INIT;
	int i, code;

	memset(work, 0, sizeof(*work));
	work->verb = verb;
	work->flags = flags;
	work->is_all = argc == 0;
	work->options = options;
	work->argc = argc;
	work->argv = argv;
	for (i = 0; i < argc; i++)
		strvec_push(&work->words, argv[i]);
	engine_init(&work->engine);
	/* Work that has begun is done, whoever has stopped listening. */
	if (flags & WORK_CHANGES)
		signal(SIGPIPE, SIG_IGN);
	code = work_check_audit(options);
	if (code == EXIT_DONE)
		code = cmd_find_root(&work->source);
	if (code == EXIT_DONE)
		code = check_targets(work);
	if (code == EXIT_DONE)
		code = recover(work);
	if (code == EXIT_DONE)
		code = open_all(work, &err);
	if (code == EXIT_DONE)
		code = choose_server(work);
	if (code == EXIT_DONE) {
		note_compose(work);
		collect_known(work);
		code = targets_pick(&targets, &work->known, argc, argv);
	}
	if (code == EXIT_DONE && flags & WORK_WITH_NEEDS)
		add_needs(work, &targets.ids);
	if (code == EXIT_DONE)
		pick(work, &targets.ids);
	targets_release(&targets);
	strbuf_release(&err);
	return code;
}

void
work_close(struct work *work)
{
	work_clear_progress(work);
	engine_close(&work->engine);
	specs_release(&work->specs);
	compose_free(work->team);
	strvec_release(&work->words);
	strvec_release(&work->known);
	free(work->runs);
}
