/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See why.h.
 */
#include "why.h"

#include "event.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

static void
add_span(struct strbuf *out, int64_t ms)
{
	units_add_span(out, ms, " ");
}

/* ---- members of an event ---- */

static enum event_kind
kind_of(const struct jnode *event)
{
	return event_find(j_text(j_get(event, "event")));
}

static const struct jnode *
field(const struct jnode *event, const char *key)
{
	return j_get(j_get(event, "fields"), key);
}

static int64_t
number(const struct jnode *event, const char *key)
{
	return j_integer(field(event, key), 0);
}

static void
add_text(struct strbuf *out, const char *text)
{
	if (text)
		strbuf_addsafe(out, text);
}

/* " after 1.2 s", when the member is there. */
static void
add_after(struct strbuf *out, const struct jnode *event, const char *key)
{
	if (!field(event, key))
		return;
	strbuf_addstr(out, " after ");
	add_span(out, number(event, key));
}

/* " by ann: down" */
static void
add_cause(struct strbuf *out, const struct jnode *event)
{
	const char *actor = j_text(j_get(event, "actor"));
	const char *reason = j_text(j_get(event, "reason"));

	if (actor) {
		strbuf_addstr(out, str_eq(actor, "supervisor") ? " by the " :
		    " by ");
		add_text(out, actor);
	}
	if (reason && !str_eq(reason, "supervise")) {
		strbuf_addstr(out, ": ");
		add_text(out, reason);
	}
}

/* "policy on-failure from projects/hello.yaml:14" */
static void
add_policy(struct strbuf *out, const struct jnode *event)
{
	const char *place = j_text(field(event, "policy_at"));

	if (!field(event, "policy"))
		return;
	strbuf_addstr(out, "; policy ");
	add_text(out, j_text(field(event, "policy")));
	if (place)
		strbuf_addstr(out, " from ");
	else
		strbuf_addstr(out, " by default");
	add_text(out, place);
}

/* "exit 3 after 1.2 s" */
static void
add_end(struct strbuf *out, const struct jnode *event)
{
	add_text(out, j_text(field(event, "how")));
	add_after(out, event, "ran_ms");
}

/* What a rate limit has ended is no failure, and has a time of its own. */
static bool
add_limited(struct strbuf *out, const struct jnode *event)
{
	const char *reason = j_text(j_get(event, "reason"));
	const char *how = j_text(field(event, "how"));

	if (!str_eq(j_text(field(event, "class")), "rate-limited") ||
	    !reason || !how || !str_starts(reason, how))
		return false;
	add_end(out, event);
	add_text(out, reason + strlen(how));
	return true;
}

/* ---- sentences ---- */

typedef void sentence_fn(struct strbuf *out, const struct jnode *event);

static void
say_reason(struct strbuf *out, const struct jnode *event)
{
	const char *reason = j_text(j_get(event, "reason"));

	strbuf_addstr(out, event_text(kind_of(event)));
	if (reason)
		strbuf_addstr(out, ": ");
	add_text(out, reason);
}

/* What a person did. */
static void
say_act(struct strbuf *out, const struct jnode *event)
{
	const char *name = j_text(j_get(event, "event"));
	const char *p = strchr(name, '.') + 1;

	for (; *p; p++)
		strbuf_addch(out, *p == '_' ? ' ' : *p);
	add_cause(out, event);
}

static void
say_restart(struct strbuf *out, const struct jnode *event)
{
	if (!field(event, "how")) { /* tmux could not be asked, a reset */
		add_text(out, j_text(j_get(event, "reason")));
		return;
	}
	if (add_limited(out, event))
		return;
	add_end(out, event);
	strbuf_addf(out, "; %s %" PRId64 " of %" PRId64 " in ",
	    str_eq(j_text(field(event, "class")), "clean") ? "restart" :
	    "failure", number(event, "used") + 1, number(event, "limit"));
	add_span(out, number(event, "within_ms"));
	strbuf_addstr(out, "; restarting in ");
	add_span(out, number(event, "delay_ms"));
	add_policy(out, event);
}

static void
say_given_up(struct strbuf *out, const struct jnode *event)
{
	if (!field(event, "how")) {
		say_reason(out, event);
		return;
	}
	add_end(out, event);
	if (number(event, "limit") > 0) {
		strbuf_addf(out, "; %" PRId64 " restart%s in ",
		    number(event, "used"), number(event, "used") == 1 ? "" :
		    "s");
		add_span(out, number(event, "within_ms"));
		strbuf_addf(out, " used up (limit %" PRId64 ")",
		    number(event, "limit"));
	} else {
		strbuf_addstr(out, "; no restarts are allowed (limit 0)");
	}
	strbuf_addstr(out, "; failed until 'teamctl reset'");
	add_policy(out, event);
}

