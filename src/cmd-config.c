/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl config: the team as it was understood, in one document.
 */
#include "cmd.h"
#include "config.h"
#include "output.h"
#include "yaml-write.h"

#include <stdlib.h>

static struct config_options {
	bool json;
} options;

static const struct opt opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct config_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static bool
is_picked(void *ctx, const struct agent *agent)
{
	const struct strmap *picked = ctx;

	return strmap_has(picked, agent->id);
}

static void
print(json_t *config)
{
	struct strbuf text = STRBUF_INIT;
	json_t *document, *escaped;
	char *json;

	if (options.json) {
		document = output_document();
		escaped = config_escaped(config);
		json_object_update(document, escaped);
		json_decref(escaped);
		json = json_dumps(document, JSON_INDENT(2) |
		    JSON_REAL_PRECISION(15));
		yaml_add_json(&text, json);
		strbuf_addch(&text, '\n');
		free(json);
		json_decref(document);
	} else {
		config_yaml(config, &text);
	}
	output_text(&text);
	strbuf_release(&text);
	json_decref(config);
}

static int
run(int argc, char **argv)
{
	struct strmap picked = STRMAP_INIT;
	struct strvec known = STRVEC_INIT;
	struct targets targets = { STRVEC_INIT };
	struct source source;
	struct team *team;
	int code = cmd_load(&source, &team);
	size_t i;

	if (code != EXIT_DONE)
		return code;
	for (i = 0; i < team->nr_agent; i++)
		strvec_push(&known, team->agents[i]->id);
	if (argc > 0)
		code = targets_pick(&targets, &known, argc, argv);
	for (i = 0; argc > 0 && code == EXIT_DONE && i < targets.ids.nr; i++)
		strmap_entry(&picked, targets.ids.v[i]);
	if (code == EXIT_DONE)
		print(config_json(team, argc > 0 ? is_picked : NULL, &picked));
	if (argc > 0)
		targets_release(&targets);
	strmap_release(&picked, NULL);
	strvec_release(&known);
	compose_free(team);
	return code;
}

const struct cmd cmd_config = {
	.name = "config",
	.group = GROUP_TEAM,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "print the resolved team",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "The whole document loads as a team of its own.  Values of "
	    "env_file and secrets,\nand of variables that are only named, are "
	    "not in it.\n",
};
