/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units policy */
#include "policy.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>

static int zero_and_42[] = { 0, 42 };

/* The defaults, but no jitter and one more success code. */
static const struct restart_policy defaults = {
	.mode = RESTART_ON_FAILURE, .max_restarts = 5, .within_ms = 60000,
	.backoff_initial_ms = 100, .backoff_max_ms = 30000,
	.backoff_factor = 2, .backoff_jitter = 0, .reset_after_ms = 60000,
	.success_exit_codes = zero_and_42, .nr_success = 2,
};

static const struct policy_exit crash = { CLASS_CODE, 1200, "exit 3" };

static struct mono
at(int64_t ms)
{
	return (struct mono){ ms * 1000000 };
}

static void
test_policy__success_is_0_unless_said(void)
{
	static const struct restart_policy unsaid;

	ok(policy_is_success(&unsaid, 0), "0");
	ok(!policy_is_success(&unsaid, 1), "1");
}

static void
test_policy__classifies(void)
{
	static const struct {
		struct record record;
		unsigned hints;
		enum exit_class class;
	} rows[] = {
		{ { .state = RECORD_EXITED }, 0, CLASS_CLEAN },
		{ { .state = RECORD_EXITED, .exit_code = 42 }, 0, CLASS_CLEAN },
		{ { .state = RECORD_EXITED, .exit_code = 3 }, 0, CLASS_CODE },
		{ { .state = RECORD_EXITED, .exit_code = 0, .asked = true }, 0,
		    CLASS_SIGNAL },
		{ { .state = RECORD_SIGNALED, .signal = SIGKILL }, 0,
		    CLASS_SIGNAL },
		{ { .state = RECORD_SIGNALED, .signal = SIGXCPU }, 0,
		    CLASS_LIMIT },
		{ { .state = RECORD_EXEC_FAILED }, 0, CLASS_EXEC_FAILED },
		{ { .state = RECORD_RUNNING }, 0, CLASS_LOST },
		{ { .state = RECORD_NONE }, 0, CLASS_LOST },
		/* A requested stop wins, whatever the end looks like. */
		{ { .state = RECORD_EXITED, .exit_code = 143 }, HINT_REQUESTED,
		    CLASS_REQUESTED },
		{ { .state = RECORD_SIGNALED, .signal = SIGTERM,
		    .asked = true }, HINT_REQUESTED | HINT_LIMIT |
		    HINT_UNHEALTHY | HINT_RATE_LIMITED, CLASS_REQUESTED },
		{ { .state = RECORD_RUNNING }, HINT_REQUESTED,
		    CLASS_REQUESTED },
		{ { .state = RECORD_EXITED, .asked = true }, HINT_LIMIT,
		    CLASS_LIMIT },
		{ { .state = RECORD_SIGNALED, .signal = SIGTERM },
		    HINT_UNHEALTHY, CLASS_UNHEALTHY },
		{ { .state = RECORD_EXITED, .exit_code = 0 },
		    HINT_RATE_LIMITED, CLASS_RATE_LIMITED },
		{ { .state = RECORD_SIGNALED, .signal = SIGKILL,
		    .oom = true }, 0, CLASS_OOM },
		{ { .state = RECORD_SIGNALED, .signal = SIGKILL,
		    .oom = true }, HINT_LIMIT, CLASS_LIMIT },
		{ { .state = RECORD_SIGNALED, .signal = SIGKILL }, 0,
		    CLASS_SIGNAL },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		enum exit_class class = policy_classify(&defaults,
		    &rows[i].record, rows[i].hints);

		ok(class == rows[i].class, "row %zu: %s, not %s", i,
		    policy_class_name(class),
		    policy_class_name(rows[i].class));
	}
}

