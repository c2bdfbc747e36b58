/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl add: an agent more, from a manifest, while the team runs.  Parsed,
 * validated in its team, registered, started and committed: wholly, or not at
 * all.
 */
#include "addition.h"
#include "dynamic.h"
#include "fs.h"
#include "manifest.h"
#include "output.h"
#include "rules.h"
#include "waiting.h"
#include "work.h"
#include "yaml-write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct add_options {
	struct work_options work; /* first: the shared rows are of it */
	const char *manifest, *project;
	const char *by, *reason;
	bool json, wait, no_wait;
	int64_t wait_timeout_ms;
} options = { .work = WORK_OPTIONS_INIT, .wait_timeout_ms = 120 * 1000 };

#define AT(member) offsetof(struct add_options, member)

static const struct opt opts[] = {
	{ 'f', "manifest", OPT_STRING, AT(manifest), "FILE",
	    "the agent's manifest; - is standard input" },
	{ 'p', "project", OPT_STRING, AT(project), "PROJECT",
	    "the project it comes to" },
	OPT_DRY_RUN,
	{ 0, "json", OPT_FLAG, AT(json), NULL, "print a JSON document" },
	{ 0, "by", OPT_STRING, AT(by), "NAME",
	    "who wants it, to be recorded beside the login name" },
	{ 0, "reason", OPT_STRING, AT(reason), "TEXT",
	    "why, to be recorded" },
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

/* What is to be added; there is one. */
static struct {
	struct candidate candidate;
	struct strbuf text; /* of the manifest */
	struct strbuf kept; /* the same in canonical form */
	char *id;
	struct strvec ids;  /* of its replicas, or the id */
	bool is_there;      /* the same has been added already */
	bool is_undone;
} addition = { .text = STRBUF_INIT, .kept = STRBUF_INIT };

/* ---- reading ---- */

static int
read_stdin(struct strbuf *err)
{
	char buf[65536];
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n > 0)
			strbuf_add(&addition.text, buf, (size_t)n);
	} while ((n > 0 && addition.text.len <= MANIFEST_MAX) ||
	    (n < 0 && errno == EINTR));
	if (n < 0)
		strbuf_addf(err, "cannot read standard input: %s",
		    strerror(errno));
	else if (addition.text.len > MANIFEST_MAX)
		strbuf_addf(err, "standard input is larger than %d bytes",
		    MANIFEST_MAX);
	return err->len ? -1 : 0;
}

static int
read_manifest(void)
{
	struct strbuf err = STRBUF_INIT;
	bool is_stdin = str_eq(options.manifest, "-");
	int code = EXIT_DONE;

	if (is_stdin ? read_stdin(&err) < 0 : fs_read(options.manifest,
	    MANIFEST_MAX, &addition.text, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_INVALID;
	}
	addition.candidate = (struct candidate){
		.file = is_stdin ? "stdin" : options.manifest,
		.text = addition.text.buf,
		.len = addition.text.len,
		.project = options.project,
	};
	strbuf_release(&err);
	return code;
}

/* ---- checking ---- */

static int
check_project(const struct team *team)
{
	const char **names;
	const char *nearest;
	size_t i;

	if (!options.project)
		return EXIT_DONE;
	names = xcalloc(team->nr_project, sizeof(*names));
	for (i = 0; i < team->nr_project; i++) {
		names[i] = team->projects[i]->id;
		if (str_eq(names[i], options.project))
			break;
	}
	if (i == team->nr_project) {
		cmd_error("no such project: %s", options.project);
		nearest = str_nearest(options.project, names, i);
		if (nearest)
			cmd_hint("did you mean '%s'?", nearest);
	}
	free(names);
	return i < team->nr_project ? EXIT_DONE : EXIT_NO_AGENT;
}

/* Nothing is wrong with it but that its name is taken. */
static bool
is_clash(const struct diags *diags)
{
	size_t i;

	for (i = 0; i < diags->nr; i++)
		if (diags->d[i].level == DIAG_ERROR &&
		    !str_eq(diags->d[i].rule, RULE_AGENT_DUPLICATE) &&
		    !str_eq(diags->d[i].rule, RULE_SESSION_COLLISION))
			return false;
	return diags->nr_error > 0;
}

static void
collect_ids(const struct team *team)
{
	const struct agent *agent;
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		agent = team->agents[i];
		if (str_eq(agent->replica_of ? agent->replica_of : agent->id,
		    addition.id))
			strvec_push(&addition.ids, agent->id);
	}
}

