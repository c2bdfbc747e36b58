/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl scale: how many of an agent there are.  The numbers are kept until
 * they are changed again, and only the difference is started or stopped.
 */
#include "operate.h"
#include "output.h"
#include "scale.h"
#include "slots.h"
#include "units.h"
#include "view.h"
#include "work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_REPLICAS = 1000 };

/* Instead of a number: what the compose file says. */
#define AS_TEXT "default"

static struct work_options options = WORK_OPTIONS_INIT;
static struct strvec words; /* the operands */

static const struct opt opts[] = {
	OPT_AUDIT,
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "kill those too many, without asking them to stop" },
	OPT_TIMEOUT,
	OPT_FAIL_ON_KILL,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

/* The id that a word means: P:A, or an A that only one project has. */
static const char *
find_id(const struct team *team, const char *word)
{
	const char *id, *found = NULL;
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		id = compose_text_id(team->agents[i]);
		if (!str_eq(strchr(word, ':') ? id : strchr(id, ':') + 1,
		    word) || (found && str_eq(found, id)))
			continue;
		if (found) {
			cmd_error("agent '%s' is ambiguous: %s, %s", word,
			    found, id);
			return NULL;
		}
		found = id;
	}
	if (!found) {
		cmd_error("no such agent: %s", word);
		cmd_hint("'teamctl config' shows all agents");
	}
	return found;
}

static int
parse(const char *operand, const struct team *team,
    struct slots_change *change)
{
	const char *equals = strrchr(operand, '=');
	char *word;
	int64_t n;

	if (equals && str_eq(equals + 1, AS_TEXT))
		n = 0;
	else if (!equals || units_parse_int(equals + 1, &n) < 0)
		return cmd_usage(&cmd_scale, "'%s' is not AGENT=NUMBER",
		    operand);
	else if (n < 1 || n > MAX_REPLICAS)
		return cmd_usage(&cmd_scale, "'%s': from 1 to %d", operand,
		    MAX_REPLICAS);
	word = xstrndup(operand, (size_t)(equals - operand));
	change->wanted = (int)n;
	change->id = find_id(team, word);
	free(word);
	return change->id ? EXIT_DONE : EXIT_NO_AGENT;
}

static void
collect_slots(const struct view *view, struct slots_change *change)
{
	const struct team *team = view->team;
	const struct run *run;
	struct slot *slot;
	size_t i;

	change->slots = xcalloc(team->nr_agent, sizeof(*change->slots));
	for (i = 0; i < team->nr_agent; i++) {
		if (!str_eq(compose_text_id(team->agents[i]), change->id))
			continue;
		slot = &change->slots[change->nr_slot++];
		slot->agent = team->agents[i];
		run = engine_find(&view->engine, slot->agent->id);
		slot->is_idle = !run || !run->alive;
	}
}

static char *
slot_id(const struct slots_change *change, int number)
{
	return xasprintf("%s-%d", change->id, number);
}

/* Adds the ids that come, and those that go. */
static void
list_difference(const struct view *view, const struct slots_change *change,
    struct strvec *come, struct strvec *go)
{
	size_t i, j;
	char *id;

	for (i = 0; i < change->nr; i++) {
		for (j = 0; j < change->nr_slot; j++)
			if (change->slots[j].agent->slot ==
			    change->numbers[i])
				break;
		if (j < change->nr_slot)
			continue;
		id = slot_id(change, change->numbers[i]);
		strvec_push(come, id);
		free(id);
	}
	if (slots_is_plain(change))
		strvec_push(come, change->id);
	/* Of what was never applied there is nothing to be stopped. */
	for (j = 0; j < change->nr_slot; j++)
		if (!slots_is_kept(change, change->slots[j].agent) &&
		    engine_find(&view->engine, change->slots[j].agent->id))
			strvec_push(go, change->slots[j].agent->id);
}

static int
record(struct scale_file *file, struct slots_change *changes, size_t nr)
{
	struct strbuf err = STRBUF_INIT;
	size_t i;
	int code = EXIT_DONE;

