/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See drain.h.
 */
#include "drain.h"

#include <signal.h>
#include <string.h>

const struct drain_recipe drain_plain = {
	.repeat = 1, .gap_ms = 300, .timeout_ms = 10000,
	.signal = SIGTERM, .kill_after_ms = 500,
};

int64_t
drain_longest_ms(const struct drain_recipe *recipe)
{
	return recipe->timeout_ms + recipe->kill_after_ms +
	    DRAIN_SHIM_SLACK_MS + DRAIN_SHOT_WAIT_MS;
}

static unsigned
tell(struct drain *drain, struct mono now)
{
	drain->state = DRAIN_TOLD;
	drain->deadline = mono_add_ms(now,
	    drain->recipe->kill_after_ms + DRAIN_SHIM_SLACK_MS);
	return DRAIN_TERM;
}

static unsigned
shoot(struct drain *drain, struct mono now)
{
	drain->state = DRAIN_SHOT;
	drain->deadline = mono_add_ms(now, DRAIN_SHOT_WAIT_MS);
	return DRAIN_KILL;
}

static unsigned
end(struct drain *drain, enum drain_outcome outcome, struct mono now)
{
	drain->state = DRAIN_OVER;
	drain->outcome = outcome;
	drain->ended = now;
	return 0;
}

static unsigned
press(struct drain *drain, struct mono now)
{
	drain->presses++;
	drain->pressed = now;
	return DRAIN_KEYS;
}

static struct mono
halfway(const struct drain *drain)
{
	return mono_add_ms(drain->begun, drain->recipe->timeout_ms / 2);
}

static bool
wants_press(const struct drain *drain)
{
	return drain->presses < drain->recipe->repeat;
}

unsigned
drain_begin(struct drain *drain, const struct drain_recipe *recipe, bool kill,
    struct mono now)
{
	memset(drain, 0, sizeof(*drain));
	drain->recipe = recipe;
	drain->begun = now;
	if (kill)
		return tell(drain, now);
	drain->state = DRAIN_ASKED;
	drain->deadline = mono_add_ms(now, recipe->timeout_ms);
	return DRAIN_CONT | press(drain, now);
}

void
drain_begin_stopped(struct drain *drain, struct mono now)
{
	memset(drain, 0, sizeof(*drain));
	drain->begun = now;
	end(drain, DRAIN_ALREADY_STOPPED, now);
}

static unsigned
asked_tick(struct drain *drain, struct mono now)
{
	if (!mono_before(now, drain->deadline))
		return tell(drain, now);
	if (wants_press(drain) && !mono_before(now,
	    mono_add_ms(drain->pressed, drain->recipe->gap_ms)))
		return press(drain, now);
	if (!drain->interrupted && !mono_before(now, halfway(drain))) {
		drain->interrupted = true;
		return DRAIN_INT;
	}
	return 0;
}

unsigned
drain_step(struct drain *drain, enum drain_event event, struct mono now)
{
	bool late = !mono_before(now, drain->deadline);

	switch (drain->state) {
	case DRAIN_ASKED:
		if (event == DRAIN_GONE)
			return end(drain, DRAIN_DRAINED, now);
		drain->hurried = event == DRAIN_ESCALATE;
		if (drain->hurried)
			return tell(drain, now);
		return asked_tick(drain, now);
	case DRAIN_TOLD:
		if (event == DRAIN_GONE)
			return end(drain, DRAIN_KILLED, now);
		return late || event == DRAIN_ESCALATE ? shoot(drain, now) : 0;
	case DRAIN_SHOT:
		if (event == DRAIN_GONE)
			return end(drain, DRAIN_KILLED, now);
		return late ? end(drain, DRAIN_KILL_FAILED, now) : 0;
	case DRAIN_IDLE:
	case DRAIN_OVER:
		break;
	}
	return 0;
}

struct mono
drain_next(const struct drain *drain)
{
	struct mono next;

	if (drain->state == DRAIN_IDLE || drain->state == DRAIN_OVER)
		return MONO_NEVER;
	next = drain->deadline;
	if (drain->state != DRAIN_ASKED)
		return next;
	if (wants_press(drain))
		next = mono_min(next,
		    mono_add_ms(drain->pressed, drain->recipe->gap_ms));
	if (!drain->interrupted)
		next = mono_min(next, halfway(drain));
	return next;
}

bool
drain_timed_out(const struct drain *drain)
{
	return drain->outcome == DRAIN_KILLED && drain->presses &&
	    drain->recipe->timeout_ms > 0 && !drain->hurried;
}
