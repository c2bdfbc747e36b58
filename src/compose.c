/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See compose.h: the team file and what belongs to the team as a whole.
 * Projects are in compose-project.c, agents in compose-agent.c.
 */
#include "compose.h"

#include "dotenv.h"
#include "loader.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>

const char *const condition_words[] = { "started", "ready", "healthy",
	"completed", NULL };
const char *const strategy_words[] = { "one_for_one", "one_for_all",
	"rest_for_one", NULL };
const char *const on_fail_words[] = { "restart", "quarantine", "notify",
	NULL };
const char *const on_exceed_words[] = { "warn", "stop", "restart",
	"quarantine", NULL };

const struct restart_policy restart_usual = {
	.mode = RESTART_ALWAYS, .max_restarts = 5, .within_ms = 60 * 1000,
	.backoff_initial_ms = 100, .backoff_max_ms = 30 * 1000,
	.backoff_factor = 2, .backoff_jitter = 0.1,
	.reset_after_ms = 60 * 1000,
};

const char *
restart_mode_name(enum restart_mode mode)
{
	static const char *const names[] = { "always", "on-failure", "never" };

	return names[mode];
}

const char *
condition_name(enum condition condition)
{
	return condition_words[condition];
}

const char *
strategy_name(enum strategy strategy)
{
	return strategy_words[strategy];
}

const char *
compose_text_id(const struct agent *agent)
{
	return agent->replica_of ? agent->replica_of : agent->id;
}

const struct yaml_node *
compose_agent_key(const struct team *team, const struct agent *agent,
    const char *key)
{
	if (yaml_get(agent->node, key))
		return agent->node;
	return yaml_get(team->defaults, key) ? team->defaults : NULL;
}

/* The first file that names a variable wins. */
static void
on_dotenv_line(void *ctx, struct pos pos, const char *name, const char *value)
{
	struct loader *loader = ctx;
	struct strmap_entry *entry;

	if (!value) {
		diag_error(loader->diags, pos, RULE_DOTENV,
		    "'%s' has no value", name);
		return;
	}
	entry = strmap_entry(&loader->interp.dotenv, name);
	if (!entry->value)
		entry->value = load_share(loader, value);
}

static void
load_dotenv(struct loader *loader)
{
	static const char *const files[] = { ".env", "../.env" };
	const struct source *source = loader->source;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	struct pos pos = { NULL, 0, 0 };
	char *path;
	size_t i;

	for (i = 0; i < nitems(files); i++) {
		path = load_path(loader, files[i]);
		pos.file = files[i];
		if (source->kind(source->ctx, path) != SOURCE_FILE)
			continue;
		if (source->read(source->ctx, path, COMPOSE_MAX_ENV_FILE,
		    &text, &err) < 0) {
			diag_error(loader->diags, pos, RULE_FILE, "%s",
			    err.buf);
		} else {
			strvec_push(&loader->team->files, path);
			dotenv_parse(files[i], text.buf, text.len,
			    loader->diags, on_dotenv_line, loader);
		}
		strbuf_reset(&text);
		strbuf_reset(&err);
	}
	strbuf_release(&text);
	strbuf_release(&err);
}

/* What .env files say, as far as the environment does not say otherwise. */
static void
keep_dotenv(struct loader *loader)
{
	const struct strmap *map = &loader->interp.dotenv;
	size_t i;

	for (i = 0; i < map->nr; i++)
		strvec_pushf(&loader->team->dotenv, "%s=%s",
		    map->entry[i].key,
		    interp_get(&loader->interp, map->entry[i].key));
}

struct yaml_node *
load_text(struct loader *loader, const char *path, const char *text,
    size_t len)
{
	struct compose_arena *arena = loader->team->arena;
	struct yaml_doc *doc = yaml_parse(path, text, len, loader->diags);

	if (!doc)
		return NULL;
	ARRAY_GROW(arena->docs, arena->nr_doc, arena->alloc_doc);
	arena->docs[arena->nr_doc++] = doc;
	if (doc->root->kind == YAML_MAP)
		return doc->root;
	diag_error(loader->diags, yaml_pos(doc->root), RULE_KEY_TYPE,
	    "the file must hold a mapping, not %s",
	    yaml_kind_name(doc->root));
	return NULL;
}

