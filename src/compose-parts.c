/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: environment, secrets, MCP servers and dependencies of an
 * agent.  Items of `defaults` come first; one of the same name replaces them.
 */
#include "loader.h"

#include "dotenv.h"
#include "rules.h"
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What an env_file holds, read once for all agents that name it. */
struct env_file {
	struct env_item *item;
	size_t nr, alloc;
	char *why; /* it could not be read, or NULL */
	struct pos told; /* where that was said last: many have a default */
	struct loader *loader;
};

/* Items in order, one for each name. */
struct env_list {
	struct env_item *item;
	size_t nr, alloc;
	struct strmap names; /* name to index + 1 */
};

static void
put_item(struct env_list *list, struct env_item item)
{
	struct strmap_entry *entry = strmap_entry(&list->names, item.name);

	if (entry->value) {
		list->item[(uintptr_t)entry->value - 1] = item;
		return;
	}
	ARRAY_GROW(list->item, list->nr, list->alloc);
	list->item[list->nr++] = item;
	entry->value = (void *)(uintptr_t)list->nr;
}

/* A variable that is only named has the value it has here, or none. */
static void
inherit(struct loader *loader, struct env_item *item)
{
	const char *value = interp_get(&loader->interp, item->name);

	item->inherited = true;
	item->value = value ? load_share(loader, value) : NULL;
}

static void
on_env_line(void *ctx, struct pos pos, const char *name, const char *value)
{
	struct env_file *file = ctx;
	struct env_item item = { .name = load_share(file->loader, name),
		.from_file = true, .pos = pos };

	if (value)
		item.value = load_share(file->loader, value);
	else
		inherit(file->loader, &item);
	ARRAY_GROW(file->item, file->nr, file->alloc);
	file->item[file->nr++] = item;
}

static struct env_file *
read_env_file(struct loader *loader, char *full, const char *path)
{
	enum { OF_A_LINE = 3 }; /* as values of a compose file */
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	struct env_file *file = xcalloc(1, sizeof(*file));
	const struct source *source = loader->source;

	file->loader = loader;
	errno = 0;
	if (source->read(source->ctx, full, COMPOSE_MAX_ENV_FILE, &text,
	    &err) < 0) {
		file->why = strbuf_detach(&err);
	} else {
		strvec_push(&loader->team->files, full);
		dotenv_parse(load_share(loader, path), text.buf, text.len,
		    loader->diags, on_env_line, file);
		load_costs(loader, text.len, file->nr * OF_A_LINE);
	}
	strbuf_release(&text);
	strbuf_release(&err);
	return file;
}

static void
free_env_file(void *p)
{
	struct env_file *file = p;

	if (!file)
		return;
	free(file->item);
	free(file->why);
	free(file);
}

void
load_release_env_files(struct loader *loader)
{
	strmap_release(&loader->env_files, free_env_file);
}

static void
tell_env_file(struct loader *loader, struct env_file *file, struct pos pos)
{
	if (file->told.line == pos.line && file->told.col == pos.col &&
	    str_eq(file->told.file, pos.file))
		return;
	diag_error(loader->diags, pos, RULE_FILE, "env_file: %s", file->why);
	file->told = pos;
}

/* The place of the i-th path that env_file gives an agent. */
static struct pos
env_file_pos(const struct loader *loader, const struct agent *agent, size_t i)
{
	const struct yaml_node *node = yaml_get(compose_agent_key(loader->team,
	    agent, "env_file"), "env_file");

	if (node->kind == YAML_LIST && i < node->nr)
		node = node->item[i];
	return yaml_pos(node);
}

static void
add_env_files(struct loader *loader, const struct agent *agent,
    struct env_list *list)
{
	const struct strvec *paths = &agent->env_files;
	struct strmap_entry *entry;
	struct env_file *file;
	char *full;
	size_t i, j;

	for (i = 0; i < paths->nr; i++) {
		full = load_path(loader, paths->v[i]);
		entry = strmap_entry(&loader->env_files, full);
		if (!entry->value && load_is_too_much(loader,
		    env_file_pos(loader, agent, i)))
			return;
		if (!entry->value)
			entry->value = read_env_file(loader, full,
			    paths->v[i]);
		file = entry->value;
		if (file->why)
			tell_env_file(loader, file,
			    env_file_pos(loader, agent, i));
		for (j = 0; j < file->nr; j++)
			put_item(list, file->item[j]);
	}
}

