/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The terminal of `teamctl top`, through ncursesw, which nothing else includes.
 * A build without it (HAVE_NCURSES) has topscreen_begin fail.
 */
#ifndef TOPSCREEN_H
#define TOPSCREEN_H

#include "topview.h"

enum top_key {
	TOP_KEY_NONE,  /* nothing more to read */
	TOP_KEY_OTHER, /* ignored */
	TOP_KEY_TEXT,  /* text holds one character */
	TOP_KEY_ENTER,
	TOP_KEY_ESCAPE,
	TOP_KEY_ERASE,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_CLICK, /* row holds where */
	TOP_KEY_RESIZE,
};

struct top_input {
	enum top_key key;
	char text[16]; /* UTF-8 */
	size_t row;
};

/* Takes the terminal over.  -1: this build cannot, or it is not able to. */
int topscreen_begin(bool color);
/* Gives it back; topscreen_again takes it anew, as it was. */
void topscreen_end(void);
void topscreen_again(void);
/* Asks how large the terminal is now. */
void topscreen_size(size_t *rows, size_t *cols);
/* Shows the lines; cursor: behind what stands in the last one. */
void topscreen_paint(const struct top_lines *lines, bool cursor);
/* The next key that was pressed; never waits. */
struct top_input topscreen_read(void);

#endif
