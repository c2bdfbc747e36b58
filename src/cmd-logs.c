/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs: what the panes of agents show and have shown, as text.  The
 * pane of an agent that has ended is kept, so its last screen is there too.
 */
#include "follow.h"
#include "logs-kept.h"
#include "logs-pane.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ALL_LINES = 3000,    /* as the original */
	FOLLOW_LINES = 1000, /* history that a look compares */
	NAP_MS = 250,
	BUSY_NAP_MS = 20,
};

static struct logs_options {
	bool follow, json, plain;
	int64_t lines, since_ms;
	const char *run;
} options = { .lines = -1 };

static const struct opt opts[] = {
	{ 'f', "follow", OPT_FLAG, offsetof(struct logs_options, follow), NULL,
	    "go on with what is new until the agents end" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct logs_options, lines), "N",
	    "only the last N lines of each agent" },
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

/* An agent whose log is shown: what is kept of it, or else its pane. */
struct agent_log {
	const char *id;
	struct logs_out out;
	bool is_kept;
	bool is_over; /* nothing is to come, or it cannot be shown */
	struct kept kept;
	struct pane_look look;
	struct follow follow;
};

struct show {
	struct view view;
	struct targets targets;
	struct agent_log *logs;
	size_t nr;
	struct pane_look **looks; /* room for as many */
	json_t *documents;        /* of each with --json */
	bool has_failed;          /* one could not be followed any further */
};

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

static void
init_kept(struct show *show, struct agent_log *log)
{
	struct kept_wish wish = { log->id, options.run, options.since_ms,
		options.lines, options.follow,
		options.plain || options.json || show->targets.ids.nr > 1 };

	/* Where the pane would be looked at it is text as well. */
	if (!options.run && !options.since_ms && !options.follow)
		wish.plain = true;
	kept_init(&log->kept, &show->view, &wish);
}

/*
 * Adds it, unless there is nothing to show of it.  Of one alone of which
 * nothing is kept, kept_begin says so.
 */
static void
add_log(struct show *show, const char *id)
{
	const struct run *run = engine_find(&show->view.engine, id);
	struct agent_log *log = &show->logs[show->nr];
	bool is_kept = wants_kept(&show->view, id);

	if (is_kept ? show->targets.ids.nr > 1 &&
	    !logs_is_kept(&show->view, id) : !run || !run->present)
		return;
	*log = (struct agent_log){ .id = id, .is_kept = is_kept,
		.look = { .run = run, .text = STRBUF_INIT },
		.follow = FOLLOW_INIT };
	if (is_kept)
		init_kept(show, log);
	show->nr++;
}

static void
name_logs(struct show *show)
{
	size_t i, width = 0;

	for (i = 0; i < show->nr; i++)
		if (strlen(show->logs[i].id) > width)
			width = strlen(show->logs[i].id);
	for (i = 0; show->targets.ids.nr > 1 && i < show->nr; i++)
		show->logs[i].out = (struct logs_out){ show->logs[i].id,
			width, i };
}

/* Why there is nothing at all. */
static int
tell_nothing(const struct show *show)
{
	const struct strvec *ids = &show->targets.ids;

	if (ids->nr == 0) {
		cmd_error("there are no agents in this team");
	} else if (ids->nr == 1) {
		view_present(&show->view, ids->v[0]);
		cmd_hint("'teamctl up %s' starts it", ids->v[0]);
	} else if (options.run || options.since_ms) {
		cmd_error("nothing is kept of what these %zu agents have "
		    "printed", ids->nr);
		cmd_hint("'logs: { keep: N }' keeps their last N runs");
	} else {
		cmd_error("none of these %zu agents is running", ids->nr);
		cmd_hint("'teamctl up' starts them");
	}
	return EXIT_FAILED;
}

/* ---- what has been printed ---- */

/* All panes whose agents may still print, in one client. */
static int
look_at_panes(struct show *show, int64_t lines)
{
	size_t i, nr = 0;

	for (i = 0; i < show->nr; i++)
		if (!show->logs[i].is_kept && !show->logs[i].is_over)
			show->looks[nr++] = &show->logs[i].look;
	return nr ? pane_look_all(&show->view.engine.tmux, show->looks, nr,
	    lines) : EXIT_DONE;
}

