/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Signals to everything below the shim, which as a sub-reaper is the ancestor
 * of whatever its agent has started.  Each call reads all of /proc, so it is
 * for what is left when a signal to the agent's group was not enough.
 */
#ifndef SHIM_TREE_H
#define SHIM_TREE_H

#include "strvec.h"

#include <sys/types.h>

/*
 * Sends sig and then CONT to every descendant, but for those of the process
 * group skip (0: none), which had it already.
 */
void tree_signal(int sig, pid_t skip);
/*
 * Kills the agent's process group, then stops every descendant and kills it: a
 * tree that forks while it dies does not get to fork.  To be called again until
 * no child is left.
 */
void tree_kill(pid_t group);
/* Adds the pids of descendants that are alive. */
void tree_list(struct strvec *pids);

#endif