static void
say_not_restarted(struct strbuf *out, const struct jnode *event)
{
	if (!field(event, "how")) {
		say_reason(out, event);
		return;
	}
	if (add_limited(out, event))
		return;
	add_end(out, event);
	strbuf_addstr(out, "; not restarted");
	add_policy(out, event);
}

static void
say_start(struct strbuf *out, const struct jnode *event)
{
	int64_t attempt = j_integer(j_get(event, "attempt"), 0);

	strbuf_addstr(out, "started");
	add_cause(out, event);
	strbuf_addf(out, "; generation %" PRId64,
	    j_integer(j_get(event, "gen"), 0));
	if (attempt)
		strbuf_addf(out, ", attempt %" PRId64, attempt);
}

/* Some of the reasons say themselves what has failed. */
static void
say_start_failed(struct strbuf *out, const struct jnode *event)
{
	const char *reason = j_text(j_get(event, "reason"));

	if (!reason) {
		strbuf_addstr(out, "it did not start");
		return;
	}
	if (!str_starts(reason, "ended at once: ") &&
	    !str_starts(reason, "not started: "))
		strbuf_addstr(out, "it did not start: ");
	add_text(out, reason);
}

static void
say_stop(struct strbuf *out, const struct jnode *event)
{
	bool kill = j_is(field(event, "kill"), J_TRUE);

	strbuf_addstr(out, kill ? "to be killed" : "asked to stop");
	add_cause(out, event);
	if (!kill && field(event, "timeout_ms")) {
		strbuf_addstr(out, "; killed if it takes longer than ");
		add_span(out, number(event, "timeout_ms"));
	}
}

static void
add_pids(struct strbuf *out, const struct jnode *event)
{
	const struct jnode *pid = j_first(field(event, "pids"));

	for (; pid; pid = pid->next)
		strbuf_addf(out, " %" PRId64 "%s", j_integer(pid, 0),
		    pid->next ? "," : "");
}

static void
say_stopped(struct strbuf *out, const struct jnode *event)
{
	const char *reason = j_text(j_get(event, "reason"));

	switch ((int)kind_of(event)) {
	case EVENT_DRAINED:
		strbuf_addstr(out, "stopped when asked");
		break;
	case EVENT_KILLED:
		strbuf_addstr(out, "had to be killed");
		break;
	default:
		strbuf_addstr(out, "could not be killed, left are processes");
		add_pids(out, event);
		strbuf_addch(out, ',');
	}
	add_after(out, event, "ms");
	if (reason)
		strbuf_addstr(out, ": ");
	add_text(out, reason);
}

static void
say_already(struct strbuf *out, const struct jnode *event)
{
	const char *reason = j_text(j_get(event, "reason"));

	strbuf_addstr(out, "to stay stopped, by ");
	add_text(out, j_text(j_get(event, "actor")));
	if (reason)
		strbuf_addstr(out, "; it had ended already: ");
	add_text(out, reason);
}

static void
say_exited(struct strbuf *out, const struct jnode *event)
{
	strbuf_addstr(out, "ended by itself: ");
	add_text(out, j_text(j_get(event, "reason")));
	add_after(out, event, "ran_ms");
}

static void
say_waiting(struct strbuf *out, const struct jnode *event)
{
	add_text(out, j_text(j_get(event, "reason")));
	if (number(event, "timeout_ms")) {
		strbuf_addstr(out, " (at most ");
		add_span(out, number(event, "timeout_ms"));
		strbuf_addch(out, ')');
	}
}

static void
say_linked(struct strbuf *out, const struct jnode *event)
{
	strbuf_addstr(out, "ends with ");
	add_text(out, j_text(field(event, "from")));
	strbuf_addstr(out, ", which it is linked to: ");
	add_text(out, j_text(j_get(event, "reason")));
}