	for (i = 0; i < nr; i++) {
		if (!changes[i].is_change)
			continue;
		slots_forget_if_as_text(&changes[i]);
		scale_put(file, changes[i].id, changes[i].numbers,
		    changes[i].nr);
	}
	if (scale_save(file, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

static void
print(struct work *work, const struct run *run)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s \xc2\xb7 %s",
	    run->spec ? "added  " : "removed", run->id);
	if (run->start == START_NONE)
		work_add_outcome(&line, run);
	if (run->start == START_FAILED)
		strbuf_addf(&line, " [failed: %s]", run->error);
	work_line(work, "%s", line.buf);
	strbuf_release(&line);
}

/* Those that come are started only where the team runs. */
static int
apply(struct work *work, bool is_team_up)
{
	struct run **come = xcalloc(work->nr, sizeof(struct run *));
	struct run **go = xcalloc(work->nr, sizeof(struct run *));
	struct strbuf err = STRBUF_INIT;
	size_t i, nr_come = 0, nr_go = 0;
	int code;

	for (i = 0; i < work->nr; i++) {
		if (!work->runs[i]->spec)
			go[nr_go++] = work->runs[i];
		else if (is_team_up)
			come[nr_come++] = work->runs[i];
	}
	code = work_check(come, nr_come);
	if (code == EXIT_DONE && nr_go)
		code = work_stop(work, go, nr_go, options.now, false);
	for (i = 0; code == EXIT_DONE && i < nr_go; i++)
		if (!go[i]->survivors.nr)
			engine_forget(&work->engine, go[i]);
	if (code == EXIT_DONE && nr_come && !work->engine.interrupts)
		code = work_start(work, come, nr_come);
	else /* who only looks has to read the compose files again */
		strvec_release(&work->engine.state.files);
	if (code == EXIT_DONE && work->engine.state.exists &&
	    engine_save(&work->engine, &err) < 0)
		code = work_fail(ENGINE_FAILED, &err);
	strbuf_release(&err);
	free(come);
	free(go);
	return code;
}

static void
note(struct work *work, const struct slots_change *changes, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (changes[i].is_change)
			journal_add(&work->engine.journal,
			    changes[i].nr_slot < (size_t)changes[i].wanted ?
			    EVENT_SCALED_UP : EVENT_SCALED_DOWN,
			    changes[i].id, 0, NULL, json_pack("{s:I, s:i}",
			    "from", (json_int_t)changes[i].nr_slot, "to",
			    changes[i].wanted));
}

static void
undo(const struct scale_file *file, const struct slots_change *changes,
    size_t nr)
{
	struct strvec ids = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nr; i++)
		if (changes[i].is_change)
			strvec_push(&ids, changes[i].id);
	if (scale_undo(file, &ids, &err) < 0)
		cmd_error("%s", err.buf);
	strvec_release(&ids);
	strbuf_release(&err);
}

/* What has been recorded is the team now: opens it anew. */
static int
carry_out(struct scale_file *file, struct strvec *ids, bool is_team_up,
    const struct slots_change *changes, size_t nr)
{
	struct work work;
	int code;

	code = work_open(&work, "scale", WORK_CHANGES, &options,
	    (int)ids->nr, ids->v);
	strvec_release(&work.words);
	strvec_pushall(&work.words, &words);
	if (code == EXIT_DONE && work_begin(&work, &code)) {
		work.print = print;
		note(&work, changes, nr);
		code = apply(&work, is_team_up);
		if (code == EXIT_DONE && !is_team_up)
			work_line(&work, "scale: recorded; 'teamctl up' "
			    "starts them");
		else if (code == EXIT_DONE)
			work_summary(&work);
		if (code == EXIT_DONE)
			code = work_exit_code(&work);
		code = work_end(&work, code);
	} else if (code != EXIT_DONE) {
		undo(file, changes, nr);
	}
	work_close(&work);
	return code;
}

/* As it is known again by its id. */
static struct operate_request
request_of(void)
{
	static const struct strvec none = STRVEC_INIT;

	return (struct operate_request){
		.verb = VERB_NR,
		.name = "scale",
		.ids = &none,
		.words = &words,
		.command_id = options.command_id,
		.dry_run = options.dry_run,
	};
}

static json_t *
document_of(const struct strvec *come, const struct strvec *go)
{
	json_t *document = output_document();

	json_object_set_new(document, "verb", json_string("scale"));
	json_object_set_new(document, "dry_run",
	    json_boolean(options.dry_run));
	json_object_set_new(document, "added", jstrings(come));
	json_object_set_new(document, "removed", jstrings(go));
	return document;
}

/* Who repeats it may find other numbers, which are to be left alone. */
static int
keep(const struct strvec *come, const struct strvec *go)
{
	const struct operate_request request = request_of();
	json_t *document = document_of(come, go);
	struct work work;
	int code = work_open(&work, "scale", WORK_CHANGES, &options, 0, NULL);

	if (code == EXIT_DONE)
		work_keep(work.source.root, &request, document);
	work_close(&work);
	json_decref(document);
	return code;
}

static void
print_dry(const struct strvec *come, const struct strvec *go)
{
	struct work work = { .options = &options };
	size_t i;

	if (options.json)
		output_json(document_of(come, go));
	for (i = 0; i < go->nr; i++)
		work_line(&work, "removed \xc2\xb7 %s (dry run)", go->v[i]);
	for (i = 0; i < come->nr; i++)
		work_line(&work, "added   \xc2\xb7 %s (dry run)", come->v[i]);
}

static bool
is_up(const struct view *view)
{
	size_t i;

	for (i = 0; i < view->engine.nr; i++)
		if (view->engine.runs[i]->alive)
			return true;
	return false;
}

