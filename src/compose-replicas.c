/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: agents of which there are several.  Their text is read once,
 * each is a copy with a name of its own, and whoever names the text's agent
 * means all of them.
 */
#include "loader.h"

#include "rules.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SLOT = 1000 };

/* ---- which there are ---- */

static int
slot_cmp(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void
scale_free(void *p)
{
	struct scale *scale = p;

	free(scale->slots);
	free(scale);
}

/* The slots of one id; what is no number of a slot is left out. */
static struct scale *
read_scale(const json_t *list)
{
	struct scale *scale = xcalloc(1, sizeof(*scale));
	size_t i, nr = 0;
	json_t *item;

	scale->slots = xcalloc(json_array_size(list), sizeof(*scale->slots));
	json_array_foreach(list, i, item)
		if (json_integer_value(item) >= 1 &&
		    json_integer_value(item) <= MAX_SLOT)
			scale->slots[nr++] = (int)json_integer_value(item);
	if (nr)
		qsort(scale->slots, nr, sizeof(*scale->slots), slot_cmp);
	for (i = 0; i < nr; i++)
		if (!i || scale->slots[i] != scale->slots[i - 1])
			scale->slots[scale->nr++] = scale->slots[i];
	return scale;
}

static void
parse_scales(struct loader *loader, const char *file,
    const struct strbuf *text)
{
	json_t *document = json_loadb(text->buf, text->len,
	    JSON_REJECT_DUPLICATES, NULL), *list;
	struct pos pos = { file, 0, 0 };
	const char *id;

	if (!document)
		diag_hint(diag_error(loader->diags, pos, RULE_FILE,
		    "'%s' is no JSON", file), "mend it, or remove it: the "
		    "numbers of replicas are then those of the compose file");
	json_object_foreach(json_object_get(document, "slots"), id, list)
		if (json_array_size(list))
			strmap_set(&loader->scales, id, read_scale(list));
	json_decref(document);
}

void
load_scales(struct loader *loader)
{
	static const char file[] = "state/scale.json";
	const struct source *source = loader->source;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	struct pos pos = { file, 0, 0 };
	char *path = load_path(loader, file);

	if (source->kind(source->ctx, path) == SOURCE_ABSENT) {
		/* nobody has scaled anything */
	} else if (source->read(source->ctx, path, COMPOSE_MAX_FILE, &text,
	    &err) < 0) {
		diag_error(loader->diags, pos, RULE_FILE, "%s", err.buf);
	} else {
		strvec_push(&loader->team->files, path);
		parse_scales(loader, file, &text);
	}
	strbuf_release(&text);
	strbuf_release(&err);
}

void
load_slots(struct loader *loader, const struct agent *agent,
    bool (*fn)(void *ctx, int slot), void *ctx)
{
	const struct scale *scale = strmap_get(&loader->scales, agent->id);
	bool more = true;
	size_t i;

	for (i = 0; scale && i < scale->nr && more; i++)
		more = fn(ctx, scale->slots[i]);
	if (scale && scale->nr)
		return;
	if (agent->replicas <= 1)
		fn(ctx, 0);
	for (i = 1; agent->replicas > 1 && i <= (size_t)agent->replicas &&
	    more; i++)
		more = fn(ctx, (int)i);
}

/* ---- who means them ---- */

static void
replicas_free(void *p)
{
	struct replicas *replicas = p;

	free(replicas->agents);
	free(replicas);
}

void
load_add_replica(struct loader *loader, struct agent *replica)
{
	struct strmap_entry *entry = strmap_entry(&loader->replicas,
	    replica->replica_of);
	struct replicas *replicas = entry->value;

	if (!replicas)
		entry->value = replicas = xcalloc(1, sizeof(*replicas));
	ARRAY_GROW(replicas->agents, replicas->nr, replicas->alloc);
	replicas->agents[replicas->nr++] = replica;
}

static const struct replicas *
find(const struct loader *loader, const struct project *project,
    const char *name)
{
	const struct replicas *replicas;
	char *id;

	id = xasprintf("%s:%s", project->id, name);
	replicas = strmap_get(&loader->replicas, id);
	free(id);
	return replicas;
}

/* Names of agents of a project, except for self. */
static void
expand_names(struct loader *loader, const struct project *project,
    const struct agent *self, struct strvec *names)
{
	const struct replicas *replicas;
	char **list = NULL;
	size_t i, j, nr = 0, alloc = 0;
	bool any = false;

	for (i = 0; i < names->nr; i++) {
		replicas = find(loader, project, names->v[i]);
		any = any || replicas;
		if (!replicas) {
			ARRAY_GROW(list, nr, alloc);
			list[nr++] = names->v[i];
		}
		for (j = 0; replicas && j < replicas->nr; j++) {
			if (replicas->agents[j] == self)
				continue;
			ARRAY_GROW(list, nr, alloc);
			list[nr++] = replicas->agents[j]->name;
		}
	}
	if (any) {
		names->v = load_copy(loader, list, nr, sizeof(*list));
		names->nr = nr;
	}
	free(list);
}

/* Nobody is linked to itself because its siblings are. */
static void
expand_links(struct loader *loader, const struct agent *self,
    struct link **links, size_t *nr_link)
{
	const struct replicas *replicas;
	struct link *list = NULL;
	size_t i, j, nr = 0, alloc = 0;
	bool any = false;

	for (i = 0; i < *nr_link; i++) {
		replicas = (*links)[i].agent ? strmap_get(&loader->replicas,
		    (*links)[i].agent) : NULL;
		any = any || replicas;
		for (j = 0; j < (replicas ? replicas->nr : 1); j++) {
			if (replicas && replicas->agents[j] == self)
				continue;
			ARRAY_GROW(list, nr, alloc);
			list[nr] = (*links)[i];
			if (replicas)
				list[nr].agent = replicas->agents[j]->id;
			nr++;
		}
	}
	if (any) {
		*links = load_copy(loader, list, nr, sizeof(*list));
		*nr_link = nr;
	}
	free(list);
}

/* All of them have to be as the condition says. */
static void
expand_dependencies(struct loader *loader, struct agent *agent)
{
	const struct replicas *replicas;
	struct dependency *list = NULL;
	size_t i, j, nr = 0, alloc = 0;
	bool any = false;

	for (i = 0; i < agent->nr_depends_on; i++) {
		replicas = strmap_get(&loader->replicas,
		    agent->depends_on[i].agent);
		any = any || replicas;
		for (j = 0; j < (replicas ? replicas->nr : 1); j++) {
			ARRAY_GROW(list, nr, alloc);
			list[nr] = agent->depends_on[i];
			if (replicas)
				list[nr].agent = replicas->agents[j]->id;
			nr++;
		}
	}
	if (any) {
		agent->depends_on = load_copy(loader, list, nr, sizeof(*list));
		agent->nr_depends_on = nr;
	}
	free(list);
}

void
load_references(struct loader *loader)
{
	const struct team *team = loader->team;
	const struct project *project;
	struct agent *agent, *before;
	size_t i, j;

	if (loader->replicas.nr == 0)
		return;
	for (i = 0; i < team->nr_agent; i++) {
		agent = team->agents[i];
		if (load_is_full(loader, agent->pos))
			return;
		before = i ? team->agents[i - 1] : NULL;
		if (before && agent->replica_of &&
		    before->replica_of == agent->replica_of) {
			agent->depends_on = before->depends_on;
			agent->nr_depends_on = before->nr_depends_on;
		} else {
			expand_dependencies(loader, agent);
		}
		expand_links(loader, agent, &agent->links, &agent->nr_link);
		expand_links(loader, agent, &agent->monitors,
		    &agent->nr_monitor);
		expand_names(loader, agent->project, agent, &agent->can_dm);
	}
	for (i = 0; i < team->nr_project; i++) {
		project = team->projects[i];
		for (j = 0; j < project->nr_channel; j++)
			expand_names(loader, project, NULL,
			    &project->channels[j].members);
	}
}

void
load_release_replicas(struct loader *loader)
{
	strmap_release(&loader->scales, scale_free);
	strmap_release(&loader->replicas, replicas_free);
}
