/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See fs.h.
 */
#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 16384 };

/* "cannot VERB 'path': text of code"; leaves errno at code. */
static int
fail(struct strbuf *err, const char *verb, const char *path, int code)
{
	strbuf_addf(err, "cannot %s '", verb);
	strbuf_addsafe(err, path);
	strbuf_addf(err, "': %s", strerror(code));
	errno = code;
	return -1;
}

/* The same with a text of ours, for what errno cannot say. */
static int
refuse(struct strbuf *err, const char *path, const char *why, int code)
{
	strbuf_addch(err, '\'');
	strbuf_addsafe(err, path);
	strbuf_addf(err, "' %s", why);
	errno = code;
	return -1;
}

/*
 * Reads to the end, or until more than max bytes were there.  size: how many
 * there should be, so that mostly one allocation and read will do.
 */
static int
read_all(int fd, size_t size, size_t max, struct strbuf *out)
{
	size_t start = out->len, room = size ? size + 1 : CHUNK;
	ssize_t n;

	for (;; room = CHUNK) {
		strbuf_grow(out, room);
		n = read(fd, out->buf + out->len, room);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		out->len += (size_t)n;
		out->buf[out->len] = '\0';
		if (out->len - start > max) {
			errno = EFBIG;
			return -1;
		}
		if (n == 0 || (size && (size_t)n == size))
			return 0;
	}
}

static void
add_limit(struct strbuf *err, size_t max)
{
	if (max % (1 << 20) == 0)
		strbuf_addf(err, " %zu MiB", max >> 20);
	else if (max % (1 << 10) == 0)
		strbuf_addf(err, " %zu KiB", max >> 10);
	else
		strbuf_addf(err, " %zu bytes", max);
}

int
fs_read(const char *path, size_t max, struct strbuf *out, struct strbuf *err)
{
	size_t start = out->len;
	struct stat st;
	int fd, rc, code;

	/* Non-blocking: opening a FIFO must not wait for its writer. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return fail(err, "open", path, errno);
	if (fstat(fd, &st) == -1) {
		code = errno;
		close(fd);
		return fail(err, "examine", path, code);
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return refuse(err, path, "is not a regular file", EINVAL);
	}
	if (st.st_size > 0 && (uintmax_t)st.st_size > max) {
		rc = -1;
		code = EFBIG;
	} else {
		rc = read_all(fd, (size_t)st.st_size, max, out);
		code = errno;
	}
	close(fd);
	if (rc == 0)
		return 0;
	strbuf_setlen(out, start);
	if (code != EFBIG)
		return fail(err, "read", path, code);
	refuse(err, path, "is larger than", EFBIG);
	add_limit(err, max);
	errno = EFBIG;
	return -1;
}

int
fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Whether path is a regular file of exactly these bytes and that mode. */
static bool
is_same(const char *path, const void *data, size_t len, mode_t mode)
{
	struct strbuf have = STRBUF_INIT, err = STRBUF_INIT;
	struct stat st;
	bool same;

	same = lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 07777) == mode && (uintmax_t)st.st_size == len &&
	    fs_read(path, len, &have, &err) == 0 && have.len == len &&
	    memcmp(have.buf, data, len) == 0;
	strbuf_release(&have);
	strbuf_release(&err);
	return same;
}

/* A new file; one that a killed process of the same pid left is replaced. */
static int
open_new(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(path, flags, 0600);

	if (fd == -1 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, flags, 0600);
	return fd;
}

