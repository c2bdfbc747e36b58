/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: that there is one supervisor of a team.
 */
#include "supervise.h"

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
	PAUSE_MS = 20,
	ORPHAN_MS = 2000,       /* for what a killed one has forked to exec */
	REPLACE_MS = 10 * 1000, /* for the one that is replaced to end */
};

static int
open_lock(const char *root)
{
	char *path = state_path(root, "supervisor.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

bool
supervise_is_running(const char *root)
{
	int fd = open_lock(root);
	bool running;

	if (fd < 0)
		return false;
	running = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	return running;
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
	reply = control_call(fd, json_pack("{s:s}", "op", "shutdown"),
	    timeout_ms, err);
	close(fd);
	if (!reply)
		return -1;
	json_decref(reply);
	return 0;
}

static int
sign_lock(struct supervisor *sup)
{
	char *text = xasprintf("pid %ld\n", (long)getpid());

	if (ftruncate(sup->lock, 0) < 0 ||
	    pwrite(sup->lock, text, strlen(text), 0) < 0)
		errno = 0; /* only who asks for the name would have read it */
	free(text);
	return 0;
}

static void
read_holder(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

/* Says that the one it names, "pid N", is there. */
static bool
is_there(const char *holder)
{
	long pid = str_starts(holder, "pid ") ?
	    strtol(holder + strlen("pid "), NULL, 10) : 0;

	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static bool
wait_for_lock(int fd, int64_t timeout_ms)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct mono until = mono_add_ms(os_now(), timeout_ms);

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (!mono_before(os_now(), until))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

int
sup_take_lock(struct supervisor *sup, struct strbuf *err)
{
	char holder[128];

	sup->lock = open_lock(sup->options->root);
	if (sup->lock >= 0 && flock(sup->lock, LOCK_EX | LOCK_NB) == 0)
		return sign_lock(sup);
	if (sup->lock < 0) {
		strbuf_addf(err, "cannot open its lock: %s", strerror(errno));
		return -1;
	}
	read_holder(sup->lock, holder, sizeof(holder));
	/* Killed as it forked: until its child execs, that has the lock. */
	if (!is_there(holder) && wait_for_lock(sup->lock, ORPHAN_MS))
		return sign_lock(sup);
	read_holder(sup->lock, holder, sizeof(holder));
	if (!sup->options->replace) {
		strbuf_addf(err, "the team is supervised by %s", holder);
		errno = EAGAIN;
		return -1;
	}
	if (take_over(sup->options->root, REPLACE_MS, err) < 0)
		return -1;
	if (!wait_for_lock(sup->lock, REPLACE_MS)) {
		strbuf_addf(err, "%s does not end", holder);
		return -1;
	}
	return sign_lock(sup);
}
