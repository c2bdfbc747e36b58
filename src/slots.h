/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Which replicas of an agent there are to be, when there is to be a number of
 * them: what `scale` decides, but does not do.  Pure.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "compose.h"

/* One of the agents there are now. */
struct slot {
	const struct agent *agent;
	bool is_idle;
};

/* P:A=N: what it is about, and what comes of it. */
struct slots_change {
	const char *id; /* of the text */
	int wanted;     /* 0: as the compose file says */
	struct slot *slots; /* in their order; the caller frees them */
	size_t nr_slot;
	int *numbers; /* from now on, so too; NULL: as the compose file says */
	size_t nr;
	bool is_change;
};

/* Fills in what comes of it, from what it is about. */
void slots_choose(struct slots_change *change);
/* Afterwards the agent has a name without a number. */
bool slots_is_plain(const struct slots_change *change);
/* The agent, which is one of the slots, is there afterwards, too. */
bool slots_is_kept(const struct slots_change *change,
    const struct agent *agent);
/*
 * Before it is recorded: numbers that are those of the compose file need not be
 * kept.
 */
void slots_forget_if_as_text(struct slots_change *change);

#endif
