/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See usage.h.
 */
#include "usage.h"

#include "cgroup.h"
#include "os.h"

#include <stdlib.h>

/* Over less than this a percentage is mostly the clock tick's. */
enum { WINDOW_MS = 1000 };

/* What is remembered of one run between two samples. */
struct trace {
	pid_t shim;
	uint64_t start; /* of the shim: with the pid this names the run */
	int64_t cpu_ms; /* the most that was seen */
	/* The last percentage, and the sample that the next is counted from. */
	int64_t percent, base_cpu_ms, base_wall_ms;
};

struct usage_sampler {
	struct trace *traces; /* in order of the shims' pids */
	size_t nr;
	struct os_processes list;
};

/* The sums of one tree in the sample under way. */
struct tree {
	pid_t shim;
	const char *cgroup; /* or NULL */
	struct usage *out;
	uint64_t start; /* of the shim; 0: there is none */
	int64_t memory, cpu_ms;
};

/* Whose a process is: the index of a tree, or one of these. */
enum { OWNER_UNKNOWN = -1, OWNER_NONE = -2, OWNER_VISITED = -3 };

struct usage_sampler *
usage_sampler_new(void)
{
	return xcalloc(1, sizeof(struct usage_sampler));
}

void
usage_sampler_free(struct usage_sampler *sampler)
{
	if (!sampler)
		return;
	os_processes_release(&sampler->list);
	free(sampler->traces);
	free(sampler);
}

