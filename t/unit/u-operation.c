/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util operation */
#include "operation.h"
#include "tap.h"

#include <stdlib.h>

/* ---- the table in the manual ---- */

/* ".It pause --freeze Ta done Ta ..." as the code has it. */
static void
add_row(enum verb verb, char *line, size_t size)
{
	static const char *const names[] = {
		[ANSWER_NONE] = "none", [ANSWER_SAME] = "same",
		[ANSWER_NO] = "no", [ANSWER_DONE] = "done",
		[ANSWER_START] = "start", [ANSWER_QUEUE] = "queue",
	};
	size_t len;
	bool named;
	int i;

	len = (size_t)snprintf(line, size, ".It Cm %s", verb_name(verb));
	for (i = 0; i < SITUATION_NR; i++) {
		const char *name = names[verb_answer(verb,
		    (enum situation)i, &named)];

		len += (size_t)snprintf(line + len, size - len, " Ta %s%s",
		    name, named ? "*" : "");
	}
	snprintf(line + len, size - len, "\n");
}

static void
test_operation__table_of_the_manual(void)
{
	FILE *page = fopen("man/teamctl-control.7", "r");
	char line[512], want[512];
	int verb = 0;

	ok(page, "man/teamctl-control.7 can be read");
	if (!page)
		return;
	while (fgets(line, sizeof(line), page)) {
		if (strncmp(line, ".It Cm ", 7) != 0 || !strstr(line, " Ta "))
			continue;
		ok(verb < VERB_NR, "a row too many: %s", line);
		if (verb >= VERB_NR)
			break;
		add_row((enum verb)verb++, want, sizeof(want));
		is_str(line, want, "want");
	}
	is_int(verb, VERB_NR, "verb nr");
	fclose(page);
}

/* ---- decisions ---- */

/* An agent in a situation, at rest. */
static struct operation_input
in(enum situation situation)
{
	struct operation_input input = { .is_known = true, .is_named = true };

	switch (situation) {
	case SITUATION_RUNNING:
		input.is_alive = true;
		break;
	case SITUATION_STOPPED:
		input.operation = OPERATION_STOPPED;
		break;
	case SITUATION_PAUSED:
		input.operation = OPERATION_PAUSED;
		break;
	case SITUATION_FROZEN:
		input.operation = OPERATION_PAUSED;
		input.is_alive = input.is_frozen = true;
		break;
	case SITUATION_QUARANTINED:
		input.operation = OPERATION_QUARANTINED;
		break;
	case SITUATION_FAILED:
		input.is_failed = true;
		break;
	case SITUATION_REMOVED:
		input.operation = OPERATION_REMOVED;
		break;
	case SITUATION_ABSENT:
	case SITUATION_NR:
		input.is_known = false;
		break;
	}
	return input;
}

/* Every cell: its decision follows, and nothing happens without one. */
static void
test_operation__every_cell(void)
{
	static const enum decision decisions[] = {
		[ANSWER_NONE] = DECISION_UNKNOWN,
		[ANSWER_SAME] = DECISION_UNCHANGED,
		[ANSWER_NO] = DECISION_REJECTED,
		[ANSWER_DONE] = DECISION_ACCEPTED,
		[ANSWER_START] = DECISION_STARTED,
		[ANSWER_QUEUE] = DECISION_QUEUED,
	};
	struct operation_input input;
	struct verdict verdict;
	enum answer answer;
	bool named;
	int verb, s;

	for (verb = 0; verb < VERB_NR; verb++) {
		for (s = 0; s < SITUATION_NR; s++) {
			input = in((enum situation)s);
			answer = verb_answer((enum verb)verb,
			    (enum situation)s, &named);
			verdict = operation_decide((enum verb)verb, &input);
			ok(verdict.situation == (enum situation)s &&
			    verdict.decision == decisions[answer],
			    "%s of %s: %s", verb_name((enum verb)verb),
			    situation_name((enum situation)s),
			    decision_name(verdict.decision));
			ok(verdict.idempotent == (answer == ANSWER_SAME),
			    "%s of %s: idempotent",
			    verb_name((enum verb)verb),
			    situation_name((enum situation)s));
			if (answer < ANSWER_DONE)
				ok(verdict.effect == EFFECT_NONE &&
				    verdict.after == input.operation &&
				    verdict.frozen_after == input.is_frozen,
				    "nothing happens");
		}
	}
}

