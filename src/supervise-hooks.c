/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: hooks.  Those of `on` are told what the journal
 * says, whoever wrote it: the supervisor reads on where it was, also after a
 * command has had the team and after its own end.
 */
#include "supervise.h"

#include "os.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HOOK_MS = 10 * 1000,
	MAX_RUNNING = 8,
	MAX_WAITING = 256,
	LATE_MS = 5 * 60 * 1000, /* nobody wants to hear of it any more */
	FIRST_LOOK = 200,        /* lines, of a journal never read before */
};

struct hook {
	struct supervisor *sup;
	char *id; /* whom it is about */
	struct strvec argv;
	char *input;
	struct probe_run *run; /* NULL: it waits */
	struct hook *next;
};

struct hooks {
	struct hook *first; /* running ones and then those that wait */
	size_t nr, nr_running;
	struct journal_place place;
	char since[32]; /* as the journal writes times: what is older is late */
};

static void
hook_free(struct hook *hook)
{
	strvec_release(&hook->argv);
	free(hook->id);
	free(hook->input);
	free(hook);
}

static void
unlink_hook(struct hooks *hooks, const struct hook *hook)
{
	struct hook **at = &hooks->first;

	while (*at != hook)
		at = &(*at)->next;
	*at = hook->next;
	hooks->nr--;
}

/* why: NULL when it went well. */
static void
note_hook(struct supervisor *sup, const char *id, const char *why)
{
	if (why)
		sup->options->log("a hook of %s: %s", id, why);
	sup->is_dirty = true;
	journal_add(&sup->engine.journal, why ? EVENT_HOOK_FAILED :
	    EVENT_HOOK_RAN, id, 0, why, NULL);
	sup_rearm(sup);
}

static void begin_waiting(struct supervisor *sup);

static void
on_done(void *ctx, bool ok, const char *text)
{
	struct hook *hook = ctx;
	struct supervisor *sup = hook->sup;

	sup->hooks->nr_running--;
	unlink_hook(sup->hooks, hook);
	note_hook(sup, hook->id, ok ? NULL : text);
	hook_free(hook);
	begin_waiting(sup);
}

/* A name alone is one of ours, if there is one; else it is found on PATH. */
static char *
find_program(const struct supervisor *sup, const char *word)
{
	const char *share = sup->options->source->share;
	char *path;

	if (*word == '/')
		return xstrdup(word);
	if (strchr(word, '/'))
		return xasprintf("%s/%s", sup->options->root, word);
	path = xasprintf("%s/hooks/%s", share ? share : "", word);
	if (share && access(path, X_OK) == 0)
		return path;
	free(path);
	return xstrdup(word);
}

static bool
begin(struct hook *hook)
{
	struct supervisor *sup = hook->sup;
	struct strvec env = STRVEC_INIT, argv = STRVEC_INIT;
	size_t i;

	strvec_take(&argv, find_program(sup, hook->argv.v[0]));
	for (i = 1; i < hook->argv.nr; i++)
		strvec_push(&argv, hook->argv.v[i]);
	sup_mark_env(sup, &env);
	hook->run = hook_begin(sup->loop, argv.v, sup->options->root, env.v,
	    hook->input, HOOK_MS, on_done, hook);
	strvec_release(&argv);
	strvec_release(&env);
	return hook->run;
}

static void
begin_waiting(struct supervisor *sup)
{
	struct hooks *hooks = sup->hooks;
	struct hook *hook = hooks->first, *next;

	for (; hook && hooks->nr_running < MAX_RUNNING; hook = next) {
		next = hook->next;
		if (hook->run)
			continue;
		if (begin(hook)) {
			hooks->nr_running++;
			continue;
		}
		unlink_hook(hooks, hook);
		note_hook(sup, hook->id, "it cannot be run");
		hook_free(hook);
	}
}

