/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl validate: all that is wrong with a team's files, at once.
 */
#include "cmd.h"
#include "output.h"

#include <stdio.h>

static struct validate_options {
	bool strict, json;
} options;

static const struct opt opts[] = {
	{ 0, "strict", OPT_FLAG, offsetof(struct validate_options, strict),
	    NULL, "take warnings as errors" },
	{ 0, "json", OPT_FLAG, offsetof(struct validate_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static json_t *
finding_json(const struct diag *diag)
{
	return json_pack("{s:s, s:o, s:i, s:i, s:s, s:o, s:o}",
	    "level", diag_level_name(diag->level),
	    "file", jstring(diag->pos.file),
	    "line", diag->pos.line, "col", diag->pos.col,
	    "rule", diag->rule,
	    "message", jstring(diag->message),
	    "hint", jstring(diag->hint));
}

static void
print_json(struct diags *diags)
{
	json_t *document = output_document(), *findings = json_array();
	size_t i;

	diags_sort(diags);
	for (i = 0; i < diags->nr; i++)
		json_array_append_new(findings, finding_json(&diags->d[i]));
	json_object_set_new(document, "ok", json_boolean(!diags->nr_error));
	json_object_set_new(document, "findings", findings);
	output_json(document);
}

static const char *
plural(size_t nr)
{
	return nr == 1 ? "" : "s";
}

static void
print_text(struct diags *diags, const struct team *team)
{
	struct strbuf text = STRBUF_INIT;

	diags_sort(diags);
	if (globals.quiet)
		diags_keep(diags, DIAG_ERROR);
	diags_print(diags, &text);
	fputs(text.buf, stderr);
	strbuf_release(&text);
	if (diags->nr_error)
		fprintf(stderr, "%zu error%s, %zu warning%s\n",
		    diags->nr_error, plural(diags->nr_error),
		    diags->nr_warning, plural(diags->nr_warning));
	else
		printf("ok \xc2\xb7 %zu project%s \xc2\xb7 %zu agent%s\n",
		    team->nr_project, plural(team->nr_project),
		    team->nr_agent, plural(team->nr_agent));
}

static int
run(int argc, char **argv)
{
	struct diags diags = DIAGS_INIT;
	struct source source;
	struct team *team;
	int code = cmd_find_root(&source);

	(void)argc;
	(void)argv;
	if (code != EXIT_DONE)
		return code;
	diags.strict = options.strict;
	team = compose_load(&source, &diags);
	if (team) {
		validate(team, &source, &diags);
		validate_folders(team, &source, &diags);
	}
	if (options.json)
		print_json(&diags);
	else
		print_text(&diags, team);
	code = diags.nr_error ? EXIT_INVALID : EXIT_DONE;
	diags_release(&diags);
	compose_free(team);
	return code;
}

const struct cmd cmd_validate = {
	.name = "validate",
	.group = GROUP_TEAM,
	.flags = CMD_TELLS_ROOT,
	.summary = "check the compose files",
	.opts = opts,
	.values = &options,
	.run = run,
};