static void
test_operation__effects(void)
{
	static const struct {
		enum verb verb;
		enum situation situation;
		enum operation_effect effect;
		enum operation after;
		bool frozen;
	} rows[] = {
		{ VERB_FREEZE, SITUATION_RUNNING, EFFECT_FREEZE,
		    OPERATION_PAUSED, true },
		{ VERB_FREEZE, SITUATION_FAILED, EFFECT_NONE,
		    OPERATION_PAUSED, false },
		{ VERB_PAUSE, SITUATION_RUNNING, EFFECT_STOP,
		    OPERATION_PAUSED, false },
		{ VERB_PAUSE, SITUATION_FROZEN, EFFECT_STOP,
		    OPERATION_PAUSED, false },
		{ VERB_RESUME, SITUATION_FROZEN, EFFECT_THAW,
		    OPERATION_ACTIVE, false },
		{ VERB_RESUME, SITUATION_PAUSED, EFFECT_START,
		    OPERATION_ACTIVE, false },
		{ VERB_QUARANTINE, SITUATION_FROZEN, EFFECT_STOP,
		    OPERATION_QUARANTINED, false },
		{ VERB_QUARANTINE, SITUATION_STOPPED, EFFECT_NONE,
		    OPERATION_QUARANTINED, false },
		{ VERB_RELEASE, SITUATION_QUARANTINED, EFFECT_START,
		    OPERATION_ACTIVE, false },
		{ VERB_RESET, SITUATION_FROZEN, EFFECT_NONE,
		    OPERATION_PAUSED, true },
		{ VERB_RESET, SITUATION_STOPPED, EFFECT_NONE,
		    OPERATION_STOPPED, false },
		{ VERB_RESET, SITUATION_FAILED, EFFECT_START,
		    OPERATION_ACTIVE, false },
		{ VERB_REMOVE, SITUATION_FROZEN, EFFECT_FORGET,
		    OPERATION_REMOVED, false },
		{ VERB_RESTART, SITUATION_RUNNING, EFFECT_RESTART,
		    OPERATION_ACTIVE, false },
		{ VERB_RESTART, SITUATION_STOPPED, EFFECT_START,
		    OPERATION_ACTIVE, false },
		{ VERB_DOWN, SITUATION_FROZEN, EFFECT_STOP,
		    OPERATION_STOPPED, false },
		{ VERB_DOWN, SITUATION_PAUSED, EFFECT_NONE,
		    OPERATION_STOPPED, false },
	};
	struct operation_input input;
	struct verdict verdict;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		input = in(rows[i].situation);
		verdict = operation_decide(rows[i].verb, &input);
		ok(verdict.effect == rows[i].effect &&
		    verdict.after == rows[i].after &&
		    verdict.frozen_after == rows[i].frozen,
		    "row %zu: effect %d, %s, frozen %d", i,
		    (int)verdict.effect, operation_name(verdict.after),
		    verdict.frozen_after);
	}
}

