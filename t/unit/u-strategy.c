/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units policy strategy drain */
#include "drain.h"
#include "policy.h"
#include "strbuf.h"
#include "strategy.h"
#include "tap.h"

#include <stdlib.h>

/* As in "3 2 0". */
static void
are(const size_t *v, size_t nr, const char *want, const char *name)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nr; i++)
		strbuf_addf(&text, "%s%zu", i ? " " : "", v[i]);
	is_str(text.buf, want, name);
	strbuf_release(&text);
}

/* Members as a word: r runs, w waits, h held. */
static size_t
members_of(const char *word, enum strategy_member *members)
{
	size_t i;

	for (i = 0; word[i]; i++)
		members[i] = word[i] == 'r' ? MEMBER_RUNS : word[i] == 'w' ?
		    MEMBER_WAITS : MEMBER_HELD;
	return i;
}

static void
test_strategy__scope(void)
{
	static const struct {
		const char *members;
		size_t failed;
		enum strategy strategy;
		const char *stop, *start;
	} rows[] = {
		{ "rwr", 1, ONE_FOR_ONE, "", "1" },
		{ "rwr", 1, ONE_FOR_ALL, "2 0", "0 1 2" },
		{ "rwr", 1, REST_FOR_ONE, "2", "1 2" },
		{ "wrr", 0, REST_FOR_ONE, "2 1", "0 1 2" },
		{ "rrw", 2, REST_FOR_ONE, "", "2" },
		{ "rrw", 2, ONE_FOR_ALL, "1 0", "0 1 2" },
		/* Held members stay as they are. */
		{ "hwhr", 1, ONE_FOR_ALL, "3", "1 3" },
		{ "hwhr", 1, REST_FOR_ONE, "3", "1 3" },
		{ "hwhh", 1, ONE_FOR_ALL, "", "1" },
		/* Others are down too: started, not stopped. */
		{ "wwrw", 1, ONE_FOR_ALL, "2", "0 1 2 3" },
		/* It failed but runs: unhealthy, over a limit. */
		{ "rrr", 1, ONE_FOR_ONE, "1", "1" },
		{ "rrr", 1, ONE_FOR_ALL, "2 1 0", "0 1 2" },
		{ "rrr", 1, REST_FOR_ONE, "2 1", "1 2" },
		/* A person has it: nothing at all. */
		{ "rhr", 1, ONE_FOR_ALL, "", "" },
		{ "w", 0, ONE_FOR_ALL, "", "0" },
		{ "", 0, ONE_FOR_ALL, "", "" },
	};
	enum strategy_member members[8];
	struct strategy_scope scope;
	size_t i, nr;

	for (i = 0; i < nitems(rows); i++) {
		nr = members_of(rows[i].members, members);
		strategy_scope(rows[i].strategy, members, nr, rows[i].failed,
		    &scope);
		are(scope.stop, scope.nr_stop, rows[i].stop, "stop");
		are(scope.start, scope.nr_start, rows[i].start, "start");
		strategy_scope_release(&scope);
		is_int(scope.nr_start, 0, "released");
	}
}

/* ---- a whole project: policy, strategy and drain together ---- */

enum { CREW_MAX = 6 };

struct hand {
	bool live, held, crashed, draining;
	struct drain drain;
	struct history history;
	struct mono started, at; /* at: of the restart decided on */
	struct mono restarts[64];
	int nr_restarts;
};

struct crew {
	struct restart_policy policy;
	struct drain_recipe recipe;
	enum strategy strategy;
	struct hand hands[CREW_MAX];
	size_t nr;
	struct strategy_scope scope; /* of the operation under way */
	bool busy;
	size_t stopped;              /* of scope.stop, proven gone */
	struct mono now, begun, at;
	int operations, given_up;
};

static void
crew_set_up(struct crew *crew)
{
	memset(crew, 0, sizeof(*crew));
	crew->policy = (struct restart_policy){
		.mode = RESTART_ALWAYS, .max_restarts = 1 + rand() % 5,
		.within_ms = 500 + rand() % 3000,
		.backoff_initial_ms = rand() % 60, .backoff_max_ms = 300,
		.backoff_factor = 2, .backoff_jitter = 0.3,
		.reset_after_ms = 400,
	};
	crew->recipe = (struct drain_recipe){ .repeat = 2, .gap_ms = 20,
	    .timeout_ms = rand() % 100, .kill_after_ms = 20 };
	crew->strategy = rand() % (REST_FOR_ONE + 1);
	crew->nr = 2 + (size_t)rand() % (CREW_MAX - 1);
}

static bool
crew_start(struct crew *crew, struct hand *hand, enum history_start how)
{
	int in_window = 0, i;

	if (!ok(!hand->live && !hand->draining, "a second copy") ||
	    !ok(!hand->held, "started after a stop was asked for"))
		return false;
	history_note_start(&hand->history, &crew->policy, how, crew->now);
	hand->live = true;
	hand->crashed = false;
	hand->started = crew->now;
	if (how != HISTORY_AUTOMATIC)
		return true;
	hand->restarts[hand->nr_restarts++ % 64] = crew->now;
	for (i = 0; i < hand->nr_restarts && i < 64; i++)
		in_window += mono_ms_until(hand->restarts[i], crew->now) <
		    crew->policy.within_ms;
	return ok(in_window <= crew->policy.max_restarts, "budget");
}

