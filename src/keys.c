/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See keys.h: the keys of a team and a project, and looking up rows.
 */
#include "keys.h"

#include "rules.h"
#include "units.h"

#include <string.h>

#define STRING KEY_STRING
#define OPTIONAL (KEY_STRING | KEY_NULL)
#define STRATEGIES "one_for_one|one_for_all|rest_for_one"
#define NAME "^" UNITS_NAME "$"

static const struct key any_keys[] = {
	{ .name = "*", KEY_ANY, 0, "0.1", NULL, "anything" },
	{ 0 },
};

static const struct key broker_keys[] = {
	{ .name = "type", KEY_ENUM, 0, "0.1", "sqlite", "must be sqlite",
	    .values = "sqlite", .rule = RULE_BROKER_TYPE },
	{ .name = "path", STRING, 0, "0.1", "state/mailbox.db",
	    "the mailbox" },
	{ 0 },
};

static const struct key supervisor_keys[] = {
	{ .name = "type", KEY_ENUM, 0, "0.1", "tmux",
	    "tmux; systemd and launchd are accepted, but tmux is used",
	    .values = "tmux|systemd|launchd", .rule = RULE_SUPERVISOR_TYPE },
	{ .name = "tmux_prefix", STRING, 0, "0.1", "a-",
	    "first part of all session names",
	    .pattern = "^[A-Za-z0-9_.-]{0,64}$" },
	{ .name = "tmux_socket", OPTIONAL, 0, "new", NULL,
	    "name of a tmux server of the team's own", .pattern = NAME },
	{ .name = "drain_timeout_secs", KEY_NUMBER, 0, "0.4.0", "10",
	    "seconds an agent may take to end", .min = 0, .max = 600,
	    .rule = RULE_DRAIN_TIMEOUT },
	{ .name = "autostart", KEY_BOOL, 0, "new", "true",
	    "whether up starts the supervisor" },
	{ .name = "cgroups", KEY_BOOL, 0, "new", "true",
	    "whether each agent gets a cgroup, where these can be had" },
	{ .name = "strategy", KEY_ENUM, 0, "new", "one_for_one",
	    "what else restarts with an agent, for all projects",
	    .values = STRATEGIES },
	{ .name = "max_parallel_starts", KEY_INT, 0, "new", NULL,
	    "how many agents start at a time; 0 or nothing: all", .min = 0,
	    .max = 100000 },
	{ .name = "reconcile_secs", KEY_NUMBER, 0, "new", "30",
	    "seconds between two looks at what really runs", .min = 1,
	    .max = 86400 },
	{ .name = "observe_secs", KEY_NUMBER, 0, "new", "1",
	    "seconds between two looks at what agents do; 0: none", .min = 0,
	    .max = 86400 },
	{ 0 },
};

static const struct key usd_map[] = {
	{ .name = "*", KEY_NUMBER, 0, "0.1", NULL, "a project's limit" },
	{ 0 },
};

static const struct key budget_keys[] = {
	{ .name = "daily_usd_limit", KEY_NUMBER | KEY_NULL, 0, "0.1", NULL,
	    "dollars a day" },
	{ .name = "warn_threshold_pct", KEY_INT | KEY_NULL, 0, "0.1", NULL,
	    "percent at which is warned", .min = 0, .max = 1e9 },
	{ .name = "message_ttl_hours", KEY_INT | KEY_NULL, 0, "0.1", NULL,
	    "hours until a read message may go", .min = 0, .max = 1e9 },
	{ .name = "per_project_usd_limit", KEY_MAP, 0, "0.1", NULL,
	    "dollars a day by project", .keys = usd_map },
	{ 0 },
};

