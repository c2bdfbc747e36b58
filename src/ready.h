/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Is an agent ready, is it well, and may another one start that waits for it?
 * Pure: the caller runs the probes, keeps the clock and carries out on_fail.
 *
 *                 ok                    one failure
 *   STARTING ----------> OK <---------------------------> FAILING
 *      |                  ^            ok                    | max_retries in
 *      | not ready in     | ok, or the next heartbeat        | a row, or no
 *      | time             |                                  | heartbeat
 *      +------------> UNHEALTHY <----------------------------+
 *
 * A readiness machine is done once it is OK.  A run gets new machines, also
 * one that was frozen.  What has arrived is to be told before a tick: a
 * supervisor that was held up must not take its own silence for an agent's.
 */
#ifndef READY_H
#define READY_H

#include "compose.h"
#include "mono.h"

enum health_state {
	HEALTH_UNKNOWN, /* no probe, and no heartbeat so far */
	HEALTH_STARTING,
	HEALTH_OK,      /* ready, or healthy */
	HEALTH_FAILING, /* but not often enough to count */
	HEALTH_UNHEALTHY, /* or: not ready in time */
};

enum health_event {
	HEALTH_TICK,    /* time has passed */
	HEALTH_PASSED,  /* result of a probe */
	HEALTH_FAILED,
	HEALTH_TIMEOUT, /* the probe took longer than probe->timeout_ms */
	HEALTH_BEAT,    /* notify --heartbeat; readiness: notify --ready */
};

enum health_effect {
	HEALTH_PROBE = 1u << 0,   /* run the probe and tell its result */
	HEALTH_CHANGED = 1u << 1, /* the state is another one */
	HEALTH_REPORT = 1u << 2,  /* it became UNHEALTHY: do on_fail */
};

struct health {
	const struct probe *probe; /* borrowed; NULL: not watched now */
	enum probe_kind kind;      /* its, while it was there */
	bool readiness;            /* else health */
	enum health_state state;
	enum health_event last;    /* the last bad result */
	int failures;              /* in a row */
	int probes;                /* begun so far */
	bool probing;              /* one is under way */
	bool beats;                /* it has sent heartbeats */
	bool stale;                /* the next heartbeat did not come */
	struct mono begun, beaten;
	struct mono due;           /* of the next probe */
};

/*
 * Readiness without a probe is OK at once; with PROBE_WORD it waits for the
 * agent's word; with another one the first probe is due at
 * once and the gaps grow from 100 ms to the interval, so that a quick agent
 * need not wait for its slot.  Not OK after max_retries intervals: UNHEALTHY,
 * said once, and probing goes on.
 *
 * Health is probed every interval, the first time one interval from now.
 * Without a probe it is UNKNOWN until a heartbeat comes.  Once there was one,
 * more have to come: none for max_retries intervals is UNHEALTHY.
 *
 * max_retries 0 counts as 1.  The state to begin with is in health->state.
 */
void health_begin(struct health *health, const struct probe *probe,
    bool readiness, struct mono now);
/*
 * Goes on with what is known, after a time in which nobody probed or heard of
 * heartbeats; with a probe of another kind it begins anew.
 */
void health_resume(struct health *health, const struct probe *probe,
    struct mono now);
/* What to do about an event, a set of enum health_effect. */
unsigned health_step(struct health *health, enum health_event event,
    struct mono now);
/* When the next HEALTH_TICK is due; MONO_NEVER when none is. */
struct mono health_next(const struct health *health);
/* "3 failures in a row, the last one timed out", "no heartbeat for 30s". */
void health_describe(const struct health *health, struct mono now,
    struct strbuf *out);
/* "unknown", "starting", "ok", "failing", "unhealthy" */
const char *health_state_name(enum health_state state);

/* ---- dependencies ---- */

/* What is known of an agent that another one depends on. */
struct dep_state {
	bool started;   /* runs, or has run since the other began to wait */
	bool ready;
	bool healthy;
	bool completed; /* ended with success */
	bool over;      /* failed, held or done: only a person changes that */
};

enum deps_answer {
	DEPS_SATISFIED,
	DEPS_WAITING,
	DEPS_HOPELESS,  /* as WAITING, but `which` is over */
	DEPS_TIMED_OUT, /* for `which`; it may still come true later */
};

struct deps_verdict {
	enum deps_answer answer;
	size_t which;     /* index of the dependency; 0 when SATISFIED */
	struct mono next; /* the next time-out; MONO_NEVER when none is due */
};

/*
 * May an agent start that began to wait at `since`?  states: one for each of
 * the deps.  The first dependency with the worst answer is the one named.
 */
struct deps_verdict deps_check(const struct dependency *deps, size_t nr,
    const struct dep_state *states, struct mono since, struct mono now);
/* "waits for 'p:db' to be ready", "'p:db' was not ready within 30s"; or "" */
void deps_describe(const struct dependency *deps,
    const struct deps_verdict *verdict, struct strbuf *out);

#endif
