/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Whether who has signed a lock still lives.
 */
/* objs: lockfile os strbuf util */
#include "lockfile.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_there(pid_t pid)
{
	char holder[LOCKFILE_HOLDER];

	snprintf(holder, sizeof(holder), "pid %ld (teamctl up)", (long)pid);
	return lockfile_is_there(holder);
}

static void
test_lockfile__who_runs_is_there(void)
{
	ok(is_there(getpid()), "we are");
	ok(is_there(1), "so is another's process");
	ok(!lockfile_is_there(""), "nobody has signed");
	ok(!lockfile_is_there("teamctl up"), "nor here");
}

/* An init that does not reap, as in many containers, leaves it for ever. */
static void
test_lockfile__a_zombie_is_not_there(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	ok(!is_there(pid), "killed, not reaped");
	waitpid(pid, NULL, 0);
	ok(!is_there(pid), "reaped");
}