/* Of processes, trees and traces: each begins with a pid. */
static int
compare_pids(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static const struct os_process *
find_process(const struct os_processes *list, pid_t pid)
{
	struct os_process key = { .pid = pid };

	return list->nr == 0 ? NULL : bsearch(&key, list->p, list->nr,
	    sizeof(*list->p), compare_pids);
}

/* A shim owns itself, whoever is above it. */
static void
find_shims(const struct os_processes *list, struct tree *trees, size_t nr,
    long *owner)
{
	const struct os_process *p;
	size_t i;

	for (i = 0; i < list->nr; i++)
		owner[i] = OWNER_UNKNOWN;
	for (i = 0; i < nr; i++) {
		p = find_process(list, trees[i].shim);
		if (!p || p->state == 'Z' || p->state == 'X')
			continue;
		trees[i].start = p->start;
		owner[p - list->p] = (long)i;
	}
}

/*
 * Walks up to a process whose owner is known and up again telling the others,
 * so that each is walked over twice at most.  Parents read while processes
 * come and go may form a ring; that is nobody's.
 */
static void
find_owner(const struct os_processes *list, long *owner, size_t i)
{
	const struct os_process *p;
	long found = OWNER_NONE;
	size_t at;

	for (p = &list->p[i]; p; p = find_process(list, p->ppid)) {
		at = (size_t)(p - list->p);
		if (owner[at] != OWNER_UNKNOWN) {
			found = owner[at] == OWNER_VISITED ? OWNER_NONE :
			    owner[at];
			break;
		}
		owner[at] = OWNER_VISITED;
	}
	for (p = &list->p[i]; p; p = find_process(list, p->ppid)) {
		at = (size_t)(p - list->p);
		if (owner[at] != OWNER_VISITED)
			break;
		owner[at] = found;
	}
}

static void
add_process(struct tree *tree, const struct os_process *p)
{
	tree->cpu_ms += p->reaped_ms;
	if (p->pid == tree->shim)
		return;
	tree->cpu_ms += p->cpu_ms;
	tree->memory += p->rss;
}

static void
sum_up(struct os_processes *list, struct tree *trees, size_t nr)
{
	long *owner;
	size_t i;

	os_list_processes(list);
	if (list->nr == 0)
		return;
	owner = xcalloc(list->nr, sizeof(*owner));
	qsort(list->p, list->nr, sizeof(*list->p), compare_pids);
	find_shims(list, trees, nr, owner);
	for (i = 0; i < list->nr; i++) {
		if (owner[i] == OWNER_UNKNOWN)
			find_owner(list, owner, i);
		if (owner[i] >= 0)
			add_process(&trees[owner[i]], &list->p[i]);
	}
	free(owner);
}

/* It knows of processes that have ended unseen, and shared pages once. */
static void
prefer_cgroup(struct tree *tree)
{
	int64_t cpu_ms = tree->cgroup ? cgroup_cpu_ms(tree->cgroup) : -1;
	int64_t memory = tree->cgroup ? cgroup_memory(tree->cgroup) : -1;

	if (cpu_ms >= 0)
		tree->cpu_ms = cpu_ms;
	if (memory >= 0)
		tree->memory = memory;
}

/* What is known of this run, or the beginning of it. */
static struct trace
find_trace(const struct usage_sampler *sampler, const struct tree *tree)
{
	struct trace fresh = { .shim = tree->shim, .start = tree->start,
		.percent = -1 };
	const struct trace *known = sampler->nr == 0 ? NULL :
	    bsearch(&fresh, sampler->traces, sampler->nr,
	    sizeof(*sampler->traces), compare_pids);

	return known && known->start == tree->start ? *known : fresh;
}

static void
report(const struct tree *tree, struct trace *trace)
{
	struct usage *out = tree->out;
	int64_t wall_ms, window;

	*out = (struct usage){ -1, -1, -1, -1 };
	if (tree->start == 0)
		return;
	wall_ms = os_age_ms(tree->start);
	window = wall_ms - trace->base_wall_ms;
	if (tree->cpu_ms > trace->cpu_ms)
		trace->cpu_ms = tree->cpu_ms;
	if (window >= WINDOW_MS) {
		trace->percent = (trace->cpu_ms - trace->base_cpu_ms) * 100 /
		    window;
		trace->base_cpu_ms = trace->cpu_ms;
		trace->base_wall_ms = wall_ms;
	}
	out->memory_bytes = tree->memory;
	out->cpu_ms = trace->cpu_ms;
	out->cpu_percent = trace->percent;
	out->wall_ms = wall_ms;
}

/* Those of runs that were not asked for this time and have not ended. */
static size_t
keep_others(const struct usage_sampler *sampler, struct trace *traces,
    size_t nr)
{
	const struct os_process *p;
	const struct trace *old;
	size_t i, asked = nr;

	for (i = 0; i < sampler->nr; i++) {
		old = &sampler->traces[i];
		p = find_process(&sampler->list, old->shim);
		if (!p || p->start != old->start || (asked > 0 &&
		    bsearch(old, traces, asked, sizeof(*traces),
		    compare_pids)))
			continue;
		traces[nr++] = *old;
	}
	return nr;
}

bool
usage_sampler_is_new(const struct usage_sampler *sampler)
{
	return sampler->nr == 0;
}

void
usage_sample(struct usage_sampler *sampler, const struct usage_of *of,
    size_t nr, struct usage *out)
{
	struct tree *trees = xcalloc(nr, sizeof(*trees));
	struct trace *traces = xcalloc(nr + sampler->nr, sizeof(*traces));
	size_t i;

	for (i = 0; i < nr; i++)
		trees[i] = (struct tree){ .shim = of[i].shim,
			.cgroup = of[i].cgroup, .out = &out[i] };
	qsort(trees, nr, sizeof(*trees), compare_pids);
	sum_up(&sampler->list, trees, nr);
	for (i = 0; i < nr; i++) {
		prefer_cgroup(&trees[i]);
		traces[i] = find_trace(sampler, &trees[i]);
		report(&trees[i], &traces[i]);
	}
	nr = keep_others(sampler, traces, nr);
	qsort(traces, nr, sizeof(*traces), compare_pids);
	free(trees);
	free(sampler->traces);
	sampler->traces = traces;
	sampler->nr = nr;
}
