/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the process trees of agents use.  One look at /proc serves all agents.
 *
 * memory_bytes: the sum of the resident sets, so that pages shared between
 *     processes of a tree count more than once (the proportional set, which
 *     would not, costs the kernel a walk over all mappings).
 * cpu_ms: of all processes of the tree, and of those that have ended and were
 *     waited for.  It never decreases within a run.
 * cpu_percent: 100 is one core; over the time since an earlier sample, at
 *     least a second ago; at first over the life of the run; -1 when that is
 *     not a second long.
 * wall_ms: since the shim was started, with the time the machine slept.
 *
 * The shim itself is not counted.  Where the agent has a cgroup, the kernel has
 * counted the processor time, and the memory as well where that was delegated.
 */
#ifndef USAGE_H
#define USAGE_H

#include "limits.h"

#include <stddef.h>
#include <sys/types.h>

struct usage_sampler; /* remembers samples, for cpu_percent */

struct usage_sampler *usage_sampler_new(void);
/* NULL is allowed. */
void usage_sampler_free(struct usage_sampler *sampler);
/* Whose use is asked for: a shim, and its agent's cgroup (path) or NULL. */
struct usage_of {
	pid_t shim;
	const char *cgroup;
};

/* It remembers nothing yet: cpu_percent will be over the life of each run. */
bool usage_sampler_is_new(const struct usage_sampler *sampler);
/*
 * out[i] is what the tree of of[i] uses; all -1 when there is no such process
 * (any more).  Samples may be of different shims each time.
 */
void usage_sample(struct usage_sampler *sampler, const struct usage_of *of,
    size_t nr, struct usage *out);

#endif
