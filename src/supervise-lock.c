/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: that there is one supervisor of a team.
 */
#include "supervise.h"

#include "lockfile.h"
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ORPHAN_MS = 2000,       /* for what a killed one has forked to exec */
	REPLACE_MS = 10 * 1000, /* for the one that is replaced to end */
	LOOK_MS = 10,           /* between looks whether one has ended */
};

static char *
lock_path(const char *root)
{
	return state_path(root, "supervisor.lock");
}

bool
supervise_is_running(const char *root)
{
	char *path = lock_path(root);
	bool is_running = lockfile_is_taken(path);

	free(path);
	return is_running;
}

/* The lock bears its name: one that is about to end has long signed. */
static bool
is_signed_by(const char *root, long pid)
{
	char *path = lock_path(root), holder[LOCKFILE_HOLDER] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		lockfile_holder(fd, holder);
		close(fd);
	}
	free(path);
	return str_starts(holder, "pid ") &&
	    strtol(holder + strlen("pid "), NULL, 10) == pid;
}

bool
supervise_await_end(const char *root, long pid, struct mono deadline)
{
	while (supervise_is_running(root) &&
	    (!pid || is_signed_by(root, pid))) {
		if (!mono_before(os_now(), deadline))
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}

static int
take_over(const char *root, int64_t timeout_ms, struct strbuf *err)
{
	int fd = control_connect(root);
	json_t *reply;

	if (fd < 0) {
		strbuf_addstr(err, "it has no control socket");
		return -1;
	}
	reply = control_call(fd, json_pack("{s:s, s:s}", "op", "shutdown",
	    "reason", "another supervisor takes its place"), timeout_ms, err);
	close(fd);
	if (!reply)
		return -1;
	json_decref(reply);
	return 0;
}

/* Takes it, from the one that has it where --replace says so. */
static int
take_lock(struct supervisor *sup, struct strbuf *err)
{
	char holder[LOCKFILE_HOLDER];

	if (lockfile_take(sup->lock, 0, NULL, NULL) == 0)
		return 0;
	lockfile_holder(sup->lock, holder);
	/* Killed as it forked: until its child execs, that has the lock. */
	if (!lockfile_is_there(holder) &&
	    lockfile_take(sup->lock, ORPHAN_MS, NULL, NULL) == 0)
		return 0;
	lockfile_holder(sup->lock, holder);
	if (!sup->options->replace) {
		strbuf_addf(err, "the team is supervised by %s", holder);
		errno = EAGAIN;
		return -1;
	}
	if (take_over(sup->options->root, REPLACE_MS, err) < 0)
		return -1;
	if (lockfile_take(sup->lock, REPLACE_MS, NULL, NULL) < 0) {
		strbuf_addf(err, "%s does not end", holder);
		return -1;
	}
	return 0;
}

bool
sup_has_lock(const struct supervisor *sup)
{
	char *path = lock_path(sup->options->root);
	struct stat held, now;
	bool same = fstat(sup->lock, &held) == 0 && stat(path, &now) == 0 &&
	    held.st_ino == now.st_ino && held.st_dev == now.st_dev;

	free(path);
	return same;
}

int
sup_take_lock(struct supervisor *sup, struct strbuf *err)
{
	char *path = lock_path(sup->options->root);

	sup->lock = lockfile_open(path, err);
	free(path);
	if (sup->lock < 0 || take_lock(sup, err) < 0)
		return -1;
	lockfile_sign(sup->lock, "");
	return 0;
}
