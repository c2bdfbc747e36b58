/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: one agent, from the team's `defaults` and then its own keys.
 * A key that holds one value or a list is replaced by the agent's; one that
 * holds a mapping is merged key by key.
 */
#include "loader.h"

#include "rules.h"
#include "signame.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct agent, member)

static const struct field agent_fields[] = {
	{ "model", FIELD_OPTIONAL, AT(model), NULL },
	{ "role_prompt", FIELD_STRINGS, AT(role_prompts), NULL },
	{ "permission_mode", FIELD_OPTIONAL, AT(permission_mode), NULL },
	{ "reports_to", FIELD_OPTIONAL, AT(reports_to), NULL },
	{ "effort", FIELD_OPTIONAL, AT(effort), NULL },
	{ "display_name", FIELD_OPTIONAL, AT(display_name), NULL },
	{ "can_dm", FIELD_STRINGS, AT(can_dm), NULL },
	{ "can_broadcast", FIELD_STRINGS, AT(can_broadcast), NULL },
	{ "on_rate_limit", FIELD_STRINGS, AT(on_rate_limit), NULL },
	{ "env_file", FIELD_STRINGS, AT(env_files), NULL },
	{ "replicas", FIELD_INT, AT(replicas), NULL },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct restart_policy, member)

static const struct field restart_fields[] = {
	{ "max_restarts", FIELD_INT, AT(max_restarts), NULL },
	{ "within", FIELD_DURATION, AT(within_ms), NULL },
	{ "reset_after", FIELD_DURATION, AT(reset_after_ms), NULL },
	{ 0 },
};

static const struct field backoff_fields[] = {
	{ "initial", FIELD_DURATION, AT(backoff_initial_ms), NULL },
	{ "max", FIELD_DURATION, AT(backoff_max_ms), NULL },
	{ "factor", FIELD_NUMBER, AT(backoff_factor), NULL },
	{ "jitter", FIELD_NUMBER, AT(backoff_jitter), NULL },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct probe, member)

static const struct field probe_fields[] = {
	{ "check_interval_secs", FIELD_SECS, AT(interval_ms), NULL },
	{ "timeout_secs", FIELD_SECS, AT(timeout_ms), NULL },
	{ "max_retries", FIELD_INT, AT(max_retries), NULL },
	{ "on_fail", FIELD_WORD, AT(on_fail), on_fail_words },
	{ 0 },
};

/* In the order of enum probe_kind, from PROBE_COMMAND on. */
static const struct field probe_kinds[] = {
	{ "command", FIELD_ARGV, AT(command), NULL },
	{ "tcp", FIELD_STRING, AT(target), NULL },
	{ "file", FIELD_STRING, AT(target), NULL },
	{ "pane", FIELD_STRING, AT(target), NULL },
};

#undef AT
#define AT(member) offsetof(struct drain_recipe, member)

static const struct field drain_fields[] = {
	{ "keys", FIELD_STRINGS, AT(keys), NULL },
	{ "repeat", FIELD_INT, AT(repeat), NULL },
	{ "gap", FIELD_DURATION, AT(gap_ms), NULL },
	{ "timeout", FIELD_DURATION, AT(timeout_ms), NULL },
	{ "kill_after", FIELD_DURATION, AT(kill_after_ms), NULL },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct resource_limits, member)

static const struct field limit_fields[] = {
	{ "max_memory_mb", FIELD_INT64, AT(max_memory_mb), NULL },
	{ "max_cpu_percent", FIELD_INT64, AT(max_cpu_percent), NULL },
	{ "max_file_descriptors", FIELD_INT64, AT(max_file_descriptors),
	    NULL },
	{ "max_cpu_secs", FIELD_INT64, AT(max_cpu_secs), NULL },
	{ "max_wall_secs", FIELD_INT64, AT(max_wall_secs), NULL },
	{ "warn_at", FIELD_NUMBER, AT(warn_at), NULL },
	{ "on_exceed", FIELD_WORD, AT(on_exceed), on_exceed_words },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct command_permissions, member)

