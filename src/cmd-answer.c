/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl answer: answers the question that an agent has on its screen.  The
 * screen is read right before anything is typed, and after it until the
 * question has gone.  Nothing is ever typed twice.
 */
#include "output.h"
#include "os.h"
#include "sending.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAUSE_MS = 60, SELECT_MS = 3000, GONE_MS = 10000 };

static struct answer_options {
	struct work_options work; /* first: the shared rows are of it */
	bool use_default;
	const char *question_id;
	int64_t timeout_ms;
} options = { .timeout_ms = GONE_MS };

static const struct opt opts[] = {
	{ 0, "default", OPT_FLAG, offsetof(struct answer_options,
	    use_default), NULL, "what the question offers as its default" },
	{ 0, "question-id", OPT_STRING, offsetof(struct answer_options,
	    question_id), "ID", "only this question, as decisions shows it" },
	{ 't', "timeout", OPT_DURATION, offsetof(struct answer_options,
	    timeout_ms), "DURATION", "wait so long for it to go (10s)" },
	{ 0, "dry-run", OPT_FLAG, offsetof(struct work_options, dry_run), NULL,
	    "type nothing" },
	{ 0, "json", OPT_FLAG, offsetof(struct work_options, json), NULL,
	    "print a JSON document" },
	OPT_WHO,
	{ 0 },
};

/* One agent, its question and the answer. */
struct answering {
	struct sight sight;
	struct run *run;
	char id[DECISION_ID];
	char *question;
	int option;            /* from 0, or -1 */
	struct strbuf text;    /* else */
	struct decision_keys keys;
};

static const struct activity_verdict *
verdict_of(const struct answering *a)
{
	return sight_verdict(&a->sight, a->run);
}

static const char *
question_id(const struct answering *a)
{
	return observe_question_id(a->sight.observe, a->run->id);
}

static int
refuse(const struct answering *a, const char *why)
{
	cmd_error("%s: not answered: %s", a->run->id, why);
	return EXIT_REFUSED;
}

static int
read_question(struct answering *a)
{
	const struct activity_verdict *verdict = verdict_of(a);
	struct strbuf is = STRBUF_INIT;

	if (!a->run->present || !a->run->alive) {
		cmd_error("agent %s is not running", a->run->id);
		return EXIT_REFUSED;
	}
	if (verdict->activity != ACTIVITY_WAITING) {
		activity_add_text(&is, verdict->activity, verdict->kind);
		cmd_error("%s: not answered: it asks nothing, it is %s",
		    a->run->id, is.buf);
		strbuf_release(&is);
		return EXIT_REFUSED;
	}
	snprintf(a->id, sizeof(a->id), "%s", question_id(a));
	a->question = xstrdup_null(verdict->question);
	if (options.question_id && !str_eq(options.question_id, a->id)) {
		cmd_error("%s: not answered: its question is not %s but %s",
		    a->run->id, options.question_id, a->id);
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static int
choose_default(struct answering *a)
{
	const struct activity_verdict *verdict = verdict_of(a);

	if (verdict->default_option >= 0)
		a->option = verdict->default_option;
	else if (verdict->options.nr || verdict->kind == WAIT_QUESTION)
		return refuse(a, "its question shows no default");
	a->keys.enter = true;
	return EXIT_DONE;
}

/* The words behind the agent: an option, or the text of an answer. */
static int
choose(struct answering *a, int argc, char **argv)
{
	const struct activity_verdict *verdict = verdict_of(a);
	int i;

	if (options.use_default)
		return choose_default(a);
	for (i = 0; i < argc; i++)
		strbuf_addf(&a->text, "%s%s", i ? " " : "", argv[i]);
	if (verdict->options.nr == 0) {
		a->keys.enter = true;
		return sending_clean(&a->text);
	}
	a->option = decision_option(verdict, a->text.buf);
	if (a->option < 0) {
		cmd_error("%s: '%s' is none of its %zu answers", a->run->id,
		    a->text.buf, verdict->options.nr);
		cmd_hint("'teamctl decisions %s' shows them", a->run->id);
		return EXIT_USAGE;
	}
	decision_keys(verdict, a->option, &a->keys);
	return EXIT_DONE;
}

/* ---- typing */

static bool
run_script(struct answering *a, struct strbuf *script)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	bool ok = tmux_run(&a->sight.view.engine.tmux, script, false, &out,
	    &err) == TMUX_OK;

	if (!ok)
		cmd_error("%s: %s", a->run->id, *err.buf ? err.buf :
		    "its pane has gone");
	strbuf_release(script);
	strbuf_release(&out);
	strbuf_release(&err);
	return ok;
}

static bool
is_same_question(const struct answering *a)
{
	return a->run->alive && str_eq(question_id(a), a->id);
}

static bool
is_selected(const struct answering *a)
{
	return verdict_of(a)->default_option == a->option;
}

static bool
has_gone(const struct answering *a)
{
	return !is_same_question(a);
}

/* Looks until that is so; false: not in time. */
static bool
wait_until(struct answering *a, bool (*is_so)(const struct answering *),
    int64_t ms)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	struct mono end = mono_add_ms(os_now(), ms);

	for (;;) {
		sight_look(&a->sight, &a->run, 1);
		/* A screen that could not be had says nothing. */
		if ((a->run->screen || !a->run->alive) && is_so(a))
			return true;
		if (!mono_before(os_now(), end))
			return false;
		nanosleep(&pause, NULL);
	}
}

