/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See plan.h.
 */
#include "plan.h"

static unsigned
differing(const struct plan_input *input)
{
	unsigned inputs = 0;
	int i;

	for (i = 0; i < FP_NR; i++) {
		/* What an older teamctl did not record cannot be compared. */
		if (!input->have[i] && i >= FP_RESTART_NR)
			continue;
		if (!str_eq(input->want[i], input->have[i]))
			inputs |= 1u << i;
	}
	return inputs;
}

struct plan_verdict
plan_decide(const struct plan_input *input)
{
	struct plan_verdict verdict = { .action = PLAN_KEEP };

	if (!input->wanted) {
		verdict.action = PLAN_REMOVE;
		return verdict;
	}
	if (!input->running && !input->held && !input->done)
		verdict.action = input->applied ? PLAN_START : PLAN_ADD;
	if (!input->running && !input->done)
		return verdict;
	verdict.inputs = differing(input);
	if (input->held)
		return verdict;
	if (verdict.inputs & ((1u << FP_RESTART_NR) - 1))
		verdict.action = input->running ? PLAN_CHANGE : PLAN_START;
	else if (verdict.inputs)
		verdict.action = PLAN_UPDATE;
	return verdict;
}

void
plan_add_inputs(struct strbuf *out, unsigned inputs)
{
	bool first = true;
	int i;

	for (i = 0; i < FP_NR; i++) {
		if (!(inputs & 1u << i))
			continue;
		if (!first)
			strbuf_addch(out, '+');
		strbuf_addstr(out, fingerprint_name((enum fingerprint)i));
		first = false;
	}
}

const char *
plan_action_name(enum plan_action action)
{
	static const char *const names[] = {
		[PLAN_KEEP] = "kept",
		[PLAN_UPDATE] = "updated",
		[PLAN_START] = "started",
		[PLAN_ADD] = "added",
		[PLAN_CHANGE] = "changed",
		[PLAN_REMOVE] = "removed",
	};

	return names[action];
}