static void
test_policy__mode_and_class(void)
{
	static const struct {
		enum exit_class class;
		bool always, on_failure; /* restarts; never never does */
	} rows[] = {
		{ CLASS_CLEAN, true, false },
		{ CLASS_CODE, true, true },
		{ CLASS_SIGNAL, true, true },
		{ CLASS_REQUESTED, false, false },
		{ CLASS_EXEC_FAILED, true, true },
		{ CLASS_OOM, true, true },
		{ CLASS_LIMIT, true, true },
		{ CLASS_UNHEALTHY, true, true },
		{ CLASS_RATE_LIMITED, false, false },
		{ CLASS_LINKED, true, true },
		{ CLASS_LOST, true, true },
	};
	struct history history = { 0 };
	size_t i;
	int mode;

	for (i = 0; i < nitems(rows); i++)
		for (mode = RESTART_ALWAYS; mode <= RESTART_NEVER; mode++) {
			struct restart_policy policy = defaults;
			struct policy_exit end = { rows[i].class, 5, "x" };
			bool want = mode == RESTART_ALWAYS ? rows[i].always :
			    mode == RESTART_ON_FAILURE && rows[i].on_failure;
			struct policy_verdict got;

			policy.mode = mode;
			got = policy_decide(&policy, &history, &end, at(7), 0);
			ok(got.action == (want ? POLICY_RESTART : POLICY_STAY),
			    "%s, mode %d: %s",
			    policy_class_name(end.class), mode, got.reason);
			ok(got.at.ns == (want ? at(107) : MONO_NEVER).ns,
			    "its instant");
			ok(policy_is_failure(end.class) == rows[i].on_failure,
			    "is a failure or not");
		}
}

/* Restarts at these instants, spent as the engine does it. */
static void
spend(struct history *history, const struct restart_policy *policy,
    const int64_t *ms, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		history_note_start(history, policy, HISTORY_AUTOMATIC,
		    at(ms[i]));
}

/* Facts A10, B6: N in W are allowed, the next one is refused. */
static void
test_policy__budget_window_slides(void)
{
	static const struct {
		size_t nr;
		int64_t ms[4], now;
		bool allowed;
		int used;
	} rows[] = {
		{ 0, { 0 }, 0, true, 0 },
		{ 1, { 0 }, 1, true, 1 },
		{ 2, { 0, 0 }, 1, true, 2 },
		{ 3, { 0, 0, 0 }, 0, false, 3 },
		{ 3, { 0, 0, 0 }, 4999, false, 3 },
		{ 3, { 0, 0, 0 }, 5000, true, 0 },
		{ 3, { 0, 1, 4999 }, 4999, false, 3 },
		{ 3, { 0, 1, 4999 }, 5000, true, 2 },
		{ 3, { 0, 1, 4999 }, 5001, true, 1 },
		{ 3, { 0, 1, 4999 }, 9999, true, 0 },
		/* Before this boot, and on its edge. */
		{ 3, { -4000, -3000, -2000 }, 999, false, 3 },
		{ 3, { -4000, -3000, -2000 }, 1000, true, 2 },
		{ 3, { -90000, -80000, -70000 }, 0, true, 0 },
	};
	struct restart_policy policy = defaults;
	size_t i;

	policy.max_restarts = 3;
	policy.within_ms = 5000;
	for (i = 0; i < nitems(rows); i++) {
		struct history history = { 0 };
		struct policy_verdict got;

		spend(&history, &policy, rows[i].ms, rows[i].nr);
		got = policy_decide(&policy, &history, &crash,
		    at(rows[i].now), 0);
		ok(got.action == (rows[i].allowed ? POLICY_RESTART :
		    POLICY_GIVE_UP) && got.used == rows[i].used, "row %zu: "
		    "used %d: %s", i, got.used, got.reason);
		is_int(history_used(&history, 5000, at(rows[i].now)),
		    got.used, "the same figure");
		history_release(&history);
	}
}

/* Six crashes at once with five restarts: the sixth is refused. */
static void
test_policy__sixth_crash(void)
{
	struct history history;
	struct policy_verdict got;
	int64_t now = 0;
	int restarts = 0;

	history_init(&history);
	for (;;) {
		got = policy_decide(&defaults, &history, &crash, at(now), 9);
		if (got.action != POLICY_RESTART || restarts > 9)
			break;
		now += got.delay_ms;
		history_note_start(&history, &defaults, HISTORY_AUTOMATIC,
		    at(now));
		restarts++;
	}
	is_int(restarts, 5, "restarts");
	is_int(now, 100 + 200 + 400 + 800 + 1600, "waits");
	is_int(got.action, POLICY_GIVE_UP, "then no more");
	is_str(got.reason, "exit 3 after 1.2s; 5 restarts in 60s used up "
	    "(limit 5); failed until 'teamctl reset'", "reason");
	history_reset(&history);
	got = policy_decide(&defaults, &history, &crash, at(now), 9);
	is_int(got.action, POLICY_RESTART, "after a reset");
	is_int(got.delay_ms, 100, "with the first wait");
	history_release(&history);
}

