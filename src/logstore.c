/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logstore.h.
 */
#include "logstore.h"

#include "fs.h"
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_ID = 200,
	MAX_TIMES = 16 << 20,
	MAX_PART = 1 << 30,
	GUNZIP_MS = 60 * 1000,
	MAX_TRIES = 20, /* to see the files of one moment */
};

char *
logstore_folder(const char *root, const char *id)
{
	char *path = xasprintf("%s/state/logs/%s", root, id);

	path[strlen(path) - strlen(id) + strcspn(id, ":")] = '-';
	return path;
}

static char *
part_path(const char *folder, int64_t generation, enum log_part part,
    bool is_packed)
{
	char *name = logname_format(generation, part, is_packed);
	char *path = xasprintf("%s/%s", folder, name);

	free(name);
	return path;
}

void
logstore_ids(const char *root, struct strvec *ids)
{
	char *folder = xasprintf("%s/state/logs", root), *path;
	DIR *dir = opendir(folder);
	struct strbuf id = STRBUF_INIT, err = STRBUF_INIT;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		path = xasprintf("%s/%s/id", folder, entry->d_name);
		strbuf_reset(&id);
		if (*entry->d_name != '.' &&
		    fs_read(path, MAX_ID, &id, &err) == 0 &&
		    strchr(id.buf, ':') && !strvec_has(ids, id.buf))
			strvec_push(ids, id.buf);
		free(path);
	}
	if (dir)
		closedir(dir);
	strbuf_release(&id);
	strbuf_release(&err);
	free(folder);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
logstore_runs(const char *root, const char *id, struct logstore_runs *runs)
{
	char *folder = logstore_folder(root, id);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct logname name;
	size_t i;

	memset(runs, 0, sizeof(*runs));
	while (dir && (entry = readdir(dir))) {
		if (!logname_parse(entry->d_name, &name) ||
		    name.part != LOG_NOW)
			continue;
		/* While gzip is at work there are two. */
		for (i = 0; i < runs->nr; i++)
			if (runs->generations[i] == name.generation)
				break;
		if (i < runs->nr)
			continue;
		ARRAY_GROW(runs->generations, runs->nr, runs->alloc);
		runs->generations[runs->nr++] = name.generation;
	}
	if (dir)
		closedir(dir);
	if (runs->nr)
		qsort(runs->generations, runs->nr,
		    sizeof(*runs->generations), compare);
	free(folder);
}

void
logstore_runs_release(struct logstore_runs *runs)
{
	free(runs->generations);
	memset(runs, 0, sizeof(*runs));
}

bool
logstore_is_written(const char *root, const char *id, int64_t generation)
{
	char *folder = logstore_folder(root, id);
	char *path = part_path(folder, generation, LOG_NOW, false);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_written;

	is_written = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
	if (fd >= 0)
		close(fd);
	free(path);
	free(folder);
	return is_written;
}

/* ---- reading ---- */

static int
gunzip(const char *path, struct strbuf *out, struct strbuf *err)
{
	const char *const words[] = { "gzip", "-dc", "--", path };
	struct strvec argv = STRVEC_INIT;
	const struct proc_options options = { .timeout_ms = GUNZIP_MS,
		.max_output = MAX_PART };
	struct strbuf said = STRBUF_INIT;
	struct proc_result result;
	size_t i;

	for (i = 0; i < nitems(words); i++)
		strvec_push(&argv, words[i]);
	proc_run(argv.v, &options, out, &said, &result);
	strvec_release(&argv);
	strbuf_rtrim(&said);
	if (!result.spawned)
		strbuf_addf(err, "cannot run gzip: %s",
		    strerror(result.spawn_errno));
	else if (result.exit_code != 0)
		strbuf_addf(err, "cannot unpack '%s': %s", path, said.buf);
	strbuf_release(&said);
	return result.exit_code == 0 ? 0 : -1;
}

/* 1: there is no such file, packed or not. */
static int
read_packed(const char *folder, int64_t generation, enum log_part part,
    struct strbuf *out, struct strbuf *err)
{
	char *path = part_path(folder, generation, part, true);
	int rc = access(path, F_OK) < 0 ? 1 : gunzip(path, out, err);

	free(path);
	return rc;
}

/* The file as it is goes before the packed one, which may be half written. */
static int
read_old(const char *folder, int64_t generation, struct strbuf *out,
    struct strbuf *err)
{
	char *path = part_path(folder, generation, LOG_OLD, false);
	struct strbuf why = STRBUF_INIT;
	int rc = fs_read(path, MAX_PART, out, &why);

	if (rc < 0)
		rc = read_packed(folder, generation, LOG_OLD, out, err);
	strbuf_release(&why);
	free(path);
	return rc;
}

static void
read_times(const char *folder, int64_t generation, int64_t since_ms,
    struct logtimes *times)
{
	char *path = part_path(folder, generation, LOG_TIMES, false);
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;

