/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See score.h.
 */
#include "score.h"

#include <string.h>

static const struct {
	const char *name;
	double good, bad; /* what an end is worth */
	double weight;    /* in the composite; negative: less is better */
} parts[] = {
	[SCORE_TRUST] = { "trust", 0.8, 0.2, 0.25 },
	[SCORE_PERFORMANCE] = { "performance", 0.7, 0.3, 0.20 },
	[SCORE_DIFFICULTY] = { "difficulty", 0.5, 0.5, -0.10 },
	[SCORE_REWARD] = { "reward", 0.6, 0.1, 0.10 },
	[SCORE_RELIABILITY] = { "reliability", 0.9, 0.1, 0.20 },
	[SCORE_VELOCITY] = { "velocity", 0.5, 0.5, 0.15 },
};

_Static_assert(nitems(parts) == SCORE_NR, "a row for each part");

const char *
score_part_name(enum score_part part)
{
	return parts[part].name;
}

void
score_init(struct score *score)
{
	int i;

	memset(score, 0, sizeof(*score));
	for (i = 0; i < SCORE_NR; i++)
		score->part[i] = 0.5;
}

enum score_outcome
score_outcome(enum exit_class class)
{
	switch (class) {
	case CLASS_CLEAN:
		return SCORE_GOOD;
	case CLASS_REQUESTED:
	case CLASS_RATE_LIMITED:
	case CLASS_LINKED:
	case CLASS_LOST:
		return SCORE_NEUTRAL;
	case CLASS_CODE:
	case CLASS_SIGNAL:
	case CLASS_EXEC_FAILED:
	case CLASS_OOM:
	case CLASS_LIMIT:
	case CLASS_UNHEALTHY:
		break;
	}
	return SCORE_BAD;
}

void
score_blend(struct score *score, enum score_outcome outcome, double alpha)
{
	double worth;
	int i;

	if (outcome == SCORE_NEUTRAL)
		return;
	if (!(alpha > 0)) /* also what is no number */
		alpha = 0;
	else if (alpha > 1)
		alpha = 1;
	for (i = 0; i < SCORE_NR; i++) {
		worth = outcome == SCORE_GOOD ? parts[i].good : parts[i].bad;
		score->part[i] = score->part[i] * (1 - alpha) + worth * alpha;
	}
	if (outcome == SCORE_GOOD)
		score->good++;
	else
		score->bad++;
}

double
score_composite(const struct score *score)
{
	double sum = 0;
	int i;

	for (i = 0; i < SCORE_NR; i++)
		sum += parts[i].weight < 0 ?
		    -parts[i].weight * (1 - score->part[i]) :
		    parts[i].weight * score->part[i];
	return sum;
}
