/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * An agent's env file: the original's variables in the original's order,
 * then those of the descriptor, of .env, of env_file and environment.  A name
 * stands once, where it came first, with the value that counts.
 */
#include "render-part.h"

#include "envfile.h"
#include "rules.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

struct env {
	struct strmap vars;  /* by name, the owned value */
	size_t nr_fixed;     /* so many of them are the original's */
	char session_id[UUID_TEXT]; /* made when it is asked for */
	char *session_name;
};

/* False when the name is one that nobody may change. */
static bool
env_put(struct env *env, const char *name, const char *value)
{
	struct strmap_entry *entry = strmap_entry(&env->vars, name);

	if ((size_t)(entry - env->vars.entry) < env->nr_fixed)
		return false;
	free(entry->value);
	entry->value = xstrdup(value);
	return true;
}

/* The same for "NAME=value", and only when there is no such name yet. */
static void
env_default(struct env *env, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	char *name = xstrndup(assignment, (size_t)(eq - assignment));

	if (!strmap_has(&env->vars, name))
		env_put(env, name, eq + 1);
	free(name);
}

static void
put_given(struct env *env, const char *name, const char *value)
{
	if (value && *value)
		env_put(env, name, value);
}

char *
render_prompt_path(const struct render *render, const struct agent *agent,
    const struct spec *spec)
{
	const char *path;

	if (agent->role_prompts.nr == 0)
		return xstrdup("");
	if (spec->prompt_file)
		return xstrdup(spec->prompt_file);
	path = agent->role_prompts.v[0];
	if (*path == '/')
		return xstrdup(path);
	return xasprintf("%s/%s", render->team->root, path);
}

/* Names and order of the original (0.7.2; the last two of later ones). */
static void
put_original(struct render *render, const struct agent *agent,
    const struct spec *spec, struct env *env)
{
	const struct runtime *runtime = agent->runtime;
	char *prompt = render_prompt_path(render, agent, spec);
	const char *model = agent->model;

	if (!model && runtime)
		model = runtime->default_model;
	env_put(env, "AGENT_ID", agent->id);
	env_put(env, "PROJECT_ID", agent->project->id);
	env_put(env, "RUNTIME",
	    agent->runtime_name ? agent->runtime_name : "command");
	put_given(env, "MODEL", model);
	put_given(env, "PERMISSION_MODE", agent->permission_mode);
	put_given(env, "EFFORT", agent->effort);
	env_put(env, "TEAMCTL_MAILBOX", render->team->broker_path);
	env_put(env, "MCP_CONFIG", spec->mcp_file);
	env_put(env, "SYSTEM_PROMPT_PATH", prompt);
	env_put(env, "CLAUDE_PROJECT_DIR", agent->cwd);
	env_put(env, "TEAMCTL_ROOT", render->team->root);
	env_put(env, "TMUX_SESSION", agent->session);
	env->nr_fixed = env->vars.nr;
	free(prompt);
}

/* Lookup of runtime_expand. */
static const char *
variable(void *ctx, const char *name)
{
	struct env *env = ctx;

	if (strcmp(name, "SESSION_ID") == 0) {
		if (!*env->session_id)
			uuid_of_session(env->session_name, env->session_id);
		return env->session_id;
	}
	if (strcmp(name, "SESSION_NAME") == 0)
		return env->session_name;
	return strmap_get(&env->vars, name);
}

static void
put_descriptor(const struct runtime *runtime, struct env *env)
{
	struct strbuf line = STRBUF_INIT;
	char *eq;
	size_t i;

	for (i = 0; i < runtime->env.nr; i++) {
		strbuf_reset(&line);
		if (!runtime_expand(runtime->env.v[i], variable, env, &line))
			continue;
		eq = strchr(line.buf, '=');
		*eq = '\0';
		env_put(env, line.buf, eq + 1);
	}
	strbuf_release(&line);
	put_given(env, "RUNTIME_BINARY", runtime->binary);
}

/* A number for what replicas cannot share, such as a port. */
static void
put_slot(const struct agent *agent, struct env *env)
{
	char *slot;

	if (!agent->slot)
		return;
	slot = xasprintf("%d", agent->slot);
	env_put(env, "TEAMCTL_SLOT", slot);
	free(slot);
}

/* The value of a secret; NULL when there is none, with a finding if needed. */
static const char *
secret_value(struct render *render, const struct agent *agent,
    struct spec *spec, const struct secret *secret)
{
	char *place = secrets_place(secret);
	struct strbuf why = STRBUF_INIT;
	const char *value = secrets_get(&render->secrets, place, &why);

	if (!value && secret->required)
		render_refuse(render, spec, secret->pos, RULE_SECRET_MISSING,
		    "agent '%s' needs the secret '%s', which is not there: %s",
		    agent->id, secret->name, why.buf);
	strbuf_release(&why);
	free(place);
	return value;
}

