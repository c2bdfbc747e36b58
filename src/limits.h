/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Resource limits of a process tree, judged from samples of its use: one
 * warning when use comes near a limit, one verdict when it gets there, both
 * with hysteresis.  Pure: sampling is done elsewhere, and so is on_exceed.
 * Open files are not here: the shim sets a limit that the kernel enforces.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include "compose.h"

enum limit {
	LIMIT_MEMORY,
	LIMIT_CPU_PERCENT,
	LIMIT_CPU_TIME,
	LIMIT_WALL_TIME,
	LIMIT_NR,
};

/* One sample.  Negative: not known, judged next time. */
struct usage {
	int64_t memory_bytes;
	int64_t cpu_percent; /* 100 is one processor */
	int64_t cpu_ms;
	int64_t wall_ms;
};

enum limit_level {
	LIMIT_FINE,
	LIMIT_WARNED,
	LIMIT_EXCEEDED,
};

/* What has been said about the present run; zeroed at its start. */
struct limits_state {
	enum limit_level level[LIMIT_NR];
};

struct limits_verdict {
	enum limit limit;
	enum limit_level level; /* WARNED or EXCEEDED */
	int64_t used, allowed;  /* bytes, percent or milliseconds */
	char text[96];          /* "memory 210 MiB of 256 MiB (82 %)" */
};

/*
 * Judges a sample; returns how many of the verdicts it filled in, at most one
 * for each resource.  EXCEEDED at the limit or above, WARNED from warn_at
 * times the limit; each is said again only after use was a twentieth of the
 * limit below that.  A limit of 0 is none; a warn_at of 0 warns never.
 */
size_t limits_check(const struct resource_limits *limits,
    const struct usage *usage, struct limits_state *state,
    struct limits_verdict verdicts[LIMIT_NR]);
/* "memory", "cpu-percent", "cpu-time", "wall-time" */
const char *limit_name(enum limit limit);

#endif