/* NAME of "${NAME}", or the text itself. */
static char *
secret_name(struct loader *loader, const char *ref)
{
	size_t len = strlen(ref);
	char *name, *shared;

	if (!str_starts(ref, "${") || ref[len - 1] != '}')
		return load_share(loader, ref);
	name = xstrndup(ref + 2, len - 3);
	shared = load_share(loader, name);
	free(name);
	return shared;
}

/* value or secret_ref of a mapping, or what a plain value says. */
static void
read_env_value(struct loader *loader, const struct yaml_node *node,
    struct env_item *item)
{
	const struct yaml_node *value, *ref;

	if (node->kind == YAML_MAP) {
		value = load_get(node, "value");
		ref = yaml_get(node, "secret_ref");
		if (value && ref)
			diag_error(loader->diags, yaml_pos(node),
			    RULE_KEY_CONFLICT, "'%s' has both a value and a "
			    "secret_ref", item->name);
		if (ref && ref->kind == YAML_SCALAR)
			item->secret_ref = secret_name(loader, ref->text);
		node = value;
	}
	if (item->secret_ref)
		return;
	if (node && node->kind == YAML_SCALAR && !yaml_is_null(node))
		item->value = load_share(loader, yaml_text(node));
	else
		inherit(loader, item);
}

static void
add_env_item(struct loader *loader, struct env_list *list,
    struct env_item item)
{
	if (units_is_env_name(item.name))
		put_item(list, item);
	else
		diag_error(loader->diags, item.pos, RULE_ENV_NAME,
		    "'%.60s' is not a variable's name", item.name);
}

/* As for the keys of a mapping, which the reader of YAML has looked at. */
static void
check_once(struct loader *loader, struct strmap *seen, const char *what,
    const char *name, const struct yaml_node *node)
{
	struct strmap_entry *entry = strmap_entry(seen, name);
	const struct yaml_node *first = entry->value;

	if (first)
		diag_error(loader->diags, yaml_pos(node), RULE_YAML_DUPLICATE,
		    "the %s '%.60s' stands twice in one list, first at "
		    "%s:%u:%u", what, name, first->file, first->line,
		    first->col);
	else
		entry->value = (void *)(uintptr_t)node;
}

/* NAME=value, NAME, or a mapping with a name. */
static void
add_env_list_item(struct loader *loader, struct env_list *list,
    struct strmap *seen, const struct yaml_node *node)
{
	struct env_item item = { .pos = yaml_pos(node) };
	const struct yaml_node *name;
	char *text, *eq;

	if (node->kind == YAML_MAP) {
		name = yaml_get(node, "name");
		if (!name || name->kind != YAML_SCALAR)
			return;
		item.name = load_share(loader, yaml_text(name));
		read_env_value(loader, node, &item);
	} else if (node->kind == YAML_SCALAR) {
		text = xstrdup(yaml_text(node));
		eq = strchr(text, '=');
		if (eq)
			*eq = '\0';
		item.name = load_share(loader, text);
		if (eq)
			item.value = load_share(loader, eq + 1);
		else
			inherit(loader, &item);
		free(text);
	} else {
		return;
	}
	check_once(loader, seen, "variable", item.name, node);
	add_env_item(loader, list, item);
}

static void
add_environment(struct loader *loader, const struct yaml_node *node,
    struct env_list *list)
{
	struct strmap seen = STRMAP_INIT;
	struct env_item item;
	size_t i;

	for (i = 0; i < node->nr; i++) {
		if (node->kind == YAML_LIST) {
			add_env_list_item(loader, list, &seen, node->item[i]);
			continue;
		}
		item = (struct env_item){
			.name = load_share(loader, yaml_key(node, i)->text),
			.pos = yaml_pos(yaml_key(node, i)),
		};
		read_env_value(loader, yaml_value(node, i), &item);
		add_env_item(loader, list, item);
	}
	strmap_release(&seen, NULL);
}

void
load_environment(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr)
{
	struct env_list list = { .names = STRMAP_INIT };
	const struct yaml_node *node;
	size_t i;

	add_env_files(loader, agent, &list);
	for (i = 0; i < nr; i++) {
		node = yaml_get(maps[i], "environment");
		if (node && node->kind != YAML_SCALAR)
			add_environment(loader, node, &list);
	}
	agent->env = load_copy(loader, list.item, list.nr, sizeof(*list.item));
	agent->nr_env = list.nr;
	free(list.item);
	strmap_release(&list.names, NULL);
}

#define AT(member) offsetof(struct secret, member)

