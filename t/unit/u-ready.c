/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units ready */
#include "ready.h"
#include "tap.h"

#include <stdlib.h>

enum { P = HEALTH_PROBE, C = HEALTH_CHANGED, R = HEALTH_REPORT };

static const struct probe file = {
	.kind = PROBE_FILE, .interval_ms = 1000, .timeout_ms = 500,
	.max_retries = 3,
};

static const struct probe none = {
	.kind = PROBE_NONE, .interval_ms = 1000, .max_retries = 3,
};

static struct mono
at(int64_t ms)
{
	return (struct mono){ ms * 1000000 };
}

static int64_t
due(struct mono next)
{
	return next.ns == MONO_NEVER.ns ? -1 : next.ns / 1000000;
}

struct row {
	int64_t ms;
	enum health_event event;
	unsigned effects;
	enum health_state state;
	int64_t next; /* -1: never */
};

static void
play(struct health *health, const struct row *rows, size_t nr)
{
	unsigned effects;
	size_t i;

	for (i = 0; i < nr; i++) {
		effects = health_step(health, rows[i].event, at(rows[i].ms));
		ok(effects == rows[i].effects && health->state ==
		    rows[i].state && due(health_next(health)) == rows[i].next,
		    "row %zu: effects %u, %s, next %d", i, effects,
		    health_state_name(health->state),
		    (int)due(health_next(health)));
	}
}

static void
says(const struct health *health, int64_t now, const char *want)
{
	struct strbuf text = STRBUF_INIT;

	health_describe(health, at(now), &text);
	is_str(text.buf, want, "description");
	strbuf_release(&text);
}

/* Ready at the first success, and then nobody asks any more. */
static void
test_ready__goes_on_with_what_is_known(void)
{
	static const struct probe other = { .kind = PROBE_TCP,
		.interval_ms = 1000, .max_retries = 3 };
	static const struct probe file_again = { .kind = PROBE_FILE,
		.interval_ms = 2000, .max_retries = 3 };
	struct health health;

	health_begin(&health, &file, true, at(0));
	is_int((long)health_step(&health, HEALTH_TICK, at(0)), P, "probe");
	is_int((long)health_step(&health, HEALTH_PASSED, at(9)), C, "ready");
	health.probe = NULL;
	health_resume(&health, &file_again, at(90000));
	is_int((long)health.state, HEALTH_OK, "it is still ready");
	is_int((long)due(health_next(&health)), -1, "and is asked no more");
	health_resume(&health, &other, at(90000));
	is_int((long)health.state, HEALTH_STARTING, "not by another probe");
	ok(health.readiness, "which is one of readiness, too");

	health_begin(&health, &file, false, at(0));
	is_int((long)health_step(&health, HEALTH_BEAT, at(10)), C, "a beat");
	is_int((long)health_step(&health, HEALTH_TICK, at(1000)), P, "probe");
	health_resume(&health, &file, at(50000));
	is_int((long)health_step(&health, HEALTH_TICK, at(50000)), P,
	    "the silence counts from now, the probe is begun again");
	is_int((long)health_step(&health, HEALTH_FAILED, at(50001)), C, "1");
	health_step(&health, HEALTH_TICK, at(51000));
	health_step(&health, HEALTH_FAILED, at(51001));
	health_resume(&health, &file, at(51500));
	health_step(&health, HEALTH_TICK, at(52000));
	is_int((long)health_step(&health, HEALTH_FAILED, at(52001)), C | R,
	    "failures before count");
}

static void
test_ready__first_success(void)
{
	static const struct row rows[] = {
		{ 0, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 1, HEALTH_TICK, 0, HEALTH_STARTING, 3000 },
		{ 2, HEALTH_FAILED, 0, HEALTH_STARTING, 100 },
		{ 100, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 101, HEALTH_FAILED, 0, HEALTH_STARTING, 300 },
		{ 300, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 310, HEALTH_TIMEOUT, 0, HEALTH_STARTING, 700 },
		{ 700, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 701, HEALTH_FAILED, 0, HEALTH_STARTING, 1500 },
		/* The gap has grown to the interval. */
		{ 1500, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 1510, HEALTH_FAILED, 0, HEALTH_STARTING, 2500 },
		{ 2500, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 2600, HEALTH_PASSED, C, HEALTH_OK, -1 },
		{ 9999, HEALTH_TICK, 0, HEALTH_OK, -1 },
		{ 9999, HEALTH_FAILED, 0, HEALTH_OK, -1 },
	};
	struct health health;

	health_begin(&health, &file, true, at(0));
	is_int(due(health_next(&health)), 0, "due at once");
	play(&health, rows, nitems(rows));
}