static void
add_document(struct show *show, const struct agent_log *log,
    const struct strvec *lines, size_t from)
{
	json_t *document = json_object(), *array = json_array();

	json_object_set_new(document, "agent", json_string(log->id));
	if (log->is_kept)
		json_object_set_new(document, "run",
		    json_integer(log->kept.tail.generation));
	else
		json_object_set_new(document, "ended",
		    json_boolean(log->look.dead));
	for (; from < lines->nr; from++)
		json_array_append_new(array, jstring(lines->v[from]));
	json_object_set_new(document, "lines", array);
	json_array_append_new(show->documents, document);
}

static void
print_documents(const struct show *show)
{
	json_t *document = output_document();

	if (show->targets.ids.nr == 1)
		json_object_update(document, json_array_get(show->documents,
		    0));
	else
		json_object_set(document, "agents", show->documents);
	output_json(document);
}

static int
begin_kept(struct show *show, struct agent_log *log)
{
	struct strbuf text = STRBUF_INIT;
	struct strvec lines = STRVEC_INIT;
	int code = kept_begin(&log->kept, &text);

	if (code == EXIT_DONE && options.json) {
		follow_split(text.buf, &lines);
		add_document(show, log, &lines, 0);
	} else if (code == EXIT_DONE) {
		logs_out_write(&log->out, text.buf, text.len);
	}
	strvec_release(&lines);
	strbuf_release(&text);
	return code;
}

static void
print_lines(const struct agent_log *log, const struct strvec *lines,
    size_t from)
{
	struct strbuf text = STRBUF_INIT;

	for (; from < lines->nr; from++)
		strbuf_addf(&text, "%s\n", lines->v[from]);
	logs_out_write(&log->out, text.buf, text.len);
	strbuf_release(&text);
}

static int
begin_pane(struct show *show, struct agent_log *log)
{
	struct strvec lines = STRVEC_INIT;
	size_t from = 0;

	if (log->look.gone) {
		cmd_error("the pane of %s has gone", log->id);
		return EXIT_FAILED;
	}
	follow_split(log->look.text.buf, &lines);
	if (options.lines >= 0 && lines.nr > (size_t)options.lines)
		from = lines.nr - (size_t)options.lines;
	if (options.json)
		add_document(show, log, &lines, from);
	else
		print_lines(log, &lines, from);
	strvec_release(&lines);
	return EXIT_DONE;
}

/* EXIT_DONE where one at least could be shown. */
static int
begin(struct show *show)
{
	int64_t lines = options.lines > ALL_LINES ? options.lines : ALL_LINES;
	int code = look_at_panes(show, options.follow ? FOLLOW_LINES : lines);
	struct agent_log *log;
	bool is_shown = false;
	size_t i;

	if (code != EXIT_DONE)
		return code;
	for (i = 0; i < show->nr; i++) {
		log = &show->logs[i];
		log->is_over = (log->is_kept ? begin_kept(show, log) :
		    begin_pane(show, log)) != EXIT_DONE;
		is_shown = is_shown || !log->is_over;
	}
	return is_shown ? EXIT_DONE : EXIT_FAILED;
}

/* ---- what comes ---- */

