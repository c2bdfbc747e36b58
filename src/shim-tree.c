/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-tree.h.
 */
#include "shim-tree.h"

#include "proctree.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A process with a signal pending cannot fork (Linux: ERESTARTNOINTR), so each
 * pass leaves only what was forked during the pass before it.
 */
#define STOP_PASSES 4

/* How often to look for one that is never where it was. */
#define LIST_TRIES 50

static void
signal_each(const struct os_processes *list, int sig, pid_t skip)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (skip == 0 || list->p[i].pgrp != skip)
			os_signal(list->p[i].pid, list->p[i].start, sig);
}

void
tree_signal(int sig, pid_t skip)
{
	struct os_processes list = { .p = NULL };

	proctree_list(getpid(), &list);
	signal_each(&list, sig, skip);
	signal_each(&list, SIGCONT, skip);
	os_processes_release(&list);
}

/*
 * The number of a group whose leader has been reaped may name another's group
 * by now.  A child of ours can join it only if it is of our session, and a
 * member that signals its own group cannot mean another.
 */
static void
kill_group(pid_t group)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setpgid(0, group) == 0)
			kill(0, SIGKILL);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void
tree_kill(pid_t group)
{
	struct os_processes list = { .p = NULL };
	int pass;

	kill_group(group);
	proctree_list(getpid(), &list);
	for (pass = 0; pass < STOP_PASSES; pass++) {
		if (!proctree_has_movable(&list))
			break;
		proctree_signal_groups(&list, SIGSTOP, getpgrp());
		proctree_list(getpid(), &list);
	}
	proctree_signal_groups(&list, SIGKILL, getpgrp());
	os_processes_release(&list);
}

void
tree_list(struct strvec *pids)
{
	struct os_processes list = { .p = NULL };
	size_t i;
	int tries;

	for (tries = 0; tries < LIST_TRIES && list.nr == 0; tries++)
		proctree_list(getpid(), &list);
	for (i = 0; i < list.nr; i++)
		strvec_pushf(pids, "%ld", (long)list.p[i].pid);
	os_processes_release(&list);
}
