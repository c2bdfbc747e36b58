/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.  Here: writing it.
 */
#include "journal.h"

#include "fs.h"
#include "os.h"
#include "when.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WINDOW = 1 << 20,     /* more than a line has */
	NEAR_WINDOW = 1 << 14, /* what most have */
	MAX_PENDING = 10000, /* events kept while nothing can be written */
};

static const struct journal_settings defaults = JOURNAL_SETTINGS_INIT;

/* ---- what is to be written ---- */

static void
add_string(struct strbuf *out, const char *key, const char *value)
{
	struct strbuf safe = STRBUF_INIT;
	json_t *string;
	char *text;

	if (!value)
		return;
	string = json_string(value);
	if (!string) { /* not UTF-8 */
		strbuf_addsafe(&safe, value);
		string = json_string(safe.buf);
	}
	text = json_dumps(string, JSON_ENCODE_ANY);
	strbuf_addf(out, ",\"%s\":%s", key, text ? text : "\"\"");
	free(text);
	json_decref(string);
	strbuf_release(&safe);
}

static void
add_fields(struct strbuf *out, const json_t *fields)
{
	char *text = fields ? json_dumps(fields, JSON_COMPACT |
	    JSON_SORT_KEYS) : NULL;

	if (text)
		strbuf_addf(out, ",\"fields\":%s", text);
	free(text);
}

/* stamp: what the body of another event begins with, or NULL: now. */
static char *
make_body(const struct journal *journal, const struct journal_event *event,
    const char *stamp)
{
	struct strbuf body = STRBUF_INIT;

	if (stamp) {
		strbuf_add(&body, stamp,
		    (size_t)(strstr(stamp, ",\"event\"") - stamp));
	} else {
		strbuf_addstr(&body, ",\"time\":\"");
		when_add(&body, os_wall_ms());
		strbuf_addf(&body, "\",\"mono_ns\":%" PRId64, os_now().ns);
	}
	add_string(&body, "event", event_name(event->kind));
	add_string(&body, "agent", event->agent);
	if (event->gen)
		strbuf_addf(&body, ",\"gen\":%" PRId64, event->gen);
	if (event->attempt)
		strbuf_addf(&body, ",\"attempt\":%" PRId64, event->attempt);
	add_string(&body, "actor", event->actor ? event->actor :
	    journal->actor);
	add_string(&body, "reason", event->reason);
	add_fields(&body, event->fields);
	add_string(&body, "correlation_id", event->correlation ?
	    event->correlation : journal->correlation);
	return strbuf_detach(&body);
}

void
journal_put(struct journal *journal, const struct journal_event *event)
{
	if (journal->root && journal->pending.nr < MAX_PENDING)
		strvec_take(&journal->pending, make_body(journal, event, NULL));
	else if (journal->root)
		journal->lost++;
	json_decref(event->fields);
}

void
journal_add(struct journal *journal, enum event_kind kind, const char *agent,
    int64_t gen, const char *reason, json_t *fields)
{
	struct journal_event event = { .kind = kind, .agent = agent,
		.gen = gen, .reason = reason, .fields = fields };

	journal_put(journal, &event);
}

void
journal_add_aside(struct journal *journal, enum event_kind kind,
    const char *agent, int64_t gen, const char *reason, json_t *fields)
{
	size_t before = journal->pending.nr;

	journal_add(journal, kind, agent, gen, reason, fields);
	journal->nr_aside += journal->pending.nr - before;
}

/* A line of the journal's own, in front of a batch: not later than that. */
static void
add_own(struct journal *journal, enum event_kind kind, json_t *fields,
    struct strbuf *batch, struct chain_line *last)
{
	struct journal_event event = { .kind = kind, .fields = fields };
	char *body = make_body(journal, &event, journal->pending.v[0]);

	chain_add(batch, body, last);
	free(body);
	json_decref(fields);
}

/* ---- files ---- */

static int
fail(const char *path, const char *what, struct strbuf *err)
{
	strbuf_addf(err, "cannot %s '%s': %s", what, path, strerror(errno));
	return -1;
}

/* In one piece: neither a kill nor a lost sector leaves half of it. */
static int
write_head(struct journal *journal, struct chain_head *head,
    struct strbuf *err)
{
	char text[CHAIN_HEAD];

	memcpy(head->boot, journal->boot, sizeof(head->boot));
	chain_head_format(head, journal->key.buf, journal->key.len, text);
	if (pwrite(journal->head_fd, text, sizeof(text), 0) !=
	    (ssize_t)sizeof(text))
		return fail("journal.head", "write", err);
	return 0;
}

