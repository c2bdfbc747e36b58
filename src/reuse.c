/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See reuse.h.
 */
#include "reuse.h"

#include <stdlib.h>
#include <string.h>

static void
reuse_applied(struct spec *spec, const struct applied *applied,
    const struct agent *agent, const char *root)
{
	char *stem = xstrdup(applied->id);
	size_t i;

	stem[strcspn(stem, ":")] = '-';
	memset(spec, 0, sizeof(*spec));
	spec->id = xstrdup(applied->id);
	spec->session = xstrdup(applied->session ? applied->session : stem);
	spec->env_file = xasprintf("%s/state/envs/%s.env", root, stem);
	spec->launch_file = xasprintf("%s/state/launch/%s.launch", root,
	    stem);
	spec->cwd = xstrdup(applied->cwd ? applied->cwd : root);
	spec->drain = applied->drain;
	spec->logs = applied->logs;
	memset(&spec->drain.keys, 0, sizeof(spec->drain.keys));
	strvec_pushall(&spec->drain.keys, &applied->drain.keys);
	strvec_pushall(&spec->depends_on, &applied->depends_on);
	spec->restart = agent ? agent->restart : applied->restart;
	if (agent) {
		for (i = 0; i < FP_NR; i++)
			spec->fp[i] = xstrdup_null(applied->fp[i]);
	}
	free(stem);
}

void
reuse_all(struct engine *engine, const struct team *team, struct specs *specs)
{
	const struct state *state = &engine->state;
	const struct agent *agent;
	size_t i;

	specs_release(specs);
	specs->s = xcalloc(state->nr, sizeof(*specs->s));
	for (i = 0; i < state->nr; i++) {
		agent = team ? strmap_get(&team->by_id,
		    state->agents[i]->id) : NULL;
		reuse_applied(&specs->s[specs->nr++], state->agents[i], agent,
		    engine->root);
	}
	engine_want(engine, specs);
}