static void
test_policy__reasons(void)
{
	static const int64_t two[] = { 0, 10 };
	static const struct {
		enum restart_mode mode;
		int max;
		struct policy_exit end;
		const char *reason;
	} rows[] = {
		{ RESTART_ON_FAILURE, 5, { CLASS_CODE, 1200, "exit 3" },
		    "exit 3 after 1.2s; failure 3 of 5 in 60s; restarting in "
		    "400ms; policy on-failure" },
		{ RESTART_ALWAYS, 5, { CLASS_CLEAN, 61000, "exit 0" },
		    "exit 0 after 61s; restart 3 of 5 in 60s; restarting in "
		    "100ms; policy always" },
		{ RESTART_ALWAYS, 5, { CLASS_LOST, -1, NULL },
		    "lost; failure 3 of 5 in 60s; restarting in 400ms; policy "
		    "always" },
		{ RESTART_ALWAYS, 0, { CLASS_CODE, 7, "exit 1" },
		    "exit 1 after 7ms; no restarts are allowed (limit 0); "
		    "failed until 'teamctl reset'" },
		{ RESTART_ALWAYS, 0, { CLASS_CLEAN, 7, "exit 0" },
		    "exit 0 after 7ms; done; no restarts are allowed "
		    "(limit 0)" },
		{ RESTART_ON_FAILURE, 2, { CLASS_EXEC_FAILED, 0,
		    "not started: no such file" },
		    "not started: no such file; 2 restarts in 60s used up "
		    "(limit 2); failed until 'teamctl reset'" },
		{ RESTART_ON_FAILURE, 5, { CLASS_CLEAN, 3600000, "exit 0" },
		    "exit 0 after 1h 0m; done; policy on-failure" },
		{ RESTART_NEVER, 5, { CLASS_SIGNAL, 2000, "signal 9 (KILL)" },
		    "signal 9 (KILL) after 2s; policy never" },
		{ RESTART_ALWAYS, 5, { CLASS_REQUESTED, 2000, "exit 143" },
		    "exit 143 after 2s; it was asked for" },
		{ RESTART_ALWAYS, 5, { CLASS_RATE_LIMITED, 2000, "exit 1" },
		    "exit 1 after 2s; goes on when its rate limit is lifted" },
	};
	struct history history = { 0 };
	size_t i;

	spend(&history, &defaults, two, 2);
	for (i = 0; i < nitems(rows); i++) {
		struct restart_policy policy = defaults;
		struct policy_verdict got;

		policy.mode = rows[i].mode;
		policy.max_restarts = rows[i].max;
		got = policy_decide(&policy, &history, &rows[i].end, at(20), 0);
		is_str(got.reason, rows[i].reason, "reason");
	}
	history_release(&history);
}

/* A long text of the world neither hides the numbers nor is cut in a letter. */
static void
test_policy__long_reason(void)
{
	struct restart_policy policy = defaults;
	struct history history = { 0 };
	struct policy_exit end = { CLASS_EXEC_FAILED, 0, NULL };
	struct policy_verdict got;
	char how[400];
	size_t i;

	for (i = 0; i + 2 < sizeof(how); i += 2)
		memcpy(how + i, "\xc3\xa4", 2);
	how[i] = '\0';
	end.how = how + 1;
	policy.within_ms = policy.reset_after_ms = INT64_MAX;
	policy.max_restarts = 1000000;
	policy.backoff_initial_ms = policy.backoff_max_ms = INT64_MAX;
	got = policy_decide(&policy, &history, &end, at(0), 0);
	ok(strstr(got.reason, "policy on-failure") != NULL, "%s", got.reason);
	ok(utf8_valid(got.reason + 1, strlen(got.reason + 1)), "UTF-8");
	is_int(got.at.ns, MONO_NEVER.ns, "an instant that does not fit");
}