/* Many files must not take what one is not allowed to; told once. */
bool
load_is_too_much(struct loader *loader, struct pos pos)
{
	enum { MAX_COST = 1500000 };

	if (loader->cost <= MAX_COST)
		return false;
	if (loader->cost != SIZE_MAX)
		diag_error(loader->diags, pos, RULE_YAML_LIMIT,
		    "too many files, or too much in them all");
	loader->cost = SIZE_MAX;
	return true;
}

void
load_costs(struct loader *loader, size_t len, size_t values)
{
	enum { OF_A_FILE = 2000, BYTES_A_VALUE = 64 };

	if (loader->cost != SIZE_MAX)
		loader->cost += OF_A_FILE + len / BYTES_A_VALUE + values;
}

bool
load_is_full(struct loader *loader, struct pos pos)
{
	enum { MAX_DEFAULT = 4000000, MAX_BYTES = 64 << 20 };

	if (!loader->is_full && (loader->nr_default > MAX_DEFAULT ||
	    loader->team->arena->mem.size > MAX_BYTES)) {
		diag_error(loader->diags, pos, RULE_YAML_LIMIT, "too much in "
		    "all agents up to here, with defaults, env_files and "
		    "replicas");
		loader->is_full = true;
	}
	return loader->is_full;
}

struct yaml_node *
load_file(struct loader *loader, const char *path, struct pos pos)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	const struct source *source = loader->source;
	struct yaml_node *root = NULL;
	char *full;

	if (load_is_too_much(loader, pos))
		return NULL;
	full = load_path(loader, path);
	if (source->read(source->ctx, full, COMPOSE_MAX_FILE, &text,
	    &err) < 0) {
		diag_error(loader->diags, pos, RULE_FILE, "%s", err.buf);
	} else {
		strvec_push(&loader->team->files, full);
		root = load_text(loader, path, text.buf, text.len);
		load_costs(loader, text.len, root ? root->weight : 0);
	}
	strbuf_release(&text);
	strbuf_release(&err);
	return root;
}

/* "2", "2.1" or "2.1.0". */
static bool
is_version_2(const char *s)
{
	int dots = 0;

	if (*s++ != '2')
		return false;
	for (; *s; s++) {
		if (*s == '.' && s[1] >= '0' && s[1] <= '9')
			dots++;
		else if (*s < '0' || *s > '9' || !dots)
			return false;
	}
	return dots <= 2;
}

static void
load_version(struct loader *loader)
{
	const struct yaml_node *node = yaml_get(loader->team->node, "version");

	loader->team->version = load_share(loader, "2");
	if (!node || node->kind != YAML_SCALAR)
		return;
	if (is_version_2(yaml_text(node)))
		loader->team->version = load_share(loader, yaml_text(node));
	else
		diag_hint(diag_error(loader->diags, yaml_pos(node),
		    RULE_VERSION, "version '%.60s' is not known",
		    yaml_text(node)), "expected 2 or \"2.0.0\"");
}

static void
load_escalation(struct loader *loader)
{
	const struct yaml_node *node = yaml_get(yaml_get(loader->team->node,
	    "escalation"), "critical");

	loader->team->stop_on_critical = node &&
	    node->kind == YAML_SCALAR && str_eq(yaml_text(node), "stop_team");
}

