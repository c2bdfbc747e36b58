/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See config.h.  Keys that the loader merges by name are written from the
 * typed team, all others from the text.
 */
#include "config.h"

#include "jstring.h"
#include "key-json.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

struct picker {
	bool (*pick)(void *ctx, const struct agent *agent);
	void *ctx;
};

static void
set(json_t *object, const char *key, json_t *value)
{
	if (value && !json_is_null(value))
		json_object_set_new_nocheck(object, key, value);
	else
		json_decref(value);
}

static json_t *
secs(int64_t ms)
{
	return ms % 1000 ? json_real((double)ms / 1000) :
	    json_integer(ms / 1000);
}

static json_t *
runtime_json(const struct agent *agent)
{
	return jstring(agent->runtime_name);
}

static json_t *
role_prompt_json(const struct agent *agent)
{
	if (agent->role_prompts.nr == 0)
		return NULL;
	return agent->role_prompts.nr == 1 ? jstring(agent->role_prompts.v[0]) :
	    jstrings(&agent->role_prompts);
}

static json_t *
command_json(const struct agent *agent)
{
	return agent->command.nr ? jstrings(&agent->command) : NULL;
}

static json_t *
cwd_json(const struct agent *agent)
{
	return strcmp(agent->cwd, agent->project->cwd) == 0 ? NULL :
	    jstring(agent->cwd);
}

