/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl events and history: what the journal says.
 */
#include "cmd.h"
#include "eventlist.h"
#include "view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLLOW_MS = 100 };

static struct events_options {
	bool json, follow;
	const char *agent, *kind, *since, *until;
	int64_t lines; /* -1: all */
} options = { .lines = -1 };

#define OPT_LINES                                                             \
	{ 'n', "lines", OPT_NUMBER, offsetof(struct events_options, lines),   \
	    "NUMBER", "only the last ones" }
#define OPT_TIMES                                                             \
	{ 0, "since", OPT_STRING, offsetof(struct events_options, since),     \
	    "TIME", "not those before: 10m, or 2026-11-20T15:00Z" },          \
	{ 0, "until", OPT_STRING, offsetof(struct events_options, until),     \
	    "TIME", "only those before" }
#define OPT_KIND                                                              \
	{ 0, "kind", OPT_STRING, offsetof(struct events_options, kind),       \
	    "KIND", "only those kinds: 'agent.*,link.*'" }
#define OPT_FOLLOW                                                            \
	{ 'f', "follow", OPT_FLAG, offsetof(struct events_options, follow),   \
	    NULL, "go on with what comes" }
#define OPT_JSON                                                              \
	{ 0, "json", OPT_FLAG, offsetof(struct events_options, json), NULL,   \
	    "print the lines of the journal as they are" }

static const struct opt opts[] = {
	OPT_FOLLOW, OPT_LINES, OPT_TIMES,
	{ 0, "agent", OPT_STRING, offsetof(struct events_options, agent),
	    "AGENT", "only those about an agent: p:a, a, or 'p:*'" },
	OPT_KIND, OPT_JSON,
	{ 0 },
};

static enum event_style
style(void)
{
	return options.json ? EVENT_JSON : EVENT_TEXT;
}

