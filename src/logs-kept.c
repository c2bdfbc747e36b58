/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logs-kept.h.
 */
#include "logs-kept.h"

#include "follow.h"
#include "fs.h"
#include "logstore.h"
#include "os.h"
#include "output.h"
#include "plain.h"
#include "supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAP_MS = 250, BUSY_NAP_MS = 20, LOOK_MS = 1000,
	MAX_RECORD = 1 << 20 };

struct reader {
	struct view *view;
	const struct kept_wish *wish;
	struct logstore_runs runs;
	size_t first, last; /* those of runs that are printed */
	struct logstore_tail tail; /* of the last */
	struct plain plain;
};

bool
logs_is_kept(const struct view *view, const char *id)
{
	struct logstore_runs runs;
	bool is_kept;

	logstore_runs(view->source.root, id, &runs);
	is_kept = runs.nr > 0;
	logstore_runs_release(&runs);
	return is_kept;
}

static void
nap(int64_t ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

void
logs_nap(void)
{
	nap(NAP_MS);
}

void
logs_tell_end(struct view *view, const char *id)
{
	struct run *run = engine_find(&view->engine, id);
	struct strbuf text = STRBUF_INIT;

	if (globals.quiet || !run)
		return;
	engine_read_record(&view->engine, run);
	record_describe(&run->record, &text);
	cmd_error("%s has ended: %s", id, text.buf);
	strbuf_release(&text);
}

/* ---- which runs ---- */

static int
no_such_run(const struct reader *reader)
{
	const struct logstore_runs *runs = &reader->runs;

	if (runs->nr == 1)
		cmd_error("no run %s of %s is kept: there is only %lld",
		    reader->wish->run, reader->wish->id,
		    (long long)runs->generations[0]);
	else
		cmd_error("no run %s of %s is kept: there are %lld to %lld",
		    reader->wish->run, reader->wish->id,
		    (long long)runs->generations[0],
		    (long long)runs->generations[runs->nr - 1]);
	return EXIT_FAILED;
}

/* "12": of that generation; "0": the newest, "-1": the one before it. */
static int
pick_run(struct reader *reader)
{
	const struct logstore_runs *runs = &reader->runs;
	char *end;
	long long n = strtoll(reader->wish->run, &end, 10);
	size_t i;

	if (!*reader->wish->run || *end)
		return cmd_usage(&cmd_logs, "'%s' is no run: a number is "
		    "expected, -1 for the one before the newest",
		    reader->wish->run);
	if (n <= 0) {
		if ((size_t)-n >= runs->nr)
			return no_such_run(reader);
		reader->first = reader->last = runs->nr - 1 - (size_t)-n;
		return EXIT_DONE;
	}
	for (i = 0; i < runs->nr && runs->generations[i] != n; i++)
		continue;
	if (i == runs->nr)
		return no_such_run(reader);
	reader->first = reader->last = i;
	return EXIT_DONE;
}

static int
pick_runs(struct reader *reader)
{
	if (reader->runs.nr == 0) {
		cmd_error("nothing is kept of what %s has printed",
		    reader->wish->id);
		cmd_hint("'logs: { keep: N }' keeps its last N runs");
		return EXIT_FAILED;
	}
	if (reader->wish->run)
		return pick_run(reader);
	reader->last = reader->runs.nr - 1;
	reader->first = reader->wish->since_ms ? 0 : reader->last;
	return EXIT_DONE;
}

/* ---- what is printed ---- */

/* text as it is wanted; at an end of a run its last line ends, too. */
static void
convert(struct reader *reader, const struct strbuf *text, bool is_end,
    struct strbuf *out)
{
	if (!reader->wish->plain && !reader->wish->json) {
		strbuf_add(out, text->buf, text->len);
		return;
	}
	plain_feed(&reader->plain, text->buf, text->len, out);
	if (is_end) {
		plain_end(&reader->plain, out);
		plain_release(&reader->plain);
	}
}

static int
collect(struct reader *reader, struct strbuf *out)
{
	int64_t since_ms = reader->wish->since_ms ?
	    os_wall_ms() - reader->wish->since_ms : 0;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i;

	for (i = reader->first; i <= reader->last && code == EXIT_DONE; i++) {
		logstore_release(&reader->tail);
		strbuf_reset(&text);
		if (logstore_begin(&reader->tail, reader->view->source.root,
		    reader->wish->id, reader->runs.generations[i], since_ms,
		    &text, &err) < 0) {
			cmd_error("%s", err.buf);
			code = EXIT_FAILED;
		}
		convert(reader, &text, i < reader->last ||
		    !reader->wish->follow, out);
	}
	strbuf_release(&text);
	strbuf_release(&err);
	return code;
}

/* Where the last n lines begin. */
static size_t
last_lines(const struct strbuf *text, int64_t n)
{
	size_t at = text->len;

	if (at && text->buf[at - 1] == '\n')
		at--;
	if (n < 0)
		return 0;
	if (n == 0)
		return text->len;
	while (at > 0 && (text->buf[at - 1] != '\n' || --n > 0))
		at--;
	return at;
}

static void
print_json(const struct reader *reader, const char *text)
{
	json_t *document = output_document(), *array = json_array();
	struct strvec lines = STRVEC_INIT;
	size_t i;

	follow_split(text, &lines);
	json_object_set_new(document, "agent",
	    json_string(reader->wish->id));
	json_object_set_new(document, "run",
	    json_integer(reader->runs.generations[reader->last]));
	for (i = 0; i < lines.nr; i++)
		json_array_append_new(array, jstring(lines.v[i]));
	json_object_set_new(document, "lines", array);
	output_json(document);
	strvec_release(&lines);
}

static void
print_bytes(const char *bytes, size_t len)
{
	fwrite(bytes, 1, len, stdout);
	fflush(stdout);
}

/* ---- what comes ---- */

/* What is known of the agent now: whether there is more to come. */
struct glance {
	bool has_ended;     /* the run that is read */
	bool stays_stopped; /* nobody is going to start another */
};

static void
read_record(struct reader *reader, struct record *record)
{
	char *path = engine_record_path(&reader->view->engine,
	    reader->wish->id);
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;

	memset(record, 0, sizeof(*record));
	if (fs_read(path, MAX_RECORD, &text, &err) == 0)
		record_parse(text.buf, text.len, record, &err);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

static struct glance
look_again(struct reader *reader)
{
	const char *root = reader->view->source.root;
	struct strbuf err = STRBUF_INIT;
	const struct applied *applied;
	struct glance glance = { 0 };
	struct record record;
	struct state state;

	read_record(reader, &record);
	glance.has_ended = record.generation > reader->tail.generation ||
	    (record.generation == reader->tail.generation &&
	    record.state != RECORD_RUNNING);
	record_release(&record);
	if (state_load(&state, root, &err) == 0) {
		applied = state_find(&state, reader->wish->id);
		glance.stays_stopped = !applied ||
		    applied->operation != OPERATION_ACTIVE ||
		    !supervise_is_running(root);
	}
	state_release(&state);
	strbuf_release(&err);
	return glance;
}

/* The run after the one that is read, or 0. */
static int64_t
next_run(struct reader *reader)
{
	size_t i;

	logstore_runs_release(&reader->runs);
	logstore_runs(reader->view->source.root, reader->wish->id,
	    &reader->runs);
	for (i = 0; i < reader->runs.nr; i++)
		if (reader->runs.generations[i] > reader->tail.generation)
			return reader->runs.generations[i];
	return 0;
}

static int
go_over(struct reader *reader, int64_t generation)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	convert(reader, &text, true, &out);
	logstore_release(&reader->tail);
	if (!globals.quiet)
		cmd_error("%s: run %lld", reader->wish->id,
		    (long long)generation);
	if (logstore_begin(&reader->tail, reader->view->source.root,
	    reader->wish->id, generation, 0, &text, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	convert(reader, &text, false, &out);
	print_bytes(out.buf, out.len);
	strbuf_release(&text);
	strbuf_release(&out);
	strbuf_release(&err);
	return code;
}

/* True when there was something. */
static bool
print_news(struct reader *reader, bool is_end)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	bool has_news;

	logstore_go_on(&reader->tail, &text);
	has_news = text.len > 0;
	convert(reader, &text, is_end, &out);
	print_bytes(out.buf, out.len);
	if (reader->tail.lost) {
		cmd_warn("%s: %lld bytes were rotated away before they could "
		    "be read", reader->wish->id,
		    (long long)reader->tail.lost);
		reader->tail.lost = 0;
	}
	strbuf_release(&text);
	strbuf_release(&out);
	return has_news;
}

static int
follow(struct reader *reader)
{
	struct glance glance;
	struct mono look_at = os_now();
	bool is_busy = false;
	int64_t next;
	int code = EXIT_DONE;

	while (code == EXIT_DONE && !ferror(stdout)) {
		nap(is_busy ? BUSY_NAP_MS : NAP_MS);
		if (mono_before(os_now(), look_at)) {
			is_busy = print_news(reader, false);
			continue;
		}
		look_at = mono_add_ms(os_now(), LOOK_MS);
		/* First asked, then read: what it printed last is there. */
		glance = look_again(reader);
		next = next_run(reader);
		if (next) {
			print_news(reader, false);
			code = go_over(reader, next);
		} else if (glance.has_ended && glance.stays_stopped) {
			print_news(reader, true);
			logs_tell_end(reader->view, reader->wish->id);
			break;
		} else {
			is_busy = print_news(reader, false);
		}
	}
	return code;
}

int
logs_kept(struct view *view, const struct kept_wish *wish)
{
	struct reader reader = { .view = view, .wish = wish, .tail.fd = -1 };
	struct strbuf out = STRBUF_INIT;
	int code;
	size_t at;

	logstore_runs(view->source.root, wish->id, &reader.runs);
	code = pick_runs(&reader);
	if (code == EXIT_DONE)
		code = collect(&reader, &out);
	if (code == EXIT_DONE) {
		at = last_lines(&out, wish->lines);
		if (wish->json)
			print_json(&reader, out.buf + at);
		else
			print_bytes(out.buf + at, out.len - at);
	}
	if (code == EXIT_DONE && wish->follow)
		code = follow(&reader);
	logstore_release(&reader.tail);
	logstore_runs_release(&reader.runs);
	plain_release(&reader.plain);
	strbuf_release(&out);
	return code;
}
