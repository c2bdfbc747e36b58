/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See ready.h.
 */
#include "ready.h"

#include "units.h"

#include <string.h>

enum { FIRST_GAP_MS = 100 }; /* between readiness probes; then doubled */

static const char *const state_names[] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_STARTING] = "starting",
	[HEALTH_OK] = "ok",
	[HEALTH_FAILING] = "failing",
	[HEALTH_UNHEALTHY] = "unhealthy",
};

const char *
health_state_name(enum health_state state)
{
	return state_names[state];
}

static int
retries(const struct health *health)
{
	return health->probe->max_retries > 0 ? health->probe->max_retries : 1;
}

/* That many intervals without a sign of life are too long. */
static struct mono
patience_ends(const struct health *health, struct mono since)
{
	int64_t interval = health->probe->interval_ms, most = retries(health);

	if (interval > INT64_MAX / most)
		return MONO_NEVER;
	return mono_add_ms(since, interval * most);
}

static bool
has_probe(const struct health *health)
{
	return health->probe->kind != PROBE_NONE;
}

void
health_begin(struct health *health, const struct probe *probe,
    bool readiness, struct mono now)
{
	memset(health, 0, sizeof(*health));
	health->probe = probe;
	health->kind = probe->kind;
	health->readiness = readiness;
	health->begun = now;
	health->due = readiness ? now : mono_add_ms(now, probe->interval_ms);
	if (has_probe(health))
		health->state = HEALTH_STARTING;
	else
		health->state = readiness ? HEALTH_OK : HEALTH_UNKNOWN;
}

void
health_resume(struct health *health, const struct probe *probe,
    struct mono now)
{
	if (health->kind != probe->kind) {
		health_begin(health, probe, health->readiness, now);
		return;
	}
	health->probe = probe;
	health->beaten = now;
	if (health->probing)
		health->due = now;
	health->probing = false;
}

static bool
wants_probes(const struct health *health)
{
	return has_probe(health) && health->probe->kind != PROBE_WORD &&
	    !(health->readiness && health->state == HEALTH_OK);
}

/* The latest instant at which silence is still all right. */
static struct mono
silence_ends(const struct health *health)
{
	if (health->readiness)
		return health->state == HEALTH_STARTING ?
		    patience_ends(health, health->begun) : MONO_NEVER;
	return health->beats && !health->stale ?
	    patience_ends(health, health->beaten) : MONO_NEVER;
}

static unsigned
enter(struct health *health, enum health_state state)
{
	unsigned effects = HEALTH_CHANGED;

	if (health->state == state)
		return 0;
	if (state == HEALTH_UNHEALTHY)
		effects |= HEALTH_REPORT;
	health->state = state;
	return effects;
}

static unsigned
pass(struct health *health)
{
	health->failures = 0;
	/* A probe that passes does not replace heartbeats that are missing. */
	return health->stale ? 0 : enter(health, HEALTH_OK);
}

/* Readiness is lost by time only, health by failures in a row. */
static unsigned
fail(struct health *health, enum health_event event)
{
	health->last = event;
	health->failures++;
	if (health->readiness || health->state == HEALTH_UNHEALTHY)
		return 0;
	return enter(health, health->failures >= retries(health) ?
	    HEALTH_UNHEALTHY : HEALTH_FAILING);
}

static unsigned
beat(struct health *health, struct mono now)
{
	if (!health->readiness) {
		health->beats = true;
		health->stale = false;
		health->beaten = now;
	}
	return pass(health);
}

/* When to probe again, seen from the beginning of the last probe. */
static int64_t
gap_ms(const struct health *health)
{
	int64_t gap = FIRST_GAP_MS;
	int i;

	for (i = 1; health->readiness && i < health->probes; i++) {
		gap *= 2;
		if (gap >= health->probe->interval_ms)
			break;
	}
	return health->readiness && gap < health->probe->interval_ms ?
	    gap : health->probe->interval_ms;
}

static unsigned
begin_probe(struct health *health, struct mono now)
{
	health->probing = true;
	health->probes++;
	health->due = mono_add_ms(now, gap_ms(health));
	return HEALTH_PROBE;
}

static unsigned
tick(struct health *health, struct mono now)
{
	unsigned effects = 0;

	if (!mono_before(now, silence_ends(health))) {
		health->stale = !health->readiness;
		effects = enter(health, HEALTH_UNHEALTHY);
	}
	if (wants_probes(health) && !health->probing &&
	    !mono_before(now, health->due))
		effects |= begin_probe(health, now);
	return effects;
}