static const struct field permission_fields[] = {
	{ "allow_restart", FIELD_BOOL, AT(allow_restart), NULL },
	{ "allow_shutdown", FIELD_BOOL, AT(allow_shutdown), NULL },
	{ "allowed_signals", FIELD_STRINGS, AT(allowed_signals), NULL },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct log_policy, member)

static const struct field log_fields[] = {
	{ "keep", FIELD_INT, AT(keep), NULL },
	{ "max_size", FIELD_SIZE, AT(max_size), NULL },
	{ "max_age", FIELD_DURATION, AT(max_age_ms), NULL },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct care, member)

static const char *const idle_words[] = { "off", "report", "enact", NULL };

static const struct field rate_limit_fields[] = {
	{ "resume", FIELD_BOOL, AT(resume), NULL },
	{ 0 },
};

static const struct field idle_stop_fields[] = {
	{ "after", FIELD_DURATION, AT(idle_ms), NULL },
	{ "mode", FIELD_WORD, AT(idle_mode), idle_words },
	{ 0 },
};

static const struct field nudge_fields[] = {
	{ "after", FIELD_DURATION, AT(nudge_ms), NULL },
	{ "text", FIELD_OPTIONAL, AT(nudge_text), NULL },
	{ "max", FIELD_INT, AT(nudge_max), NULL },
	{ 0 },
};

static const struct probe no_probe = { .interval_ms = 10 * 1000,
	.timeout_ms = 5 * 1000, .max_retries = 3 };

static void
set_defaults(struct loader *loader, struct agent *agent)
{
	char *signals[] = { load_share(loader, "TERM"), NULL };

	agent->replicas = 1;
	agent->restart = restart_usual;
	agent->readiness = agent->health_check = no_probe;
	agent->drain.timeout_ms = -1;
	agent->limits.warn_at = 0.8;
	agent->logs.max_size = 10 << 20;
	agent->care.idle_ms = 30 * 60 * 1000;
	agent->care.nudge_max = 3;
	load_fields(loader, yaml_get(loader->team->node, "logs"), log_fields,
	    &agent->logs);
	agent->permissions.allowed_signals.v = load_copy(loader, signals,
	    nitems(signals), sizeof(*signals));
	agent->permissions.allowed_signals.nr = 1;
}

/* The words of restart, with those of Erlang's supervisors. */
static void
load_restart_word(const struct yaml_node *node, enum restart_mode *mode)
{
	static const struct {
		const char *word;
		enum restart_mode mode;
	} words[] = {
		{ "always", RESTART_ALWAYS },
		{ "permanent", RESTART_ALWAYS },
		{ "on-failure", RESTART_ON_FAILURE },
		{ "transient", RESTART_ON_FAILURE },
		{ "never", RESTART_NEVER },
		{ "temporary", RESTART_NEVER },
	};
	size_t i;

	for (i = 0; i < nitems(words); i++)
		if (strcmp(words[i].word, yaml_text(node)) == 0)
			*mode = words[i].mode;
}

static void
load_exit_codes(struct loader *loader, const struct yaml_node *list,
    struct restart_policy *restart)
{
	size_t i, nr = 0;
	int64_t code;
	int *codes;

	codes = arena_alloc(&loader->team->arena->mem,
	    list->nr * sizeof(*codes));
	for (i = 0; i < list->nr; i++)
		if (yaml_int(list->item[i], &code) == 0 && code >= 0 &&
		    code <= 255)
			codes[nr++] = (int)code;
	restart->success_exit_codes = codes;
	restart->nr_success = nr;
}

static void
load_restart(struct loader *loader, const struct yaml_node *map,
    struct restart_policy *restart)
{
	const struct yaml_node *node = load_get(map, "restart"), *policy;
	const struct yaml_node *codes;

	if (!node)
		return;
	if (node->kind == YAML_SCALAR) {
		load_restart_word(node, &restart->mode);
		return;
	}
	policy = load_get(node, "policy");
	if (policy && policy->kind == YAML_SCALAR)
		load_restart_word(policy, &restart->mode);
	load_fields(loader, node, restart_fields, restart);
	load_fields(loader, yaml_get(node, "backoff"), backoff_fields, restart);
	codes = yaml_get(node, "success_exit_codes");
	if (codes && codes->kind == YAML_LIST)
		load_exit_codes(loader, codes, restart);
}