static const char *
item_value(struct render *render, const struct agent *agent,
    struct spec *spec, const struct env_item *item)
{
	struct secret undeclared = { .required = true, .pos = item->pos };
	const struct secret *secret;
	const char *value;

	if (!item->secret_ref)
		return item->value;
	undeclared.name = secrets_ref_name(item->secret_ref);
	secret = secrets_find(agent, undeclared.name);
	value = secret_value(render, agent, spec,
	    secret ? secret : &undeclared);
	free(undeclared.name);
	return value;
}

static void
put_items(struct render *render, const struct agent *agent,
    struct spec *spec, struct env *env)
{
	const struct env_item *item;
	const char *value;
	size_t i;

	for (i = 0; i < agent->nr_env; i++) {
		item = &agent->env[i];
		value = item_value(render, agent, spec, item);
		if (value && !env_put(env, item->name, value))
			diag_warning(render->diags, item->pos,
			    RULE_ENV_RESERVED, "'%s' of agent '%s' is set by "
			    "teamctl; this value is not used", item->name,
			    agent->id);
	}
}

static bool
is_referred(const struct agent *agent, const char *secret)
{
	bool same = false;
	char *name;
	size_t i;

	for (i = 0; i < agent->nr_env && !same; i++) {
		if (!agent->env[i].secret_ref)
			continue;
		name = secrets_ref_name(agent->env[i].secret_ref);
		same = strcmp(name, secret) == 0;
		free(name);
	}
	return same;
}

/* A secret that no item of environment refers to goes by its own name. */
static void
put_secrets(struct render *render, const struct agent *agent,
    struct spec *spec, struct env *env)
{
	const char *value;
	size_t i;

	for (i = 0; i < agent->nr_secret; i++) {
		if (is_referred(agent, agent->secrets[i].name))
			continue;
		value = secret_value(render, agent, spec, &agent->secrets[i]);
		put_given(env, agent->secrets[i].name, value);
	}
}

/* codex passes variables on to its MCP servers by name: render-mcp.c. */
static void
put_mcp(struct render *render, const struct agent *agent, struct spec *spec,
    struct env *env)
{
	const struct strvec *vars;
	const char *eq, *have;
	size_t i, j;
	char *name;

	for (i = 0; i < agent->nr_mcp; i++) {
		vars = &agent->mcps[i].env;
		for (j = 0; j < vars->nr; j++) {
			env_default(env, vars->v[j]);
			eq = strchr(vars->v[j], '=');
			name = xstrndup(vars->v[j], (size_t)(eq - vars->v[j]));
			have = strmap_get(&env->vars, name);
			if (strcmp(have, eq + 1) != 0)
				render_refuse(render, spec, agent->pos,
				    RULE_MCP_ENV, "agent '%s': its MCP server "
				    "'%s' wants another value of '%s' than "
				    "the agent has, and runtime '%s' knows "
				    "only one", agent->id,
				    agent->mcps[i].name, name,
				    agent->runtime_name);
			free(name);
		}
	}
}

/* The descriptor's arguments, those without a value left out. */
static void
push_args(const struct runtime *runtime, struct env *env, struct strvec *argv)
{
	struct strvec group = STRVEC_INIT;
	struct strbuf word = STRBUF_INIT;
	bool complete;
	size_t i, j;

	for (i = 0; i < runtime->nr_arg; i++) {
		complete = true;
		for (j = 0; j < runtime->args[i].nr && complete; j++) {
			strbuf_reset(&word);
			complete = runtime_expand(runtime->args[i].v[j],
			    variable, env, &word);
			strvec_push(&group, word.buf);
		}
		if (complete)
			strvec_pushall(argv, &group);
		strvec_release(&group);
	}
	strbuf_release(&word);
}

static char *
format(const struct env *env)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	for (i = 0; i < env->vars.nr; i++)
		envfile_add(&text, env->vars.entry[i].key,
		    env->vars.entry[i].value);
	return strbuf_detach(&text);
}

void
render_env(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	struct env env = { .vars = STRMAP_INIT };
	size_t i;

	env.session_name = xasprintf("teamctl:%s", agent->id);
	put_original(render, agent, spec, &env);
	if (agent->runtime)
		put_descriptor(agent->runtime, &env);
	put_slot(agent, &env);
	for (i = 0; i < render->dotenv.nr; i++)
		env_default(&env, render->dotenv.v[i]);
	put_items(render, agent, spec, &env);
	put_secrets(render, agent, spec, &env);
	if (agent->runtime && agent->runtime->mcp_format == MCP_CODEX)
		put_mcp(render, agent, spec, &env);
	if (agent->runtime && agent->command.nr == 0)
		push_args(agent->runtime, &env, &spec->argv);
	spec->env_text = format(&env);
	free(env.session_name);
	strmap_release(&env.vars, free);
}