/* The run of a hand is over; operations look after those in their scope. */
static bool
crew_ended(struct crew *crew, struct hand *hand, enum exit_class class)
{
	struct policy_exit end = { class,
	    mono_ms_until(hand->started, crew->now), "x" };
	struct policy_verdict got = policy_decide(&crew->policy,
	    &hand->history, &end, crew->now, (uint32_t)rand());

	hand->live = hand->draining = false;
	history_note_end(&hand->history, &crew->policy, end.ran_ms);
	if (class == CLASS_REQUESTED)
		return ok(got.action == POLICY_STAY, "%s", got.reason);
	hand->crashed = got.action == POLICY_RESTART;
	hand->held = got.action == POLICY_GIVE_UP;
	crew->given_up += hand->held;
	hand->at = got.at;
	return true;
}

static void
crew_drain(struct crew *crew, struct hand *hand)
{
	drain_begin(&hand->drain, &crew->recipe, false, crew->now);
	hand->draining = true;
}

static bool
crew_operate(struct crew *crew, size_t failed)
{
	enum strategy_member members[CREW_MAX];
	size_t i;

	for (i = 0; i < crew->nr; i++)
		members[i] = crew->hands[i].held || !(crew->hands[i].live ||
		    crew->hands[i].crashed) ? MEMBER_HELD :
		    crew->hands[i].live ? MEMBER_RUNS : MEMBER_WAITS;
	strategy_scope(crew->strategy, members, crew->nr, failed,
	    &crew->scope);
	crew->busy = true;
	crew->stopped = 0;
	crew->begun = crew->at = crew->now;
	crew->operations++;
	return ok(crew->scope.nr_start > 0, "the failed one is in it");
}

/* All of the scope is gone: what nobody holds comes up, in order. */
static bool
crew_start_scope(struct crew *crew)
{
	struct hand *hand;
	size_t i;

	for (i = 0; i < crew->scope.nr_start; i++) {
		hand = &crew->hands[crew->scope.start[i]];
		if (hand->crashed && mono_before(crew->now, hand->at))
			return true;
	}
	for (i = 0; i < crew->scope.nr_start; i++) {
		hand = &crew->hands[crew->scope.start[i]];
		if (!hand->held && !hand->live && !crew_start(crew, hand,
		    hand->crashed ? HISTORY_AUTOMATIC : HISTORY_FREE))
			return false;
	}
	strategy_scope_release(&crew->scope);
	crew->busy = false;
	return true;
}

static bool
crew_advance(struct crew *crew)
{
	struct hand *hand;
	size_t i;

	if (!crew->busy) {
		for (i = 0; i < crew->nr; i++)
			if (crew->hands[i].crashed)
				return crew_operate(crew, i);
		return true;
	}
	if (!ok(mono_ms_until(crew->begun, crew->now) < CREW_MAX * 2000,
	    "the operation does not end"))
		return false;
	if (crew->stopped == crew->scope.nr_stop)
		return crew_start_scope(crew);
	hand = &crew->hands[crew->scope.stop[crew->stopped]];
	if (hand->live && !hand->draining)
		crew_drain(crew, hand);
	else if (!hand->live)
		crew->stopped++;
	return true;
}

static bool
in_scope(const struct crew *crew, size_t i)
{
	size_t k;

	for (k = 0; crew->busy && k < crew->scope.nr_start; k++)
		if (crew->scope.start[k] == i)
			return true;
	return false;
}

/* Whatever may happen to one agent in one step. */
static bool
crew_fate(struct crew *crew, size_t i)
{
	struct hand *hand = &crew->hands[i];
	int dice = rand() % 1000;

	if (hand->draining) {
		if ((drain_step(&hand->drain, DRAIN_TICK, crew->now) &
		    DRAIN_KILL) || dice < 100)
			return crew_ended(crew, hand, CLASS_REQUESTED);
	} else if (hand->live && dice < 15 && !in_scope(crew, i)) {
		return crew_ended(crew, hand, dice % (CLASS_SIGNAL + 1));
	} else if (dice < 20 && !hand->held) {
		/* A person stops it, whatever it is doing. */
		hand->held = true;
		hand->crashed = false;
		if (hand->live)
			crew_drain(crew, hand);
	} else if (dice < 60 && hand->held && !hand->live && !crew->busy) {
		hand->held = false;
		history_reset(&hand->history);
		hand->nr_restarts = 0;
		return crew_start(crew, hand, HISTORY_ASKED);
	}
	return true;
}

static bool
crew_walk(struct crew *crew, int steps)
{
	size_t i;

	for (i = 0; i < crew->nr; i++)
		crew_start(crew, &crew->hands[i], HISTORY_ASKED);
	while (steps-- > 0) {
		crew->now = mono_add_ms(crew->now, 1 + rand() % 30);
		for (i = 0; i < crew->nr; i++)
			if (!crew_fate(crew, i))
				return false;
		if (!crew_advance(crew))
			return false;
	}
	return true;
}

static void
test_strategy__random_walk(void)
{
	unsigned seed = 20260302;
	int run, operations = 0, given_up = 0;
	struct crew crew;
	size_t i;
	bool good;

	tap_note("seed %u", seed);
	srand(seed);
	for (run = 0; run < 60; run++) {
		crew_set_up(&crew);
		good = crew_walk(&crew, 2000);
		operations += crew.operations;
		given_up += crew.given_up;
		for (i = 0; i < crew.nr; i++)
			history_release(&crew.hands[i].history);
		strategy_scope_release(&crew.scope);
		if (!ok(good, "run %d", run))
			return;
	}
	ok(operations > 1000 && given_up > 100, "it does something: %d "
	    "operations, %d given up", operations, given_up);
	tap_note("%d operations, %d given up", operations, given_up);
}
