/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What some agents are doing now, for the commands that tell of it and those
 * that type into them: a view of the team, its screens and what they say.
 */
#ifndef SIGHT_H
#define SIGHT_H

#include "observe.h"
#include "typing.h"
#include "view.h"

struct sight {
	struct view view;
	struct targets targets;  /* the agents that were picked */
	struct run **runs;       /* theirs, in this order */
	struct observe *observe;
	int64_t now_ms;          /* of the last look, Unix */
	struct typing typing;    /* sight_claim */
};

/*
 * Finds the team and the agents that the words name, and looks.  EXIT_DONE, or
 * an exit code after printing why; sight_close is to be called in any case.
 */
int sight_open(struct sight *sight, int argc, char **argv);
/* The same without a look at any screen. */
int sight_pick(struct sight *sight, int argc, char **argv);
void sight_close(struct sight *sight);
/*
 * Looks at the screens of some of the runs again, in one tmux client.  Those
 * whose process has ended since are not alive any more.
 */
void sight_look(struct sight *sight, struct run **runs, size_t nr);

/* NULL: the agent is any command. */
const struct runtime *sight_runtime(const struct sight *sight,
    const struct run *run);
/* Of the last look at it; unknown before. */
const struct activity_verdict *sight_verdict(const struct sight *sight,
    const struct run *run);
/*
 * One command at a time types into an agent: false while another one does.
 * Ours ends with the sight.
 */
bool sight_claim(struct sight *sight, const struct run *run);

#endif