/* Those that are steps only, such as the keys that were sent, are not here. */
static sentence_fn *const sentences[EVENT_NR] = {
	[EVENT_START_REQUESTED] = say_start,
	[EVENT_START_FAILED] = say_start_failed,
	[EVENT_ADOPTED] = say_reason,
	[EVENT_STOP_REQUESTED] = say_stop,
	[EVENT_DRAINED] = say_stopped,
	[EVENT_ALREADY_STOPPED] = say_already,
	[EVENT_KILLED] = say_stopped,
	[EVENT_KILL_FAILED] = say_stopped,
	[EVENT_STRAYS_KILLED] = say_reason,
	[EVENT_EXITED] = say_exited,
	[EVENT_REMOVED] = say_act,
	[EVENT_UPDATED] = say_act,
	[EVENT_RESTART_SCHEDULED] = say_restart,
	[EVENT_NOT_RESTARTED] = say_not_restarted,
	[EVENT_GIVEN_UP] = say_given_up,
	[EVENT_WAITING] = say_waiting,
	[EVENT_WAIT_TIMED_OUT] = say_waiting,
	[EVENT_READY] = say_reason,
	[EVENT_NOT_READY] = say_reason,
	[EVENT_HEALTHY] = say_reason,
	[EVENT_UNHEALTHY] = say_reason,
	[EVENT_LIMIT_WARNED] = say_reason,
	[EVENT_LIMIT_EXCEEDED] = say_reason,
	[EVENT_QUARANTINED] = say_act,
	[EVENT_DELIBERATE_STOP] = say_reason,
	[EVENT_HELD] = say_reason,
	[EVENT_RESET] = say_act,
	[EVENT_LINK_PROPAGATED] = say_linked,
	[EVENT_ESCALATED] = say_reason,
	[EVENT_DRIFT_REPAIRED] = say_reason,
	[EVENT_FOREIGN_SESSION] = say_reason,
	[EVENT_FROZEN] = say_reason,
	[EVENT_THAWED] = say_reason,
	[EVENT_PAUSED] = say_act,
	[EVENT_RESUMED] = say_act,
	[EVENT_RELEASED] = say_act,
	[EVENT_RESTART_REQUESTED] = say_act,
	[EVENT_REMOVE_REQUESTED] = say_act,
};

bool
why_is_decision(const struct jnode *event)
{
	enum event_kind kind = kind_of(event);

	return kind != EVENT_NR && sentences[kind];
}

void
why_sentence(const struct jnode *event, struct strbuf *out)
{
	enum event_kind kind = kind_of(event);

	if (kind != EVENT_NR && sentences[kind])
		sentences[kind](out, event);
	else
		add_text(out, j_text(j_get(event, "event")));
}

/* ---- which one explains a state ---- */

/* The last event of any of the kinds counts. */
static const struct {
	const char *state;
	enum event_kind kinds[8]; /* ends with 0, which no agent has */
} causes[] = {
	{ "running", { EVENT_START_REQUESTED, EVENT_RESUMED } },
	{ "ready", { EVENT_START_REQUESTED, EVENT_RESUMED } },
	{ "starting", { EVENT_START_REQUESTED } },
	{ "waiting", { EVENT_WAITING, EVENT_WAIT_TIMED_OUT } },
	{ "limited", { EVENT_NOT_RESTARTED, EVENT_RESTART_SCHEDULED } },
	{ "backoff", { EVENT_RESTART_SCHEDULED, EVENT_RESET } },
	{ "frozen", { EVENT_PAUSED } },
	{ "paused", { EVENT_PAUSED } },
	{ "quarantined", { EVENT_QUARANTINED } },
	{ "removed", { EVENT_REMOVE_REQUESTED, EVENT_REMOVED } },
	{ "draining", { EVENT_STOP_REQUESTED } },
	{ "lost", { EVENT_START_REQUESTED } },
	{ "stopped", { EVENT_STOP_REQUESTED, EVENT_ALREADY_STOPPED,
	    EVENT_DELIBERATE_STOP, EVENT_HELD, EVENT_NOT_RESTARTED,
	    EVENT_EXITED, EVENT_START_FAILED } },
	{ "failed", { EVENT_GIVEN_UP, EVENT_START_FAILED,
	    EVENT_NOT_RESTARTED, EVENT_EXITED, EVENT_KILL_FAILED,
	    EVENT_HELD } },
};

static bool
explains(const char *state, enum event_kind kind)
{
	size_t i, j;

	for (i = 0; i < nitems(causes); i++)
		if (str_eq(state, causes[i].state))
			break;
	if (i == nitems(causes))
		return false;
	for (j = 0; j < nitems(causes[i].kinds) && causes[i].kinds[j]; j++)
		if (causes[i].kinds[j] == kind)
			return true;
	return false;
}

size_t
why_cause(const char *state, const struct jnode *const *events, size_t nr)
{
	size_t i;

	for (i = nr; i-- > 0;)
		if (explains(state, kind_of(events[i])))
			return i;
	return nr;
}