/* Brings the selection to the option, and makes sure that it is there. */
static int
select_option(struct answering *a)
{
	struct strbuf script = STRBUF_INIT;
	int i;

	if (!a->keys.moves)
		return EXIT_DONE;
	for (i = 0; i < a->keys.moves; i++)
		strbuf_addf(&script, "send-keys -t %s %s\nrun-shell -d 0.05\n",
		    a->run->pane, a->keys.move);
	if (!run_script(a, &script))
		return EXIT_REFUSED;
	if (!a->keys.is_visible)
		return EXIT_DONE;
	if (!wait_until(a, is_selected, SELECT_MS)) {
		cmd_error("%s: not answered: answer %d could not be selected",
		    a->run->id, a->option + 1);
		return EXIT_TIMEOUT;
	}
	return is_same_question(a) ? EXIT_DONE :
	    refuse(a, "its question has changed");
}

static int
type(struct answering *a)
{
	struct strbuf script = STRBUF_INIT;
	const char *text = a->keys.text ? a->keys.text : a->text.buf;
	int code = select_option(a);

	if (code != EXIT_DONE)
		return code;
	if (a->keys.text || (a->option < 0 && *text))
		sending_script_paste(&script, &a->run, 1, text);
	if (a->keys.enter)
		strbuf_addf(&script, "run-shell -d 0.1\nsend-keys -t %s "
		    "Enter\n", a->run->pane);
	if (!run_script(a, &script))
		return EXIT_REFUSED;
	if (wait_until(a, has_gone, options.timeout_ms))
		return EXIT_DONE;
	cmd_error("%s: answered, but its question is still there",
	    a->run->id);
	return EXIT_TIMEOUT;
}

/* ---- the whole */

static void
note(const struct answering *a)
{
	struct strvec ids = STRVEC_INIT;
	json_t *fields = decision_json(verdict_of(a), a->id);

	json_object_del(fields, "line");
	json_object_set_new(fields, "option", a->option < 0 ? json_null() :
	    json_integer(a->option + 1));
	if (options.work.by)
		json_object_set_new(fields, "claimed_by",
		    jstring(options.work.by));
	strvec_push(&ids, a->run->id);
	view_note(&a->sight.view, &ids, EVENT_DECISION_ANSWERED,
	    options.work.reason, fields);
	strvec_release(&ids);
}

static void
report(const struct answering *a, int code)
{
	json_t *document;

	if (!options.work.json) {
		if (code == EXIT_DONE)
			printf("answered · %s%s\n", a->run->id,
			    options.work.dry_run ? " (dry run)" : "");
		return;
	}
	document = output_document();
	json_object_set_new(document, "agent", json_string(a->run->id));
	json_object_set_new(document, "outcome", json_string(
	    code == EXIT_DONE ? options.work.dry_run ? "dry_run" : "answered" :
	    code == EXIT_TIMEOUT ? "unconfirmed" : "refused"));
	json_object_set_new(document, "question_id", *a->id ?
	    json_string(a->id) : json_null());
	json_object_set_new(document, "question",
	    jstring(a->question));
	json_object_set_new(document, "option", a->option < 0 ? json_null() :
	    json_integer(a->option + 1));
	output_json(document);
}

static int
answer(struct answering *a, int argc, char **argv)
{
	int code;

	if (!sight_claim(&a->sight, a->run))
		return refuse(a, "another command types into it");
	code = read_question(a);
	if (code == EXIT_DONE)
		code = choose(a, argc, argv);
	if (code != EXIT_DONE || options.work.dry_run)
		return code;
	note(a);
	return type(a);
}

static int
run(int argc, char **argv)
{
	struct answering a = { .option = -1, .text = STRBUF_INIT };
	int code;

	if (options.use_default ? argc != 1 : argc < 2)
		return cmd_usage(&cmd_answer, "needs AGENT and one of TEXT, "
		    "N and --default");
	code = sight_open(&a.sight, 1, argv);
	if (code == EXIT_DONE)
		code = work_check_audit(&options.work);
	if (code == EXIT_DONE)
		code = work_check_reason(a.sight.view.team, "answer",
		    &options.work);
	if (code == EXIT_DONE && a.sight.targets.ids.nr != 1) {
		code = cmd_usage(&cmd_answer, "'%s' is more than one agent",
		    argv[0]);
	} else if (code == EXIT_DONE) {
		a.run = a.sight.runs[0];
		code = answer(&a, argc - 1, argv + 1);
		if (code != EXIT_USAGE)
			report(&a, code);
	}
	sight_close(&a.sight);
	strbuf_release(&a.text);
	free(a.keys.text);
	free(a.question);
	return code;
}

const struct cmd cmd_answer = {
	.name = "answer",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET,
	.operands = "AGENT TEXT|N|--default",
	.summary = "answer the question that an agent has on its screen",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "'teamctl decisions' shows who asks what, and the answers "
	    "by their numbers.\n",
};
