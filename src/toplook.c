/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See toplook.h.
 */
#include "toplook.h"

#include "follow.h"
#include "look.h"
#include "os.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

static enum top_style
top_style_of(const char *state)
{
	switch (look_style(state)) {
	case STYLE_GOOD:
		return TOP_GOOD;
	case STYLE_BAD:
		return TOP_BAD;
	case STYLE_DIM:
		return TOP_DIM;
	case STYLE_PLAIN:
	case STYLE_BOLD:
	case STYLE_WARN:
		break;
	}
	return TOP_WARN;
}

static void
add_agent(struct top *top, const struct look *look, const struct run *run)
{
	const struct superview_agent *word = agentview_word(&look->is, run);
	struct usage usage = agentview_usage(&look->is, run);
	struct top_agent *agent = top_add(top, run->id);
	struct strbuf text = STRBUF_INIT;

	agent->state = xstrdup(agentview_state(&look->is, run));
	agent->style = top_style_of(agent->state);
	agent->restarts = run->applied ? run->applied->restarts : 0;
	agent->pane = run->present ? xstrdup_null(run->pane) : NULL;
	if (run_since(run))
		units_add_duration(&text, os_wall_ms() - run_since(run));
	agent->since = text.len ? strbuf_detach(&text) : NULL;
	if (word && run->alive && word->is_seen) {
		agent->activity = xstrdup(activity_name(
		    word->activity.activity));
		agent->waits = word->activity.activity == ACTIVITY_WAITING;
	}
	if (!usage.memory_bytes)
		return;
	units_add_size(&text, usage.memory_bytes);
	agent->memory = strbuf_detach(&text);
	if (usage.cpu_percent >= 0)
		agent->cpu = xasprintf("%lld%%",
		    (long long)usage.cpu_percent);
}

static void
add_screens(struct top *top, struct look *look)
{
	struct run **runs = xcalloc(top->nr, sizeof(struct run *));
	struct strbuf screen = STRBUF_INIT;
	size_t i;

	for (i = 0; i < top->nr; i++)
		runs[i] = engine_find(&look->engine, top->agents[i].id);
	engine_screens(&look->engine, runs, top->nr);
	for (i = 0; i < top->nr; i++) {
		if (!runs[i]->screen)
			continue;
		strbuf_addstr(&screen, runs[i]->screen);
		follow_cut_epitaph(&screen);
		top->agents[i].screen = strbuf_detach(&screen);
	}
	free(runs);
}

/* "web" of /home/me/web/.team */
static char *
team_name(const char *root)
{
	size_t len = strlen(root);
	char *name, *slash;

	if (str_ends(root, "/.team"))
		len -= strlen("/.team");
	name = xstrndup(root, len);
	slash = strrchr(name, '/');
	if (slash && slash[1])
		memmove(name, slash + 1, strlen(slash + 1) + 1);
	return name;
}

int
top_look(struct top *top, char **title, int argc, char **argv,
    struct usage_sampler *sampler)
{
	struct look look;
	int code = look_at(&look, argc, argv);
	size_t i;

	if (code == EXIT_DONE) {
		top_clear(top);
		look_measure(&look, sampler);
		for (i = 0; i < look.targets.ids.nr; i++)
			add_agent(top, &look, engine_find(&look.engine,
			    look.targets.ids.v[i]));
		top->is_supervised = look.is.supervised;
		if (look.is.asked)
			add_screens(top, &look);
	}
	if (!*title && look.source.root)
		*title = team_name(look.source.root);
	look_release(&look);
	return code;
}
