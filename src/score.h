/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * How well an agent has done so far: six parts from 0 to 1 that follow its
 * ends, the last ones most.  The numbers are those of clawft's kernel.  Pure.
 */
#ifndef SCORE_H
#define SCORE_H

#include "policy.h"

enum score_part {
	SCORE_TRUST,
	SCORE_PERFORMANCE,
	SCORE_DIFFICULTY,
	SCORE_REWARD,
	SCORE_RELIABILITY,
	SCORE_VELOCITY,
	SCORE_NR,
};

struct score {
	double part[SCORE_NR];
	int64_t good, bad; /* ends that have counted */
};

enum score_outcome {
	SCORE_NEUTRAL, /* says nothing about the agent */
	SCORE_GOOD,
	SCORE_BAD,
};

/* Of each end: a share of it goes into the score, the rest stays. */
#define SCORE_ALPHA 0.3

/* All parts in the middle. */
void score_init(struct score *score);
/*
 * What was asked for, a rate limit, a linked agent's end and an end that
 * nobody saw are neutral.
 */
enum score_outcome score_outcome(enum exit_class class);
/* alpha: from 0 (nothing changes) to 1 (only the last end counts). */
void score_blend(struct score *score, enum score_outcome outcome,
    double alpha);
/* All parts in one number, 0.5 for an agent that has never ended. */
double score_composite(const struct score *score);
/* "trust", "performance", ... */
const char *score_part_name(enum score_part part);

#endif
