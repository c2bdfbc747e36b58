/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See policy.h.
 */
#include "policy.h"

#include "units.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Ages from a file are cut here, so that instants cannot overflow. */
#define AGE_MAX_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

enum { HOW_MAX = 80 }; /* of a reason: the numbers must fit behind it */

static const char *const class_names[] = {
	[CLASS_CLEAN] = "clean",
	[CLASS_CODE] = "code",
	[CLASS_SIGNAL] = "signal",
	[CLASS_REQUESTED] = "requested",
	[CLASS_EXEC_FAILED] = "exec-failed",
	[CLASS_OOM] = "oom",
	[CLASS_LIMIT] = "limit",
	[CLASS_UNHEALTHY] = "unhealthy",
	[CLASS_RATE_LIMITED] = "rate-limited",
	[CLASS_LINKED] = "linked",
	[CLASS_LOST] = "lost",
};

/* Hints that decide whatever the record says; the first one wins. */
static const struct {
	enum policy_hint hint;
	enum exit_class class;
} hint_classes[] = {
	{ HINT_REQUESTED, CLASS_REQUESTED },
	{ HINT_LIMIT, CLASS_LIMIT },
	{ HINT_UNHEALTHY, CLASS_UNHEALTHY },
	{ HINT_RATE_LIMITED, CLASS_RATE_LIMITED },
	{ HINT_LINKED, CLASS_LINKED },
};

const char *
policy_class_name(enum exit_class class)
{
	return class_names[class];
}

bool
policy_is_success(const struct restart_policy *policy, int code)
{
	size_t i;

	if (!policy->nr_success)
		return code == 0;
	for (i = 0; i < policy->nr_success; i++)
		if (policy->success_exit_codes[i] == code)
			return true;
	return false;
}

static enum exit_class
class_of_record(const struct restart_policy *policy,
    const struct record *record)
{
	switch (record->state) {
	case RECORD_EXEC_FAILED:
		return CLASS_EXEC_FAILED;
	case RECORD_SIGNALED:
		if (record->oom)
			return CLASS_OOM;
		/* The kernel's own, for RLIMIT_CPU and RLIMIT_FSIZE. */
		if (!record->asked && (record->signal == SIGXCPU ||
		    record->signal == SIGXFSZ))
			return CLASS_LIMIT;
		return CLASS_SIGNAL;
	case RECORD_EXITED:
		if (record->asked)
			return CLASS_SIGNAL;
		return policy_is_success(policy, record->exit_code) ?
		    CLASS_CLEAN : CLASS_CODE;
	case RECORD_NONE:
	case RECORD_RUNNING:
		break;
	}
	return CLASS_LOST;
}

enum exit_class
policy_classify(const struct restart_policy *policy,
    const struct record *record, unsigned hints)
{
	size_t i;

	for (i = 0; i < nitems(hint_classes); i++)
		if (hints & hint_classes[i].hint)
			return hint_classes[i].class;
	return class_of_record(policy, record);
}

bool
policy_is_failure(enum exit_class class)
{
	return class != CLASS_CLEAN && class != CLASS_REQUESTED &&
	    class != CLASS_RATE_LIMITED;
}

/* ---- history ---- */

void
history_init(struct history *history)
{
	memset(history, 0, sizeof(*history));
}

void
history_release(struct history *history)
{
	free(history->restarts);
	history_init(history);
}

void
history_reset(struct history *history)
{
	history->nr = 0;
	history->streak = 0;
	history->has_resumed = false;
}

static int64_t
age_ns(struct mono then, struct mono now)
{
	return mono_before(now, then) ? 0 : now.ns - then.ns;
}

static bool
is_within(struct mono then, int64_t within_ms, struct mono now)
{
	return within_ms > INT64_MAX / 1000000 ||
	    age_ns(then, now) < within_ms * 1000000;
}

int
history_used(const struct history *history, int64_t within_ms,
    struct mono now)
{
	int used = 0;
	size_t i;

	for (i = 0; i < history->nr; i++)
		if (is_within(history->restarts[i], within_ms, now))
			used++;
	return used;
}

/* Drops what is too old, then the oldest until there are at most keep. */
static void
prune(struct history *history, int64_t within_ms, size_t keep,
    struct mono now)
{
	size_t i, nr = 0;

