/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-tree.h.
 */
#include "shim-tree.h"

#include "os.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/*
 * A process with a signal pending cannot fork (Linux, fork(2): ERESTARTNOINTR),
 * so each pass leaves only what was forked during the pass before it.
 */
#define STOP_PASSES 4

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
signal_all(const struct os_processes *list, int sig, pid_t skip)
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

	list_descendants(&list);
	signal_all(&list, sig, skip);
	signal_all(&list, SIGCONT, skip);
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

void
tree_kill(void)
{
	struct os_processes list = { .p = NULL };
	int pass;

	list_descendants(&list);
	for (pass = 0; pass < STOP_PASSES && has_movable(&list); pass++) {
		signal_all(&list, SIGSTOP, 0);
		list_descendants(&list);
	}
	signal_all(&list, SIGKILL, 0);
	os_processes_release(&list);
}

void
tree_list(struct strvec *pids)
{
	struct os_processes list = { .p = NULL };
	size_t i;

	list_descendants(&list);
	for (i = 0; i < list.nr; i++)
		strvec_pushf(pids, "%ld", (long)list.p[i].pid);
	os_processes_release(&list);
}
