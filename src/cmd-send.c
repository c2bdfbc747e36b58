/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl send: types text into agents' panes, as one bracketed paste, and
 * presses Enter.  The text reaches tmux through a file, never through argv.
 * Agents whose screens can be read are waited for and looked at: sending.h;
 * the others get it as they are.
 */
#include "output.h"
#include "sending.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 1 << 20 };

static struct send_options {
	struct work_options work; /* first: the shared rows are of it */
	bool no_enter, force;
	int64_t timeout_ms, turn_ms; /* -1: not given */
} options = { .timeout_ms = -1, .turn_ms = -1 };

static const struct opt opts[] = {
	{ 't', "timeout", OPT_DURATION,
	    offsetof(struct send_options, timeout_ms), "DURATION",
	    "wait so long until it takes input (30s)" },
	{ 0, "wait", OPT_MAYBE_DURATION, offsetof(struct send_options,
	    turn_ms), "DURATION", "wait for the end of the turn" },
	{ 0, "force", OPT_FLAG, offsetof(struct send_options, force), NULL,
	    "type at once, whatever the screen shows" },
	{ 0, "no-enter", OPT_FLAG, offsetof(struct send_options, no_enter),
	    NULL, "do not press Enter" },
	{ 0, "dry-run", OPT_FLAG, offsetof(struct work_options, dry_run), NULL,
	    "only list the agents" },
	{ 0, "json", OPT_FLAG, offsetof(struct work_options, json), NULL,
	    "print a JSON document" },
	OPT_WHO,
	{ 0 },
};

/* A text for some agents. */
struct send {
	struct sight sight;
	struct strbuf text;
	struct sending *all;   /* one for each of the sight's runs */
	bool *is_readable;     /* those of them that are waited for */
};