static void
load_probe(struct loader *loader, const struct yaml_node *map,
    const char *key, struct probe *probe)
{
	const struct yaml_node *node = yaml_get(map, key), *value;
	size_t i, found = 0;

	if (node && yaml_is_null(node))
		*probe = no_probe;
	if (!node || node->kind != YAML_MAP)
		return;
	probe->pos = yaml_pos(node);
	load_fields(loader, node, probe_fields, probe);
	for (i = 0; i < nitems(probe_kinds); i++) {
		const struct field one[] = { probe_kinds[i], { 0 } };

		value = yaml_get(node, probe_kinds[i].key);
		if (!value)
			continue;
		found++;
		load_fields(loader, node, one, probe);
		if (value->kind == YAML_SCALAR ||
		    (value->kind == YAML_LIST && i == 0))
			probe->kind = (enum probe_kind)(PROBE_COMMAND + i);
		probe->pos = yaml_pos(value);
	}
	if (found > 1)
		diag_error(loader->diags, yaml_pos(node), RULE_KEY_CONFLICT,
		    "'%s' must have only one of command, tcp, file and pane",
		    key);
}

/* A gap or wait of 0 is as short as can be told apart from "not given". */
static void
load_drain(struct loader *loader, const struct yaml_node *map,
    struct drain_recipe *drain)
{
	const struct yaml_node *node = load_get(map, "drain"), *sig;

	if (!node)
		return;
	load_fields(loader, node, drain_fields, drain);
	if (yaml_get(node, "gap") && drain->gap_ms == 0)
		drain->gap_ms = 1;
	if (yaml_get(node, "kill_after") && drain->kill_after_ms == 0)
		drain->kill_after_ms = 1;
	sig = yaml_get(node, "signal");
	if (!sig || sig->kind != YAML_SCALAR)
		return;
	drain->signal = signame_parse(yaml_text(sig));
	if (drain->signal == 0)
		diag_hint(diag_error(loader->diags, yaml_pos(sig), RULE_SIGNAL,
		    "unknown signal '%.60s'", yaml_text(sig)),
		    "expected TERM, INT, HUP or another name of POSIX");
}

/* All keys of one mapping but those that need both mappings at once. */
static void
apply(struct loader *loader, struct agent *agent, const struct yaml_node *map)
{
	const struct yaml_node *node;

	load_fields(loader, map, agent_fields, agent);
	load_restart(loader, map, &agent->restart);
	load_probe(loader, map, "readiness", &agent->readiness);
	load_probe(loader, map, "health_check", &agent->health_check);
	load_drain(loader, map, &agent->drain);
	load_fields(loader, yaml_get(map, "resource_limits"), limit_fields,
	    &agent->limits);
	load_fields(loader, yaml_get(map, "command_permissions"),
	    permission_fields, &agent->permissions);
	load_fields(loader, yaml_get(map, "logs"), log_fields, &agent->logs);
	load_fields(loader, yaml_get(map, "rate_limit"), rate_limit_fields,
	    &agent->care);
	load_fields(loader, yaml_get(map, "idle_stop"), idle_stop_fields,
	    &agent->care);
	load_fields(loader, yaml_get(map, "nudge"), nudge_fields,
	    &agent->care);
	node = load_get(map, "criticality");
	if (node && node->kind == YAML_SCALAR)
		agent->critical = strcmp(yaml_text(node), "critical") == 0;
	node = load_get(map, "cwd");
	if (node && node->kind == YAML_SCALAR) {
		agent->cwd = load_share(loader, yaml_text(node));
		agent->cwd_pos = yaml_pos(node);
	}
	load_links(loader, agent, map);
	load_hooks(loader, map, agent->on);
	if (yaml_get(map, "depends_on"))
		load_depends_on(loader, agent, map,
		    map == loader->team->defaults);
}

/*
 * What runs: an agent's own command wins over a default runtime and its own
 * runtime over a default command, for it is one or the other.
 */
