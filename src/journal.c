/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.
 */
#include "journal.h"

#include "digest.h"
#include "fs.h"
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_SEGMENT = 256 << 20,
	MAX_LINE = 64 << 10,
	HASH_DIGITS = 64,
};

/* What stands between a line's text and its hash. */
#define HASH_KEY ",\"hash\":\""

static const char zeros[] = "00000000000000000000000000000000"
    "00000000000000000000000000000000";

static char *
path_of(const char *root, const char *name)
{
	return xasprintf("%s/state/%s", root, name);
}

static void
hash_text(const char *text, size_t len, char hash[65])
{
	char digest[DIGEST_SIZE];

	digest_text(text, len, digest);
	memcpy(hash, digest + strlen("sha256:"), HASH_DIGITS);
	hash[HASH_DIGITS] = '\0';
}

/* ---- a line, read ---- */

struct line {
	int64_t seq;
	char prev[65], hash[65];
};

/*
 * Takes a line apart and checks its own hash; NULL when it is good, else what
 * is wrong with it.
 */
static const char *
parse_line(const char *text, size_t len, struct line *line)
{
	size_t tail = strlen(HASH_KEY) + HASH_DIGITS + strlen("\"}");
	const char *prev;
	char hash[65];
	json_t *object;

	if (len <= tail || memcmp(text + len - tail, HASH_KEY,
	    strlen(HASH_KEY)) != 0 || memcmp(text + len - 2, "\"}", 2) != 0)
		return "no hash at its end";
	memcpy(line->hash, text + len - 2 - HASH_DIGITS, HASH_DIGITS);
	line->hash[HASH_DIGITS] = '\0';
	hash_text(text, len - tail, hash);
	if (!str_eq(hash, line->hash))
		return "it was changed: its hash does not fit";
	object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	line->seq = json_integer_value(json_object_get(object, "seq"));
	prev = json_string_value(json_object_get(object, "prev"));
	if (!prev || strlen(prev) != HASH_DIGITS || line->seq < 1) {
		json_decref(object);
		return "it is not a line of a journal";
	}
	memcpy(line->prev, prev, sizeof(line->prev));
	json_decref(object);
	return NULL;
}

/* ---- segments ---- */

static bool
is_segment(const char *name)
{
	return str_starts(name, "journal-") && str_ends(name, ".jsonl");
}

void
journal_segments(const char *root, struct strvec *paths)
{
	char *folder = path_of(root, "");
	struct strvec names = STRVEC_INIT;
	struct dirent *entry;
	DIR *dir = opendir(folder);
	size_t i;

	while (dir && (entry = readdir(dir)))
		if (is_segment(entry->d_name))
			strvec_push(&names, entry->d_name);
	if (dir)
		closedir(dir);
	strvec_sort(&names);
	for (i = 0; i < names.nr; i++)
		strvec_take(paths, path_of(root, names.v[i]));
	strvec_take(paths, path_of(root, "journal.jsonl"));
	strvec_release(&names);
	free(folder);
}

static int
each_line(const struct strbuf *text, int (*fn)(void *ctx, const char *line,
    size_t len), void *ctx)
{
	const char *p = text->buf, *end = text->buf + text->len, *eol;
	int rc = 0;

	for (; p < end && rc == 0; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		rc = fn(ctx, p, (size_t)(eol - p));
	}
	return rc;
}

int
journal_each(const char *root,
    int (*fn)(void *ctx, const char *line, size_t len), void *ctx,
    struct strbuf *err)
{
	struct strvec paths = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	int rc = 0;
	size_t i;

	journal_segments(root, &paths);
	for (i = 0; i < paths.nr && rc == 0; i++) {
		strbuf_reset(&text);
		strbuf_reset(&why);
		if (fs_read(paths.v[i], MAX_SEGMENT, &text, &why) == 0) {
			rc = each_line(&text, fn, ctx);
		} else if (errno != ENOENT) {
			strbuf_addstr(err, why.buf);
			rc = -1;
		}
	}
	strvec_release(&paths);
	strbuf_release(&text);
	strbuf_release(&why);
	return rc;
}

/* ---- verification ---- */

struct check {
	struct line last;
	int64_t lines;
	int64_t head_seq;
	char head_hash[65];
	struct strbuf *err;
};

static int
check_line(void *ctx, const char *text, size_t len)
{
	struct check *check = ctx;
	struct line line;
	const char *wrong = parse_line(text, len, &line);

	if (!wrong && line.seq != check->last.seq + 1)
		wrong = "its sequence number does not follow";
	else if (!wrong && !str_eq(line.prev, check->last.hash))
		wrong = "it does not follow the line before it";
	else if (!wrong && line.seq == check->head_seq &&
	    !str_eq(line.hash, check->head_hash))
		wrong = "it is not the line that journal.head names";
	if (wrong) {
		strbuf_addf(check->err, "seq %" PRId64 ": %s",
		    check->last.seq + 1, wrong);
		return -1;
	}
	check->last = line;
	check->lines++;
	return 0;
}