/* A key beside what it protects would be changed with it. */
static void
check_key_file(struct loader *loader)
{
	struct team *team = loader->team;
	const char *path = team->journal.key_file;
	const struct yaml_node *node;
	char *state;

	if (!path)
		return;
	node = yaml_get(yaml_get(team->node, "audit"), "hmac_key_file");
	state = xasprintf("%s/state/", team->root);
	if (str_starts(path, state))
		diag_hint(diag_error(loader->diags, yaml_pos(node),
		    RULE_KEY_VALUE, "the key of the journal is in the state "
		    "folder, beside what it signs"), "keep it where agents "
		    "cannot write, for instance in your home folder");
	free(state);
}

static void
load_journal(struct loader *loader)
{
#define AT(member) offsetof(struct journal_settings, member)
	static const struct field journal_fields[] = {
		{ "max_size", FIELD_SIZE, AT(max_bytes), NULL },
		{ "max_age", FIELD_DURATION, AT(max_age_ms), NULL },
		{ "sync", FIELD_BOOL, AT(sync), NULL },
		{ 0 },
	}, audit_fields[] = {
		{ "hmac_key_file", FIELD_OPTIONAL, AT(key_file), NULL },
		{ 0 },
	};
#undef AT
	struct team *team = loader->team;

	load_hooks(loader, team->node, team->on);
	team->journal = (struct journal_settings)JOURNAL_SETTINGS_INIT;
	load_fields(loader, yaml_get(team->node, "journal"), journal_fields,
	    &team->journal);
	load_fields(loader, yaml_get(team->node, "audit"), audit_fields,
	    &team->journal);
	if (team->journal.key_file)
		team->journal.key_file = load_path(loader,
		    team->journal.key_file);
	check_key_file(loader);
}

static void
load_team(struct loader *loader)
{
#define AT(member) offsetof(struct team, member)
	static const struct field team_fields[] = {
		{ "trust_workspace", FIELD_BOOL, AT(trust_workspace), NULL },
		{ 0 },
	}, control_fields[] = {
		{ "require_reason", FIELD_STRINGS, AT(require_reason), NULL },
		{ 0 },
	}, broker_fields[] = {
		{ "path", FIELD_STRING, AT(broker_path), NULL },
		{ 0 },
	}, supervisor_fields[] = {
		{ "type", FIELD_STRING, AT(supervisor_type), NULL },
		{ "tmux_prefix", FIELD_STRING, AT(tmux_prefix), NULL },
		{ "tmux_socket", FIELD_OPTIONAL, AT(tmux_socket), NULL },
		{ "drain_timeout_secs", FIELD_SECS, AT(drain_timeout_ms),
		    NULL },
		{ "autostart", FIELD_BOOL, AT(autostart), NULL },
		{ "cgroups", FIELD_BOOL, AT(cgroups), NULL },
		{ "max_parallel_starts", FIELD_INT, AT(max_parallel_starts),
		    NULL },
		{ "reconcile_secs", FIELD_SECS, AT(reconcile_ms), NULL },
		{ "observe_secs", FIELD_SECS, AT(observe_ms), NULL },
		{ 0 },
	};
#undef AT
	struct team *team = loader->team;

	team->broker_path = load_share(loader, "state/mailbox.db");
	team->supervisor_type = load_share(loader, "tmux");
	team->tmux_prefix = load_share(loader, "a-");
	team->drain_timeout_ms = 10 * 1000;
	team->autostart = true;
	team->cgroups = true;
	team->reconcile_ms = 30 * 1000;
	team->observe_ms = 1000;
	load_fields(loader, team->node, team_fields, team);
	load_fields(loader, yaml_get(team->node, "control"), control_fields,
	    team);
	load_fields(loader, yaml_get(team->node, "broker"), broker_fields,
	    team);
	load_fields(loader, yaml_get(team->node, "supervisor"),
	    supervisor_fields, team);
	team->broker_path = load_path(loader, team->broker_path);
	load_escalation(loader);
	load_journal(loader);
	team->defaults = load_get(team->node, "defaults");
	if (team->defaults && team->defaults->kind != YAML_MAP)
		team->defaults = NULL;
}