static int
print_all(const char *root, struct event_filter *filter)
{
	struct event_list list = { .most = options.lines < 0 ? 0 :
	    (size_t)options.lines };
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;
	const char *line;
	size_t i;

	if (event_list_read(&list, root, filter, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	for (i = 0; options.lines && i < list.lines.nr; i++) {
		line = event_list_get(&list, i);
		event_print(line, strlen(line), style());
	}
	event_list_release(&list);
	strbuf_release(&err);
	return code;
}

/* ---- following ---- */

static volatile sig_atomic_t interrupted;

static void
on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

static int
print_new(void *ctx, const char *line, size_t len)
{
	if (event_filter_take(ctx, line, len))
		event_print(line, len, style());
	return 0;
}

/* Nobody reads any more: that is no failure of ours. */
static bool
is_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return (fflush(stdout) != 0 && errno == EPIPE) ||
	    (poll(&out, 1, 0) > 0 && out.revents & (POLLERR | POLLHUP));
}

static int
follow(const char *root, struct event_filter *filter)
{
	static const struct journal_reader reader = { print_new, NULL };
	struct journal_place place = { .seq = filter->after };
	struct strbuf err = STRBUF_INIT;
	int rc = 0;

	while (!interrupted && rc == 0 && !is_reader_gone() &&
	    !ferror(stdout)) {
		poll(NULL, 0, FOLLOW_MS);
		rc = journal_since(root, &place, &reader, filter, &err);
	}
	/* What could not be written is nobody's loss. */
	if (is_reader_gone() && !freopen("/dev/null", "w", stdout))
		rc = 0;
	if (err.len)
		cmd_error("%s", err.buf);
	strbuf_release(&err);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* A misspelt kind is not one that never happens. */
static int
check_kinds(const struct cmd *cmd)
{
	struct strbuf near = STRBUF_INIT;
	char *unknown = options.kind ?
	    event_filter_unknown(options.kind, &near) : NULL;
	int code = EXIT_DONE;

	if (unknown)
		code = cmd_usage(cmd, "--kind: there is no kind '%s'", unknown);
	if (near.len)
		cmd_hint("there %s%s", strchr(near.buf + 1, ' ') ? "are" :
		    "is", near.buf);
	free(unknown);
	strbuf_release(&near);
	return code;
}

static int
show(const struct cmd *cmd, const char *root, const char *agent)
{
	struct event_filter filter = { .agent = agent, .kind = options.kind,
		.with_commands = cmd == &cmd_events };
	struct sigaction action = { .sa_handler = on_signal };
	int code;

	code = check_kinds(cmd);
	if (code != EXIT_DONE)
		return code;
	if (options.since && event_filter_time(options.since,
	    filter.since) < 0)
		return cmd_usage(cmd, "--since: '%s' is no time and no "
		    "duration", options.since);
	if (options.until && event_filter_time(options.until,
	    filter.until) < 0)
		return cmd_usage(cmd, "--until: '%s' is no time and no "
		    "duration", options.until);
	if (options.follow) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		signal(SIGPIPE, SIG_IGN);
	}
	code = print_all(root, &filter);
	return options.follow && code == EXIT_DONE ?
	    follow(root, &filter) : code;
}

/* ---- about whom ---- */

static int
add_agent(void *ctx, const char *text, size_t len)
{
	struct jtree tree;
	const char *agent;

	if (jtree_parse(&tree, text, len) < 0)
		return 0;
	agent = j_text(j_get(tree.root, "agent"));
	if (agent && !strvec_has(ctx, agent))
		strvec_push(ctx, agent);
	jtree_release(&tree);
	return 0;
}

/* All who are in the journal, and then those of the team. */
static int
collect_known(const char *root, struct strvec *known)
{
	struct strbuf err = STRBUF_INIT;
	struct view view;
	int code = EXIT_DONE;
	size_t i;

	if (journal_each(root, add_agent, known, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	if (code != EXIT_DONE)
		return code;
	code = view_open(&view);
	for (i = 0; i < view.ids.nr; i++)
		if (!strvec_has(known, view.ids.v[i]))
			strvec_push(known, view.ids.v[i]);
	view_close(&view);
	return code;
}

/* A misspelt name is not one to which nothing happens. */
static int
check_agent(const char *root)
{
	char *words[] = { (char *)(uintptr_t)options.agent, NULL };
	struct targets targets = { .ids = STRVEC_INIT };
	struct strvec known = STRVEC_INIT;
	int code = collect_known(root, &known);
	size_t i;

	for (i = 0; code == EXIT_DONE && i < known.nr; i++)
		if (event_filter_is_agent(options.agent, known.v[i]))
			break;
	if (code == EXIT_DONE && i == known.nr)
		code = targets_pick(&targets, &known, 1, words);
	targets_release(&targets);
	strvec_release(&known);
	return code;
}

static int
run_events(int argc, char **argv)
{
	struct source source;
	int code;

	(void)argv;
	if (argc)
		return cmd_usage(&cmd_events, "takes no operands");
	code = cmd_find_root(&source);
	if (code == EXIT_DONE && options.agent)
		code = check_agent(source.root);
	return code == EXIT_DONE ? show(&cmd_events, source.root,
	    options.agent) : code;
}

const struct cmd cmd_events = {
	.name = "events",
	.group = GROUP_LOOK,
	.summary = "show what has happened to the team",
	.opts = opts,
	.values = &options,
	.run = run_events,
};

static const struct opt history_opts[] = {
	OPT_FOLLOW, OPT_LINES, OPT_TIMES, OPT_KIND, OPT_JSON,
	{ 0 },
};

static int
run_history(int argc, char **argv)
{
	struct strvec known = STRVEC_INIT;
	struct source source;
	const char *id = NULL;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_history, "takes one agent");
	code = cmd_find_root(&source);
	if (code == EXIT_DONE)
		code = collect_known(source.root, &known);
	if (code == EXIT_DONE)
		id = targets_pick_one(&known, argv[0], &code);
	if (id)
		code = show(&cmd_history, source.root, id);
	strvec_release(&known);
	return code;
}

const struct cmd cmd_history = {
	.name = "history",
	.group = GROUP_LOOK,
	.flags = CMD_ONE_TARGET,
	.operands = "AGENT",
	.summary = "show what has happened to one agent",
	.opts = history_opts,
	.values = &options,
	.run = run_history,
};