static void
read_head(const char *root, struct check *check)
{
	char *path = path_of(root, "journal.head");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *head = NULL;
	const char *hash;

	if (fs_read(path, MAX_LINE, &text, &err) == 0)
		head = json_loadb(text.buf, text.len, 0, NULL);
	check->head_seq = json_integer_value(json_object_get(head, "seq"));
	hash = json_string_value(json_object_get(head, "hash"));
	if (hash && strlen(hash) == HASH_DIGITS)
		memcpy(check->head_hash, hash, sizeof(check->head_hash));
	json_decref(head);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

int
journal_verify(const char *root, int64_t *lines, struct strbuf *err)
{
	struct check check = { .err = err };
	int rc;

	memcpy(check.last.hash, zeros, sizeof(zeros));
	read_head(root, &check);
	rc = journal_each(root, check_line, &check, err);
	if (rc == 0 && check.last.seq < check.head_seq) {
		strbuf_addf(err, "seq %" PRId64 ": the journal ends before "
		    "it, but journal.head names line %" PRId64,
		    check.last.seq + 1, check.head_seq);
		rc = -1;
	}
	*lines = check.lines;
	return rc;
}

/* ---- writing ---- */

static void
add_time(struct strbuf *out)
{
	int64_t ms = os_wall_ms();
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(out, ",\"time\":\"%s.%03dZ\"", text, (int)(ms % 1000));
}

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
add_fields(struct strbuf *out, json_t *fields)
{
	char *text = fields ? json_dumps(fields, JSON_COMPACT |
	    JSON_SORT_KEYS) : NULL;

	if (text)
		strbuf_addf(out, ",\"fields\":%s", text);
	free(text);
	json_decref(fields);
}

void
journal_put(struct journal *journal, const struct journal_event *event)
{
	struct strbuf line = STRBUF_INIT;

	if (journal->fd < 0) {
		json_decref(event->fields);
		return;
	}
	strbuf_addf(&line, "{\"seq\":%" PRId64, ++journal->seq);
	add_time(&line);
	strbuf_addf(&line, ",\"mono_ns\":%" PRId64, os_now().ns);
	add_string(&line, "event", event_name(event->kind));
	add_string(&line, "agent", event->agent);
	if (event->gen)
		strbuf_addf(&line, ",\"gen\":%" PRId64, event->gen);
	if (event->attempt)
		strbuf_addf(&line, ",\"attempt\":%" PRId64, event->attempt);
	add_string(&line, "actor", event->actor ? event->actor :
	    journal->actor);
	add_string(&line, "reason", event->reason);
	add_fields(&line, event->fields);
	add_string(&line, "correlation_id", event->correlation ?
	    event->correlation : journal->correlation);
	strbuf_addf(&line, ",\"prev\":\"%s\"", journal->hash);
	hash_text(line.buf, line.len, journal->hash);
	strbuf_addf(&line, "%s%s\"}\n", HASH_KEY, journal->hash);
	strbuf_add(&journal->pending, line.buf, line.len);
	strbuf_release(&line);
}

void
journal_add(struct journal *journal, enum event_kind kind, const char *agent,
    int64_t gen, const char *reason, json_t *fields)
{
	struct journal_event event = { .kind = kind, .agent = agent,
		.gen = gen, .reason = reason, .fields = fields };

	journal_put(journal, &event);
}

static void
write_head(struct journal *journal)
{
	char *path = path_of(journal->root, "journal.head");
	char *text = xasprintf("{\"seq\":%" PRId64 ",\"hash\":\"%s\"}\n",
	    journal->seq, journal->hash);
	struct strbuf err = STRBUF_INIT;

	/* An older head is true as well: it names an earlier line. */
	fs_write(path, text, strlen(text), 0600, 0, &err);
	strbuf_release(&err);
	free(path);
	free(text);
}

static int
open_segment(struct journal *journal, struct strbuf *err)
{
	struct stat st;

	journal->fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	if (journal->fd < 0 || fstat(journal->fd, &st) < 0) {
		strbuf_addf(err, "cannot open '%s': %s", journal->path,
		    strerror(errno));
		return -1;
	}
	journal->size = st.st_size;
	return 0;
}

/* The name sorts as the numbers do. */
static void
rotate(struct journal *journal)
{
	char *name = xasprintf("journal-%012" PRId64 ".jsonl", journal->seq);
	char *path = path_of(journal->root, name);
	struct strbuf err = STRBUF_INIT;

	if (rename(journal->path, path) == 0) {
		close(journal->fd);
		if (open_segment(journal, &err) == 0)
			journal_add(journal, EVENT_JOURNAL_ROTATED, NULL, 0,
			    NULL, NULL);
	}
	strbuf_release(&err);
	free(name);
	free(path);
}

static int
write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= (size_t)n) {
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -1;
	}
	return 0;
}

