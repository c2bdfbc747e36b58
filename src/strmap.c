/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See strmap.h.  FNV-1a, linear probing, at most half full.
 */
#include "strmap.h"

#include <stdlib.h>
#include <string.h>

static size_t
hash(const char *key)
{
	uint64_t h = 14695981039346656037u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

/* The slot that holds key, or the empty one where it belongs. */
static size_t
find(const struct strmap *map, const char *key)
{
	size_t i = hash(key) & (map->nr_slot - 1);

	while (map->slot[i] &&
	    strcmp(map->entry[map->slot[i] - 1].key, key) != 0)
		i = (i + 1) & (map->nr_slot - 1);
	return i;
}

static void
grow_slots(struct strmap *map)
{
	size_t i;

	free(map->slot);
	map->nr_slot = map->nr_slot ? map->nr_slot * 2 : 16;
	map->slot = xcalloc(map->nr_slot, sizeof(*map->slot));
	for (i = 0; i < map->nr; i++)
		map->slot[find(map, map->entry[i].key)] = (uint32_t)i + 1;
}

void
strmap_release(struct strmap *map, void (*free_value)(void *))
{
	size_t i;

	for (i = 0; i < map->nr; i++) {
		free(map->entry[i].key);
		if (free_value)
			free_value(map->entry[i].value);
	}
	free(map->entry);
	free(map->slot);
	memset(map, 0, sizeof(*map));
}

void *
strmap_get(const struct strmap *map, const char *key)
{
	size_t i;

	if (!map->nr_slot)
		return NULL;
	i = find(map, key);
	return map->slot[i] ? map->entry[map->slot[i] - 1].value : NULL;
}

bool
strmap_has(const struct strmap *map, const char *key)
{
	return map->nr_slot && map->slot[find(map, key)];
}

struct strmap_entry *
strmap_entry(struct strmap *map, const char *key)
{
	size_t i;

	if ((map->nr + 1) * 2 > map->nr_slot)
		grow_slots(map);
	i = find(map, key);
	if (!map->slot[i]) {
		ARRAY_GROW(map->entry, map->nr, map->alloc);
		map->entry[map->nr].key = xstrdup(key);
		map->entry[map->nr].value = NULL;
		map->slot[i] = (uint32_t)++map->nr;
	}
	return &map->entry[map->slot[i] - 1];
}

void *
strmap_set(struct strmap *map, const char *key, void *value)
{
	struct strmap_entry *entry = strmap_entry(map, key);
	void *old = entry->value;

	entry->value = value;
	return old;
}
