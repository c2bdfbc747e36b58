/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See doctor.h: what is wrong with a team that runs, or should.
 */
#include "doctor.h"

#include "cgroup.h"
#include "os.h"
#include "supervise.h"
#include "superview.h"
#include "units.h"

#include <stdlib.h>

enum { SHOWN = 5, LATE_FACTOR = 3 };

static void
judge_supervisor(struct report *report, const struct superview *word)
{
	int64_t age = os_wall_ms() - word->heartbeat_ms;
	struct strbuf text = STRBUF_INIT;

	if (!word->pid) {
		doctor_add(report, OK, "supervisor", "is just being started");
	} else if (word->heartbeat_ms && word->interval_ms &&
	    age > LATE_FACTOR * word->interval_ms) {
		units_add_duration(&text, age);
		doctor_add(report, WARNING, "supervisor", "pid %lld has not "
		    "looked at the team for %s", (long long)word->pid,
		    text.buf)->mend = xstrdup("teamctl supervise --replace");
	} else {
		doctor_add(report, OK, "supervisor", "runs with pid %lld; "
		    "longest tick %lld ms", (long long)word->pid,
		    (long long)(word->longest_tick_us + 999) / 1000);
	}
	strbuf_release(&text);
}

/* Some of the agents that run have something to expect of one. */
static bool
is_wanted(const struct view *view)
{
	const struct agent *agent;
	size_t i;

	if (!view->team || !view->team->autostart)
		return false;
	for (i = 0; i < view->engine.nr; i++) {
		agent = view_agent(view, view->engine.runs[i]->id);
		if (agent && view->engine.runs[i]->alive &&
		    compose_needs_supervisor(view->team, agent))
			return true;
	}
	return false;
}

static void
check_supervisor(struct report *report, const struct view *view)
{
	struct superview word;

	superview_load(&word, view->source.root);
	if (supervise_is_running(view->source.root))
		judge_supervisor(report, &word);
	else if (is_wanted(view))
		doctor_add(report, WARNING, "supervisor", "none runs: nobody "
		    "starts again what ends, or checks what runs")->mend =
		    xstrdup("teamctl up");
	else
		doctor_add(report, OK, "supervisor", "none runs, and none is "
		    "needed");
	superview_release(&word);
}

static bool
lacks_session(const struct run *run)
{
	return run->applied && run->applied->operation == OPERATION_ACTIVE &&
	    run->applied->generation && !run->present;
}

static bool
lacks_record(const struct run *run)
{
	return run->present && !run->damage &&
	    (!run->applied || run->forgotten);
}

static bool
is_damaged(const struct run *run)
{
	return run->alive && run->damage;
}

static void
check_runs(struct report *report, const struct view *view,
    bool (*is_wrong)(const struct run *run), const char *what,
    const char *mend)
{
	struct strbuf names = STRBUF_INIT;
	const struct run *run;
	size_t i, nr = 0;

	for (i = 0; i < view->engine.nr; i++) {
		run = view->engine.runs[i];
		if (!is_wrong(run))
			continue;
		if (nr++ < SHOWN)
			strbuf_addf(&names, "%s%s", nr > 1 ? ", " : "",
			    run->id);
	}
	if (nr > SHOWN)
		strbuf_addstr(&names, ", ...");
	if (nr)
		doctor_add(report, WARNING, "agents", "%zu %s: %s", nr, what,
		    names.buf)->mend = xstrdup(mend);
	strbuf_release(&names);
}

void
doctor_cgroups(struct report *report, const struct team *team)
{
	struct strbuf err = STRBUF_INIT;
	char *base = cgroup_base(&err);

	if (team && !team->cgroups)
		doctor_add(report, OK, "cgroups", "not used: the compose file "
		    "says so");
	else if (!base)
		doctor_add(report, OK, "cgroups", "/proc is used instead: %s",
		    err.buf);
	else
		doctor_add(report, OK, "cgroups", "one for each agent, below "
		    "'%s'%s", base, cgroup_has_memory(base) ? "" :
		    ", without limits of memory");
	free(base);
	strbuf_release(&err);
}

void
doctor_running(struct report *report, struct view *view)
{
	if (view_observe(view) != EXIT_DONE)
		return; /* the server's finding says why */
	check_supervisor(report, view);
	check_runs(report, view, lacks_session, "should run and have no "
	    "session", "teamctl up");
	check_runs(report, view, lacks_record, "run and are not in the state",
	    "teamctl up");
	check_runs(report, view, is_damaged, "have a damaged record",
	    "teamctl restart");
}
