/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl version: which build this is.  It reads no file, so that it works
 * where nothing else does.
 */
#include "cmd.h"
#include "output.h"

#include <stdio.h>

static struct version_options {
	bool json;
} options;

static const struct opt opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct version_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

static int
run(int argc, char **argv)
{
	json_t *document;

	(void)argc;
	(void)argv;
	if (!options.json) {
		puts("teamctl " TEAMCTL_VERSION);
		return EXIT_DONE;
	}
	document = output_document();
	json_object_set_new(document, "version",
	    json_string(TEAMCTL_VERSION));
	output_json(document);
	return EXIT_DONE;
}

const struct cmd cmd_version = {
	.name = "version",
	.group = GROUP_OTHER,
	.summary = "show the version",
	.opts = opts,
	.values = &options,
	.run = run,
};
