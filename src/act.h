/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the commands share that are a verb on agents that were applied (pause,
 * resume, remove, ...): the supervisor does it when there is one, else we do,
 * under the lock.
 */
#ifndef ACT_H
#define ACT_H

#include "operation.h"
#include "work.h"

#include <jansson.h>

struct act_options {
	struct work_options work; /* first: the shared rows are of it */
	bool freeze, stop;        /* pause */
	bool no_wait;
	int64_t wait_ms;          /* 0: as long as it takes */
};

#define ACT_OPTIONS_INIT { .work = WORK_OPTIONS_INIT }

#define OPT_WAIT                                                              \
	{ 0, "wait", OPT_MAYBE_DURATION,                                      \
	    offsetof(struct act_options, wait_ms), "[=DURATION]",             \
	    "return when it is done, or exit 5 (the default)" }
#define OPT_NO_WAIT                                                           \
	{ 0, "no-wait", OPT_FLAG, offsetof(struct act_options, no_wait),      \
	    NULL, "return when a supervisor has taken it" }

/* Values and tables of the verbs that need no options of their own. */
extern struct act_options act_options;
extern const struct opt act_opts[];
extern const struct opt act_stop_opts[]; /* of those that stop agents */

/*
 * Asks the supervisor at the other end of fd (request is freed).  EXIT_DONE
 * and a reply that is no refusal, or an exit code after saying why; but
 * EXIT_NO_SUPERVISOR, when it has gone without an answer, without a word.
 */
int act_call(int fd, json_t *request, int64_t timeout_ms, json_t **reply);
/* Does it and prints how; returns an exit code. */
int act(enum verb verb, const struct act_options *options, int argc,
    char **argv);

#endif