/* Whether it is what has been added already; else an exit code. */
static int
compare(const char *root)
{
	struct strbuf there = STRBUF_INIT, err = STRBUF_INIT;
	int found = dynamic_read(root, addition.id, &there, &err);
	int code = EXIT_DONE;

	addition.is_there = found > 0 && str_eq(there.buf, addition.kept.buf);
	if (found < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else if (found && !addition.is_there) {
		cmd_error("agent '%s' has been added already, from another "
		    "manifest", addition.id);
		cmd_hint("'teamctl remove %s' comes first", addition.id);
		code = EXIT_REFUSED;
	}
	strbuf_release(&there);
	strbuf_release(&err);
	return code;
}

static int
take(const struct team *team, const char *root)
{
	const struct manifest *manifest = team->added;

	addition.id = xasprintf("%s:%s", team->added_to->id,
	    manifest->name->text);
	if (manifest_write(manifest, team->added_to->id, &addition.kept) < 0) {
		cmd_error("the manifest is too long: its aliases stand for "
		    "more than %d bytes", YAML_WRITE_MAX);
		return EXIT_INVALID;
	}
	collect_ids(team);
	return compare(root);
}

static int
report(struct diags *diags)
{
	struct strbuf text = STRBUF_INIT;

	diags_keep(diags, globals.quiet ? DIAG_ERROR : DIAG_WARNING);
	diags_print(diags, &text);
	fputs(text.buf, stderr);
	strbuf_release(&text);
	if (!diags->nr_error)
		return EXIT_DONE;
	cmd_error("'%s' cannot be added", addition.id ? addition.id :
	    addition.candidate.file);
	return is_clash(diags) ? EXIT_REFUSED : EXIT_INVALID;
}

/* Before anything is locked or written: the team with it is looked at. */
static int
check(void)
{
	struct diags diags = DIAGS_INIT;
	struct source source;
	struct team *team = NULL;
	int code;

	cmd_set_candidate(&addition.candidate);
	code = cmd_find_root(&source);
	if (code == EXIT_DONE)
		team = compose_load(&source, &diags);
	if (team) {
		validate(team, &source, &diags);
		code = check_project(team);
		if (code == EXIT_DONE && team->added)
			code = take(team, source.root);
	}
	if (code == EXIT_DONE && !addition.is_there)
		code = report(&diags);
	compose_free(team);
	diags_release(&diags);
	return code;
}

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

	if (options.json || addition.is_undone)
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
	json_t *fields = json_object(), *ids = json_array();
	size_t i;

	for (i = 0; i < addition.ids.nr; i++)
		json_array_append_new(ids, json_string(addition.ids.v[i]));
	json_object_set_new(fields, "agents", ids);
	if (options.by)
		json_object_set_new(fields, "claimed_by",
		    json_string(options.by));
	engine_note_with(&work->engine, kind, engine_run(&work->engine,
	    addition.id), options.reason, fields);
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

/* Secrets that are missing and the like, which render has told already. */
static int
check_specs(struct work *work)
{
	const struct run *run;
	size_t i;

	for (i = 0; i < addition.ids.nr; i++) {
		run = engine_find(&work->engine, addition.ids.v[i]);
		if (!run || !run->spec || !run->spec->error)
			continue;
		cmd_error("'%s' cannot be added", addition.id);
		return EXIT_REFUSED;
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
	addition.is_undone = true;
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
	    addition.kept.buf, options.reason, &err), &err);
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
		code = work_check(work, runs, nr);
	for (i = 0; code == EXIT_DONE && options.work.dry_run &&
	    !options.json && i < nr; i++)
		work_line(work, "%s \xc2\xb7 %s (dry run)",
		    is_ours(runs[i]->id) ? "added  " : "up", runs[i]->id);
	if (code == EXIT_DONE && !options.work.dry_run)
		code = start(work, runs, nr);
	free(runs);
	return code;
}

