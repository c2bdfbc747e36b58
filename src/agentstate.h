/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What `state` tells of an agent, whoever tells it: the supervisor from
 * memory, or a command that has looked.
 */
#ifndef AGENTSTATE_H
#define AGENTSTATE_H

#include "engine.h"

#include <jansson.h>

struct agentstate {
	enum operation operation;
	bool is_frozen, is_alive;
	bool is_clean;               /* its last run has ended as a success */
	int64_t generation, attempt; /* 0: none */
	pid_t pid;                   /* 0: not known */
	uint64_t start;              /* of that process */
	int64_t started_ms;          /* wall clock; 0: not known */
};

/* What is true of a run now. */
void agentstate_see(struct agentstate *seen, const struct run *run);
/* reason may be NULL or empty. */
json_t *agentstate_json(const struct agentstate *seen, const char *id,
    const char *state, const char *reason);

#endif
