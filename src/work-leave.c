/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h.  Here: agents that have to wait until others are ready, healthy
 * or done.  Nobody but a supervisor knows when; they are left to it.
 */
#include "work.h"
#include "ready.h"
#include "superview.h"
#include "supervise.h"

#include <stdlib.h>

static bool
is_among(struct run **runs, size_t nr, const struct run *run)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (runs[i] == run)
			return true;
	return false;
}

/* What the supervisor has said of one that goes on running meanwhile. */
static struct dep_state
state_of(const struct superview *view, const struct run *run)
{
	const struct superview_agent *agent = superview_find(view, run->id);
	struct dep_state state = { .started = true };

	if (!agent || !run->alive || agent->generation != run->generation)
		return state;
	state.ready = agent->is_ready;
	state.healthy = agent->is_ready && (str_eq(agent->health, "ok") ||
	    str_eq(agent->health, "unknown"));
	return state;
}

/* What the agent waits for, as a text; NULL: nothing but starts. */
static char *
wait_of(struct work *work, const struct superview *view, struct run **runs,
    size_t nr, const struct run *run)
{
	const struct agent *agent = strmap_get(&work->team->by_id, run->id);
	struct deps_verdict verdict = { .answer = DEPS_WAITING };
	struct strbuf text = STRBUF_INIT;
	struct dep_state state;
	struct run *other;
	bool comes;
	size_t i;

	for (i = 0; agent && i < agent->nr_depends_on; i++) {
		other = engine_find(&work->engine, agent->depends_on[i].agent);
		if (!other)
			continue;
		comes = is_among(runs, nr, other);
		state = (struct dep_state){ .started = !other->wait };
		if (!comes)
			state = state_of(view, other);
		verdict = deps_check(&agent->depends_on[i], 1, &state,
		    (struct mono){ 0 }, (struct mono){ 0 });
		if (verdict.answer == DEPS_SATISFIED)
			continue;
		deps_describe(&agent->depends_on[i], &verdict, &text);
		return strbuf_detach(&text);
	}
	return NULL;
}

void
work_leave(struct work *work, struct run **runs, size_t nr)
{
	struct superview view;
	size_t i, found = 0;
	bool more;

	superview_load(&view, work->source.root);
	do { /* who depends on one that waits, waits too */
		for (i = 0, more = false; i < nr; i++) {
			if (runs[i]->wait || runs[i]->alive)
				continue;
			runs[i]->wait = wait_of(work, &view, runs, nr,
			    runs[i]);
			more = more || runs[i]->wait;
			found += runs[i]->wait != NULL;
		}
	} while (more);
	superview_release(&view);
	if (!found || work->engine.supervisor >= 0 ||
	    work->engine.trailer.len ||
	    supervise_is_running(work->source.root))
		return;
	cmd_warn("there is no supervisor: %zu agent%s without waiting for "
	    "others to be ready, healthy or done", found,
	    found == 1 ? " starts" : "s start");
	for (i = 0; i < nr; i++) {
		free(runs[i]->wait);
		runs[i]->wait = NULL;
	}
}

static char *
session_name(const struct team *team)
{
	char *name = xasprintf("%ssupervisor", team->tmux_prefix), *p;

	for (p = name; *p; p++)
		if (*p == '.' || *p == ':')
			*p = '_'; /* as tmux would */
	return name;
}

void
work_name_supervisor(struct work *work)
{
	char *session = session_name(work->team);

	engine_name_supervisor(&work->engine, session);
	engine_flush_trailer(&work->engine);
	free(session);
}

void
work_want_supervisor(struct work *work)
{
	const struct team *team = work->team;
	char *session;
	size_t i;

	if (work->options->no_supervise || !team->autostart ||
	    supervise_is_running(team->root))
		return;
	for (i = 0; i < team->nr_agent; i++)
		if (compose_needs_supervisor(team, team->agents[i]))
			break;
	if (i == team->nr_agent)
		return;
	session = session_name(team);
	engine_want_supervisor(&work->engine, session, work->source.share);
	free(session);
}