/* Makes the rename itself last.  Some file systems cannot: that is no error. */
static void
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int fd;

	folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) :
	    xstrdup(".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

static int
fill(int fd, const void *data, size_t len, const struct stat *like,
    unsigned flags)
{
	int rc = -1, code;

	if (fs_write_all(fd, data, len) == 0 && (like->st_uid == geteuid() ||
	    fchown(fd, like->st_uid, like->st_gid) == 0) &&
	    fchmod(fd, like->st_mode & 07777) == 0 &&
	    (!(flags & FS_SYNC) || fsync(fd) == 0))
		rc = 0;
	code = errno;
	if (close(fd) == -1 && rc == 0)
		return -1;
	errno = code;
	return rc;
}

/* With the mode and the owner of like. */
static int
put(const char *path, const void *data, size_t len, const struct stat *like,
    unsigned flags, struct strbuf *err)
{
	char *tmp;
	int fd, code;

	tmp = xasprintf("%s.%ld" FS_TMP, path, (long)getpid());
	fd = open_new(tmp);
	if (fd == -1) {
		fail(err, "create", tmp, errno);
		code = errno;
		free(tmp);
		errno = code;
		return -1;
	}
	if (fill(fd, data, len, like, flags) == -1 || rename(tmp, path) == -1) {
		code = errno;
		unlink(tmp);
		free(tmp);
		return fail(err, "write", path, code);
	}
	free(tmp);
	if (flags & FS_SYNC)
		sync_folder(path);
	return 0;
}

int
fs_write(const char *path, const void *data, size_t len, mode_t mode,
    unsigned flags, struct strbuf *err)
{
	const struct stat ours = { .st_mode = mode, .st_uid = geteuid() };

	if ((flags & FS_IF_CHANGED) && is_same(path, data, len, mode))
		return 0;
	return put(path, data, len, &ours, flags, err);
}

int
fs_overwrite(const char *path, const void *data, size_t len, mode_t mode,
    struct strbuf *err)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool is_done = false;
	struct stat st;

	if (fd != -1) {
		is_done = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_nlink == 1 && (size_t)st.st_size == len &&
		    pwrite(fd, data, len, 0) == (ssize_t)len;
		close(fd);
	}
	return is_done ? 0 : fs_write(path, data, len, mode, 0, err);
}

int
fs_replace(const char *path, const void *data, size_t len, struct strbuf *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return put(path, data, len, &st, FS_SYNC, err);
	return fs_write(path, data, len, 0600, FS_SYNC, err);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* One folder; that it is there already is fine. */
static int
make_one(const char *path, mode_t mode, struct strbuf *err)
{
	int code;

	if (mkdir(path, mode) == 0)
		return 0;
	code = errno;
	if (is_folder(path))
		return 0;
	return fail(err, "create folder", path,
	    code == EEXIST ? ENOTDIR : code);
}

int
fs_mkdirs(const char *path, mode_t mode, struct strbuf *err)
{
	char *copy, *p;
	int rc = 0, code;

	if (is_folder(path))
		return 0;
	copy = xstrdup(path);
	for (p = copy; rc == 0 && *p; p++) {
		/* Between two names: not the root, not slashes at the end. */
		if (*p != '/' || p == copy || p[strspn(p, "/")] == '\0')
			continue;
		*p = '\0';
		if (!is_folder(copy))
			rc = make_one(copy, 0777, err);
		*p = '/';
	}
	code = errno;
	free(copy);
	errno = code;
	return rc == 0 ? make_one(path, mode, err) : -1;
}

/* It could lead to any folder of ours, which we would change. */
static bool
is_link_of_another(const char *path)
{
	char *name = xstrdup(path);
	size_t len = strlen(name);
	struct stat st;
	bool is_link;

	while (len > 1 && name[len - 1] == '/') /* would be followed */
		name[--len] = '\0';
	is_link = lstat(name, &st) == 0 && S_ISLNK(st.st_mode);
	free(name);
	return is_link && st.st_uid != geteuid() && st.st_uid != 0;
}

int
fs_private_dir(const char *path, struct strbuf *err)
{
	struct stat st;

	if (fs_mkdirs(path, 0700, err) == -1)
		return -1;
	if (is_link_of_another(path))
		return refuse(err, path, "is a link of another user", EPERM);
	if (stat(path, &st) == -1)
		return fail(err, "examine", path, errno);
	if (st.st_uid != geteuid())
		return refuse(err, path, "belongs to another user", EPERM);
	if ((st.st_mode & 07777) != 0700 && chmod(path, 0700) == -1)
		return fail(err, "change the mode of", path, errno);
	return 0;
}

void
fs_sweep(const char *folder, const char *prefix)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)))
		if (str_starts(entry->d_name, prefix) &&
		    str_ends(entry->d_name, FS_TMP))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

int
fs_unlink(const char *path, struct strbuf *err)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return fail(err, "remove", path, errno);
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

char *
fs_which(const char *program, const char *search)
{
	const char *end;
	char *path;

	if (!*program)
		return NULL;
	if (strchr(program, '/'))
		return is_program(program) ? xstrdup(program) : NULL;
	for (; search; search = *end ? end + 1 : NULL) {
		end = search + strcspn(search, ":");
		/* POSIX: an empty entry is the current folder. */
		path = end == search ? xasprintf("./%s", program) :
		    xasprintf("%.*s/%s", (int)(end - search), search, program);
		if (is_program(path))
			return path;
		free(path);
	}
	return NULL;
}
