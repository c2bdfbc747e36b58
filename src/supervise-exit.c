/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what follows from an end, and the starts and stops
 * that come of it.  The decisions are policy.h's and strategy.h's.
 */
#include "supervise.h"

#include "os.h"
#include "strategy.h"
#include "yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where there is no compose file to read, agents are kept alive by default. */
static const struct restart_policy default_policy = {
	.mode = RESTART_ALWAYS, .max_restarts = 5, .within_ms = 60000,
	.backoff_initial_ms = 100, .backoff_max_ms = 30000,
	.backoff_factor = 2, .backoff_jitter = 0.1, .reset_after_ms = 60000,
};

const struct restart_policy *
sup_policy(const struct member *member)
{
	return member->agent ? &member->agent->restart : &default_policy;
}

bool
sup_is_held(const struct member *member)
{
	return !member->run->applied ||
	    member->run->applied->operation != OPERATION_ACTIVE;
}

bool
sup_is_frozen(const struct member *member)
{
	const struct applied *applied = member->run->applied;

	return applied && applied->operation == OPERATION_PAUSED &&
	    applied->frozen_at_ms != 0;
}

/* ---- starting ---- */

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

/* ---- ends ---- */

/* As by a person: it stays stopped until somebody starts it. */
static void
stop_for(struct member *member, const struct member *failed)
{
	if (sup_is_held(member) || member->state == MEMBER_FAILED ||
	    member->state == MEMBER_QUARANTINED)
		return;
	member->run->applied->operation = OPERATION_STOPPED;
	member->is_sibling = false;
	if (member->run->alive && member->run->settled)
		sup_stop_member(member, HINT_REQUESTED);
	member_set(member, member->run->alive ? MEMBER_STOPPING : MEMBER_OFF,
	    "the critical agent %s has failed", failed->id);
}

