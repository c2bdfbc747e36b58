/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See arena.h.  Blocks of 64 KiB, larger ones for what does not fit.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = 8 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

static void *
take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t start = 0;

	if (block)
		start = (block->used + alignment - 1) / alignment * alignment;
	if (!block || start > block->size || block->size - start < size) {
		start = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = xcalloc(1, sizeof(*block) + start);
		block->size = start;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->size += start;
		start = 0;
	}
	block->used = start + size;
	return block->data + start;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, ALIGNMENT);
}

char *
arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *p = take(arena, len + 1, 1);

	memcpy(p, s, len);
	return p;
}

char *
arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

void
arena_keep(struct arena *arena, struct strvec *sv)
{
	char **v;
	size_t i;

	if (!sv->nr)
		return;
	v = arena_alloc(arena, (sv->nr + 1) * sizeof(*v));
	for (i = 0; i < sv->nr; i++) {
		v[i] = arena_strdup(arena, sv->v[i]);
		free(sv->v[i]);
	}
	free(sv->v);
	sv->v = v;
	sv->alloc = sv->nr + 1;
}

void
arena_release(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
	arena->size = 0;
}
