/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See arena.h.  Blocks of 64 KiB, larger ones for what does not fit.
 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t want = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *p;

	if (want < size)
		BUG("allocation of %zu bytes", size);
	if (!block || block->size - block->used < want) {
		size = want > BLOCK_SIZE ? want : BLOCK_SIZE;
		block = xcalloc(1, sizeof(*block) + size);
		block->size = size;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	p = block->data + block->used;
	block->used += want;
	return p;
}

char *
arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *p = arena_alloc(arena, len + 1);

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
}
