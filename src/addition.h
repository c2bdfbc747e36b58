/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Adding an agent to a team as one transaction: validated, registered, started
 * and committed, each of it journalled.  Until it is committed, whatever there
 * is of the agent is undone, by whoever finds it (dynamic.h).
 */
#ifndef ADDITION_H
#define ADDITION_H

#include "engine.h"

struct addition_options {
	const char *root;
	int64_t lock_timeout_ms;
	bool only_try;      /* do nothing when somebody is at work */
	bool is_supervisor;
	void (*waiting)(void *ctx, const char *holder);
	/* An agent was being added when there was a crash; what came of it. */
	void (*found)(void *ctx, const char *id, bool is_undone);
	void *ctx;
};

/*
 * Ends what a crash has left unfinished; to be called before the team is read.
 * With nothing unfinished it takes no lock.  ENGINE_LOCKED also with only_try.
 */
enum engine_status addition_recover(const struct addition_options *options,
    struct strbuf *err);

/*
 * Undoes an addition on an engine that holds the lock and has observed: its
 * agents are killed and forgotten.  why goes to the journal.
 */
enum engine_status addition_undo(struct engine *engine, const char *id,
    const struct strvec *ids, const char *why, struct strbuf *err);

/* Commits one: the text belongs to the team from here on. */
enum engine_status addition_commit(struct engine *engine, const char *id,
    const char *text, const char *reason, struct strbuf *err);

/*
 * An agent that was added is removed again: its manifest goes with it, of
 * replicas with the last of them.  1; 0 when it was not added; -1 and err.
 */
int addition_forget(struct engine *engine, struct run *run,
    struct strbuf *err);

#endif
