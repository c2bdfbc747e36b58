/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what is asked of tmux while the loop goes on.  One client at a
 * time; what comes up meanwhile waits, and is asked together where it can be.
 */
#include "engine.h"

#include <stdlib.h>

struct engine_ask {
	struct engine *engine;
	struct engine_ask *next;
	struct strbuf script; /* empty: a list of all panes */
	bool start;           /* the server, when there is none */
	tmux_fn *fn;
	void *ctx;
};

static void
ask_free(struct engine_ask *ask)
{
	strbuf_release(&ask->script);
	free(ask);
}

static void
on_answer(void *ctx, struct tmux_answer *answer)
{
	struct engine_ask *ask = ctx;
	struct engine *engine = ask->engine;

	engine->asks = ask->next;
	engine->ask_call = NULL;
	ask->fn(ask->ctx, answer);
	ask_free(ask);
	if (engine->hooks.asked)
		engine->hooks.asked(engine->hooks.ctx);
	if (engine->timer) /* else it is only being opened */
		engine_go_on(engine);
}

/*
 * What a list will say of a run holds if nothing has been done to it since;
 * whatever is done takes the mark away.
 */
static void
mark_looked_at(struct engine *engine)
{
	struct run *run;
	size_t i;

	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		run->in_look = run->is_duplicate ||
		    (run->settled && !run->alive && !run->is_sweeping);
	}
}

void
engine_ask_next(struct engine *engine)
{
	struct engine_ask *ask = engine->asks;

	if (!ask || engine->ask_call)
		return;
	if (ask->script.len) {
		engine->ask_call = tmux_run_begin(&engine->tmux, engine->loop,
		    &ask->script, ask->start, on_answer, ask);
		return;
	}
	mark_looked_at(engine);
	engine->ask_call = tmux_list_begin(&engine->tmux, engine->loop,
	    on_answer, ask);
}

/* Takes the script; NULL: a list. */
static struct engine_ask *
ask_new(struct engine *engine, struct strbuf *script, tmux_fn *fn, void *ctx)
{
	struct engine_ask *ask = xcalloc(1, sizeof(*ask));

	ask->engine = engine;
	ask->fn = fn;
	ask->ctx = ctx;
	strbuf_init(&ask->script);
	if (script) {
		ask->script = *script;
		strbuf_init(script);
	}
	return ask;
}

void
engine_ask(struct engine *engine, struct strbuf *script, tmux_fn *fn,
    void *ctx)
{
	struct engine_ask **at = &engine->asks;

	while (*at)
		at = &(*at)->next;
	*at = ask_new(engine, script, fn, ctx);
	engine_ask_next(engine);
}

void
engine_ask_first(struct engine *engine, struct strbuf *script, tmux_fn *fn,
    void *ctx)
{
	struct engine_ask *ask = ask_new(engine, script, fn, ctx);

	if (engine->ask_call)
		BUG("tmux is being asked");
	ask->start = true;
	ask->next = engine->asks;
	engine->asks = ask;
	engine_ask_next(engine);
}

bool
engine_is_asking(const struct engine *engine)
{
	return engine->asks;
}

void
engine_ask_nothing(struct engine *engine)
{
	struct engine_ask *ask;

	tmux_cancel(engine->ask_call);
	tmux_cancel(engine->keys_call);
	engine->ask_call = engine->keys_call = NULL;
	while ((ask = engine->asks)) {
		engine->asks = ask->next;
		ask_free(ask);
	}
}
