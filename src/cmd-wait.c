/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl wait: returns when all agents of the targets are as asked for.  What
 * counts is the state itself, not a change: it may have been so all along.
 */
#include "os.h"
#include "view.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 100 };

static struct wait_options {
	const char *what;
	int64_t timeout_ms;
} options = { .what = "running", .timeout_ms = -1 };

static const struct opt opts[] = {
	{ 0, "for", OPT_CHOICE, offsetof(struct wait_options, what),
	    "running|stopped|ready", "what to wait for; default: running" },
	{ 't', "timeout", OPT_DURATION,
	    offsetof(struct wait_options, timeout_ms), "TIME",
	    "exit 5 when it takes longer" },
	{ 0 },
};

/* What is remembered of an agent between two looks. */
struct waiting {
	const char *id;
	const struct agent *agent; /* NULL: not in the compose file */
	int64_t ready_generation;  /* seen ready in this run; 0: not yet */
	bool is_met;
};

static bool
is_running(const struct run *run)
{
	return run && run->alive && run->record.state == RECORD_RUNNING &&
	    run->record.generation == run->generation;
}

/* A pattern that its descriptor's check let pass, but regcomp does not. */
static bool
matches(const char *pattern, const char *screen)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
		return false;
	found = regexec(&regex, screen, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static const struct strvec *
ready_patterns(const struct waiting *one)
{
	if (!one->agent || !one->agent->runtime ||
	    one->agent->runtime->ready_patterns.nr == 0)
		return NULL;
	return &one->agent->runtime->ready_patterns;
}

static bool
shows_ready(const struct strvec *patterns, const char *screen)
{
	size_t i;

	for (i = 0; i < patterns->nr; i++) {
		if (matches(patterns->v[i], screen))
			return true;
	}
	return false;
}

/* One client shows all screens; each begins with a line that we know. */
static void
ask_screens(struct view *view, struct waiting *all, size_t nr,
    struct strbuf *out)
{
	struct strbuf script = STRBUF_INIT, err = STRBUF_INIT;
	const struct run *run;
	size_t i;

	for (i = 0; i < nr; i++) {
		run = engine_find(&view->engine, all[i].id);
		if (!is_running(run) || !ready_patterns(&all[i]) ||
		    all[i].ready_generation == run->generation)
			continue;
		strbuf_addf(&script, "display-message -p -t %s "
		    "'@teamctl-%ld #{pane_id}'\ncapture-pane -pJ -t %s\n",
		    run->pane, (long)getpid(), run->pane);
	}
	if (script.len > 0)
		tmux_run(&view->engine.tmux, &script, false, out, &err);
	strbuf_release(&script);
	strbuf_release(&err);
}

/* The screen of a pane out of what tmux printed; the caller frees. */
static char *
find_screen(const char *text, const char *pane)
{
	char *head = xasprintf("@teamctl-%ld %s\n", (long)getpid(), pane);
	char *mark = xasprintf("@teamctl-%ld %%", (long)getpid());
	const char *start = strstr(text, head), *end;
	char *screen = NULL;

	if (start) {
		start += strlen(head);
		end = strstr(start, mark);
		screen = xstrndup(start, end ? (size_t)(end - start) :
		    strlen(start));
	}
	free(head);
	free(mark);
	return screen;
}

static bool
is_ready(struct waiting *one, const struct run *run, const char *screens)
{
	const struct strvec *patterns = ready_patterns(one);
	char *screen;

	if (!is_running(run))
		return false;
	if (!patterns || one->ready_generation == run->generation)
		return true;
	screen = find_screen(screens, run->pane);
	if (screen && shows_ready(patterns, screen))
		one->ready_generation = run->generation;
	free(screen);
	return one->ready_generation == run->generation;
}

/* Looks once; *met says whether all are as they should be. */
static int
look(struct view *view, struct waiting *all, size_t nr, bool *met)
{
	bool want_ready = strcmp(options.what, "ready") == 0;
	bool want_stopped = strcmp(options.what, "stopped") == 0;
	struct strbuf screens = STRBUF_INIT;
	const struct run *run;
	int code = view_observe(view);
	size_t i;

	if (code == EXIT_DONE && want_ready)
		ask_screens(view, all, nr, &screens);
	*met = true;
	for (i = 0; i < nr; i++) {
		run = engine_find(&view->engine, all[i].id);
		if (want_ready)
			all[i].is_met = is_ready(&all[i], run, screens.buf);
		else if (want_stopped)
			all[i].is_met = !run || !run->alive;
		else
			all[i].is_met = is_running(run);
		*met &= all[i].is_met;
	}
	strbuf_release(&screens);
	return code;
}

static void
nap(struct mono deadline)
{
	int64_t left = mono_ms_until(os_now(), deadline);
	long ms = left < LOOK_MS ? (long)(left > 0 ? left : 0) : LOOK_MS;
	struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

static int
time_out(const struct waiting *all, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!all[i].is_met)
			cmd_error("timed out: %s is not %s", all[i].id,
			    options.what);
	}
	return EXIT_TIMEOUT;
}

static int
wait_for(struct view *view, const struct targets *targets)
{
	struct waiting *all = xcalloc(targets->ids.nr, sizeof(*all));
	struct mono deadline = MONO_NEVER;
	size_t i, nr = targets->ids.nr;
	bool met = false;
	int code;

	if (options.timeout_ms >= 0)
		deadline = mono_add_ms(os_now(), options.timeout_ms);
	for (i = 0; i < nr; i++) {
		all[i].id = targets->ids.v[i];
		all[i].agent = view_agent(view, all[i].id);
	}
	code = look(view, all, nr, &met);
	while (code == EXIT_DONE && !met) {
		if (!mono_before(os_now(), deadline)) {
			code = time_out(all, nr);
			break;
		}
		nap(deadline);
		code = look(view, all, nr, &met);
	}
	free(all);
	return code;
}

static int
run(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct view view;
	int code;

	code = view_open(&view);
	if (code == EXIT_DONE)
		code = view_observe(&view);
	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (code == EXIT_DONE)
		code = wait_for(&view, &targets);
	targets_release(&targets);
	view_close(&view);
	return code;
}

const struct cmd cmd_wait = {
	.name = "wait",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "wait until agents run, are ready or have stopped",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "An agent is ready when its screen has shown what its "
	    "runtime shows then; when\nthe runtime does not say, running is "
	    "enough.  Exit status: 0 it is so, 5 it took\ntoo long, 4 there "
	    "is no such agent.\n",
};