unsigned
health_step(struct health *health, enum health_event event, struct mono now)
{
	bool result = event == HEALTH_PASSED || event == HEALTH_FAILED ||
	    event == HEALTH_TIMEOUT;

	/* A result of a probe that nobody waits for any longer. */
	if (result && (!health->probing || !wants_probes(health))) {
		health->probing = false;
		return 0;
	}
	if (result)
		health->probing = false;
	switch (event) {
	case HEALTH_TICK:
		return tick(health, now);
	case HEALTH_PASSED:
		return pass(health);
	case HEALTH_FAILED:
	case HEALTH_TIMEOUT:
		return fail(health, event);
	case HEALTH_BEAT:
		return beat(health, now);
	}
	return 0;
}

struct mono
health_next(const struct health *health)
{
	struct mono next = silence_ends(health);

	if (wants_probes(health) && !health->probing)
		next = mono_min(next, health->due);
	return next;
}

static const char *
last_text(const struct health *health)
{
	return health->last == HEALTH_TIMEOUT ? "timed out" : "failed";
}

void
health_describe(const struct health *health, struct mono now,
    struct strbuf *out)
{
	if (health->stale) {
		strbuf_addstr(out, "no heartbeat for ");
		units_add_duration(out, mono_ms_until(health->beaten, now));
	} else if (health->readiness && health->state == HEALTH_UNHEALTHY) {
		strbuf_addstr(out, "not ready after ");
		units_add_duration(out, mono_ms_until(health->begun, now));
		if (health->failures)
			strbuf_addf(out, ", the last check %s",
			    last_text(health));
	} else if (health->failures == 1) {
		strbuf_addf(out, "a check %s", last_text(health));
	} else if (health->failures) {
		strbuf_addf(out, "%d failures in a row, the last one %s",
		    health->failures, last_text(health));
	} else {
		strbuf_addstr(out, health_state_name(health->state));
	}
}

/* ---- dependencies ---- */

static const struct {
	const char *waits, *missed;
} condition_texts[] = {
	[CONDITION_STARTED] = { "to start", "had not started" },
	[CONDITION_READY] = { "to be ready", "was not ready" },
	[CONDITION_HEALTHY] = { "to be healthy", "was not healthy" },
	[CONDITION_COMPLETED] = { "to complete", "had not completed" },
};

static bool
is_met(enum condition condition, const struct dep_state *state)
{
	switch (condition) {
	case CONDITION_STARTED:
		return state->started;
	case CONDITION_READY:
		return state->ready;
	case CONDITION_HEALTHY:
		return state->healthy;
	case CONDITION_COMPLETED:
		return state->completed;
	}
	return false;
}

static struct mono
gives_up(const struct dependency *dep, struct mono since)
{
	return dep->timeout_ms > 0 ? mono_add_ms(since, dep->timeout_ms) :
	    MONO_NEVER;
}

struct deps_verdict
deps_check(const struct dependency *deps, size_t nr,
    const struct dep_state *states, struct mono since, struct mono now)
{
	struct deps_verdict verdict = { .answer = DEPS_SATISFIED };
	enum deps_answer answer;
	struct mono end;
	size_t i;

	verdict.next = MONO_NEVER;
	for (i = 0; i < nr; i++) {
		if (is_met(deps[i].condition, &states[i]))
			continue;
		end = gives_up(&deps[i], since);
		answer = states[i].over ? DEPS_HOPELESS : DEPS_WAITING;
		if (!mono_before(now, end))
			answer = DEPS_TIMED_OUT;
		else
			verdict.next = mono_min(verdict.next, end);
		if (answer > verdict.answer) {
			verdict.answer = answer;
			verdict.which = i;
		}
	}
	return verdict;
}

void
deps_describe(const struct dependency *deps,
    const struct deps_verdict *verdict, struct strbuf *out)
{
	const struct dependency *dep = &deps[verdict->which];

	if (verdict->answer == DEPS_SATISFIED)
		return;
	if (verdict->answer == DEPS_TIMED_OUT) {
		strbuf_addf(out, "'%s' %s within ", dep->agent,
		    condition_texts[dep->condition].missed);
		units_add_duration(out, dep->timeout_ms);
		return;
	}
	strbuf_addf(out, "waits for '%s' %s", dep->agent,
	    condition_texts[dep->condition].waits);
	if (verdict->answer == DEPS_HOPELESS)
		strbuf_addstr(out,
		    ", which does not run and will not by itself");
}
