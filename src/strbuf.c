/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See strbuf.h.
 */
#include "strbuf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIKELY_LEN = 63 }; /* of what is formatted */

char strbuf_empty[1];

void
strbuf_init(struct strbuf *sb)
{
	sb->buf = strbuf_empty;
	sb->len = sb->alloc = 0;
}

void
strbuf_release(struct strbuf *sb)
{
	if (sb->alloc)
		free(sb->buf);
	strbuf_init(sb);
}

void
strbuf_reset(struct strbuf *sb)
{
	strbuf_setlen(sb, 0);
}

char *
strbuf_detach(struct strbuf *sb)
{
	char *p;

	strbuf_grow(sb, 0);
	p = sb->buf;
	strbuf_init(sb);
	return p;
}

void
strbuf_grow(struct strbuf *sb, size_t extra)
{
	size_t need = sb->len + extra + 1;
	char *old = sb->alloc ? sb->buf : NULL;

	if (need < extra)
		BUG("a string of %zu bytes", extra);
	if (need <= sb->alloc)
		return;
	sb->alloc = sb->alloc * 2 > need ? sb->alloc * 2 : need + 32;
	sb->buf = xreallocarray(old, sb->alloc, 1);
	sb->buf[sb->len] = '\0';
}

void
strbuf_setlen(struct strbuf *sb, size_t len)
{
	if (len > sb->len)
		BUG("strbuf_setlen(%zu) of %zu", len, sb->len);
	sb->len = len;
	if (sb->alloc)
		sb->buf[len] = '\0';
}

void
strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (len == 0)
		return;
	strbuf_grow(sb, len);
	memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void
strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void
strbuf_addch(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void
strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int len;

	strbuf_grow(sb, LIKELY_LEN);
	room = sb->alloc - sb->len;
	va_copy(again, ap);
	len = vsnprintf(sb->buf + sb->len, room, fmt, ap);
	if (len < 0)
		BUG("format '%s'", fmt);
	if ((size_t)len >= room) {
		strbuf_grow(sb, (size_t)len);
		vsnprintf(sb->buf + sb->len, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	sb->len += (size_t)len;
}

void
strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void
strbuf_addpad(struct strbuf *sb, const char *s, size_t width)
{
	size_t have = utf8_width(s);

	strbuf_addstr(sb, s);
	for (; have < width; have++)
		strbuf_addch(sb, ' ');
}

void
strbuf_addcut(struct strbuf *sb, const char *s, size_t width)
{
	const char *p = s;
	size_t left = width - 1;

	if (utf8_width(s) <= width) {
		strbuf_addstr(sb, s);
		return;
	}
	while (*p && (left > 0 || ((unsigned char)*p & 0xc0) == 0x80)) {
		if (((unsigned char)*p & 0xc0) != 0x80)
			left--;
		p++;
	}
	strbuf_add(sb, s, (size_t)(p - s));
	strbuf_addstr(sb, "…");
}

/*
 * The character at s (of valid UTF-8) when a terminal does something else with
 * it than show it: C1 controls, line separators, marks that turn text around.
 */
static unsigned
steering(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned c = 0;

	if (u[0] == 0xc2 && u[1] < 0xa0)
		return u[1];
	if (u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81))
		c = 0x2000u | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
	return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) ? c : 0;
}

void
strbuf_addsafe(struct strbuf *sb, const char *s)
{
	size_t plain = 0;
	bool valid;

	while (s[plain] >= 0x20 && s[plain] < 0x7f)
		plain++;
	strbuf_add(sb, s, plain);
	s += plain;
	valid = utf8_valid(s, strlen(s));
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		unsigned hidden = valid ? steering(s) : 0;

		if (hidden) {
			strbuf_addf(sb, "\\u%04x", hidden);
			s += hidden < 0x100 ? 1 : 2;
		} else if (c == '\n')
			strbuf_addstr(sb, "\\n");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !valid))
			strbuf_addf(sb, "\\x%02x", c);
		else
			strbuf_addch(sb, *s);
	}
}

void
strbuf_vaddsafef(struct strbuf *sb, const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_vaddf(&text, fmt, ap);
	strbuf_addsafe(sb, text.buf);
	strbuf_release(&text);
}

void
strbuf_rtrim(struct strbuf *sb)
{
	while (sb->len && isspace((unsigned char)sb->buf[sb->len - 1]))
		strbuf_setlen(sb, sb->len - 1);
}
