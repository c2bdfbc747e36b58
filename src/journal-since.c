/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.  Here: reading on from where somebody has come to.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last seq of a closed segment is in its name; INT64_MAX: the open one. */
static int64_t
last_seq(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return str_starts(name, "journal-") ?
	    strtoll(name + strlen("journal-"), NULL, 10) : INT64_MAX;
}

/* What is there from the place on, or all of it.  1: no such segment. */
static int
read_from(const char *path, struct journal_place *place, struct strbuf *text,
    struct strbuf *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd >= 0 && fstat(fd, &st) == 0) {
		if ((uint64_t)st.st_ino != place->inode ||
		    st.st_size < place->offset)
			place->offset = 0;
		place->inode = (uint64_t)st.st_ino;
		do {
			strbuf_grow(text, 65536);
			n = pread(fd, text->buf + text->len, 65536,
			    place->offset + (off_t)text->len);
			if (n > 0)
				text->len += (size_t)n;
		} while (n > 0);
		text->buf[text->len] = '\0';
	}
	if (n < 0)
		strbuf_addf(err, "cannot read '%s': %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Every line of ours begins with its number. */
static int64_t
seq_of(const char *line, size_t len)
{
	static const char begin[] = "{\"seq\":";

	if (len <= strlen(begin) || memcmp(line, begin, strlen(begin)) != 0)
		return 0;
	return strtoll(line + strlen(begin), NULL, 10);
}

/*
 * The open segment has been closed since they were listed: what is between is
 * in one that is not on the list.
 */
static bool
is_ahead(const struct strbuf *text, const struct journal_place *place)
{
	return place->offset == 0 && seq_of(text->buf, text->len) >
	    place->seq + 1;
}

static int
lines_since(struct strbuf *text, struct journal_place *place,
    const struct journal_reader *reader, void *ctx)
{
	const char *p = text->buf, *eol;
	int64_t seq;
	int rc = 0;

	while (rc == 0 && (eol = memchr(p, '\n',
	    (size_t)(text->buf + text->len - p)))) {
		seq = seq_of(p, (size_t)(eol - p));
		if (seq > place->seq) {
			rc = reader->line(ctx, p, (size_t)(eol - p));
			place->seq = seq;
		}
		place->offset += eol + 1 - p;
		p = eol + 1;
	}
	return rc;
}

/* again: NULL, or set when they should be listed once more. */
static int
list_since(const char *root, struct journal_place *place,
    const struct journal_reader *reader, void *ctx, bool *again,
    struct strbuf *err)
{
	struct strvec paths = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = 0;
	size_t i;

	journal_segments(root, &paths);
	for (i = 0; i < paths.nr && rc == 0; i++) {
		if (last_seq(paths.v[i]) <= place->seq)
			continue;
		strbuf_reset(&text);
		rc = read_from(paths.v[i], place, &text, err);
		if (rc == 0 && again && i + 1 == paths.nr &&
		    is_ahead(&text, place)) {
			*again = true;
			break;
		}
		if (rc == 0)
			rc = lines_since(&text, place, reader, ctx);
		else if (rc == 1)
			rc = 0;
		if (rc == 0 && reader->closed && i + 1 < paths.nr)
			rc = reader->closed(ctx);
	}
	strvec_release(&paths);
	strbuf_release(&text);
	return rc;
}

int
journal_since(const char *root, struct journal_place *place,
    const struct journal_reader *reader, void *ctx, struct strbuf *err)
{
	bool again = false;
	int rc = list_since(root, place, reader, ctx, &again, err);

	return again ? list_since(root, place, reader, ctx, NULL, err) : rc;
}

int64_t
journal_bytes(const char *root)
{
	struct strvec paths = STRVEC_INIT;
	struct stat st;
	int64_t sum = 0;
	size_t i;

	journal_segments(root, &paths);
	for (i = 0; i < paths.nr; i++)
		if (stat(paths.v[i], &st) == 0)
			sum += st.st_size;
	strvec_release(&paths);
	return sum;
}
