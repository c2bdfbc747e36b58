/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl schema: the JSON schema of compose files, for editors.  It is also
 * installed as teamctl.schema.json.
 */
#include "cmd.h"
#include "keys.h"
#include "output.h"
#include "schema.h"

#include <stdio.h>

static struct schema_options {
	bool keys;
} options;

static const struct opt opts[] = {
	{ 0, "keys", OPT_FLAG, offsetof(struct schema_options, keys), NULL,
	    "list all keys instead, one a line" },
	{ 0 },
};

/* What a key is worth today. */
static const char *
effect(const struct key *key)
{
	if (key->flags & (KEY_LATER | KEY_LATER_UNLESS_DEFAULT))
		return "no effect yet";
	if (key->flags & KEY_COMPAT)
		return "compatibility only";
	return key->flags & KEY_OBSOLETE ? "obsolete" : "";
}

static void
print_key(void *ctx, const char *path, const struct key *key)
{
	struct strbuf type = STRBUF_INIT;

	(void)ctx;
	key_add_type(key, &type);
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", path,
	    *type.buf ? type.buf : "anything", key->def ? key->def : "",
	    key->since, effect(key), key->text);
	strbuf_release(&type);
}

static int
run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (options.keys)
		keys_each(print_key, NULL);
	else
		output_json(schema_json());
	return EXIT_DONE;
}

const struct cmd cmd_schema = {
	.name = "schema",
	.group = GROUP_OTHER,
	.summary = "print the JSON schema of compose files",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "An editor with a YAML language server completes and "
	    "checks keys with it.\n--keys prints path, kind, default, first "
	    "version, effect and meaning of each\nkey, with tabs between "
	    "them.\n",
};