static void
test_policy__backoff_series(void)
{
	static const struct {
		int64_t initial, max;
		double factor;
		int streak;
		int64_t want;
	} rows[] = {
		{ 100, 30000, 2, 0, 100 },
		{ 100, 30000, 2, 1, 100 },
		{ 100, 30000, 2, 2, 200 },
		{ 100, 30000, 2, 9, 25600 },
		{ 100, 30000, 2, 10, 30000 },
		{ 100, 30000, 2, INT32_MAX, 30000 },
		{ 100, 30000, 1, INT32_MAX, 100 },
		{ 100, 30000, 1.5, 3, 225 },
		{ 100, 30000, 100, 3, 30000 },
		{ 50000, 30000, 2, 1, 30000 },
		{ 0, 30000, 2, 40, 0 },
		{ 0, 30000, 100, INT32_MAX, 0 },
		{ 100, 0, 2, 3, 0 },
		{ 1, INT64_MAX, 2, 63, INT64_C(1) << 62 },
		{ 1, INT64_MAX, 2, 64, INT64_MAX },
		{ INT64_MAX, INT64_MAX, 100, 200, INT64_MAX },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		struct restart_policy policy = defaults;

		policy.backoff_initial_ms = rows[i].initial;
		policy.backoff_max_ms = rows[i].max;
		policy.backoff_factor = rows[i].factor;
		is_int(policy_backoff_ms(&policy, rows[i].streak),
		    rows[i].want, "wait");
	}
}

static void
test_policy__jitter(void)
{
	static const struct {
		double jitter;
		uint32_t chance;
		int64_t want;
	} rows[] = {
		{ 0.1, 0, 10000 },
		{ 0.1, UINT32_MAX, 9000 },
		{ 0.1, UINT32_MAX / 2, 9501 },
		{ 0.5, UINT32_MAX, 5000 },
		{ 1, UINT32_MAX, 0 },
		{ 1, 0, 10000 },
		{ 0, UINT32_MAX, 10000 },
	};
	struct restart_policy policy = defaults;
	struct history history = { 0 };
	struct policy_verdict got;
	size_t i;

	policy.backoff_initial_ms = 10000;
	for (i = 0; i < nitems(rows); i++) {
		policy.backoff_jitter = rows[i].jitter;
		got = policy_decide(&policy, &history, &crash, at(0),
		    rows[i].chance);
		is_int(got.delay_ms, rows[i].want, "wait");
		is_int(got.at.ns, at(got.delay_ms).ns, "instant");
	}
	policy.backoff_initial_ms = policy.backoff_max_ms = INT64_MAX;
	for (policy.backoff_jitter = 0; policy.backoff_jitter <= 1;
	    policy.backoff_jitter += 0.25) {
		got = policy_decide(&policy, &history, &crash, at(0),
		    UINT32_MAX);
		ok(got.delay_ms >= 0, "no overflow at %g",
		    policy.backoff_jitter);
	}
}

static void
test_policy__streak_ends_with_stable_run(void)
{
	static const int64_t three[] = { 0, 1, 2 };
	static const struct {
		int64_t ran;
		int64_t want;
	} rows[] = {
		{ -1, 800 }, { 0, 800 }, { 59999, 800 }, { 60000, 100 },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		struct policy_exit end = { CLASS_CODE, rows[i].ran, "exit 1" };
		struct history history = { 0 };
		struct policy_verdict got;

		spend(&history, &defaults, three, 3);
		got = policy_decide(&defaults, &history, &end, at(9), 0);
		is_int(got.delay_ms, rows[i].want, "wait");
		history_note_end(&history, &defaults, end.ran_ms);
		got = policy_decide(&defaults, &history, &end, at(9), 0);
		is_int(got.delay_ms, rows[i].want, "the same after the note");
		is_int(got.used, 3, "the budget is not given back");
		history_release(&history);
	}
}

static void
test_policy__kinds_of_start(void)
{
	static const int64_t three[] = { 0, 1, 2 };
	struct history history = { 0 };

	history_note_start(&history, &defaults, HISTORY_ASKED, at(-5));
	ok(history.has_started && !history.has_resumed, "first start");
	spend(&history, &defaults, three, 3);
	ok(history.has_resumed && history.resumed.ns == at(2).ns, "resumed");
	history_note_start(&history, &defaults, HISTORY_FREE, at(3));
	is_int(history.streak, 3, "a sibling's failure changes nothing");
	is_int(history.started.ns, at(3).ns, "but the start");
	history_note_start(&history, &defaults, HISTORY_ASKED, at(4));
	is_int(history.streak, 0, "a person begins anew");
	is_int(history_used(&history, 60000, at(5)), 3, "not the budget");
	history_release(&history);
}

/* 10,000 restarts far apart need no more memory than the budget. */
static void
test_policy__history_is_bounded(void)
{
	struct history history = { 0 };
	int i;

	for (i = 0; i < 10000; i++)
		history_note_start(&history, &defaults, HISTORY_AUTOMATIC,
		    at(i * INT64_C(7)));
	ok(history.nr <= 5 && history.alloc <= 8, "%zu of %zu", history.nr,
	    history.alloc);
	is_int(history.restarts[history.nr - 1].ns, at(9999 * 7).ns,
	    "the latest is kept");
	history_release(&history);
}

