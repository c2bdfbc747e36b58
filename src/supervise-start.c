/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: who is started, when, and what has to be
 * true before.
 */
#include "supervise.h"

#include "os.h"

#include <stdlib.h>
#include <string.h>

static void
note_spent(struct member *member, struct mono now)
{
	const struct restart_policy *policy = sup_policy(member);

	member->sup->restarts++;
	member_tell(member, EVENT_BUDGET_SPENT, NULL, json_pack(
	    "{s:i, s:i, s:I, s:i}",
	    "used", history_used(&member->history, policy->within_ms, now),
	    "limit", policy->max_restarts,
	    "within_ms", (json_int_t)policy->within_ms,
	    "streak", member->history.streak));
}

static void
begin(struct supervisor *sup, struct run **runs, size_t nr, bool is_wish)
{
	struct strbuf err = STRBUF_INIT;
	size_t i;

	if (nr && engine_start_begin(&sup->engine, runs, nr, is_wish, &err) <
	    0)
		sup->options->log("%s", err.buf);
	for (i = 0; i < nr; i++)
		sup_member(sup, runs[i]->id)->generation =
		    runs[i]->applied->generation;
	strbuf_release(&err);
}

void
sup_start(struct supervisor *sup, struct member **members, size_t nr)
{
	struct run **runs = xcalloc(nr, sizeof(struct run *));
	struct run **wished = xcalloc(nr, sizeof(struct run *));
	struct mono now = os_now();
	size_t i, n = 0, nr_wished = 0;

	for (i = 0; i < nr; i++) {
		struct member *member = members[i];

		if (member->run->alive || !member->run->spec ||
		    sup_is_held(member))
			continue;
		history_note_start(&member->history, sup_policy(member),
		    member->how, now);
		if (member->how == HISTORY_AUTOMATIC)
			note_spent(member, now);
		member->state = MEMBER_WAITING;
		member->since = now;
		member->due = MONO_NEVER;
		member->hints = 0;
		member->is_limited = false;
		member->ended = NULL;
		member->is_sibling = member->is_hopeless = false;
		member->is_resumed = true;
		member->generation = member->run->applied->generation + 1;
		if (member->how == HISTORY_ASKED)
			wished[nr_wished++] = member->run;
		else
			runs[n++] = member->run;
	}
	/* Paid for before it is made: a kill between the two costs nothing. */
	if (n + nr_wished)
		sup_save(sup, "running");
	begin(sup, wished, nr_wished, true);
	begin(sup, runs, n, false);
	sup->is_dirty = true;
	engine_go_on(&sup->engine);
	free(wished);
	free(runs);
}

static struct dep_state
dep_state_of(const struct supervisor *sup, const char *id)
{
	struct member *member = sup_member(sup, id);
	struct dep_state state = { 0 };

	if (!member || !member->run)
		return state;
	state.started = member->run->alive && !run_is_starting(member->run);
	state.ready = state.started && member->ready.state == HEALTH_OK;
	/* Who has no check, and sends no heartbeat, is taken to be well. */
	state.healthy = state.ready && (member->health.state == HEALTH_OK ||
	    member->health.state == HEALTH_UNKNOWN);
	state.completed = !member->run->alive &&
	    member->run->record.generation ==
	    member->run->applied->generation &&
	    policy_classify(sup_policy(member), &member->run->record, 0) ==
	    CLASS_CLEAN;
	state.over = member->state == MEMBER_FAILED ||
	    member->state == MEMBER_OFF || member->state == MEMBER_DONE;
	return state;
}

static json_t *
wait_fields(const struct dependency *dep)
{
	return json_pack("{s:s, s:s, s:I}", "for", dep->agent, "condition",
	    condition_name(dep->condition), "timeout_ms",
	    (json_int_t)dep->timeout_ms);
}

