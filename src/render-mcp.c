/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The file that tells an agent which MCP servers to start: the original's
 * "team" when its program is there, and those that the agent declares.
 */
#include "render-part.h"

#include "jstring.h"
#include "keys.h"
#include "rules.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *
variables(const struct strvec *sv)
{
	json_t *map = json_object();
	const char *eq;
	char *name;
	size_t i;

	for (i = 0; i < sv->nr; i++) {
		eq = strchr(sv->v[i], '=');
		if (!eq)
			continue;
		name = xstrndup(sv->v[i], (size_t)(eq - sv->v[i]));
		json_object_set_new(map, name, json_string(eq + 1));
		free(name);
	}
	return map;
}

/*
 * All servers by name, each { command, args, env }; NULL when a path of
 * theirs cannot stand in JSON because it is not UTF-8.
 */
static json_t *
servers(const struct render *render, const struct agent *agent)
{
	const struct mcp_server *mcp;
	json_t *all = json_object();
	int rc = 0;
	size_t i;

	for (i = 0; i < agent->nr_mcp; i++) {
		mcp = &agent->mcps[i];
		rc |= json_object_set_new(all, mcp->name,
		    json_pack("{s:s, s:o, s:o}", "command", mcp->command,
		    "args", jstrings(&mcp->args), "env", variables(&mcp->env)));
	}
	if (render->team_mcp)
		rc |= json_object_set_new(all, KEY_OWN_MCP,
		    json_pack("{s:s, s:[s,s,s,s], s:{}}", "command",
		    render->team_mcp, "args", "--agent-id", agent->id,
		    "--mailbox", render->team->broker_path, "env"));
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

static char *
dump(json_t *root)
{
	struct strbuf out = STRBUF_INIT;
	char *text = json_dumps(root, JSON_SORT_KEYS | JSON_INDENT(2));

	json_decref(root);
	if (!text)
		return NULL;
	/* Allocated by jansson; ours end in strbuf's free(). */
	strbuf_addstr(&out, text);
	free(text);
	return strbuf_detach(&out);
}

static char *
format_claude(const char *prompt, json_t *all)
{
	(void)prompt;
	return dump(json_pack("{s:o}", "mcpServers", all));
}

/* opencode's: one list for the command, other names, and the role prompt. */
static char *
format_opencode(const char *prompt, json_t *all)
{
	json_t *mcp = json_object(), *root, *server, *command;
	const char *name;

	json_object_foreach(all, name, server) {
		command = json_array();
		json_array_append(command, json_object_get(server, "command"));
		json_array_extend(command, json_object_get(server, "args"));
		json_object_set_new(mcp, name, json_pack(
		    "{s:s, s:b, s:o, s:O}", "type", "local", "enabled", 1,
		    "command", command, "environment",
		    json_object_get(server, "env")));
	}
	json_decref(all);
	root = json_pack("{s:s, s:o}", "$schema",
	    "https://opencode.ai/config.json", "mcp", mcp);
	if (*prompt)
		json_object_set_new(root, "instructions",
		    json_pack("[s]", prompt));
	return dump(root);
}

/* A JSON string is a TOML string too, and so is a list of them. */
static void
add_toml(struct strbuf *out, const char *server, const char *key,
    const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	strbuf_addf(out, "mcp_servers.%s.%s=%s\n", server, key,
	    text ? text : "\"\"");
	free(text);
}

/*
 * codex has no option for a file; its wrapper hands over these lines one by
 * one.  They become arguments, which anybody can read, so of the variables
 * only the names stand here: codex passes those on from its own environment,
 * where render-env.c puts the values.
 */
static char *
format_codex(const char *prompt, json_t *all)
{
	struct strbuf out = STRBUF_INIT;
	const char *name, *variable;
	json_t *server, *value, *names;

	(void)prompt;
	json_object_foreach(all, name, server) {
		add_toml(&out, name, "command",
		    json_object_get(server, "command"));
		add_toml(&out, name, "args", json_object_get(server, "args"));
		names = json_array();
		json_object_foreach(json_object_get(server, "env"), variable,
		    value)
			json_array_append_new(names, json_string(variable));
		if (json_array_size(names))
			add_toml(&out, name, "env_vars", names);
		json_decref(names);
	}
	json_decref(all);
	return strbuf_detach(&out);
}

void
render_mcp(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	/* Each takes all over. */
	static char *(*const format[])(const char *prompt, json_t *all) = {
		[MCP_CLAUDE] = format_claude,
		[MCP_CODEX] = format_codex,
		[MCP_OPENCODE] = format_opencode,
	};
	json_t *all = servers(render, agent);
	char *prompt = render_prompt_path(render, agent, spec);

	if (all)
		spec->mcp_text = format[agent->runtime ?
		    agent->runtime->mcp_format : MCP_CLAUDE](prompt, all);
	free(prompt);
	if (!spec->mcp_text)
		render_refuse(render, spec, agent->pos, RULE_MCP_TEXT,
		    "agent '%s': its MCP servers hold text that is not UTF-8",
		    agent->id);
	if (agent->nr_mcp && agent->runtime && !agent->runtime->supports_mcp)
		diag_warning(render->diags, agent->pos, RULE_MCP_UNSUPPORTED,
		    "agent '%s' declares MCP servers, which runtime '%s' does "
		    "not support", agent->id, agent->runtime->name);
}
