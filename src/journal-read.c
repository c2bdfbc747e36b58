/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See journal.h.  Here: reading and checking all of it.
 */
#include "journal.h"

#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_SEGMENT = 1 << 30,
	LOCK_TRIES = 1000, LOCK_PAUSE_MS = 2,
	MIN_KEY = 16, MAX_KEY = 4096,
};

char *
journal_path(const char *root, const char *name)
{
	return xasprintf("%s/state/%s", root, name);
}

int
journal_lock(int head_fd, int operation, struct strbuf *err)
{
	int i;

	for (i = 0; flock(head_fd, operation | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			strbuf_addf(err, "cannot lock the journal: %s",
			    strerror(errno));
			return -1;
		}
		if (i == LOCK_TRIES) {
			strbuf_addstr(err, "cannot lock the journal: another "
			    "process has held it for two seconds");
			return -1;
		}
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return 0;
}

int
journal_read_head(int head_fd, const char *root, struct chain_head *head,
    struct strbuf *err)
{
	char text[CHAIN_HEAD], *path;
	ssize_t len = pread(head_fd, text, sizeof(text), 0);

	chain_head_init(head);
	if (len == 0)
		return 1;
	if (len > 0 && chain_head_parse(text, (size_t)len, head) == 0)
		return 0;
	path = journal_path(root, "journal.head");
	strbuf_addf(err, "'%s' is damaged", path);
	free(path);
	return -1;
}

int
journal_read_from(int fd, int64_t offset, struct strbuf *out)
{
	char block[65536];
	ssize_t n;

	while ((n = pread(fd, block, sizeof(block), (off_t)offset)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		strbuf_add(out, block, (size_t)n);
		offset += n;
	}
	return 0;
}

static bool
is_segment(const char *name)
{
	return str_starts(name, "journal-") && str_ends(name, ".jsonl");
}

void
journal_segments(const char *root, struct strvec *paths)
{
	char *folder = journal_path(root, "");
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
		strvec_take(paths, journal_path(root, names.v[i]));
	strvec_take(paths, journal_path(root, "journal.jsonl"));
	strvec_release(&names);
	free(folder);
}

/* ---- a look at all of it ---- */

/* As it was at one moment: rotated segments do not change any more. */
struct snapshot {
	struct strvec rotated;
	struct strbuf current; /* the text of the current segment */
	struct chain_head head;
	bool has_head;
};

static void
snapshot_release(struct snapshot *snapshot)
{
	strvec_release(&snapshot->rotated);
	strbuf_release(&snapshot->current);
}

static int
take_segments(struct snapshot *snapshot, const char *root,
    struct strbuf *err)
{
	char *current;
	int rc;

	journal_segments(root, &snapshot->rotated);
	current = snapshot->rotated.v[--snapshot->rotated.nr];
	snapshot->rotated.v[snapshot->rotated.nr] = NULL;
	rc = fs_read(current, MAX_SEGMENT, &snapshot->current, err);
	if (rc < 0 && errno == ENOENT) {
		strbuf_reset(err);
		rc = 0;
	}
	free(current);
	return rc;
}

static int
snapshot_take(struct snapshot *snapshot, const char *root, struct strbuf *err)
{
	char *path = journal_path(root, "journal.head");
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	memset(snapshot, 0, sizeof(*snapshot));
	strbuf_init(&snapshot->current);
	if (fd < 0 && errno != ENOENT) {
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(errno));
		rc = -1;
	}
	free(path);
	if (fd >= 0)
		rc = journal_lock(fd, LOCK_SH, err);
	if (rc == 0)
		rc = take_segments(snapshot, root, err);
	if (fd >= 0) {
		if (rc == 0)
			rc = journal_read_head(fd, root, &snapshot->head,
			    err);
		snapshot->has_head = rc == 0;
		close(fd);
	}
	return rc < 0 ? -1 : 0;
}

static int
each_line(const struct strbuf *text, journal_fn *fn, void *ctx)
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

static int
snapshot_each(const struct snapshot *snapshot, journal_fn *fn, void *ctx,
    struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;
	size_t i;

	for (i = 0; i < snapshot->rotated.nr && rc == 0; i++) {
		strbuf_reset(&text);
		if (fs_read(snapshot->rotated.v[i], MAX_SEGMENT, &text,
		    err) < 0)
			rc = -1;
		else
			rc = each_line(&text, fn, ctx);
	}
	strbuf_release(&text);
	return rc ? rc : each_line(&snapshot->current, fn, ctx);
}

/* Without a head to look at, a damaged one keeps nobody from reading. */
int
journal_each(const char *root, journal_fn *fn, void *ctx, struct strbuf *err)
{
	struct snapshot snapshot;
	struct strbuf why = STRBUF_INIT;
	int rc = 0;

	if (snapshot_take(&snapshot, root, &why) < 0 && !snapshot.current.len)
		rc = take_segments(&snapshot, root, err);
	if (rc == 0)
		rc = snapshot_each(&snapshot, fn, ctx, err);
	snapshot_release(&snapshot);
	strbuf_release(&why);
	return rc;
}

/* ---- checking ---- */

struct verifier {
	struct chain_check *check;
	struct strbuf *err;
};

static int
verify_line(void *ctx, const char *line, size_t len)
{
	struct verifier *verifier = ctx;

	return chain_check_line(verifier->check, line, len, verifier->err);
}

static int
check_head(const struct snapshot *snapshot, const struct strbuf *key,
    const struct chain_check *check, struct strbuf *err)
{
	if (!snapshot->has_head && check->lines) {
		strbuf_addf(err, "seq %" PRId64 ": journal.head, which names "
		    "the last line, is missing", check->last.seq);
		return -1;
	}
	if (!key || !check->lines)
		return 0;
	if (*snapshot->head.mac && chain_head_is_signed(&snapshot->head,
	    key->buf, key->len))
		return 0;
	strbuf_addf(err, "seq %" PRId64 ": journal.head is not signed with "
	    "this key", check->last.seq);
	return -1;
}

/* The place at which a torn line ends the text. */
static int
check_torn(const struct strbuf *text, const struct chain_check *check,
    struct strbuf *err)
{
	if (!text->len || text->buf[text->len - 1] == '\n')
		return 0;
	strbuf_addf(err, "seq %" PRId64 ": it was torn: the next command cuts "
	    "it off", check->last.seq + 1);
	return -1;
}

int
journal_verify(const char *root, const struct strbuf *key,
    struct chain_check *check, struct strbuf *err)
{
	struct verifier verifier = { check, err };
	struct snapshot snapshot;
	int rc = snapshot_take(&snapshot, root, err);
	const char *eol;
	struct strbuf torn = STRBUF_INIT;

	/* A torn line is judged last, when it is clear whose it would be. */
	eol = strrchr(snapshot.current.buf, '\n');
	eol = eol ? eol + 1 : snapshot.current.buf;
	strbuf_addstr(&torn, eol);
	strbuf_setlen(&snapshot.current,
	    (size_t)(eol - snapshot.current.buf));
	check->head = snapshot.has_head ? &snapshot.head : NULL;
	if (rc == 0)
		rc = snapshot_each(&snapshot, verify_line, &verifier, err);
	if (rc == 0)
		rc = chain_check_end(check, err);
	if (rc == 0)
		rc = check_torn(&torn, check, err);
	if (rc == 0)
		rc = check_head(&snapshot, key, check, err);
	check->head = NULL;
	snapshot_release(&snapshot);
	strbuf_release(&torn);
	return rc;
}

int
journal_verify_file(const char *path, struct chain_check *check,
    struct strbuf *err)
{
	struct verifier verifier = { check, err };
	struct strbuf text = STRBUF_INIT;
	int rc = fs_read(path, MAX_SEGMENT, &text, err);

	check->anywhere = true;
	if (rc == 0)
		rc = each_line(&text, verify_line, &verifier);
	if (rc == 0)
		rc = chain_check_end(check, err);
	strbuf_release(&text);
	return rc;
}

int
journal_read_key(const char *path, struct strbuf *key, struct strbuf *err)
{
	struct stat st;

	if (fs_read(path, MAX_KEY, key, err) < 0)
		return -1;
	while (key->len && (key->buf[key->len - 1] == '\n' ||
	    key->buf[key->len - 1] == '\r'))
		strbuf_setlen(key, key->len - 1);
	if (key->len < MIN_KEY) {
		strbuf_addf(err, "the key in '%s' is shorter than %d bytes",
		    path, MIN_KEY);
		return -1;
	}
	if (stat(path, &st) == 0 && st.st_mode & 077)
		strbuf_addf(err, "others may read the key in '%s': chmod 600 "
		    "it", path);
	return 0;
}
