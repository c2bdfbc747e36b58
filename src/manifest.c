/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See manifest.h.
 */
#include "manifest.h"

#include "rules.h"
#include "yaml-write.h"

#include <string.h>

/* Keys of a manifest that are an agent's keys by another name. */
static const struct {
	const char *from, *to;
} renamed[] = {
	{ "restart_policy", "restart" },
	{ "dependencies", "depends_on" },
};

/* ---- nodes ---- */

static struct yaml_node *
new_scalar(struct check *check, const struct yaml_node *at, const char *text)
{
	struct yaml_node *node = arena_alloc(check->arena, sizeof(*node));

	*node = (struct yaml_node){ .kind = YAML_SCALAR, .plain = true,
		.line = at->line, .col = at->col, .weight = 1,
		.file = at->file };
	node->text = arena_strdup(check->arena, text);
	return node;
}

static struct yaml_node *
new_map(struct check *check, const struct yaml_node *at)
{
	struct yaml_node *node = new_scalar(check, at, "");

	node->kind = YAML_MAP;
	node->plain = false;
	node->item = NULL;
	return node;
}

static void
add_pair(struct check *check, struct yaml_node *map, struct yaml_node *key,
    struct yaml_node *value)
{
	struct yaml_node **item = arena_alloc(check->arena,
	    (map->nr + 1) * 2 * sizeof(*item));

	if (map->nr)
		memcpy(item, map->item, map->nr * 2 * sizeof(*item));
	item[2 * map->nr] = key;
	item[2 * map->nr + 1] = value;
	map->item = item;
	map->nr++;
}

/* The value of a key, whose pair is removed; NULL when it is not there. */
static struct yaml_node *
take(struct yaml_node *map, const char *key)
{
	struct yaml_node *value = yaml_get(map, key);
	size_t i;

	for (i = 0; value && i < map->nr; i++)
		if (str_eq(yaml_key(map, i)->text, key))
			break;
	if (!value)
		return NULL;
	map->nr--;
	memmove(map->item + 2 * i, map->item + 2 * i + 2,
	    (map->nr - i) * 2 * sizeof(*map->item));
	return value;
}

/* ---- reading ---- */

static int
refuse(struct check *check, const struct yaml_node *node, const char *what)
{
	diag_hint(diag_error(check->diags, yaml_pos(node), RULE_KEY_REQUIRED,
	    "%s", what), "a manifest is 'name: NAME' and the keys of an "
	    "agent, or 'NAME: { KEYS }'");
	return -1;
}

/* The only pair of a mapping, or false. */
static bool
is_single(const struct yaml_node *map)
{
	return map->kind == YAML_MAP && map->nr == 1;
}

static bool
is_group(const char *key)
{
	return str_eq(key, "workers") || str_eq(key, "agents") ||
	    str_eq(key, "managers");
}

/* A mapping as it is, another one for a key without a value, or NULL. */
static struct yaml_node *
body_of(struct check *check, struct yaml_node *value)
{
	if (value->kind == YAML_SCALAR && yaml_is_null(value))
		return new_map(check, value);
	return value->kind == YAML_MAP ? value : NULL;
}

/* Finds name and body in whichever form it is; -1 after a finding. */
static int
unwrap(struct check *check, struct yaml_node *root, struct manifest *manifest)
{
	struct yaml_node *map = root;

	if (is_single(map) && is_group(yaml_key(map, 0)->text)) {
		manifest->is_manager = str_eq(yaml_key(map, 0)->text,
		    "managers");
		map = yaml_value(map, 0);
		if (!is_single(map))
			return refuse(check, map, "not one agent in it");
	} else if (map->kind != YAML_MAP) {
		return refuse(check, map, "a manifest must be a mapping");
	} else if (!is_single(map) || keys_find(manifest_keys,
	    yaml_key(map, 0)->text)) {
		manifest->body = map;
		return 0;
	}
	manifest->name = yaml_key(map, 0);
	manifest->body = body_of(check, yaml_value(map, 0));
	if (!manifest->body)
		return refuse(check, yaml_value(map, 0),
		    "an agent must be a mapping");
	return 0;
}

static int
take_name(struct check *check, struct manifest *manifest)
{
	const struct yaml_node *name = take(manifest->body, "name");

	if (name && manifest->name)
		diag_error(check->diags, yaml_pos(name), RULE_KEY_CONFLICT,
		    "'name' beside '%.60s:', which is the name already",
		    manifest->name->text);
	if (!manifest->name && name && name->kind == YAML_SCALAR)
		manifest->name = name;
	if (manifest->name)
		return 0;
	return name ? -1 : refuse(check, manifest->body,
	    "'name' is missing");
}

static void
rename_keys(struct check *check, struct yaml_node *body)
{
	struct yaml_node *key;
	size_t i, j;

	for (j = 0; j < nitems(renamed); j++) {
		for (i = 0; i < body->nr; i++)
			if (str_eq(yaml_key(body, i)->text, renamed[j].from))
				break;
		if (i == body->nr)
			continue;
		key = yaml_key(body, i);
		if (yaml_get(body, renamed[j].to)) {
			diag_error(check->diags, yaml_pos(key),
			    RULE_KEY_CONFLICT, "'%s' beside '%s', which is "
			    "the same", renamed[j].from, renamed[j].to);
			take(body, renamed[j].from);
			continue;
		}
		body->item[2 * i] = new_scalar(check, key, renamed[j].to);
	}
}

/* One that is busy in the kernel or a computation looks up late. */
static void
give_time(struct check *check, struct yaml_node *body,
    const struct yaml_node *kind)
{
	static const char key[] = "kill_after", patience[] = "5s";
	struct yaml_node *drain = yaml_get(body, "drain");

	if (!drain) {
		drain = new_map(check, kind);
		add_pair(check, body, new_scalar(check, kind, "drain"), drain);
	}
	if (drain->kind == YAML_MAP && !yaml_get(drain, key))
		add_pair(check, drain, new_scalar(check, kind, key),
		    new_scalar(check, kind, patience));
}

static void
take_kind(struct check *check, struct manifest *manifest)
{
	const struct yaml_node *kind = take(manifest->body, "kind");

	if (!kind || kind->kind != YAML_SCALAR)
		return;
	if (str_eq(yaml_text(kind), "supervisor"))
		manifest->is_manager = true;
	if (str_eq(yaml_text(kind), "blocking_worker"))
		give_time(check, manifest->body, kind);
}

int
manifest_read(struct check *check, struct yaml_node *root,
    struct manifest *manifest)
{
	const struct yaml_node *project;

	*manifest = (struct manifest){ .name = NULL };
	if (unwrap(check, root, manifest) < 0)
		return -1;
	check_map(check, manifest->body, manifest_keys);
	rename_keys(check, manifest->body);
	take_kind(check, manifest);
	project = take(manifest->body, "project");
	if (project && project->kind == YAML_SCALAR)
		manifest->project = project;
	return take_name(check, manifest);
}

/* ---- writing ---- */

int
manifest_write(const struct manifest *manifest, const char *project,
    struct strbuf *out)
{
	strbuf_addf(out, "# %s:%s, by 'teamctl add'; 'teamctl save' moves it "
	    "into the compose file.\n", project, manifest->name->text);
	strbuf_addstr(out, "project: ");
	yaml_add_quoted(out, project);
	strbuf_addstr(out, "\nname: ");
	yaml_add_quoted(out, manifest->name->text);
	strbuf_addstr(out, manifest->is_manager ? "\nkind: supervisor\n" :
	    "\n");
	return yaml_write_map(out, manifest->body, 0);
}
