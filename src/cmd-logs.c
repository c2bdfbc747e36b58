/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs: what an agent's pane shows and has shown, as text.  The pane
 * of an agent that has ended is kept, so its last screen is there too.
 */
#include "follow.h"
#include "logs-kept.h"
#include "logstore.h"
#include "output.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ALL_LINES = 3000,    /* as the original */
	FOLLOW_LINES = 1000, /* history that a look compares */
	CLIENT_TIMEOUT_MS = 10 * 1000,
};

static struct logs_options {
	bool follow, json, plain;
	int64_t lines, since_ms;
	const char *run;
} options = { .lines = -1 };

static const struct opt opts[] = {
	{ 'f', "follow", OPT_FLAG, offsetof(struct logs_options, follow), NULL,
	    "go on with what is new until the agent ends" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct logs_options, lines), "N",
	    "only the last N lines" },
	{ 0, "run", OPT_STRING, offsetof(struct logs_options, run), "N",
	    "a run that is kept: -1 is the last but one" },
	{ 0, "since", OPT_DURATION, offsetof(struct logs_options, since_ms),
	    "DURATION", "only what was printed in the last so much time" },
	{ 0, "plain", OPT_FLAG, offsetof(struct logs_options, plain), NULL,
	    "without escape sequences" },
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
			follow_cut_epitaph(&look->text);
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

static int
follow_pane(struct view *view, const struct run *run, struct look *look)
{
	struct follow follow = FOLLOW_INIT;
	struct strbuf printed = STRBUF_INIT;
	int code = EXIT_DONE;

	follow_look(&follow, look->text.buf, true, &printed);
	strbuf_release(&printed);
	while (code == EXIT_DONE && !look->dead && !look->gone) {
		logs_nap();
		code = look_at(&view->engine.tmux, run->pane, FOLLOW_LINES,
		    look);
		if (code == EXIT_DONE && !look->gone)
			code = print_news(&follow, look);
	}
	if (code == EXIT_DONE)
		logs_tell_end(view, run->id);
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
			    jstring(lines.v[i]));
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

/* Of what is kept, when that is asked for or there is no pane to look at. */
static bool
wants_kept(const struct view *view, const char *id)
{
	const struct run *run = engine_find(&view->engine, id);

	if (options.run || options.since_ms)
		return true;
	if (options.follow)
		return run && run->applied && run->applied->logs.keep &&
		    logs_is_kept(view, id);
	return (!run || !run->present) && logs_is_kept(view, id);
}

static int
show_one(struct view *view, const char *id)
{
	const struct run *run;
	struct kept_wish wish = { id, options.run, options.since_ms,
		options.lines, options.follow, options.plain, options.json };

	if (wants_kept(view, id)) {
		/* Where the pane would be looked at it is text as well. */
		if (!options.run && !options.since_ms && !options.follow)
			wish.plain = true;
		return logs_kept(view, &wish);
	}
	run = view_present(view, id);
	if (run)
		return show(view, run);
	cmd_hint("'teamctl up %s' starts it", id);
	return EXIT_FAILED;
}

static int
run(int argc, char **argv)
{
	struct view view;
	const char *word;
	char *id = NULL;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_logs, "takes one TARGET: '%s'", argv[1]);
	if (options.follow && options.json)
		return cmd_usage(&cmd_logs, "--follow and --json exclude each "
		    "other");
	if (options.follow && options.run)
		return cmd_usage(&cmd_logs, "--follow and --run exclude each "
		    "other");
	code = view_open(&view);
	if (code == EXIT_DONE && !options.run && !options.since_ms)
		code = view_observe(&view);
	if (code == EXIT_DONE) {
		logstore_ids(view.source.root, &view.ids);
		word = targets_pick_one(&view.ids, argv[0], &code);
		id = xstrdup_null(word);
	}
	if (id)
		code = show_one(&view, id);
	free(id);
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
	    "attach to it.  What 'logs: { keep: N }'\nkeeps of its runs is "
	    "there for --run, --since and --follow, as it was printed.\n",
};
