/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h.  Here: what is checked before a start, and starts and stops.
 */
#include "work.h"

#include "fs.h"
#include "os.h"
#include "rules.h"
#include "trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
work_check(struct run **runs, size_t nr)
{
	struct diags diags = DIAGS_INIT;
	struct strmap told = STRMAP_INIT;
	int code = EXIT_DONE, invalid = EXIT_DONE, refused = EXIT_DONE;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (check_cwd(runs[i]->spec, &diags) != EXIT_DONE)
			invalid = EXIT_INVALID;
		if (check_binary(runs[i]->spec, &told) != EXIT_DONE)
			code = EXIT_UNAVAILABLE;
		if (runs[i]->alive && runs[i]->spec->error) {
			cmd_error("'%s' runs and could not be started again: "
			    "nothing is done", runs[i]->id);
			refused = EXIT_REFUSED;
		}
	}
	cmd_findings(&diags);
	diags_release(&diags);
	strmap_release(&told, NULL);
	if (invalid != EXIT_DONE)
		return invalid;
	return code != EXIT_DONE ? code : refused;
}

bool
work_is_held(const struct run *run)
{
	return run->applied && run->applied->operation != OPERATION_ACTIVE &&
	    run->applied->operation != OPERATION_STOPPED;
}

int
work_keep_running(struct work *work)
{
	struct strbuf err = STRBUF_INIT;
	bool any = false, adopts = false;
	int code = EXIT_DONE;
	struct run *run;
	size_t i;

	for (i = 0; i < work->nr; i++) {
		run = work->runs[i];
		adopts = adopts || engine_can_adopt(run);
		if (!run->spec || !run->alive || !run->applied ||
		    run->applied->operation != OPERATION_STOPPED)
			continue;
		run->applied->operation = OPERATION_ACTIVE;
		any = true;
	}
	if ((adopts && engine_adopt(&work->engine, work->runs, work->nr,
	    &err) < 0) || ((any || adopts) &&
	    engine_save(&work->engine, &err) < 0))
		code = work_fail(ENGINE_FAILED, &err);
	strbuf_release(&err);
	return code;
}

bool
work_may_start(struct work *work, enum verb verb, struct run *run,
    const char *outdated)
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
		work_line(work, "%s \xc2\xb7 %s (left as it is: %s%s%s)",
		    verb_name(verb), run->id, name,
		    *outdated ? ", outdated: " : "", outdated);
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
	size_t i;

	if (code != EXIT_DONE)
		return code;
	free(state->tmux_prefix);
	free(state->tmux_socket);
	free(state->tmux_server);
	state->tmux_server = xstrdup(work->engine.tmux.socket_path);
	state->tmux_prefix = xstrdup(work->team->tmux_prefix);
	state->tmux_socket = xstrdup_null(work->team->tmux_socket);
	strvec_release(&state->order);
	for (i = 0; i < work->team->nr_agent; i++)
		strvec_push(&state->order, work->team->agents[i]->id);
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

/* Whose line was to come at the start, which a Ctrl-C has forestalled. */
static void
tell_unstarted(struct work *work, struct run **runs, size_t nr)
{
	size_t i;

	work->is_cut = work->engine.interrupts > 0;
	for (i = 0; work->is_cut && i < nr; i++) {
		if (!runs[i]->spec || runs[i]->start != START_NONE ||
		    runs[i]->drain.outcome == DRAIN_KILL_FAILED)
			continue;
		work->nr_unstarted++;
		work->print(work, runs[i]);
	}
}

/* Their ends are no failures of theirs, and they are wanted still. */
static void
note_unstarted(struct work *work, struct run **runs, size_t nr)
{
	struct strbuf err = STRBUF_INIT;
	struct applied *applied;
	bool any = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		applied = runs[i]->applied;
		if (!runs[i]->is_asked || runs[i]->alive || !applied ||
		    applied->generation != runs[i]->record.generation)
			continue;
		applied->asked = applied->generation;
		any = true;
	}
	if (any && engine_save(&work->engine, &err) < 0)
		cmd_warn("%s", err.buf);
	strbuf_release(&err);
}

/* What has been stopped could not be started again on a full disk. */
static int
check_room(struct work *work)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	if (state_try(&work->engine.state, os_wall_ms(), &err) < 0) {
		cmd_error("%s: nothing is done", err.buf);
		code = EXIT_FAILED;
	}
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
	int code = check_room(work);

	if (code == EXIT_DONE)
		code = prepare_state(work, runs, nr);
	if (code != EXIT_DONE)
		return code;
	work_leave(work, runs, nr);
	code = work_fail(engine_replace(&work->engine, runs, nr, &how, &err),
	    &err);
	if (code == EXIT_DONE) {
		explain_failures(work, runs, nr);
		tell_unstarted(work, runs, nr);
		note_unstarted(work, runs, nr);
	}
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
work_fail(enum engine_status status, const struct strbuf *err)
{
	if (status == ENGINE_OK)
		return EXIT_DONE;
	cmd_error("%s", err->len ? err->buf : "failed");
	if (status == ENGINE_FAILED && strstr(err->buf, "applied.json:"))
		cmd_hint("mend the file, or move it away: running agents are "
		    "found without it");
	else if (status == ENGINE_FAILED && strstr(err->buf, "applied.json"))
		cmd_hint("what is wanted of the agents is not recorded: say "
		    "it again when the file can be read and written");
	if (status == ENGINE_LOCKED)
		return EXIT_REFUSED;
	return status == ENGINE_UNAVAILABLE ? EXIT_UNAVAILABLE : EXIT_FAILED;
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
