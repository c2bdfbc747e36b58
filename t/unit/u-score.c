/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util score */
#include "score.h"

#include "tap.h"

static bool
is_near(double a, double b)
{
	return a - b < 0.00005 && b - a < 0.00005;
}

/* The table of the kernel: trust, performance, reward, reliability, all. */
static void
test_score__expected_values(void)
{
	static const struct {
		const char *ends; /* g or b */
		double trust, performance, reward, reliability, composite;
	} rows[] = {
		{ "", .5, .5, .5, .5, .5 },
		{ "g", .59, .56, .53, .62, .5615 },
		{ "gg", .653, .602, .551, .704, .60455 },
		{ "ggg", .6971, .6314, .5657, .7628, .634685 },
		{ "b", .41, .44, .38, .38, .4295 },
		{ "bbb", .3029, .3686, .2372, .2372, .345605 },
		/* old x 0.7 + worth x 0.3 of the row "g" */
		{ "gb", .473, .482, .401, .464, .47255 },
		{ "gggggggggggggggggggggggggggggggggggggggggggggggggggggggggg",
		    .8, .7, .6, .9, .705 },
		{ "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		    .2, .3, .1, .1, .265 },
	};
	struct score score;
	const char *p;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		score_init(&score);
		for (p = rows[i].ends; *p; p++)
			score_blend(&score, *p == 'g' ? SCORE_GOOD :
			    SCORE_BAD, SCORE_ALPHA);
		ok(is_near(score.part[SCORE_TRUST], rows[i].trust) &&
		    is_near(score.part[SCORE_PERFORMANCE],
		    rows[i].performance) &&
		    is_near(score.part[SCORE_REWARD], rows[i].reward) &&
		    is_near(score.part[SCORE_RELIABILITY],
		    rows[i].reliability), "parts of '%s'", rows[i].ends);
		ok(is_near(score_composite(&score), rows[i].composite),
		    "'%s' is %.6f, not %.6f", rows[i].ends,
		    score_composite(&score), rows[i].composite);
		ok(score.part[SCORE_DIFFICULTY] == 0.5 &&
		    score.part[SCORE_VELOCITY] == 0.5, "those that stay");
	}
}

static void
test_score__alpha_from_nothing_to_all(void)
{
	struct score score;

	score_init(&score);
	score_blend(&score, SCORE_GOOD, 0);
	ok(is_near(score_composite(&score), .5), "0");
	is_int(score.good, 1, "counted");
	score_blend(&score, SCORE_GOOD, 1);
	ok(is_near(score_composite(&score), .705), "1");
	score_blend(&score, SCORE_BAD, 7);
	ok(is_near(score_composite(&score), .265), "cut to 1");
	score_blend(&score, SCORE_GOOD, -3);
	ok(is_near(score_composite(&score), .265), "cut to 0");
	is_int(score.bad, 1, "counted");
}

static void
test_score__what_says_nothing_about_the_agent(void)
{
	static const enum exit_class neutral[] = { CLASS_REQUESTED,
		CLASS_RATE_LIMITED, CLASS_LINKED, CLASS_LOST };
	static const enum exit_class bad[] = { CLASS_CODE, CLASS_SIGNAL,
		CLASS_EXEC_FAILED, CLASS_OOM, CLASS_LIMIT, CLASS_UNHEALTHY };
	struct score score;
	size_t i;

	score_init(&score);
	for (i = 0; i < nitems(neutral); i++)
		score_blend(&score, score_outcome(neutral[i]), SCORE_ALPHA);
	ok(score_composite(&score) == 0.5 && !score.good && !score.bad,
	    "neutral ends");
	for (i = 0; i < nitems(bad); i++)
		is_int(score_outcome(bad[i]), SCORE_BAD, "bad");
	is_int(score_outcome(CLASS_CLEAN), SCORE_GOOD, "good");
}
