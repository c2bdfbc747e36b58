/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Signals to a tree: that of this process, with one child.
 */
/* objs: os proctree strbuf util */
#include "proctree.h"
#include "tap.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t
make_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	return pid;
}

static void
test_proctree__nobody_is_frozen_who_cannot_be_listed(void)
{
	struct rlimit old, none;
	pid_t self = getpid(), pid = make_child();
	bool still = true;

	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	proctree_freeze(&self, 1, 0, &still);
	ok(!still, "without a descriptor");
	setrlimit(RLIMIT_NOFILE, &old);
	proctree_freeze(&self, 1, 5000, &still);
	ok(still, "with one");
	proctree_thaw(&self, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