	fs_read(path, MAX_TIMES, &text, &err);
	logtimes_parse(text.buf, since_ms, times);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

static void
read_on(struct logstore_tail *tail, struct strbuf *out)
{
	ssize_t n;

	do {
		strbuf_grow(out, 65536);
		n = pread(tail->fd, out->buf + out->len, 65536, tail->offset);
		if (n > 0) {
			out->len += (size_t)n;
			tail->offset += n;
		}
	} while (n > 0);
	out->buf[out->len] = '\0';
}

/* The run has gone on in another file of that name. */
static bool
is_put_aside(const struct logstore_tail *tail, const char *path)
{
	struct stat here, there;

	return fstat(tail->fd, &here) == 0 && stat(path, &there) == 0 &&
	    (here.st_ino != there.st_ino || here.st_dev != there.st_dev);
}

/*
 * Opens the file that the run goes on in, and puts what is kept of before into
 * old: of one and the same moment, since in another one these are other files.
 * 0, 1 (there is no such file, old is there) or -1 and err.
 */
static int
open_now(struct logstore_tail *tail, int64_t since_ms, struct logtimes *times,
    struct strbuf *old, struct strbuf *err)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	char *path = part_path(tail->folder, tail->generation, LOG_NOW,
	    false);
	int rc = 0, tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		if (tries)
			nanosleep(&nap, NULL);
		strbuf_reset(old);
		strbuf_reset(err);
		tail->fd = open(path, O_RDONLY | O_CLOEXEC);
		read_times(tail->folder, tail->generation, since_ms, times);
		rc = read_old(tail->folder, tail->generation, old, err);
		/* One that is read will be there again in a moment. */
		if (tail->fd < 0 && tail->base)
			continue;
		if (tail->fd < 0 || (!is_put_aside(tail, path) &&
		    times->base >= tail->base && (rc == 1 ||
		    times->old_base + (int64_t)old->len == times->base)))
			break;
		if (tries + 1 < MAX_TRIES)
			close(tail->fd);
	}
	if (rc == 1)
		times->old_base = times->base;
	free(path);
	if (tail->fd < 0)
		return rc < 0 ? -1 : 1;
	tail->base = times->base;
	tail->offset = 0;
	return rc < 0 ? -1 : 0;
}

/* What came between the end of a file and the beginning of that open now. */
static void
add_between(struct logstore_tail *tail, int64_t end,
    const struct logtimes *times, const struct strbuf *old,
    struct strbuf *out)
{
	int64_t skip = end - times->old_base;

	if (skip < 0) {
		tail->lost += -skip;
		skip = 0;
	}
	if (skip < (int64_t)old->len)
		strbuf_add(out, old->buf + skip, old->len - (size_t)skip);
}

void
logstore_go_on(struct logstore_tail *tail, struct strbuf *out)
{
	char *path = part_path(tail->folder, tail->generation, LOG_NOW,
	    false);
	struct strbuf old = STRBUF_INIT, err = STRBUF_INIT;
	struct logtimes times;
	int64_t end;

	while (!tail->is_packed) {
		bool again;

		if (tail->fd < 0) {
			end = tail->base;
			if (open_now(tail, 0, &times, &old, &err) < 0) {
				strbuf_reset(&old);
				times.old_base = times.base;
			}
			if (tail->fd < 0)
				break;
			add_between(tail, end, &times, &old, out);
		}
		again = is_put_aside(tail, path);
		/* Asked before it is read to its end: nothing comes after. */
		read_on(tail, out);
		if (!again)
			break;
		close(tail->fd);
		tail->fd = -1;
		tail->base += tail->offset;
	}
	strbuf_release(&old);
	strbuf_release(&err);
	free(path);
}

int
logstore_begin(struct logstore_tail *tail, const char *root, const char *id,
    int64_t generation, int64_t since_ms, struct strbuf *out,
    struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	struct logtimes times;
	int64_t skip;
	int rc;

	memset(tail, 0, sizeof(*tail));
	tail->fd = -1;
	tail->folder = logstore_folder(root, id);
	tail->generation = generation;
	rc = open_now(tail, since_ms, &times, &text, err);
	skip = times.since - times.old_base;
	if (rc == 0) {
		logstore_go_on(tail, &text);
	} else if (rc == 1) {
		tail->is_packed = true;
		rc = read_packed(tail->folder, generation, LOG_NOW, &text,
		    err);
		if (rc == 1)
			strbuf_addf(err, "nothing is kept of run %lld",
			    (long long)generation);
	}
	if (rc == 0 && skip < 0)
		skip = 0;
	if (rc == 0 && skip < (int64_t)text.len)
		strbuf_add(out, text.buf + skip, text.len - (size_t)skip);
	strbuf_release(&text);
	return rc == 0 ? 0 : -1;
}

void
logstore_release(struct logstore_tail *tail)
{
	if (tail->fd >= 0)
		close(tail->fd);
	free(tail->folder);
	memset(tail, 0, sizeof(*tail));
	tail->fd = -1;
}
