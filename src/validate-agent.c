/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See validation.h: the rules for one agent.
 */
#include "ere.h"
#include "keys.h"
#include "rules.h"
#include "signame.h"
#include "units.h"
#include "validation.h"

#include <stdlib.h>
#include <string.h>

static void
check_runtime(struct validation *v, const struct agent *agent)
{
	const struct runtimes *known = v->team->runtimes;
	struct diag *diag;
	const char **names;
	size_t i;

	if (!agent->runtime_name || agent->runtime)
		return;
	diag = diag_error(v->diags, validation_place(v, agent, "runtime", 0),
	    RULE_RUNTIME_UNKNOWN, "agent '%s' uses unknown runtime '%.60s'",
	    agent->id, agent->runtime_name);
	diag_hint(diag, "describe it in runtimes/%.60s.yaml",
	    agent->runtime_name);
	names = xcalloc(known->nr, sizeof(*names));
	for (i = 0; i < known->nr; i++)
		names[i] = known->r[i]->name;
	diag_hint_nearest(diag, agent->runtime_name, names, known->nr);
	free(names);
}

static void
report_blank_prompt(struct validation *v, const struct agent *agent, size_t i)
{
	diag_error(v->diags, validation_place(v, agent, "role_prompt", i),
	    RULE_ROLE_PROMPT, "agent '%s' has a blank 'role_prompt'",
	    agent->id);
}

static void
check_role_prompts(struct validation *v, const struct agent *agent)
{
	const struct strvec *prompts = &agent->role_prompts;
	const struct yaml_node *node = yaml_get(compose_agent_key(v->team,
	    agent, "role_prompt"), "role_prompt");
	char *path;
	size_t i;

	for (i = 0; i < prompts->nr; i++) {
		if (!prompts->v[i][strspn(prompts->v[i], " \t\n")]) {
			report_blank_prompt(v, agent, i);
			continue;
		}
		path = *prompts->v[i] == '/' ? xstrdup(prompts->v[i]) :
		    xasprintf("%s/%s", v->team->root, prompts->v[i]);
		if (validation_kind(v, path) != SOURCE_FILE)
			diag_warning(v->diags,
			    validation_place(v, agent, "role_prompt", i),
			    RULE_ROLE_PROMPT_MISSING, "role prompt '%s' of "
			    "agent '%s' is no file", prompts->v[i], agent->id);
		free(path);
	}
	if (node && !yaml_is_null(node) && prompts->nr == 0)
		report_blank_prompt(v, agent, 0);
}

static void
check_can_dm(struct validation *v, const struct agent *agent)
{
	struct diag *diag;
	const char *name;
	size_t i;

	for (i = 0; i < agent->can_dm.nr; i++) {
		name = agent->can_dm.v[i];
		if (!strchr(name, ':') &&
		    validation_find(v, agent->project, name))
			continue;
		diag = diag_error(v->diags,
		    validation_place(v, agent, "can_dm", i), RULE_CAN_DM,
		    "'can_dm' of agent '%s' lists unknown agent '%.60s'",
		    agent->id, name);
		validation_hint_agent(v, diag, agent->project, name);
	}
}

static void
check_can_broadcast(struct validation *v, const struct agent *agent)
{
	const char *name;
	size_t i;

	for (i = 0; i < agent->can_broadcast.nr; i++) {
		name = agent->can_broadcast.v[i];
		if (!strmap_has(&v->channels, name))
			diag_error(v->diags,
			    validation_place(v, agent, "can_broadcast", i),
			    RULE_CAN_BROADCAST, "'can_broadcast' of agent "
			    "'%s' lists unknown channel '%.60s'", agent->id,
			    name);
	}
}

static void
check_reports_to(struct validation *v, const struct agent *agent)
{
	const struct agent *manager;
	struct diag *diag;

	if (!agent->reports_to)
		return;
	manager = strchr(agent->reports_to, ':') ? NULL :
	    validation_find(v, agent->project, agent->reports_to);
	if (manager && manager->is_manager)
		return;
	diag = diag_error(v->diags,
	    validation_place(v, agent, "reports_to", 0), RULE_REPORTS_TO,
	    "agent '%s' reports to '%.60s', which is no manager of the project",
	    agent->id, agent->reports_to);
	if (!manager)
		validation_hint_agent(v, diag, agent->project,
		    agent->reports_to);
}

static void
check_telegram(struct validation *v, const struct agent *agent)
{
	const struct yaml_node *interfaces = yaml_get(
	    compose_agent_key(v->team, agent, "interfaces"), "interfaces");
	const struct yaml_node *telegram = yaml_get(interfaces, "telegram");

	if (telegram && !yaml_is_null(telegram) && !agent->is_manager)
		diag_error(v->diags,
		    yaml_pos(yaml_get_key(interfaces, "telegram")),
		    RULE_TELEGRAM_WORKER, "agent '%s' has an "
		    "'interfaces.telegram' block but is not a manager",
		    agent->id);
}

