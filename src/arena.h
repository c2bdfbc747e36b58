/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Memory of many small things with one common end: what is allocated here is
 * zeroed, aligned for pointers and numbers (text is not), and freed all at
 * once.
 */
#ifndef ARENA_H
#define ARENA_H

#include "strvec.h"

struct arena {
	struct arena_block *blocks;
	size_t size; /* of all blocks, in bytes */
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *s, size_t len);
char *arena_strdup(struct arena *arena, const char *s);
/* Moves a vector's strings into the arena: it can be read, not changed. */
void arena_keep(struct arena *arena, struct strvec *sv);
/* Frees all and leaves an empty, usable arena. */
void arena_release(struct arena *arena);

#endif
