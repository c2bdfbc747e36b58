/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.  Here: where it ends, and what a crash has left there.
 */
#include "journal.h"

#include "when.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WINDOW = 1 << 20,     /* more than a line has */
	NEAR_WINDOW = 1 << 14, /* what most have */
};

int
journal_fail(const char *path, const char *what, struct strbuf *err)
{
	strbuf_addf(err, "cannot %s '%s': %s", what, path, strerror(errno));
	return -1;
}

int
journal_open_segment(struct journal *journal, struct strbuf *err)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	journal->size = -1;
	return journal->fd < 0 ? journal_fail(journal->path, "open", err) : 0;
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
	return journal_open_segment(journal, err);
}

/* ---- the end of it, as the head names it ---- */

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
    struct journal_recovery *recovery, struct strbuf *err)
{
	recovery->cut_bytes = (int64_t)rest->text.len - end;
	if (recovery->cut_bytes &&
	    ftruncate(journal->fd, (off_t)(rest->offset + end)) < 0)
		return journal_fail(journal->path, "cut", err);
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
    struct rest *rest, struct journal_recovery *recovery, struct strbuf *err)
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
    struct rest *rest, struct journal_recovery *recovery, struct strbuf *err)
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
    struct journal_recovery *recovery, struct strbuf *err)
{
	struct rest rest = { .text = STRBUF_INIT };
	struct stat st;
	int rc;

	/* Nearly always. */
	if (!head->next_seq && ends_at(journal->fd, head, NEAR_WINDOW,
	    &journal->last))
		return 0;
	if (fstat(journal->fd, &st) < 0)
		return journal_fail(journal->path, "look at", err);
	if (st.st_size > head->next_bytes + WINDOW)
		rest.offset = st.st_size - head->next_bytes - WINDOW;
	if (journal_read_from(journal->fd, rest.offset, &rest.text) < 0)
		rc = journal_fail(journal->path, "read", err);
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

int
journal_catch_up(struct journal *journal, struct chain_head *head,
    struct journal_recovery *recovery, struct strbuf *err)
{
	struct stat st;
	int rc = journal_read_head(journal->head_fd, journal->root, head,
	    err);

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
		return journal_fail(journal->path, "look at", err);
	journal->size = st.st_size;
	journal->begun_ms = read_begun(journal);
	return 0;
}
