/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See highlight.h.
 */
#include "highlight.h"

#include "bottom.h"
#include "strbuf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE = 27, BELL = 7, MAX_PARAMETERS = 32 };

/* A background: 0 the usual one, else its kind and value; and its swap. */
enum {
	KIND_NAMED = 1 << 24,
	KIND_TABLE = 2 << 24,
	KIND_RGB = 3 << 24,
	REVERSE = 1 << 30,
};

/* Text without its escape codes, and the background of each of its bytes. */
struct painted {
	struct strbuf text;
	uint32_t *ground;
	size_t alloc;
	uint32_t now;
};

/* ---- escape codes */

/* 48;5;N and 48;2;R;G;B, or the same with 38 and 58; how many they are. */
static size_t
long_color(const long *p, size_t nr, uint32_t *color)
{
	if (nr >= 3 && p[1] == 5) {
		*color = KIND_TABLE | (uint32_t)(p[2] & 0xff);
		return 3;
	}
	if (nr >= 5 && p[1] == 2) {
		*color = KIND_RGB | (uint32_t)((p[2] & 0xff) << 16 |
		    (p[3] & 0xff) << 8 | (p[4] & 0xff));
		return 5;
	}
	return nr;
}

static void
set_ground(struct painted *painted, uint32_t ground)
{
	painted->now = (painted->now & REVERSE) | ground;
}

static void
select_graphics(struct painted *painted, const long *p, size_t nr)
{
	uint32_t color = 0;
	size_t i, used;

	for (i = 0; i < nr; i += used) {
		used = 1;
		if (p[i] == 38 || p[i] == 48 || p[i] == 58) {
			used = long_color(p + i, nr - i, &color);
			if (p[i] == 48)
				set_ground(painted, color);
		} else if (p[i] == 0) {
			painted->now = 0;
		} else if (p[i] == 7) {
			painted->now |= REVERSE;
		} else if (p[i] == 27) {
			painted->now &= ~(uint32_t)REVERSE;
		} else if (p[i] == 49) {
			set_ground(painted, 0);
		} else if ((p[i] >= 40 && p[i] <= 47) ||
		    (p[i] >= 100 && p[i] <= 107)) {
			set_ground(painted, KIND_NAMED | (uint32_t)p[i]);
		}
	}
}

/* Behind "ESC [": returns what comes after the code. */
static const char *
control_sequence(struct painted *painted, const char *p)
{
	long parameters[MAX_PARAMETERS] = { 0 };
	size_t nr = 1;

	for (; *p >= '0' && *p <= ';'; p++) {
		if (*p == ';' || *p == ':') {
			if (nr < MAX_PARAMETERS)
				nr++;
		} else if (parameters[nr - 1] < 1000) {
			parameters[nr - 1] = parameters[nr - 1] * 10 + *p - '0';
		}
	}
	if (*p == 'm')
		select_graphics(painted, parameters, nr);
	return *p ? p + 1 : p;
}

/* Behind "ESC ]": a link, say, up to BEL or "ESC \". */
static const char *
system_command(const char *p)
{
	while (*p && *p != BELL && *p != ESCAPE)
		p++;
	if (*p == ESCAPE && p[1])
		return p + 2;
	return *p ? p + 1 : p;
}

static const char *
escape_code(struct painted *painted, const char *p)
{
	if (*p == '[')
		return control_sequence(painted, p + 1);
	if (*p == ']')
		return system_command(p + 1);
	if (*p == '(' || *p == ')')
		p++;
	return *p ? p + 1 : p;
}

static void
paint(struct painted *painted, const char *p)
{
	while (*p) {
		if (*p == ESCAPE) {
			p = escape_code(painted, p + 1);
			continue;
		}
		ARRAY_GROW(painted->ground, painted->text.len, painted->alloc);
		painted->ground[painted->text.len] = painted->now;
		strbuf_addch(&painted->text, *p++);
	}
}

/* ---- options */

/* The background of the longest stretch on the lines of the options. */
static uint32_t
usual_ground(const struct painted *painted, const size_t *at, size_t nr)
{
	const char *text = painted->text.buf;
	size_t i, from, to = 0, j, count, most = 0;
	uint32_t usual = 0;

	for (i = 0; i < nr; i++) {
		if (at[i] < to)
			continue; /* on the same line as the one before */
		for (from = at[i]; from > 0 && text[from - 1] != '\n'; from--)
			;
		to = at[i] + strcspn(text + at[i], "\n");
		for (j = from; j < to; j = j + count) {
			for (count = 1; j + count < to &&
			    painted->ground[j + count] == painted->ground[j];)
				count++;
			if (count > most) {
				most = count;
				usual = painted->ground[j];
			}
		}
	}
	return usual;
}

int
highlight_find(const char *screen, const struct strvec *options)
{
	struct painted painted = { .text = STRBUF_INIT };
	size_t *at = xcalloc(options->nr + 1, sizeof(*at)), i;
	uint32_t usual;
	int found = -1, nr = 0;

	paint(&painted, screen);
	if (options->nr > 1 && bottom_find_all(painted.text.buf, options, at)) {
		usual = usual_ground(&painted, at, options->nr);
		for (i = 0; i < options->nr; i++) {
			if (painted.ground[at[i]] == usual)
				continue;
			found = (int)i;
			nr++;
		}
	}
	free(at);
	free(painted.ground);
	strbuf_release(&painted.text);
	return nr == 1 ? found : -1;
}
