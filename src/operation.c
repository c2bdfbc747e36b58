/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See operation.h.
 */
#include "operation.h"

#include <string.h>

static const char *const operation_names[] = {
	[OPERATION_ACTIVE] = "active",
	[OPERATION_STOPPED] = "stopped",
	[OPERATION_PAUSED] = "paused",
	[OPERATION_QUARANTINED] = "quarantined",
	[OPERATION_REMOVED] = "removed",
};

const char *
operation_name(enum operation operation)
{
	return operation_names[operation];
}

enum operation
operation_parse(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(operation_names); i++)
		if (str_eq(operation_names[i], name))
			return (enum operation)i;
	return OPERATION_ACTIVE;
}

static const struct {
	const char *name, *past;
	enum operation after; /* OPERATION_NR: as before */
} verbs[] = {
	[VERB_UP] = { "up", "up", OPERATION_ACTIVE },
	[VERB_RELOAD] = { "reload", "reloaded", OPERATION_ACTIVE },
	[VERB_DOWN] = { "down", "down", OPERATION_STOPPED },
	[VERB_RESTART] = { "restart", "restarted", OPERATION_ACTIVE },
	[VERB_FREEZE] = { "pause --freeze", "paused", OPERATION_PAUSED },
	[VERB_PAUSE] = { "pause --stop", "paused", OPERATION_PAUSED },
	[VERB_RESUME] = { "resume", "resumed", OPERATION_ACTIVE },
	[VERB_QUARANTINE] = { "quarantine", "quarantined",
	    OPERATION_QUARANTINED },
	[VERB_RELEASE] = { "release", "released", OPERATION_ACTIVE },
	[VERB_RESET] = { "reset", "reset", OPERATION_NR },
	[VERB_REMOVE] = { "remove", "removed", OPERATION_REMOVED },
	[VERB_ADD] = { "add", "added", OPERATION_ACTIVE },
};

_Static_assert(nitems(verbs) == VERB_NR, "a verb without a row");

const char *
verb_name(enum verb verb)
{
	return verbs[verb].name;
}

const char *
verb_past(enum verb verb)
{
	return verbs[verb].past;
}

enum verb
verb_find(const char *name, bool freeze)
{
	size_t i;

	if (str_eq(name, "pause"))
		return freeze ? VERB_FREEZE : VERB_PAUSE;
	for (i = 0; i < nitems(verbs); i++)
		if (str_eq(verbs[i].name, name))
			break;
	return (enum verb)i;
}

static const struct {
	const char *name, *way_out;
} situations[] = {
	[SITUATION_RUNNING] = { "running", NULL },
	[SITUATION_STOPPED] = { "stopped", "up" },
	[SITUATION_PAUSED] = { "paused", "resume" },
	[SITUATION_FROZEN] = { "frozen", "resume" },
	[SITUATION_QUARANTINED] = { "quarantined", "release" },
	[SITUATION_FAILED] = { "failed", "reset" },
	[SITUATION_REMOVED] = { "removed", "up" },
	[SITUATION_ABSENT] = { "absent", "up" },
};

_Static_assert(nitems(situations) == SITUATION_NR, "a situation too few");

const char *
situation_name(enum situation situation)
{
	return situations[situation].name;
}

const char *
situation_way_out(enum situation situation)
{
	return situations[situation].way_out;
}

/* ---- the table ---- */

enum { NAMED = 1u << 7 }; /* for agents that were named; else SAME */

#define NONE ANSWER_NONE
#define SAME ANSWER_SAME
#define NO ANSWER_NO
#define DONE ANSWER_DONE
#define START ANSWER_START
#define QUEUE ANSWER_QUEUE

static const unsigned char table[VERB_NR][SITUATION_NR] = {
/*	running stopped paused frozen quarantined failed removed absent */
	[VERB_UP] =
	{ SAME, START, NO, NO, NO, START, START | NAMED, START },
	[VERB_RELOAD] =
	{ SAME, START, NO, NO, NO, START, START | NAMED, START },
	[VERB_DOWN] =
	{ DONE, SAME, DONE, DONE, SAME, DONE, SAME, SAME },
	[VERB_RESTART] =
	{ QUEUE, START, NO, NO, NO, START, NO, START },
	[VERB_FREEZE] =
	{ DONE, DONE, SAME, SAME, NO, DONE, NO, NONE },
	[VERB_PAUSE] =
	{ DONE, DONE, SAME, DONE, NO, DONE, NO, NONE },
	[VERB_RESUME] =
	{ SAME, SAME, START, DONE, NO, SAME, NO, NONE },
	[VERB_QUARANTINE] =
	{ DONE, DONE, DONE, DONE, SAME, DONE, NO, NONE },
	[VERB_RELEASE] =
	{ SAME, SAME, SAME, SAME, START, SAME, NO, NONE },
	[VERB_RESET] =
	{ DONE, DONE, DONE, DONE, START | NAMED, START, NO, NONE },
	[VERB_REMOVE] =
	{ DONE, DONE, DONE, DONE, DONE, DONE, SAME, NONE },
	[VERB_ADD] =
	{ NO, NO, NO, NO, NO, NO, NO, START },
};