static int
open_segment(struct journal *journal, struct strbuf *err)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	journal->size = -1;
	return journal->fd < 0 ? fail(journal->path, "open", err) : 0;
}

/* Somebody else may have begun a new segment. */
static int
follow_segment(struct journal *journal, struct strbuf *err)
{
	struct stat held, now;

	if (journal->fd >= 0 && fstat(journal->fd, &held) == 0 &&
	    stat(journal->path, &now) == 0 && held.st_ino == now.st_ino &&
	    held.st_dev == now.st_dev) {
		if (held.st_size != journal->size)
			journal->size = -1;
		return 0;
	}
	return open_segment(journal, err);
}

/* ---- the end of it, as the head names it ---- */

/* What was to be done about what a crash has left. */
struct recovery {
	int64_t cut_bytes; /* of a batch that was not written any more */
	int64_t events;    /* taken over, though no head names them */
};

/* The time of the first line, which is near the beginning of it. */
static int64_t
read_begun(const struct journal *journal)
{
	static const char key[] = "\"time\":\"";
	char text[128];
	ssize_t len = pread(journal->fd, text, sizeof(text) - 1, 0);
	int64_t ms = 0;
	char *p;

	text[len > 0 ? len : 0] = '\0';
	p = strstr(text, key);
	if (!p)
		return 0;
	p += strlen(key);
	p[strcspn(p, "\"")] = '\0';
	return when_parse(p, &ms) == 0 ? ms : 0;
}

/* Whether a file ends with the line that the head names; looks at window. */
static bool
ends_at(int fd, const struct chain_head *head, int64_t window,
    struct chain_line *line)
{
	struct strbuf text = STRBUF_INIT;
	const char *last;
	struct stat st;
	bool does = false;

	if (fstat(fd, &st) == 0 && journal_read_from(fd,
	    st.st_size > window ? st.st_size - window : 0, &text) == 0 &&
	    text.len && text.buf[text.len - 1] == '\n') {
		strbuf_setlen(&text, text.len - 1);
		last = strrchr(text.buf, '\n');
		last = last ? last + 1 : text.buf;
		does = !chain_parse(last,
		    (size_t)(text.buf + text.len - last), line) &&
		    line->seq == head->seq && str_eq(line->hash, head->hash);
	}
	strbuf_release(&text);
	return does;
}

/* The last line of the segment before the current one is the head's. */
static bool
is_end_of_former(const struct journal *journal, const struct chain_head *head)
{
	struct strvec paths = STRVEC_INIT;
	struct chain_line line;
	bool is_end;
	int fd = -1;

	journal_segments(journal->root, &paths);
	is_end = head->seq == 0 && paths.nr == 1;
	if (paths.nr > 1)
		fd = open(paths.v[paths.nr - 2], O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		is_end = ends_at(fd, head, WINDOW, &line);
		close(fd);
	}
	strvec_release(&paths);
	return is_end;
}

/* The end of the segment, and what stands behind the line of the head. */
struct rest {
	struct strbuf text;
	int64_t offset;  /* of the text in the segment */
	int64_t end;     /* of the head's line in the text; -1: not there */
	int64_t lines;   /* whole ones behind it */
	int64_t good;    /* of them, those that hang together */
	int64_t good_end; /* where the last of those ends in the text */
	struct chain_line last; /* of those, or the head's */
};

static void
take_line(struct rest *rest, const char *text, size_t len, int64_t end)
{
	struct chain_line line;

	rest->lines++;
	if (rest->good + 1 != rest->lines || chain_parse(text, len, &line) ||
	    line.seq != rest->last.seq + 1 ||
	    !str_eq(line.prev, rest->last.hash))
		return;
	rest->last = line;
	rest->good++;
	rest->good_end = end;
}

static void
find_rest(const struct journal *journal, const struct chain_head *head,
    struct rest *rest)
{
	const char *begin = rest->text.buf, *p = begin, *eol;
	const char *stop = begin + rest->text.len;
	struct chain_line line;

