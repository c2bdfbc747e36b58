/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl add: an agent more, from a manifest, while the team runs.  Parsed,
 * validated in its team, registered, started and committed: wholly, or not at
 * all.
 */
#include "adding.h"
#include "addition.h"
#include "command.h"
#include "dynamic.h"
#include "jstring.h"
#include "os.h"
#include "output.h"
#include "view.h"
#include "waiting.h"
#include "work.h"

#include <stdlib.h>

static struct add_options {
	struct work_options work; /* first: the shared rows are of it */
	const char *manifest, *project;
	bool wait, no_wait;
	int64_t wait_timeout_ms;
} options = { .work = WORK_OPTIONS_INIT, .wait_timeout_ms = 120 * 1000 };

#define AT(member) offsetof(struct add_options, member)

static const struct opt opts[] = {
	{ 'f', "manifest", OPT_STRING, AT(manifest), "FILE",
	    "the agent's manifest; - is standard input" },
	{ 'p', "project", OPT_STRING, AT(project), "PROJECT",
	    "the project it comes to" },
	OPT_AUDIT,
	{ 0, "no-supervise", OPT_FLAG,
	    offsetof(struct work_options, no_supervise), NULL,
	    "do not start a supervisor with it" },
	{ 'w', "wait", OPT_FLAG, AT(wait), NULL,
	    "return when it is ready, and healthy" },
	{ 0, "no-wait", OPT_FLAG, AT(no_wait), NULL,
	    "return when it has started (the default)" },
	{ 0, "wait-timeout", OPT_DURATION, AT(wait_timeout_ms), "DURATION",
	    "exit 5 when --wait takes longer (2m)" },
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

#undef AT

static struct adding addition; /* there is one */
static struct command *command;
static bool is_begun, is_undone;

/* ---- doing ---- */

static bool
is_ours(const char *id)
{
	size_t i;

	for (i = 0; i < addition.ids.nr; i++)
		if (str_eq(addition.ids.v[i], id))
			return true;
	return false;
}

static void
print(struct work *work, const struct run *run)
{
	struct strbuf line = STRBUF_INIT;

	if (options.work.json || is_undone)
		return;
	strbuf_addf(&line, "%s \xc2\xb7 %s%s", is_ours(run->id) ?
	    "added  " : "up", run->id, work_conversation(run));
	if (run->start == START_FAILED)
		strbuf_addf(&line, " [failed: %s]", run->error);
	else if (run->start == START_LEFT)
		strbuf_addf(&line, " [%s]", run->wait);
	work_line(work, "%s", line.buf);
	strbuf_release(&line);
}

/* Journals a phase, durably. */
static void
note(struct work *work, enum event_kind kind)
{
	json_t *ids = json_array();
	size_t i;

	for (i = 0; i < addition.ids.nr; i++)
		json_array_append_new(ids, json_string(addition.ids.v[i]));
	engine_note_with(&work->engine, kind, engine_run(&work->engine,
	    addition.id), options.work.reason, json_pack("{s:o}", "agents",
	    ids));
	engine_flush_journal(&work->engine);
}

/* Those that are to be started: its own, and what they depend on. */
static size_t
collect_starts(struct work *work, struct run **start)
{
	size_t i, nr = 0;

	for (i = 0; i < work->nr; i++)
		if (work->runs[i]->spec && (!work->runs[i]->alive ||
		    run_is_starting(work->runs[i])))
			start[nr++] = work->runs[i];
	return nr;
}

/*
 * Secrets that are missing and the like, which render has told already; and
 * what runs although it is not in the team, or not any more.
 */
static int
check_specs(struct work *work)
{
	const struct run *run;
	size_t i;

	for (i = 0; i < addition.ids.nr; i++) {
		run = engine_find(&work->engine, addition.ids.v[i]);
		if (run->spec->error) {
			cmd_error("'%s' cannot be added", addition.id);
			return EXIT_REFUSED;
		}
		if (run->present) {
			cmd_error("'%s' cannot be added: an agent of that "
			    "name runs", run->id);
			cmd_hint("'teamctl down %s' comes first", run->id);
			return EXIT_REFUSED;
		}
	}
	return EXIT_DONE;
}

static bool
has_started(const struct run *run)
{
	return run->start == START_RUNNING || run->start == START_SETTLED ||
	    run->start == START_DONE || run->start == START_LEFT;
}

/* One of its own that does not run, or NULL. */
static const struct run *
find_failed(struct work *work)
{
	const struct run *run;
	size_t i;

	for (i = 0; i < addition.ids.nr; i++) {
		run = engine_find(&work->engine, addition.ids.v[i]);
		if (!has_started(run))
			return run;
	}
	return NULL;
}

static int
undo(struct work *work, const char *why)
{
	struct strbuf err = STRBUF_INIT;
	enum engine_status status;

	work_clear_progress(work);
	is_undone = true;
	status = addition_undo(&work->engine, addition.id, &addition.ids,
	    why, &err);
	if (status != ENGINE_OK)
		cmd_error("%s", err.buf);
	cmd_error("'%s' was not added: %s", addition.id, why);
	strbuf_release(&err);
	return work->engine.interrupts ? EXIT_INTERRUPTED : EXIT_FAILED;
}

static int
commit(struct work *work)
{
	struct state *state = &work->engine.state;
	struct strbuf err = STRBUF_INIT;
	int code;

	code = work_fail(addition_commit(&work->engine, addition.id,
	    addition.kept.buf, options.work.reason, &err), &err);
	/* The folder is another one than before the start. */
	if (code == EXIT_DONE && state->files.nr) {
		state_set_files(state, &work->team->files);
		if (engine_save(&work->engine, &err) < 0)
			code = work_fail(ENGINE_FAILED, &err);
	}
	strbuf_release(&err);
	return code;
}

static int
start(struct work *work, struct run **runs, size_t nr)
{
	struct strbuf err = STRBUF_INIT;
	const struct run *failed;
	int code = EXIT_DONE;

	is_begun = true;
	note(work, EVENT_ADD_VALIDATED);
	if (dynamic_begin(work->source.root, addition.id, &addition.ids,
	    &err) < 0)
		code = work_fail(ENGINE_FAILED, &err);
	strbuf_release(&err);
	if (code != EXIT_DONE)
		return code;
	note(work, EVENT_ADD_REGISTERED);
	work_want_supervisor(work);
	code = work_start(work, runs, nr);
	if (code != EXIT_DONE) {
		undo(work, "it could not be started");
		return code;
	}
	failed = find_failed(work);
	if (failed)
		return undo(work, failed->error ? failed->error :
		    work->engine.interrupts ? "interrupted" :
		    "it did not start");
	note(work, EVENT_ADD_STARTED);
	code = commit(work);
	engine_flush_trailer(&work->engine);
	return code;
}

static int
add(struct work *work)
{
	struct run **runs = xcalloc(work->nr, sizeof(struct run *));
	size_t i, nr = collect_starts(work, runs);
	int code = check_specs(work);

	if (code == EXIT_DONE)
		code = work_check(runs, nr);
	for (i = 0; code == EXIT_DONE && options.work.dry_run &&
	    !options.work.json && i < nr; i++)
		work_line(work, "%s \xc2\xb7 %s (dry run)",
		    is_ours(runs[i]->id) ? "added  " : "up", runs[i]->id);
	if (code == EXIT_DONE && !options.work.dry_run)
		code = start(work, runs, nr);
	free(runs);
	return code;
}

/* ---- the command, for the record and the answer ---- */

static struct verdict
decide(const struct run *run)
{
	struct operation_input input = {
		.operation = run->applied ? run->applied->operation :
		    OPERATION_ACTIVE,
		.is_known = run->applied,
		.is_alive = run->alive,
	};
	struct verdict verdict = operation_decide(VERB_ADD, &input);

	if (addition.is_there) {
		verdict.decision = DECISION_UNCHANGED;
		verdict.after = input.operation;
		verdict.idempotent = true;
	}
	return verdict;
}

/* False: there is nothing to be done, *code says how to end. */
static bool
begin_command(struct work *work, int *code)
{
	char user[128];
	const struct operate_request request = {
		.verb = VERB_ADD,
		.name = "add",
		.ids = &addition.ids,
		.by = user,
		.claimed_by = options.work.by,
		.reason = options.work.reason,
		.command_id = options.work.command_id,
		.dry_run = options.work.dry_run,
	};
	struct run *run;
	size_t i;

	*code = work_check_reason(work->team, "add", &options.work);
	if (*code != EXIT_DONE)
		return false;
	os_user_name(user, sizeof(user));
	if (work_replay(work->engine.root, &request, options.work.json, code))
		return false;
	command = command_new(&request);
	command->more = json_pack("{s:o, s:o}", "id", jstring(addition.id),
	    "manifest", jstring(addition.kept.buf));
	for (i = 0; i < addition.ids.nr; i++) {
		run = engine_run(&work->engine, addition.ids.v[i]);
		command->items[command->nr++] = (struct item){
			.command = command,
			.id = xstrdup(run->id),
			.verdict = decide(run),
			.before = run->applied ? run->applied->operation :
			    OPERATION_ACTIVE,
			.was_alive = run->alive,
		};
	}
	for (i = 0; i < work->engine.nr; i++)
		work->engine.runs[i]->cause = &command->cause;
	return true;
}

/* Why nothing was begun. */
static const char *
refusal_of(const struct run *run)
{
	const char *why = run->spec && run->spec->error ? run->spec->error :
	    cmd_first_error();

	return why ? why : "it cannot be added";
}

/* The run that it acts on is the one that it has started. */
static void
end_command(struct work *work, int code)
{
	const struct run *run;
	struct item *item;
	size_t i;

	for (i = 0; i < command->nr; i++) {
		item = &command->items[i];
		run = engine_find(&work->engine, item->id);
		item->is_over = true;
		item->end = code == EXIT_DONE ? ITEM_DONE : ITEM_FAILED;
		item->start_failed = run->start == START_FAILED;
		if (has_started(run))
			item->conversation = run_conversation_news(run);
		item->generation = run->generation;
		item->attempt = run->applied ? run_attempt(run) : 1;
		if (code != EXIT_DONE && !is_begun) {
			item->verdict.decision = DECISION_REJECTED;
			item->text = xstrdup(refusal_of(run));
		} else if (run->wait || run->error) {
			item->text = xstrdup(run->error ? run->error :
			    run->wait);
		}
	}
}

/* With the team open: does it, and tells how it went. */
static int
carry_out(struct work *work)
{
	bool is_recorded = !options.work.dry_run;
	struct strbuf err = STRBUF_INIT;
	int code;

	if (!begin_command(work, &code))
		return code;
	if (is_recorded)
		command_note_begin(&work->engine, command);
	if (!addition.is_there)
		code = add(work);
	else if (!options.work.json)
		work_line(work, "added   \xc2\xb7 %s (already added)",
		    addition.id);
	end_command(work, code);
	command->exit_code = code;
	if (is_recorded)
		command_note_end(&work->engine, command);
	if (is_recorded && command_keep(work->engine.root, command, &err) < 0)
		cmd_warn("%s", err.buf);
	strbuf_release(&err);
	if (options.work.json)
		output_json(operate_reply(command));
	return code;
}

/* ---- where no command was begun ---- */

static bool
is_rejection(int code)
{
	return !options.work.dry_run && !command && (code == EXIT_INVALID ||
	    code == EXIT_NO_AGENT || code == EXIT_REFUSED);
}

/* That somebody wanted it, and why nothing came of it, is on record, too. */
static void
note_rejected(void)
{
	const char *why = cmd_first_error();
	json_t *fields = json_pack("{s:s, s:s}", "verb", "add", "result",
	    "rejected");
	struct view view;

	json_object_set_new(fields, "why", jstring(why ? why :
	    "it cannot be added"));
	json_object_set_new(fields, "manifest",
	    jstring(addition.candidate.file));
	if (options.work.by)
		json_object_set_new(fields, "claimed_by",
		    jstring(options.work.by));
	cmd_set_candidate(NULL);
	if (view_open(&view) == EXIT_DONE)
		view_note_team(&view, EVENT_ADD_REJECTED, options.work.reason,
		    fields);
	else
		json_decref(fields);
	view_close(&view);
}

/* ---- the command line ---- */

static int
open_and_add(void)
{
	struct work work;
	int code;

	if (addition.is_there)
		cmd_set_candidate(NULL);
	code = work_open(&work, "add", WORK_CHANGES | WORK_WITH_NEEDS,
	    &options.work, (int)addition.ids.nr, addition.ids.v);
	work.print = print;
	if (code == EXIT_DONE)
		code = carry_out(&work);
	work_close(&work);
	/* While we waited for the lock the very same was added? */
	if (code == EXIT_INVALID && !addition.is_there) {
		code = adding_check(&addition);
		if (code == EXIT_DONE)
			return addition.is_there ? open_and_add() :
			    EXIT_INVALID;
	}
	cmd_set_candidate(NULL);
	if (code == EXIT_DONE && options.wait && !options.work.dry_run)
		code = waiting_well(&addition.ids, options.wait_timeout_ms);
	return code;
}

static int
run(int argc, char **argv)
{
	struct source source;
	int code;

	(void)argc;
	(void)argv;
	if (!options.manifest)
		return cmd_usage(&cmd_add, "needs -f FILE");
	if (options.wait && options.no_wait)
		return cmd_usage(&cmd_add, "--wait or --no-wait, not both");
	code = work_check_audit(&options.work);
	if (code == EXIT_DONE)
		code = cmd_find_root(&source);
	if (code != EXIT_DONE)
		return code;
	code = adding_read(&addition, options.manifest, options.project);
	if (code == EXIT_DONE)
		code = adding_check(&addition);
	if (code == EXIT_DONE)
		code = open_and_add();
	if (is_rejection(code))
		note_rejected();
	if (command)
		command_free(command);
	adding_release(&addition);
	return code;
}

const struct cmd cmd_add = {
	.name = "add",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES,
	.summary = "add an agent to the team, and start it",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "The manifest is YAML or JSON: 'name: NAME' and the keys of "
	    "an agent, or an\nagent as it stands in a compose file; "
	    "teamctl-compose(5), MANIFEST KEYS.\n",
};
