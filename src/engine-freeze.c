/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h.  Here: agents stopped where they are, and going on.  The shim
 * itself goes on: it is the pane's leader, which tmux would continue at once.
 */
#include "engine.h"

#include "cgroup.h"
#include "os.h"
#include "proctree.h"

#include <stdlib.h>

enum {
	AT_ONCE_MS = 5,  /* for most; the loop waits no longer */
	AGAIN_MS = 10,
	FREEZE_MS = 500, /* for what is in a wait */
};

static pid_t *
shims_of(struct run **runs, size_t nr)
{
	pid_t *shims = xcalloc(nr, sizeof(*shims));
	size_t i;

	for (i = 0; i < nr; i++)
		shims[i] = runs[i]->shim;
	return shims;
}

/*
 * The cgroup comes after the signals, which it would not let arrive, and by
 * which everybody can see that a process is stopped.  It stops what they have
 * not, and nobody in it is woken by somebody else's signal.
 */
static bool
confine(const struct run *run)
{
	const char *cgroup = run_cgroup(run);

	return cgroup && cgroup_freeze(cgroup, true) &&
	    cgroup_is_frozen(cgroup);
}

/* It is frozen, or has not become so in time. */
static void
tell(struct engine *engine, struct run *run, bool is_still)
{
	is_still = confine(run) || is_still;
	if (!run->is_refrozen || !is_still)
		engine_note(engine, is_still ? EVENT_FROZEN :
		    EVENT_FREEZE_FAILED, run, NULL);
	run->freeze_until = (struct mono){ 0 };
}

/* The others that are still being frozen have their signals, and some time. */
static void
go_on(struct engine *engine, struct run **runs, size_t nr, struct mono now)
{
	pid_t *shims = shims_of(runs, nr);
	bool *still = xcalloc(nr, sizeof(*still));
	size_t i;

	proctree_freeze(shims, nr, 0, still);
	for (i = 0; i < nr; i++) {
		if (!still[i] && mono_before(now, runs[i]->freeze_until)) {
			engine->freeze_at = mono_add_ms(now, AGAIN_MS);
			continue;
		}
		tell(engine, runs[i], still[i]);
		if (engine->hooks.frozen)
			engine->hooks.frozen(engine->hooks.ctx, runs[i]);
	}
	free(shims);
	free(still);
}

void
engine_freeze_tick(struct engine *engine, struct mono now)
{
	struct run **runs;
	size_t i, nr = 0;

	if (mono_before(now, engine->freeze_at))
		return;
	engine->freeze_at = MONO_NEVER;
	runs = xcalloc(engine->nr, sizeof(struct run *));
	for (i = 0; i < engine->nr; i++) {
		if (!engine->runs[i]->alive)
			engine->runs[i]->freeze_until = (struct mono){ 0 };
		if (engine->runs[i]->freeze_until.ns)
			runs[nr++] = engine->runs[i];
	}
	if (nr)
		go_on(engine, runs, nr, now);
	free(runs);
}

void
engine_freeze(struct engine *engine, struct run **runs, size_t nr,
    bool is_again)
{
	pid_t *shims = shims_of(runs, nr);
	bool *still = xcalloc(nr, sizeof(*still));
	struct mono now;
	size_t i;

	proctree_freeze(shims, nr, AT_ONCE_MS, still);
	now = os_now();
	for (i = 0; i < nr; i++) {
		runs[i]->is_refrozen = is_again;
		if (!runs[i]->applied->frozen_at_ms)
			runs[i]->applied->frozen_at_ms = os_wall_ms();
		if (still[i]) {
			tell(engine, runs[i], true);
			continue;
		}
		runs[i]->freeze_until = mono_add_ms(now, FREEZE_MS);
		engine->freeze_at = mono_add_ms(now, AGAIN_MS);
		if (engine->timer)
			loop_timer_at(engine->timer, engine->freeze_at);
	}
	free(shims);
	free(still);
}

void
engine_thaw(struct engine *engine, struct run **runs, size_t nr)
{
	pid_t *shims = shims_of(runs, nr);
	struct applied *applied;
	size_t i;

	for (i = 0; i < nr; i++) {
		runs[i]->freeze_until = (struct mono){ 0 };
		if (run_cgroup(runs[i]))
			cgroup_freeze(run_cgroup(runs[i]), false);
	}
	proctree_thaw(shims, nr);
	for (i = 0; i < nr; i++) {
		applied = runs[i]->applied;
		if (applied->frozen_at_ms)
			applied->frozen_ms += os_wall_ms() -
			    applied->frozen_at_ms;
		applied->frozen_at_ms = 0;
		engine_note(engine, EVENT_THAWED, runs[i], NULL);
	}
	free(shims);
}
