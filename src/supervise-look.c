/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: asking tmux again, why something has ended and
 * whether all is as we believe.  The answer comes when it comes, and tells only
 * of those to whom nothing has been done since.
 */
#include "supervise.h"

#include "os.h"

enum { LOOK_AGAIN_MS = 1000 }; /* after tmux could not be asked */

/* It stays stopped: a person has killed its session. */
static void
hold(struct member *member)
{
	member->run->applied->operation = OPERATION_STOPPED;
	member_set(member, MEMBER_OFF, "deliberate: its session was killed");
	sup_link_ended(member, CLASS_REQUESTED, "its session was killed");
}

/* A start of which we had no answer has been made all the same. */
static void
take_over(struct member *member)
{
	member->generation = member->run->generation;
	member_tell(member, EVENT_ADOPTED, NULL, NULL);
	sup_watch_begin(member);
}

/* Why it ended, or whether it was started.  true: the state is to be saved. */
static bool
settle_cause(struct member *member)
{
	struct run *run = member->run;

	member->is_cause_open = false;
	if (run->alive) {
		take_over(member);
	} else if (run->unasked) {
		run->unasked = false;
		member->due = os_now();
	} else if (!run->present &&
	    engine_server_survived(run->engine, run)) {
		hold(member);
		return true;
	} else {
		sup_decide(member);
	}
	return false;
}

static void
repair(struct member *member)
{
	member_tell(member, EVENT_DRIFT_REPAIRED, "it was to run and does not",
	    NULL);
	sup_assess(member);
}

/* Asks tmux then at the latest. */
static void
look_at(struct supervisor *sup, struct mono when)
{
	if (!sup->must_look || mono_before(when, sup->look_at))
		sup->look_at = when;
	sup->must_look = true;
}

static void
take_answer(struct supervisor *sup)
{
	struct strbuf err = STRBUF_INIT;
	struct member *member;
	bool must_save = false;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!member->run->in_look) {
			/* It has ended since: that is for the next look. */
			if (member->is_cause_open)
				look_at(sup, os_now());
		} else if (member->is_cause_open) {
			must_save = settle_cause(member) || must_save;
		} else if (member->state == MEMBER_UP && !member->run->alive) {
			repair(member);
		}
	}
	if (must_save && engine_save(&sup->engine, &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
}

static void
on_looked(void *ctx, enum engine_status status, const char *err)
{
	struct supervisor *sup = ctx;
	bool was_blind = sup->is_blind;

	sup->is_looking = false;
	sup->is_blind = status != ENGINE_OK;
	sup->is_dirty = true;
	if (sup->is_blind && !was_blind)
		sup_tell(sup, EVENT_TMUX_UNREACHABLE, err, NULL);
	else if (was_blind && !sup->is_blind)
		sup_tell(sup, EVENT_TMUX_REACHABLE, NULL, NULL);
	if (sup->is_blind) {
		/* Not asked is not gone: nothing is concluded from it. */
		sup->options->log("%s", err);
		sup->look_at = mono_add_ms(os_now(), LOOK_AGAIN_MS);
	} else {
		sup->must_look = false;
		take_answer(sup);
	}
	sup_rearm(sup);
}

void
sup_look(struct supervisor *sup)
{
	if (sup->is_looking)
		return;
	sup->is_looking = true;
	engine_relook(&sup->engine, on_looked, sup);
}

void
sup_look_due(struct supervisor *sup, struct mono now)
{
	if (sup->must_look && !mono_before(now, sup->look_at))
		sup_look(sup);
}

void
sup_open_cause(struct member *member, bool was_asked)
{
	member->is_cause_open = true;
	look_at(member->sup, mono_add_ms(os_now(), was_asked ? 0 :
	    LOOK_AGAIN_MS));
}

struct mono
sup_look_next(const struct supervisor *sup)
{
	return sup->must_look && !sup->is_looking ? sup->look_at : MONO_NEVER;
}
