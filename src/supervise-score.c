/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: each end goes into the agent's score, once.
 */
#include "supervise.h"

/*
 * An end that somebody asked for is neutral, whatever came of it: TERM and HUP
 * to the shim are a killed session or server, a sibling was drained by us.
 */
static bool
was_asked_for(const struct member *member)
{
	const struct run *run = member->run;

	if (member->hints & (HINT_LIMIT | HINT_UNHEALTHY))
		return false;
	return run->record.asked || member->is_sibling || sup_is_held(member);
}

void
sup_score(struct member *member)
{
	const struct run *run = member->run;
	bool never_ran = run->start == START_FAILED &&
	    run->record.generation != run->applied->generation;
	enum score_outcome outcome;

	if (member->scored == run->applied->generation ||
	    (never_ran && run->unasked))
		return;
	member->scored = run->applied->generation;
	outcome = never_ran ? SCORE_BAD : score_outcome(policy_classify(
	    sup_policy(member), &run->record, member->hints));
	if (!was_asked_for(member))
		score_blend(&member->score, outcome, SCORE_ALPHA);
}

/* Parts are kept in millionths: whole numbers are read by everybody. */
void
sup_put_score(const struct member *member, json_t *object)
{
	json_t *score = json_pack("{s:I, s:I, s:I, s:I}",
	    "all", (json_int_t)(score_composite(&member->score) * 1e6 + 0.5),
	    "good", (json_int_t)member->score.good,
	    "bad", (json_int_t)member->score.bad,
	    "of", (json_int_t)member->scored);
	int i;

	for (i = 0; i < SCORE_NR; i++)
		json_object_set_new(score, score_part_name(
		    (enum score_part)i), json_integer(
		    (json_int_t)(member->score.part[i] * 1e6 + 0.5)));
	json_object_set_new(object, "score", score);
}

static int64_t
get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void
sup_get_score(struct member *member, const json_t *object)
{
	const json_t *score = json_object_get(object, "score"), *part;
	int i;

	member->scored = get_number(score, "of");
	member->score.good = get_number(score, "good");
	member->score.bad = get_number(score, "bad");
	for (i = 0; i < SCORE_NR; i++) {
		part = json_object_get(score, score_part_name(
		    (enum score_part)i));
		if (json_is_integer(part) && json_integer_value(part) >= 0 &&
		    json_integer_value(part) <= 1000000)
			member->score.part[i] =
			    (double)json_integer_value(part) / 1e6;
	}
}
