/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what follows from an end, and the stops that come of
 * it.  The decisions are policy.h's.
 */
#include "supervise.h"

#include "jstring.h"
#include "os.h"
#include "yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whom the compose file does not have any more, by what was applied. */
const struct restart_policy *
sup_policy(const struct member *member)
{
	if (member->agent)
		return &member->agent->restart;
	return member->run && member->run->applied ?
	    &member->run->applied->restart : &restart_usual;
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
	const struct restart_policy *policy = sup_policy(member);
	char *place = policy_place(member);
	json_t *fields = json_pack("{s:s, s:s, s:s*, s:i, s:i, s:I, s:I}",
	    "class", policy_class_name(end->class),
	    "policy", restart_mode_name(policy->mode), "policy_at", place,
	    "used", verdict->used, "limit", policy->max_restarts,
	    "within_ms", (json_int_t)policy->within_ms,
	    "delay_ms", (json_int_t)verdict->delay_ms);

	json_object_set_new(fields, "how", jstring(end->how));
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
		if (end->class == CLASS_RATE_LIMITED) {
			sup_limit(member, end->how, fields);
			break;
		}
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
			sup_group_begin(member, verdict->at);
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
	if (!never_ran && sup_ask_limit(member))
		return;
	sup_score(member);
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

/* What an end is that we have made: by a failure, or because of a wish. */
static enum exit_class
class_of_stop(const struct member *member)
{
	return member->hints ? policy_classify(sup_policy(member),
	    &member->run->record, member->hints) : CLASS_REQUESTED;
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
	sup_link_ended(member, class_of_stop(member), member->reason);
}

/* It was given up while it ran, over a limit, and now it has ended. */
static void
end_given_up(struct member *member)
{
	if (!(member->hints & HINT_LIMIT))
		return;
	sup_link_ended(member, class_of_stop(member), member->reason);
	member->hints = 0;
	escalate(member);
}

void
sup_assess(struct member *member)
{
	struct supervisor *sup = member->sup;

	sup_watch_end(member);
	if (!member->run->alive)
		sup_question_end(member);
	if (!sup_may_be_limited(member))
		sup_score(member);
	if (sup_is_held(member)) {
		hold(member);
		return;
	}
	if (member->state == MEMBER_FAILED) {
		end_given_up(member);
		return;
	}
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

static void
stop_held(struct member *member)
{
	sup_stop_because(member, HINT_REQUESTED, operation_name(
	    member->run->applied ? member->run->applied->operation :
	    OPERATION_STOPPED));
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
			stop_held(member); /* since */
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

void
sup_frozen(void *ctx, struct run *run)
{
	struct supervisor *sup = ctx;

	(void)run;
	operate_advance(&sup->operate);
	sup_rearm(sup);
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

void
sup_stop_because(struct member *member, unsigned hints, const char *reason)
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
	sup_stop_because(member, hints, reason_of(hints));
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

void
sup_quarantine(struct member *member, unsigned hints, const char *fmt, ...)
{
	struct strbuf err = STRBUF_INIT, reason = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&reason, fmt, ap);
	va_end(ap);
	member->run->applied->operation = OPERATION_QUARANTINED;
	if (engine_save(&member->sup->engine, &err) < 0)
		member->sup->options->log("%s", err.buf);
	sup_stop_member(member, hints);
	member_set(member, MEMBER_QUARANTINED, "%s", reason.buf);
	strbuf_release(&err);
	strbuf_release(&reason);
}