static void
check_display_name(struct validation *v, const struct agent *agent)
{
	const char *name = agent->display_name;

	if (!name)
		return;
	if (!name[strspn(name, " \t\n")])
		diag_error(v->diags,
		    validation_place(v, agent, "display_name", 0),
		    RULE_DISPLAY_NAME, "agent '%s' has a blank 'display_name'",
		    agent->id);
	else if (utf8_width(name) > KEY_DISPLAY_NAME_MAX)
		diag_error(v->diags,
		    validation_place(v, agent, "display_name", 0),
		    RULE_DISPLAY_NAME, "the 'display_name' of agent '%s' has "
		    "%zu characters, limit %d", agent->id, utf8_width(name),
		    KEY_DISPLAY_NAME_MAX);
}

static void
check_mcps(struct validation *v, const struct agent *agent)
{
	const struct yaml_node *name = yaml_get_key(yaml_get(
	    compose_agent_key(v->team, agent, "mcps"), "mcps"), KEY_OWN_MCP);

	if (name)
		diag_error(v->diags, yaml_pos(name), RULE_MCP_RESERVED,
		    "agent '%s': the MCP server name '%s' is reserved",
		    agent->id, KEY_OWN_MCP);
}

static void
check_rate_limit(struct validation *v, const struct agent *agent)
{
	size_t i;

	for (i = 0; i < agent->on_rate_limit.nr; i++)
		if (!strmap_has(&v->hooks, agent->on_rate_limit.v[i]))
			diag_warning(v->diags,
			    validation_place(v, agent, "on_rate_limit", i),
			    RULE_RATE_LIMIT_HOOK,
			    "agent '%s': unknown rate limit hook '%.60s'",
			    agent->id, agent->on_rate_limit.v[i]);
}

static void
check_depends_on(struct validation *v, const struct agent *agent)
{
	const struct dependency *dependency;
	struct diag *diag;
	size_t i;

	for (i = 0; i < agent->nr_depends_on; i++) {
		dependency = &agent->depends_on[i];
		if (strmap_has(&v->team->by_id, dependency->agent))
			continue;
		diag = diag_error(v->diags, dependency->pos, RULE_DEPENDS_ON,
		    "agent '%s' depends on unknown agent '%.130s'", agent->id,
		    dependency->agent);
		validation_hint_agent(v, diag, agent->project,
		    strchr(dependency->agent, ':') + 1);
	}
}

static void
check_links(struct validation *v, const struct agent *agent, const char *key,
    const struct link *links, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (links[i].agent &&
		    !strmap_has(&v->team->by_id, links[i].agent))
			diag_error(v->diags, links[i].pos, RULE_LINK,
			    "'%s' of agent '%s' names unknown agent '%.130s'",
			    key, agent->id, links[i].agent);
}

/* The place of a signal: the agent's mapping may be merged with defaults'. */
static struct pos
signal_place(const struct validation *v, const struct agent *agent, size_t i)
{
	static const char map[] = "command_permissions", key[] =
	    "allowed_signals";
	const struct yaml_node *list = yaml_get(yaml_get(agent->node, map),
	    key);

	if (!list)
		list = yaml_get(yaml_get(v->team->defaults, map), key);
	if (list && list->kind == YAML_LIST && i < list->nr)
		list = list->item[i];
	return list ? yaml_pos(list) : agent->pos;
}

static void
check_signals(struct validation *v, const struct agent *agent)
{
	const struct strvec *names = &agent->permissions.allowed_signals;
	size_t i;

	for (i = 0; i < names->nr; i++)
		if (!signame_parse(names->v[i]))
			diag_error(v->diags, signal_place(v, agent, i),
			    RULE_SIGNAL, "agent '%s': unknown signal '%.60s' "
			    "in 'allowed_signals'", agent->id, names->v[i]);
}

/* HOST:PORT, where HOST may be [an IPv6 address]. */
static bool
is_address(const char *s)
{
	const char *colon = strrchr(s, ':');
	int64_t port;

	if (!colon || colon == s || units_parse_int(colon + 1, &port) < 0 ||
	    port < 1 || port > 65535)
		return false;
	if (*s == '[')
		return colon[-1] == ']' && colon - s > 2;
	return strcspn(s, ": \t\n") == (size_t)(colon - s);
}

/* The supervisor must not wait for a name server: probe.h. */
static bool
needs_lookup(const char *address)
{
	size_t len = (size_t)(strrchr(address, ':') - address);

	return *address != '[' && strspn(address, "0123456789.") != len &&
	    strncmp(address, "localhost:", len + 1) != 0;
}