enum answer
verb_answer(enum verb verb, enum situation situation, bool *named)
{
	unsigned cell = table[verb][situation];

	*named = cell & NAMED;
	return (enum answer)(cell & ~(unsigned)NAMED);
}

const char *
decision_name(enum decision decision)
{
	static const char *const names[] = {
		[DECISION_ACCEPTED] = "accepted",
		[DECISION_UNCHANGED] = "unchanged",
		[DECISION_STARTED] = "started_immediately",
		[DECISION_QUEUED] = "queued_after_stop",
		[DECISION_PENDING] = "already_pending",
		[DECISION_BLOCKED] = "blocked_by_shutdown",
		[DECISION_REJECTED] = "rejected",
		[DECISION_UNKNOWN] = "unknown",
	};

	return names[decision];
}

/* ---- the decision ---- */

enum situation
operation_situation(const struct operation_input *input)
{
	if (!input->is_known)
		return SITUATION_ABSENT;
	switch (input->operation) {
	case OPERATION_STOPPED:
		return SITUATION_STOPPED;
	case OPERATION_PAUSED:
		return input->is_frozen && input->is_alive ?
		    SITUATION_FROZEN : SITUATION_PAUSED;
	case OPERATION_QUARANTINED:
		return SITUATION_QUARANTINED;
	case OPERATION_REMOVED:
		return SITUATION_REMOVED;
	case OPERATION_ACTIVE:
	case OPERATION_NR:
		break;
	}
	return input->is_failed && !input->is_alive ? SITUATION_FAILED :
	    SITUATION_RUNNING;
}

/* What is done where the table says that something is. */
static enum operation_effect
effect_of(enum verb verb, enum answer answer, bool is_alive)
{
	if (answer == START)
		return EFFECT_START;
	if (answer == QUEUE)
		return is_alive ? EFFECT_RESTART : EFFECT_START;
	if (answer != DONE)
		return EFFECT_NONE;
	switch (verb) {
	case VERB_FREEZE:
		return is_alive ? EFFECT_FREEZE : EFFECT_NONE;
	case VERB_DOWN:
	case VERB_PAUSE:
	case VERB_QUARANTINE:
		return is_alive ? EFFECT_STOP : EFFECT_NONE;
	case VERB_RESUME: /* DONE only where it is frozen */
		return EFFECT_THAW;
	case VERB_REMOVE:
		return EFFECT_FORGET;
	case VERB_UP:
	case VERB_RELOAD:
	case VERB_RESTART:
	case VERB_RELEASE:
	case VERB_RESET:
	case VERB_ADD:
	case VERB_NR:
		break;
	}
	return EFFECT_NONE;
}

static enum decision
decision_of(enum answer answer, const struct operation_input *input)
{
	switch (answer) {
	case NONE:
		return DECISION_UNKNOWN;
	case SAME:
		return DECISION_UNCHANGED;
	case NO:
		return DECISION_REJECTED;
	case DONE:
		return DECISION_ACCEPTED;
	case START:
	case QUEUE:
		break;
	}
	if (input->is_queued || (answer == QUEUE && input->is_starting))
		return DECISION_PENDING;
	return input->is_alive ? DECISION_QUEUED : DECISION_STARTED;
}

/* Of a stop that is under way a repeated one sees the end, too. */
static bool
is_waited_for(enum verb verb, const struct operation_input *input)
{
	enum operation_effect effect = effect_of(verb, DONE, true);

	return input->is_stopping && verbs[verb].after == input->operation &&
	    (effect == EFFECT_STOP || effect == EFFECT_FORGET);
}

struct verdict
operation_decide(enum verb verb, const struct operation_input *input)
{
	struct verdict verdict = {
		.situation = operation_situation(input),
		.after = input->operation,
		.frozen_after = input->is_frozen,
	};
	enum answer answer;
	bool named, is_same;

	answer = verb_answer(verb, verdict.situation, &named);
	is_same = answer == SAME;
	if ((named || answer == NO || answer == NONE) && !input->is_named)
		answer = SAME;
	verdict.decision = decision_of(answer, input);
	verdict.idempotent = verdict.decision == DECISION_UNCHANGED ||
	    verdict.decision == DECISION_PENDING;
	if (input->is_shutdown && answer != NONE) {
		verdict.decision = DECISION_BLOCKED;
		verdict.idempotent = false;
		return verdict;
	}
	if (is_same && is_waited_for(verb, input))
		verdict.effect = EFFECT_STOP;
	if (verdict.decision == DECISION_PENDING)
		verdict.effect = EFFECT_START;
	if (answer < DONE || verdict.decision == DECISION_PENDING)
		return verdict;
	if (verbs[verb].after != OPERATION_NR)
		verdict.after = verbs[verb].after;
	else if (answer == START)
		verdict.after = OPERATION_ACTIVE;
	verdict.effect = effect_of(verb, answer, input->is_alive);
	/* What is being drained is too far gone to be frozen. */
	if (verdict.effect == EFFECT_FREEZE && input->is_stopping)
		verdict.effect = EFFECT_STOP;
	verdict.frozen_after = verdict.effect == EFFECT_FREEZE ||
	    (input->is_frozen && verdict.effect == EFFECT_NONE &&
	    verdict.after == input->operation);
	return verdict;
}
