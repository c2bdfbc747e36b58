/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See compose.h: rules over a whole team.  Most are those of the original
 * teamctl; what it does not check and suffers from later is checked, too.
 */
#include "rules.h"
#include "units.h"
#include "validation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum source_kind
validation_kind(struct validation *v, const char *path)
{
	struct strmap_entry *entry = strmap_entry(&v->kinds, path);
	enum source_kind kind;

	if (!entry->value) {
		kind = v->source->kind(v->source->ctx, path);
		entry->value = (void *)((uintptr_t)kind + 1);
	}
	return (enum source_kind)((uintptr_t)entry->value - 1);
}

struct agent *
validation_find(const struct validation *v, const struct project *project,
    const char *name)
{
	struct agent *agent;
	char *id;

	if (strchr(name, ':'))
		return strmap_get(&v->team->by_id, name);
	id = xasprintf("%s:%s", project->id, name);
	agent = strmap_get(&v->team->by_id, id);
	free(id);
	return agent;
}

struct pos
validation_place(const struct validation *v, const struct agent *agent,
    const char *key, size_t i)
{
	const struct yaml_node *node = yaml_get(
	    compose_agent_key(v->team, agent, key), key);

	if (!node)
		return agent->pos;
	if (node->kind == YAML_LIST && i < node->nr)
		node = node->item[i];
	return yaml_pos(node);
}

void
validation_hint_agent(struct validation *v, struct diag *diag,
    const struct project *project, const char *name)
{
	enum { HINTS_MAX = 100 }; /* they compare with every agent */
	const char **names;
	size_t i;

	if (++v->nr_hint > HINTS_MAX)
		return;
	names = xcalloc(project->nr_agent, sizeof(*names));
	for (i = 0; i < project->nr_agent; i++)
		names[i] = project->agents[i]->name;
	diag_hint_nearest(diag, name, names, project->nr_agent);
	free(names);
}

/* The value of a key of a mapping of the team file, when it is text. */
static const struct yaml_node *
team_value(const struct validation *v, const char *map, const char *key)
{
	const struct yaml_node *node = yaml_get(yaml_get(v->team->node, map),
	    key);

	return node && node->kind == YAML_SCALAR ? node : NULL;
}

