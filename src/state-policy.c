/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See state.h.  Here: how an agent is to be restarted, as it was applied: who
 * has left the compose file is still treated as it said.
 */
#include "state-part.h"

#include <stdlib.h>
#include <string.h>

enum { PER = 1000 }; /* fractions are kept as thousandths */

static bool
is_usual(const struct restart_policy *policy)
{
	return policy->mode == restart_usual.mode &&
	    policy->max_restarts == restart_usual.max_restarts &&
	    policy->within_ms == restart_usual.within_ms &&
	    policy->backoff_initial_ms == restart_usual.backoff_initial_ms &&
	    policy->backoff_max_ms == restart_usual.backoff_max_ms &&
	    (int)(policy->backoff_factor * PER + 0.5) ==
	    (int)(restart_usual.backoff_factor * PER + 0.5) &&
	    (int)(policy->backoff_jitter * PER + 0.5) ==
	    (int)(restart_usual.backoff_jitter * PER + 0.5) &&
	    policy->reset_after_ms == restart_usual.reset_after_ms &&
	    (policy->nr_success == 0 || (policy->nr_success == 1 &&
	    policy->success_exit_codes[0] == 0));
}

void
state_policy_init(struct restart_policy *policy)
{
	*policy = restart_usual;
}

void
state_policy_release(struct restart_policy *policy)
{
	free(policy->success_exit_codes);
	state_policy_init(policy);
}

void
state_policy_copy(struct restart_policy *to,
    const struct restart_policy *from)
{
	int *codes = NULL;

	if (from->nr_success) {
		codes = xcalloc(from->nr_success, sizeof(*codes));
		memcpy(codes, from->success_exit_codes,
		    from->nr_success * sizeof(*codes));
	}
	free(to->success_exit_codes);
	*to = *from;
	to->success_exit_codes = codes;
}

static double
get_permille(const struct jnode *object, const char *key, double usual)
{
	return (double)j_integer(j_get(object, key),
	    (int64_t)(usual * PER + 0.5)) / PER;
}

void
state_policy_get(const struct jnode *object, struct restart_policy *policy)
{
	const char *mode = j_text(j_get(object, "policy"));
	const struct jnode *code = j_first(j_get(object, "success_exit_codes"));
	const struct jnode *each;
	int i;

	for (i = RESTART_ALWAYS; i <= RESTART_NEVER; i++)
		if (str_eq(restart_mode_name((enum restart_mode)i), mode))
			policy->mode = (enum restart_mode)i;
	policy->max_restarts = (int)j_integer(j_get(object, "max_restarts"),
	    restart_usual.max_restarts);
	policy->within_ms = j_integer(j_get(object, "within_ms"),
	    restart_usual.within_ms);
	policy->backoff_initial_ms = j_integer(j_get(object, "initial_ms"),
	    restart_usual.backoff_initial_ms);
	policy->backoff_max_ms = j_integer(j_get(object, "max_ms"),
	    restart_usual.backoff_max_ms);
	policy->backoff_factor = get_permille(object, "factor_permille",
	    restart_usual.backoff_factor);
	policy->backoff_jitter = get_permille(object, "jitter_permille",
	    restart_usual.backoff_jitter);
	policy->reset_after_ms = j_integer(j_get(object, "reset_after_ms"),
	    restart_usual.reset_after_ms);
	for (each = code, i = 0; each; each = each->next)
		i++;
	if (i)
		policy->success_exit_codes = xcalloc((size_t)i, sizeof(int));
	for (; code; code = code->next)
		policy->success_exit_codes[policy->nr_success++] =
		    (int)j_integer(code, 0);
}

json_t *
state_policy_json(const struct restart_policy *policy)
{
	json_t *codes;
	size_t i;

	if (is_usual(policy))
		return NULL;
	codes = json_array();
	for (i = 0; i < policy->nr_success; i++)
		json_array_append_new(codes,
		    json_integer(policy->success_exit_codes[i]));
	return json_pack("{s:s, s:i, s:I, s:I, s:I, s:i, s:i, s:I, s:o}",
	    "policy", restart_mode_name(policy->mode),
	    "max_restarts", policy->max_restarts,
	    "within_ms", (json_int_t)policy->within_ms,
	    "initial_ms", (json_int_t)policy->backoff_initial_ms,
	    "max_ms", (json_int_t)policy->backoff_max_ms,
	    "factor_permille", (int)(policy->backoff_factor * PER + 0.5),
	    "jitter_permille", (int)(policy->backoff_jitter * PER + 0.5),
	    "reset_after_ms", (json_int_t)policy->reset_after_ms,
	    "success_exit_codes", codes);
}
