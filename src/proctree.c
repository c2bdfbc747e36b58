/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See proctree.h.
 */
#include "proctree.h"

#include "util.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PAUSE_MS = 1,    /* for a signal to arrive */
	THAW_PASSES = 8,
};

/* What of the list is below root, and alive. */
static void
pick(const struct os_processes *all, pid_t root, struct os_processes *list)
{
	size_t i, nr = 0;

	list->p = xcalloc(all->nr, sizeof(*list->p));
	list->nr = list->alloc = all->nr;
	if (all->nr) /* no descriptor may be left to look with */
		memcpy(list->p, all->p, all->nr * sizeof(*list->p));
	os_processes_keep_tree(list, root);
	for (i = 0; i < list->nr; i++)
		if (list->p[i].pid != root &&
		    !strchr("ZXx", list->p[i].state))
			list->p[nr++] = list->p[i];
	list->nr = nr;
}

void
proctree_list(pid_t root, struct os_processes *list)
{
	struct os_processes all = { .p = NULL };

	os_list_processes(&all);
	os_processes_release(list);
	pick(&all, root, list);
	os_processes_release(&all);
}

void
proctree_signal_groups(const struct os_processes *list, int sig, pid_t own)
{
	const struct os_process *p;
	pid_t last = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		p = &list->p[i];
		if (p->pgrp == own || p->pgrp <= 1)
			os_signal(p->pid, p->start, sig);
		else if (p->pgrp != last)
			kill(-p->pgrp, sig);
		last = p->pgrp;
	}
}

bool
proctree_has_movable(const struct os_processes *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (!strchr("TtD", list->p[i].state))
			return true;
	return false;
}

/* One look at /proc; true when nothing below any root moved. */
static bool
freeze_pass(const pid_t *roots, size_t nr, bool *still)
{
	struct os_processes all = { .p = NULL }, list;
	bool all_still = true;
	size_t i;

	os_list_processes(&all);
	for (i = 0; i < nr; i++) {
		pick(&all, roots[i], &list);
		/* Where nobody can be listed, nobody is known to be still. */
		still[i] = all.nr && !proctree_has_movable(&list);
		all_still = all_still && still[i];
		/* Those in a wait, too: it will end. */
		proctree_signal_groups(&list, SIGSTOP, getpgid(roots[i]));
		os_processes_release(&list);
	}
	os_processes_release(&all);
	return all_still;
}

void
proctree_freeze(const pid_t *roots, size_t nr, int64_t timeout_ms,
    bool *still)
{
	struct mono deadline = mono_add_ms(os_now(), timeout_ms);

	while (!freeze_pass(roots, nr, still) &&
	    mono_before(os_now(), deadline))
		poll(NULL, 0, PAUSE_MS);
}

/* True when nothing below a root is stopped any more. */
static bool
thaw_pass(const pid_t *roots, size_t nr)
{
	struct os_processes all = { .p = NULL }, list;
	bool any = false;
	size_t i, j;

	os_list_processes(&all);
	for (i = 0; i < nr; i++) {
		pick(&all, roots[i], &list);
		for (j = 0; j < list.nr; j++)
			any = any || list.p[j].state == 'T';
		proctree_signal_groups(&list, SIGCONT, getpgid(roots[i]));
		os_processes_release(&list);
	}
	os_processes_release(&all);
	return !any;
}

void
proctree_thaw(const pid_t *roots, size_t nr)
{
	int pass;

	for (pass = 0; pass < THAW_PASSES && !thaw_pass(roots, nr); pass++)
		poll(NULL, 0, PAUSE_MS);
}
