/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See sight.h.
 */
#include "sight.h"

#include "os.h"
#include "proc.h"

#include <stdlib.h>
#include <string.h>

enum { CLASSIFIER_MS = 5000, MAX_ANSWER = 64 << 10 };

const struct runtime *
sight_runtime(const struct sight *sight, const struct run *run)
{
	const struct agent *agent = view_agent(&sight->view, run->id);

	return agent ? agent->runtime : NULL;
}

const struct activity_verdict *
sight_verdict(const struct sight *sight, const struct run *run)
{
	static const struct activity_verdict unknown = ACTIVITY_VERDICT_INIT;
	const struct activity_verdict *verdict = observe_find(sight->observe,
	    run->id);

	return verdict ? verdict : &unknown;
}

/* The command that the runtime has for screens that no rule knows. */
static void
ask_classifier(const struct sight *sight, const struct run *run)
{
	const struct runtime *runtime = sight_runtime(sight, run);
	const char *screen = observe_open_question(sight->observe, run,
	    runtime);
	struct proc_options how = { .input = screen,
		.max_output = MAX_ANSWER };
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	struct proc_result result;

	if (!screen)
		return;
	how.input_len = strlen(screen);
	how.cwd = sight->view.source.root;
	how.timeout_ms = runtime->classifier_timeout_ms ?
	    runtime->classifier_timeout_ms : CLASSIFIER_MS;
	proc_run(runtime->classifier.v, &how, &out, &err, &result);
	if (result.timed_out)
		cmd_warn("the classifier of %s gave no answer in time",
		    runtime->name);
	else if (result.exit_code != 0 || !observe_answer(sight->observe,
	    run->id, out.buf, out.len))
		cmd_warn("the classifier of %s gave no answer that counts",
		    runtime->name);
	strbuf_release(&out);
	strbuf_release(&err);
}

/* Where only colours tell which answer is selected. */
static void
see_colors(struct sight *sight, struct run **runs, size_t nr)
{
	struct run **some = xcalloc(nr, sizeof(*some));
	char **plain = xcalloc(nr, sizeof(*plain));
	size_t i, nr_some = 0;

	for (i = 0; i < nr; i++) {
		if (!observe_is_by_color(sight->observe, runs[i]->id))
			continue;
		some[nr_some] = runs[i];
		plain[nr_some++] = runs[i]->screen;
		runs[i]->screen = NULL;
	}
	if (nr_some)
		engine_colored_screens(&sight->view.engine, some, nr_some);
	for (i = 0; i < nr_some; i++) {
		observe_colors(sight->observe, some[i]->id,
		    some[i]->screen ? some[i]->screen : "");
		free(some[i]->screen);
		some[i]->screen = plain[i];
	}
	free(some);
	free(plain);
}

static void
see(struct sight *sight, struct run **runs, size_t nr)
{
	size_t i;

	engine_screens(&sight->view.engine, runs, nr);
	sight->now_ms = os_wall_ms();
	for (i = 0; i < nr; i++) {
		observe_run(sight->observe, runs[i],
		    sight_runtime(sight, runs[i]), sight->now_ms);
		ask_classifier(sight, runs[i]);
	}
	see_colors(sight, runs, nr);
}

void
sight_look(struct sight *sight, struct run **runs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		runs[i]->alive = runs[i]->alive &&
		    os_is_running(runs[i]->shim);
	see(sight, runs, nr);
}

int
sight_pick(struct sight *sight, int argc, char **argv)
{
	size_t i, nr;
	int code;

	memset(sight, 0, sizeof(*sight));
	sight->typing = (struct typing)TYPING_INIT;
	sight->observe = observe_new();
	code = view_open(&sight->view);
	if (code == EXIT_DONE)
		code = view_observe(&sight->view);
	if (code == EXIT_DONE)
		code = targets_pick(&sight->targets, &sight->view.ids, argc,
		    argv);
	if (code != EXIT_DONE)
		return code;
	nr = sight->targets.ids.nr;
	sight->runs = xcalloc(nr, sizeof(*sight->runs));
	for (i = 0; i < nr; i++)
		sight->runs[i] = engine_run(&sight->view.engine,
		    sight->targets.ids.v[i]);
	return EXIT_DONE;
}

int
sight_open(struct sight *sight, int argc, char **argv)
{
	int code = sight_pick(sight, argc, argv);

	if (code == EXIT_DONE)
		see(sight, sight->runs, sight->targets.ids.nr);
	return code;
}

void
sight_close(struct sight *sight)
{
	typing_release(&sight->typing);
	observe_free(sight->observe);
	free(sight->runs);
	targets_release(&sight->targets);
	view_close(&sight->view);
}

bool
sight_claim(struct sight *sight, const struct run *run)
{
	return typing_claim(&sight->typing, sight->view.source.root, run->id);
}