static const struct key window_keys[] = {
	{ .name = "action", STRING, KEY_REQUIRED, "0.1", NULL,
	    "what is approved" },
	{ .name = "project", OPTIONAL, 0, "0.1", NULL, "for this project" },
	{ .name = "agent", OPTIONAL, 0, "0.1", NULL, "for this agent" },
	{ .name = "scope", OPTIONAL, 0, "0.1", NULL, "for this scope" },
	{ .name = "until", STRING, KEY_REQUIRED, "0.1", NULL,
	    "RFC 3339 time" },
	{ 0 },
};

static const struct key window_item = { .name = "[]", KEY_MAP, 0, "0.1", NULL,
	"an approval in advance", .keys = window_keys };

static const struct key hitl_keys[] = {
	{ .name = "globally_sensitive_actions", KEY_LIST, 0, "0.1", NULL,
	    "actions that a person must approve" },
	{ .name = "auto_approve_windows", KEY_LIST, 0, "0.1", NULL,
	    "approvals in advance", .item = &window_item },
	{ 0 },
};

static const struct key rate_hook_keys[] = {
	{ .name = "name", STRING, KEY_REQUIRED, "0.1.1", NULL, "its name" },
	{ .name = "action", STRING, KEY_REQUIRED, "0.1.1", NULL,
	    "wait, send, webhook or run" },
	{ .name = "to", OPTIONAL, 0, "0.1.1", NULL,
	    "agent that is written to" },
	{ .name = "template", OPTIONAL, 0, "0.1.1", NULL,
	    "text that is written" },
	{ .name = "url", OPTIONAL, 0, "0.1.1", NULL,
	    "address of the webhook" },
	{ .name = "url_env", OPTIONAL, 0, "0.1.1", NULL,
	    "variable that holds the address" },
	{ .name = "method", OPTIONAL, 0, "0.1.1", NULL, "HTTP method" },
	{ .name = "command", KEY_LIST, 0, "0.1.1", NULL, "argv that is run" },
	{ 0 },
};

static const struct key rate_hook_item = { .name = "[]", KEY_MAP, 0, "0.1.1",
	NULL, "a rate limit hook", .keys = rate_hook_keys };

static const struct key rate_limit_keys[] = {
	{ .name = "default_on_hit", KEY_LIST, 0, "0.1.1", "wait",
	    "names of hooks, in order" },
	{ .name = "hooks", KEY_LIST, 0, "0.1.1", NULL, "hooks by name",
	    .item = &rate_hook_item },
	{ .name = "fallback_wait_seconds", KEY_INT, 0, "0.1.1", "1800",
	    "how long to wait when no reset time is known", .min = 0,
	    .max = 1e9 },
	{ 0 },
};

static const struct key adapter_keys[] = {
	{ .name = "type", STRING, KEY_REQUIRED, "0.1", NULL,
	    "kind of adapter" },
	{ .name = "name", STRING, KEY_REQUIRED, "0.1", NULL, "its name" },
	{ .name = "config", KEY_ANY, 0, "0.1", NULL, "its settings" },
	{ 0 },
};

static const struct key adapter_item = { .name = "[]", KEY_MAP, 0, "0.1", NULL,
	"an adapter", .keys = adapter_keys };

static const struct key scanner_keys[] = {
	{ .name = "command", STRING | KEY_LIST, KEY_REQUIRED, "0.8.0", NULL,
	    "program that looks at a file" },
	{ .name = "timeout_seconds", KEY_INT, 0, "0.8.0", "30",
	    "how long it may take", .min = 0, .max = 1e9 },
	{ 0 },
};

static const struct key attachment_keys[] = {
	{ .name = "enabled", KEY_BOOL, 0, "0.8.0", "true",
	    "whether files may be sent" },
	{ .name = "max_size_bytes", KEY_INT, 0, "0.8.0", "5242880",
	    "largest file", .min = 0, .max = 1e15 },
	{ .name = "allowed_roots", KEY_LIST, 0, "0.8.0", "$HOME",
	    "folders files may come from" },
	{ .name = "scanner", KEY_MAP | KEY_NULL, 0, "0.8.0", NULL,
	    "looks at files before they are sent", .keys = scanner_keys },
	{ .name = "audit_log_path", OPTIONAL, 0, "0.8.0", NULL,
	    "log of files sent" },
	{ .name = "tempfile_ttl_seconds", KEY_INT, 0, "0.8.0", "21600",
	    "how long a copy is kept", .min = 0, .max = 1e9 },
	{ 0 },
};

