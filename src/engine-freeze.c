/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h.  Here: agents stopped where they are, and going on.  The shim
 * itself goes on: it is the pane's leader, which tmux would continue at once.
 */
#include "engine.h"

#include "os.h"
#include "proctree.h"

#include <stdlib.h>

enum { FREEZE_MS = 500 }; /* for what is in a wait */

static pid_t *
shims_of(struct run **runs, size_t nr)
{
	pid_t *shims = xcalloc(nr, sizeof(*shims));
	size_t i;

	for (i = 0; i < nr; i++)
		shims[i] = runs[i]->shim;
	return shims;
}

void
engine_freeze(struct engine *engine, struct run **runs, size_t nr,
    bool is_again)
{
	pid_t *shims = shims_of(runs, nr);
	bool *still = xcalloc(nr, sizeof(*still));
	size_t i;

	proctree_freeze(shims, nr, FREEZE_MS, still);
	for (i = 0; i < nr; i++) {
		if (!runs[i]->applied->frozen_at_ms)
			runs[i]->applied->frozen_at_ms = os_wall_ms();
		if (!is_again || !still[i])
			engine_note(engine, still[i] ? EVENT_FROZEN :
			    EVENT_FREEZE_FAILED, runs[i], NULL);
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
