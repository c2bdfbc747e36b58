/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl send: types text into agents' panes, as one bracketed paste, and
 * presses Enter.  The text reaches tmux through a file, never through argv.
 */
#include "output.h"
#include "view.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 1 << 20 };

static struct send_options {
	struct work_options work; /* first: the shared rows are of it */
	bool no_enter;
} options;

static const struct opt opts[] = {
	{ 0, "no-enter", OPT_FLAG, offsetof(struct send_options, no_enter),
	    NULL, "do not press Enter" },
	{ 0, "dry-run", OPT_FLAG, offsetof(struct work_options, dry_run), NULL,
	    "only list the agents" },
	OPT_WHO,
	{ 0 },
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

/*
 * What a paste may hold: anything else could end the bracketed paste early
 * and act as keys.  CR LF becomes LF; newlines at the end are dropped.
 */
static int
clean_text(struct strbuf *text)
{
	size_t i, len = 0;
	unsigned char c;

	for (i = 0; i < text->len; i++) {
		c = (unsigned char)text->buf[i];
		if (c == '\r' && text->buf[i + 1] == '\n')
			continue;
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
			cmd_error("the text holds a control character, "
			    "byte %zu: 0x%02x", i + 1, c);
			return EXIT_FAILED;
		}
		text->buf[len++] = (char)c;
	}
	while (len > 0 && text->buf[len - 1] == '\n')
		len--;
	strbuf_setlen(text, len);
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
	return code == EXIT_DONE ? clean_text(text) : code;
}

/* Those that run; the others are named. */
static size_t
collect_runs(const struct view *view, const struct targets *targets,
    const struct run **runs)
{
	const struct run *one;
	size_t i, nr = 0;

	for (i = 0; i < targets->ids.nr; i++) {
		one = view_present(view, targets->ids.v[i]);
		if (one && !one->alive)
			cmd_error("agent %s has ended", one->id);
		else if (one)
			runs[nr++] = one;
	}
	if (nr < targets->ids.nr)
		cmd_hint("'teamctl up' starts what does not run");
	return nr;
}

/*
 * One script for all panes.  Programs that watch for pastes by time want a
 * pause before Enter; each pane prints its id when all went well.
 */
static void
build_script(const struct tmux *tmux, const struct run **runs, size_t nr,
    const char *text, struct strbuf *script)
{
	enum { RUN_SHELL_DELAYS = 302 }; /* run-shell -d: tmux 3.2 */
	long pid = (long)getpid();
	size_t i;

	if (*text) {
		strbuf_addf(script, "set-buffer -b teamctl-%ld -- ", pid);
		tmux_quote(script, text);
		strbuf_addch(script, '\n');
	}
	for (i = 0; i < nr; i++) {
		if (runs[i]->in_mode)
			strbuf_addf(script, "copy-mode -q -t %s\n",
			    runs[i]->pane);
		if (*text)
			strbuf_addf(script, "paste-buffer -p -r -b "
			    "teamctl-%ld -t %s\n", pid, runs[i]->pane);
	}
	if (*text)
		strbuf_addf(script, "delete-buffer -b teamctl-%ld\n", pid);
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

static void
split_lines(const char *text, struct strvec *lines)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		strvec_take(lines, xstrndup(text, len));
	}
}

/* Is the pane's id a line of what tmux printed? */
static bool
was_reached(const struct strvec *lines, const struct run *one)
{
	return options.work.dry_run || strvec_has(lines, one->pane);
}

static size_t
report(const struct run **runs, size_t nr, const struct strvec *reached,
    const char *err)
{
	size_t i, sent = 0;

	for (i = 0; i < nr; i++) {
		if (!was_reached(reached, runs[i])) {
			cmd_error("%s: not sent: %s", runs[i]->id,
			    *err ? err : "its pane has gone");
			continue;
		}
		printf("sent · %s%s\n", runs[i]->id,
		    options.work.dry_run ? " (dry run)" : "");
		sent++;
	}
	return sent;
}

/* That it was, and how much; the text is nobody else's business. */
static void
note(const struct view *view, const struct run **runs, size_t nr,
    const struct strbuf *text)
{
	struct strvec ids = STRVEC_INIT;
	size_t i;

	for (i = 0; i < nr; i++)
		strvec_push(&ids, runs[i]->id);
	view_note(view, &ids, EVENT_SENT, options.work.reason,
	    json_pack("{s:I, s:b, s:o*}", "bytes", (json_int_t)text->len,
	    "enter", !options.no_enter, "claimed_by", options.work.by ?
	    output_json_string(options.work.by) : NULL));
	strvec_release(&ids);
}

static int
type_text(struct view *view, const struct targets *targets,
    const struct strbuf *text)
{
	const struct run **runs = xcalloc(targets->ids.nr, sizeof(*runs));
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	struct strvec reached = STRVEC_INIT;
	size_t nr = collect_runs(view, targets, runs), sent;

	if (nr > 0 && !options.work.dry_run) {
		note(view, runs, nr, text);
		build_script(&view->engine.tmux, runs, nr, text->buf,
		    &script);
		tmux_run(&view->engine.tmux, &script, false, &out, &err);
		strbuf_rtrim(&err);
	}
	split_lines(out.buf, &reached);
	sent = report(runs, nr, &reached, err.buf);
	strvec_release(&reached);
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
	free(runs);
	return sent == targets->ids.nr ? EXIT_DONE : EXIT_FAILED;
}

static int
run(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct strbuf text = STRBUF_INIT;
	struct view view;
	int code;

	if (argc < 2)
		return cmd_usage(&cmd_send, "needs TARGET TEXT");
	code = view_open(&view);
	if (code == EXIT_DONE)
		code = work_check_audit(&options.work);
	if (code == EXIT_DONE)
		code = work_check_reason(view.team, "send", &options.work);
	if (code == EXIT_DONE)
		code = read_text(argc - 1, argv + 1, &text);
	if (code == EXIT_DONE)
		code = view_observe(&view);
	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, 1, argv);
	if (code == EXIT_DONE)
		code = type_text(&view, &targets, &text);
	targets_release(&targets);
	strbuf_release(&text);
	view_close(&view);
	return code;
}

const struct cmd cmd_send = {
	.name = "send",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET,
	.operands = "TARGET TEXT...|-",
	.summary = "type text into agents and press Enter",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "TARGET may be a project or a pattern: the text goes to "
	    "all of them.  With -\nthe text is read from standard input.\n"
	    "Text that begins with a dash needs -- before it.\n",
};