static const struct key escalation_keys[] = {
	{ .name = "critical", KEY_ENUM, 0, "new", "notify",
	    "what happens when a critical agent is given up",
	    .values = "stop_team|notify" },
	{ 0 },
};

static const struct key verb_item = { .name = "[]", KEY_ENUM, 0, "new", NULL,
	"a command", .values = "up|down|reload|restart|pause|resume|"
	    "quarantine|release|reset|remove|add|scale|save|shutdown|"
	    "send|answer|exec" };

static const struct key control_keys[] = {
	{ .name = "require_reason", KEY_LIST, 0, "new", NULL,
	    "commands that need --reason", .item = &verb_item },
	{ 0 },
};

static const struct key audit_keys[] = {
	{ .name = "hmac_key_file", OPTIONAL, 0, "new", NULL,
	    "file with a key that signs the end of the journal" },
	{ 0 },
};

static const struct key journal_keys[] = {
	{ .name = "max_size", KEY_SIZE, 0, "new", "2MiB",
	    "size at which a new segment is begun" },
	{ .name = "max_age", KEY_DURATION, 0, "new", "7d",
	    "age at which one is begun" },
	{ .name = "sync", KEY_BOOL, 0, "new", "true",
	    "whether it is on the disk before what it announces is done" },
	{ 0 },
};

static const struct key project_item = { .name = "[]", KEY_MAP, 0, "0.1", NULL,
	"a project file, or a project itself", .keys = project_keys };

const struct key team_keys[] = {
	{ .name = "version", STRING, KEY_REQUIRED, "0.1", NULL,
	    "2, or \"2.x.y\"", .pattern = "^2(\\.[0-9]+){0,2}$", .min = 2,
	    .max = 2.999999 },
	{ .name = "schema", KEY_INT, 0, "new", NULL,
	    "1, in what config --json prints" },
	{ .name = "defaults", KEY_MAP, 0, "new", NULL,
	    "keys that each agent has unless it says otherwise",
	    .keys = agent_keys },
	{ .name = "supervisor", KEY_MAP, 0, "0.1", NULL,
	    "sessions and their end", .keys = supervisor_keys },
	{ .name = "trust_workspace", KEY_BOOL, 0, "new", "false",
	    "tell Claude Code that the working directories are trusted" },
	{ .name = "escalation", KEY_MAP, 0, "new", NULL,
	    "when an agent is given up", .keys = escalation_keys },
	{ .name = "control", KEY_MAP, 0, "new", NULL,
	    "rules for commands", .keys = control_keys },
	{ .name = "audit", KEY_MAP, 0, "new", NULL,
	    "proof that nobody has changed the journal", .keys = audit_keys },
	{ .name = "journal", KEY_MAP, 0, "new", NULL,
	    "how the journal is kept", .keys = journal_keys },
	{ .name = "logs", KEY_MAP, 0, "new", NULL,
	    "logs of agents that do not say otherwise",
	    .keys = log_keys },
	{ .name = "on", KEY_MAP, KEY_RAW, "new", NULL,
	    "commands that the supervisor runs at events", .keys = on_keys },
	{ .name = "broker", KEY_MAP, KEY_COMPAT, "0.1", NULL, "the mailbox",
	    .keys = broker_keys },
	{ .name = "budget", KEY_MAP, KEY_COMPAT, "0.1", NULL, "money",
	    .keys = budget_keys },
	{ .name = "hitl", KEY_MAP, KEY_COMPAT, "0.1", NULL,
	    "approvals by people", .keys = hitl_keys },
	{ .name = "rate_limits", KEY_MAP, KEY_COMPAT | KEY_RAW, "0.1.1", NULL,
	    "what happens at a rate limit", .keys = rate_limit_keys },
	{ .name = "interfaces", KEY_LIST, KEY_COMPAT, "0.1", NULL, "adapters",
	    .item = &adapter_item },
	{ .name = "attachments", KEY_MAP | KEY_NULL, KEY_COMPAT, "0.8.0", NULL,
	    "files in messages", .keys = attachment_keys },
	{ .name = "projects", KEY_LIST, 0, "0.1", NULL,
	    "the projects, in order", .item = &project_item },
	{ 0 },
};