	for (i = 0; i < history->nr; i++)
		if (is_within(history->restarts[i], within_ms, now))
			history->restarts[nr++] = history->restarts[i];
	if (nr > keep) {
		memmove(history->restarts, history->restarts + nr - keep,
		    keep * sizeof(*history->restarts));
		nr = keep;
	}
	history->nr = nr;
}

static void
note_automatic(struct history *history, const struct restart_policy *policy,
    struct mono now)
{
	size_t keep = policy->max_restarts > 0 ?
	    (size_t)policy->max_restarts - 1 : 0;

	prune(history, policy->within_ms, keep, now);
	ARRAY_GROW(history->restarts, history->nr, history->alloc);
	history->restarts[history->nr++] = now;
	history->resumed = now;
	history->has_resumed = true;
	if (history->streak < INT_MAX)
		history->streak++;
}

void
history_note_start(struct history *history,
    const struct restart_policy *policy, enum history_start how,
    struct mono now)
{
	history->started = now;
	history->has_started = true;
	if (how == HISTORY_AUTOMATIC)
		note_automatic(history, policy, now);
	else if (how == HISTORY_ASKED)
		history->streak = 0;
}

static bool
is_stable(const struct restart_policy *policy, int64_t ran_ms)
{
	return ran_ms >= 0 && ran_ms >= policy->reset_after_ms;
}

void
history_note_end(struct history *history,
    const struct restart_policy *policy, int64_t ran_ms)
{
	if (is_stable(policy, ran_ms))
		history->streak = 0;
}

static int64_t
export_age(bool has, struct mono then, struct mono now)
{
	return has ? age_ns(then, now) / 1000000 : -1;
}

void
history_export(const struct history *history, struct mono now,
    struct history_ages *ages)
{
	size_t i;

	ages->nr = history->nr;
	ages->restarts = xcalloc(history->nr, sizeof(*ages->restarts));
	for (i = 0; i < history->nr; i++)
		ages->restarts[i] = export_age(true, history->restarts[i],
		    now);
	ages->started = export_age(history->has_started, history->started,
	    now);
	ages->resumed = export_age(history->has_resumed, history->resumed,
	    now);
	ages->streak = history->streak;
}

static int64_t
clamp_ms(int64_t ms)
{
	return ms < 0 ? 0 : ms > AGE_MAX_MS ? AGE_MAX_MS : ms;
}

static struct mono
import_age(int64_t age_ms, int64_t elapsed_ms, struct mono now)
{
	int64_t age = clamp_ms(clamp_ms(age_ms) + clamp_ms(elapsed_ms));

	return (struct mono){ now.ns - age * 1000000 };
}

void
history_import(struct history *history, const struct history_ages *ages,
    int64_t elapsed_ms, struct mono now)
{
	size_t i;

	history_release(history);
	history->nr = history->alloc = ages->nr;
	if (ages->nr)
		history->restarts = xcalloc(ages->nr,
		    sizeof(*history->restarts));
	for (i = 0; i < ages->nr; i++)
		history->restarts[i] = import_age(ages->restarts[i],
		    elapsed_ms, now);
	history->has_started = ages->started >= 0;
	if (history->has_started)
		history->started = import_age(ages->started, elapsed_ms, now);
	history->has_resumed = ages->resumed >= 0;
	if (history->has_resumed)
		history->resumed = import_age(ages->resumed, elapsed_ms, now);
	history->streak = ages->streak > 0 ? ages->streak : 0;
}

void
history_ages_release(struct history_ages *ages)
{
	free(ages->restarts);
	memset(ages, 0, sizeof(*ages));
}

/* ---- decision ---- */

/* By squaring: no library, and 31 steps at most.  May be infinite. */
static double
power(double base, int exponent)
{
	double result = 1;

	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			result *= base;
		base *= base;
	}
	return result;
}

int64_t
policy_backoff_ms(const struct restart_policy *policy, int streak)
{
	double wait;

	if (policy->backoff_initial_ms <= 0)
		return 0;
	wait = (double)policy->backoff_initial_ms *
	    power(policy->backoff_factor, streak > 1 ? streak - 1 : 0);
	/* Also what is no number goes the way of the maximum. */
	if (!(wait < (double)policy->backoff_max_ms))
		return policy->backoff_max_ms;
	return (int64_t)wait;
}