static void
test_policy__ages_survive_a_reboot(void)
{
	static const int64_t three[] = { 100000, 130000, 150000 };
	struct history history = { 0 }, later = { 0 };
	struct history_ages ages;

	spend(&history, &defaults, three, 3);
	history_export(&history, at(155000), &ages);
	is_int(ages.nr, 3, "all");
	is_int(ages.restarts[0], 55000, "the oldest first");
	is_int(ages.started, 5000, "started");
	is_int(ages.resumed, 5000, "resumed");
	/* 4 s later the machine is up since 2 s. */
	history_import(&later, &ages, 4000, at(2000));
	is_int(later.restarts[0].ns, at(-57000).ns, "before this boot");
	is_int(history_used(&later, 60000, at(2000)), 3, "used");
	is_int(history_used(&later, 60000, at(2999)), 3, "used to the end");
	is_int(history_used(&later, 60000, at(3000)), 2, "then one less");
	is_int(later.streak, 3, "streak");
	ok(later.has_resumed && later.resumed.ns == at(-7000).ns, "resumed");
	is_int(mono_add_ms(later.resumed, 7001).ns, at(1).ns,
	    "can be added to");
	is_int(mono_add_ms(later.resumed, INT64_MAX).ns, MONO_NEVER.ns,
	    "but not too much");
	history_ages_release(&ages);
	history_release(&history);
	history_release(&later);
}

/* A file that somebody edited, a clock that was set back. */
static void
test_policy__import_of_nonsense(void)
{
	int64_t restarts[] = { INT64_MAX, -5, INT64_MIN, 10 };
	struct history_ages ages = { restarts, 4, INT64_MIN, -1, -3 };
	struct history history = { 0 };

	history_import(&history, &ages, INT64_MIN, at(50));
	is_int(history.nr, 4, "all");
	is_int(history.restarts[1].ns, at(50).ns, "not in the future");
	is_int(history.restarts[3].ns, at(40).ns, "elapsed is 0 at least");
	is_int(history_used(&history, 60000, at(50)), 3, "used");
	is_int(history_used(&history, INT64_MAX, at(50)), 4, "for ever");
	ok(!history.has_started && !history.has_resumed, "no instants");
	is_int(history.streak, 0, "no streak");
	history_import(&history, &ages, INT64_MAX, at(50));
	is_int(history_used(&history, 60000, at(50)), 0, "very old");
	history_release(&history);
	ages.nr = 0;
	history_import(&history, &ages, 0, at(0));
	history_export(&history, at(0), &ages);
	is_int(ages.nr, 0, "empty");
	is_int(ages.started, -1, "never");
	history_ages_release(&ages);
}

/* ---- random walk ---- */

enum { WALK_EVENTS = 20000, WALK_SEEN = 64 };

struct walk {
	struct restart_policy policy;
	struct history history;
	int64_t time;   /* true milliseconds, what no clock shows */
	int64_t boot;   /* at that time the monotonic clock was 0 */
	bool running, held, pending;
	int64_t started, due;
	int64_t seen[WALK_SEEN]; /* true times of the last restarts */
	int restarts, refusals;
};

static struct mono
walk_now(const struct walk *walk)
{
	return at(walk->time - walk->boot);
}

static void
walk_set_up(struct walk *walk)
{
	memset(walk, 0, sizeof(*walk));
	walk->policy = defaults;
	walk->policy.mode = rand() % 4 ? rand() % 2 : RESTART_NEVER;
	walk->policy.max_restarts = rand() % 8;
	walk->policy.within_ms = 1 + rand() % 8000;
	walk->policy.backoff_initial_ms = rand() % 300;
	walk->policy.backoff_max_ms = rand() % 2000;
	walk->policy.backoff_factor = 1 + rand() % 300 / 100.0;
	walk->policy.backoff_jitter = rand() % 101 / 100.0;
	walk->policy.reset_after_ms = rand() % 3000;
	walk->time = walk->boot = 1000000;
}

static void
walk_start(struct walk *walk, enum history_start how)
{
	history_note_start(&walk->history, &walk->policy, how,
	    walk_now(walk));
	walk->running = true;
	walk->pending = false;
	walk->started = walk->time;
}