/* may_record: else *is_unclaimed says that there is something to record. */
static int
scale(const struct view *view, struct slots_change *changes, size_t nr,
    bool may_record, bool *is_unclaimed)
{
	struct strvec come = STRVEC_INIT, go = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	struct scale_file file = { 0 };
	int code = EXIT_DONE;
	bool any = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		collect_slots(view, &changes[i]);
		slots_choose(&changes[i]);
		list_difference(view, &changes[i], &come, &go);
		any |= changes[i].is_change;
	}
	if (!any || options.dry_run) {
		if (may_record && options.command_id && !options.dry_run)
			code = keep(&come, &go);
		print_dry(&come, &go);
	} else if (!may_record) {
		*is_unclaimed = true;
	} else if (state_prepare(view->source.root, &err) < 0 ||
	    scale_open(&file, view->source.root, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else {
		code = record(&file, changes, nr);
		strvec_pushall(&come, &go);
		if (code == EXIT_DONE)
			code = carry_out(&file, &come, is_up(view), changes,
			    nr);
	}
	if (!any)
		cmd_hint("there are as many already");
	scale_close(&file);
	strvec_release(&come);
	strvec_release(&go);
	strbuf_release(&err);
	return code;
}

/*
 * *lock: -1 where nothing is to be changed, or there is no state folder to have
 * it in; is_first: which is made then.
 */
static int
claim(bool is_first, int *lock)
{
	struct strbuf err = STRBUF_INIT;
	struct source source;
	int code = cmd_find_root(&source);

	*lock = -1;
	if (code != EXIT_DONE || options.dry_run)
		return code;
	if (is_first && state_prepare(source.root, &err) < 0)
		errno = EIO;
	else
		*lock = scale_claim(source.root, options.lock_timeout_ms >= 0 ?
		    options.lock_timeout_ms : engine_patience_ms(source.root),
		    work_on_waiting, &err);
	if (*lock < 0 && (is_first || errno != ENOENT)) {
		code = errno == EAGAIN ? EXIT_REFUSED : EXIT_FAILED;
		cmd_error("%s", err.buf);
	}
	strbuf_release(&err);
	return code;
}

/* A look at the team, and what follows from it. */
static int
look_and_scale(int argc, char **argv, bool may_record, bool *is_unclaimed)
{
	struct slots_change *changes = xcalloc((size_t)argc, sizeof(*changes));
	const struct operate_request request = request_of();
	struct view view = { .is_open = false };
	bool is_told = false;
	int i, code = view_open(&view);

	if (code == EXIT_DONE)
		code = work_check_audit(&options);
	if (code == EXIT_DONE)
		code = work_check_reason(view.team, "scale", &options);
	if (code == EXIT_DONE && !view.team) {
		cmd_error("the compose file cannot be read");
		cmd_hint("'teamctl validate' says what is wrong");
		code = EXIT_INVALID;
	}
	for (i = 0; code == EXIT_DONE && i < argc; i++)
		code = parse(argv[i], view.team, &changes[i]);
	if (code == EXIT_DONE && !work_replay(view.source.root, &request,
	    options.json, &code))
		code = view_observe(&view);
	else
		is_told = true;
	if (code == EXIT_DONE && !is_told)
		code = scale(&view, changes, (size_t)argc, may_record,
		    is_unclaimed);
	view_close(&view);
	for (i = 0; i < argc; i++) {
		free(changes[i].slots);
		free(changes[i].numbers);
	}
	free(changes);
	return code;
}

static int
run(int argc, char **argv)
{
	bool is_unclaimed = false;
	int i, code, lock;

	if (argc == 0)
		return cmd_usage(&cmd_scale, "needs AGENT=NUMBER");
	for (i = 0; i < argc; i++)
		strvec_push(&words, argv[i]);
	code = claim(false, &lock);
	if (code == EXIT_DONE)
		code = look_and_scale(argc, argv, lock >= 0, &is_unclaimed);
	if (code == EXIT_DONE && is_unclaimed)
		code = claim(true, &lock);
	/* What was seen without the lock may have changed since. */
	if (code == EXIT_DONE && is_unclaimed)
		code = look_and_scale(argc, argv, true, &is_unclaimed);
	if (lock >= 0)
		close(lock);
	strvec_release(&words);
	return code;
}

const struct cmd cmd_scale = {
	.name = "scale",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_ONE_TARGET,
	.operands = "AGENT=NUMBER|AGENT=" AS_TEXT " ...",
	.summary = "have so many of an agent, from now on",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Of those too many, those go first that do not run, then "
	    "those with the highest\nnumbers.  An agent of which there was "
	    "one goes, and AGENT-1 and so on come;\nAGENT=" AS_TEXT
	    " is back to what the compose file says.\n",
};