/* Somewhere in [wait * (1 - jitter), wait]. */
static int64_t
with_jitter(const struct restart_policy *policy, int64_t wait,
    uint32_t chance)
{
	double off = (double)wait * policy->backoff_jitter *
	    ((double)chance / UINT32_MAX);

	if (!(off > 0))
		return wait;
	/* Compared before it is converted: 2^63 is a double, not an int64_t. */
	return off < (double)wait ? wait - (int64_t)off : 0;
}

/* "400ms", "1.2s", "60s", "5m 0s" */
static void
add_span(struct strbuf *out, int64_t ms)
{
	units_add_span(out, ms, "");
}

/* "exit 3 after 1.2s" */
static void
add_end(struct strbuf *out, const struct policy_exit *end)
{
	const char *how = end->how && *end->how ? end->how :
	    policy_class_name(end->class);
	size_t len = strlen(how), shown = utf8_cut(how, len, HOW_MAX);

	strbuf_add(out, how, shown);
	if (shown < len)
		strbuf_addstr(out, "...");
	if (end->ran_ms >= 0 && end->class != CLASS_EXEC_FAILED) {
		strbuf_addstr(out, " after ");
		add_span(out, end->ran_ms);
	}
	strbuf_addstr(out, "; ");
}

/* Why nothing is to be done, or NULL. */
static const char *
why_stay(const struct restart_policy *policy, enum exit_class class)
{
	if (class == CLASS_REQUESTED)
		return "it was asked for";
	if (class == CLASS_RATE_LIMITED)
		return "goes on when its rate limit is lifted";
	if (policy->mode == RESTART_NEVER)
		return "policy never";
	if (class == CLASS_CLEAN && policy->mode == RESTART_ON_FAILURE)
		return "done; policy on-failure";
	if (class == CLASS_CLEAN && policy->max_restarts <= 0)
		return "done; no restarts are allowed (limit 0)";
	return NULL;
}

static void
give_up(const struct restart_policy *policy, struct policy_verdict *verdict,
    struct strbuf *why)
{
	verdict->action = POLICY_GIVE_UP;
	if (policy->max_restarts <= 0) {
		strbuf_addstr(why, "no restarts are allowed (limit 0)");
	} else {
		strbuf_addf(why, "%d restart%s in ", verdict->used,
		    verdict->used == 1 ? "" : "s");
		add_span(why, policy->within_ms);
		strbuf_addf(why, " used up (limit %d)", policy->max_restarts);
	}
	strbuf_addstr(why, "; failed until 'teamctl reset'");
}

static void
restart(const struct restart_policy *policy, enum exit_class class,
    struct policy_verdict *verdict, struct strbuf *why)
{
	verdict->action = POLICY_RESTART;
	strbuf_addf(why, "%s %d of %d in ",
	    class == CLASS_CLEAN ? "restart" : "failure", verdict->used + 1,
	    policy->max_restarts);
	add_span(why, policy->within_ms);
	if (verdict->delay_ms == 0) {
		strbuf_addstr(why, "; restarting now");
	} else {
		strbuf_addstr(why, "; restarting in ");
		add_span(why, verdict->delay_ms);
	}
	strbuf_addf(why, "; policy %s",
	    policy->mode == RESTART_ALWAYS ? "always" : "on-failure");
}

struct policy_verdict
policy_decide(const struct restart_policy *policy,
    const struct history *history, const struct policy_exit *end,
    struct mono now, uint32_t chance)
{
	struct policy_verdict verdict = { .action = POLICY_STAY };
	const char *stay = why_stay(policy, end->class);
	struct strbuf why = STRBUF_INIT;
	int streak;

	verdict.at = MONO_NEVER;
	verdict.used = history_used(history, policy->within_ms, now);
	add_end(&why, end);
	if (stay) {
		strbuf_addstr(&why, stay);
	} else if (verdict.used >= policy->max_restarts) {
		give_up(policy, &verdict, &why);
	} else {
		streak = is_stable(policy, end->ran_ms) ? 0 : history->streak;
		verdict.delay_ms = with_jitter(policy,
		    policy_backoff_ms(policy,
		    streak < INT_MAX ? streak + 1 : streak), chance);
		verdict.at = mono_add_ms(now, verdict.delay_ms);
		restart(policy, end->class, &verdict, &why);
	}
	utf8_copy(verdict.reason, sizeof(verdict.reason), why.buf);
	strbuf_release(&why);
	return verdict;
}