static void
nap(int64_t ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

/* What a look has brought; the first one was printed already. */
static void
take_look(struct show *show, struct agent_log *log, bool is_first)
{
	const struct pane_look *look = &log->look;
	struct strbuf text = STRBUF_INIT;

	if (!look->gone)
		follow_look(&log->follow, look->text.buf, is_first ||
		    look->dead, &text);
	if (!is_first)
		logs_out_write(&log->out, text.buf, text.len);
	log->is_over = look->gone || look->dead;
	if (log->is_over)
		logs_tell_end(&show->view, log->id);
	strbuf_release(&text);
}

static int
go_on_with_panes(struct show *show, bool is_first)
{
	int code = is_first ? EXIT_DONE : look_at_panes(show, FOLLOW_LINES);
	size_t i;

	for (i = 0; code == EXIT_DONE && i < show->nr; i++)
		if (!show->logs[i].is_kept && !show->logs[i].is_over)
			take_look(show, &show->logs[i], is_first);
	return code;
}

/* True when there was something. */
static bool
go_on_with_kept(struct show *show)
{
	struct agent_log *log;
	bool is_busy = false;
	size_t i;

	for (i = 0; i < show->nr; i++) {
		log = &show->logs[i];
		if (!log->is_kept || log->is_over)
			continue;
		if (kept_go_on(&log->kept, &log->out) != EXIT_DONE)
			show->has_failed = log->kept.is_over = true;
		log->is_over = log->kept.is_over;
		is_busy = is_busy || log->kept.is_busy;
	}
	return is_busy;
}

static bool
is_over(const struct show *show)
{
	size_t i;

	for (i = 0; i < show->nr; i++)
		if (!show->logs[i].is_over)
			return false;
	return true;
}

static int
follow(struct show *show)
{
	int code = go_on_with_panes(show, true);
	struct mono look_at = os_now();
	bool is_busy = false;

	while (code == EXIT_DONE && !is_over(show) && !ferror(stdout)) {
		nap(is_busy ? BUSY_NAP_MS : NAP_MS);
		is_busy = go_on_with_kept(show);
		if (!mono_before(os_now(), look_at)) {
			code = go_on_with_panes(show, false);
			look_at = mono_add_ms(os_now(), NAP_MS);
		}
	}
	return show->has_failed ? EXIT_FAILED : code;
}

/* ---- which agents ---- */

/* Those of the team, and where that has none of a name those that were. */
static int
pick(struct show *show, int argc, char **argv)
{
	struct view *view = &show->view;
	int code = view_open(view);
	size_t i;

	if (code == EXIT_DONE && !options.run && !options.since_ms)
		code = view_observe(view);
	if (code != EXIT_DONE)
		return code;
	if (!targets_exist(&view->ids, argc, argv))
		logstore_ids(view->source.root, &view->ids);
	code = targets_pick(&show->targets, &view->ids, argc, argv);
	if (code != EXIT_DONE)
		return code;
	show->logs = xcalloc(show->targets.ids.nr, sizeof(*show->logs));
	show->looks = xcalloc(show->targets.ids.nr, sizeof(*show->looks));
	for (i = 0; i < show->targets.ids.nr; i++)
		add_log(show, show->targets.ids.v[i]);
	name_logs(show);
	return show->nr ? EXIT_DONE : tell_nothing(show);
}

static void
show_release(struct show *show)
{
	size_t i;

	for (i = 0; i < show->nr; i++) {
		if (show->logs[i].is_kept)
			kept_release(&show->logs[i].kept);
		strbuf_release(&show->logs[i].look.text);
		follow_release(&show->logs[i].follow);
	}
	free(show->logs);
	free(show->looks);
	json_decref(show->documents);
	targets_release(&show->targets);
	view_close(&show->view);
}

static int
check_options(void)
{
	char *end;

	if (options.follow && options.json)
		return cmd_usage(&cmd_logs, "--follow and --json exclude each "
		    "other");
	if (options.follow && options.run)
		return cmd_usage(&cmd_logs, "--follow and --run exclude each "
		    "other");
	if (!options.run)
		return EXIT_DONE;
	strtoll(options.run, &end, 10);
	if (!*options.run || *end)
		return cmd_usage(&cmd_logs, "'%s' is no run: a number is "
		    "expected, -1 for the one before the newest",
		    options.run);
	return EXIT_DONE;
}

static int
run(int argc, char **argv)
{
	struct show show = { .targets.ids = STRVEC_INIT };
	int code = check_options();

	if (code != EXIT_DONE)
		return code;
	show.documents = json_array();
	code = pick(&show, argc, argv);
	if (code == EXIT_DONE)
		code = begin(&show);
	if (code == EXIT_DONE && options.json)
		print_documents(&show);
	if (code == EXIT_DONE && options.follow)
		code = follow(&show);
	show_release(&show);
	return code;
}

const struct cmd cmd_logs = {
	.name = "logs",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "show what agents have printed",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Shows the last 3000 lines of the agents' panes without "
	    "colours, also after they\nhave ended.  For its colours, "
	    "attach to one.  What 'logs: { keep: N }' keeps of\ntheir runs "
	    "is there for --run, --since and --follow, as it was printed.\n"
	    "Of several agents, each line begins with 'AGENT | ' and is as "
	    "with --plain; all\noptions hold for each of them.\n",
};