int
journal_flush(struct journal *journal, struct strbuf *err)
{
	if (journal->fd < 0 || !journal->pending.len)
		return 0;
	if (write_all(journal->fd, journal->pending.buf,
	    journal->pending.len) < 0 || fdatasync(journal->fd) < 0) {
		strbuf_addf(err, "cannot write '%s': %s", journal->path,
		    strerror(errno));
		return -1;
	}
	journal->size += (int64_t)journal->pending.len;
	strbuf_reset(&journal->pending);
	write_head(journal);
	if (journal->size > JOURNAL_SEGMENT_BYTES)
		rotate(journal);
	return 0;
}

/* ---- opening ---- */

/* The end of the newest segment that has any bytes. */
static int
read_tail(const struct journal *journal, struct strbuf *tail,
    struct strbuf *err)
{
	struct strvec paths = STRVEC_INIT;
	int rc = 0;
	size_t i;

	journal_segments(journal->root, &paths);
	for (i = paths.nr; i-- > 0 && rc == 0 && !tail->len;) {
		struct strbuf why = STRBUF_INIT;

		if (fs_read(paths.v[i], MAX_SEGMENT, tail, &why) < 0 &&
		    errno != ENOENT) {
			strbuf_addstr(err, why.buf);
			rc = -1;
		}
		strbuf_release(&why);
	}
	strvec_release(&paths);
	return rc;
}

/* Cuts what a crash left of a line.  1: there was something to cut. */
static int
cut_torn_line(struct journal *journal, struct strbuf *text,
    struct strbuf *err)
{
	size_t keep = text->len;

	if (!keep || text->buf[keep - 1] == '\n')
		return 0;
	while (keep && text->buf[keep - 1] != '\n')
		keep--;
	strbuf_setlen(text, keep);
	if (ftruncate(journal->fd, (off_t)keep) < 0) {
		strbuf_addf(err, "cannot cut '%s': %s", journal->path,
		    strerror(errno));
		return -1;
	}
	journal->size = (int64_t)keep;
	return 1;
}

static int
take_last(struct journal *journal, struct strbuf *text, struct strbuf *err)
{
	struct line line;
	const char *last, *wrong;

	if (!text->len)
		return 0;
	strbuf_setlen(text, text->len - 1);
	last = strrchr(text->buf, '\n');
	last = last ? last + 1 : text->buf;
	wrong = parse_line(last, (size_t)(text->buf + text->len - last),
	    &line);
	if (wrong) {
		strbuf_addf(err, "the last line of '%s': %s", journal->path,
		    wrong);
		return -1;
	}
	journal->seq = line.seq;
	memcpy(journal->hash, line.hash, sizeof(journal->hash));
	return 0;
}

int
journal_open(struct journal *journal, const char *root, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int torn = 0;

	memset(journal, 0, sizeof(*journal));
	journal->fd = -1;
	strbuf_init(&journal->pending);
	journal->root = xstrdup(root);
	journal->path = path_of(root, "journal.jsonl");
	memcpy(journal->hash, zeros, sizeof(zeros));
	snprintf(journal->correlation, sizeof(journal->correlation),
	    "%08x%08x", os_random(), os_random());
	if (open_segment(journal, err) < 0 ||
	    read_tail(journal, &text, err) < 0)
		torn = -1;
	/* Only the current segment can have been torn. */
	if (torn == 0 && journal->size > 0)
		torn = cut_torn_line(journal, &text, err);
	if (torn >= 0 && take_last(journal, &text, err) < 0)
		torn = -1;
	strbuf_release(&text);
	if (torn < 0) {
		if (journal->fd >= 0)
			close(journal->fd);
		journal->fd = -1;
		return -1;
	}
	if (journal->seq == 0)
		journal_add(journal, EVENT_JOURNAL_OPENED, NULL, 0, NULL,
		    NULL);
	if (torn)
		journal_add(journal, EVENT_JOURNAL_RECOVERED, NULL, 0,
		    "a torn last line was cut off", NULL);
	return 0;
}

void
journal_close(struct journal *journal)
{
	struct strbuf err = STRBUF_INIT;

	if (journal->fd >= 0) {
		journal_flush(journal, &err);
		close(journal->fd);
	}
	journal->fd = -1;
	free(journal->root);
	free(journal->path);
	free(journal->actor);
	strbuf_release(&journal->pending);
	strbuf_release(&err);
	journal->root = journal->path = journal->actor = NULL;
}
