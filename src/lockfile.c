/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See lockfile.h.
 */
#include "lockfile.h"

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 10 };

int
lockfile_open(const char *path, struct strbuf *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int saved = errno;

	if (fd < 0)
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(saved));
	errno = saved;
	return fd;
}

int
lockfile_take(int fd, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx)
{
	struct mono until = mono_add_ms(os_now(), timeout_ms);
	struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	char holder[LOCKFILE_HOLDER];

	/* flock(2) has no time-out, and a signal to bound it would be worse. */
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (timeout_ms <= 0 || !mono_before(os_now(), until)) {
			errno = EAGAIN;
			return -1;
		}
		if (waiting) {
			lockfile_holder(fd, holder);
			waiting(ctx, holder);
			waiting = NULL;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

void
lockfile_sign(int fd, const char *what)
{
	char *text = xasprintf("pid %ld%s\n", (long)getpid(), what);

	/*
	 * Cut afterwards, for mostly there is nothing to cut.  When it fails,
	 * who waits does not learn for whom.
	 */
	if (pwrite(fd, text, strlen(text), 0) > 0)
		(void)!ftruncate(fd, (off_t)strlen(text));
	free(text);
}

void
lockfile_holder(int fd, char holder[LOCKFILE_HOLDER])
{
	ssize_t n = pread(fd, holder, LOCKFILE_HOLDER - 1, 0);

	holder[n > 0 ? n : 0] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
}

bool
lockfile_is_there(const char *holder)
{
	long pid = str_starts(holder, "pid ") ?
	    strtol(holder + strlen("pid "), NULL, 10) : 0;

	return os_is_running((pid_t)pid);
}

bool
lockfile_is_taken(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_taken = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 &&
	    errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return is_taken;
}