static const struct key channel_keys[] = {
	{ .name = "name", STRING, KEY_REQUIRED, "0.1", NULL, "its name" },
	{ .name = "members", STRING | KEY_LIST, 0, "0.1", NULL,
	    "agents of the project, or \"*\" for all", .pattern = "^\\*$",
	    .items = NAME },
	{ 0 },
};

static const struct key channel_item = { .name = "[]", KEY_MAP, 0, "0.1", NULL,
	"a channel", .keys = channel_keys };

static const struct key agent_map[] = {
	{ .name = "*", KEY_MAP, 0, "0.1", NULL, "an agent by its id",
	    .keys = agent_keys, .names = NAME },
	{ 0 },
};

static const struct key header_keys[] = {
	{ .name = "id", STRING, KEY_REQUIRED, "0.1", NULL, "its id",
	    .pattern = NAME },
	{ .name = "name", STRING, 0, "0.1", "the id", "its name for people" },
	{ .name = "cwd", STRING, 0, "0.1", ".",
	    "where its agents work, relative to the root" },
	{ .name = "create_cwd", KEY_BOOL, 0, "new", "false",
	    "make the working directory when it is not there" },
	{ .name = "strategy", KEY_ENUM, 0, "new", "one_for_one",
	    "what else restarts with an agent", .values = STRATEGIES },
	{ 0 },
};

static const struct key project_interface_keys[] = {
	{ .name = "telegram", KEY_MAP | KEY_NULL, 0, "0.8.7", NULL,
	    "managed bots", .keys = any_keys },
	{ 0 },
};

const struct key project_keys[] = {
	{ .name = "version", KEY_INT, 0, "0.1", NULL,
	    "required in a project file, 2", .min = 0, .max = 4294967295.0 },
	{ .name = "file", STRING, KEY_ONE_NEEDED, "0.1", NULL,
	    "the project file; only in team-compose.yaml" },
	{ .name = "project", KEY_MAP, KEY_ONE_NEEDED, "0.1", NULL,
	    "id, name and cwd, which may also stand beside it",
	    .keys = header_keys },
	{ .name = "id", STRING, KEY_ONE_NEEDED, "new", NULL, "its id",
	    .pattern = NAME },
	{ .name = "name", STRING, 0, "new", "the id", "its name for people" },
	{ .name = "cwd", STRING, 0, "new", ".",
	    "where its agents work, relative to the root" },
	{ .name = "create_cwd", KEY_BOOL, 0, "new", "false",
	    "make the working directory when it is not there" },
	{ .name = "strategy", KEY_ENUM, 0, "new", "one_for_one",
	    "what else restarts with an agent", .values = STRATEGIES },
	{ .name = "channels", KEY_LIST, KEY_COMPAT, "0.1", NULL,
	    "channels of the mailbox", .item = &channel_item },
	{ .name = "managers", KEY_MAP, 0, "0.1", NULL,
	    "agents that others report to", .keys = agent_map },
	{ .name = "workers", KEY_MAP, 0, "0.1", NULL, "all other agents",
	    .keys = agent_map },
	{ .name = "agents", KEY_MAP, 0, "new", NULL,
	    "another word for workers", .keys = agent_map },
	{ .name = "interfaces", KEY_MAP | KEY_NULL, KEY_COMPAT, "0.8.7", NULL,
	    "ways to talk to the project", .keys = project_interface_keys },
	{ 0 },
};