static void
escalate(struct member *member)
{
	struct supervisor *sup = member->sup;
	struct strbuf err = STRBUF_INIT;
	size_t i;

	if (!member->agent || !member->agent->critical)
		return;
	sup->options->log("%s is critical and has failed", member->id);
	member_tell(member, EVENT_ESCALATED, member->reason,
	    json_pack("{s:s}", "action", sup->team->stop_on_critical ?
	    "stop_team" : "notify"));
	if (!sup->team->stop_on_critical)
		return;
	for (i = 0; i < sup->nr; i++)
		if (sup->members[i] != member)
			stop_for(sup->members[i], member);
	if (engine_save(&sup->engine, &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
}

static json_t *
ids_of(struct member **members, size_t nr)
{
	json_t *ids = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(ids, json_string(members[i]->id));
	return ids;
}

static void
note_group(const struct group *group, const struct member *failed)
{
	sup_tell(failed->sup, EVENT_STRATEGY_BEGUN, NULL, json_pack(
	    "{s:s, s:s, s:s, s:o, s:o}", "project", group->project->id,
	    "strategy", strategy_name(group->project->strategy),
	    "failed", failed->id,
	    "stop", ids_of(group->stop, group->nr_stop),
	    "start", ids_of(group->start, group->nr_start)));
}

static int
agent_cmp(const void *a, const void *b)
{
	const struct agent *x = *(struct agent *const *)a;
	const struct agent *y = *(struct agent *const *)b;

	if (x->is_dynamic != y->is_dynamic)
		return x->is_dynamic ? 1 : -1;
	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	if (x->pos.col != y->pos.col)
		return x->pos.col < y->pos.col ? -1 : 1;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

/* In the order of the text, those that were added later behind it. */
static struct agent **
as_declared(const struct project *project)
{
	struct agent **agents = xcalloc(project->nr_agent, sizeof(*agents));

	memcpy(agents, project->agents, project->nr_agent * sizeof(*agents));
	qsort(agents, project->nr_agent, sizeof(*agents), agent_cmp);
	return agents;
}

/* One that is on its way may be too narrow for another failure. */
static struct mono
drop_group(struct supervisor *sup, const struct project *project,
    struct mono due)
{
	size_t i;

	for (i = 0; i < sup->nr_group; i++) {
		if (sup->groups[i].project != project)
			continue;
		if (mono_before(due, sup->groups[i].due))
			due = sup->groups[i].due;
		free(sup->groups[i].stop);
		free(sup->groups[i].start);
		sup->groups[i] = sup->groups[--sup->nr_group];
		break;
	}
	return due;
}

/* The others in the scope of this failure; it comes back with them. */
static bool
begin_group(struct member *failed, struct mono due)
{
	struct supervisor *sup = failed->sup;
	const struct project *project = failed->agent->project;
	enum strategy_member *kinds;
	struct strategy_scope scope = { 0 };
	struct agent **agents;
	struct group *group;
	struct member *member;
	size_t i, at = 0;

	if (project->strategy == ONE_FOR_ONE)
		return false;
	due = drop_group(sup, project, due);
	agents = as_declared(project);
	kinds = xcalloc(project->nr_agent, sizeof(*kinds));
	for (i = 0; i < project->nr_agent; i++) {
		member = sup_member(sup, agents[i]->id);
		if (member == failed)
			at = i;
		kinds[i] = MEMBER_HELD;
		if (member && member->run && run_is_up(member->run) &&
		    !sup_is_held(member))
			kinds[i] = MEMBER_RUNS;
		else if (member && (member->state == MEMBER_BACKOFF ||
		    member->state == MEMBER_WAITING || member->is_sibling))
			kinds[i] = MEMBER_WAITS;
	}
	strategy_scope(project->strategy, kinds, project->nr_agent, at,
	    &scope);
	ARRAY_GROW(sup->groups, sup->nr_group, sup->alloc_group);
	group = &sup->groups[sup->nr_group++];
	memset(group, 0, sizeof(*group));
	group->project = project;
	group->due = due;
	group->stop = xcalloc(scope.nr_stop, sizeof(struct member *));
	group->start = xcalloc(scope.nr_start, sizeof(struct member *));
	/* Kept the other way round: the next to stop is the last one. */
	for (i = scope.nr_stop; i-- > 0;)
		group->stop[group->nr_stop++] = sup_member(sup,
		    agents[scope.stop[i]]->id);
	for (i = 0; i < scope.nr_start; i++) {
		member = sup_member(sup, agents[scope.start[i]]->id);
		group->start[group->nr_start++] = member;
		if (member != failed) {
			member->how = HISTORY_FREE;
			member->is_sibling = true;
		}
	}
	note_group(group, failed);
	strategy_scope_release(&scope);
	free(kinds);
	free(agents);
	return true;
}

/* One after another: stops, last to first; then starts, first to last. */
/* due, when not NULL, gets a member whose turn it is to start. */
static bool
advance_group(struct group *group, struct mono now, struct member **due)
{
	struct member *member;

	while (group->nr_stop) {
		member = group->stop[group->nr_stop - 1];
		if (run_is_up(member->run)) {
			if (member->state != MEMBER_STOPPING)
				sup_stop_member(member, 0);
			return true;
		}
		group->nr_stop--;
	}
	if (mono_before(now, group->due))
		return true;
	for (; group->at < group->nr_start; group->at++) {
		member = group->start[group->at];
		if (sup_is_held(member) ||
		    (member->run->alive && !run_is_starting(member->run)))
			continue;
		if (member->state == MEMBER_FAILED ||
		    member->state == MEMBER_QUARANTINED)
			continue;
		if (due && member->run->settled && !member->run->alive &&
		    !member->is_cause_open &&
		    !(member->state == MEMBER_BACKOFF &&
		    mono_before(now, member->due)))
			*due = member;
		return true;
	}
	return false;
}

static void
describe_end(const struct member *member, bool never_ran, struct strbuf *out)
{
	if (never_ran && member->run->error)
		strbuf_addstr(out, member->run->error);
	else if (member->run->record.state == RECORD_RUNNING)
		strbuf_addstr(out, "end not seen");
	else
		record_describe(&member->run->record, out);
}

/* Where the agent's policy stands: "projects/hello.yaml:14", or NULL. */
static char *
policy_place(const struct member *member)
{
	const struct yaml_node *map;
	struct pos pos;

	if (!member->agent)
		return NULL;
	map = compose_agent_key(member->sup->team, member->agent, "restart");
	if (!map)
		return NULL;
	pos = yaml_pos(yaml_get_key(map, "restart"));
	return xasprintf("%s:%u", pos.file, pos.line);
}

/* All that a decision rests on, and what came of it. */
static json_t *
decision_fields(const struct member *member, const struct policy_exit *end,
    const struct policy_verdict *verdict)
{
	static const char *const modes[] = {
		[RESTART_ALWAYS] = "always",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_NEVER] = "never",
	};
	const struct restart_policy *policy = sup_policy(member);
	char *place = policy_place(member);
	json_t *fields = json_pack("{s:s, s:s, s:s*, s:i, s:i, s:I, s:I}",
	    "class", policy_class_name(end->class),
	    "policy", modes[policy->mode], "policy_at", place,
	    "used", verdict->used, "limit", policy->max_restarts,
	    "within_ms", (json_int_t)policy->within_ms,
	    "delay_ms", (json_int_t)verdict->delay_ms);

	json_object_set_new(fields, "how", json_string(end->how));
	if (end->ran_ms >= 0)
		json_object_set_new(fields, "ran_ms",
		    json_integer(end->ran_ms));
	free(place);
	return fields;
}

static void
end_streak(struct member *member, int64_t ran_ms)
{
	int streak = member->history.streak;

	history_note_end(&member->history, sup_policy(member), ran_ms);
	if (streak && !member->history.streak)
		member_tell(member, EVENT_STABLE, NULL, json_pack(
		    "{s:I, s:i}", "ran_ms", (json_int_t)ran_ms, "streak",
		    streak));
}

/* tmux could not be asked to start it: that is no failure of the agent. */
static void
try_later(struct member *member)
{
	member->due = os_now();
	member->how = HISTORY_FREE;
	member_set(member, MEMBER_BACKOFF, "%s; trying again as soon as it "
	    "does", member->run->error);
	sup_open_cause(member, false);
}

static void
carry_out(struct member *member, const struct policy_exit *end,
    const struct policy_verdict *verdict)
{
	json_t *fields = decision_fields(member, end, verdict);

	switch (verdict->action) {
	case POLICY_STAY:
		member_set_with(member, MEMBER_DONE, fields, "%s",
		    verdict->reason);
		break;
	case POLICY_GIVE_UP:
		member_set_with(member, MEMBER_FAILED, fields, "%s",
		    verdict->reason);
		escalate(member);
		break;
	case POLICY_RESTART:
		member->due = verdict->at;
		member->how = HISTORY_AUTOMATIC;
		member_set_with(member, MEMBER_BACKOFF, fields, "%s",
		    verdict->reason);
		if (member->agent)
			begin_group(member, verdict->at);
		break;
	}
}

void
sup_decide(struct member *member)
{
	struct supervisor *sup = member->sup;
	const struct restart_policy *policy = sup_policy(member);
	const struct record *record = &member->run->record;
	struct strbuf how = STRBUF_INIT;
	struct policy_verdict verdict;
	struct policy_exit end;
	bool never_ran = member->run->start == START_FAILED &&
	    record->generation != member->run->applied->generation;

	if (never_ran && member->run->unasked) {
		try_later(member);
		return;
	}
	describe_end(member, never_ran, &how);
	end.class = never_ran ? CLASS_EXEC_FAILED :
	    policy_classify(policy, record, member->hints);
	end.how = how.buf;
	end.ran_ms = !never_ran && record->ended_ms && record->started_ms ?
	    record->ended_ms - record->started_ms : -1;
	verdict = policy_decide(policy, &member->history, &end, os_now(),
	    os_random());
	end_streak(member, end.ran_ms);
	member->hints = 0;
	carry_out(member, &end, &verdict);
	sup_link_ended(member, end.class, how.buf);
	strbuf_release(&how);
	sup->is_dirty = true;
}

static bool
is_in_group(const struct member *member)
{
	size_t i, j;

	for (i = 0; i < member->sup->nr_group; i++)
		for (j = member->sup->groups[i].at;
		    j < member->sup->groups[i].nr_start; j++)
			if (member->sup->groups[i].start[j] == member)
				return true;
	return false;
}

/* It is down because of its operation, which nothing here overrides. */
static void
hold(struct member *member)
{
	static const struct {
		enum member_state state;
		const char *reason;
	} holds[] = {
		[OPERATION_ACTIVE] = { MEMBER_OFF, "never started" },
		[OPERATION_STOPPED] = { MEMBER_OFF, "stopped by a person" },
		[OPERATION_PAUSED] = { MEMBER_PAUSED, "paused by a person" },
		[OPERATION_QUARANTINED] = { MEMBER_QUARANTINED,
		    "quarantined by a person" },
		[OPERATION_REMOVED] = { MEMBER_OFF, "removed by a person" },
	};
	const struct applied *applied = member->run->applied;
	enum operation operation = applied ? applied->operation :
	    OPERATION_ACTIVE;

	if (member->state == MEMBER_STOPPING && *member->reason)
		member->state = holds[operation].state;
	else if (member->state != holds[operation].state || !*member->reason)
		member_recall(member, holds[operation].state, "%s",
		    holds[operation].reason);
	sup_link_ended(member, CLASS_REQUESTED, member->reason);
}

void
sup_assess(struct member *member)
{
	struct supervisor *sup = member->sup;

	sup_watch_end(member);
	sup_score(member);
	if (sup_is_held(member)) {
		hold(member);
		return;
	}
	if (member->state == MEMBER_FAILED)
		return;
	if (member->is_sibling) {
		member->due = MONO_NEVER;
		member_set(member, MEMBER_WAITING,
		    "stopped with a failed sibling");
		return;
	}
	if (!sup->auto_resume) {
		member->is_held = true;
		member_set(member, MEMBER_OFF, "auto-resume is off");
		/* Its links stay: nobody would start them again. */
		sup_link_ended(member, CLASS_REQUESTED,
		    "it has ended; auto-resume is off");
		return;
	}
	/* A killed session is a person's word; a killed server is not. */
	if (sup_acts(sup) && member->run->record.asked && !member->hints &&
	    member->run->record.state != RECORD_RUNNING &&
	    member->run->record.generation ==
	    member->run->applied->generation) {
		sup_open_cause(member, true);
		return;
	}
	sup_decide(member);
}

void
sup_exited(void *ctx, struct run *run)
{
	struct supervisor *sup = ctx;
	struct member *member = sup_member(sup, run->id);
	struct strbuf how = STRBUF_INIT;

	if (!member)
		return;
	record_describe(&run->record, &how);
	sup->options->log("%s has ended: %s", run->id, how.buf);
	strbuf_release(&how);
	sup_assess(member);
	operate_advance(&sup->operate);
	sup_rearm(sup);
}

void
sup_settled(void *ctx, struct run *run)
{
	struct supervisor *sup = ctx;
	struct member *member = sup_member(sup, run->id);

	if (!member)
		return;
	sup->is_dirty = true;
	sup_rearm(sup);
	if (run->start == START_SETTLED) {
		if (run_conversation(run))
			sup->options->log("%s: %s", run->id,
			    run_conversation(run));
		sup_watch_begin(member);
		operate_advance(&sup->operate);
		if (!run->alive || !run->settled)
			return;
		if (sup_is_held(member) && !sup_is_frozen(member))
			sup_stop_held(member); /* since */
		else
			sup_link_settled(member);
		return;
	}
	if (operate_claims(&sup->operate, run)) {
		operate_advance(&sup->operate);
		return;
	}
	if (run->start == START_FAILED)
		sup->options->log("%s did not start: %s", run->id, run->error);
	if (run->start == START_NONE &&
	    run->drain.outcome == DRAIN_KILL_FAILED) {
		member_set(member, MEMBER_FAILED, "it cannot be killed");
		operate_advance(&sup->operate);
		return;
	}
	sup_assess(member);
	operate_advance(&sup->operate);
}

static const char *
reason_of(unsigned hints)
{
	static const struct {
		enum policy_hint hint;
		const char *reason;
	} reasons[] = {
		{ HINT_REQUESTED, "a critical agent has failed" },
		{ HINT_LIMIT, "over its resource limit" },
		{ HINT_UNHEALTHY, "its health check failed" },
		{ HINT_LINKED, "with an agent that it is linked to" },
	};
	size_t i;

	for (i = 0; i < nitems(reasons); i++)
		if (hints & reasons[i].hint)
			return reasons[i].reason;
	return "with a failed agent, by strategy";
}

static void
stop_member(struct member *member, unsigned hints, const char *reason)
{
	struct engine_stop how = { .timeout_ms = -1, .keep_session = true,
		.reason = reason };

	if (!member->run->alive || !member->run->settled ||
	    !sup_acts(member->sup))
		return;
	sup_watch_end(member);
	member->hints = hints;
	member->state = MEMBER_STOPPING;
	engine_stop_begin(&member->sup->engine, &member->run, 1, &how);
}

void
sup_stop_member(struct member *member, unsigned hints)
{
	stop_member(member, hints, reason_of(hints));
}

void
sup_stop_held(struct member *member)
{
	stop_member(member, HINT_REQUESTED, operation_name(
	    member->run->applied ? member->run->applied->operation :
	    OPERATION_STOPPED));
}

void
sup_stop_all_held(struct supervisor *sup)
{
	struct engine_stop how = { .timeout_ms = -1, .keep_session = true,
		.reason = "it is not to run" };
	struct run **runs = xcalloc(sup->nr, sizeof(struct run *));
	struct member *member;
	size_t i, nr = 0;

	for (i = 0; sup_acts(sup) && i < sup->nr; i++) {
		member = sup->members[i];
		if (!member->run->alive || !member->run->settled ||
		    !sup_is_held(member) || sup_is_frozen(member))
			continue;
		member->hints = HINT_REQUESTED;
		member->state = MEMBER_STOPPING;
		runs[nr++] = member->run;
	}
	if (nr)
		engine_stop_begin(&sup->engine, runs, nr, &how);
	free(runs);
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

void
sup_quarantine(struct member *member, unsigned hints, const char *fmt, ...)
{
	struct strbuf err = STRBUF_INIT;
	char reason[sizeof(member->reason)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	member->run->applied->operation = OPERATION_QUARANTINED;
	if (engine_save(&member->sup->engine, &err) < 0)
		member->sup->options->log("%s", err.buf);
	sup_stop_member(member, hints);
	member_set(member, MEMBER_QUARANTINED, "%s", reason);
	strbuf_release(&err);
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
	for (i = 0; i < sup->nr_group; i++) {
		struct group *group = &sup->groups[i];

		if (advance_group(group, now, can_start ? &due[nr] : NULL)) {
			nr += due[nr] != NULL;
			continue;
		}
		sup_tell(sup, EVENT_STRATEGY_ENDED, NULL, json_pack(
		    "{s:s}", "project", group->project->id));
		free(group->stop);
		free(group->start);
		*group = sup->groups[--sup->nr_group];
		i--;
	}
	for (i = 0; can_start && i < sup->nr; i++)
		if (sup->members[i]->state == MEMBER_BACKOFF &&
		    !sup->members[i]->is_cause_open &&
		    !mono_before(now, sup->members[i]->due) &&
		    !run_is_up(sup->members[i]->run) &&
		    !is_in_group(sup->members[i]))
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
		member->is_cause_open = false;
		if (member->state == MEMBER_WAITING && !member->run->alive) {
			member->how = HISTORY_FREE;
			member->due = os_now();
			member->state = MEMBER_BACKOFF;
		}
		member->is_sibling = false;
	}
	sup->must_look = false;
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
