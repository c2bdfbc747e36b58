/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A map from strings to pointers that keeps the order of insertion.  Keys are
 * copied, values are borrowed.
 */
#ifndef STRMAP_H
#define STRMAP_H

#include "util.h"

struct strmap_entry {
	char *key;
	void *value;
};

struct strmap {
	struct strmap_entry *entry; /* nr of them, in order of insertion */
	size_t nr;
	size_t alloc;
	uint32_t *slot; /* open addressing: 0 is empty, else index + 1 */
	size_t nr_slot; /* a power of two, or 0 */
};

#define STRMAP_INIT { .entry = NULL, .nr = 0, .alloc = 0, .slot = NULL }

/* Frees the map and its keys; with free_value also each value by it. */
void strmap_release(struct strmap *map, void (*free_value)(void *));
/* The value of key, or NULL. */
void *strmap_get(const struct strmap *map, const char *key);
bool strmap_has(const struct strmap *map, const char *key);
/* Sets the value of key and returns the one it had, or NULL. */
void *strmap_set(struct strmap *map, const char *key, void *value);
/* The entry of key, made with a NULL value when it is new. */
struct strmap_entry *strmap_entry(struct strmap *map, const char *key);

#endif