static bool
is_one_of(const char *word, const char *const *words, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* The types that the original knew of besides; check.h has refused others. */
static void
check_supervisor_type(struct validation *v)
{
	static const char *const types[] = { "systemd", "launchd" };
	const struct yaml_node *type = team_value(v, "supervisor", "type");
	struct diag *diag;

	if (!type || !is_one_of(yaml_text(type), types, nitems(types)))
		return;
	diag = diag_warning(v->diags, yaml_pos(type), RULE_SUPERVISOR_UNUSED,
	    "supervisor type '%s' is not used: the agents run in tmux all "
	    "the same", yaml_text(type));
	diag_hint(diag, "write tmux; 'teamctl service install' has %s keep "
	    "teamctl itself alive", yaml_text(type));
}

static bool
is_of_letters(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-";

	return strspn(s, letters) == strlen(s) && strlen(s) <= 64;
}

static void
check_supervisor(struct validation *v)
{
	const struct yaml_node *node;

	check_supervisor_type(v);
	node = team_value(v, "supervisor", "tmux_prefix");
	if (node && !is_of_letters(v->team->tmux_prefix))
		diag_hint(diag_error(v->diags, yaml_pos(node), RULE_TMUX_NAME,
		    "tmux_prefix '%.80s' cannot be part of a session's name",
		    v->team->tmux_prefix),
		    "at most 64 of A-Z a-z 0-9 . _ -");
	node = team_value(v, "supervisor", "tmux_socket");
	if (node && v->team->tmux_socket &&
	    !units_is_name(v->team->tmux_socket))
		diag_hint(diag_error(v->diags, yaml_pos(node), RULE_TMUX_NAME,
		    "tmux_socket '%.80s' cannot be the name of a server",
		    v->team->tmux_socket),
		    "1 to 64 of A-Z a-z 0-9 . _ -, the first no . or -; "
		    "not a path");
}

/* Names and actions of rate limit hooks; wait is there without saying so. */
static void
check_rate_limits(struct validation *v)
{
	static const char *const actions[] = { "wait", "send", "webhook",
		"run" };
	const struct yaml_node *limits, *hooks, *hook, *name, *action, *list;
	size_t i;

	limits = yaml_get(v->team->node, "rate_limits");
	hooks = yaml_get(limits, "hooks");
	strmap_entry(&v->hooks, "wait");
	for (i = 0; hooks && hooks->kind == YAML_LIST && i < hooks->nr; i++) {
		hook = hooks->item[i];
		name = yaml_get(hook, "name");
		if (name && name->kind == YAML_SCALAR)
			strmap_entry(&v->hooks, name->text);
		action = yaml_get(hook, "action");
		if (action && action->kind == YAML_SCALAR &&
		    !is_one_of(action->text, actions, nitems(actions)))
			diag_hint(diag_warning(v->diags, yaml_pos(action),
			    RULE_RATE_LIMIT_HOOK, "unknown action '%.60s'",
			    action->text),
			    "known: wait, send, webhook, run");
	}
	list = yaml_get(limits, "default_on_hit");
	for (i = 0; list && list->kind == YAML_LIST && i < list->nr; i++)
		if (list->item[i]->kind == YAML_SCALAR &&
		    !strmap_has(&v->hooks, list->item[i]->text))
			diag_warning(v->diags, yaml_pos(list->item[i]),
			    RULE_RATE_LIMIT_HOOK,
			    "unknown rate limit hook '%.60s'",
			    list->item[i]->text);
}

/*
 * The text of a channel in the file, for places.  It stands behind that of the
 * one before, where *at is.
 */
static const struct yaml_node *
members_node(const struct project *project, const struct channel *channel,
    size_t *at)
{
	const struct yaml_node *list = yaml_get(project->node, "channels"),
	    *item;

	while (list && *at < list->nr) {
		item = list->item[(*at)++];
		if ((int)item->line == channel->pos.line &&
		    (int)item->col == channel->pos.col)
			return yaml_get(item, "members");
	}
	return NULL;
}

/* The names of which there are several. */
static void
find_replicated(const struct project *project, struct strmap *names)
{
	const char *text;
	size_t i;

	for (i = 0; i < project->nr_agent; i++) {
		text = project->agents[i]->replica_of;
		if (text)
			strmap_set(names, strchr(text, ':') + 1, NULL);
	}
}

static void
check_members(struct validation *v, const struct project *project,
    const struct channel *channel, const struct yaml_node *node,
    const struct strmap *replicated)
{
	const char *name;
	struct diag *diag;
	size_t i;

	if (node && node->kind == YAML_SCALAR) {
		if (strcmp(yaml_text(node), "*") != 0)
			diag_hint(diag_error(v->diags, yaml_pos(node),
			    RULE_CHANNEL_MEMBERS, "members of channel '%s' "
			    "are '%.60s'", channel->name, yaml_text(node)),
			    "expected a list of agents, or \"*\" for all");
		return;
	}
	for (i = 0; node && node->kind == YAML_LIST && i < node->nr; i++) {
		if (node->item[i]->kind != YAML_SCALAR)
			continue;
		name = yaml_text(node->item[i]);
		if (!strchr(name, ':') && (validation_find(v, project, name) ||
		    strmap_has(replicated, name)))
			continue;
		diag = diag_error(v->diags, yaml_pos(node->item[i]),
		    RULE_CHANNEL_MEMBER, "project '%s': unknown agent '%.60s' "
		    "in members of channel '%s'", project->id, name,
		    channel->name);
		if (strcmp(name, "*") == 0)
			diag_hint(diag, "for all agents write members: \"*\"");
		else
			validation_hint_agent(v, diag, project, name);
	}
}

static void
check_channels(struct validation *v, const struct project *project)
{
	const struct channel *channel;
	struct strmap replicated = STRMAP_INIT;
	struct strmap_entry *entry;
	size_t i, at = 0;

	find_replicated(project, &replicated);
	for (i = 0; i < project->nr_channel; i++) {
		channel = &project->channels[i];
		entry = strmap_entry(&v->channels, channel->name);
		if (entry->value)
			diag_warning(v->diags, channel->pos,
			    RULE_CHANNEL_DUPLICATE, "project '%s': duplicate "
			    "channel '%.60s', first at %s:%d:%d", project->id,
			    channel->name,
			    ((struct channel *)entry->value)->pos.file,
			    ((struct channel *)entry->value)->pos.line,
			    ((struct channel *)entry->value)->pos.col);
		else
			entry->value = (void *)(uintptr_t)channel;
		check_members(v, project, channel,
		    members_node(project, channel, &at), &replicated);
	}
	strmap_release(&replicated, NULL);
}

/* Of replicas, which have one text, the first is looked at. */
static bool
is_sibling(const struct project *project, size_t i)
{
	const char *text = project->agents[i]->replica_of;

	return text && i && str_eq(project->agents[i - 1]->replica_of, text);
}

static void
check_project(struct validation *v, const struct project *project)
{
	size_t i;

	check_channels(v, project);
	for (i = 0; i < project->nr_agent; i++)
		if (!is_sibling(project, i))
			validate_agent(v, project->agents[i]);
	strmap_release(&v->channels, NULL);
}

/* Two agents with one session would also share their files. */
static void
check_sessions(struct validation *v)
{
	struct strmap sessions = STRMAP_INIT;
	struct agent *agent, *other;
	size_t i;

	for (i = 0; i < v->team->nr_agent; i++) {
		agent = v->team->agents[i];
		other = strmap_set(&sessions, agent->session, agent);
		if (other)
			diag_hint(diag_error(v->diags, agent->pos,
			    RULE_SESSION_COLLISION, "agents '%s' and '%s' "
			    "would share the tmux session '%s'", other->id,
			    agent->id, agent->session), "rename one of them; "
			    "session names join project and agent by '-', and "
			    "tmux makes '.' a '_'");
	}
	strmap_release(&sessions, NULL);
}

static void
join(const struct strvec *list, const char *title, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		strbuf_addf(out, "%s%s", i ? ", " : out->len ? title :
		    title + strspn(title, "; "), list->v[i]);
}

/* So that nobody believes that a key works because it is accepted. */
static void
note_unused(struct validation *v)
{
	struct strbuf text = STRBUF_INIT;
	struct pos pos = { v->source->file, 0, 0 };
	struct diag *note;

	join(&v->team->later, "; no effect yet: ", &text);
	join(&v->team->compat, "; accepted for compatibility, no effect: ",
	    &text);
	if (text.len) {
		note = diag_note(v->diags, pos, RULE_NOT_YET, "%s", text.buf);
		if (strvec_has(&v->team->compat, "on_rate_limit") ||
		    strvec_has(&v->team->compat, "rate_limits"))
			diag_hint(note, "what follows from a rate limit is "
			    "said by rate_limit: { resume: true }");
	}
	strbuf_release(&text);
}

static void
check_folders(struct validation *v, const struct project *project)
{
	const struct agent *agent;
	char *path;
	size_t i;

	if (*project->cwd == '/')
		path = xstrdup(project->cwd);
	else
		path = xasprintf("%s/%s", v->team->root, project->cwd);
	if (validation_kind(v, path) != SOURCE_DIR)
		diag_hint(diag_warning(v->diags, project->cwd_pos,
		    RULE_CWD_MISSING, "the cwd '%s' of project '%s' is no "
		    "folder", project->cwd, project->id),
		    "make it, or set create_cwd: true; until then 'up' "
		    "refuses its agents");
	free(path);
	for (i = 0; i < project->nr_agent; i++) {
		agent = project->agents[i];
		/* The project's own was looked at for all of its agents. */
		if (agent->cwd != project->cwd && !is_sibling(project, i) &&
		    validation_kind(v, agent->cwd_path) != SOURCE_DIR)
			diag_warning(v->diags, agent->cwd_pos,
			    RULE_CWD_MISSING, "the cwd '%s' of agent '%s' is "
			    "no folder", agent->cwd, agent->id);
	}
}

void
validate_folders(const struct team *team, const struct source *source,
    struct diags *diags)
{
	struct validation v = { .team = team, .source = source,
		.diags = diags };
	size_t i;

	for (i = 0; i < team->nr_project; i++)
		if (!team->projects[i]->create_cwd)
			check_folders(&v, team->projects[i]);
	strmap_release(&v.kinds, NULL);
}

void
validate(const struct team *team, const struct source *source,
    struct diags *diags)
{
	struct validation v = { .team = team, .source = source,
		.diags = diags };
	size_t i;

	for (i = 0; i < team->nr_agent; i++)
		strmap_set(&v.index, team->agents[i]->id,
		    (void *)(uintptr_t)(i + 1));
	check_supervisor(&v);
	check_rate_limits(&v);
	for (i = 0; i < team->nr_project; i++)
		check_project(&v, team->projects[i]);
	check_sessions(&v);
	validate_graphs(&v);
	note_unused(&v);
	strmap_release(&v.kinds, NULL);
	strmap_release(&v.hooks, NULL);
	strmap_release(&v.index, NULL);
}
