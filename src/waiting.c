/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See waiting.h.
 */
#include "waiting.h"

#include "os.h"
#include "readymark.h"
#include "supervise.h"
#include "superview.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 100,
	ABSENT_MS = 5000, /* a supervisor may be about to come */
};

/* What is remembered of an agent between two looks. */
struct waiting {
	const char *id;
	const struct agent *agent; /* NULL: not in the compose file */
	int64_t ready_generation;  /* seen ready in this run; 0: not yet */
	bool is_met;
	bool is_over;              /* it will not be so any more */
};

struct wait {
	struct view *view;
	enum wait_for what;
	struct waiting *all;
	size_t nr;
	struct superview words; /* the supervisor's, at this look */
	bool is_supervised;
	struct mono supervised; /* when that was so last */
};

static bool
is_running(const struct run *run)
{
	return run && run->alive && (run->forgotten ||
	    (run->record.state == RECORD_RUNNING &&
	    run->record.generation == run->generation));
}

static bool
has_probe(const struct probe *probe)
{
	return probe->kind != PROBE_NONE;
}

/* What the supervisor says of its present run, or NULL. */
static const struct superview_agent *
word_of(const struct wait *wait, const struct run *run)
{
	const struct superview_agent *word = superview_find(&wait->words,
	    run->id);

	return wait->is_supervised && word &&
	    word->generation == run->generation ? word : NULL;
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
	    has_probe(&one->agent->readiness) ||
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
ask_screens(const struct wait *wait, struct strbuf *out)
{
	struct engine *engine = &wait->view->engine;
	struct strbuf script = STRBUF_INIT, err = STRBUF_INIT;
	const struct run *run;
	size_t i;

	for (i = 0; i < wait->nr; i++) {
		run = engine_find(engine, wait->all[i].id);
		if (!is_running(run) || !ready_patterns(&wait->all[i]) ||
		    wait->all[i].ready_generation == run->generation)
			continue;
		strbuf_addf(&script, "display-message -p -t %s "
		    "'@teamctl-%ld #{pane_id}'\ncapture-pane -pJ -t %s\n",
		    run->pane, (long)getpid(), run->pane);
	}
	if (script.len > 0)
		tmux_run(&engine->tmux, &script, false, out, &err);
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
is_ready(const struct wait *wait, struct waiting *one, const struct run *run,
    const char *screens)
{
	const struct strvec *patterns = ready_patterns(one);
	const struct superview_agent *word;
	char *screen;

	if (!is_running(run))
		return false;
	if (readymark_read(wait->view->source.root, run->id) ==
	    run->generation)
		return true;
	if (one->agent && has_probe(&one->agent->readiness)) {
		word = word_of(wait, run);
		return word && word->is_ready;
	}
	if (!patterns || one->ready_generation == run->generation)
		return true;
	screen = find_screen(screens, run->pane);
	if (screen && shows_ready(patterns, screen))
		one->ready_generation = run->generation;
	free(screen);
	return one->ready_generation == run->generation;
}

static bool
is_healthy(const struct wait *wait, const struct waiting *one,
    const struct run *run)
{
	const struct superview_agent *word;

	if (!one->agent || !has_probe(&one->agent->health_check))
		return true;
	word = word_of(wait, run);
	return word && str_eq(word->health, health_state_name(HEALTH_OK));
}

/* Nobody is going to start it again. */
static bool
is_given_up(const struct wait *wait, const struct run *run)
{
	static const enum member_state last[] = { MEMBER_OFF, MEMBER_DONE,
		MEMBER_FAILED, MEMBER_QUARANTINED };
	const struct superview_agent *word;
	size_t i;

	if (!run || run->alive)
		return false;
	if (!wait->is_supervised)
		return true;
	word = superview_find(&wait->words, run->id);
	for (i = 0; word && i < nitems(last); i++)
		if (str_eq(word->state, member_state_name(last[i])))
			return true;
	return false;
}

static void
judge(struct wait *wait, struct waiting *one, const char *screens)
{
	const struct run *run = engine_find(&wait->view->engine, one->id);

	switch (wait->what) {
	case WAIT_RUNNING:
		one->is_met = is_running(run);
		break;
	case WAIT_STOPPED:
		one->is_met = !run || !run->alive;
		break;
	case WAIT_READY:
		one->is_met = is_ready(wait, one, run, screens);
		break;
	case WAIT_WELL:
		one->is_met = is_ready(wait, one, run, screens) &&
		    is_healthy(wait, one, run);
		one->is_over = !one->is_met && is_given_up(wait, run);
		/* What has done its work is as it should be. */
		if (one->is_over && run->record.state == RECORD_EXITED &&
		    run->record.exit_code == 0)
			one->is_met = true;
		break;
	}
}

/* Looks once; *over: nothing more is to be waited for. */
static int
look(struct wait *wait, bool *over)
{
	struct strbuf screens = STRBUF_INIT;
	int code = view_observe(wait->view);
	struct mono now = os_now();
	size_t i;

	superview_release(&wait->words);
	superview_load(&wait->words, wait->view->source.root);
	if (supervise_is_running(wait->view->source.root))
		wait->supervised = now;
	wait->is_supervised = mono_before(now,
	    mono_add_ms(wait->supervised, ABSENT_MS));
	if (code == EXIT_DONE && wait->what >= WAIT_READY)
		ask_screens(wait, &screens);
	*over = true;
	for (i = 0; i < wait->nr; i++) {
		judge(wait, &wait->all[i], screens.buf);
		*over &= wait->all[i].is_met || wait->all[i].is_over;
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

static const char *
name_of(enum wait_for what)
{
	static const char *const names[] = {
		[WAIT_RUNNING] = "running",
		[WAIT_STOPPED] = "stopped",
		[WAIT_READY] = "ready",
		[WAIT_WELL] = "ready",
	};

	return names[what];
}

/* Says what is not as it should be. */
static void
complain(const struct wait *wait, const char *prefix)
{
	const struct superview_agent *word;
	const struct waiting *one;
	const char *reason;
	size_t i;

	for (i = 0; i < wait->nr; i++) {
		one = &wait->all[i];
		if (one->is_met)
			continue;
		word = wait->what < WAIT_READY || !wait->is_supervised ? NULL :
		    superview_find(&wait->words, one->id);
		reason = word ? word->reason : "";
		cmd_error("%s%s is not %s%s%s", prefix, one->id,
		    wait->what == WAIT_WELL && word && word->is_ready ?
		    "healthy" : name_of(wait->what), *reason ? ": " : "",
		    reason);
	}
}

/* An agent runs whose probe nobody asks. */
static bool
lacks_supervisor(const struct wait *wait)
{
	const struct agent *agent;
	size_t i;

	if (wait->is_supervised || wait->what < WAIT_READY)
		return false;
	for (i = 0; i < wait->nr; i++) {
		agent = wait->all[i].agent;
		if (!wait->all[i].is_met && agent &&
		    (has_probe(&agent->readiness) ||
		    (wait->what == WAIT_WELL &&
		    has_probe(&agent->health_check))))
			return true;
	}
	return false;
}

static int
wait_for(struct wait *wait, struct mono deadline)
{
	bool over = false;
	size_t i;
	int code;

	for (;;) {
		code = look(wait, &over);
		if (code != EXIT_DONE)
			return code;
		if (over)
			break;
		if (lacks_supervisor(wait)) {
			complain(wait, "");
			cmd_hint("only a supervisor asks its probe, and none "
			    "runs: 'teamctl supervise'");
			return EXIT_NO_SUPERVISOR;
		}
		if (!mono_before(os_now(), deadline)) {
			complain(wait, "timed out: ");
			return EXIT_TIMEOUT;
		}
		nap(deadline);
	}
	complain(wait, "");
	for (i = 0; i < wait->nr; i++)
		if (!wait->all[i].is_met)
			return EXIT_FAILED;
	return EXIT_DONE;
}

int
waiting_run(struct view *view, const struct strvec *ids, enum wait_for what,
    int64_t timeout_ms)
{
	struct wait wait = { .view = view, .what = what, .nr = ids->nr,
		.supervised = os_now() };
	struct mono deadline = MONO_NEVER;
	size_t i;
	int code;

	if (timeout_ms >= 0)
		deadline = mono_add_ms(os_now(), timeout_ms);
	wait.all = xcalloc(wait.nr, sizeof(*wait.all));
	for (i = 0; i < wait.nr; i++) {
		wait.all[i].id = ids->v[i];
		wait.all[i].agent = view_agent(view, ids->v[i]);
	}
	code = wait_for(&wait, deadline);
	superview_release(&wait.words);
	free(wait.all);
	return code;
}

int
waiting_well(const struct strvec *ids, int64_t timeout_ms)
{
	struct view view;
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = waiting_run(&view, ids, WAIT_WELL, timeout_ms);
	view_close(&view);
	return code;
}