bool
sup_may_start(void *ctx, const struct run *run)
{
	struct supervisor *sup = ctx;
	struct member *member = sup_member(sup, run->id);
	const struct agent *agent = member->agent;
	struct dep_state *states;
	struct deps_verdict verdict;
	struct strbuf text = STRBUF_INIT;
	size_t i;

	if (!sup_acts(sup) || sup_is_held(member))
		return false;
	if (!agent)
		return true;
	states = xcalloc(agent->nr_depends_on, sizeof(*states));
	for (i = 0; i < agent->nr_depends_on; i++)
		states[i] = dep_state_of(sup, agent->depends_on[i].agent);
	verdict = deps_check(agent->depends_on, agent->nr_depends_on, states,
	    member->since, os_now());
	free(states);
	member->due = verdict.next;
	member->is_hopeless = verdict.answer > DEPS_WAITING;
	if (verdict.answer == DEPS_SATISFIED)
		return true;
	deps_describe(agent->depends_on, &verdict, &text);
	if (!str_eq(member->reason, text.buf)) {
		if (verdict.answer == DEPS_TIMED_OUT)
			member_tell(member, EVENT_WAIT_TIMED_OUT, text.buf,
			    wait_fields(&agent->depends_on[verdict.which]));
		member_set_with(member, MEMBER_WAITING,
		    wait_fields(&agent->depends_on[verdict.which]), "%s",
		    text.buf);
	}
	strbuf_release(&text);
	return false;
}

/*
 * What comes up while tmux is being asked is started together afterwards, with
 * one state saved for all; while somebody waits for the team nothing is begun.
 */
static bool
may_begin(const struct supervisor *sup)
{
	return !engine_is_asking(&sup->engine) && !sup->nr_yield;
}

/*
 * A start is paid for when it can be made at once: a supervisor that is killed
 * in between has its successor pay again.
 */
static size_t
sweep_first(struct supervisor *sup, struct member **due, size_t nr)
{
	size_t i, n = 0;

	for (i = 0; i < nr; i++) {
		if (run_needs_sweep(due[i]->run))
			engine_sweep(&sup->engine, due[i]->run);
		else
			due[n++] = due[i];
	}
	return n;
}

void
sup_advance(struct supervisor *sup, struct mono now)
{
	struct member **due = xcalloc(sup->nr + sup->nr_group,
	    sizeof(struct member *));
	bool can_start = may_begin(sup);
	size_t i, nr = 0;

	sup_look_due(sup, now);
	nr = sup_groups_advance(sup, now, can_start ? due : NULL);
	for (i = 0; can_start && i < sup->nr; i++)
		if (sup->members[i]->state == MEMBER_BACKOFF &&
		    !sup->members[i]->is_cause_open &&
		    !mono_before(now, sup->members[i]->due) &&
		    !run_is_up(sup->members[i]->run) &&
		    !sup_group_has(sup->members[i]))
			due[nr++] = sup->members[i];
	nr = sweep_first(sup, due, nr);
	if (nr)
		sup_start(sup, due, nr);
	free(due);
	/* What others wait for may have come true. */
	engine_go_on(&sup->engine);
}

void
sup_suspend(struct supervisor *sup)
{
	struct member *member;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		member->is_cause_open = member->is_limit_open = false;
		member->limit_asked = member->care_asked = 0;
		if (member->state == MEMBER_WAITING && !member->run->alive) {
			member->how = HISTORY_FREE;
			member->due = os_now();
			member->state = MEMBER_BACKOFF;
		}
		member->is_sibling = false;
	}
	sup->must_look = sup->is_caring = false;
	typing_release(&sup->typing);
}

struct mono
sup_next(const struct supervisor *sup)
{
	struct mono next = sup_look_next(sup);
	const struct member *member;
	size_t i;

	if (!may_begin(sup))
		return next;
	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!member->is_cause_open && !run_is_up(member->run) &&
		    (member->state == MEMBER_BACKOFF ||
		    member->state == MEMBER_WAITING))
			next = mono_min(next, member->due);
	}
	for (i = 0; i < sup->nr_group; i++)
		if (!sup->groups[i].nr_stop)
			next = mono_min(next, sup->groups[i].due);
	return next;
}
