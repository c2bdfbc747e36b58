/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See cgroup.h.
 */
#include "cgroup.h"

#include "fs.h"
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MAX = 1 << 20,
	DEPTH_MAX = 16,   /* of what an agent makes below its own */
	CLEAR_TRIES = 100, /* of PAUSE_MS, for a kill to have its effect */
	PAUSE_MS = 5,
	OLD_S = 60, /* one that is being made is empty, too */
};

/* A file of a cgroup as text; false when there is none. */
static bool
read_file(const char *path, const char *name, struct strbuf *text)
{
	struct strbuf err = STRBUF_INIT;
	char *file = xasprintf("%s/%s", path, name);
	int ret;

	strbuf_reset(text);
	ret = fs_read(file, FILE_MAX, text, &err);
	free(file);
	strbuf_release(&err);
	return ret == 0;
}

static bool
write_file(const char *path, const char *name, const char *value)
{
	char *file = xasprintf("%s/%s", path, name);
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok;

	free(file);
	if (fd < 0)
		return false;
	ok = fs_write_all(fd, value, strlen(value)) == 0;
	close(fd);
	return ok;
}

/* The number behind a word at the beginning of a line, or -1. */
static int64_t
number_of(const char *path, const char *file, const char *word)
{
	struct strbuf text = STRBUF_INIT;
	size_t len = strlen(word);
	const char *line;
	int64_t n = -1;

	if (read_file(path, file, &text)) {
		for (line = text.buf; line && n < 0;
		    line = strchr(line, '\n'), line += line != NULL)
			if (strncmp(line, word, len) == 0 && line[len] == ' ')
				n = strtoll(line + len, NULL, 10);
	}
	strbuf_release(&text);
	return n;
}

/*
 * Where cgroup v2 is mounted: where it always is, alone or beside v1, or field
 * 2 of a line whose third is its name.
 */
static char *
find_mount(void)
{
	static const char *const usual[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
	};
	struct strbuf text = STRBUF_INIT;
	char *line, *next, *at, *end, *mount = NULL;
	size_t i;

	for (i = 0; i < nitems(usual); i++)
		if (os_is_cgroup2(usual[i]))
			return xstrdup(usual[i]);
	if (!read_file("/proc/self", "mounts", &text))
		return NULL;
	for (line = text.buf; *line && !mount; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		at = line + strcspn(line, " ");
		at += *at == ' ';
		end = at + strcspn(at, " ");
		/* A space in the path would be written as \040. */
		if (str_starts(end, " cgroup2 ") && !memchr(at, '\\',
		    (size_t)(end - at)))
			mount = xstrndup(at, (size_t)(end - at));
	}
	strbuf_release(&text);
	return mount;
}

/* The line "0::/PATH", behind the colons; the others are of cgroup v1. */
static char *
find_own(void)
{
	struct strbuf text = STRBUF_INIT;
	const char *at = NULL;
	char *own = NULL;

	if (read_file("/proc/self", "cgroup", &text))
		at = str_starts(text.buf, "0::/") ? text.buf :
		    strstr(text.buf, "\n0::/");
	if (at) {
		at = strchr(at, '/');
		own = xstrndup(at, strcspn(at, "\n"));
	}
	strbuf_release(&text);
	/* From outside the part of the tree that we are shown. */
	if (own && str_starts(own, "/..")) {
		free(own);
		own = NULL;
	}
	return own;
}

bool
cgroup_has_memory(const char *base)
{
	struct strbuf text = STRBUF_INIT;
	bool found = read_file(base, "cgroup.subtree_control", &text) &&
	    strstr(text.buf, "memory");

	strbuf_release(&text);
	return found;
}

/* A process moves between cgroups by the right to write into both of these. */
static bool
may_write(const char *path)
{
	char *file = xasprintf("%s/cgroup.procs", path);
	bool may = access(path, W_OK | X_OK) == 0 && access(file, W_OK) == 0;

	free(file);
	return may;
}

/*
 * A cgroup with processes cannot hand controllers down, so ours can have them
 * only beside our own (systemd's DelegateSubgroup=, container managers).  A
 * slice is systemd's: there nobody else may make any.
 */
static void
prefer_above(char *base, size_t mount_len)
{
	char *slash = strrchr(base, '/');
	char *name;

	if (cgroup_has_memory(base) || (size_t)(slash - base) < mount_len)
		return;
	*slash = '\0';
	name = strrchr(base, '/');
	if (str_ends(name, ".slice") || !cgroup_has_memory(base) ||
	    !may_write(base))
		*slash = '/';
}

char *
cgroup_base(struct strbuf *err)
{
	char *mount = find_mount(), *own = find_own(), *base = NULL;

	if (!mount || !own) {
		strbuf_addstr(err, "there is no cgroup v2");
	} else {
		base = xasprintf("%s%s", mount, str_eq(own, "/") ? "" : own);
		prefer_above(base, strlen(mount));
	}
	if (base && !may_write(base)) {
		strbuf_addf(err, "'%s' may not be written", base);
		free(base);
		base = NULL;
	}
	free(mount);
	free(own);
	return base;
}

