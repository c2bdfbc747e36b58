/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.  Here: writing it.
 */
#include "journal.h"

#include "fs.h"
#include "jstring.h"
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
	MAX_PENDING = 10000, /* events kept while nothing can be written */
};

static const struct journal_settings defaults = JOURNAL_SETTINGS_INIT;

/* ---- what is to be written ---- */

static void
add_string(struct strbuf *out, const char *key, const char *value)
{
	json_t *string;
	char *text;

	if (!value)
		return;
	string = jstring(value);
	text = json_dumps(string, JSON_ENCODE_ANY);
	strbuf_addf(out, ",\"%s\":%s", key, text ? text : "\"\"");
	free(text);
	json_decref(string);
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
	if (journal->root && journal->pending.nr < MAX_PENDING) {
		strvec_take(&journal->pending, make_body(journal, event, NULL));
		journal->nr_aside += event->is_aside;
	} else if (journal->root) {
		journal->lost++;
	}
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
	struct journal_event event = { .kind = kind, .agent = agent,
		.gen = gen, .reason = reason, .fields = fields,
		.is_aside = true };

	journal_put(journal, &event);
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
		return journal_fail("journal.head", "write", err);
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
	    journal_fail(journal->path, "rename", err) :
	    journal_open_segment(journal, err);

	if (rc == 0)
		journal->size = 0;
	journal->begun_ms = os_wall_ms();
	free(name);
	free(path);
	return rc;
}

static void
make_batch(struct journal *journal, const struct chain_head *head,
    const struct journal_recovery *recovery, struct strbuf *batch,
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
		journal_fail(journal->path, "write", err);
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
	struct journal_recovery recovery;
	int rc = journal_catch_up(journal, &head, &recovery, err);

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
		rc = journal_fail(path, "open", err);
	free(path);
	return rc;
}

/* A head that somebody has moved away is no lock any more. */
static void
drop_old_head(struct journal *journal)
{
	struct stat held, now;
	char *path;
	bool same;

	if (journal->head_fd < 0)
		return;
	path = journal_path(journal->root, "journal.head");
	same = fstat(journal->head_fd, &held) == 0 && stat(path, &now) == 0 &&
	    held.st_ino == now.st_ino && held.st_dev == now.st_dev;
	free(path);
	if (same)
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
	if (rc < 0)
		strbuf_addstr(&why, "; nothing is journalled until that is "
		    "mended, or state/journal* moved away");
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
