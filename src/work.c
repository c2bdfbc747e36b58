/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h.
 */
#include "work.h"

#include "fs.h"
#include "os.h"
#include "render.h"
#include "rules.h"
#include "trust.h"
#include "units.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

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
	struct strbuf text = STRBUF_INIT;

	render(work->team, &work->source, is_picked, picked, &work->specs,
	    &diags);
	/* An agent with an error is refused when its start is due. */
	diags_print(&diags, &text);
	fputs(text.buf, stderr);
	strbuf_release(&text);
	diags_release(&diags);
}

int
work_fail(enum engine_status status, const struct strbuf *err)
{
	if (status == ENGINE_OK)
		return EXIT_DONE;
	cmd_error("%s", err->len ? err->buf : "failed");
	if (status == ENGINE_LOCKED)
		return EXIT_REFUSED;
	return status == ENGINE_UNAVAILABLE ? EXIT_UNAVAILABLE : EXIT_FAILED;
}

static int
load_team(struct work *work)
{
	struct diags diags = DIAGS_INIT;

	if (!(work->flags & WORK_BROKEN_OK))
		return cmd_load(&work->source, &work->team);
	work->team = compose_load(&work->source, &diags);
	if (diags.nr_error) {
		cmd_warn("the compose file is invalid: going by what was "
		    "applied ('teamctl validate' says what is wrong)");
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

/* Without writing anything where no team has ever been up. */
static bool
try_early(struct work *work)
{
	struct strbuf err = STRBUF_INIT;
	char *path = state_path(work->source.root, "applied.json");
	bool done = access(path, F_OK) == 0 &&
	    open_engine(work, true, &err) == ENGINE_OK &&
	    work->engine.state.names_server && !err.len;

	if (!done)
		engine_close(&work->engine);
	strbuf_release(&err);
	free(path);
	return done;
}

/*
 * tmux can be asked before the compose files are read where the state says
 * which server that is; then both happen at the same time.
 */
static int
open_all(struct work *work, struct strbuf *err)
{
	enum engine_status status = ENGINE_OK;
	struct state seen = { .files = STRVEC_INIT };
	int code;

	if (!try_early(work)) {
		load(work);
		if (work->load_code != EXIT_DONE)
			return work->load_code;
		if (work->team)
			state_set_files(&seen, &work->team->files);
		status = open_engine(work, false, err);
		if (status == ENGINE_OK)
			load_again(work, &seen);
		strvec_release(&seen.files);
	}
	if (status == ENGINE_OK && err->len) {
		cmd_warn("%s", err->buf);
		strbuf_reset(err);
	}
	if (status == ENGINE_OK)
		status = engine_observe(&work->engine, err);
	if (work->load_code != EXIT_DONE)
		return work->load_code;
	if (work->team)
		work->engine.max_parallel = work->team->max_parallel_starts;
	code = work_fail(status, err);
	if (status == ENGINE_FAILED && strstr(err->buf, "applied.json"))
		cmd_hint("mend the file, or move it away: running agents are "
		    "found without it");
	return code;
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

void
work_note_plan(struct work *work, size_t start, size_t stop, size_t keep)
{
	/* A command that has nothing to do changes no file. */
	journal_add_aside(&work->engine.journal, EVENT_PLAN_MADE, NULL, 0,
	    work->verb, json_pack("{s:I, s:I, s:I}", "start",
	    (json_int_t)start, "stop", (json_int_t)stop, "keep",
	    (json_int_t)keep));
}

static int
recover(struct work *work)
{
	bool only_try = !(work->flags & WORK_CHANGES) ||
	    work->options->dry_run;

	return cmd_recover(work->source.root, only_try ? -1 :
	    work->options->lock_timeout_ms, work_on_waiting, work);
}

int
work_open(struct work *work, const char *verb, unsigned flags,
    const struct work_options *options, int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct strbuf err = STRBUF_INIT;
	int code;

	memset(work, 0, sizeof(*work));
	work->verb = verb;
	work->flags = flags;
	work->is_all = argc == 0;
	work->options = options;
	work->argc = argc;
	work->argv = argv;
	engine_init(&work->engine);
	/* Work that has begun is done, whoever has stopped listening. */
	if (flags & WORK_CHANGES)
		signal(SIGPIPE, SIG_IGN);
	code = work_check_audit(options);
	if (code == EXIT_DONE)
		code = cmd_find_root(&work->source);
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
	strvec_release(&work->known);
	free(work->runs);
}

/* ---- checks before a start ---- */

static int
check_cwd(const struct spec *spec, struct diags *diags)
{
	struct stat st;
	struct diag *diag;

	if (spec->create_cwd || (stat(spec->cwd, &st) == 0 &&
	    S_ISDIR(st.st_mode)))
		return EXIT_DONE;
	diag = diag_error(diags, spec->cwd_pos, RULE_CWD_MISSING,
	    access(spec->cwd, F_OK) < 0 ? "the folder '%s' does not exist" :
	    "'%s' is no folder", spec->cwd);
	diag_hint(diag, "make it, or set 'create_cwd: true' on the project");
	return EXIT_INVALID;
}

/* Along the agent's own PATH when its environment sets one, else ours. */
static bool
has_binary(const struct spec *spec)
{
	const char *search = getenv("PATH");
	char *own = NULL, *found;
	const char *line = strstr(spec->env_text, "\nPATH=");

	if (line) {
		line += strlen("\nPATH=");
		search = own = xstrndup(line, strcspn(line, "\n"));
	}
	if (strchr(spec->binary, '/') && spec->binary[0] != '/')
		found = xasprintf("%s/%s", spec->cwd, spec->binary);
	else
		found = fs_which(spec->binary, search ? search : "");
	if (found && access(found, X_OK) < 0 && !spec->create_cwd) {
		free(found);
		found = NULL;
	}
	free(own);
	free(found);
	return found != NULL;
}

static int
check_binary(const struct spec *spec, struct strmap *told)
{
	if (!spec->binary || has_binary(spec))
		return EXIT_DONE;
	if (strmap_has(told, spec->binary))
		return EXIT_UNAVAILABLE;
	strmap_set(told, spec->binary, NULL);
	cmd_error("agent '%s' needs '%s', which %s", spec->id, spec->binary,
	    strchr(spec->binary, '/') ? "is no program that can be run" :
	    "is not on PATH");
	if (spec->package)
		cmd_hint("install it: %s", spec->package);
	return EXIT_UNAVAILABLE;
}

int
work_check(struct work *work, struct run **runs, size_t nr)
{
	struct diags diags = DIAGS_INIT;
	struct strmap told = STRMAP_INIT;
	struct strbuf text = STRBUF_INIT;
	int code = EXIT_DONE, invalid = EXIT_DONE;
	size_t i;

	(void)work;
	for (i = 0; i < nr; i++) {
		if (check_cwd(runs[i]->spec, &diags) != EXIT_DONE)
			invalid = EXIT_INVALID;
		if (check_binary(runs[i]->spec, &told) != EXIT_DONE)
			code = EXIT_UNAVAILABLE;
	}
	diags_print(&diags, &text);
	fputs(text.buf, stderr);
	strbuf_release(&text);
	diags_release(&diags);
	strmap_release(&told, NULL);
	return invalid != EXIT_DONE ? invalid : code;
}

bool
work_is_held(const struct run *run)
{
	return run->applied && run->applied->operation != OPERATION_ACTIVE &&
	    run->applied->operation != OPERATION_STOPPED;
}

bool
work_may_start(struct work *work, enum verb verb, struct run *run)
{
	struct operation_input input = {
		.operation = run->applied ? run->applied->operation :
		    OPERATION_ACTIVE,
		.is_known = run->applied,
		.is_frozen = run->applied && run->applied->frozen_at_ms,
		.is_alive = run->alive,
		.is_failed = true,
		.is_named = target_is_named(run->id, work->argc, work->argv),
	};
	struct verdict verdict = operation_decide(verb, &input);
	const char *name = situation_name(verdict.situation);

	if (verdict.situation == SITUATION_RUNNING ||
	    verdict.situation == SITUATION_ABSENT ||
	    verdict.effect != EFFECT_NONE)
		return true;
	if (verdict.decision == DECISION_REJECTED && input.is_named) {
		work_clear_progress(work);
		cmd_error("cannot %s '%s': it is %s", verb_name(verb),
		    run->id, name);
		cmd_hint("'teamctl %s %s' comes first",
		    situation_way_out(verdict.situation), run->id);
		work->nr_refused++;
		run->is_refused = true;
	} else {
		work_line(work, "%s \xc2\xb7 %s (left as it is: %s)",
		    verb_name(verb), run->id, name);
	}
	return false;
}

/* ---- doing ---- */

/* Whether every agent of the team is in the applied state now. */
static bool
is_complete(const struct work *work, struct run **runs, size_t nr)
{
	struct strmap starting = STRMAP_INIT;
	const struct applied *applied;
	bool complete = true;
	size_t i;

	for (i = 0; i < nr; i++)
		strmap_set(&starting, runs[i]->id, runs[i]);
	for (i = 0; complete && i < work->team->nr_agent; i++) {
		applied = state_find(&work->engine.state,
		    work->team->agents[i]->id);
		complete = (applied && !applied->gone) ||
		    strmap_has(&starting, work->team->agents[i]->id);
	}
	strmap_release(&starting, NULL);
	return complete;
}

static int
accept_trust(struct work *work)
{
	struct strvec added = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i;

	if (trust_team(work->team, &work->source, &added, &err) < 0)
		code = work_fail(ENGINE_FAILED, &err);
	for (i = 0; i < added.nr; i++)
		fprintf(stderr, "trust \xc2\xb7 auto-accepted Claude Code "
		    "workspace trust for %s\n", added.v[i]);
	strvec_release(&added);
	strbuf_release(&err);
	return code;
}

/* What the state is to say of the starts that come. */
static int
prepare_state(struct work *work, struct run **runs, size_t nr)
{
	struct state *state = &work->engine.state;
	int code = accept_trust(work);

	if (code != EXIT_DONE)
		return code;
	free(state->tmux_prefix);
	free(state->tmux_socket);
	free(state->tmux_server);
	state->tmux_server = xstrdup(work->engine.tmux.socket_path);
	state->tmux_prefix = xstrdup(work->team->tmux_prefix);
	state->tmux_socket = xstrdup_null(work->team->tmux_socket);
	strvec_release(&state->files);
	if (is_complete(work, runs, nr))
		state_set_files(state, &work->team->files);
	return EXIT_DONE;
}

static void
explain_failures(struct work *work, struct run **runs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (runs[i]->start == START_FAILED)
			work_explain_failure(work, runs[i]);
}

int
work_start(struct work *work, struct run **runs, size_t nr)
{
	struct strbuf err = STRBUF_INIT;
	int code = prepare_state(work, runs, nr);

	if (code != EXIT_DONE)
		return code;
	work_leave(work, runs, nr);
	code = work_fail(engine_start(&work->engine, runs, nr, &err), &err);
	if (code == EXIT_DONE)
		explain_failures(work, runs, nr);
	strbuf_release(&err);
	return code;
}

int
work_replace(struct work *work, struct run **runs, size_t nr, bool kill)
{
	struct engine_stop how = {
		.kill = kill,
		.timeout_ms = work->options->timeout_ms,
		.keep_session = true,
	};
	struct strbuf err = STRBUF_INIT;
	int code = prepare_state(work, runs, nr);

	if (code != EXIT_DONE)
		return code;
	work_leave(work, runs, nr);
	code = work_fail(engine_replace(&work->engine, runs, nr, &how, &err),
	    &err);
	if (code == EXIT_DONE)
		explain_failures(work, runs, nr);
	strbuf_release(&err);
	return code;
}

int
work_stop(struct work *work, struct run **runs, size_t nr, bool kill,
    bool keep_session)
{
	struct engine_stop how = {
		.kill = kill,
		.timeout_ms = work->options->timeout_ms,
		.keep_session = keep_session,
	};
	struct strbuf err = STRBUF_INIT;
	int code;

	code = work_fail(engine_stop(&work->engine, runs, nr, &how, &err),
	    &err);
	strbuf_release(&err);
	return code;
}

void
work_have(const struct run *run, const char *have[FP_NR])
{
	static const struct strvec none = STRVEC_INIT;
	const struct strvec *fp = run_is_starting(run) ? &none :
	    &run->record.fp;
	const char *name;
	size_t i, len;
	int f;

	for (f = 0; f < FP_NR; f++) {
		have[f] = run->applied ? run->applied->fp[f] : NULL;
		/* An update of these needs no new run, so no new record. */
		if (f >= FP_RESTART_NR && have[f])
			continue;
		name = fingerprint_name((enum fingerprint)f);
		len = strlen(name);
		for (i = 0; i < fp->nr; i++)
			if (str_starts(fp->v[i], name) && fp->v[i][len] == '=')
				have[f] = fp->v[i] + len + 1;
	}
}

int
work_exit_code(const struct work *work)
{
	if (work->engine.interrupts)
		return EXIT_INTERRUPTED;
	if (work->nr_failed || work->nr_kill_failed)
		return EXIT_FAILED;
	if (work->nr_killed && work->options->fail_on_kill)
		return EXIT_TIMEOUT;
	if (work->nr_refused)
		return EXIT_REFUSED;
	return EXIT_DONE;
}
