/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See diag.h.
 */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

const char *
diag_level_name(enum diag_level level)
{
	static const char *const names[] = {
		[DIAG_ERROR] = "error",
		[DIAG_WARNING] = "warning",
		[DIAG_NOTE] = "note",
	};

	return names[level];
}

static void
release_one(struct diag *diag)
{
	free((char *)(uintptr_t)diag->pos.file);
	free(diag->message);
	free(diag->hint);
}

struct diag *
diag_add(struct diags *diags, enum diag_level level, struct pos pos,
    const char *rule, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	struct diag *diag;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddsafef(&text, fmt, ap);
	va_end(ap);
	if (level == DIAG_WARNING && diags->strict)
		level = DIAG_ERROR;
	if (level == DIAG_ERROR)
		diags->nr_error++;
	else if (level == DIAG_WARNING)
		diags->nr_warning++;
	if (diags->nr == DIAGS_MAX) {
		release_one(&diags->d[--diags->nr]);
		diags->nr_dropped++;
	}
	ARRAY_GROW(diags->d, diags->nr, diags->alloc);
	diag = &diags->d[diags->nr];
	memset(diag, 0, sizeof(*diag));
	diag->level = level;
	diag->pos = pos;
	diag->pos.file = xstrdup_null(pos.file);
	diag->rule = rule;
	diag->message = strbuf_detach(&text);
	diag->seq = diags->nr++;
	return diag;
}

void
diag_hint(struct diag *diag, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddsafef(&text, fmt, ap);
	va_end(ap);
	free(diag->hint);
	diag->hint = strbuf_detach(&text);
}

void
diag_hint_nearest(struct diag *diag, const char *word,
    const char *const *candidates, size_t nr)
{
	const char *near = str_nearest(word, candidates, nr);

	if (near)
		diag_hint(diag, "did you mean '%s'?", near);
}

static int
compare(const void *pa, const void *pb)
{
	const struct diag *a = pa, *b = pb;
	int c = strcmp(a->pos.file ? a->pos.file : "",
	    b->pos.file ? b->pos.file : "");

	if (c == 0)
		c = (a->pos.line > b->pos.line) - (a->pos.line < b->pos.line);
	if (c == 0)
		c = (a->pos.col > b->pos.col) - (a->pos.col < b->pos.col);
	if (c == 0)
		c = (a->seq > b->seq) - (a->seq < b->seq);
	return c;
}

static bool
same(const struct diag *a, const struct diag *b)
{
	return str_eq(a->pos.file, b->pos.file) &&
	    a->pos.line == b->pos.line && a->pos.col == b->pos.col &&
	    a->level == b->level && str_eq(a->message, b->message);
}

void
diags_keep(struct diags *diags, enum diag_level level)
{
	size_t i, kept = 0;

	for (i = 0; i < diags->nr; i++) {
		if (diags->d[i].level > level)
			release_one(&diags->d[i]);
		else
			diags->d[kept++] = diags->d[i];
	}
	diags->nr = kept;
}

void
diags_sort(struct diags *diags)
{
	size_t i, kept = 0;

	if (diags->nr < 2)
		return;
	qsort(diags->d, diags->nr, sizeof(*diags->d), compare);
	for (i = 0; i < diags->nr; i++) {
		if (kept && same(&diags->d[kept - 1], &diags->d[i])) {
			if (diags->d[i].level == DIAG_ERROR)
				diags->nr_error--;
			else if (diags->d[i].level == DIAG_WARNING)
				diags->nr_warning--;
			release_one(&diags->d[i]);
			continue;
		}
		diags->d[kept++] = diags->d[i];
	}
	diags->nr = kept;
}

static void
print_place(const struct diag *diag, struct strbuf *out)
{
	if (!diag->pos.file)
		return;
	strbuf_addsafe(out, diag->pos.file);
	strbuf_addch(out, ':');
	if (diag->pos.line)
		strbuf_addf(out, "%d:%d:", diag->pos.line,
		    diag->pos.col ? diag->pos.col : 1);
	strbuf_addch(out, ' ');
}

void
diags_print(struct diags *diags, struct strbuf *out)
{
	const struct diag *diag;
	size_t i;

	diags_sort(diags);
	for (i = 0; i < diags->nr; i++) {
		diag = &diags->d[i];
		print_place(diag, out);
		strbuf_addf(out, "%s: %s [%s]\n", diag_level_name(diag->level),
		    diag->message, diag->rule);
		if (!diag->hint)
			continue;
		print_place(diag, out);
		strbuf_addf(out, "hint: %s\n", diag->hint);
	}
	if (diags->nr_dropped)
		strbuf_addf(out, "and %zu more\n", diags->nr_dropped);
}

void
diags_release(struct diags *diags)
{
	size_t i;

	for (i = 0; i < diags->nr; i++)
		release_one(&diags->d[i]);
	free(diags->d);
	memset(diags, 0, sizeof(*diags));
}
