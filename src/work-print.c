/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h: the lines that tell how each agent fared, and the live line
 * while something is under way.
 */
#include "work.h"

#include "os.h"
#include "output.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCREEN_LINES = 12 };

void
work_clear_progress(struct work *work)
{
	if (!work->progress_shown)
		return;
	fputs("\r\033[K", stderr);
	work->progress_shown = false;
}

void
work_line(struct work *work, const char *fmt, ...)
{
	va_list ap;

	work_clear_progress(work);
	if (work->options->json) /* the document comes at the end */
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (work->engine.nr_active) /* there is more to wait for */
		fflush(stdout);
}

void
work_add_stop(struct strbuf *out, const struct work_stop *stop)
{
	switch (stop->outcome) {
	case DRAIN_ALREADY_STOPPED:
		strbuf_addstr(out, " [already stopped]");
		break;
	case DRAIN_DRAINED:
		strbuf_addstr(out, " [drained in ");
		units_add_duration(out, stop->ms);
		strbuf_addch(out, ']');
		break;
	case DRAIN_KILLED:
		strbuf_addstr(out, stop->timed_out ?
		    " [drain timed out \xe2\x80\x94 killed]" : " [killed]");
		break;
	case DRAIN_KILL_FAILED:
		strbuf_addf(out, " [kill failed: %zu process%s left]",
		    stop->nr_left, stop->nr_left == 1 ? "" : "es");
		break;
	case DRAIN_PENDING:
		break;
	}
}

void
work_add_outcome(struct strbuf *out, const struct run *run)
{
	const struct drain *drain = &run->drain;
	struct work_stop stop = {
		.outcome = drain->outcome,
		.ms = mono_ms_until(drain->begun, drain->ended),
		.timed_out = drain_timed_out(drain),
		.nr_left = run->survivors.nr,
	};

	work_add_stop(out, &stop);
}

static void
add_count(struct strbuf *out, size_t nr, const char *what)
{
	if (nr)
		strbuf_addf(out, "%s%zu %s", out->len ? ", " : "", nr, what);
}

const char *
work_conversation(const struct run *run)
{
	const char *text = run_conversation_news(run);

	return !text ? "" : str_eq(text, "fresh start") ? " [fresh start]" :
	    " [resumed conversation]";
}

void
work_summary(struct work *work)
{
	struct strbuf counts = STRBUF_INIT;

	add_count(&counts, work->nr_drained, "drained");
	add_count(&counts, work->nr_killed, "killed");
	add_count(&counts, work->nr_kill_failed, "not killed");
	add_count(&counts, work->nr_stopped, "already stopped");
	add_count(&counts, work->nr_started, "started");
	add_count(&counts, work->nr_unstarted, "not started");
	add_count(&counts, work->nr_failed, "failed");
	add_count(&counts, work->nr_updated, "updated");
	add_count(&counts, work->nr_kept, "kept");
	work_line(work, "%s: %zu agent%s: %s", work->verb, work->nr,
	    work->nr == 1 ? "" : "s", counts.len ? counts.buf :
	    "nothing to do");
	strbuf_release(&counts);
}

/* tmux draws this line on the last row of a dead pane. */
static bool
is_of_agent(const char *line)
{
	return line[strspn(line, " ")] && !str_starts(line, "Pane is dead (");
}

/* The last lines that say something. */
static void
print_screen(const char *screen)
{
	struct strvec lines = STRVEC_INIT;
	struct strbuf safe = STRBUF_INIT;
	const char *eol;
	char *line;
	size_t i;

	for (; *screen; screen = *eol ? eol + 1 : eol) {
		eol = screen + strcspn(screen, "\n");
		line = xstrndup(screen, (size_t)(eol - screen));
		if (is_of_agent(line))
			strvec_push(&lines, line);
		free(line);
	}
	i = lines.nr > SCREEN_LINES ? lines.nr - SCREEN_LINES : 0;
	for (; i < lines.nr; i++) {
		strbuf_reset(&safe);
		strbuf_addsafe(&safe, lines.v[i]);
		fprintf(stderr, "    | %s\n", safe.buf);
	}
	strvec_release(&lines);
	strbuf_release(&safe);
}

/* A word for a shell. */
static void
add_word(struct strbuf *out, const char *text)
{
	strbuf_addstr(out, " '");
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_addstr(out, "'\\'");
		strbuf_addch(out, *text);
	}
	strbuf_addch(out, '\'');
}

/*
 * A session that has an agent's name and no team's mark: a person's, or what a
 * person has left of one in which our pane is gone.  We end neither.
 */
