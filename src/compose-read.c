/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loader.h: values of nodes into members of structs.
 */
#include "loader.h"

#include "units.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

char *
load_share(struct loader *loader, const char *text)
{
	return strmap_entry(&loader->team->arena->strings, text)->key;
}

void *
load_copy(struct loader *loader, const void *items, size_t nr, size_t size)
{
	void *copy;

	if (nr == 0)
		return NULL;
	copy = arena_alloc(&loader->team->arena->mem, nr * size);
	memcpy(copy, items, nr * size);
	return copy;
}

struct yaml_node *
load_get(const struct yaml_node *map, const char *key)
{
	struct yaml_node *node = yaml_get(map, key);

	return node && yaml_is_null(node) ? NULL : node;
}

/* Removes the last part of an absolute path, but never the first slash. */
static void
drop_last(struct strbuf *path)
{
	while (path->len > 1 && path->buf[path->len - 1] != '/')
		strbuf_setlen(path, path->len - 1);
	if (path->len > 1)
		strbuf_setlen(path, path->len - 1);
}

static void
add_parts(struct strbuf *out, const char *path)
{
	size_t len;

	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 0 || (len == 1 && path[0] == '.'))
			continue;
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			drop_last(out);
			continue;
		}
		if (out->len > 1)
			strbuf_addch(out, '/');
		strbuf_add(out, path, len);
	}
}

char *
compose_path(const char *root, const char *path)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addch(&out, '/');
	if (*path != '/')
		add_parts(&out, root);
	add_parts(&out, path);
	return strbuf_detach(&out);
}

char *
load_path(struct loader *loader, const char *path)
{
	char *full = compose_path(loader->source->root, path);
	char *shared = load_share(loader, full);

	free(full);
	return shared;
}

/* A vector with the team's strings: nothing of it is owned by itself. */
static void
set_strings(struct loader *loader, struct strvec *sv, const char *const *v,
    size_t nr)
{
	size_t i;

	sv->nr = nr;
	sv->alloc = nr + 1;
	sv->v = arena_alloc(&loader->team->arena->mem,
	    (nr + 1) * sizeof(*sv->v));
	for (i = 0; i < nr; i++)
		sv->v[i] = load_share(loader, v[i]);
}

static void
load_strings(struct loader *loader, const struct yaml_node *node,
    struct strvec *sv)
{
	const char *one, **v;
	size_t i, nr = 0;

	if (node->kind == YAML_SCALAR) {
		one = yaml_text(node);
		set_strings(loader, sv, &one, yaml_is_null(node) ? 0 : 1);
	} else if (node->kind == YAML_LIST) {
		v = arena_alloc(&loader->team->arena->mem,
		    node->nr * sizeof(*v));
		for (i = 0; i < node->nr; i++)
			if (node->item[i]->kind == YAML_SCALAR)
				v[nr++] = yaml_text(node->item[i]);
		set_strings(loader, sv, v, nr);
	}
}

void
load_argv(struct loader *loader, const struct yaml_node *node,
    struct strvec *sv)
{
	const char *argv[] = { "sh", "-c", NULL };

	if (node->kind == YAML_SCALAR && *yaml_text(node)) {
		argv[2] = yaml_text(node);
		set_strings(loader, sv, argv, nitems(argv));
	} else {
		load_strings(loader, node, sv);
	}
}

static void
load_word(const struct yaml_node *node, const char *const *words,
    unsigned *out)
{
	unsigned i;

	for (i = 0; words[i]; i++)
		if (strcmp(words[i], yaml_text(node)) == 0)
			*out = i;
}

static void
load_int(const struct yaml_node *node, int *out)
{
	int64_t n;

	if (yaml_int(node, &n) == 0 && n >= INT_MIN && n <= INT_MAX)
		*out = (int)n;
}

static void
load_secs(const struct yaml_node *node, int64_t *out)
{
	double secs;

	if (yaml_number(node, &secs) == 0 && secs >= 0 && secs <= 1e12)
		*out = (int64_t)(secs * 1000 + 0.5);
}

static void
load_scalar(struct loader *loader, const struct yaml_node *node,
    const struct field *field, void *at)
{
	switch (field->kind) {
	case FIELD_STRING:
		*(char **)at = load_share(loader, yaml_text(node));
		break;
	case FIELD_OPTIONAL:
		*(char **)at = yaml_is_null(node) ||
		    (node->plain && !*yaml_text(node)) ? NULL :
		    load_share(loader, yaml_text(node));
		break;
	case FIELD_BOOL:
		yaml_bool(node, at);
		break;
	case FIELD_INT:
		load_int(node, at);
		break;
	case FIELD_INT64:
		yaml_int(node, at);
		break;
	case FIELD_SECS:
		load_secs(node, at);
		break;
	case FIELD_SIZE:
		units_parse_size(yaml_text(node), at);
		break;
	case FIELD_DURATION:
		units_parse_duration(yaml_text(node), at);
		break;
	case FIELD_NUMBER:
		yaml_number(node, at);
		break;
	case FIELD_WORD:
		load_word(node, field->words, at);
		break;
	case FIELD_STRINGS:
	case FIELD_ARGV:
		BUG("a list as a scalar");
	}
}

void
load_fields(struct loader *loader, const struct yaml_node *map,
    const struct field *fields, void *base)
{
	const struct yaml_node *node;
	void *at;

	for (; fields->key; fields++) {
		node = yaml_get(map, fields->key);
		if (!node)
			continue;
		at = (char *)base + fields->offset;
		if (fields->kind == FIELD_STRINGS)
			load_strings(loader, node, at);
		else if (fields->kind == FIELD_ARGV)
			load_argv(loader, node, at);
		else if (node->kind == YAML_SCALAR)
			load_scalar(loader, node, fields, at);
	}
}