static void
test_ready__not_in_time(void)
{
	static const struct row rows[] = {
		{ 10, HEALTH_TICK, P, HEALTH_STARTING, 3010 },
		{ 510, HEALTH_TIMEOUT, 0, HEALTH_STARTING, 110 },
		{ 2500, HEALTH_TICK, P, HEALTH_STARTING, 3010 },
		{ 3009, HEALTH_TICK, 0, HEALTH_STARTING, 3010 },
		{ 3010, HEALTH_TICK, C | R, HEALTH_UNHEALTHY, -1 },
		{ 3011, HEALTH_TIMEOUT, 0, HEALTH_UNHEALTHY, 2700 },
		{ 4000, HEALTH_TICK, P, HEALTH_UNHEALTHY, -1 },
		{ 4001, HEALTH_FAILED, 0, HEALTH_UNHEALTHY, 4400 },
		{ 7000, HEALTH_TICK, P, HEALTH_UNHEALTHY, -1 },
	};
	static const struct row late[] = {
		{ 7001, HEALTH_PASSED, C, HEALTH_OK, -1 },
	};
	struct health health;

	health_begin(&health, &file, true, at(10));
	play(&health, rows, nitems(rows));
	says(&health, 7010, "not ready after 7.0s, the last check failed");
	play(&health, late, nitems(late));
	says(&health, 7010, "ok");
}

/* notify --ready needs no probe to agree. */
static void
test_ready__told_from_inside(void)
{
	static const struct row rows[] = {
		{ 0, HEALTH_TICK, P, HEALTH_STARTING, 3000 },
		{ 50, HEALTH_BEAT, C, HEALTH_OK, -1 },
		{ 60, HEALTH_FAILED, 0, HEALTH_OK, -1 },
		{ 70, HEALTH_BEAT, 0, HEALTH_OK, -1 },
	};
	struct health health;

	health_begin(&health, &file, true, at(0));
	play(&health, rows, nitems(rows));
	health_begin(&health, &none, true, at(0));
	is_int(health.state, HEALTH_OK, "nothing to wait for");
	is_int(due(health_next(&health)), -1, "nothing is due");
}

static void
test_ready__health_by_probe(void)
{
	static const struct row rows[] = {
		{ 0, HEALTH_TICK, 0, HEALTH_STARTING, 1000 },
		{ 1000, HEALTH_TICK, P, HEALTH_STARTING, -1 },
		{ 1010, HEALTH_PASSED, C, HEALTH_OK, 2000 },
		/* Flapping below the limit changes nothing that counts. */
		{ 2000, HEALTH_TICK, P, HEALTH_OK, -1 },
		{ 2001, HEALTH_FAILED, C, HEALTH_FAILING, 3000 },
		{ 3000, HEALTH_TICK, P, HEALTH_FAILING, -1 },
		{ 3500, HEALTH_TIMEOUT, 0, HEALTH_FAILING, 4000 },
		{ 4000, HEALTH_TICK, P, HEALTH_FAILING, -1 },
		{ 4001, HEALTH_PASSED, C, HEALTH_OK, 5000 },
		/* A late tick probes once, not for each interval missed. */
		{ 9000, HEALTH_TICK, P, HEALTH_OK, -1 },
		{ 9001, HEALTH_FAILED, C, HEALTH_FAILING, 10000 },
		{ 10000, HEALTH_TICK, P, HEALTH_FAILING, -1 },
		{ 10001, HEALTH_FAILED, 0, HEALTH_FAILING, 11000 },
		{ 11000, HEALTH_TICK, P, HEALTH_FAILING, -1 },
		{ 11500, HEALTH_TIMEOUT, C | R, HEALTH_UNHEALTHY, 12000 },
		{ 12000, HEALTH_TICK, P, HEALTH_UNHEALTHY, -1 },
		{ 12001, HEALTH_FAILED, 0, HEALTH_UNHEALTHY, 13000 },
	};
	static const struct row again[] = {
		{ 13000, HEALTH_TICK, P, HEALTH_UNHEALTHY, -1 },
		/* Longer than the interval: the next is due at once. */
		{ 14200, HEALTH_PASSED, C, HEALTH_OK, 14000 },
		/* A result that nobody has asked for. */
		{ 14201, HEALTH_FAILED, 0, HEALTH_OK, 14000 },
	};
	struct health health;

	health_begin(&health, &file, false, at(0));
	play(&health, rows, nitems(rows));
	says(&health, 12001, "4 failures in a row, the last one failed");
	play(&health, again, nitems(again));
}

