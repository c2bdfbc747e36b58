/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See bottom.h.
 */
#include "bottom.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RUN = 4 };

/* The end of a line without the blanks there. */
static const char *
line_end(const char *from, const char *to)
{
	while (to > from && (to[-1] == ' ' || to[-1] == '\t' ||
	    to[-1] == '\r'))
		to--;
	return to;
}

/* Blanks, box drawing and block elements: U+2500 to U+259F. */
static size_t
frame_at(const char *p, const char *end)
{
	if (*p == ' ' || *p == '\t' || *p == '\n')
		return 1;
	if (end - p >= 3 && p[0] == '\xe2' && (p[1] == '\x94' ||
	    p[1] == '\x95' || (p[1] == '\x96' && p[2] < '\xa0')))
		return 3;
	return 0;
}

/* Adds a line; of a run of the same box character four will do. */
static void
add_line(struct strbuf *text, const char *from, const char *to)
{
	const char *last = NULL;
	int run = 0;

	while (from < to) {
		size_t n = frame_at(from, to) == 3 ? 3 : 1;

		run = n == 3 && last && memcmp(last, from, 3) == 0 ?
		    run + 1 : 0;
		last = n == 3 ? from : NULL;
		if (run < MAX_RUN)
			strbuf_add(text, from, n);
		from += n;
	}
	strbuf_addch(text, '\n');
}

void
bottom_init(struct bottom *bottom, const char *screen)
{
	const char *from = screen + strlen(screen), *to, *end;
	struct { const char *from, *to; } lines[BOTTOM_LINES];
	size_t i, nr = 0;
	char *p;

	while (from > screen && nr < BOTTOM_LINES) {
		to = from;
		while (from > screen && from[-1] != '\n')
			from--;
		end = line_end(from, to);
		if (end > from) {
			lines[nr].from = from;
			lines[nr++].to = end;
		}
		if (from > screen)
			from--;
	}
	strbuf_init(&bottom->text);
	bottom->nr = nr;
	for (i = 0; i < nr; i++) {
		bottom->start[i] = bottom->text.len;
		add_line(&bottom->text, lines[nr - 1 - i].from,
		    lines[nr - 1 - i].to);
	}
	bottom->lower = xstrdup(bottom->text.buf);
	for (p = bottom->lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
}

void
bottom_release(struct bottom *bottom)
{
	strbuf_release(&bottom->text);
	free(bottom->lower);
}

struct bottom_window
bottom_window(const struct bottom *bottom, int last)
{
	size_t n = (size_t)last, at = 0;

	if (n < bottom->nr)
		at = bottom->start[bottom->nr - n];
	return (struct bottom_window){ bottom->text.buf + at,
		bottom->lower + at };
}

char *
bottom_unframed(const char *from, const char *to)
{
	struct strbuf text = STRBUF_INIT;
	size_t n;

	while (from < to && (n = frame_at(from, to)) > 0)
		from += n;
	while (from < to && (frame_at(to - 1, to) == 1 ||
	    (to - from >= 3 && frame_at(to - 3, to) == 3)))
		to -= frame_at(to - 1, to) == 1 ? 1 : 3;
	while (from < to) {
		n = *from == '\n' ? frame_at(from, to) : 0;
		if (!n) {
			strbuf_addch(&text, *from++);
			continue;
		}
		strbuf_rtrim(&text);
		strbuf_addch(&text, ' ');
		for (; from < to && n > 0; n = frame_at(from, to))
			from += n;
	}
	return strbuf_detach(&text);
}

char *
bottom_line_around(const char *text, const char *p)
{
	const char *from = p;

	while (from > text && from[-1] != '\n')
		from--;
	return bottom_unframed(from, p + strcspn(p, "\n"));
}

bool
bottom_find_all(const char *text, const struct strvec *words, size_t *at)
{
	size_t len, i, from, end = strlen(text);

	for (i = words->nr; i-- > 0; end = at[i]) {
		len = strlen(words->v[i]);
		if (!len || len > end)
			return false;
		for (from = end - len;; from--) {
			if (strncmp(text + from, words->v[i], len) == 0 &&
			    (from == 0 || text[from - 1] == ' ' ||
			    text[from - 1] == '\n'))
				break;
			if (from == 0)
				return false;
		}
		at[i] = from;
	}
	return true;
}
