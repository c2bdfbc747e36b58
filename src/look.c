/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See look.h.
 */
#include "look.h"

#include "output.h"
#include "supervise.h"

#include <stdlib.h>
#include <string.h>

/* What the compose files say, where they are not as they were applied. */
static void
load_team(void *ctx)
{
	struct look *look = ctx;
	struct diags diags = DIAGS_INIT;
	size_t i;

	if (look->team || state_files_current(&look->engine.state))
		return;
	look->team = compose_load(&look->source, &diags);
	if (diags.nr_error)
		cmd_warn("the compose files cannot be used ('teamctl "
		    "validate' says why)");
	diags_release(&diags);
	for (i = 0; look->team && i < look->team->nr_agent; i++)
		engine_run(&look->engine, look->team->agents[i]->id);
}

static void
collect_known(struct look *look)
{
	size_t i;

	for (i = 0; look->team && i < look->team->nr_agent; i++)
		strvec_push(&look->known, look->team->agents[i]->id);
	for (i = 0; i < look->engine.nr; i++)
		if (!look->team || !strmap_has(&look->team->by_id,
		    look->engine.runs[i]->id))
			strvec_push(&look->known, look->engine.runs[i]->id);
}

int
look_at(struct look *look, int argc, char **argv)
{
	struct engine_options engine_options = {
		.late = true,
		.hooks = { .meanwhile = load_team, .warning = cmd_on_warning,
			.ctx = look },
	};
	struct strbuf err = STRBUF_INIT;
	enum engine_status status;
	int code;

	memset(look, 0, sizeof(*look));
	engine_init(&look->engine);
	code = cmd_find_root(&look->source);
	if (code != EXIT_DONE)
		return code;
	cmd_recover(look->source.root, NULL, NULL, NULL);
	engine_options.root = look->source.root;
	status = engine_open(&look->engine, &engine_options, &err);
	if (status == ENGINE_OK && err.len)
		cmd_warn("%s", err.buf);
	strbuf_reset(&err);
	if (!look->engine.is_late && !look->engine.state.names_server) {
		load_team(look); /* where else would the server be named? */
		if (look->team)
			engine_use_socket(&look->engine,
			    look->team->tmux_socket);
	}
	status = engine_observe(&look->engine, &err);
	if (look->engine.late_err.len)
		cmd_warn("%s", look->engine.late_err.buf);
	look->is.engine = &look->engine;
	look->is.words = &look->words;
	look->is.asked = status == ENGINE_OK &&
	    state_is_readable(look->source.root, &err);
	look->exit_code = status == ENGINE_UNAVAILABLE ? EXIT_UNAVAILABLE :
	    EXIT_DONE;
	if (status != ENGINE_OK)
		cmd_warn("%s", err.buf);
	look->is.supervised = supervise_is_running(look->source.root);
	superview_load(&look->words, look->source.root);
	look->is.locked = (!look->is.supervised || look->words.is_yielding) &&
	    state_is_locked(look->source.root);
	collect_known(look);
	code = targets_pick(&look->targets, &look->known, argc, argv);
	strbuf_release(&err);
	return code;
}

void
look_release(struct look *look)
{
	engine_close(&look->engine);
	compose_free(look->team);
	strvec_release(&look->known);
	targets_release(&look->targets);
	superview_release(&look->words);
}

void
look_measure(struct look *look, struct usage_sampler *sampler)
{
	size_t i, nr = 0, max = look->targets.ids.nr;
	bool is_first = usage_sampler_is_new(sampler);
	struct run **runs = xcalloc(max, sizeof(struct run *));
	struct usage *usage = xcalloc(max, sizeof(*usage));
	struct usage_of *of = xcalloc(max, sizeof(*of));
	const struct superview_agent *word;
	struct run *run;

	for (i = 0; i < max; i++) {
		run = engine_find(&look->engine, look->targets.ids.v[i]);
		if (!run || !run->alive)
			continue;
		runs[nr] = run;
		of[nr].shim = run->shim;
		of[nr++].cgroup = run_cgroup(run);
	}
	usage_sample(sampler, of, nr, usage);
	for (i = 0; i < nr; i++) {
		word = agentview_word(&look->is, runs[i]);
		if (is_first && look->is.supervised && word &&
		    word->memory_bytes > 0)
			usage[i].cpu_percent = word->cpu_percent;
		runs[i]->usage = usage[i];
	}
	free(runs);
	free(usage);
	free(of);
}

enum style
look_style(const char *state)
{
	if (str_eq(state, "running") || str_eq(state, "ready"))
		return STYLE_GOOD;
	if (str_eq(state, "failed") || str_eq(state, "lost"))
		return STYLE_BAD;
	return str_eq(state, "stopped") ? STYLE_DIM : STYLE_WARN;
}

json_t *
look_json(const struct look *look)
{
	json_t *document = output_document(), *agents = json_array();
	size_t i;

	for (i = 0; i < look->targets.ids.nr; i++)
		json_array_append_new(agents, agentview_json(&look->is,
		    engine_find(&look->engine, look->targets.ids.v[i])));
	json_object_set_new(document, "agents", agents);
	return document;
}
