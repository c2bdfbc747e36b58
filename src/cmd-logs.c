/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs: what an agent's pane shows and has shown, as text.  The pane
 * of an agent that has ended is kept, so its last screen is there too.
 */
#include "follow.h"
#include "os.h"
#include "output.h"
#include "proc.h"
#include "view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	ALL_LINES = 3000,    /* as the original */
	FOLLOW_LINES = 1000, /* history that a look compares */
	LOOK_MS = 250,
	CLIENT_TIMEOUT_MS = 10 * 1000,
};

static struct logs_options {
	bool follow, json;
	int64_t lines;
} options = { .lines = -1 };

static const struct opt opts[] = {
	{ 'f', "follow", OPT_FLAG, offsetof(struct logs_options, follow), NULL,
	    "go on with what is new until the agent ends" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct logs_options, lines), "N",
	    "only the last N lines" },
	{ 0, "json", OPT_FLAG, offsetof(struct logs_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* A look at a pane. */
struct look {
	bool gone; /* there is no such pane any more */
	bool dead; /* its process has ended */
	struct strbuf text;
};

/* tmux writes a line of its own on the last row of a dead pane. */
static void
cut_epitaph(struct strbuf *text)
{
	const char *last;

	strbuf_rtrim(text);
	last = strrchr(text->buf, '\n');
	last = last ? last + 1 : text->buf;
	if (str_starts(last, "Pane is dead ("))
		strbuf_setlen(text, (size_t)(last - text->buf));
	strbuf_rtrim(text);
	if (text->len)
		strbuf_addch(text, '\n');
}

/*
 * One client asks for both, so that the text of a dead pane is its last.  A
 * pane id is never used twice by a server.
 */
static int
look_at(const struct tmux *tmux, const char *pane, int64_t lines,
    struct look *look)
{
	struct proc_options how = { .timeout_ms = CLIENT_TIMEOUT_MS };
	struct proc_result result;
	struct strvec argv = STRVEC_INIT;
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	const char *const words[] = { "display-message", "-p", "-t", pane,
		"#{pane_dead}", ";", "capture-pane", "-pJ", "-t", pane, "-S" };
	size_t i;
	int code = EXIT_DONE;

	tmux_argv(tmux, &argv);
	for (i = 0; i < nitems(words); i++)
		strvec_push(&argv, words[i]);
	strvec_pushf(&argv, "-%lld", (long long)lines);
	proc_run(argv.v, &how, &out, &err, &result);
	strbuf_reset(&look->text);
	look->gone = result.spawned && result.exit_code == 1;
	if (!look->gone && (result.exit_code != 0 || out.len < 2)) {
		strbuf_rtrim(&err);
		cmd_error("tmux could not be asked: %s", err.buf);
		code = EXIT_FAILED;
	} else if (!look->gone) {
		look->dead = out.buf[0] == '1';
		strbuf_addstr(&look->text, out.buf + strcspn(out.buf, "\n") +
		    1);
		if (look->dead)
			cut_epitaph(&look->text);
	}
	strvec_release(&argv);
	strbuf_release(&out);
	strbuf_release(&err);
	return code;
}

static int
print_news(struct follow *follow, const struct look *look)
{
	struct strbuf text = STRBUF_INIT;

	follow_look(follow, look->text.buf, look->dead, &text);
	output_text(&text);
	strbuf_release(&text);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void
tell_end(struct view *view, const char *id)
{
	struct strbuf text = STRBUF_INIT;
	struct run *run = engine_find(&view->engine, id);

	if (globals.quiet)
		return;
	engine_read_record(&view->engine, run);
	record_describe(&run->record, &text);
	cmd_error("%s has ended: %s", id, text.buf);
	strbuf_release(&text);
}

static void
nap(void)
{
	struct timespec t = { .tv_nsec = LOOK_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* first: what has been printed already. */
static int
follow_pane(struct view *view, const struct run *run, struct look *look)
{
	struct follow follow = FOLLOW_INIT;
	struct strbuf printed = STRBUF_INIT;
	int code = EXIT_DONE;

	follow_look(&follow, look->text.buf, true, &printed);
	strbuf_release(&printed);
	while (code == EXIT_DONE && !look->dead && !look->gone) {
		nap();
		code = look_at(&view->engine.tmux, run->pane, FOLLOW_LINES,
		    look);
		if (code == EXIT_DONE && !look->gone)
			code = print_news(&follow, look);
	}
	if (code == EXIT_DONE)
		tell_end(view, run->id);
	follow_release(&follow);
	return code;
}

static void
print_lines(const struct run *run, const struct look *look)
{
	struct strvec lines = STRVEC_INIT;
	json_t *document, *array;
	size_t i = 0;

	follow_split(look->text.buf, &lines);
	if (options.lines >= 0 && lines.nr > (size_t)options.lines)
		i = lines.nr - (size_t)options.lines;
	if (options.json) {
		document = output_document();
		json_object_set_new(document, "agent", json_string(run->id));
		json_object_set_new(document, "ended",
		    json_boolean(look->dead));
		array = json_array();
		for (; i < lines.nr; i++)
			json_array_append_new(array,
			    output_json_string(lines.v[i]));
		json_object_set_new(document, "lines", array);
		output_json(document);
	}
	for (; i < lines.nr; i++)
		puts(lines.v[i]);
	fflush(stdout);
	strvec_release(&lines);
}

static int
show(struct view *view, const struct run *run)
{
	struct look look = { .text = STRBUF_INIT };
	int64_t lines = options.lines > ALL_LINES ? options.lines : ALL_LINES;
	int code;

	code = look_at(&view->engine.tmux, run->pane,
	    options.follow ? FOLLOW_LINES : lines, &look);
	if (code == EXIT_DONE && look.gone) {
		cmd_error("the pane of %s has gone", run->id);
		code = EXIT_FAILED;
	} else if (code == EXIT_DONE) {
		print_lines(run, &look);
		if (options.follow)
			code = follow_pane(view, run, &look);
	}
	strbuf_release(&look.text);
	return code;
}

static int
run(int argc, char **argv)
{
	const struct run *one;
	struct view view;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_logs, "takes one TARGET: '%s'", argv[1]);
	if (options.follow && options.json)
		return cmd_usage(&cmd_logs, "--follow and --json exclude each "
		    "other");
	one = view_one(&view, argv[0], &code);
	if (one)
		code = show(&view, one);
	view_close(&view);
	return code;
}

const struct cmd cmd_logs = {
	.name = "logs",
	.group = GROUP_LOOK,
	.flags = CMD_ONE_TARGET,
	.operands = "TARGET",
	.summary = "show what an agent has printed",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Shows the last 3000 lines of the agent's pane without "
	    "colours, also after the\nagent has ended.  For its colours, "
	    "attach to it.\n",
};
