/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Control groups (cgroup v2 of Linux): one for each run of an agent, where
 * they may be made.  What is in one cannot leave it by setsid, a double fork
 * or another environment, and is killed and frozen by one write.  Where there
 * is none, all that is done with /proc goes on without.
 *
 * Only what Linux has from 5.14 on (cgroup.kill) is used.  Memory is counted
 * and limited where its controller has been delegated to us.
 *
 * A path is that of the agent's cgroup; functions that take one do nothing,
 * and say so, when it is not there (any more).
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "strbuf.h"
#include "strvec.h"

/*
 * Where a process that we start would have its cgroups: our own, or, where
 * that cannot limit memory, the one above if it can.  The caller frees it.
 * NULL, and in err why there are none.
 */
char *cgroup_base(struct strbuf *err);
/* Those in it, and only those, have their memory counted and limited. */
bool cgroup_has_memory(const char *base);

/*
 * Makes that of an agent anew; what an earlier run has left in it is killed.
 * memory_max: bytes, above which the kernel kills all of it; 0: none.  The
 * path, or NULL where there is none to be had.  The caller frees it.
 */
char *cgroup_make(const char *team, const char *id, int64_t memory_max);
/* Whether this is the path of that agent's, wherever it was made. */
bool cgroup_is_of(const char *path, const char *team, const char *id);

/* Kills all that is in it.  False: it cannot. */
bool cgroup_kill(const char *path);
/* Nothing in it goes on until it is thawed, whatever signals it gets. */
bool cgroup_freeze(const char *path, bool freeze);
/* Everything in it has come to a halt. */
bool cgroup_is_frozen(const char *path);
/*
 * Removes it with those that were made below it.  False: there are processes
 * in it, which have been killed; their pids are added to left, once each.
 */
bool cgroup_remove(const char *path, struct strvec *left);

/* The same, until it is gone: for half a second at most. */
bool cgroup_clear(const char *path, struct strvec *left);

/*
 * Removes what shims that were killed have left empty below base, of any team,
 * more than a minute ago.
 */
void cgroup_sweep(const char *base);

/* Processor time of all that were ever in it, milliseconds; or -1. */
int64_t cgroup_cpu_ms(const char *path);
/* Bytes, without file pages that nothing has touched for long; or -1. */
int64_t cgroup_memory(const char *path);
/* How many in it the kernel has killed for want of memory; or -1. */
int64_t cgroup_oom_kills(const char *path);

#endif