static void
check_address(struct validation *v, const struct probe *probe,
    const char *key)
{
	const char *target = probe->target;

	if (!is_address(target))
		diag_error(v->diags, probe->pos, RULE_ADDRESS,
		    "'%s': '%.60s' is not HOST:PORT", key, target);
	else if (needs_lookup(target))
		diag_hint(diag_error(v->diags, probe->pos, RULE_ADDRESS,
		    "'%s': the host of '%.60s' is neither a number nor "
		    "localhost", key, target), "a command can probe it, for "
		    "instance nc -z HOST PORT");
}

static void
check_probe(struct validation *v, const struct probe *probe, const char *key)
{
	char text[128];

	if (probe->kind == PROBE_TCP)
		check_address(v, probe, key);
	if (probe->kind == PROBE_COMMAND && probe->command.nr == 0)
		diag_error(v->diags, probe->pos, RULE_KEY_VALUE,
		    "'%s' has an empty 'command'", key);
	if (probe->kind != PROBE_PANE ||
	    ere_check(probe->target, 0, text, sizeof(text)))
		return;
	diag_error(v->diags, probe->pos, RULE_PATTERN,
	    "'%s': '%.60s' is no regular expression: %s", key, probe->target,
	    text);
}

static bool
is_referred(const struct agent *agent, const char *secret)
{
	size_t i;

	for (i = 0; i < agent->nr_env; i++)
		if (str_eq(agent->env[i].secret_ref, secret))
			return true;
	return false;
}

/* NAME or ${NAME}: the loader has taken the latter apart. */
static void
check_references(struct validation *v, const struct agent *agent)
{
	const struct env_item *item;
	size_t i;

	for (i = 0; i < agent->nr_env; i++) {
		item = &agent->env[i];
		if (item->secret_ref && (!*item->secret_ref ||
		    strpbrk(item->secret_ref, "${} \t\n")))
			diag_hint(diag_error(v->diags, item->pos, RULE_SECRET,
			    "'%s': secret_ref '%.60s' is no name", item->name,
			    item->secret_ref), "expected NAME or ${NAME}");
	}
}

/* A key that is a path leads to a file below the folder of secrets. */
static bool
is_outside(const char *key)
{
	size_t len;

	if (*key == '/')
		return true;
	for (; *key; key += len + (key[len] == '/')) {
		len = strcspn(key, "/");
		if (len == 2 && str_starts(key, ".."))
			return true;
	}
	return false;
}

static const char *const kinds[] = { "env:", "file:", "cmd:" };

static void
check_key(struct validation *v, const struct secret *secret)
{
	size_t i;

	for (i = 0; i < nitems(kinds); i++)
		if (str_starts(secret->key, kinds[i]))
			return;
	if (is_outside(secret->key))
		diag_hint(diag_error(v->diags, secret->pos, RULE_SECRET,
		    "the secret '%.60s': its key '%.60s' is outside of the "
		    "folder of secrets", secret->name, secret->key),
		    "'from: file:PATH' names any file");
}

static void
check_secrets(struct validation *v, const struct agent *agent)
{
	const struct secret *secret;
	size_t i, j;

	for (i = 0; i < agent->nr_secret; i++) {
		secret = &agent->secrets[i];
		if (!units_is_env_name(secret->name) &&
		    !is_referred(agent, secret->name))
			diag_hint(diag_error(v->diags, secret->pos,
			    RULE_ENV_NAME, "the secret '%.60s' cannot be a "
			    "variable of that name", secret->name),
			    "give it another name, or refer to it by "
			    "secret_ref in environment");
		if (secret->key)
			check_key(v, secret);
		for (j = 0; secret->from && j < nitems(kinds); j++)
			if (str_starts(secret->from, kinds[j]))
				break;
		if (secret->from && j == nitems(kinds))
			diag_error(v->diags, secret->pos, RULE_SECRET,
			    "the secret '%.60s' comes from neither env:NAME, "
			    "file:PATH nor cmd:COMMAND", secret->name);
	}
}

void
validate_agent(struct validation *v, const struct agent *agent)
{
	check_runtime(v, agent);
	check_role_prompts(v, agent);
	check_can_dm(v, agent);
	check_can_broadcast(v, agent);
	check_reports_to(v, agent);
	check_telegram(v, agent);
	check_display_name(v, agent);
	check_mcps(v, agent);
	check_rate_limit(v, agent);
	check_depends_on(v, agent);
	check_links(v, agent, "links", agent->links, agent->nr_link);
	check_links(v, agent, "monitors", agent->monitors, agent->nr_monitor);
	check_signals(v, agent);
	check_probe(v, &agent->readiness, "readiness");
	check_probe(v, &agent->health_check, "health_check");
	check_references(v, agent);
	check_secrets(v, agent);
	if (agent->command.nr && !*agent->command.v[0])
		diag_error(v->diags, validation_place(v, agent, "command", 0),
		    RULE_KEY_VALUE, "agent '%s': the first word of 'command' "
		    "is empty", agent->id);
}
