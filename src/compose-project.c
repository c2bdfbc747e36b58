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
report_name(struct loader *loader, struct pos pos, const char *name,
    const char *what)
{
	diag_hint(diag_error(loader->diags, pos, RULE_NAME_CHARSET,
	    "%s id '%.80s' cannot be used", what, name),
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
		report_name(loader, yaml_pos(id), yaml_text(id), "project");
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

struct adder {
	struct loader *loader;
	struct project *project;
	struct agent *text; /* as the text says, or the only one */
	size_t alloc;       /* of project->agents, for now */
	bool is_dynamic;
};

static void
refuse_duplicate(const struct adder *adder, const char *name,
    const struct agent *first)
{
	const char *text = adder->text->name;
	struct diag *diag;

	diag = diag_error(adder->loader->diags, adder->text->pos,
	    RULE_AGENT_DUPLICATE, "project '%s': duplicate agent id '%s', "
	    "first at %s:%d:%d", adder->project->id, name,
	    first->pos.file, first->pos.line, first->pos.col);
	if (first->slot || !str_eq(name, text))
		diag_hint(diag, "it is the name of one of the replicas of "
		    "'%s'", first->slot ? strchr(first->replica_of, ':') + 1 :
		    text);
}

/* One agent of the project; the text's own for slot 0. */
static bool
add_slot(void *ctx, int slot)
{
	struct adder *adder = ctx;
	struct loader *loader = adder->loader;
	struct project *project = adder->project;
	struct strmap_entry *entry;
	struct agent *agent;

	agent = slot ? load_replica(loader, adder->text, slot) : adder->text;
	if (!units_is_name(agent->name)) {
		report_name(loader, agent->pos, agent->name, "agent");
		return false;
	}
	entry = strmap_entry(&loader->team->by_id, agent->id);
	if (entry->value) {
		refuse_duplicate(adder, agent->name, entry->value);
		return false;
	}
	if (loader->nr_agent++ == COMPOSE_MAX_AGENTS)
		diag_error(loader->diags, agent->pos, RULE_AGENT_LIMIT,
		    "more than %d agents in a team", COMPOSE_MAX_AGENTS);
	if (loader->nr_agent > COMPOSE_MAX_AGENTS ||
	    load_is_full(loader, agent->pos))
		return false;
	entry->value = agent;
	if (slot)
		load_add_replica(loader, agent);
	ARRAY_GROW(project->agents, project->nr_agent, adder->alloc);
	project->agents[project->nr_agent++] = agent;
	return true;
}

static void
add_agent(struct adder *adder, const struct entry *entry, bool is_manager)
{
	const struct yaml_node *name = entry->name;
	struct loader *loader = adder->loader;

	if (!units_is_name(name->text)) {
		report_name(loader, yaml_pos(name), name->text, "agent");
		return;
	}
	if (loader->team->defaults)
		loader->nr_default += loader->team->defaults->weight;
	adder->text = load_agent(loader, adder->project, name->text,
	    entry->body);
	adder->text->pos = yaml_pos(name);
	adder->text->is_manager = is_manager;
	adder->text->is_dynamic = adder->is_dynamic;
	load_slots(loader, adder->text, add_slot, adder);
}

/* The agents of one or two mappings of a project, sorted. */
static void
add_agents(struct adder *adder, const struct yaml_node *const *maps,
    size_t nr, bool is_manager)
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
		if (adder->loader->nr_agent > COMPOSE_MAX_AGENTS ||
		    load_is_full(adder->loader, yaml_pos(entries[i].name)))
			break;
		add_agent(adder, &entries[i], is_manager);
	}
	free(entries);
}

static void
load_members(struct loader *loader, struct project *project,
    const struct yaml_node *map)
{
	const struct yaml_node *managers = yaml_get(map, "managers");
	const struct yaml_node *const workers[] = { yaml_get(map, "workers"),
		yaml_get(map, "agents") };
	struct adder adder = { .loader = loader, .project = project };
	struct agent **agents;

	add_agents(&adder, &managers, 1, true);
	add_agents(&adder, workers, nitems(workers), false);
	agents = project->agents;
	project->agents = load_copy(loader, agents, project->nr_agent,
	    sizeof(struct agent *));
	free(agents);
}

/* As load_members leaves them. */
static int
agent_cmp(const void *pa, const void *pb)
{
	const struct agent *a = *(struct agent *const *)pa;
	const struct agent *b = *(struct agent *const *)pb;
	int order;

	if (a->is_manager != b->is_manager)
		return a->is_manager ? -1 : 1;
	order = strcmp(compose_text_id(a), compose_text_id(b));
	return order ? order : (a->slot > b->slot) - (a->slot < b->slot);
}

void
load_more_agents(struct loader *loader, struct project *project,
    struct addition *const *additions, size_t nr)
{
	struct adder adder = { .loader = loader, .project = project,
		.alloc = project->nr_agent, .is_dynamic = true };
	struct agent **agents = xcalloc(adder.alloc, sizeof(*agents));
	struct entry entry;
	size_t i;

	if (project->nr_agent)
		memcpy(agents, project->agents,
		    project->nr_agent * sizeof(*agents));
	project->agents = agents;
	for (i = 0; i < nr; i++) {
		entry = (struct entry){ additions[i]->manifest.name,
			additions[i]->manifest.body };
		add_agent(&adder, &entry, additions[i]->manifest.is_manager);
	}
	agents = project->agents;
	if (project->nr_agent)
		qsort(agents, project->nr_agent, sizeof(*agents), agent_cmp);
	project->agents = load_copy(loader, agents, project->nr_agent,
	    sizeof(*agents));
	free(agents);
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