	rest->end = -1;
	chain_begin(&rest->last);
	rest->last.seq = head->seq;
	memcpy(rest->last.hash, head->hash, CHAIN_HASH);
	eol = memchr(p, '\n', rest->text.len);
	/* Does the segment begin behind that line? */
	if (rest->offset == 0 && (!eol || (!chain_parse(p, (size_t)(eol - p),
	    &line) && line.seq == head->seq + 1)) &&
	    is_end_of_former(journal, head))
		rest->end = 0;
	for (; eol; p = eol + 1, eol = memchr(p, '\n', (size_t)(stop - p))) {
		if (rest->end >= 0)
			take_line(rest, p, (size_t)(eol - p),
			    eol + 1 - begin);
		else if (!chain_parse(p, (size_t)(eol - p), &line) &&
		    line.seq == head->seq && str_eq(line.hash, head->hash))
			rest->end = eol + 1 - begin;
	}
	if (!rest->good)
		rest->good_end = rest->end;
}

static int
cut(struct journal *journal, struct rest *rest, int64_t end,
    struct recovery *recovery, struct strbuf *err)
{
	recovery->cut_bytes = (int64_t)rest->text.len - end;
	if (recovery->cut_bytes &&
	    ftruncate(journal->fd, (off_t)(rest->offset + end)) < 0)
		return fail(journal->path, "cut", err);
	return 0;
}

/* A power failure takes what was not synced: the head, unless it is signed. */
static bool
was_down(const struct journal *journal, const struct chain_head *head)
{
	return *head->boot && !journal->key.len &&
	    !str_eq(journal->boot, head->boot);
}

/* Something stands behind the line of the head: whose is it? */
static int
settle_rest(struct journal *journal, const struct chain_head *head,
    struct rest *rest, struct recovery *recovery, struct strbuf *err)
{
	bool is_all = rest->good == rest->lines &&
	    rest->good_end == (int64_t)rest->text.len;

	if (is_all && head->next_seq && rest->last.seq == head->next_seq &&
	    str_eq(rest->last.hash, head->next_hash)) {
		journal->last = rest->last; /* all of a batch */
		return 0;
	}
	if (was_down(journal, head)) {
		journal->last = rest->last;
		recovery->events = rest->good;
		return cut(journal, rest, rest->good_end, recovery, err);
	}
	if (rest->lines && !head->next_seq) {
		strbuf_addf(err, "line %" PRId64 " of '%s' was not written by "
		    "teamctl: journal.head names the one before it",
		    head->seq + 1, journal->path);
		return -1;
	}
	return cut(journal, rest, rest->end, recovery, err);
}

static int
settle(struct journal *journal, const struct chain_head *head,
    struct rest *rest, struct recovery *recovery, struct strbuf *err)
{
	find_rest(journal, head, rest);
	chain_begin(&journal->last);
	journal->last.seq = head->seq;
	memcpy(journal->last.hash, head->hash, CHAIN_HASH);
	if (rest->end == (int64_t)rest->text.len)
		return 0;
	if (rest->end >= 0)
		return settle_rest(journal, head, rest, recovery, err);
	if (!head->seq)
		strbuf_addf(err, "'%s' has lines, but journal.head, which "
		    "names the last one, is missing", journal->path);
	else
		strbuf_addf(err, "'%s' is not what was written: its line "
		    "%" PRId64 ", which journal.head names, is changed or "
		    "missing", journal->path, head->seq);
	return -1;
}

/* Finds the end of the segment anew; what a crash has left of it is cut. */
static int
find_last(struct journal *journal, const struct chain_head *head,
    struct recovery *recovery, struct strbuf *err)
{
	struct rest rest = { .text = STRBUF_INIT };
	struct stat st;
	int rc;

	/* Nearly always. */
	if (!head->next_seq && ends_at(journal->fd, head, NEAR_WINDOW,
	    &journal->last))
		return 0;
	if (fstat(journal->fd, &st) < 0)
		return fail(journal->path, "look at", err);
	if (st.st_size > head->next_bytes + WINDOW)
		rest.offset = st.st_size - head->next_bytes - WINDOW;
	if (journal_read_from(journal->fd, rest.offset, &rest.text) < 0)
		rc = fail(journal->path, "read", err);
	else
		rc = settle(journal, head, &rest, recovery, err);
	strbuf_release(&rest.text);
	return rc;
}

static int
check_signature(struct journal *journal, const struct chain_head *head,
    struct strbuf *err)
{
	if (!journal->key.len || !*head->mac || chain_head_is_signed(head,
	    journal->key.buf, journal->key.len))
		return 0;
	strbuf_addf(err, "journal.head is not signed with the key in '%s'",
	    journal->how.key_file);
	return -1;
}

