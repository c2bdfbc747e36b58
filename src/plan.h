/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What a reload has to do with one agent: desired against applied against
 * observed.  Pure.
 */
#ifndef PLAN_H
#define PLAN_H

#include "spec.h"

enum plan_action {
	PLAN_KEEP,   /* runs what it should */
	PLAN_UPDATE, /* differs only in what needs no restart */
	PLAN_START,  /* known, but not running; or done, and another now */
	PLAN_ADD,    /* new */
	PLAN_CHANGE, /* runs something else */
	PLAN_REMOVE, /* no longer wanted, or not known at all */
};

struct plan_input {
	bool wanted;  /* in the compose file */
	bool applied; /* in the applied state */
	bool running;
	bool held;    /* by its operation: only a person may start it */
	bool done;    /* it does not run because it has done its work */
	const char *const *want; /* FP_NR digests; when wanted */
	const char *const *have; /* FP_NR, NULL entries: not known */
};

struct plan_verdict {
	enum plan_action action;
	/*
	 * 1u << enum fingerprint of what differs; also of one that is kept
	 * because it is held.
	 */
	unsigned inputs;
};

struct plan_verdict plan_decide(const struct plan_input *input);
/* "env+role_prompt": names of the inputs, in the order of the enum. */
void plan_add_inputs(struct strbuf *out, unsigned inputs);
/* "changed", "added", ... as in the lines of reload. */
const char *plan_action_name(enum plan_action action);

#endif