/* ---- the answer ---- */

static json_t *
result_json(const struct work *work, const char *id)
{
	const struct run *run = engine_find(&work->engine, id);
	json_t *object = json_object();

	json_object_set_new(object, "agent", json_string(id));
	json_object_set_new(object, "operation_before",
	    addition.is_there ? json_string("active") : json_null());
	json_object_set_new(object, "operation_after", json_string("active"));
	json_object_set_new(object, "generation", run && run->generation ?
	    json_integer(run->generation) : json_null());
	json_object_set_new(object, "attempt", run && run->generation ?
	    json_integer(run_attempt(run)) : json_null());
	json_object_set_new(object, "decision", json_string(
	    addition.is_there ? "unchanged" : "started_immediately"));
	json_object_set_new(object, "idempotent",
	    json_boolean(addition.is_there));
	json_object_set_new(object, "cancel_delivered", json_false());
	json_object_set_new(object, "message", run && run->wait ?
	    json_string(run->wait) : json_null());
	return object;
}

static void
print_json(const struct work *work)
{
	json_t *document = output_document(), *results = json_array();
	size_t i;

	for (i = 0; i < addition.ids.nr; i++)
		json_array_append_new(results, result_json(work,
		    addition.ids.v[i]));
	json_object_set_new(document, "verb", json_string("add"));
	json_object_set_new(document, "dry_run",
	    json_boolean(options.work.dry_run));
	json_object_set_new(document, "id", json_string(addition.id));
	json_object_set_new(document, "manifest",
	    json_string(addition.kept.buf));
	json_object_set_new(document, "results", results);
	output_json(document);
}

static int
wait_for(const struct strvec *ids)
{
	struct view view;
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = waiting_run(&view, ids, WAIT_WELL,
		    options.wait_timeout_ms);
	view_close(&view);
	return code;
}

static int
carry_out(void)
{
	struct work work;
	int code;

	if (addition.is_there)
		cmd_set_candidate(NULL);
	code = work_open(&work, "add", addition.is_there ? 0 : WORK_CHANGES |
	    WORK_WITH_NEEDS, &options.work, (int)addition.ids.nr,
	    addition.ids.v);
	work.print = print;
	if (code == EXIT_DONE && !addition.is_there)
		code = add(&work);
	else if (code == EXIT_DONE && !options.json)
		work_line(&work, "added   \xc2\xb7 %s (already added)",
		    addition.id);
	if (code == EXIT_DONE && options.json)
		print_json(&work);
	work_close(&work);
	cmd_set_candidate(NULL);
	if (code == EXIT_DONE && options.wait && !options.work.dry_run)
		code = wait_for(&addition.ids);
	return code;
}

static int
run(int argc, char **argv)
{
	int code;

	(void)argc;
	(void)argv;
	if (!options.manifest)
		return cmd_usage(&cmd_add, "needs -f FILE");
	if (options.wait && options.no_wait)
		return cmd_usage(&cmd_add, "--wait or --no-wait, not both");
	code = read_manifest();
	if (code == EXIT_DONE)
		code = check();
	if (code == EXIT_DONE)
		code = carry_out();
	strbuf_release(&addition.text);
	strbuf_release(&addition.kept);
	strvec_release(&addition.ids);
	free(addition.id);
	return code;
}

const struct cmd cmd_add = {
	.name = "add",
	.group = GROUP_LIFE,
	.summary = "add an agent to the team, and start it",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "The manifest is YAML or JSON: 'name: NAME' and the keys of "
	    "an agent, or an\nagent as it stands in a compose file; "
	    "teamctl-compose(5), MANIFEST KEYS.\n",
};
