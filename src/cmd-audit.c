/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl audit: proof of what the journal says.
 */
#include "cmd.h"
#include "eventlist.h"
#include "output.h"
#include "state.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL_LINES = 10 };

static struct audit_options {
	bool json;
	const char *head, *key_file, *since, *until, *format;
	int64_t lines;
} options = { .lines = TAIL_LINES };

static const struct opt opts[] = {
	{ 0, "head", OPT_STRING, offsetof(struct audit_options, head),
	    "SEQ:HASH", "verify: that line is what was noted earlier" },
	{ 0, "key-file", OPT_STRING, offsetof(struct audit_options, key_file),
	    "PATH", "verify: the end is signed with this key" },
	{ 'n', "lines", OPT_NUMBER, offsetof(struct audit_options, lines),
	    "NUMBER", "tail: so many lines (10)" },
	{ 0, "since", OPT_STRING, offsetof(struct audit_options, since),
	    "TIME", "export: not those before" },
	{ 0, "until", OPT_STRING, offsetof(struct audit_options, until),
	    "TIME", "export: only those before" },
	{ 0, "format", OPT_CHOICE, offsetof(struct audit_options, format),
	    "jsonl|csv", "export: how to print them" },
	{ 0, "json", OPT_FLAG, offsetof(struct audit_options, json), NULL,
	    "print JSON" },
	{ 0 },
};

/* The key that the compose file named when it was applied, or --key-file. */
static char *
find_key_file(const struct source *source)
{
	struct diags diags = DIAGS_INIT;
	struct strbuf err = STRBUF_INIT;
	struct state state;
	struct team *team;
	char *path = NULL;

	if (options.key_file)
		return xstrdup(options.key_file);
	team = compose_load(source, &diags);
	if (team && team->journal.key_file)
		path = xstrdup(team->journal.key_file);
	compose_free(team);
	diags_release(&diags);
	if (!path && state_load(&state, source->root, &err) == 0) {
		path = xstrdup_null(state.journal.key_file);
		state_release(&state);
	}
	strbuf_release(&err);
	return path;
}

