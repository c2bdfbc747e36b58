/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See envref.h.  The tree is walked as it is written, whatever the keys mean,
 * so that a key that the loader does not know yet is seen too.
 */
#include "envref.h"

#include "units.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void
add(struct envrefs *refs, const char *name, const struct yaml_node *node,
    bool optional)
{
	struct envref *ref;
	size_t i;

	if (!units_is_env_name(name))
		return;
	for (i = 0; i < refs->nr; i++) {
		if (strcmp(refs->r[i].name, name) == 0) {
			refs->r[i].nr++;
			refs->r[i].optional &= optional;
			return;
		}
	}
	ARRAY_GROW(refs->r, refs->nr, refs->alloc);
	ref = &refs->r[refs->nr++];
	ref->name = xstrdup(name);
	ref->place = xasprintf("%s:%u", node->file, (unsigned)node->line);
	ref->nr = 1;
	ref->optional = optional;
}

static size_t
name_length(const char *s)
{
	size_t len = 0;

	while (s[len] == '_' || isalnum((unsigned char)s[len]))
		len++;
	return len;
}

/*
 * Every $NAME and ${NAME...}; what stands behind an operator is text again
 * and may hold more of them.  $$ is a dollar sign.
 */
static void
collect_text(struct envrefs *refs, const struct yaml_node *node)
{
	const char *p = node->text;
	bool braced, optional;
	char *name;
	size_t len;

	while ((p = strchr(p, '$'))) {
		if (p[1] == '$') {
			p += 2;
			continue;
		}
		braced = *++p == '{';
		p += braced;
		len = name_length(p);
		optional = braced && p[len] && p[len + (p[len] == ':')] &&
		    strchr("-+", p[len + (p[len] == ':')]);
		name = xstrndup(p, len);
		add(refs, name, node, optional);
		free(name);
		p += len;
	}
}

/* A secret that may be missing: `required: false` beside its `from`. */
static bool
is_optional(const struct yaml_node *map)
{
	const struct yaml_node *required = yaml_get(map, "required");
	bool value;

	return required && yaml_bool(required, &value) == 0 && !value;
}

static void
collect_pair(struct envrefs *refs, const struct yaml_node *map, size_t i)
{
	const struct yaml_node *key = yaml_key(map, i);
	const struct yaml_node *value = yaml_value(map, i);

	if (value->kind != YAML_SCALAR || key->kind != YAML_SCALAR)
		return;
	if (str_ends(key->text, "_env"))
		add(refs, value->text, value, false);
	else if (strcmp(key->text, "from") == 0 &&
	    str_starts(value->text, "env:"))
		add(refs, value->text + strlen("env:"), value,
		    is_optional(map));
}

void
envrefs_collect(struct envrefs *refs, const struct yaml_node *root)
{
	size_t i;

	switch (root->kind) {
	case YAML_SCALAR:
		collect_text(refs, root);
		break;
	case YAML_LIST:
		for (i = 0; i < root->nr; i++)
			envrefs_collect(refs, root->item[i]);
		break;
	case YAML_MAP:
		for (i = 0; i < root->nr; i++) {
			collect_pair(refs, root, i);
			envrefs_collect(refs, yaml_value(root, i));
		}
		break;
	}
}

static int
by_name(const void *pa, const void *pb)
{
	const struct envref *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

void
envrefs_sort(struct envrefs *refs)
{
	if (refs->nr > 1)
		qsort(refs->r, refs->nr, sizeof(*refs->r), by_name);
}

void
envrefs_release(struct envrefs *refs)
{
	size_t i;

	for (i = 0; i < refs->nr; i++) {
		free(refs->r[i].name);
		free(refs->r[i].place);
	}
	free(refs->r);
	memset(refs, 0, sizeof(*refs));
}
