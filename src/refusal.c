/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See refusal.h.
 */
#include "refusal.h"

#include "gate.h"
#include "jstring.h"
#include "os.h"
#include "output.h"

#include <string.h>

static const struct opt *
find(const struct cmd *cmd, const char *name)
{
	const struct opt *opt;

	for (opt = cmd->opts; opt && opt->name; opt++)
		if (strcmp(opt->name, name) == 0)
			return opt;
	return NULL;
}

bool
refusal_has_flag(const struct cmd *cmd, const char *name)
{
	const struct opt *opt = find(cmd, name);

	return opt && *(const bool *)((const char *)cmd->values +
	    opt->offset);
}

static json_t *
text(const struct cmd *cmd, const char *name)
{
	const struct opt *opt = find(cmd, name);
	const char *value = NULL;

	if (opt)
		memcpy(&value, (const char *)cmd->values + opt->offset,
		    sizeof(value));
	return jstring(value);
}

/* Also where the words could not be understood. */
static bool
wants_json(const struct cmd *cmd, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return refusal_has_flag(cmd, "json");
}

static json_t *
result(const char *operand)
{
	return json_pack("{s:o, s:s, s:n, s:n, s:n, s:n, s:s, s:b, s:b, s:n, "
	    "s:b, s:s, s:o}", "agent", jstring(operand),
	    "situation", "absent", "operation_before", "operation_after",
	    "generation", "attempt", "decision", "rejected",
	    "idempotent", 0, "cancel_delivered", 0, "stop", "frozen", 0,
	    "state", "refused", "message",
	    jstring(cmd_first_error()));
}

static const char *
verb(const struct cmd *cmd)
{
	if (strcmp(cmd->name, "pause") != 0)
		return cmd->name;
	return refusal_has_flag(cmd, "stop") ? "pause --stop" :
	    "pause --freeze";
}

void
refusal_print(const struct cmd *cmd, int code, int argc, char **argv,
    const struct strvec *operands)
{
	json_t *document, *results = json_array();
	char user[128];
	size_t i;

	if (code == EXIT_DONE || !find(cmd, "by") || !find(cmd, "json") ||
	    !wants_json(cmd, argc, argv) || output_has_json()) {
		json_decref(results);
		return;
	}
	os_user_name(user, sizeof(user));
	for (i = 0; code == EXIT_NO_AGENT && i < operands->nr; i++)
		json_array_append_new(results, result(operands->v[i]));
	document = output_document();
	json_object_set_new(document, "ok", json_false());
	json_object_set_new(document, "verb", json_string(verb(cmd)));
	json_object_set_new(document, "command_id", text(cmd, "command-id"));
	json_object_set_new(document, "requested_by", json_string(user));
	json_object_set_new(document, "claimed_by", text(cmd, "by"));
	json_object_set_new(document, "from_agent", jstring(gate_agent()));
	json_object_set_new(document, "reason", text(cmd, "reason"));
	json_object_set_new(document, "dry_run",
	    json_boolean(refusal_has_flag(cmd, "dry-run")));
	json_object_set_new(document, "decision", code == EXIT_TIMEOUT ?
	    json_null() : json_string("rejected"));
	json_object_set_new(document, "exit_code", json_integer(code));
	json_object_set_new(document, "error",
	    jstring(cmd_first_error()));
	json_object_set_new(document, "results", results);
	output_json(document);
}
