/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-tree.h.
 */
#include "shim-tree.h"

#include "os.h"

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

/* Living descendants; ourselves not. */
static void
list_descendants(struct os_processes *list)
{
	size_t i, nr = 0;

	os_list_processes(list);
	os_processes_keep_tree(list, getpid());
	for (i = 0; i < list->nr; i++)
		if (list->p[i].pid != getpid() &&
		    !strchr("ZXx", list->p[i].state))
			list->p[nr++] = list->p[i];
	list->nr = nr;
}

static void
signal_each(const struct os_processes *list, int sig, pid_t skip)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (skip == 0 || list->p[i].pgrp != skip)
			os_signal(list->p[i].pid, list->p[i].start, sig);
}

/*
 * By groups, for a group cannot run away: whoever forks and exits, and is gone
 * by the time that we have read all of /proc, leaves its child in the group,
 * and a signal to a group is atomic to fork.  The groups are ours as their
 * members are: they are of a session that one of us has made, or of our own.
 */
static void
signal_groups(const struct os_processes *list, int sig)
{
	const struct os_process *p;
	pid_t last = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		p = &list->p[i];
		if (p->pgrp == getpgrp() || p->pgrp <= 1)
			os_signal(p->pid, p->start, sig);
		else if (p->pgrp != last)
			kill(-p->pgrp, sig);
		last = p->pgrp;
	}
}

void
tree_signal(int sig, pid_t skip)
{
	struct os_processes list = { .p = NULL };

	list_descendants(&list);
	signal_each(&list, sig, skip);
	signal_each(&list, SIGCONT, skip);
	os_processes_release(&list);
}

/* True when there is one that may still fork: not stopped, not in a wait. */
static bool
has_movable(const struct os_processes *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (!strchr("TtD", list->p[i].state))
			return true;
	return false;
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
	list_descendants(&list);
	for (pass = 0; pass < STOP_PASSES && has_movable(&list); pass++) {
		signal_groups(&list, SIGSTOP);
		list_descendants(&list);
	}
	signal_groups(&list, SIGKILL);
	os_processes_release(&list);
}

void
tree_list(struct strvec *pids)
{
	struct os_processes list = { .p = NULL };
	size_t i;
	int tries;

	for (tries = 0; tries < LIST_TRIES && list.nr == 0; tries++)
		list_descendants(&list);
	for (i = 0; i < list.nr; i++)
		strvec_pushf(pids, "%ld", (long)list.p[i].pid);
	os_processes_release(&list);
}
