/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What a terminal would show of a stream of bytes, as lines of text: escape
 * sequences are left out, and what was written over is gone.  Moves within a
 * line are followed; one to another line ends the line.  So a program that
 * prints line by line comes out as on its terminal, and one that paints a
 * whole screen as the pieces that it painted.
 *
 * Bytes may come in any portions.  What is no UTF-8 becomes U+FFFD.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "strbuf.h"

enum { PLAIN_MAX_LINE = 4096 }; /* characters; what is longer is folded */

enum plain_state {
	PLAIN_TEXT,
	PLAIN_ESCAPE,  /* behind ESC */
	PLAIN_CHARSET, /* behind ESC and an intermediate byte */
	PLAIN_CSI,
	PLAIN_STRING,  /* OSC, DCS and the like, up to BEL or ST */
	PLAIN_STRING_ESCAPE,
};

struct plain {
	enum plain_state state;
	char params[32]; /* of a CSI */
	size_t nr_param;
	uint32_t *line;  /* PLAIN_MAX_LINE characters, or NULL */
	size_t len, column;
	uint32_t partial; /* of a character of several bytes, */
	int missing;      /* of which so many are to come */
	uint32_t least;   /* smallest that so many bytes may mean */
};

/* A zeroed struct is ready for use. */
void plain_feed(struct plain *plain, const char *data, size_t len,
    struct strbuf *out);
/* The last line, which has no end. */
void plain_end(struct plain *plain, struct strbuf *out);
void plain_release(struct plain *plain);

#endif