/*
 * With the lock: the last line and the size become those of the files.  *head
 * is what was there before.
 */
static int
catch_up(struct journal *journal, struct chain_head *head,
    struct recovery *recovery, struct strbuf *err)
{
	struct stat st;
	int rc = journal_read_head(journal->head_fd, head, err);

	memset(recovery, 0, sizeof(*recovery));
	if (rc < 0 || follow_segment(journal, err) < 0 ||
	    check_signature(journal, head, err) < 0)
		return -1;
	if (journal->size >= 0 && !head->next_seq &&
	    head->seq == journal->last.seq &&
	    str_eq(head->hash, journal->last.hash))
		return 0;
	if (find_last(journal, head, recovery, err) < 0)
		return -1;
	if (fstat(journal->fd, &st) < 0)
		return fail(journal->path, "look at", err);
	journal->size = st.st_size;
	journal->begun_ms = read_begun(journal);
	return 0;
}

/* ---- writing ---- */

static bool
is_full(const struct journal *journal, int64_t more)
{
	if (journal->size <= 0)
		return false;
	return journal->size + more > journal->how.max_bytes ||
	    (journal->begun_ms && os_wall_ms() - journal->begun_ms >
	    journal->how.max_age_ms);
}

/* The name sorts as the numbers do. */
static int
rotate(struct journal *journal, struct strbuf *err)
{
	char *name = xasprintf("journal-%012" PRId64 ".jsonl",
	    journal->last.seq);
	char *path = journal_path(journal->root, name);
	int rc = rename(journal->path, path) < 0 ?
	    fail(journal->path, "rename", err) : open_segment(journal, err);

	if (rc == 0)
		journal->size = 0;
	journal->begun_ms = os_wall_ms();
	free(name);
	free(path);
	return rc;
}

static void
make_batch(struct journal *journal, const struct chain_head *head,
    const struct recovery *recovery, struct strbuf *batch,
    struct chain_line *last)
{
	size_t i;

	*last = journal->last;
	if (last->seq == 0)
		add_own(journal, EVENT_JOURNAL_OPENED, NULL, batch, last);
	else if (journal->size == 0)
		add_own(journal, EVENT_JOURNAL_ROTATED, NULL, batch, last);
	if (recovery->cut_bytes || recovery->events)
		add_own(journal, EVENT_JOURNAL_RECOVERED, json_pack(
		    "{s:I, s:I}", "cut_bytes",
		    (json_int_t)recovery->cut_bytes, "events",
		    (json_int_t)recovery->events), batch, last);
	if (journal->key.len && !*head->mac)
		add_own(journal, EVENT_JOURNAL_KEYED, NULL, batch, last);
	else if (!journal->key.len && *head->mac)
		add_own(journal, EVENT_JOURNAL_UNKEYED, NULL, batch, last);
	if (journal->lost)
		add_own(journal, EVENT_JOURNAL_LOST, json_pack("{s:I}",
		    "events", (json_int_t)journal->lost), batch, last);
	for (i = 0; i < journal->pending.nr; i++)
		chain_add(batch, journal->pending.v[i], last);
}

/* With a key nothing is believed that the head does not name. */
static int
sync_head(const struct journal *journal)
{
	return journal->how.sync && journal->key.len ?
	    fdatasync(journal->head_fd) : 0;
}

static int
sync_lines(const struct journal *journal)
{
	return journal->how.sync ? fdatasync(journal->fd) : 0;
}

/* Announced in the head, written, and then named by the head. */
static int
append(struct journal *journal, const struct strbuf *batch,
    const struct chain_line *last, struct strbuf *err)
{
	struct chain_head head, done;

	chain_head_init(&head);
	head.seq = journal->last.seq;
	memcpy(head.hash, journal->last.hash, CHAIN_HASH);
	done = head;
	head.next_seq = last->seq;
	memcpy(head.next_hash, last->hash, CHAIN_HASH);
	head.next_bytes = (int64_t)batch->len;
	if (write_head(journal, &head, err) < 0)
		return -1;
	if (sync_head(journal) < 0 ||
	    fs_write_all(journal->fd, batch->buf, batch->len) < 0 ||
	    sync_lines(journal) < 0) {
		fail(journal->path, "write", err);
		/* A full disk: as it was before, or found so by the next. */
		if (ftruncate(journal->fd, (off_t)journal->size) == 0)
			write_head(journal, &done, err);
		journal->size = -1;
		return -1;
	}
	done.seq = last->seq;
	memcpy(done.hash, last->hash, CHAIN_HASH);
	return write_head(journal, &done, err);
}

