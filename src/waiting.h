/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Waiting until agents are as they should be: for `wait` and `up --wait`.
 * Nothing is changed by it; whether a probe succeeds is what the supervisor
 * says, which is the one that asks.
 */
#ifndef WAITING_H
#define WAITING_H

#include "view.h"

enum wait_for {
	WAIT_RUNNING,
	WAIT_STOPPED,
	WAIT_READY,
	WAIT_WELL, /* ready, and healthy where that is checked */
};

/*
 * Looks again and again at the agents of the ids.  timeout_ms -1: for ever.
 * EXIT_DONE; EXIT_TIMEOUT after naming those that are not so; for WAIT_WELL
 * EXIT_FAILED when some of them have been given up; EXIT_NO_SUPERVISOR when
 * nobody is there to run a probe.
 */
int waiting_run(struct view *view, const struct strvec *ids,
    enum wait_for what, int64_t timeout_ms);
/* The same for WAIT_WELL, with a view of its own. */
int waiting_well(const struct strvec *ids, int64_t timeout_ms);

#endif
