/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The bottom of a screen, as rules look at it: its last lines that are not
 * blank, without blanks at their ends, and with four of the same box character
 * where there are more side by side.
 */
#ifndef BOTTOM_H
#define BOTTOM_H

#include "strbuf.h"
#include "strvec.h"

enum { BOTTOM_LINES = 200 };

struct bottom {
	struct strbuf text;
	char *lower;                /* the same in lower case */
	size_t start[BOTTOM_LINES]; /* of lines in text */
	size_t nr;
};

/* Some of the last lines, borrowed. */
struct bottom_window {
	const char *text, *lower;
};

void bottom_init(struct bottom *bottom, const char *screen);
void bottom_release(struct bottom *bottom);
/* So many of its last lines, or all. */
struct bottom_window bottom_window(const struct bottom *bottom, int last);

/*
 * Text on one line, without blanks and box characters around it and around its
 * lines; the caller frees.
 */
char *bottom_unframed(const char *from, const char *to);
/*
 * Where the words stand in a text, in their order, each the lowest that is
 * above the next and is not in the middle of a word.  False: not all of them.
 */
bool bottom_find_all(const char *text, const struct strvec *words, size_t *at);
/* So the line of text that p is on. */
char *bottom_line_around(const char *text, const char *p);

#endif
