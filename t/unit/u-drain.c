/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util drain */
#include "drain.h"
#include "tap.h"

#include <stdlib.h>

static const struct drain_recipe twice = {
	.repeat = 2, .gap_ms = 300, .timeout_ms = 10000, .signal = 15,
	.kill_after_ms = 500,
};

static const struct mono zero = { 0 };

static struct mono
at(int64_t ms)
{
	return mono_add_ms(zero, ms);
}

static int64_t
due(const struct drain *drain)
{
	struct mono next = drain_next(drain);

	return next.ns == MONO_NEVER.ns ? -1 : next.ns / 1000000;
}

/* One row a thing that happens, in order of time. */
struct row {
	int64_t ms;
	enum drain_event event;
	unsigned effects;
	enum drain_state state;
	int64_t next_ms; /* -1: never */
};

static void
play(struct drain *drain, const struct row *rows, size_t nr)
{
	unsigned effects;
	size_t i;

	for (i = 0; i < nr; i++) {
		effects = drain_step(drain, rows[i].event, at(rows[i].ms));
		ok(effects == rows[i].effects &&
		    drain->state == rows[i].state &&
		    due(drain) == rows[i].next_ms,
		    "row %zu: effects %u, state %d, next %lld", i, effects,
		    (int)drain->state, (long long)due(drain));
	}
}

static void
test_drain__obeys_second_press(void)
{
	static const struct row rows[] = {
		{ 299, DRAIN_TICK, 0, DRAIN_ASKED, 300 },
		{ 300, DRAIN_TICK, DRAIN_KEYS, DRAIN_ASKED, 5000 },
		{ 420, DRAIN_GONE, 0, DRAIN_OVER, -1 },
		{ 420, DRAIN_GONE, 0, DRAIN_OVER, -1 },
		{ 9000, DRAIN_TICK, 0, DRAIN_OVER, -1 },
	};
	struct drain drain;

	is_int(drain_begin(&drain, &twice, false, at(0)),
	    DRAIN_CONT | DRAIN_KEYS, "asked first");
	is_int(due(&drain), 300, "second press is due");
	play(&drain, rows, nitems(rows));
	is_int(drain.outcome, DRAIN_DRAINED, "outcome");
	is_int(mono_ms_until(drain.begun, drain.ended), 420, "seconds");
}

static void
test_drain__ignores_everything(void)
{
	static const struct row rows[] = {
		{ 300, DRAIN_TICK, DRAIN_KEYS, DRAIN_ASKED, 5000 },
		{ 5000, DRAIN_TICK, DRAIN_INT, DRAIN_ASKED, 10000 },
		{ 9999, DRAIN_TICK, 0, DRAIN_ASKED, 10000 },
		{ 10000, DRAIN_TICK, DRAIN_TERM, DRAIN_TOLD, 10900 },
		{ 10900, DRAIN_TICK, DRAIN_KILL, DRAIN_SHOT, 11900 },
		{ 11900, DRAIN_TICK, 0, DRAIN_OVER, -1 },
	};
	struct drain drain;

	drain_begin(&drain, &twice, false, at(0));
	play(&drain, rows, nitems(rows));
	is_int(drain.outcome, DRAIN_KILL_FAILED, "outcome");
}

static void
test_drain__killed_after_deadline(void)
{
	struct drain drain;

	drain_begin(&drain, &twice, false, at(0));
	is_int(drain_step(&drain, DRAIN_TICK, at(10000)), DRAIN_TERM,
	    "a late tick goes straight to the deadline");
	drain_step(&drain, DRAIN_GONE, at(10004));
	is_int(drain.outcome, DRAIN_KILLED, "outcome");
}

/* W8: a time-out of 0 asks, looks once, kills, and is no drain. */
static void
test_drain__timeout_zero(void)
{
	struct drain_recipe none = twice;
	struct drain drain;

	none.timeout_ms = 0;
	is_int(drain_begin(&drain, &none, false, at(7)),
	    DRAIN_CONT | DRAIN_KEYS, "keys are sent");
	is_int(due(&drain), 7, "due at once");
	is_int(drain_step(&drain, DRAIN_TICK, at(7)), DRAIN_TERM, "told");
	drain_step(&drain, DRAIN_GONE, at(9));
	is_int(drain.outcome, DRAIN_KILLED, "outcome");
	ok(!drain_timed_out(&drain), "nobody has waited for it");
}

static void
test_drain__now_asks_nothing(void)
{
	struct drain drain;

	is_int(drain_begin(&drain, &twice, true, at(0)), DRAIN_TERM, "told");
	is_int(drain.presses, 0, "no key");
	drain_step(&drain, DRAIN_GONE, at(3));
	is_int(drain.outcome, DRAIN_KILLED, "outcome");
}

static void
test_drain__second_interrupt_escalates(void)
{
	static const struct row rows[] = {
		{ 50, DRAIN_ESCALATE, DRAIN_TERM, DRAIN_TOLD, 950 },
		{ 60, DRAIN_ESCALATE, DRAIN_KILL, DRAIN_SHOT, 1060 },
		{ 70, DRAIN_ESCALATE, 0, DRAIN_SHOT, 1060 },
		{ 80, DRAIN_GONE, 0, DRAIN_OVER, -1 },
	};
	struct drain drain;

	drain_begin(&drain, &twice, false, at(0));
	play(&drain, rows, nitems(rows));
}

static void
test_drain__already_stopped(void)
{
	struct drain drain;

	drain_begin_stopped(&drain, at(1));
	is_int(drain.outcome, DRAIN_ALREADY_STOPPED, "outcome");
	is_int(due(&drain), -1, "nothing is due");
	is_int(drain_step(&drain, DRAIN_TICK, at(99999)), 0, "no effect");
}

/*
 * Whatever happens when: it is over within the sum of its deadlines, keys are
 * sent at most `repeat` times, and nothing follows the end.
 */
static void
test_drain__random_walk(void)
{
	unsigned seed = 20261120, effects;
	struct drain drain;
	int64_t now, limit;
	int run, keys;

	tap_note("seed %u", seed);
	srand(seed);
	for (run = 0; run < 2000; run++) {
		struct drain_recipe recipe = {
			.repeat = 1 + rand() % 4, .gap_ms = rand() % 500,
			.timeout_ms = rand() % 3000,
			.kill_after_ms = rand() % 800,
		};

		now = 0;
		effects = drain_begin(&drain, &recipe, rand() % 5 == 0, at(0));
		keys = (effects & DRAIN_KEYS) != 0;
		limit = drain_longest_ms(&recipe);
		while (drain.state != DRAIN_OVER) {
			if (rand() % 3 == 0)
				now += rand() % 50;
			else if (due(&drain) > now)
				now = due(&drain);
			effects = drain_step(&drain, rand() % 200 == 0 ?
			    DRAIN_GONE : rand() % 50 == 0 ? DRAIN_ESCALATE :
			    DRAIN_TICK, at(now));
			keys += (effects & DRAIN_KEYS) != 0;
			if (now > limit + 200)
				break;
		}
		if (!ok(drain.state == DRAIN_OVER, "run %d ends", run) ||
		    !ok(keys <= recipe.repeat, "run %d: %d presses", run, keys))
			return;
	}
}
