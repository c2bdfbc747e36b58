/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: the loop, and what wakes it.
 */
#include "engine.h"

#include "os.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	POLL_MS = 50, /* where a shim cannot be watched */
	PROGRESS_MS = 500,
	SPARE_DESCRIPTORS = 24, /* for all but the watching of shims */
	NOTES_AT_ONCE = 16,     /* reads; a flood gets no more of a turn */
	NOTE_MAX = 64 * 1024,
};

static bool
all_settled(const struct engine *engine)
{
	size_t i;

	for (i = 0; i < engine->nr_active; i++)
		if (!engine->active[i]->settled)
			return false;
	return true;
}

void
engine_settle(struct engine *engine, struct run *run)
{
	if (run->settled)
		return;
	engine_note_outcome(engine, run);
	if (run->again && run->start == START_NONE && !run->survivors.nr) {
		if (engine->hooks.settled)
			engine->hooks.settled(engine->hooks.ctx, run);
		engine_is_down(engine, run);
		return;
	}
	run->again = false;
	run->settled = true;
	if (!engine->forever || !run->alive)
		engine_unwatch(run);
	if (engine->hooks.settled)
		engine->hooks.settled(engine->hooks.ctx, run);
}

void
engine_go_on(struct engine *engine)
{
	struct mono next;

	engine_stop_due(engine);
	engine_again_due(engine);
	engine_start_due(engine);
	engine_ask_next(engine);
	next = mono_min(engine_stop_next(engine), engine_start_next(engine));
	next = mono_min(next, engine->again_at);
	next = mono_min(next, engine->sweep_at);
	next = mono_min(next, engine->freeze_at);
	if (!engine->forever && all_settled(engine)) {
		loop_stop(engine->loop);
		return;
	}
	if (engine->polling)
		next = mono_min(next, mono_add_ms(os_now(), POLL_MS));
	loop_timer_at(engine->timer, next);
}

void
engine_gone(struct engine *engine, struct run *run)
{
	run->is_ending = false;
	engine_note_end(engine, run);
	engine->hooks.exited(engine->hooks.ctx, run);
}

static void
run_gone(struct engine *engine, struct run *run)
{
	engine_unwatch(run);
	run->alive = false;
	engine_read_record(engine, run);
	if (run->settled && run_may_have_left(run) &&
	    !engine->hands_off) {
		/* A shim that was killed has left its processes to us. */
		run->is_ending = true;
		engine_sweep(engine, run);
	} else if (run->settled) {
		engine_gone(engine, run);
	} else if (run->start != START_NONE) {
		engine_start_gone(engine, run);
	} else {
		engine_stop_gone(engine, run);
	}
}

/* The shims that have no pidfd: looked at by hand, until they have one. */
static void
poll_shims(struct engine *engine)
{
	struct run *run;
	size_t i;

	engine->polling = false;
	for (i = 0; i < engine->nr_active; i++) {
		run = engine->active[i];
		if ((run->settled && !engine->forever) || !run->alive ||
		    run->pidfd >= 0)
			continue;
		if (os_is_running(run->shim))
			engine_watch(engine, run);
		else
			run_gone(engine, run);
	}
}

static void
on_timer(void *ctx)
{
	struct engine *engine = ctx;
	struct mono now = os_now();

	if (engine->polling)
		poll_shims(engine);
	engine_sweep_tick(engine, now);
	engine_freeze_tick(engine, now);
	engine_stop_tick(engine, now);
	engine_start_tick(engine, now);
	engine_go_on(engine);
}

static void
on_progress(void *ctx)
{
	struct engine *engine = ctx;

	if (engine->hooks.progress)
		engine->hooks.progress(engine->hooks.ctx, engine);
	loop_timer_at(engine->progress, mono_add_ms(os_now(), PROGRESS_MS));
}

/*
 * "start ID GENERATION" of a shim: the record is the truth, this only names
 * it.  "ready ID GENERATION" and the like come from teamctl notify, "hurry ID
 * GENERATION" from a teamctl that is not willing to wait for us.
 */
static void
take_line(struct engine *engine, char *line)
{
	char *id = strchr(line, ' '), *gen, *text;
	int64_t generation;
	struct run *run;

	if (!id)
		return;
	*id++ = '\0';
	gen = id + strcspn(id, " ");
	if (*gen)
		*gen++ = '\0';
	text = gen + strcspn(gen, " ");
	if (*text)
		*text++ = '\0';
	run = engine_find(engine, id);
	if (!run)
		return;
	engine_start_check(engine, run);
	generation = strtoll(gen, NULL, 10);
	if (generation != run->generation && !str_eq(line, "start"))
		engine_note_with(engine, EVENT_STALE_NOTE, run, line,
		    json_pack("{s:I}", "of", (json_int_t)generation));
	else if (str_eq(line, "hurry") && run->wants_stop)
		run->is_hurried = true;
	else if (str_eq(line, "hurry") && !engine->forever)
		engine_hurry(engine, &run, 1);
	else if (engine->hooks.note && generation == run->generation)
		engine->hooks.note(engine->hooks.ctx, run, line, text);
}

