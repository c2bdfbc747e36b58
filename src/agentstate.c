/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See agentstate.h.
 */
#include "agentstate.h"

#include "jstring.h"

void
agentstate_see(struct agentstate *seen, const struct run *run)
{
	*seen = (struct agentstate){ .operation = OPERATION_ACTIVE };
	if (run->applied) {
		seen->operation = run->applied->operation;
		seen->is_frozen = run->applied->frozen_at_ms != 0;
		seen->generation = run->applied->generation;
		seen->attempt = run_attempt(run);
	}
	seen->is_alive = run->alive;
	seen->is_clean = run_ended_well(run);
	if (!run->alive || run_is_starting(run))
		return;
	seen->pid = (pid_t)run->record.pid;
	seen->start = run->record.start;
	seen->started_ms = run->record.started_ms;
}

static json_t *
number_or_null(int64_t n)
{
	return n ? json_integer(n) : json_null();
}

json_t *
agentstate_json(const struct agentstate *seen, const char *id,
    const char *state, const char *reason)
{
	json_t *object = json_object();

	json_object_set_new(object, "agent", json_string(id));
	json_object_set_new(object, "operation",
	    json_string(operation_name(seen->operation)));
	json_object_set_new(object, "frozen", json_boolean(seen->is_frozen));
	json_object_set_new(object, "state", json_string(state));
	json_object_set_new(object, "reason", jstring(reason && *reason ?
	    reason : NULL));
	json_object_set_new(object, "alive", json_boolean(seen->is_alive));
	json_object_set_new(object, "pid", number_or_null(seen->pid));
	json_object_set_new(object, "generation",
	    number_or_null(seen->generation));
	json_object_set_new(object, "attempt", number_or_null(seen->attempt));
	json_object_set_new(object, "started_at",
	    number_or_null(seen->started_ms / 1000));
	return object;
}