const struct key *
key_next(const struct key *key)
{
	key++;
	return !key->name && key->keys ? key->keys : key;
}

const struct key *
keys_find(const struct key *keys, const char *name)
{
	/* First letters first: this is called for every key of a team. */
	for (; keys->name; keys = key_next(keys))
		if (keys->name[0] == '*' || (keys->name[0] == name[0] &&
		    strcmp(keys->name, name) == 0))
			return keys;
	return NULL;
}

const char *
keys_table_name(const struct key *keys)
{
	if (keys == team_keys)
		return "team";
	if (keys == project_keys)
		return "project";
	if (keys == manifest_keys)
		return "manifest";
	return keys == agent_keys ? "agent" : NULL;
}

struct walk {
	void (*fn)(void *ctx, const char *path, const struct key *key);
	void *ctx;
	struct strbuf path;
};

static void walk_row(struct walk *walk, const struct key *key);

static void
walk_keys(struct walk *walk, const struct key *keys)
{
	size_t len = walk->path.len;

	for (; keys->name; keys++) {
		strbuf_addf(&walk->path, ".%s", keys->name);
		walk_row(walk, keys);
		strbuf_setlen(&walk->path, len);
	}
}

static void
walk_row(struct walk *walk, const struct key *key)
{
	size_t len = walk->path.len;

	walk->fn(walk->ctx, walk->path.buf, key);
	if (key->keys && !keys_table_name(key->keys))
		walk_keys(walk, key->keys);
	if (key->item) {
		strbuf_addstr(&walk->path, "[]");
		walk_row(walk, key->item);
		strbuf_setlen(&walk->path, len);
	}
}

void
keys_each(void (*fn)(void *ctx, const char *path, const struct key *key),
    void *ctx)
{
	static const struct key *const tables[] = { team_keys, project_keys,
		agent_keys, manifest_keys };
	struct walk walk = { .fn = fn, .ctx = ctx, .path = STRBUF_INIT };
	size_t i;

	for (i = 0; i < nitems(tables); i++) {
		strbuf_addstr(&walk.path, keys_table_name(tables[i]));
		walk_keys(&walk, tables[i]);
		strbuf_reset(&walk.path);
	}
	strbuf_release(&walk.path);
}

/* A limit that nobody meets is not worth being told. */
static void
add_range(const struct key *key, struct strbuf *out)
{
	if (key->max >= 1e9)
		strbuf_addf(out, " of %.15g or more", key->min);
	else if (key->max > key->min)
		strbuf_addf(out, " from %.15g to %.15g", key->min, key->max);
}

void
key_add_type(const struct key *key, struct strbuf *out)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{ KEY_STRING, "text" },
		{ KEY_BOOL, "true or false" },
		{ KEY_INT, "a whole number" },
		{ KEY_NUMBER, "a number" },
		{ KEY_DURATION, "a duration such as 500ms, 10s or 5m" },
		{ KEY_SIZE, "a size such as 256MiB" },
		{ KEY_ENUM, "one of " },
		{ KEY_LIST, "a list" },
		{ KEY_MAP, "a mapping" },
	};
	const char *separator = "", *s;
	size_t i;

	for (i = 0; i < nitems(names); i++) {
		if (!(key->type & names[i].type))
			continue;
		strbuf_addf(out, "%s%s", separator, names[i].name);
		separator = " or ";
		if (names[i].type & (KEY_INT | KEY_NUMBER))
			add_range(key, out);
		if (names[i].type != KEY_ENUM)
			continue;
		for (s = key->values; *s; s++) {
			if (*s == '|')
				strbuf_addstr(out, ", ");
			else
				strbuf_addch(out, *s);
		}
	}
}
