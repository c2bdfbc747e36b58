/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: the sessions of all that are to be started together, made by
 * one tmux client, and what can go wrong with that.
 */
#include "engine.h"

#include "fs.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	RETRIES = 8,            /* of a client whose server ended under it */
	SPARE_DESCRIPTORS = 24, /* of the tmux server, for its clients */
};

static bool
is_asked(const struct run *run)
{
	return !run->settled && run->start == START_ASKED;
}

/* "+|id|%1|$1|123" */
static void
launched(struct engine *engine, char *line)
{
	char *field[5], *p = line;
	struct run *run;
	size_t i;

	for (i = 0; i < nitems(field); i++) {
		field[i] = p;
		p = strchr(p, '|');
		if (!p)
			break;
		*p++ = '\0';
	}
	if (i != nitems(field) - 1)
		return;
	run = engine_find(engine, field[1]);
	if (!run || !is_asked(run))
		return;
	free(run->pane);
	free(run->session);
	run->pane = xstrdup(field[2]);
	run->session = xstrdup(field[3]);
	run->shim = (pid_t)strtol(field[4], NULL, 10);
	run->generation = run->applied->generation;
	run->present = run->alive = true;
	engine_note_with(engine, EVENT_LAUNCHED, run, NULL,
	    json_pack("{s:s, s:I}", "pane", run->pane, "shim_pid",
	    (json_int_t)run->shim));
	engine_await(engine, run);
}

static void
each_launched(struct engine *engine, char *text)
{
	char *line, *next;

	for (line = text; *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		else
			next = line + strlen(line);
		if (str_starts(line, "+|"))
			launched(engine, line);
	}
}

/* The line of tmux's complaints that names the session, or the first. */
static char *
complaint(const struct run *run, const struct strbuf *err)
{
	const char *at = strstr(err->buf, run->spec->session);
	const char *begin = at, *end;

	if (!err->len)
		return xstrdup("tmux did not start it: no reason given");
	if (!at)
		begin = at = err->buf;
	while (begin > err->buf && begin[-1] != '\n')
		begin--;
	end = at + strcspn(at, "\n");
	return xasprintf("tmux did not start it: %.*s", (int)(end - begin),
	    begin);
}

/*
 * A server that lost its last session takes new clients down with it: they
 * are started again in a moment.  false: that has been tried often enough.
 */
static bool
try_again(struct engine *engine)
{
	struct run *run;
	size_t i;

	if (engine->launch_tries == RETRIES)
		return false;
	for (i = 0; i < engine->nr_launching; i++) {
		run = engine->launching[i];
		if (!is_asked(run))
			continue;
		run->present = false;
		run->start = START_PENDING;
	}
	engine->launch_at = mono_add_ms(os_now(), 4 << engine->launch_tries);
	engine->launch_tries++;
	return true;
}

/* The look that the duplicates waited for. */
static void
on_looked(void *ctx, struct tmux_answer *answer)
{
	struct engine *engine = ctx;
	struct run *run;
	size_t i;

	engine_take_panes(engine, answer);
	for (i = 0; i < engine->nr; i++) {
		run = engine->runs[i];
		if (!run->is_duplicate)
			continue;
		run->is_duplicate = run->in_look = false;
		if (!is_asked(run))
			continue;
		if (run->alive)
			engine_await(engine, run);
		else
			engine_fail(engine, run, run->error);
	}
}

/*
 * Its line was refused.  A pane may have gone since it was looked at: then a
 * session is made instead.  A name may be taken by a start that a killed
 * command had left to the server: then it is our agent, and is waited for.
 */
static bool
is_refused(struct engine *engine, struct run *run, const struct strbuf *err)
{
	if (run->present && strstr(err->buf, "can't find pane")) {
		run->present = false;
		run->start = START_PENDING;
		return false;
	}
	free(run->error);
	run->error = complaint(run, err);
	run->is_duplicate = strstr(err->buf, "duplicate session");
	if (!run->is_duplicate)
		engine_fail(engine, run, run->error);
	return run->is_duplicate;
}

static void
on_answer(void *ctx, struct tmux_answer *answer)
{
	struct engine *engine = ctx;
	bool must_look = false;
	struct run *run;
	size_t i;

	each_launched(engine, answer->out.buf);
	if (answer->status == TMUX_DIED && try_again(engine))
		return;
	engine->launch_tries = 0;
	strbuf_reset(&engine->trailer);
	for (i = 0; i < engine->nr_launching; i++) {
		run = engine->launching[i];
		run->unasked = answer->status == TMUX_ERROR ||
		    answer->status == TMUX_MISSING;
		if (is_asked(run) && is_refused(engine, run, &answer->err))
			must_look = true;
	}
	if (must_look)
		engine_ask(engine, NULL, on_looked, engine);
}

/*
 * Each pane is a descriptor of the server.  With none left it takes no more
 * clients, and nothing could be stopped any more (tried with 3.3a).
 */
static void
refuse_surplus(struct engine *engine, struct run **runs, size_t nr)
{
	pid_t server = engine->tmux.server_pid;
	long left = os_descriptors_left(server ? server : getpid());
	size_t i;

	if (left < 0)
		return;
	left -= SPARE_DESCRIPTORS;
	for (i = 0; i < nr; i++)
		if (!runs[i]->present && left-- <= 0)
			engine_fail(engine, runs[i], xstrdup("the tmux server "
			    "may open no more files (ulimit -n)"));
}

/* Else it could be taken for that of the run that begins. */
static void
drop_damaged(const struct engine *engine, const struct run *run)
{
	struct strbuf err = STRBUF_INIT;
	char *path;

	if (!run->damage)
		return;
	path = engine_record_path(engine, run->id);
	if (fs_unlink(path, &err) < 0 && engine->hooks.warning)
		engine->hooks.warning(engine->hooks.ctx, err.buf);
	free(path);
	strbuf_release(&err);
}

void
engine_launch(struct engine *engine, struct run **runs, size_t nr)
{
	struct strbuf script = STRBUF_INIT, keep = STRBUF_INIT;
	size_t i;

	refuse_surplus(engine, runs, nr);
	engine->oom_kills = os_oom_kills();
	engine->nr_launching = 0;
	for (i = 0; i < nr; i++) {
		if (runs[i]->settled)
			continue;
		ARRAY_GROW(engine->launching, engine->nr_launching,
		    engine->alloc_launching);
		engine->launching[engine->nr_launching++] = runs[i];
		runs[i]->start = START_ASKED;
		drop_damaged(engine, runs[i]);
		if (runs[i]->present) {
			engine_script_respawn(engine, runs[i], &script);
			continue;
		}
		engine_script_new(engine, runs[i], &script);
		engine_add_keep(runs[i]->spec->session, &keep);
	}
	if (keep.len)
		engine_script_keep(&keep, &script);
	strbuf_release(&keep);
	if (!script.len)
		return;
	strbuf_addstr(&script, engine->trailer.buf);
	engine_ask_first(engine, &script, on_answer, engine);
}
