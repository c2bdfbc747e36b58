/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: projects, in files of their own or inside of the team file,
 * and which agents they have.
 */
#include "loader.h"

#include "rules.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

/* Where id, name and cwd of a project stand: below `project`, or beside it. */
static const struct yaml_node *
header_get(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *header = load_get(map, "project");
	const struct yaml_node *node = NULL;

	if (header && header->kind == YAML_MAP)
		node = yaml_get(header, key);
	if (!node)
		node = yaml_get(map, key);
	return node && node->kind == YAML_SCALAR ? node : NULL;
}

static void
report_charset(struct loader *loader, const struct yaml_node *node,
    const char *what)
{
	diag_hint(diag_error(loader->diags, yaml_pos(node), RULE_NAME_CHARSET,
	    "%s id '%.80s' cannot be used", what, yaml_text(node)),
	    "1 to 64 of A-Z a-z 0-9 . _ -, the first no . or -; ':' is "
	    "reserved for PROJECT:AGENT");
}

/* The id, or NULL when the project cannot be loaded. */
static const struct yaml_node *
check_id(struct loader *loader, const struct yaml_node *map)
{
	const struct yaml_node *id = header_get(map, "id"), *first;
	struct strmap_entry *entry;

	if (!id) {
		if (!load_get(map, "project")) /* else reported as missing */
			diag_error(loader->diags, yaml_pos(map),
			    RULE_KEY_REQUIRED, "a project without an 'id'");
		return NULL;
	}
	if (!units_is_name(yaml_text(id))) {
		report_charset(loader, id, "project");
		return NULL;
	}
	entry = strmap_entry(&loader->names, yaml_text(id));
	first = entry->value;
	if (first) {
		diag_error(loader->diags, yaml_pos(id), RULE_PROJECT_DUPLICATE,
		    "duplicate project id '%s', first at %s:%u:%u",
		    yaml_text(id), first->file, first->line, first->col);
		return NULL;
	}
	entry->value = (void *)(uintptr_t)id;
	return id;
}

/* What a project file must have and a project in the team file need not. */
static void
check_file(struct loader *loader, const struct yaml_node *map)
{
	static const char *const required[] = { "name", "cwd" };
	const struct yaml_node *file = yaml_get_key(map, "file");
	size_t i;

	if (file)
		diag_warning(loader->diags, yaml_pos(file), RULE_KEY_CONFLICT,
		    "'file' is ignored: it belongs into the team file");
	if (!yaml_get(map, "version"))
		diag_error(loader->diags, yaml_pos(map), RULE_KEY_REQUIRED,
		    "'version' is missing");
	for (i = 0; i < nitems(required); i++)
		if (!header_get(map, required[i]))
			diag_error(loader->diags, yaml_pos(map),
			    RULE_KEY_REQUIRED, "the project's '%s' is missing",
			    required[i]);
}

static void
load_channels(struct loader *loader, struct project *project,
    const struct yaml_node *list)
{
	static const struct field fields[] = {
		{ "name", FIELD_STRING, offsetof(struct channel, name), NULL },
		{ "members", FIELD_STRINGS, offsetof(struct channel, members),
		    NULL },
		{ 0 },
	};
	struct channel *channel;
	size_t i;

	if (!list || list->kind != YAML_LIST)
		return;
	project->channels = arena_alloc(&loader->team->arena->mem,
	    list->nr * sizeof(*channel));
	for (i = 0; i < list->nr; i++) {
		channel = &project->channels[project->nr_channel];
		channel->pos = yaml_pos(list->item[i]);
		load_fields(loader, list->item[i], fields, channel);
		if (channel->name)
			project->nr_channel++;
	}
}

struct entry {
	const struct yaml_node *name, *body;
};

static int
entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return strcmp(a->name->text, b->name->text);
}

static void
add_agent(struct loader *loader, struct project *project,
    const struct entry *entry, bool is_manager)
{
	const struct yaml_node *name = entry->name;
	struct strmap_entry *slot;
	struct agent *agent, *first;
	char *id;

	if (!units_is_name(name->text)) {
		report_charset(loader, name, "agent");
		return;
	}
	id = xasprintf("%s:%s", project->id, name->text);
	slot = strmap_entry(&loader->team->by_id, id);
	free(id);
	first = slot->value;
	if (first) {
		diag_error(loader->diags, yaml_pos(name), RULE_AGENT_DUPLICATE,
		    "project '%s': duplicate agent id '%s', first at %s:%d:%d",
		    project->id, name->text, first->pos.file, first->pos.line,
		    first->pos.col);
		return;
	}
	agent = load_agent(loader, project, name->text, entry->body);
	agent->pos = yaml_pos(name);
	agent->is_manager = is_manager;
	slot->value = agent;
	project->agents[project->nr_agent++] = agent;
}

