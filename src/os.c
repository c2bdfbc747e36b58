/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See os.h.  Here: what POSIX gives, the same on all systems.
 */
#include "os.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct mono
os_now(void)
{
	struct timespec ts;

	/*
	 * Not CLOCK_BOOTTIME: a laptop that slept must not find every
	 * deadline passed at once.
	 */
	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		BUG("no monotonic clock");
	return (struct mono){ ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec };
}

int64_t
os_cpu_us(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) != 0)
		BUG("CLOCK_PROCESS_CPUTIME_ID");
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
os_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int64_t
os_wall_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		BUG("no wall clock");
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

void
os_name_of(uid_t uid, char *buf, size_t size)
{
	struct passwd entry, *found = NULL;
	char scratch[4096];

	if (getpwuid_r(uid, &entry, scratch, sizeof(scratch), &found) == 0 &&
	    found)
		snprintf(buf, size, "%s", entry.pw_name);
	else
		snprintf(buf, size, "uid %ld", (long)uid);
}

void
os_user_name(char *buf, size_t size)
{
	os_name_of(getuid(), buf, size);
}

/* ---- lists of processes ---- */

void
os_processes_release(struct os_processes *list)
{
	free(list->p);
	*list = (struct os_processes){ .p = NULL };
}

static int
compare_pids(const void *a, const void *b)
{
	const struct os_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* A list in order of pids; NULL when there is none of that pid. */
static struct os_process *
find_process(const struct os_processes *list, pid_t pid)
{
	struct os_process key = { .pid = pid };

	return list->nr == 0 ? NULL : bsearch(&key, list->p, list->nr,
	    sizeof(*list->p), compare_pids);
}

enum kinship { KIN_UNKNOWN, KIN_VISITED, KIN_NO, KIN_YES };

/*
 * Walks up from the process to an ancestor that is known, and down again
 * telling the others: each process is walked over twice at most.  Read while
 * processes come and go, the parents may even form a ring; that is nobody's.
 */
static void
find_kinship(const struct os_processes *list, enum kinship *kin, size_t i)
{
	const struct os_process *parent = &list->p[i];
	enum kinship found = KIN_NO;
	size_t at;

	for (; parent; parent = find_process(list, parent->ppid)) {
		at = (size_t)(parent - list->p);
		if (kin[at] != KIN_UNKNOWN) {
			found = kin[at] == KIN_YES ? KIN_YES : KIN_NO;
			break;
		}
		kin[at] = KIN_VISITED;
	}
	parent = &list->p[i];
	for (; parent; parent = find_process(list, parent->ppid)) {
		at = (size_t)(parent - list->p);
		if (kin[at] != KIN_VISITED)
			break;
		kin[at] = found;
	}
}

void
os_processes_keep_tree(struct os_processes *list, pid_t root)
{
	enum kinship *kin = xcalloc(list->nr, sizeof(*kin));
	struct os_process *top;
	size_t i, kept = 0;

	if (list->nr)
		qsort(list->p, list->nr, sizeof(*list->p), compare_pids);
	top = find_process(list, root);
	if (top)
		kin[top - list->p] = KIN_YES;
	for (i = 0; top && i < list->nr; i++)
		if (kin[i] == KIN_UNKNOWN)
			find_kinship(list, kin, i);
	for (i = 0; i < list->nr; i++)
		if (kin[i] == KIN_YES)
			list->p[kept++] = list->p[i];
	list->nr = kept;
	free(kin);
}
