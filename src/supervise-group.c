/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: failures whose scope is a project: the strategies
 * one_for_all and rest_for_one, which strategy.h decides.
 */
#include "supervise.h"

#include "strategy.h"

#include <stdlib.h>
#include <string.h>

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

/* The one that is on its way in a project, which may be too narrow now. */
static void
drop_group(struct supervisor *sup, const struct project *project,
    struct mono *due)
{
	size_t i;

	for (i = 0; i < sup->nr_group; i++) {
		if (sup->groups[i].project != project)
			continue;
		*due = mono_min(*due, sup->groups[i].due);
		free(sup->groups[i].stop);
		free(sup->groups[i].start);
		sup->groups[i] = sup->groups[--sup->nr_group];
		return;
	}
}

static enum strategy_member
kind_of(const struct member *member)
{
	if (member && member->run && run_is_up(member->run) &&
	    !sup_is_held(member))
		return MEMBER_RUNS;
	if (member && (member->state == MEMBER_BACKOFF ||
	    member->state == MEMBER_WAITING || member->is_sibling))
		return MEMBER_WAITS;
	return MEMBER_HELD;
}

/* Whom that scope stops and starts, as members. */
static void
fill_group(struct supervisor *sup, struct group *group,
    struct agent *const *agents, const struct strategy_scope *scope,
    const struct member *failed)
{
	struct member *member;
	size_t i;

	group->stop = xcalloc(scope->nr_stop, sizeof(struct member *));
	group->start = xcalloc(scope->nr_start, sizeof(struct member *));
	/* Kept the other way round: the next to stop is the last one. */
	for (i = scope->nr_stop; i-- > 0;)
		group->stop[group->nr_stop++] = sup_member(sup,
		    agents[scope->stop[i]]->id);
	for (i = 0; i < scope->nr_start; i++) {
		member = sup_member(sup, agents[scope->start[i]]->id);
		group->start[group->nr_start++] = member;
		if (member != failed) {
			member->how = HISTORY_FREE;
			member->is_sibling = true;
		}
	}
}

void
sup_group_begin(struct member *failed, struct mono due)
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
		return;
	drop_group(sup, project, &due);
	agents = as_declared(project);
	kinds = xcalloc(project->nr_agent, sizeof(*kinds));
	for (i = 0; i < project->nr_agent; i++) {
		member = sup_member(sup, agents[i]->id);
		if (member == failed)
			at = i;
		kinds[i] = kind_of(member);
	}
	strategy_scope(project->strategy, kinds, project->nr_agent, at,
	    &scope);
	ARRAY_GROW(sup->groups, sup->nr_group, sup->alloc_group);
	group = &sup->groups[sup->nr_group++];
	memset(group, 0, sizeof(*group));
	group->project = project;
	group->due = due;
	fill_group(sup, group, agents, &scope, failed);
	note_group(group, failed);
	strategy_scope_release(&scope);
	free(kinds);
	free(agents);
}

/*
 * One after another: stops, last to first; then starts, first to last.  due,
 * when not NULL, gets a member whose turn it is to start.  False: it is over.
 */
static bool
advance(struct group *group, struct mono now, struct member **due)
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

size_t
sup_groups_advance(struct supervisor *sup, struct mono now,
    struct member **due)
{
	struct member *next;
	struct group *group;
	size_t i, nr = 0;

	for (i = 0; i < sup->nr_group; i++) {
		group = &sup->groups[i];
		next = NULL;
		if (advance(group, now, due ? &next : NULL)) {
			if (next)
				due[nr++] = next;
			continue;
		}
		sup_tell(sup, EVENT_STRATEGY_ENDED, NULL, json_pack(
		    "{s:s}", "project", group->project->id));
		free(group->stop);
		free(group->start);
		*group = sup->groups[--sup->nr_group];
		i--;
	}
	return nr;
}

bool
sup_group_has(const struct member *member)
{
	size_t i, j;

	for (i = 0; i < member->sup->nr_group; i++)
		for (j = member->sup->groups[i].at;
		    j < member->sup->groups[i].nr_start; j++)
			if (member->sup->groups[i].start[j] == member)
				return true;
	return false;
}
