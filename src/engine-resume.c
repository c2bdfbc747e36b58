/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h.  Here: whether a start goes on with the agent's conversation.
 */
#include "engine.h"

#include "conversation.h"

/* An end so soon after a resumed start is taken to be of the resuming. */
enum { RESUME_MS = 10 * 1000 };

static bool
has_failed_to_resume(const struct engine *engine, const struct run *run)
{
	const struct record *record = &run->record;

	if (run->is_asked || record->asked ||
	    run->applied->operation != OPERATION_ACTIVE)
		return false;
	if (record->state != RECORD_SIGNALED &&
	    (record->state != RECORD_EXITED || record->exit_code == 0))
		return false;
	return record->ended_ms - record->started_ms < RESUME_MS &&
	    conversation_last(engine->root, run->id) == CONVERSATION_RESUMED;
}

void
engine_choose_conversation(struct engine *engine, struct run *run)
{
	struct strbuf err = STRBUF_INIT;

	run->is_fresh = engine->want_fresh ||
	    has_failed_to_resume(engine, run);
	run->is_asked = false;
	/* A state folder that cannot be written is an error elsewhere. */
	if (run->is_fresh)
		conversation_order_fresh(engine->root, run->id, &err);
	else
		conversation_order_none(engine->root, run->id, &err);
	strbuf_release(&err);
}

const char *
run_conversation(const struct run *run)
{
	return conversation_text(conversation_last(run->engine->root,
	    run->id));
}

const char *
run_conversation_news(const struct run *run)
{
	const char *text = run_conversation(run);

	if (run->is_fresh)
		return text ? "fresh start" : NULL;
	return str_eq(text, "resumed conversation") ? text : NULL;
}