static void
hint_foreign(const struct work *work, const char *session)
{
	const struct engine *engine = &work->engine;
	struct strbuf command = STRBUF_INIT;
	char *exact;

	if (!strmap_has(&engine->foreign, session) ||
	    strmap_get(&engine->foreign, session))
		return;
	strbuf_addstr(&command, "tmux");
	if (engine->tmux.by_path || engine->tmux.socket) {
		strbuf_addstr(&command, engine->tmux.by_path ? " -S" : " -L");
		add_word(&command, engine->tmux.by_path ?
		    engine->tmux.socket_path : engine->tmux.socket);
	}
	exact = xasprintf("=%s", session);
	strbuf_addstr(&command, " kill-session -t");
	add_word(&command, exact);
	cmd_hint("nothing in it is ours; when nobody needs it: %s",
	    command.buf);
	free(exact);
	strbuf_release(&command);
}

void
work_explain_failure(struct work *work, const struct run *run)
{
	if (run->spec && run->spec->error)
		return; /* that was reported, with its place */
	work_clear_progress(work);
	cmd_error("agent '%s' did not start: %s", run->id, run->error);
	if (run->spec)
		hint_foreign(work, run->spec->session);
	if (run->screen)
		print_screen(run->screen);
}

void
work_on_waiting(void *ctx, const char *holder)
{
	(void)ctx;
	if (globals.quiet)
		return;
	fprintf(stderr, "teamctl: waiting for %s\n",
	    *holder ? holder : "another teamctl");
}

void
work_count(struct work *work, enum drain_outcome outcome)
{
	switch (outcome) {
	case DRAIN_ALREADY_STOPPED:
		work->nr_stopped++;
		break;
	case DRAIN_DRAINED:
		work->nr_drained++;
		break;
	case DRAIN_KILLED:
		work->nr_killed++;
		break;
	case DRAIN_KILL_FAILED:
		work->nr_kill_failed++;
		break;
	case DRAIN_PENDING:
		break;
	}
}

/* It may be the agent as another program started it, or another checkout. */
static void
warn_foreign(const struct work *work, const struct run *run)
{
	const char *name = run->applied ? run->applied->session : NULL;
	char *text;

	if (run->drain.outcome != DRAIN_ALREADY_STOPPED || !name ||
	    !strmap_has(&work->engine.foreign, name))
		return;
	text = engine_foreign_text(&work->engine, name);
	cmd_warn("%s: it is left alone", text);
	if (!globals.quiet)
		hint_foreign(work, name);
	free(text);
}

void
work_on_settled(void *ctx, struct run *run)
{
	struct work *work = ctx;
	size_t i;

	if (run->start == START_NONE)
		work_count(work, run->drain.outcome);
	else if (run->start == START_FAILED)
		work->nr_failed++;
	else if (run->start != START_LEFT)
		work->nr_started++;
	work->print(work, run);
	if (run->start == START_NONE)
		warn_foreign(work, run);
	for (i = 0; run->start == START_NONE && i < run->survivors.nr; i++)
		cmd_error("agent '%s': process %s is still there", run->id,
		    run->survivors.v[i]);
}

/* "draining 3 agents, 7.5s left: p:a p:b p:c" on a terminal. */
void
work_on_progress(void *ctx, const struct engine *engine)
{
	struct work *work = ctx;
	struct strbuf line = STRBUF_INIT, names = STRBUF_INIT;
	struct mono last = { 0 }, now = os_now();
	size_t columns = output_live_columns(STDERR_FILENO), i, nr = 0;

	if (globals.quiet || !columns)
		return;
	for (i = 0; i < engine->nr_active; i++) {
		const struct run *run = engine->active[i];

		if (run->settled || run->start != START_NONE)
			continue;
		nr++;
		strbuf_addf(&names, " %s", run->id);
		if (mono_before(last, run->drain.deadline))
			last = run->drain.deadline;
	}
	if (nr) {
		strbuf_addf(&line, "draining %zu agent%s, ", nr,
		    nr == 1 ? "" : "s");
		units_add_duration(&line, mono_before(now, last) ?
		    mono_ms_until(now, last) : 0);
		strbuf_addf(&line, " left:%s", names.buf);
		fprintf(stderr, "\r\033[K%.*s", (int)columns - 1, line.buf);
		work->progress_shown = true;
	}
	strbuf_release(&line);
	strbuf_release(&names);
}

void
work_on_warning(void *ctx, const char *text)
{
	work_clear_progress(ctx);
	cmd_warn("%s", text);
}

void
work_on_interrupted(void *ctx)
{
	work_clear_progress(ctx);
	fputs("teamctl: still draining; press Ctrl-C again to kill\n",
	    stderr);
}
