/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A growing string.  buf is never NULL and always terminated, so that a local
 * STRBUF_INIT can be read at once and costs nothing until it is written to.
 */
#ifndef STRBUF_H
#define STRBUF_H

#include "util.h"

struct strbuf {
	char *buf;
	size_t len;
	size_t alloc; /* 0: buf is the shared empty string */
};

extern char strbuf_empty[];
#define STRBUF_INIT { .buf = strbuf_empty, .len = 0, .alloc = 0 }

void strbuf_init(struct strbuf *sb);
/* Frees the text and leaves an empty, usable strbuf.  May be called twice. */
void strbuf_release(struct strbuf *sb);
/* Empties it, keeps the memory. */
void strbuf_reset(struct strbuf *sb);
/* Gives the text away (the caller frees it) and leaves an empty strbuf. */
char *strbuf_detach(struct strbuf *sb);
/* Makes room for extra more bytes and the terminator. */
void strbuf_grow(struct strbuf *sb, size_t extra);
/* Cuts to len, which must not be more than what is there. */
void strbuf_setlen(struct strbuf *sb, size_t len);

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);
/* Adds s until it fills width columns, then pads with blanks. */
void strbuf_addpad(struct strbuf *sb, const char *s, size_t width);
/* Adds s, cut to width columns with an ellipsis for the rest; width > 0. */
void strbuf_addcut(struct strbuf *sb, const char *s, size_t width);
/*
 * Adds s with control characters and invalid UTF-8 as \xHH, so that text of
 * others can be shown on a terminal; a newline becomes \n, and what else could
 * lead the eye or the terminal astray \uHHHH.
 */
void strbuf_addsafe(struct strbuf *sb, const char *s);
/* The same of what fmt makes. */
void strbuf_vaddsafef(struct strbuf *sb, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);
/* Removes white space at the end. */
void strbuf_rtrim(struct strbuf *sb);

#endif
