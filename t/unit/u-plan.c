/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec fingerprint digest spec plan */
#include "plan.h"
#include "tap.h"

static const char *const same[FP_NR] = {
	[FP_ENV] = "1", [FP_MCP] = "2", [FP_ROLE_PROMPT] = "3",
	[FP_COMMAND] = "4", [FP_WRAPPER] = "5", [FP_LIMITS] = "6",
	[FP_DRAIN] = "7", [FP_ACL] = "8", [FP_META] = "9",
};

static struct plan_verdict
decide(bool wanted, bool applied, bool running, const char *const *have)
{
	struct plan_input input = { .wanted = wanted, .applied = applied,
		.running = running, .want = same, .have = have };

	return plan_decide(&input);
}

static void
test_plan__what_is_and_what_should_be(void)
{
	static const struct {
		bool wanted, applied, running;
		enum plan_action action;
	} rows[] = {
		{ true, true, true, PLAN_KEEP },
		{ true, false, true, PLAN_KEEP }, /* a crash of `up` */
		{ true, true, false, PLAN_START }, /* W14: after `down` */
		{ true, false, false, PLAN_ADD },
		{ false, true, true, PLAN_REMOVE },
		{ false, false, true, PLAN_REMOVE }, /* W16: state lost */
		{ false, true, false, PLAN_REMOVE },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(decide(rows[i].wanted, rows[i].applied,
		    rows[i].running, same).action, rows[i].action, "action");
}

static void
test_plan__what_is_done_starts_when_it_is_another(void)
{
	const char *have[FP_NR];
	struct plan_input input = { .wanted = true, .applied = true,
		.done = true, .want = same, .have = same };
	struct plan_verdict verdict = plan_decide(&input);
	int i, j;

	is_int(verdict.action, PLAN_KEEP, "it is the same");
	input.have = have;
	for (i = 0; i < FP_NR; i++) {
		for (j = 0; j < FP_NR; j++)
			have[j] = i == j ? "other" : same[j];
		verdict = plan_decide(&input);
		is_int(verdict.inputs, 1 << i, "inputs");
		is_int(verdict.action, i < FP_RESTART_NR ? PLAN_START :
		    PLAN_UPDATE, "as of one that runs");
	}
}

static void
test_plan__held_is_kept_but_compared(void)
{
	const char *have[FP_NR] = { "other" };
	struct plan_input input = { .wanted = true, .applied = true,
		.running = true, .held = true, .want = same, .have = have };
	struct plan_verdict verdict;
	int i;

	for (i = 1; i < FP_NR; i++)
		have[i] = same[i];
	verdict = plan_decide(&input);
	is_int(verdict.action, PLAN_KEEP, "frozen");
	is_int(verdict.inputs, 1, "what differs");
	input.running = false;
	verdict = plan_decide(&input);
	is_int(verdict.action, PLAN_KEEP, "held stopped");
	is_int(verdict.inputs, 0, "it starts with what is wanted then");
}

static void
test_plan__each_input_counts(void)
{
	const char *have[FP_NR];
	struct plan_verdict verdict;
	int i, j;

	for (i = 0; i < FP_NR; i++) {
		for (j = 0; j < FP_NR; j++)
			have[j] = i == j ? "other" : same[j];
		verdict = decide(true, true, true, have);
		is_int(verdict.inputs, 1 << i, "inputs");
		is_int(verdict.action, i < FP_RESTART_NR ? PLAN_CHANGE :
		    PLAN_UPDATE, "W12: nothing goes unnoticed");
	}
}

static void
test_plan__unknown_digests(void)
{
	const char *have[FP_NR] = { 0 };
	struct plan_verdict verdict = decide(true, true, true, have);

	is_int(verdict.action, PLAN_CHANGE, "unknown is not the same");
	is_int(verdict.inputs, (1 << FP_RESTART_NR) - 1, "what matters");
}

static void
test_plan__inputs_in_order(void)
{
	struct strbuf text = STRBUF_INIT;

	plan_add_inputs(&text, 1u << FP_ROLE_PROMPT | 1u << FP_ENV);
	is_str(text.buf, "env+role_prompt", "names");
	strbuf_release(&text);
}
