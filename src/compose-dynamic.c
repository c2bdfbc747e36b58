/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: the agents that were added with `teamctl add`, from the files
 * of state/dynamic, and the one that may be added now.
 */
#include "loader.h"

#include "rules.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER "state/dynamic"

struct additions {
	struct addition **a;
	size_t nr, alloc;
};

static struct project *
find_project(const struct team *team, const char *id)
{
	size_t i;

	for (i = 0; i < team->nr_project; i++)
		if (str_eq(team->projects[i]->id, id))
			return team->projects[i];
	return NULL;
}

/* The id of the project that is meant; NULL: none is, or after a finding. */
static const char *
wanted_project(struct loader *loader, const struct addition *addition)
{
	const struct yaml_node *said = addition->manifest.project;
	const char *asked = addition->is_candidate ?
	    loader->source->candidate->project : NULL;

	if (said && asked && !str_eq(said->text, asked)) {
		diag_error(loader->diags, yaml_pos(said),
		    RULE_MANIFEST_PROJECT, "the project is '%.60s' here, "
		    "and '%.60s' was asked for", said->text, asked);
		return NULL;
	}
	if (said)
		return said->text;
	if (!asked && loader->team->nr_project == 1)
		asked = loader->team->projects[0]->id;
	if (!asked)
		diag_hint(diag_error(loader->diags,
		    yaml_pos(addition->manifest.name), RULE_MANIFEST_PROJECT,
		    "to which of the team's %zu projects?",
		    loader->team->nr_project), "add --project, or 'project: "
		    "ID' to the manifest");
	return asked;
}

/* The key of the name in the compose file, or NULL. */
static const struct yaml_node *
find_in_file(const struct project *project, const char *name)
{
	static const char *const groups[] = { "managers", "workers",
		"agents" };
	const struct yaml_node *key = NULL;
	size_t i;

	for (i = 0; !key && i < nitems(groups); i++)
		key = yaml_get_key(yaml_get(project->node, groups[i]), name);
	return key;
}

static void
shadow(struct loader *loader, const struct addition *addition)
{
	const struct yaml_node *name = addition->manifest.name;

	strvec_pushf(&loader->team->shadowed, "%s:%s", addition->project->id,
	    name->text);
	diag_hint(diag_warning(loader->diags, yaml_pos(name),
	    RULE_MANIFEST_UNUSED, "the added agent '%s' is not used: the "
	    "compose file has one of that name", name->text),
	    "'teamctl save' removes %s", name->file);
}

/* False when the compose file has the name: that comes first. */
static bool
is_free(struct loader *loader, const struct addition *addition)
{
	const struct yaml_node *name = addition->manifest.name;
	const struct yaml_node *first = find_in_file(addition->project,
	    name->text);

	if (first && addition->is_candidate)
		diag_error(loader->diags, yaml_pos(name),
		    RULE_AGENT_DUPLICATE, "project '%s': duplicate agent id "
		    "'%s', first at %s:%u:%u", addition->project->id,
		    name->text, first->file, first->line, first->col);
	else if (first)
		shadow(loader, addition);
	return !first;
}

static void
find_place(struct loader *loader, struct addition *addition)
{
	const struct yaml_node *name = addition->manifest.name;
	const char *id = wanted_project(loader, addition);

	if (id)
		addition->project = find_project(loader->team, id);
	if (!id || addition->project)
		return;
	if (addition->is_candidate)
		diag_hint(diag_error(loader->diags, yaml_pos(name),
		    RULE_MANIFEST_PROJECT, "no project '%.60s' in the team",
		    id), "'teamctl config' shows all projects");
	else
		diag_hint(diag_warning(loader->diags, yaml_pos(name),
		    RULE_MANIFEST_PROJECT, "the added agent '%s' is not used: "
		    "its project '%.60s' is gone", name->text, id),
		    "remove %s", name->file);
}

static void
take_root(struct loader *loader, struct additions *list,
    struct yaml_node *root, bool is_candidate)
{
	struct addition *addition = arena_alloc(&loader->team->arena->mem,
	    sizeof(*addition));

	addition->is_candidate = is_candidate;
	if (!root || manifest_read(&loader->check, root,
	    &addition->manifest) < 0)
		return;
	find_place(loader, addition);
	if (!addition->project)
		return;
	if (is_candidate) {
		loader->team->added = &addition->manifest;
		loader->team->added_to = addition->project;
	}
	if (!is_free(loader, addition))
		return;
	ARRAY_GROW(list->a, list->nr, list->alloc);
	list->a[list->nr++] = addition;
}

static void
read_folder(struct loader *loader, struct additions *list)
{
	const struct source *source = loader->source;
	struct strvec names = STRVEC_INIT;
	char *path = load_path(loader, FOLDER);
	struct strbuf file = STRBUF_INIT;
	struct pos pos;
	size_t i;

	/* Its own time tells of files that come and go. */
	if (source->kind(source->ctx, path) == SOURCE_DIR)
		strvec_push(&loader->team->files, path);
	source->list(source->ctx, path, &names);
	for (i = 0; i < names.nr; i++) {
		if (!str_ends(names.v[i], ".yaml"))
			continue;
		strbuf_reset(&file);
		strbuf_addf(&file, FOLDER "/%s", names.v[i]);
		pos = (struct pos){ load_share(loader, file.buf), 0, 0 };
		take_root(loader, list, load_file(loader, pos.file, pos),
		    false);
	}
	strbuf_release(&file);
	strvec_release(&names);
}

static void
read_candidate(struct loader *loader, struct additions *list)
{
	const struct candidate *candidate = loader->source->candidate;

	if (candidate)
		take_root(loader, list, load_text(loader, candidate->file,
		    candidate->text, candidate->len), true);
}

void
load_dynamic(struct loader *loader)
{
	struct addition **some;
	struct additions list = { NULL, 0, 0 };
	const struct project *project;
	size_t i, j, nr;

	read_folder(loader, &list);
	read_candidate(loader, &list);
	some = xcalloc(list.nr, sizeof(struct addition *));
	for (i = 0; i < loader->team->nr_project; i++) {
		project = loader->team->projects[i];
		for (j = 0, nr = 0; j < list.nr; j++)
			if (list.a[j]->project == project)
				some[nr++] = list.a[j];
		if (nr)
			load_more_agents(loader, loader->team->projects[i],
			    some, nr);
	}
	free(some);
	free(list.a);
}