static int
read_stdin(struct strbuf *text)
{
	char block[4096];
	size_t len;

	while ((len = fread(block, 1, sizeof(block), stdin)) > 0) {
		strbuf_add(text, block, len);
		if (text->len > MAX_TEXT)
			break;
	}
	if (ferror(stdin)) {
		cmd_error("cannot read standard input");
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* The words behind the target, joined by blanks; "-" is standard input. */
static int
read_text(int argc, char **argv, struct strbuf *text)
{
	int code = EXIT_DONE, i;

	if (argc == 1 && strcmp(argv[0], "-") == 0)
		code = read_stdin(text);
	else {
		for (i = 0; i < argc; i++)
			strbuf_addf(text, "%s%s", i ? " " : "", argv[i]);
	}
	if (code == EXIT_DONE && text->len > MAX_TEXT) {
		cmd_error("the text is longer than %d bytes", MAX_TEXT);
		code = EXIT_FAILED;
	}
	return code == EXIT_DONE ? sending_clean(text) : code;
}

static struct sending_how
how_of(const struct send *send)
{
	enum { TIMEOUT_MS = 30000 };

	return (struct sending_how){ .text = send->text.buf,
		.no_enter = options.no_enter, .wait = options.turn_ms >= 0,
		.turn_ms = options.turn_ms,
		.is_patient = options.timeout_ms >= 0,
		.timeout_ms = options.timeout_ms >= 0 ? options.timeout_ms :
		    TIMEOUT_MS,
		.by = options.work.by, .reason = options.work.reason };
}

/* ---- agents that are any command */

/*
 * One script for all panes.  Programs that watch for pastes by time want a
 * pause before Enter; each pane prints its id when all went well.
 */
static void
build_script(const struct tmux *tmux, struct run *const *runs, size_t nr,
    const char *text, struct strbuf *script)
{
	enum { RUN_SHELL_DELAYS = 302 }; /* run-shell -d: tmux 3.2 */
	size_t i;

	sending_script_paste(script, runs, nr, text);
	if (!options.no_enter && tmux->version >= RUN_SHELL_DELAYS)
		strbuf_addstr(script, "run-shell -d 0.1\n");
	for (i = 0; i < nr; i++) {
		if (!options.no_enter)
			strbuf_addf(script, "send-keys -t %s Enter ; ",
			    runs[i]->pane);
		strbuf_addf(script, "display-message -p -t %s "
		    "'#{pane_id}'\n", runs[i]->pane);
	}
}

/* Is the pane's id a line of what tmux printed? */
static bool
was_reached(const char *out, const struct run *one)
{
	size_t len = strlen(one->pane);
	const char *at;

	for (at = out; (at = strstr(at, one->pane)); at++)
		if ((at == out || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void
type_blindly(struct send *send)
{
	struct run **runs = xcalloc(send->sight.targets.ids.nr,
	    sizeof(*runs));
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	const struct sending_how how = how_of(send);
	struct sending *one;
	size_t i, nr = 0;

	for (i = 0; i < send->sight.targets.ids.nr; i++)
		if (!send->is_readable[i] && send->all[i].outcome == SENT_OPEN)
			runs[nr++] = send->all[i].run;
	if (nr) {
		sending_note(&send->sight, runs, nr, &how);
		build_script(&send->sight.view.engine.tmux, runs, nr,
		    send->text.buf, &script);
		tmux_run(&send->sight.view.engine.tmux, &script, false, &out,
		    &err);
	}
	for (i = 0; nr && i < send->sight.targets.ids.nr; i++) {
		one = &send->all[i];
		if (!send->is_readable[i] && one->outcome == SENT_OPEN)
			one->outcome = was_reached(out.buf, one->run) ?
			    SENT_OK : SENT_GONE;
	}
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
	free(runs);
}

/* ---- those whose screens can be read */

static void
type_surely(struct send *send)
{
	const struct sending_how how = how_of(send);
	size_t i, nr = send->sight.targets.ids.nr;

	for (i = 0; i < nr; i++)
		if (!send->is_readable[i] ||
		    send->all[i].outcome != SENT_OPEN)
			send->all[i].phase = SENDING_OVER;
	sending_run(&send->sight, send->all, nr, &how);
}

/* ---- what became of it */

static const struct activity_verdict *
verdict_of(const struct send *send, const struct sending *one)
{
	return sight_verdict(&send->sight, one->run);
}

static int
code_of(const struct send *send, const struct sending *one)
{
	enum activity activity = verdict_of(send, one)->activity;

	switch (one->outcome) {
	case SENT_OK:
		if (one->has_ended && activity != ACTIVITY_IDLE)
			return activity == ACTIVITY_ERROR ? EXIT_FAILED :
			    EXIT_REFUSED;
		return options.turn_ms >= 0 && !options.work.dry_run &&
		    !one->has_ended ? EXIT_TIMEOUT : EXIT_DONE;
	case SENT_BUSY:
	case SENT_DIALOG:
	case SENT_LIMITED:
		return EXIT_REFUSED;
	case SENT_NOT_READY:
	case SENT_UNCONFIRMED:
		return EXIT_TIMEOUT;
	case SENT_OPEN:
	case SENT_GONE:
	case SENT_NR:
	default:
		return EXIT_FAILED;
	}
}

static void
complain(const struct sending *one)
{
	static const char *const why[] = {
		[SENT_OPEN] = "", [SENT_OK] = "",
		[SENT_BUSY] = "not sent: busy: a turn is under way, or "
		    "another command types into it",
		[SENT_DIALOG] = "not sent: it shows a dialog",
		[SENT_LIMITED] = "not sent: rate limited",
		[SENT_NOT_READY] = "not sent: not ready: no place for input "
		    "is to be seen",
		[SENT_GONE] = "not sent: gone: it has ended",
		[SENT_UNCONFIRMED] = "unconfirmed: typed, but no turn was "
		    "seen to begin",
	};

	_Static_assert(nitems(why) == SENT_NR, "an outcome without a text");
	cmd_error("%s: %s", one->run->id, why[one->outcome]);
	if (one->outcome == SENT_DIALOG)
		cmd_hint("'teamctl decisions %s' shows what it asks",
		    one->run->id);
	if (one->outcome == SENT_NOT_READY)
		cmd_hint("'--force' types at once, whatever the screen shows");
}

static void
print_question(const struct activity_verdict *verdict)
{
	struct strbuf out = STRBUF_INIT;
	size_t i;

	strbuf_addstr(&out, "  ");
	strbuf_addsafe(&out, verdict->question ? verdict->question : "");
	strbuf_addch(&out, '\n');
	for (i = 0; i < verdict->options.nr; i++) {
		strbuf_addf(&out, "  %zu. ", i + 1);
		strbuf_addsafe(&out, verdict->options.v[i]);
		strbuf_addch(&out, '\n');
	}
	output_text(&out);
	strbuf_release(&out);
}

static void
print_one(const struct send *send, const struct sending *one)
{
	const struct activity_verdict *verdict = verdict_of(send, one);
	struct strbuf is = STRBUF_INIT;

	if (one->outcome != SENT_OK)
		return;
	if (one->has_ended && verdict->activity != ACTIVITY_IDLE) {
		activity_add_text(&is, verdict->activity, verdict->kind);
		printf("sent · %s, then: %s\n", one->run->id, is.buf);
		if (verdict->activity == ACTIVITY_WAITING)
			print_question(verdict);
	} else {
		printf("sent · %s%s\n", one->run->id,
		    options.work.dry_run ? " (dry run)" : "");
	}
	if (options.turn_ms >= 0 && !options.work.dry_run && !one->has_ended)
		cmd_error("%s: its turn has not ended in time", one->run->id);
	strbuf_release(&is);
}

static json_t *
json_of(const struct send *send, size_t i)
{
	const struct sending *one = &send->all[i];
	json_t *object = json_object();

	json_object_set_new(object, "agent", json_string(one->run->id));
	json_object_set_new(object, "outcome", json_string(
	    options.work.dry_run && one->outcome == SENT_OK ? "dry_run" :
	    sent_name(one->outcome)));
	json_object_set_new(object, "confirmed", json_boolean(
	    send->is_readable[i] && one->outcome == SENT_OK && one->enters));
	json_object_set_new(object, "enters", json_integer(one->enters));
	json_object_set_new(object, "turn_ended", options.turn_ms < 0 ?
	    json_null() : json_boolean(one->has_ended));
	json_object_update_new(object, activity_json(verdict_of(send, one)));
	return object;
}

/* What is said of the one agent stands at the top, too. */
static void
print_json(const struct send *send)
{
	json_t *document = output_document(), *agents = json_array();
	size_t i;

	for (i = 0; i < send->sight.targets.ids.nr; i++)
		json_array_append_new(agents, json_of(send, i));
	if (json_array_size(agents) == 1)
		json_object_update(document, json_array_get(agents, 0));
	json_object_set_new(document, "agents", agents);
	output_json(document);
}

/* The code that all failures have in common, else 1. */
static int
report(const struct send *send)
{
	int code = EXIT_DONE, its;
	bool has_absent = false;
	size_t i;

	if (options.work.json)
		print_json(send);
	for (i = 0; i < send->sight.targets.ids.nr; i++) {
		const struct sending *one = &send->all[i];

		its = code_of(send, one);
		if (!options.work.json)
			print_one(send, one);
		if (!one->run->present)
			has_absent = true;
		else if (one->outcome != SENT_OK)
			complain(one);
		if (its != EXIT_DONE)
			code = code == EXIT_DONE || code == its ? its :
			    EXIT_FAILED;
	}
	if (has_absent)
		cmd_hint("'teamctl up' starts what does not run");
	return code;
}

/* ---- the whole */

/* Who is there, and who is waited for.  EXIT_DONE, or why not. */
static int
sort_out(struct send *send)
{
	struct sight *sight = &send->sight;
	size_t i, nr = sight->targets.ids.nr;
	struct run *one;

	send->all = xcalloc(nr, sizeof(*send->all));
	send->is_readable = xcalloc(nr, sizeof(*send->is_readable));
	for (i = 0; i < nr; i++) {
		one = send->all[i].run = sight->runs[i];
		send->is_readable[i] = !options.force &&
		    sending_is_readable(sight_runtime(sight, one));
		if (options.turn_ms >= 0 && !send->is_readable[i])
			return cmd_usage(&cmd_send, "--wait needs an agent "
			    "whose screen can be read: %s", one->id);
		if (!view_present(&sight->view, one->id) || !one->alive)
			send->all[i].outcome = SENT_GONE;
		else if (options.work.dry_run)
			send->all[i].outcome = SENT_OK;
	}
	return EXIT_DONE;
}

static void
send_release(struct send *send)
{
	size_t i;

	for (i = 0; send->all && i < send->sight.targets.ids.nr; i++)
		sending_release(&send->all[i]);
	free(send->all);
	free(send->is_readable);
	strbuf_release(&send->text);
	sight_close(&send->sight);
}

static int
run(int argc, char **argv)
{
	struct send send = { .text = STRBUF_INIT };
	int code;

	if (argc < 2)
		return cmd_usage(&cmd_send, "needs TARGET TEXT");
	if (options.turn_ms >= 0 && (options.no_enter || options.force))
		return cmd_usage(&cmd_send, "--wait goes neither with "
		    "--no-enter nor with --force");
	code = read_text(argc - 1, argv + 1, &send.text);
	if (code != EXIT_DONE) {
		strbuf_release(&send.text);
		return code;
	}
	code = sight_pick(&send.sight, 1, argv);
	if (code == EXIT_DONE)
		code = work_check_audit(&options.work);
	if (code == EXIT_DONE)
		code = work_check_reason(send.sight.view.team, "send",
		    &options.work);
	if (code == EXIT_DONE)
		code = sort_out(&send);
	if (code == EXIT_DONE) {
		type_blindly(&send);
		type_surely(&send);
		code = report(&send);
	}
	send_release(&send);
	return code;
}

const struct cmd cmd_send = {
	.name = "send",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET,
	.operands = "TARGET TEXT...|-",
	.summary = "type text into agents, and make sure that it arrives",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "TARGET may be a project or a pattern: the text goes to "
	    "all of them.  With -\nthe text is read from standard input.\n"
	    "Text that begins with a dash needs -- before it.\n",
};