/* The key is left empty when there is none to go by. */
static int
load_key(const struct source *source, struct strbuf *key)
{
	struct strbuf err = STRBUF_INIT;
	char *path = find_key_file(source);
	int code = EXIT_DONE;

	if (path && journal_read_key(path, key, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else if (err.len) {
		cmd_warn("%s", err.buf);
	}
	strbuf_release(&err);
	free(path);
	return code;
}

/* "120:0123...": what `audit head` has printed. */
static int
parse_head(struct chain_check *check)
{
	const char *colon = strchr(options.head, ':');
	char *number = xstrndup(options.head, colon ?
	    (size_t)(colon - options.head) : 0);
	int rc = units_parse_int(number, &check->wanted);

	free(number);
	if (rc < 0 || check->wanted < 1 || strlen(colon + 1) !=
	    CHAIN_HASH - 1)
		return -1;
	memcpy(check->wanted_hash, colon + 1, CHAIN_HASH);
	return 0;
}

/* EXIT_DONE with the whole chain in check, or says what is wrong. */
static int
verify(const struct source *source, struct chain_check *check)
{
	struct strbuf key = STRBUF_INIT, err = STRBUF_INIT;
	int code = load_key(source, &key);

	if (code == EXIT_DONE && journal_verify(source->root,
	    key.len ? &key : NULL, check, &err) < 0) {
		cmd_error("the journal is not what was written: %s", err.buf);
		code = EXIT_FAILED;
	}
	memset(key.buf, 0, key.len);
	strbuf_release(&key);
	strbuf_release(&err);
	return code;
}

static int
verify_file(const char *path, struct chain_check *check)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	if (journal_verify_file(path, check, &err) < 0) {
		cmd_error("'%s' is not what was exported: %s", path, err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

static void
print_check(const struct chain_check *check)
{
	json_t *document;

	if (options.json) {
		document = output_document();
		json_object_set_new(document, "ok", json_true());
		json_object_set_new(document, "events",
		    json_integer(check->lines));
		json_object_set_new(document, "first",
		    json_integer(check->first));
		json_object_set_new(document, "seq",
		    json_integer(check->last.seq));
		json_object_set_new(document, "hash",
		    json_string(check->last.hash));
		json_object_set_new(document, "keyed_since", check->keyed ?
		    json_integer(check->keyed) : json_null());
		output_json(document);
		return;
	}
	printf("ok \xc2\xb7 %" PRId64 " event%s", check->lines,
	    check->lines == 1 ? "" : "s");
	if (check->first > 1)
		printf(", lines %" PRId64 " to %" PRId64, check->first,
		    check->last.seq);
	if (check->keyed)
		printf(", signed since line %" PRId64, check->keyed);
	putchar('\n');
}

static int
run_verify(const struct source *source, const char *file)
{
	struct chain_check check;
	int code;

	chain_check_begin(&check);
	if (options.head && parse_head(&check) < 0)
		return cmd_usage(&cmd_audit, "--head: '%s' is not SEQ:HASH",
		    options.head);
	code = file ? verify_file(file, &check) : verify(source, &check);
	if (code == EXIT_DONE)
		print_check(&check);
	return code;
}

static int
run_head(const struct source *source, const char *file)
{
	struct chain_check check;
	int code;

	(void)file;
	chain_check_begin(&check);
	code = verify(source, &check);
	if (code == EXIT_DONE && !check.lines) {
		cmd_error("there is no journal yet");
		code = EXIT_FAILED;
	}
	if (code == EXIT_DONE && options.json)
		print_check(&check);
	else if (code == EXIT_DONE)
		printf("%" PRId64 ":%s\n", check.last.seq, check.last.hash);
	return code;
}

static int
run_tail(const struct source *source, const char *file)
{
	struct event_list list = { .most = (size_t)options.lines };
	struct event_filter filter = { 0 };
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i;

	(void)file;
	if (event_list_read(&list, source->root, &filter, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	for (i = 0; options.lines && i < list.lines.nr; i++)
		puts(event_list_get(&list, i));
	event_list_release(&list);
	strbuf_release(&err);
	return code;
}

/* ---- export ---- */

/*
 * Lines that follow each other: from the first to the last one of a time,
 * also those between them that another writer has stamped earlier.
 */
struct range {
	struct event_filter filter;
	enum event_style style;
	int64_t first, last; /* numbers; 0: none */
	struct chain_line begin, end;
};

static int
find_range(void *ctx, const char *line, size_t len)
{
	struct range *range = ctx;

	if (!event_filter_take(&range->filter, line, len))
		return 0;
	range->last = range->filter.after;
	if (!range->first)
		range->first = range->last;
	return 0;
}

static int
print_range(void *ctx, const char *line, size_t len)
{
	struct range *range = ctx;
	struct event_filter all = { 0 };

	event_filter_take(&all, line, len);
	if (all.after < range->first || all.after > range->last)
		return 0;
	/* Lines that do not hold were told of by verify. */
	if (all.after == range->first)
		chain_parse(line, len, &range->begin);
	chain_parse(line, len, &range->end);
	event_print(line, len, range->style);
	return 0;
}

/* Where the lines stand in the chain: on stderr, the lines are the answer. */
static void
tell_place(const struct range *range, const struct chain_check *check)
{
	if (!range->first) {
		cmd_warn("no line is of that time");
		return;
	}
	fprintf(stderr, "exported lines %" PRId64 " to %" PRId64 ": before "
	    "them %s, at their end %s\n", range->first, range->last,
	    range->begin.prev, range->end.hash);
	if (check->lines)
		fprintf(stderr, "of a journal that holds and ends with %"
		    PRId64 ":%s\n", check->last.seq, check->last.hash);
}

static int
print_export(const struct source *source, struct range *range)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	if (range->style == EVENT_CSV)
		event_print_header();
	if (journal_each(source->root, find_range, range, &err) < 0 ||
	    journal_each(source->root, print_range, range, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

static int
run_export(const struct source *source, const char *file)
{
	struct range range = { .style = str_eq(options.format, "csv") ?
		EVENT_CSV : EVENT_JSON };
	struct chain_check check;
	int code, printed;

	(void)file;
	if (options.since && event_filter_time(options.since,
	    range.filter.since) < 0)
		return cmd_usage(&cmd_audit, "--since: '%s' is no time and no "
		    "duration", options.since);
	if (options.until && event_filter_time(options.until,
	    range.filter.until) < 0)
		return cmd_usage(&cmd_audit, "--until: '%s' is no time and no "
		    "duration", options.until);
	chain_check_begin(&check);
	code = verify(source, &check);
	if (code != EXIT_DONE)
		check.lines = 0;
	printed = print_export(source, &range);
	if (printed == EXIT_DONE)
		tell_place(&range, &check);
	return code == EXIT_DONE ? printed : code;
}

static const struct {
	const char *name;
	int (*run)(const struct source *source, const char *file);
	int operands; /* behind the name, at most */
} actions[] = {
	{ "verify", run_verify, 1 },
	{ "tail", run_tail, 0 },
	{ "export", run_export, 0 },
	{ "head", run_head, 0 },
};

static int
run(int argc, char **argv)
{
	struct source source;
	size_t i;
	int code;

	for (i = 0; argc && i < nitems(actions); i++)
		if (str_eq(argv[0], actions[i].name))
			break;
	if (!argc || i == nitems(actions))
		return cmd_usage(&cmd_audit, "takes one of verify, tail, "
		    "export, head");
	if (argc - 1 > actions[i].operands)
		return cmd_usage(&cmd_audit, "%s: too many operands: '%s'",
		    argv[0], argv[actions[i].operands + 1]);
	code = cmd_find_root(&source);
	return code == EXIT_DONE ? actions[i].run(&source, argv[1]) : code;
}

const struct cmd cmd_audit = {
	.name = "audit",
	.group = GROUP_OTHER,
	.operands = "verify [FILE]|tail|export|head",
	.summary = "prove that nobody has changed the journal",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "verify checks the whole journal, or a FILE that export "
	    "has written.  export\nprints lines as they are, and on stderr "
	    "where they stand in the chain.  head\nprints SEQ:HASH of the "
	    "last line: kept elsewhere, it is proof against whoever\n"
	    "can write the whole state folder.\n",
};