static void
collect_agents(struct team *team)
{
	struct project *project;
	size_t i;

	for (i = 0; i < team->nr_project; i++)
		team->nr_agent += team->projects[i]->nr_agent;
	team->agents = arena_alloc(&team->arena->mem,
	    team->nr_agent * sizeof(*team->agents));
	team->nr_agent = 0;
	for (i = 0; i < team->nr_project; i++) {
		project = team->projects[i];
		if (project->nr_agent)
			memcpy(team->agents + team->nr_agent, project->agents,
			    project->nr_agent * sizeof(*team->agents));
		team->nr_agent += project->nr_agent;
	}
}

static void
keep_paths(const struct strmap *map, struct strvec *out)
{
	size_t i;

	for (i = 0; i < map->nr; i++)
		strvec_push(out, map->entry[i].key);
	strvec_sort(out);
}

static void
load_all(struct loader *loader)
{
	struct team *team = loader->team;
	size_t i;

	load_version(loader);
	load_team(loader);
	team->runtimes = runtimes_load(loader->source, loader->diags);
	load_scales(loader);
	load_projects(loader);
	load_dynamic(loader);
	collect_agents(team);
	load_references(loader);
	for (i = 0; i < team->nr_project && !loader->is_full; i++)
		load_meta(loader, team->projects[i]);
	keep_dotenv(loader);
	keep_paths(&loader->check.later, &team->later);
	keep_paths(&loader->check.compat, &team->compat);
}

struct team *
compose_load(const struct source *source, struct diags *diags)
{
	struct team *team = xcalloc(1, sizeof(*team));
	struct loader loader = { .source = source, .diags = diags,
		.team = team,
		.interp = { .source = source, .diags = diags },
		.check = { .diags = diags, .path = STRBUF_INIT } };
	struct pos pos = { source->file, 0, 0 };
	struct yaml_node *root;

	team->arena = xcalloc(1, sizeof(*team->arena));
	team->root = load_path(&loader, "");
	loader.check.interp = &loader.interp;
	loader.check.arena = &team->arena->mem;
	load_dotenv(&loader);
	team->node = root = load_file(&loader, source->file, pos);
	if (root) {
		check_map(&loader.check, root, team_keys);
		load_all(&loader);
	}
	if (!root || loader.is_full) {
		compose_free(team);
		team = NULL;
	}
	strmap_release(&loader.interp.dotenv, NULL);
	strmap_release(&loader.check.later, NULL);
	strmap_release(&loader.check.compat, NULL);
	strmap_release(&loader.names, NULL);
	load_release_replicas(&loader);
	strbuf_release(&loader.check.path);
	load_release_env_files(&loader);
	return team;
}

void
compose_free(struct team *team)
{
	struct compose_arena *arena;
	size_t i;

	if (!team)
		return;
	arena = team->arena;
	runtimes_free(team->runtimes);
	strmap_release(&team->by_id, NULL);
	strvec_release(&team->files);
	strvec_release(&team->dotenv);
	strvec_release(&team->later);
	strvec_release(&team->compat);
	strvec_release(&team->shadowed);
	for (i = 0; i < arena->nr_doc; i++)
		yaml_doc_free(arena->docs[i]);
	free(arena->docs);
	strmap_release(&arena->strings, NULL);
	arena_release(&arena->mem);
	free(arena);
	free(team);
}

bool
compose_needs_supervisor(const struct team *team, const struct agent *agent)
{
	const struct resource_limits *limits = &agent->limits;
	int i;

	for (i = 0; i < HOOK_NR; i++)
		if (team->on[i].nr || agent->on[i].nr)
			return true;
	return agent->restart.mode != RESTART_NEVER ||
	    agent->readiness.kind != PROBE_NONE ||
	    agent->health_check.kind != PROBE_NONE ||
	    agent->nr_link || agent->nr_monitor ||
	    limits->max_memory_mb || limits->max_cpu_percent ||
	    limits->max_cpu_secs || limits->max_wall_secs;
}