static int
write_pending(struct journal *journal, struct strbuf *err)
{
	struct strbuf batch = STRBUF_INIT;
	struct chain_head head;
	struct chain_line last;
	struct recovery recovery;
	int rc = catch_up(journal, &head, &recovery, err);

	if (rc == 0)
		make_batch(journal, &head, &recovery, &batch, &last);
	if (rc == 0 && is_full(journal, (int64_t)batch.len)) {
		strbuf_reset(&batch);
		rc = rotate(journal, err);
		if (rc == 0)
			make_batch(journal, &head, &recovery, &batch, &last);
	}
	if (rc == 0)
		rc = append(journal, &batch, &last, err);
	if (rc == 0) {
		if (journal->size == 0)
			journal->begun_ms = os_wall_ms();
		journal->size += (int64_t)batch.len;
		journal->last = last;
		journal->lost = 0;
		strvec_release(&journal->pending);
		journal->nr_aside = 0;
	}
	strbuf_release(&batch);
	return rc;
}

/* ---- opening, and all of it together ---- */

static int
open_files(struct journal *journal, struct strbuf *err)
{
	char *path;
	int rc = 0;

	if (journal->how.key_file && !journal->key.len &&
	    journal_read_key(journal->how.key_file, &journal->key, err) < 0) {
		strbuf_reset(&journal->key);
		return -1;
	}
	if (journal->head_fd >= 0)
		return 0;
	os_boot_id(journal->boot, sizeof(journal->boot));
	path = journal_path(journal->root, "journal.head");
	journal->head_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (journal->head_fd < 0)
		rc = fail(path, "open", err);
	free(path);
	return rc;
}

/* A head that somebody has moved away is no lock any more. */
static void
drop_old_head(struct journal *journal)
{
	struct stat st;

	if (journal->head_fd < 0 || (fstat(journal->head_fd, &st) == 0 &&
	    st.st_nlink > 0))
		return;
	close(journal->head_fd);
	journal->head_fd = -1;
	journal->size = -1;
}

static int
flush(struct journal *journal, struct strbuf *err)
{
	int rc;

	drop_old_head(journal);
	if (open_files(journal, err) < 0 ||
	    journal_lock(journal->head_fd, LOCK_EX, err) < 0)
		return -1;
	rc = write_pending(journal, err);
	flock(journal->head_fd, LOCK_UN);
	return rc;
}

int
journal_flush(struct journal *journal, struct strbuf *err)
{
	struct strbuf why = STRBUF_INIT;
	int rc;

	if (journal->pending.nr == journal->nr_aside)
		return 0;
	rc = flush(journal, &why);
	if (why.len && !str_eq(why.buf, journal->complaint))
		strbuf_addstr(err, why.buf);
	free(journal->complaint);
	journal->complaint = strbuf_detach(&why);
	return rc;
}

void
journal_init(struct journal *journal)
{
	memset(journal, 0, sizeof(*journal));
	journal->fd = journal->head_fd = -1;
	journal->size = -1;
	strbuf_init(&journal->key);
	chain_begin(&journal->last);
}

void
journal_open(struct journal *journal, const char *root)
{
	journal_init(journal);
	journal->how = defaults;
	journal->root = xstrdup(root);
	journal->path = journal_path(root, "journal.jsonl");
	snprintf(journal->correlation, sizeof(journal->correlation),
	    "%08x%08x", os_random(), os_random());
}

void
journal_set(struct journal *journal, const struct journal_settings *how)
{
	bool same = str_eq(how->key_file, journal->how.key_file);
	char *key_file = xstrdup_null(how->key_file);

	if (!same)
		strbuf_reset(&journal->key);
	free(journal->how.key_file);
	journal->how = *how;
	journal->how.key_file = key_file;
}

void
journal_close(struct journal *journal)
{
	struct strbuf err = STRBUF_INIT;

	journal_flush(journal, &err);
	if (journal->fd >= 0)
		close(journal->fd);
	if (journal->head_fd >= 0)
		close(journal->head_fd);
	free(journal->root);
	free(journal->path);
	free(journal->how.key_file);
	free(journal->complaint);
	free(journal->actor);
	strbuf_release(&journal->key);
	strvec_release(&journal->pending);
	strbuf_release(&err);
	journal_init(journal);
}
