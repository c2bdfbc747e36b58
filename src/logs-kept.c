/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logs-kept.h.
 */
#include "logs-kept.h"

#include "record-file.h"
#include "supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000 };

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
no_such_run(const struct kept *kept)
{
	const struct logstore_runs *runs = &kept->runs;

	if (runs->nr == 1)
		cmd_error("no run %s of %s is kept: there is only %lld",
		    kept->wish.run, kept->wish.id,
		    (long long)runs->generations[0]);
	else
		cmd_error("no run %s of %s is kept: there are %lld to %lld",
		    kept->wish.run, kept->wish.id,
		    (long long)runs->generations[0],
		    (long long)runs->generations[runs->nr - 1]);
	return EXIT_FAILED;
}

/* "12": of that generation; "0": the newest, "-1": the one before it. */
static int
pick_run(struct kept *kept)
{
	const struct logstore_runs *runs = &kept->runs;
	long long n = strtoll(kept->wish.run, NULL, 10);
	size_t i;

	if (n <= 0) {
		if ((size_t)-n >= runs->nr)
			return no_such_run(kept);
		kept->first = kept->last = runs->nr - 1 - (size_t)-n;
		return EXIT_DONE;
	}
	for (i = 0; i < runs->nr && runs->generations[i] != n; i++)
		continue;
	if (i == runs->nr)
		return no_such_run(kept);
	kept->first = kept->last = i;
	return EXIT_DONE;
}

static int
pick_runs(struct kept *kept)
{
	if (kept->runs.nr == 0) {
		cmd_error("nothing is kept of what %s has printed",
		    kept->wish.id);
		cmd_hint("'logs: { keep: N }' keeps its last N runs");
		return EXIT_FAILED;
	}
	if (kept->wish.run)
		return pick_run(kept);
	kept->last = kept->runs.nr - 1;
	kept->first = kept->wish.since_ms ? 0 : kept->last;
	return EXIT_DONE;
}

/* ---- what is printed ---- */

/* text as it is wanted; at an end of a run its last line ends, too. */
static void
convert(struct kept *kept, const struct strbuf *text, bool is_end,
    struct strbuf *out)
{
	if (!kept->wish.plain) {
		strbuf_add(out, text->buf, text->len);
		return;
	}
	plain_feed(&kept->plain, text->buf, text->len, out);
	if (is_end) {
		plain_end(&kept->plain, out);
		plain_release(&kept->plain);
	}
}

static int
collect(struct kept *kept, struct strbuf *out)
{
	int64_t since_ms = kept->wish.since_ms ?
	    os_wall_ms() - kept->wish.since_ms : 0;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i;

	for (i = kept->first; i <= kept->last && code == EXIT_DONE; i++) {
		logstore_release(&kept->tail);
		strbuf_reset(&text);
		if (logstore_begin(&kept->tail, kept->view->source.root,
		    kept->wish.id, kept->runs.generations[i], since_ms,
		    &text, &err) < 0) {
			cmd_error("%s", err.buf);
			code = EXIT_FAILED;
		}
		convert(kept, &text, i < kept->last ||
		    !kept->wish.follow, out);
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

/* ---- what comes ---- */

/* What is known of the agent now: whether there is more to come. */
struct glance {
	bool has_ended;     /* the run that is read */
	bool stays_stopped; /* nobody is going to start another */
};

static void
read_record(struct kept *kept, struct record *record)
{
	char *path = engine_record_path(&kept->view->engine,
	    kept->wish.id);
	struct strbuf err = STRBUF_INIT;

	record_load(record, path, &err);
	strbuf_release(&err);
	free(path);
}

static struct glance
look_again(struct kept *kept)
{
	const char *root = kept->view->source.root;
	struct strbuf err = STRBUF_INIT;
	const struct applied *applied;
	struct glance glance = { 0 };
	struct record record;
	struct state state;

	read_record(kept, &record);
	glance.has_ended = record.generation > kept->tail.generation ||
	    (record.generation == kept->tail.generation &&
	    record.state != RECORD_RUNNING);
	record_release(&record);
	if (state_load(&state, root, &err) == 0) {
		applied = state_find(&state, kept->wish.id);
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
next_run(struct kept *kept)
{
	size_t i;

	logstore_runs_release(&kept->runs);
	logstore_runs(kept->view->source.root, kept->wish.id,
	    &kept->runs);
	for (i = 0; i < kept->runs.nr; i++)
		if (kept->runs.generations[i] > kept->tail.generation)
			return kept->runs.generations[i];
	return 0;
}

static int
go_over(struct kept *kept, int64_t generation, const struct logs_out *to)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	convert(kept, &text, true, &out);
	logstore_release(&kept->tail);
	if (!globals.quiet)
		cmd_error("%s: run %lld", kept->wish.id,
		    (long long)generation);
	if (logstore_begin(&kept->tail, kept->view->source.root,
	    kept->wish.id, generation, 0, &text, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	convert(kept, &text, false, &out);
	logs_out_write(to, out.buf, out.len);
	strbuf_release(&text);
	strbuf_release(&out);
	strbuf_release(&err);
	return code;
}

/* True when there was something. */
static bool
print_news(struct kept *kept, bool is_end, const struct logs_out *to)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	bool has_news;

	logstore_go_on(&kept->tail, &text);
	has_news = text.len > 0;
	convert(kept, &text, is_end, &out);
	logs_out_write(to, out.buf, out.len);
	if (kept->tail.lost) {
		cmd_warn("%s: %lld bytes were rotated away before they could "
		    "be read", kept->wish.id,
		    (long long)kept->tail.lost);
		kept->tail.lost = 0;
	}
	strbuf_release(&text);
	strbuf_release(&out);
	return has_news;
}

int
kept_go_on(struct kept *kept, const struct logs_out *out)
{
	struct glance glance;
	int64_t next;

	if (mono_before(os_now(), kept->look_at)) {
		kept->is_busy = print_news(kept, false, out);
		return EXIT_DONE;
	}
	kept->look_at = mono_add_ms(os_now(), LOOK_MS);
	/* First asked, then read: what it printed last is there. */
	glance = look_again(kept);
	next = next_run(kept);
	kept->is_over = !next && glance.has_ended && glance.stays_stopped;
	kept->is_busy = print_news(kept, kept->is_over, out);
	if (next)
		return go_over(kept, next, out);
	if (kept->is_over)
		logs_tell_end(kept->view, kept->wish.id);
	return EXIT_DONE;
}

void
kept_init(struct kept *kept, struct view *view, const struct kept_wish *wish)
{
	memset(kept, 0, sizeof(*kept));
	kept->view = view;
	kept->wish = *wish;
	kept->tail.fd = -1;
	kept->look_at = os_now();
}

int
kept_begin(struct kept *kept, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	size_t at;
	int code;

	logstore_runs(kept->view->source.root, kept->wish.id, &kept->runs);
	code = pick_runs(kept);
	if (code == EXIT_DONE)
		code = collect(kept, &text);
	if (code == EXIT_DONE) {
		at = last_lines(&text, kept->wish.lines);
		strbuf_add(out, text.buf + at, text.len - at);
	}
	strbuf_release(&text);
	return code;
}

void
kept_release(struct kept *kept)
{
	logstore_release(&kept->tail);
	logstore_runs_release(&kept->runs);
	plain_release(&kept->plain);
}
