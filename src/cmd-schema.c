/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl schema: the JSON schema of compose files, for editors.  It is also
 * installed as teamctl.schema.json.
 */
#include "cmd.h"
#include "output.h"
#include "schema.h"

static int
run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	output_json(schema_json());
	return EXIT_DONE;
}

const struct cmd cmd_schema = {
	.name = "schema",
	.group = GROUP_OTHER,
	.summary = "print the JSON schema of compose files",
	.run = run,
	.details = "An editor with a YAML language server completes and "
	    "checks keys with it.\n",
};
