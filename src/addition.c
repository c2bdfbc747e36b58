/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See addition.h.
 */
#include "addition.h"

#include "dynamic.h"
#include "scale.h"

#include <stdlib.h>
#include <string.h>

static void
note(struct engine *engine, enum event_kind kind, const char *id,
    const char *reason)
{
	engine_note(engine, kind, engine_run(engine, id), reason);
	engine_flush_journal(engine);
}

static enum engine_status
stop(struct engine *engine, struct run **runs, size_t nr, struct strbuf *err)
{
	static const struct engine_stop how = { .kill = true,
		.timeout_ms = -1, .reason = "add was not finished" };
	enum engine_status status;
	size_t i;

	status = engine_stop(engine, runs, nr, &how, err);
	if (status == ENGINE_OK)
		status = engine_remove_sessions(engine, runs, nr, err);
	for (i = 0; status == ENGINE_OK && i < nr; i++) {
		if (!runs[i]->survivors.nr)
			continue;
		strbuf_addf(err, "processes of '%s' are left", runs[i]->id);
		status = ENGINE_FAILED;
	}
	return status;
}

enum engine_status
addition_undo(struct engine *engine, const char *id, const struct strvec *ids,
    const char *why, struct strbuf *err)
{
	struct run **runs = xcalloc(ids->nr, sizeof(struct run *));
	enum engine_status status;
	size_t i;

	for (i = 0; i < ids->nr; i++)
		runs[i] = engine_run(engine, ids->v[i]);
	status = stop(engine, runs, ids->nr, err);
	for (i = 0; status == ENGINE_OK && i < ids->nr; i++)
		engine_forget(engine, runs[i]);
	if (status == ENGINE_OK && engine->state.exists &&
	    engine_save(engine, err) < 0)
		status = ENGINE_FAILED;
	if (status == ENGINE_OK) {
		note(engine, EVENT_ADD_ROLLED_BACK, id, why);
		if (dynamic_end(engine->root, id, err) < 0)
			status = ENGINE_FAILED;
	}
	free(runs);
	return status;
}

enum engine_status
addition_commit(struct engine *engine, const char *id, const char *text,
    const char *reason, struct strbuf *err)
{
	if (dynamic_commit(engine->root, id, text, err) < 0)
		return ENGINE_FAILED;
	note(engine, EVENT_ADD_COMMITTED, id, reason);
	return dynamic_end(engine->root, id, err) < 0 ? ENGINE_FAILED :
	    ENGINE_OK;
}

/* ---- removing ---- */

/* "p:a" of its replica "p:a-12"; NULL when the id cannot be one. */
static char *
text_of(const char *id)
{
	const char *dash = strrchr(id, '-');

	if (!dash || !dash[1] || strspn(dash + 1, "0123456789") !=
	    strlen(dash + 1))
		return NULL;
	return xstrndup(id, (size_t)(dash - id));
}

static bool
is_replica(const struct applied *applied, const char *text)
{
	char *other = text_of(applied->id);
	bool same = applied->is_dynamic && !applied->gone &&
	    str_eq(other, text);

	free(other);
	return same;
}

/* How many of them there were is nothing for a later agent of that name. */
static int
drop_scale(const char *root, const char *id, struct strbuf *err)
{
	struct scale_file file;
	int rc = scale_open(&file, root, err);

	if (rc == 0 && file.before) {
		scale_put(&file, id, NULL, 0);
		rc = scale_save(&file, err);
	}
	scale_close(&file);
	return rc;
}

static int
drop(struct engine *engine, const char *id, struct strbuf *err)
{
	return dynamic_remove(engine->root, id, err) < 0 ||
	    drop_scale(engine->root, id, err) < 0 ? -1 : 1;
}

/* That it was removed, for who removes it once more. */
static void
remember(struct engine *engine, const char *id)
{
	if (!strvec_has(&engine->state.removed, id))
		strvec_push(&engine->state.removed, id);
}

/* One of several: that it was removed is remembered until all of them are. */
static int
forget_replica(struct engine *engine, struct run *run, const char *text,
    struct strbuf *err)
{
	const struct state *state = &engine->state;
	struct run *other;
	size_t i;

	engine_remove(engine, run);
	for (i = 0; i < state->nr; i++)
		if (is_replica(state->agents[i], text) &&
		    state->agents[i]->operation != OPERATION_REMOVED)
			return 1;
	for (i = 0; i < state->nr; i++) {
		other = is_replica(state->agents[i], text) ?
		    engine_find(engine, state->agents[i]->id) : NULL;
		if (other) {
			other->applied->gone = true;
			other->applied = NULL;
			remember(engine, other->id);
		}
	}
	return drop(engine, text, err);
}

int
addition_forget(struct engine *engine, struct run *run, struct strbuf *err)
{
	struct strbuf unused = STRBUF_INIT;
	char *text = text_of(run->id);
	int rc = 0;

	if (!run->applied || !run->applied->is_dynamic) {
		rc = 0;
	} else if (dynamic_read(engine->root, run->id, &unused, err) != 0) {
		rc = drop(engine, run->id, err);
		if (rc > 0) {
			engine_forget(engine, run);
			remember(engine, run->id);
		}
	} else if (text && dynamic_read(engine->root, text, &unused, err)) {
		rc = forget_replica(engine, run, text, err);
	}
	strbuf_release(&unused);
	free(text);
	return rc;
}

/* ---- after a crash ---- */

static enum engine_status
recover_all(struct engine *engine, const struct addition_options *options,
    struct strbuf *err)
{
	static const struct strvec none = STRVEC_INIT;
	enum engine_status status = ENGINE_OK;
	struct pendings pendings;
	struct pending *p;
	size_t i;

	if (dynamic_load_pending(engine->root, &pendings, err) < 0)
		status = ENGINE_FAILED;
	dynamic_sweep(engine->root, &none);
	for (i = 0; status == ENGINE_OK && i < pendings.nr; i++) {
		p = &pendings.p[i];
		if (p->is_committed) {
			note(engine, EVENT_ADD_COMMITTED, p->id,
			    "found after a crash");
			if (dynamic_end(engine->root, p->id, err) < 0)
				status = ENGINE_FAILED;
		} else {
			status = addition_undo(engine, p->id, &p->ids,
			    "found unfinished after a crash", err);
			dynamic_sweep(engine->root, &p->ids);
		}
		if (status == ENGINE_OK && options->found)
			options->found(options->ctx, p->id, !p->is_committed);
	}
	pendings_release(&pendings);
	return status;
}

enum engine_status
addition_recover(const struct addition_options *options, struct strbuf *err)
{
	struct engine_options engine_options = {
		.root = options->root,
		.verb = "recover",
		.lock_timeout_ms = options->lock_timeout_ms,
		.only_try = options->only_try,
		.is_supervisor = options->is_supervisor,
		.waiting = options->waiting,
		.hooks = { .ctx = options->ctx },
	};
	enum engine_status status;
	struct engine engine;

	if (!dynamic_has_pending(options->root))
		return ENGINE_OK;
	/* Not that of the supervisor that this may be a part of. */
	engine_options.loop = loop_new();
	status = engine_open(&engine, &engine_options, err);
	if (status == ENGINE_OK)
		status = engine_observe(&engine, err);
	if (status == ENGINE_OK)
		status = recover_all(&engine, options, err);
	engine_close(&engine);
	loop_free(engine_options.loop);
	return status;
}