static void
test_ready__retries_zero_is_one(void)
{
	struct probe probe = file;
	struct health health;

	probe.max_retries = 0;
	health_begin(&health, &probe, false, at(0));
	health_step(&health, HEALTH_TICK, at(1000));
	is_int(health_step(&health, HEALTH_TIMEOUT, at(1500)), C | R, "first");
	says(&health, 1500, "a check timed out");
	health_begin(&health, &probe, true, at(0));
	is_int(health_step(&health, HEALTH_TICK, at(999)), P, "still time");
	is_int(health_step(&health, HEALTH_TICK, at(1000)), C | R, "too late");
	says(&health, 1000, "not ready after 1.0s");
}

/* Facts A12: heartbeats that stop are stale within interval x retries. */
static void
test_ready__heartbeats_stop(void)
{
	static const struct row rows[] = {
		{ 99999, HEALTH_TICK, 0, HEALTH_UNKNOWN, -1 },
		{ 100000, HEALTH_BEAT, C, HEALTH_OK, 103000 },
		{ 102000, HEALTH_BEAT, 0, HEALTH_OK, 105000 },
		{ 104999, HEALTH_TICK, 0, HEALTH_OK, 105000 },
		{ 105000, HEALTH_TICK, C | R, HEALTH_UNHEALTHY, -1 },
		{ 109000, HEALTH_TICK, 0, HEALTH_UNHEALTHY, -1 },
	};
	static const struct row again[] = {
		{ 109500, HEALTH_BEAT, C, HEALTH_OK, 112500 },
		{ 112500, HEALTH_TICK, C | R, HEALTH_UNHEALTHY, -1 },
	};
	struct health health;

	health_begin(&health, &none, false, at(0));
	is_int(health.state, HEALTH_UNKNOWN, "nobody said anything");
	play(&health, rows, nitems(rows));
	says(&health, 109000, "no heartbeat for 7.0s");
	play(&health, again, nitems(again));
}

/* With both: a beat makes up for failures, a probe not for beats. */
static void
test_ready__heartbeats_and_probe(void)
{
	static const struct row rows[] = {
		{ 1000, HEALTH_TICK, P, HEALTH_STARTING, -1 },
		{ 1001, HEALTH_FAILED, C, HEALTH_FAILING, 2000 },
		{ 1500, HEALTH_BEAT, C, HEALTH_OK, 2000 },
		{ 2000, HEALTH_TICK, P, HEALTH_OK, 4500 },
		{ 2001, HEALTH_PASSED, 0, HEALTH_OK, 3000 },
		{ 3000, HEALTH_TICK, P, HEALTH_OK, 4500 },
		{ 3001, HEALTH_PASSED, 0, HEALTH_OK, 4000 },
		{ 4500, HEALTH_TICK, P | C | R, HEALTH_UNHEALTHY, -1 },
		{ 4501, HEALTH_PASSED, 0, HEALTH_UNHEALTHY, 5500 },
		{ 5500, HEALTH_TICK, P, HEALTH_UNHEALTHY, -1 },
		{ 5501, HEALTH_FAILED, 0, HEALTH_UNHEALTHY, 6500 },
		{ 6000, HEALTH_BEAT, C, HEALTH_OK, 6500 },
	};
	struct health health;

	health_begin(&health, &file, false, at(0));
	play(&health, rows, nitems(rows));
}