bool
cgroup_is_of(const char *path, const char *team, const char *id)
{
	char *name = xasprintf("/teamctl-%s-%s", team, id);
	bool is_its = str_ends(path, name);

	free(name);
	return is_its;
}

/* Not before Linux 5.14; then it is of no use, and is removed. */
static bool
can_kill(const char *path)
{
	char *file = xasprintf("%s/cgroup.kill", path);
	bool can = access(file, W_OK) == 0;

	if (!can)
		rmdir(path);
	free(file);
	return can;
}

/* What was there is removed first: it would be counted with what comes. */
static bool
make_empty(const char *path)
{
	struct strvec left = STRVEC_INIT;

	if (mkdir(path, 0755) == 0)
		return can_kill(path);
	if (errno != EEXIST)
		return false;
	cgroup_clear(path, &left);
	strvec_release(&left);
	return mkdir(path, 0755) == 0 && can_kill(path);
}

char *
cgroup_make(const char *team, const char *id, int64_t memory_max)
{
	struct strbuf err = STRBUF_INIT, max = STRBUF_INIT;
	char *base = cgroup_base(&err), *path = NULL;

	if (base)
		path = xasprintf("%s/teamctl-%s-%s", base, team, id);
	if (path && !make_empty(path)) {
		free(path);
		path = NULL;
	}
	if (path && memory_max > 0) {
		strbuf_addf(&max, "%lld", (long long)memory_max);
		write_file(path, "memory.max", max.buf);
		write_file(path, "memory.oom.group", "1");
	}
	free(base);
	strbuf_release(&max);
	strbuf_release(&err);
	return path;
}

bool
cgroup_kill(const char *path)
{
	return write_file(path, "cgroup.kill", "1");
}

bool
cgroup_freeze(const char *path, bool freeze)
{
	return write_file(path, "cgroup.freeze", freeze ? "1" : "0");
}

bool
cgroup_is_frozen(const char *path)
{
	return number_of(path, "cgroup.events", "frozen") == 1;
}

static void
list_processes(const char *path, struct strvec *left)
{
	struct strbuf text = STRBUF_INIT;
	char *line, *next;

	if (!read_file(path, "cgroup.procs", &text))
		return;
	for (line = text.buf; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (!strvec_has(left, line))
			strvec_push(left, line);
	}
	strbuf_release(&text);
}

/* True when it is gone, with all below it. */
static bool
remove_tree(const char *path, struct strvec *left, int depth)
{
	const struct dirent *entry;
	char *below;
	DIR *dir;

	if (rmdir(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return true;
	dir = errno == EBUSY && depth > 0 ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		remove_tree(below, left, depth - 1);
		free(below);
	}
	if (dir)
		closedir(dir);
	list_processes(path, left);
	return rmdir(path) == 0 || errno == ENOENT;
}

bool
cgroup_remove(const char *path, struct strvec *left)
{
	struct strvec found = STRVEC_INIT;
	size_t i;
	bool gone;

	if (rmdir(path) == 0 || errno == ENOENT)
		return true;
	cgroup_kill(path);
	gone = remove_tree(path, &found, DEPTH_MAX);
	for (i = 0; !gone && i < found.nr; i++)
		if (!strvec_has(left, found.v[i]))
			strvec_push(left, found.v[i]);
	strvec_release(&found);
	return gone;
}

bool
cgroup_clear(const char *path, struct strvec *left)
{
	struct strvec found = STRVEC_INIT;
	bool gone = false;
	int tries;

	for (tries = 0; tries < CLEAR_TRIES; tries++) {
		strvec_release(&found);
		gone = cgroup_remove(path, &found);
		if (gone)
			break;
		poll(NULL, 0, PAUSE_MS);
	}
	if (!gone)
		strvec_pushall(left, &found);
	strvec_release(&found);
	return gone;
}

void
cgroup_sweep(const char *base)
{
	const struct dirent *entry;
	DIR *dir = opendir(base);
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "teamctl-") ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 ||
		    os_wall_ms() / 1000 - (int64_t)st.st_mtime < OLD_S)
			continue;
		/* Not while there is any process in it. */
		unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

int64_t
cgroup_cpu_ms(const char *path)
{
	int64_t us = number_of(path, "cpu.stat", "usage_usec");

	return us < 0 ? -1 : us / 1000;
}

int64_t
cgroup_memory(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	int64_t bytes = -1, cold;

	if (read_file(path, "memory.current", &text)) {
		bytes = strtoll(text.buf, NULL, 10);
		cold = number_of(path, "memory.stat", "inactive_file");
		if (cold > 0)
			bytes = bytes > cold ? bytes - cold : 0;
	}
	strbuf_release(&text);
	return bytes;
}

int64_t
cgroup_oom_kills(const char *path)
{
	return number_of(path, "memory.events", "oom_kill");
}
