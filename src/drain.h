/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * How one agent is stopped: asked with keys, at the deadline told with a
 * signal, at last killed.  Pure: time comes in, effects come out as flags, and
 * the engine carries them out.
 *
 *   asked --gone--> drained                       keys every gap, `repeat` of
 *     |                                           them; half-way to the end of
 *     | deadline                                  its time an INT to its group
 *     v
 *   told --gone--> killed                         TERM to the shim, which ends
 *     |                                           the tree: signal, kill_after,
 *     | kill_after + SHIM_SLACK_MS                KILL
 *     v
 *   shot --gone--> killed                         KILL to the shim and to all
 *     |                                           that bears the agent's marker
 *     | SHOT_WAIT_MS
 *     v
 *   kill failed
 */
#ifndef DRAIN_H
#define DRAIN_H

#include "compose.h"
#include "mono.h"

enum drain_state {
	DRAIN_IDLE,
	DRAIN_ASKED,
	DRAIN_TOLD,
	DRAIN_SHOT,
	DRAIN_OVER,
};

enum drain_outcome {
	DRAIN_PENDING,
	DRAIN_ALREADY_STOPPED,
	DRAIN_DRAINED,
	DRAIN_KILLED,      /* it had to be: after the time-out, or hurried */
	DRAIN_KILL_FAILED, /* something of it is still alive */
};

enum drain_effect {
	DRAIN_CONT = 1u << 0, /* CONT to its group, or it may obey nothing */
	DRAIN_KEYS = 1u << 1, /* the recipe's keys to its pane */
	DRAIN_INT = 1u << 2,  /* INT to its group */
	DRAIN_TERM = 1u << 3, /* TERM and CONT to the shim */
	DRAIN_KILL = 1u << 4, /* KILL to the shim and its whole tree */
};

enum drain_event {
	DRAIN_TICK,     /* time has passed */
	DRAIN_GONE,     /* the shim and all below it have ended */
	DRAIN_ESCALATE, /* somebody does not want to wait any longer */
};

enum {
	DRAIN_SHIM_SLACK_MS = 400, /* for the shim to reap and to record */
	DRAIN_SHOT_WAIT_MS = 1000,
};

/* Of an agent of which no other is known. */
extern const struct drain_recipe drain_plain;

struct drain {
	const struct drain_recipe *recipe; /* borrowed */
	enum drain_state state;
	enum drain_outcome outcome;
	int presses;
	bool interrupted; /* the half-way INT was sent */
	bool hurried;     /* somebody did not wait for the time-out */
	struct mono begun, pressed, deadline, ended;
};

/*
 * Begins a drain at now (kill: without asking) and returns what to do first,
 * a set of enum drain_effect.
 */
unsigned drain_begin(struct drain *drain, const struct drain_recipe *recipe,
    bool kill, struct mono now);
/* The longest that it may take until it is over, kills included. */
int64_t drain_longest_ms(const struct drain_recipe *recipe);
/* It was asked in vain, and killed for that. */
bool drain_timed_out(const struct drain *drain);
/* Nothing was running: over at once. */
void drain_begin_stopped(struct drain *drain, struct mono now);
/* What to do about an event.  Repeating GONE, or a late TICK, does nothing. */
unsigned drain_step(struct drain *drain, enum drain_event event,
    struct mono now);
/* When the next DRAIN_TICK is due; MONO_NEVER when none is. */
struct mono drain_next(const struct drain *drain);

#endif