/* The agents of one or two mappings of a project, sorted. */
static void
add_agents(struct loader *loader, struct project *project,
    const struct yaml_node *const *maps, size_t nr, bool is_manager)
{
	struct entry *entries = NULL;
	size_t i, j, nr_entry = 0, alloc = 0;

	for (i = 0; i < nr; i++) {
		for (j = 0; maps[i] && maps[i]->kind == YAML_MAP &&
		    j < maps[i]->nr; j++) {
			ARRAY_GROW(entries, nr_entry, alloc);
			entries[nr_entry].name = yaml_key(maps[i], j);
			entries[nr_entry++].body = yaml_value(maps[i], j);
		}
	}
	if (nr_entry)
		qsort(entries, nr_entry, sizeof(*entries), entry_cmp);
	for (i = 0; i < nr_entry; i++) {
		if (loader->nr_agent++ == COMPOSE_MAX_AGENTS)
			diag_error(loader->diags, yaml_pos(entries[i].name),
			    RULE_AGENT_LIMIT, "more than %d agents in a team",
			    COMPOSE_MAX_AGENTS);
		if (loader->nr_agent > COMPOSE_MAX_AGENTS)
			break;
		add_agent(loader, project, &entries[i], is_manager);
	}
	free(entries);
}

static size_t
count(const struct yaml_node *map)
{
	return map && map->kind == YAML_MAP ? map->nr : 0;
}

static void
load_members(struct loader *loader, struct project *project,
    const struct yaml_node *map)
{
	const struct yaml_node *managers = yaml_get(map, "managers");
	const struct yaml_node *const workers[] = { yaml_get(map, "workers"),
		yaml_get(map, "agents") };

	project->agents = arena_alloc(&loader->team->arena->mem,
	    (count(managers) + count(workers[0]) + count(workers[1])) *
	    sizeof(*project->agents));
	add_agents(loader, project, &managers, 1, true);
	add_agents(loader, project, workers, nitems(workers), false);
}

/* item: the entry of the team file; map: the same, or its file's mapping. */
static struct project *
load_project(struct loader *loader, const struct yaml_node *item,
    const struct yaml_node *map)
{
	static const struct field fields[] = {
		{ "create_cwd", FIELD_BOOL,
		    offsetof(struct project, create_cwd), NULL },
		{ "strategy", FIELD_WORD, offsetof(struct project, strategy),
		    strategy_words },
		{ 0 },
	}, *const strategy = &fields[1];
	const struct yaml_node *id = check_id(loader, map), *node;
	struct project *project;

	if (!id)
		return NULL;
	project = arena_alloc(&loader->team->arena->mem, sizeof(*project));
	project->id = load_share(loader, yaml_text(id));
	project->pos = yaml_pos(id);
	node = header_get(map, "name");
	project->name = load_share(loader, yaml_text(node ? node : id));
	node = header_get(map, "cwd");
	project->cwd = load_share(loader, node ? yaml_text(node) : ".");
	project->cwd_pos = yaml_pos(node ? node : id);
	project->node = map;
	load_fields(loader, yaml_get(loader->team->node, "supervisor"),
	    strategy, project);
	load_fields(loader, map, fields, project);
	load_fields(loader, yaml_get(map, "project"), fields, project);
	load_fields(loader, item, fields, project);
	load_channels(loader, project, yaml_get(map, "channels"));
	load_members(loader, project, map);
	return project;
}

/* The mapping of the file that an item names, compared with the table. */
static const struct yaml_node *
load_project_file(struct loader *loader, const struct yaml_node *item,
    const struct yaml_node *file)
{
	static const char *const beside[] = { "file", "create_cwd",
		"strategy" };
	struct yaml_node *map;
	size_t i, j;

	for (i = 0; i < item->nr; i++) {
		for (j = 0; j < nitems(beside); j++)
			if (strcmp(yaml_key(item, i)->text, beside[j]) == 0)
				break;
		if (j == nitems(beside) && keys_find(project_keys,
		    yaml_key(item, i)->text))
			diag_warning(loader->diags, yaml_pos(yaml_key(item,
			    i)), RULE_KEY_CONFLICT, "beside 'file', '%s' is "
			    "ignored: it belongs into that file",
			    yaml_key(item, i)->text);
	}
	if (file->kind != YAML_SCALAR)
		return NULL;
	map = load_file(loader, yaml_text(file), yaml_pos(file));
	if (!map)
		return NULL;
	check_map(&loader->check, map, project_keys);
	check_file(loader, map);
	return map;
}

void
load_projects(struct loader *loader)
{
	const struct yaml_node *list = yaml_get(loader->team->node, "projects");
	const struct yaml_node *item, *file, *map;
	struct team *team = loader->team;
	struct project *project;
	size_t i;

	if (!list || list->kind != YAML_LIST)
		return;
	team->projects = arena_alloc(&team->arena->mem,
	    list->nr * sizeof(*team->projects));
	for (i = 0; i < list->nr; i++) {
		map = item = list->item[i];
		if (item->kind != YAML_MAP && !yaml_is_empty(item))
			continue; /* was reported */
		file = yaml_get(item, "file");
		if (file)
			map = load_project_file(loader, item, file);
		project = map ? load_project(loader, item, map) : NULL;
		if (project)
			team->projects[team->nr_project++] = project;
	}
}