static void
test_operation__while_it_is_being_stopped(void)
{
	struct operation_input input = in(SITUATION_RUNNING);
	struct verdict verdict;

	input.is_stopping = true;
	verdict = operation_decide(VERB_RESTART, &input);
	is_int(verdict.decision, DECISION_QUEUED, "decision queued");
	is_int(verdict.effect, EFFECT_RESTART, "effect restart");
	input.is_queued = true; /* by that */
	verdict = operation_decide(VERB_RESTART, &input);
	is_int(verdict.decision, DECISION_PENDING, "decision pending");
	is_int(verdict.effect, EFFECT_START, "the start is waited for");
	ok(verdict.idempotent, "a second one changes nothing");
	/* Too far gone to be frozen: it is held stopped instead. */
	verdict = operation_decide(VERB_FREEZE, &input);
	is_int(verdict.effect, EFFECT_STOP, "effect stop");
	ok(!verdict.frozen_after, "not frozen");
	/* A resume during the stop of a pause. */
	input = in(SITUATION_PAUSED);
	input.is_alive = input.is_stopping = true;
	verdict = operation_decide(VERB_RESUME, &input);
	is_int(verdict.decision, DECISION_QUEUED, "decision queued");
	is_int(verdict.effect, EFFECT_START, "effect start");
	/* The same again waits for the end of it, and changes nothing. */
	verdict = operation_decide(VERB_PAUSE, &input);
	is_int(verdict.decision, DECISION_UNCHANGED, "decision unchanged");
	is_int(verdict.effect, EFFECT_STOP, "effect stop");
	ok(verdict.idempotent, "a repeat changes nothing");
	verdict = operation_decide(VERB_FREEZE, &input);
	is_int(verdict.effect, EFFECT_NONE, "effect none");
	input.operation = OPERATION_REMOVED;
	verdict = operation_decide(VERB_REMOVE, &input);
	is_int(verdict.effect, EFFECT_STOP, "effect stop");
	input.operation = OPERATION_PAUSED;
	input.is_stopping = false;
	verdict = operation_decide(VERB_PAUSE, &input);
	is_int(verdict.effect, EFFECT_NONE, "effect none");
	/* It is being started already. */
	input = in(SITUATION_RUNNING);
	input.is_starting = true;
	verdict = operation_decide(VERB_RESTART, &input);
	is_int(verdict.decision, DECISION_PENDING, "decision pending");
}

static void
test_operation__not_named_is_left_alone(void)
{
	struct operation_input input = in(SITUATION_REMOVED);

	is_int(operation_decide(VERB_UP, &input).decision, DECISION_STARTED,
	    "decision started");
	input.is_named = false;
	is_int(operation_decide(VERB_UP, &input).decision,
	    DECISION_UNCHANGED,
	    "decision unchanged");
	input = in(SITUATION_ABSENT);
	input.is_named = false;
	is_int(operation_decide(VERB_PAUSE, &input).decision,
	    DECISION_UNCHANGED,
	    "decision unchanged");
	input = in(SITUATION_PAUSED);
	input.is_named = false;
	is_int(operation_decide(VERB_UP, &input).decision,
	    DECISION_UNCHANGED, "decision unchanged");
}

static void
test_operation__shutdown_blocks(void)
{
	struct operation_input input = in(SITUATION_RUNNING);
	struct verdict verdict;

	input.is_shutdown = true;
	verdict = operation_decide(VERB_RESTART, &input);
	is_int(verdict.decision, DECISION_BLOCKED, "decision blocked");
	is_int(verdict.effect, EFFECT_NONE, "effect none");
	input = in(SITUATION_ABSENT);
	input.is_shutdown = true;
	is_int(operation_decide(VERB_PAUSE, &input).decision,
	    DECISION_UNKNOWN,
	    "decision unknown");
}

static void
test_operation__names(void)
{
	int i;

	for (i = 0; i < OPERATION_NR; i++)
		is_int(operation_parse(operation_name((enum operation)i)), i,
		    operation_name((enum operation)i));
	is_int(operation_parse(NULL), OPERATION_ACTIVE, "operation active");
	is_int(operation_parse("x"), OPERATION_ACTIVE, "operation active");
	is_int(verb_find("pause", true), VERB_FREEZE, "verb freeze");
	is_int(verb_find("pause", false), VERB_PAUSE, "verb pause");
	is_int(verb_find("remove", false), VERB_REMOVE, "verb remove");
	is_int(verb_find("pause --stop", false), VERB_PAUSE, "verb pause");
	is_int(verb_find("fly", false), VERB_NR, "verb nr");
}
