/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What is said of an agent by all that tell of it (`status`, /status,
 * metrics): one word for its state, and all the rest as JSON, from what was
 * observed and what a supervisor knows.
 */
#ifndef AGENTVIEW_H
#define AGENTVIEW_H

#include "engine.h"
#include "superview.h"

#include <jansson.h>

struct agentview {
	const struct engine *engine;   /* observed */
	const struct superview *words; /* what a supervisor knows */
	bool asked;      /* tmux could be */
	bool locked;     /* a command is at work */
	bool supervised; /* a supervisor runs now */
};

/* What the supervisor says of this run, or NULL when that is no news. */
const struct superview_agent *agentview_word(const struct agentview *view,
    const struct run *run);
/* "running", "backoff", ...: the list is in teamctl(1). */
const char *agentview_state(const struct agentview *view,
    const struct run *run);
/*
 * What its tree uses: as measured by the caller, else what a supervisor has
 * seen of late; memory_bytes is 0 when neither is known.
 */
struct usage agentview_usage(const struct agentview *view,
    const struct run *run);
/* Of all its ends, from 0 to 1; 0.5: none was seen. */
double agentview_score(const struct agentview *view, const char *id);
/* As in `status --json`. */
json_t *agentview_json(const struct agentview *view, const struct run *run);

/* Since when its state is so, Unix milliseconds; 0: not known. */
int64_t run_since(const struct run *run);
/* Of the agent; 0: none. */
int64_t run_pid(const struct run *run);
/* How its last run ended: 128 + n of a signal; -1: none. */
int run_last_exit(const struct run *run);
/* That n; 0: none. */
int run_last_signal(const struct run *run);
/* The name of its session, or NULL. */
const char *run_session(const struct run *run);

#endif
