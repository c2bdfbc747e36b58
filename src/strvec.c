/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See strvec.h.
 */
#include "strvec.h"

#include "strbuf.h"

#include <stdlib.h>

void
strvec_release(struct strvec *sv)
{
	size_t i;

	for (i = 0; i < sv->nr; i++)
		free(sv->v[i]);
	free(sv->v);
	sv->v = NULL;
	sv->nr = sv->alloc = 0;
}

void
strvec_take(struct strvec *sv, char *s)
{
	ARRAY_GROW(sv->v, sv->nr + 1, sv->alloc);
	sv->v[sv->nr++] = s;
	sv->v[sv->nr] = NULL;
}

void
strvec_push(struct strvec *sv, const char *s)
{
	strvec_take(sv, xstrdup(s));
}

void
strvec_pushf(struct strvec *sv, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strvec_take(sv, strbuf_detach(&sb));
}

void
strvec_pushall(struct strvec *sv, const struct strvec *from)
{
	size_t i;

	for (i = 0; i < from->nr; i++)
		strvec_push(sv, from->v[i]);
}

void
strvec_sort(struct strvec *sv)
{
	if (sv->nr > 1)
		qsort(sv->v, sv->nr, sizeof(*sv->v), str_cmp);
}

void
strvec_drop(struct strvec *sv, const char *s)
{
	size_t i;

	for (i = 0; i < sv->nr && !str_eq(sv->v[i], s); i++)
		;
	if (i == sv->nr)
		return;
	free(sv->v[i]);
	for (sv->nr--; i < sv->nr; i++)
		sv->v[i] = sv->v[i + 1];
	sv->v[sv->nr] = NULL;
}

bool
strvec_has(const struct strvec *sv, const char *s)
{
	size_t i;

	for (i = 0; i < sv->nr; i++)
		if (str_eq(sv->v[i], s))
			return true;
	return false;
}

bool
strvec_eq(const struct strvec *a, const struct strvec *b)
{
	size_t i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (!str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}