static void
on_notify(void *ctx)
{
	struct engine *engine = ctx;
	struct strbuf *in = &engine->notes;
	char buf[4096], *line, *eol, *note, *end;
	ssize_t n;
	int i;

	for (i = 0; i < NOTES_AT_ONCE &&
	    (n = read(engine->notify, buf, sizeof(buf))) > 0; i++)
		strbuf_add(in, buf, (size_t)n);
	line = in->buf;
	end = in->buf + in->len;
	while ((eol = memchr(line, '\n', (size_t)(end - line)))) {
		*eol = '\0';
		for (note = eol; note > line && note[-1]; note--)
			; /* what is before a NUL is not of ours */
		take_line(engine, note);
		line = eol + 1;
	}
	n = end - line;
	if (n > NOTE_MAX) /* nobody of ours has begun that line */
		n = 0;
	memmove(in->buf, line, (size_t)n);
	strbuf_setlen(in, (size_t)n);
	engine_go_on(engine);
}

static void
on_interrupt(void *ctx)
{
	struct engine *engine = ctx;

	engine->interrupts++;
	engine_stop_interrupt(engine);
	engine_go_on(engine);
}

/*
 * Whoever began it has gone, perhaps with a pane that we have removed: what is
 * under way ends as it would have.
 */
static void
on_hangup(void *ctx)
{
	(void)ctx;
}

static void
on_shim(void *ctx)
{
	struct run *run = ctx;
	struct engine *engine = run->engine;

	run_gone(engine, run);
	engine_go_on(engine);
}

void
engine_watch(struct engine *engine, struct run *run)
{
	engine_unwatch(run);
	run->pidfd = os_pidfd_open(run->shim);
	if (run->pidfd > sysconf(_SC_OPEN_MAX) - SPARE_DESCRIPTORS) {
		close(run->pidfd);
		run->pidfd = -1;
	}
	if (run->pidfd < 0)
		engine->polling = true;
	else
		run->watch = loop_read(engine->loop, run->pidfd, on_shim, run);
}

void
engine_unwatch(struct run *run)
{
	loop_watch_free(run->watch);
	run->watch = NULL;
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->pidfd = -1;
}

static int
make_watches(struct engine *engine, struct strbuf *err)
{
	if (engine->timer)
		return 0;
	os_raise_descriptors(); /* each agent that is watched takes one */
	if (!engine->loop) {
		engine->loop = loop_new();
		engine->owns_loop = true;
	}
	if (!engine->loop) {
		strbuf_addstr(err, "cannot make an event loop");
		return -1;
	}
	engine->timer = loop_timer(engine->loop, on_timer, engine);
	engine->notify_watch = loop_read(engine->loop, engine->notify,
	    on_notify, engine);
	/* A loop that was lent to us has an owner who takes the signals. */
	if (!engine->owns_loop)
		return 0;
	engine->progress = loop_timer(engine->loop, on_progress, engine);
	engine->sigint = loop_signal(engine->loop, SIGINT, on_interrupt,
	    engine);
	engine->sigterm = loop_signal(engine->loop, SIGTERM, on_interrupt,
	    engine);
	engine->sighup = loop_signal(engine->loop, SIGHUP, on_hangup, engine);
	return 0;
}

int
engine_begin(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err)
{
	size_t i;

	if (make_watches(engine, err) < 0)
		return -1;
	engine->active = runs;
	engine->nr_active = nr;
	for (i = 0; i < nr; i++) {
		runs[i]->settled = runs[i]->wants_stop = false;
		runs[i]->again = runs[i]->is_down = false;
	}
	return 0;
}

int
engine_watch_all(struct engine *engine, struct strbuf *err)
{
	size_t i;

	engine->forever = true;
	if (engine_begin(engine, engine->runs, engine->nr, err) < 0)
		return -1;
	for (i = 0; i < engine->nr; i++) {
		engine->runs[i]->settled = true;
		if (engine->runs[i]->alive)
			engine_watch(engine, engine->runs[i]);
	}
	return 0;
}

void
engine_wait(struct engine *engine)
{
	engine_go_on(engine);
	if (!all_settled(engine)) {
		if (engine->progress)
			loop_timer_at(engine->progress,
			    mono_add_ms(os_now(), PROGRESS_MS));
		loop_run(engine->loop);
		if (engine->progress)
			loop_timer_at(engine->progress, MONO_NEVER);
	}
	engine->active = NULL;
	engine->nr_active = 0;
}
