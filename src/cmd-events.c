/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl events, history and audit: what the journal says.
 */
#include "cmd.h"
#include "journal.h"
#include "output.h"
#include "units.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FOLLOW_MS = 200 };

static struct events_options {
	bool json, follow;
	const char *agent, *kind;
	int64_t since_ms; /* 0: from the beginning */
	int64_t lines;    /* 0: all */
} options;

static const struct opt opts[] = {
	{ 'f', "follow", OPT_FLAG, offsetof(struct events_options, follow),
	    NULL, "go on with what comes" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct events_options, lines),
	    "NUMBER", "only the last ones" },
	{ 0, "since", OPT_DURATION, offsetof(struct events_options, since_ms),
	    "DURATION", "only those of the last so much time" },
	{ 0, "agent", OPT_STRING, offsetof(struct events_options, agent),
	    "AGENT", "only those about one agent" },
	{ 0, "kind", OPT_STRING, offsetof(struct events_options, kind),
	    "KIND", "only those of one kind, or 'agent.*'" },
	{ 0, "json", OPT_FLAG, offsetof(struct events_options, json), NULL,
	    "print the lines of the journal as they are" },
	{ 0 },
};

/* What is looked for, and what was found. */
struct filter {
	const char *agent, *kind;
	char since[32]; /* as the journal writes times; "": all */
	int64_t after;  /* only lines with a higher seq */
	struct strvec found;
};

static bool
is_kind(const char *kind, const char *wanted)
{
	size_t len = strlen(wanted);

	if (len && wanted[len - 1] == '*')
		return strncmp(kind, wanted, len - 1) == 0;
	return str_eq(kind, wanted);
}

static const char *
text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static bool
matches(const struct filter *filter, const json_t *event)
{
	const char *agent = text_of(event, "agent");
	const char *kind = text_of(event, "event");
	const char *time = text_of(event, "time");

	if (!kind || !time)
		return false;
	return (!filter->agent || str_eq(agent, filter->agent)) &&
	    (!filter->kind || is_kind(kind, filter->kind)) &&
	    (!*filter->since || strcmp(time, filter->since) >= 0);
}

static int
take(void *ctx, const char *text, size_t len)
{
	struct filter *filter = ctx;
	json_t *event = json_loadb(text, len, 0, NULL);
	int64_t seq = json_integer_value(json_object_get(event, "seq"));

	if (event && seq > filter->after) {
		filter->after = seq;
		if (matches(filter, event))
			strvec_take(&filter->found, xstrndup(text, len));
	}
	json_decref(event);
	return 0;
}

/* "15:04:05.123  p:dev  agent.exited  exit 3  (ann)" */
static void
print_event(const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	const char *time = text_of(event, "time");
	const char *agent = text_of(event, "agent");
	const char *reason = text_of(event, "reason");
	const char *actor = text_of(event, "actor");
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%.10s %.12s  ", time,
	    strlen(time) > 11 ? time + 11 : time);
	strbuf_addpad(&line, agent ? agent : "-", 20);
	strbuf_addstr(&line, "  ");
	strbuf_addpad(&line, text_of(event, "event"), 24);
	if (reason) {
		strbuf_addstr(&line, "  ");
		strbuf_addsafe(&line, reason);
	}
	if (actor)
		strbuf_addf(&line, "  (%s)", actor);
	puts(line.buf);
	strbuf_release(&line);
	json_decref(event);
}

static int
print_found(const char *root, struct filter *filter)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i = 0;

	if (journal_each(root, take, filter, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	if (options.lines && filter->found.nr > (size_t)options.lines)
		i = filter->found.nr - (size_t)options.lines;
	for (; i < filter->found.nr; i++) {
		if (options.json)
			puts(filter->found.v[i]);
		else
			print_event(filter->found.v[i]);
	}
	strvec_release(&filter->found);
	strbuf_release(&err);
	return code;
}

static volatile sig_atomic_t interrupted;

static void
on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

static void
set_since(struct filter *filter)
{
	time_t t;
	struct tm tm;

	if (!options.since_ms)
		return;
	t = time(NULL) - (time_t)(options.since_ms / 1000);
	gmtime_r(&t, &tm);
	strftime(filter->since, sizeof(filter->since), "%Y-%m-%dT%H:%M:%S",
	    &tm);
}

static int
show(const struct source *source, const char *agent)
{
	struct filter filter = { .agent = agent, .kind = options.kind };
	struct sigaction action = { .sa_handler = on_signal };
	int code;

	set_since(&filter);
	code = print_found(source->root, &filter);
	if (!options.follow)
		return code;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	options.lines = 0;
	while (!interrupted && code == EXIT_DONE && fflush(stdout) == 0) {
		poll(NULL, 0, FOLLOW_MS);
		code = print_found(source->root, &filter);
	}
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
	return code == EXIT_DONE ? show(&source, options.agent) : code;
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
	{ 'n', "lines", OPT_NUMBER, offsetof(struct events_options, lines),
	    "NUMBER", "only the last ones" },
	{ 0, "json", OPT_FLAG, offsetof(struct events_options, json), NULL,
	    "print the lines of the journal as they are" },
	{ 0 },
};

static int
add_agent(void *ctx, const char *text, size_t len)
{
	json_t *event = json_loadb(text, len, 0, NULL);
	const char *agent = text_of(event, "agent");

	if (agent && !strvec_has(ctx, agent))
		strvec_push(ctx, agent);
	json_decref(event);
	return 0;
}

static int
run_history(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct strvec known = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	struct source source;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_history, "takes one agent");
	code = cmd_find_root(&source);
	if (code == EXIT_DONE)
		journal_each(source.root, add_agent, &known, &err);
	if (code == EXIT_DONE)
		code = targets_pick(&targets, &known, argc, argv);
	if (code == EXIT_DONE)
		code = show(&source, targets.ids.v[0]);
	targets_release(&targets);
	strvec_release(&known);
	strbuf_release(&err);
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

static int
run_audit(int argc, char **argv)
{
	struct strbuf err = STRBUF_INIT;
	struct source source;
	int64_t lines;
	int code;

	if (argc != 1 || !str_eq(argv[0], "verify"))
		return cmd_usage(&cmd_audit, "takes 'verify'");
	code = cmd_find_root(&source);
	if (code != EXIT_DONE)
		return code;
	if (journal_verify(source.root, &lines, &err) < 0) {
		cmd_error("the journal is not what was written: %s", err.buf);
		code = EXIT_FAILED;
	} else {
		printf("ok \xc2\xb7 %" PRId64 " event%s\n", lines,
		    lines == 1 ? "" : "s");
	}
	strbuf_release(&err);
	return code;
}

const struct cmd cmd_audit = {
	.name = "audit",
	.group = GROUP_OTHER,
	.operands = "verify",
	.summary = "check that nobody has changed the journal",
	.run = run_audit,
};