void
sup_hook(struct supervisor *sup, const char *id, const struct strvec *argv,
    const char *input)
{
	struct hooks *hooks = sup->hooks;
	struct hook *hook, **at = &hooks->first;

	if (hooks->nr >= MAX_RUNNING + MAX_WAITING) {
		note_hook(sup, id, "too many wait already");
		return;
	}
	hook = xcalloc(1, sizeof(*hook));
	hook->sup = sup;
	hook->id = xstrdup(id);
	hook->input = xasprintf("%s\n", input);
	strvec_pushall(&hook->argv, argv);
	while (*at)
		at = &(*at)->next;
	*at = hook;
	hooks->nr++;
	begin_waiting(sup);
}

/* ---- what the journal says ---- */

static void
run_all(struct supervisor *sup, const struct hook_list *list,
    const char *id, const char *input)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		sup_hook(sup, id, &list->argv[i], input);
}

static void
tell(struct supervisor *sup, const json_t *event)
{
	const char *id = json_string_value(json_object_get(event, "agent"));
	const char *time = json_string_value(json_object_get(event, "time"));
	enum hook_word word = hook_word_of(event);
	struct strvec line = STRVEC_INIT;
	const struct agent *agent;
	char *input;

	if (word == HOOK_NR || !id || !time ||
	    strcmp(time, sup->hooks->since) < 0)
		return;
	agent = strmap_get(&sup->team->by_id, id);
	input = hook_input(word, sup->options->root, event);
	run_all(sup, &sup->team->on[word], id, input);
	if (agent)
		run_all(sup, &agent->on[word], id, input);
	if (word == HOOK_WAITING && sup->options->on_wait) {
		strvec_push(&line, "sh");
		strvec_push(&line, "-c");
		strvec_push(&line, sup->options->on_wait);
		sup_hook(sup, id, &line, input);
		strvec_release(&line);
	}
	free(input);
}

static int
take(void *ctx, const char *line, size_t len)
{
	json_t *event = json_loadb(line, len, 0, NULL);

	if (event)
		tell(ctx, event);
	json_decref(event);
	return 0;
}

static bool
has_hooks(const struct supervisor *sup)
{
	size_t i, j;

	if (sup->options->on_wait)
		return true;
	for (i = 0; i < HOOK_NR; i++) {
		if (sup->team->on[i].nr)
			return true;
		for (j = 0; j < sup->team->nr_agent; j++)
			if (sup->team->agents[j]->on[i].nr)
				return true;
	}
	return false;
}

static void
set_since(struct hooks *hooks)
{
	time_t t = (time_t)((os_wall_ms() - LATE_MS) / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(hooks->since, sizeof(hooks->since), "%Y-%m-%dT%H:%M:%S",
	    &tm);
}

void
sup_hooks_tick(struct supervisor *sup)
{
	static const struct journal_reader reader = { take, NULL };
	struct hooks *hooks = sup->hooks;
	struct strbuf err = STRBUF_INIT;
	int64_t seq = sup->engine.journal.last.seq; /* 0: not known */

	if (!sup_acts(sup))
		return;
	if (!sup->team || !has_hooks(sup)) {
		if (seq)
			hooks->place = (struct journal_place){ .seq = seq };
		return;
	}
	if (hooks->place.seq == 0 && seq > FIRST_LOOK)
		hooks->place.seq = seq - FIRST_LOOK;
	set_since(hooks);
	if (journal_since(sup->options->root, &hooks->place, &reader, sup,
	    &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
}

int64_t
sup_hooks_seq(const struct supervisor *sup)
{
	return sup->hooks->place.seq;
}

void
sup_hooks_begin(struct supervisor *sup)
{
	sup->hooks = xcalloc(1, sizeof(*sup->hooks));
}

void
sup_hooks_load(struct supervisor *sup, int64_t seq)
{
	sup->hooks->place.seq = seq;
}

void
sup_hooks_end(struct supervisor *sup)
{
	struct hook *hook, *next;

	for (hook = sup->hooks ? sup->hooks->first : NULL; hook;
	    hook = next) {
		next = hook->next;
		probe_cancel(hook->run);
		hook_free(hook);
	}
	free(sup->hooks);
	sup->hooks = NULL;
}