/* An automatic restart; false when it breaks the budget. */
static bool
walk_restart(struct walk *walk)
{
	int max = walk->policy.max_restarts, in_window = 1, i;

	for (i = 0; i < walk->restarts && i < WALK_SEEN; i++)
		if (walk->time - walk->seen[i] < walk->policy.within_ms)
			in_window++;
	walk->seen[walk->restarts++ % WALK_SEEN] = walk->time;
	walk_start(walk, HISTORY_AUTOMATIC);
	return ok(in_window <= max, "%d restarts of %d", in_window, max) &&
	    ok(!walk->held, "nothing starts after a requested stop") &&
	    ok(walk->policy.mode != RESTART_NEVER, "never is never");
}

static bool
walk_end(struct walk *walk, enum exit_class class)
{
	struct policy_exit end = { class, walk->time - walk->started, "x" };
	int streak = end.ran_ms >= walk->policy.reset_after_ms ? 1 :
	    walk->history.streak + 1;
	int64_t wait = policy_backoff_ms(&walk->policy, streak);
	double least = (double)wait * (1 - walk->policy.backoff_jitter);
	struct policy_verdict got = policy_decide(&walk->policy,
	    &walk->history, &end, walk_now(walk), (uint32_t)rand() * 3u);

	history_note_end(&walk->history, &walk->policy, end.ran_ms);
	walk->running = false;
	walk->held = class == CLASS_REQUESTED;
	walk->pending = got.action == POLICY_RESTART;
	walk->due = walk->time + got.delay_ms;
	walk->refusals += got.action == POLICY_GIVE_UP;
	if (got.action == POLICY_GIVE_UP) {
		history_reset(&walk->history);
		memset(walk->seen, 0, sizeof(walk->seen));
	}
	if (!walk->pending)
		return ok(got.at.ns == MONO_NEVER.ns && got.delay_ms == 0,
		    "no instant");
	return ok((double)got.delay_ms >= least - 0.001 &&
	    got.delay_ms <= wait && wait <= walk->policy.backoff_max_ms,
	    "wait %lld of %lld", (long long)got.delay_ms, (long long)wait) &&
	    ok(class != CLASS_REQUESTED && class != CLASS_RATE_LIMITED,
	    "restart after %s", policy_class_name(class));
}

/* The supervisor, and every other time the machine with it, is new. */
static void
walk_reload(struct walk *walk)
{
	struct history_ages ages;
	struct history later = { 0 };
	int64_t gone = rand() % 400;

	history_export(&walk->history, walk_now(walk), &ages);
	walk->time += gone;
	if (rand() % 2)
		walk->boot = walk->time - rand() % 50;
	history_import(&later, &ages, gone, walk_now(walk));
	history_release(&walk->history);
	history_ages_release(&ages);
	walk->history = later;
}

static bool
walk_step(struct walk *walk)
{
	int dice = rand() % 100;

	walk->time += rand() % (dice < 3 ? 5000 : 90);
	if (walk->pending && walk->time >= walk->due)
		return walk_restart(walk);
	if (dice > 95) {
		walk_reload(walk);
	} else if (walk->running && dice < 60) {
		return walk_end(walk, rand() % (CLASS_LOST + 1));
	} else if (walk->pending && dice < 5) {
		/* Stopped while it waits: the timer is void. */
		walk->pending = false;
		walk->held = true;
	} else if (!walk->running && !walk->pending && dice < 40) {
		walk->held = false;
		walk_start(walk, rand() % 2 ? HISTORY_ASKED : HISTORY_FREE);
	}
	return true;
}

static void
test_policy__random_walk(void)
{
	unsigned seed = 20260301;
	int run, i, restarts = 0, refusals = 0;
	struct walk walk;

	tap_note("seed %u", seed);
	srand(seed);
	for (run = 0; run < 40; run++) {
		walk_set_up(&walk);
		walk_start(&walk, HISTORY_ASKED);
		for (i = 0; i < WALK_EVENTS / 20; i++)
			if (!walk_step(&walk)) {
				tap_diag("run %d, event %d", run, i);
				history_release(&walk.history);
				return;
			}
		restarts += walk.restarts;
		refusals += walk.refusals;
		history_release(&walk.history);
	}
	ok(restarts > 500 && refusals > 200, "it does something: %d restarts, "
	    "%d refusals", restarts, refusals);
}