static const struct field secret_fields[] = {
	{ "name", FIELD_STRING, AT(name), NULL },
	{ "key", FIELD_OPTIONAL, AT(key), NULL },
	{ "from", FIELD_OPTIONAL, AT(from), NULL },
	{ "required", FIELD_BOOL, AT(required), NULL },
	{ 0 },
};

static void
add_secrets(struct loader *loader, const struct yaml_node *list,
    struct strmap *names)
{
	struct strmap seen = STRMAP_INIT;
	struct secret *secret;
	size_t i;

	for (i = 0; list && list->kind == YAML_LIST && i < list->nr; i++) {
		secret = arena_alloc(&loader->team->arena->mem,
		    sizeof(*secret));
		secret->required = true;
		secret->pos = yaml_pos(list->item[i]);
		load_fields(loader, list->item[i], secret_fields, secret);
		if (!secret->name)
			continue;
		check_once(loader, &seen, "secret", secret->name,
		    list->item[i]);
		strmap_set(names, secret->name, secret);
	}
	strmap_release(&seen, NULL);
}

void
load_secrets(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr)
{
	struct strmap names = STRMAP_INIT;
	struct strmap_entry *entry;
	struct secret *secret;
	size_t i;

	for (i = 0; i < nr; i++)
		add_secrets(loader, load_get(maps[i], "secrets"), &names);
	agent->nr_secret = names.nr;
	agent->secrets = arena_alloc(&loader->team->arena->mem,
	    names.nr * sizeof(*secret));
	for (i = 0; i < names.nr; i++) {
		entry = &names.entry[i];
		agent->secrets[i] = *(struct secret *)entry->value;
	}
	strmap_release(&names, NULL);
}

#undef AT
#define AT(member) offsetof(struct mcp_server, member)

static const struct field mcp_fields[] = {
	{ "command", FIELD_STRING, AT(command), NULL },
	{ "args", FIELD_STRINGS, AT(args), NULL },
	{ 0 },
};

static void
load_mcp_env(struct loader *loader, const struct yaml_node *env,
    struct strvec *out)
{
	size_t i;

	for (i = 0; env && env->kind == YAML_MAP && i < env->nr; i++)
		if (yaml_value(env, i)->kind == YAML_SCALAR)
			strvec_pushf(out, "%s=%s", yaml_key(env, i)->text,
			    yaml_text(yaml_value(env, i)));
	arena_keep(&loader->team->arena->mem, out);
}

void
load_mcps(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr)
{
	struct strmap servers = STRMAP_INIT;
	const struct yaml_node *map;
	struct mcp_server *mcp;
	size_t i, j;

	for (i = 0; i < nr; i++) {
		map = load_get(maps[i], "mcps");
		for (j = 0; map && map->kind == YAML_MAP && j < map->nr; j++)
			strmap_set(&servers, yaml_key(map, j)->text,
			    yaml_value(map, j));
	}
	agent->nr_mcp = servers.nr;
	agent->mcps = arena_alloc(&loader->team->arena->mem,
	    servers.nr * sizeof(*mcp));
	for (i = 0; i < servers.nr; i++) {
		mcp = &agent->mcps[i];
		mcp->name = load_share(loader, servers.entry[i].key);
		load_fields(loader, servers.entry[i].value, mcp_fields, mcp);
		if (!mcp->command)
			mcp->command = load_share(loader, "");
		load_mcp_env(loader, yaml_get(servers.entry[i].value, "env"),
		    &mcp->env);
	}
	strmap_release(&servers, NULL);
}

#undef AT
#define AT(member) offsetof(struct dependency, member)

static const struct field dependency_fields[] = {
	{ "condition", FIELD_WORD, AT(condition), condition_words },
	{ "timeout", FIELD_DURATION, AT(timeout_ms), NULL },
	{ 0 },
};

/* An agent of the same project may be called by its name. */
static char *
full_id(struct loader *loader, const struct agent *agent, const char *name)
{
	char *id, *shared;

	if (strchr(name, ':'))
		return load_share(loader, name);
	id = xasprintf("%s:%s", agent->project->id, name);
	shared = load_share(loader, id);
	free(id);
	return shared;
}

static struct dependency
read_dependency(struct loader *loader, const struct agent *agent,
    const struct yaml_node *name, const struct yaml_node *options)
{
	struct dependency dependency = { .pos = yaml_pos(name) };

	dependency.agent = full_id(loader, agent, yaml_text(name));
	load_fields(loader, options, dependency_fields, &dependency);
	return dependency;
}