static json_t *
environment_json(const struct agent *agent)
{
	json_t *object = json_object(), *value;
	const struct env_item *item;
	size_t i;

	for (i = 0; i < agent->nr_env; i++) {
		item = &agent->env[i];
		if (item->from_file)
			continue;
		if (item->secret_ref) {
			value = json_object();
			set(value, "secret_ref", jstring(item->secret_ref));
		} else {
			value = item->inherited ? json_null() :
			    jstring(item->value);
		}
		json_object_set_new(object, item->name, value);
	}
	if (json_object_size(object))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
env_file_json(const struct agent *agent)
{
	return agent->env_files.nr ? jstrings(&agent->env_files) : NULL;
}

static json_t *
secrets_json(const struct agent *agent)
{
	json_t *array, *one;
	size_t i;

	if (agent->nr_secret == 0)
		return NULL;
	array = json_array();
	for (i = 0; i < agent->nr_secret; i++) {
		one = json_object();
		set(one, "name", jstring(agent->secrets[i].name));
		set(one, "key", jstring(agent->secrets[i].key));
		set(one, "from", jstring(agent->secrets[i].from));
		if (!agent->secrets[i].required)
			set(one, "required", json_false());
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *
mcp_json(const struct mcp_server *mcp)
{
	json_t *object = json_object(), *env = json_object();
	char *name, *eq;
	size_t i;

	set(object, "command", jstring(mcp->command));
	set(object, "args", jstrings(&mcp->args));
	for (i = 0; i < mcp->env.nr; i++) {
		eq = strchr(mcp->env.v[i], '=');
		name = xstrndup(mcp->env.v[i], (size_t)(eq - mcp->env.v[i]));
		set(env, name, jstring(eq + 1));
		free(name);
	}
	set(object, "env", env);
	return object;
}

static json_t *
mcps_json(const struct agent *agent)
{
	json_t *object;
	size_t i;

	if (agent->nr_mcp == 0)
		return NULL;
	object = json_object();
	for (i = 0; i < agent->nr_mcp; i++)
		set(object, agent->mcps[i].name, mcp_json(&agent->mcps[i]));
	return object;
}

static json_t *
duration(int64_t ms)
{
	struct strbuf out = STRBUF_INIT;
	json_t *value;

	units_add_duration_exact(&out, ms);
	value = jstring(out.buf);
	strbuf_release(&out);
	return value;
}

static json_t *
depends_on_json(const struct agent *agent)
{
	const struct dependency *dependency;
	json_t *object, *one;
	size_t i;

	if (agent->nr_depends_on == 0)
		return NULL;
	object = json_object();
	for (i = 0; i < agent->nr_depends_on; i++) {
		dependency = &agent->depends_on[i];
		one = json_object();
		set(one, "condition",
		    jstring(condition_name(dependency->condition)));
		if (dependency->timeout_ms)
			set(one, "timeout", duration(dependency->timeout_ms));
		set(object, dependency->agent, one);
	}
	return object;
}

static json_t *
can_dm_json(const struct agent *agent)
{
	return agent->can_dm.nr ? jstrings(&agent->can_dm) : NULL;
}

static json_t *
link_list_json(const struct link *links, size_t nr, bool on_any)
{
	json_t *array, *one;
	size_t i;

	if (nr == 0)
		return NULL;
	array = json_array();
	for (i = 0; i < nr; i++) {
		if (links[i].agent && links[i].on_any == on_any) {
			json_array_append_new(array, jstring(links[i].agent));
			continue;
		}
		one = json_object();
		set(one, "agent", jstring(links[i].agent));
		set(one, "hook", links[i].hook.nr ? jstrings(&links[i].hook) :
		    NULL);
		set(one, "on", jstring(links[i].on_any ? "any" : "crash"));
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *
links_json(const struct agent *agent)
{
	return link_list_json(agent->links, agent->nr_link, false);
}

static json_t *
monitors_json(const struct agent *agent)
{
	return link_list_json(agent->monitors, agent->nr_monitor, true);
}

/* Keys that are more than what the text of both mappings says. */
static const struct {
	const char *key;
	json_t *(*json)(const struct agent *agent);
} typed[] = {
	{ "runtime", runtime_json },
	{ "role_prompt", role_prompt_json },
	{ "command", command_json },
	{ "cwd", cwd_json },
	{ "environment", environment_json },
	{ "env_file", env_file_json },
	{ "secrets", secrets_json },
	{ "mcps", mcps_json },
	{ "depends_on", depends_on_json },
	{ "can_dm", can_dm_json },
	{ "links", links_json },
	{ "monitors", monitors_json },
};

static json_t *
agent_json(const struct team *team, const struct agent *agent)
{
	json_t *object = json_object();
	const struct key *key;
	size_t i;

	for (key = agent_keys; key->name; key++) {
		/* Replicas are written out, each with its name. */
		if (key->flags & KEY_OBSOLETE ||
		    str_eq(key->name, "replicas"))
			continue;
		for (i = 0; i < nitems(typed); i++)
			if (strcmp(typed[i].key, key->name) == 0)
				break;
		set(object, key->name, i < nitems(typed) ?
		    typed[i].json(agent) :
		    key_json_merged(team->defaults, agent->node, key->name));
	}
	if (agent->is_dynamic)
		set(object, "x-dynamic", json_true());
	return object;
}

static int
by_name(const void *a, const void *b)
{
	const struct agent *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

/* Sorted as they will be when this is read: replicas stand by number. */
static json_t *
agents_json(const struct team *team, const struct project *project,
    bool managers, const struct picker *picker)
{
	const struct agent **agents = xcalloc(project->nr_agent + 1,
	    sizeof(const struct agent *));
	json_t *object = json_object();
	size_t i, nr = 0;

	for (i = 0; i < project->nr_agent; i++)
		if (project->agents[i]->is_manager == managers &&
		    (!picker->pick ||
		    picker->pick(picker->ctx, project->agents[i])))
			agents[nr++] = project->agents[i];
	qsort(agents, nr, sizeof(const struct agent *), by_name);
	for (i = 0; i < nr; i++)
		set(object, agents[i]->name, agent_json(team, agents[i]));
	free(agents);
	if (nr)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
channels_json(const struct project *project)
{
	const struct channel *channel;
	json_t *array, *one;
	size_t i;

	if (project->nr_channel == 0)
		return NULL;
	array = json_array();
	for (i = 0; i < project->nr_channel; i++) {
		channel = &project->channels[i];
		one = json_object();
		set(one, "name", jstring(channel->name));
		if (channel->members.nr == 1 &&
		    strcmp(channel->members.v[0], "*") == 0)
			set(one, "members", jstring("*"));
		else
			set(one, "members", jstrings(&channel->members));
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *
project_json(const struct team *team, const struct project *project,
    const struct picker *picker)
{
	const struct yaml_node *node = yaml_get(project->node, "interfaces");
	json_t *object = json_object();
	json_t *managers = agents_json(team, project, true, picker);
	json_t *workers = agents_json(team, project, false, picker);

	if (picker->pick && !managers && !workers) {
		json_decref(object);
		return NULL;
	}
	set(object, "id", jstring(project->id));
	set(object, "name", jstring(project->name));
	set(object, "cwd", jstring(project->cwd));
	if (project->create_cwd)
		set(object, "create_cwd", json_true());
	if (project->strategy != ONE_FOR_ONE)
		set(object, "strategy",
		    jstring(strategy_name(project->strategy)));
	set(object, "channels", channels_json(project));
	if (node)
		set(object, "interfaces", key_json(node,
		    key_row(project_keys, "interfaces"), 0));
	set(object, "managers", managers);
	set(object, "workers", workers);
	return object;
}

static json_t *
projects_json(const struct team *team, const struct picker *picker)
{
	json_t *array = json_array(), *project;
	size_t i;

	for (i = 0; i < team->nr_project; i++) {
		project = project_json(team, team->projects[i], picker);
		if (project)
			json_array_append_new(array, project);
	}
	return array;
}

/* What the text says, with what is in force where it says nothing. */
static json_t *
supervisor_json(const struct team *team)
{
	const struct yaml_node *node = yaml_get(team->node, "supervisor");
	json_t *object = json_object(), *given;

	set(object, "type", jstring(team->supervisor_type));
	set(object, "tmux_prefix", jstring(team->tmux_prefix));
	set(object, "tmux_socket", jstring(team->tmux_socket));
	set(object, "drain_timeout_secs", secs(team->drain_timeout_ms));
	if (!node)
		return object;
	given = key_json(node, key_row(team_keys, "supervisor"), 0);
	json_object_del(given, "strategy"); /* stands at each project */
	json_object_update_missing(object, given);
	if (!team->tmux_socket)
		json_object_del(object, "tmux_socket");
	json_decref(given);
	return object;
}

json_t *
config_json(const struct team *team,
    bool (*pick)(void *ctx, const struct agent *agent), void *ctx)
{
	const struct picker picker = { pick, ctx };
	json_t *config = json_object(), *value;
	const struct yaml_node *node;
	const struct key *key;

	for (key = team_keys; key->name; key++) {
		node = yaml_get(team->node, key->name);
		/* schema is of the document: whoever prints adds it */
		if (strcmp(key->name, "defaults") == 0 ||
		    strcmp(key->name, "schema") == 0)
			continue;
		if (strcmp(key->name, "version") == 0)
			value = jstring(team->version);
		else if (strcmp(key->name, "supervisor") == 0)
			value = supervisor_json(team);
		else if (strcmp(key->name, "projects") == 0)
			value = projects_json(team, &picker);
		else
			value = node ? key_json(node, key, 0) : NULL;
		set(config, key->name, value);
	}
	return config;
}