static void
load_program(struct loader *loader, struct agent *agent,
    const struct yaml_node *own)
{
	static const struct field fields[] = {
		{ "runtime", FIELD_STRING,
		    offsetof(struct agent, runtime_name), NULL },
		{ "command", FIELD_ARGV, offsetof(struct agent, command),
		    NULL },
		{ 0 },
	};
	const struct yaml_node *given = yaml_get(own, "command");

	if (!given && !yaml_get(own, "runtime"))
		load_fields(loader, loader->team->defaults, fields, agent);
	load_fields(loader, own, fields, agent);
	if (!given)
		given = yaml_get(loader->team->defaults, "command");
	if (given && agent->command.nr == 0 && !agent->runtime_name)
		diag_error(loader->diags, yaml_pos(given), RULE_KEY_VALUE,
		    "agent '%s' has an empty 'command'", agent->id);
	if (!agent->runtime_name && !given)
		agent->runtime_name = load_share(loader, "claude-code");
	if (agent->runtime_name)
		agent->runtime = runtimes_find(loader->team->runtimes,
		    agent->runtime_name);
}

static void
name_agent(struct loader *loader, struct agent *agent, const char *name)
{
	struct arena *mem = &loader->team->arena->mem;
	struct strbuf text = STRBUF_INIT;
	char *s;

	agent->name = load_share(loader, name);
	strbuf_addf(&text, "%s:%s", agent->project->id, name);
	agent->id = load_share(loader, text.buf);
	strbuf_reset(&text);
	strbuf_addf(&text, "%s%s-%s", loader->team->tmux_prefix,
	    agent->project->id, name);
	agent->session = arena_strdup(mem, text.buf);
	/* tmux 3.3a does the same: session_check_name */
	for (s = agent->session; *s; s++)
		if (*s == '.' || *s == ':')
			*s = '_';
	strbuf_reset(&text);
	strbuf_addf(&text, "%s-%s", agent->project->id, name);
	agent->stem = arena_strdup(mem, text.buf);
	strbuf_release(&text);
}

struct agent *
load_replica(struct loader *loader, const struct agent *agent, int slot)
{
	struct agent *replica = load_copy(loader, agent, 1, sizeof(*agent));
	char *name = xasprintf("%s-%d", agent->name, slot);

	replica->replica_of = agent->id;
	replica->slot = slot;
	name_agent(loader, replica, name);
	free(name);
	return replica;
}

/*
 * Readiness that names no check is what the screens of the agent's runtime
 * show, else what the agent says itself.
 */
static void
find_readiness(struct loader *loader, const struct agent *agent,
    struct probe *probe)
{
	const struct strvec *patterns = agent->runtime ?
	    &agent->runtime->ready_patterns : NULL;
	struct strbuf target = STRBUF_INIT;
	size_t i;

	if (!probe->pos.line || probe->kind != PROBE_NONE)
		return;
	probe->kind = PROBE_WORD;
	for (i = 0; patterns && i < patterns->nr; i++)
		strbuf_addf(&target, "%s(%s)", i ? "|" : "", patterns->v[i]);
	if (target.len) {
		probe->kind = PROBE_PANE;
		probe->target = load_share(loader, target.buf);
	}
	strbuf_release(&target);
}

struct agent *
load_agent(struct loader *loader, struct project *project, const char *name,
    const struct yaml_node *node)
{
	const struct yaml_node *maps[] = { loader->team->defaults, node };
	struct agent *agent;
	size_t i;

	agent = arena_alloc(&loader->team->arena->mem, sizeof(*agent));
	agent->project = project;
	agent->node = node;
	set_defaults(loader, agent);
	name_agent(loader, agent, name);
	load_program(loader, agent, node);
	agent->cwd = project->cwd;
	agent->cwd_pos = project->cwd_pos;
	for (i = 0; i < nitems(maps); i++)
		if (maps[i] && maps[i]->kind == YAML_MAP)
			apply(loader, agent, maps[i]);
	agent->cwd_path = load_path(loader, agent->cwd);
	load_environment(loader, agent, maps, nitems(maps));
	load_secrets(loader, agent, maps, nitems(maps));
	load_mcps(loader, agent, maps, nitems(maps));
	find_readiness(loader, agent, &agent->readiness);
	return agent;
}
