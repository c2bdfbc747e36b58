/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Signals to whole process trees.  A root is a shim: as a sub-reaper it is the
 * ancestor of whatever its agent has started.  The root itself gets none.
 */
#ifndef PROCTREE_H
#define PROCTREE_H

#include "os.h"

/* Living descendants of root, itself not. */
void proctree_list(pid_t root, struct os_processes *list);
/*
 * By groups, for a group cannot run away: whoever forks and exits, and is gone
 * by the time that we have read all of /proc, leaves its child in the group,
 * and a signal to a group is atomic to fork.  The groups are the tree's as
 * their members are: they are of a session that one of them has made, or of
 * the root's own, whose group (own) gets it one by one.
 */
void proctree_signal_groups(const struct os_processes *list, int sig,
    pid_t own);
/* True when there is one that may still fork: not stopped, not in a wait. */
bool proctree_has_movable(const struct os_processes *list);

/*
 * Stops everything below the roots, again until nothing moves any more, for
 * timeout_ms at most.  false[i] of `still` is set where something would not.
 */
void proctree_freeze(const pid_t *roots, size_t nr, int64_t timeout_ms,
    bool *still);
/* Lets everything below the roots go on. */
void proctree_thaw(const pid_t *roots, size_t nr);

#endif