/* Reports and recoveries take turns; no two probes at once; no busy loop. */
static void
test_ready__random_walk(void)
{
	int run, i, reports = 0;
	struct health health;
	unsigned effects;
	int64_t now;

	tap_note("seed 11");
	srand(11);
	for (run = 0; run < 400; run++) {
		struct probe probe = {
			.kind = rand() % 4 ? PROBE_TCP : PROBE_NONE,
			.interval_ms = 100 + rand() % 900,
			.max_retries = rand() % 4,
		};
		bool bad = false;

		now = 0;
		health_begin(&health, &probe, rand() % 2, at(0));
		for (i = 0; i < 100; i++) {
			bool was = health.probing;
			enum health_event event = rand() % (HEALTH_BEAT + 1);
			int64_t next = due(health_next(&health));

			if (event == HEALTH_TICK && next > now && rand() % 3)
				now = next;
			else
				now += rand() % 300;
			effects = health_step(&health, event, at(now));
			next = due(health_next(&health));
			if (!ok(!(was && (effects & P)), "second probe") ||
			    !ok(!(effects & R) || (!bad && (effects & C)),
			    "reported twice") || !ok(event != HEALTH_TICK ||
			    next < 0 || next > now, "due in the past"))
				return;
			if (effects & C)
				bad = health.state == HEALTH_UNHEALTHY;
			reports += (effects & R) != 0;
		}
	}
	ok(reports > 100, "%d reports", reports);
}

/* ---- dependencies ---- */

static char db[] = "p:db", web[] = "p:web";

static void
test_ready__deps_conditions(void)
{
	static const struct dep_state states[] = {
		{ 0 }, { .started = true },
		{ .started = true, .ready = true },
		{ .started = true, .ready = true, .healthy = true },
		{ .started = true, .completed = true, .over = true },
		{ .over = true },
	};
	/* A row a condition, a column a state: yes, wait, hopeless. */
	static const char *const rows[] = {
		[CONDITION_STARTED] = "wyyyyh",
		[CONDITION_READY] = "wwyyhh",
		[CONDITION_HEALTHY] = "wwwyhh",
		[CONDITION_COMPLETED] = "wwwwyh",
	};
	static const char answers[] = {
		[DEPS_SATISFIED] = 'y', [DEPS_WAITING] = 'w',
		[DEPS_HOPELESS] = 'h',
	};
	struct deps_verdict got;
	size_t c, s;

	for (c = 0; c < nitems(rows); c++)
		for (s = 0; s < nitems(states); s++) {
			struct dependency dep = { .agent = db, .condition = c };

			got = deps_check(&dep, 1, &states[s], at(0), at(99));
			ok(answers[got.answer] == rows[c][s] &&
			    got.next.ns == MONO_NEVER.ns,
			    "condition %zu, state %zu: %d", c, s,
			    (int)got.answer);
		}
	got = deps_check(NULL, 0, NULL, at(0), at(0));
	is_int(got.answer, DEPS_SATISFIED, "needs nothing");
}

static void
deps_say(const struct dependency *deps, const struct deps_verdict *verdict,
    const char *want)
{
	struct strbuf text = STRBUF_INIT;

	deps_describe(deps, verdict, &text);
	is_str(text.buf, want, "description");
	strbuf_release(&text);
}

static void
test_ready__deps_time_out(void)
{
	const struct dependency deps[] = {
		{ .agent = db, .condition = CONDITION_READY,
		    .timeout_ms = 30000 },
		{ .agent = web, .condition = CONDITION_COMPLETED,
		    .timeout_ms = 10000 },
	};
	struct dep_state states[2] = { { 0 }, { 0 } };
	struct deps_verdict got;

	got = deps_check(deps, 2, states, at(5), at(10004));
	is_int(got.answer, DEPS_WAITING, "both are waited for");
	is_int(due(got.next), 10005, "the earlier time-out");
	deps_say(deps, &got, "waits for 'p:db' to be ready");
	states[1].over = true;
	got = deps_check(deps, 2, states, at(5), at(10004));
	is_int(got.answer, DEPS_HOPELESS, "the second one is over");
	deps_say(deps, &got, "waits for 'p:web' to complete, which does not "
	    "run and will not by itself");
	got = deps_check(deps, 2, states, at(5), at(10005));
	is_int(got.answer, DEPS_TIMED_OUT, "the second one");
	is_int(due(got.next), 30005, "the first one's");
	deps_say(deps, &got, "'p:web' had not completed within 10s");
	states[1].completed = true;
	got = deps_check(deps, 2, states, at(5), at(30005));
	is_int(got.answer, DEPS_TIMED_OUT, "the first one");
	is_int(due(got.next), -1, "no more");
	deps_say(deps, &got, "'p:db' was not ready within 30s");
	states[0].ready = true;
	got = deps_check(deps, 2, states, at(5), at(99999));
	is_int(got.answer, DEPS_SATISFIED, "late is not too late");
	deps_say(deps, &got, "");
}