/* The `depends_on` of a mapping replaces what there was. */
void
load_depends_on(struct loader *loader, struct agent *agent,
    const struct yaml_node *map, bool is_default)
{
	const struct yaml_node *node = yaml_get(map, "depends_on"), *name;
	struct dependency *d;
	size_t i, nr = 0;

	d = arena_alloc(&loader->team->arena->mem,
	    (node->kind == YAML_SCALAR ? 0 : node->nr) * sizeof(*d));
	for (i = 0; node->kind != YAML_SCALAR && i < node->nr; i++) {
		name = node->kind == YAML_MAP ? yaml_key(node, i) :
		    node->item[i];
		if (name->kind != YAML_SCALAR)
			continue;
		d[nr] = read_dependency(loader, agent, name,
		    node->kind == YAML_MAP ? yaml_value(node, i) : NULL);
		/* What all depend on by default does not depend on itself. */
		if (!is_default || strcmp(d[nr].agent, agent->id) != 0)
			nr++;
	}
	agent->depends_on = d;
	agent->nr_depends_on = nr;
}

#undef AT
#define AT(member) offsetof(struct link, member)

/* One of `links`, or of `monitors`, which may be hooks.  False: a finding. */
static bool
read_link(struct loader *loader, const struct agent *agent,
    const struct yaml_node *item, bool is_monitor, struct link *link)
{
	static const struct field fields[] = {
		{ "agent", FIELD_OPTIONAL, AT(agent), NULL },
		{ "hook", FIELD_ARGV, AT(hook), NULL },
		{ 0 },
	};
	const struct yaml_node *on = item->kind == YAML_MAP ?
	    load_get(item, "on") : NULL;

	link->pos = yaml_pos(item);
	if (item->kind == YAML_SCALAR)
		link->agent = load_share(loader, yaml_text(item));
	load_fields(loader, item, fields, link);
	if (on && on->kind == YAML_SCALAR)
		link->on_any = str_eq(yaml_text(on), "any");
	if (!is_monitor && !link->agent) {
		diag_error(loader->diags, link->pos, RULE_KEY_REQUIRED,
		    "'agent' is missing");
		return false;
	}
	if (is_monitor && !link->agent == !link->hook.nr) {
		diag_error(loader->diags, link->pos, RULE_KEY_CONFLICT,
		    "agent '%s': one of 'agent' and 'hook' is needed",
		    agent->id);
		return false;
	}
	if (link->agent)
		link->agent = full_id(loader, agent, link->agent);
	return true;
}

static void
read_links(struct loader *loader, const struct agent *agent,
    const struct yaml_node *list, bool is_monitor, struct link **links,
    size_t *nr)
{
	size_t i;

	if (!list)
		return;
	*nr = 0;
	if (list->kind != YAML_LIST)
		return;
	*links = arena_alloc(&loader->team->arena->mem,
	    list->nr * sizeof(**links));
	for (i = 0; i < list->nr; i++) {
		(*links)[*nr] = (struct link){ .on_any = is_monitor };
		if (read_link(loader, agent, list->item[i], is_monitor,
		    &(*links)[*nr]))
			(*nr)++;
	}
}

/* Lists of a mapping replace what there was. */
void
load_links(struct loader *loader, struct agent *agent,
    const struct yaml_node *map)
{
	read_links(loader, agent, yaml_get(map, "links"), false,
	    &agent->links, &agent->nr_link);
	read_links(loader, agent, yaml_get(map, "monitors"), true,
	    &agent->monitors, &agent->nr_monitor);
}

/* One argv, or a line for sh, or a list of argvs. */
static struct hook_list
read_hooks(struct loader *loader, const struct yaml_node *node)
{
	bool is_many = node->kind == YAML_LIST && node->nr &&
	    node->item[0]->kind == YAML_LIST;
	size_t i, nr = is_many ? node->nr : 1;
	struct hook_list list = { .nr = 0 };

	list.argv = arena_alloc(&loader->team->arena->mem,
	    nr * sizeof(*list.argv));
	for (i = 0; i < nr; i++) {
		load_argv(loader, is_many ? node->item[i] : node,
		    &list.argv[list.nr]);
		if (list.argv[list.nr].nr)
			list.nr++;
	}
	return list;
}

void
load_hooks(struct loader *loader, const struct yaml_node *map,
    struct hook_list *lists)
{
	const struct yaml_node *on = yaml_get(map, "on"), *node;
	size_t i;

	for (i = 0; i < HOOK_NR; i++) {
		node = yaml_get(on, hook_word_name((enum hook_word)i));
		if (node)
			lists[i] = read_hooks(loader, node);
	}
}
