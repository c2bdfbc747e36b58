/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See plain.h.
 */
#include "plain.h"

#include <stdlib.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd };

static void
add_utf8(struct strbuf *out, uint32_t c)
{
	if (c < 0x80) {
		strbuf_addch(out, (char)c);
	} else if (c < 0x800) {
		strbuf_addch(out, (char)(0xc0 | c >> 6));
		strbuf_addch(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		strbuf_addch(out, (char)(0xe0 | c >> 12));
		strbuf_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
		strbuf_addch(out, (char)(0x80 | (c & 0x3f)));
	} else {
		strbuf_addch(out, (char)(0xf0 | c >> 18));
		strbuf_addch(out, (char)(0x80 | (c >> 12 & 0x3f)));
		strbuf_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
		strbuf_addch(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Ends the line; blanks at its end are not there to be seen. */
static void
put_line(struct plain *plain, struct strbuf *out)
{
	size_t i;

	while (plain->len && plain->line[plain->len - 1] == ' ')
		plain->len--;
	for (i = 0; i < plain->len; i++)
		add_utf8(out, plain->line[i]);
	strbuf_addch(out, '\n');
	plain->len = plain->column = 0;
}

/* The same, unless there is nothing on it. */
static void
leave_line(struct plain *plain, struct strbuf *out)
{
	if (plain->len)
		put_line(plain, out);
	plain->column = 0;
}

static void
put_char(struct plain *plain, uint32_t c, struct strbuf *out)
{
	if (!plain->line)
		plain->line = xcalloc(PLAIN_MAX_LINE, sizeof(*plain->line));
	if (plain->column >= PLAIN_MAX_LINE)
		put_line(plain, out);
	while (plain->len < plain->column)
		plain->line[plain->len++] = ' ';
	plain->line[plain->column++] = c;
	if (plain->column > plain->len)
		plain->len = plain->column;
}

static void
move_to(struct plain *plain, size_t column)
{
	plain->column = column < PLAIN_MAX_LINE ? column : PLAIN_MAX_LINE - 1;
}

/* ---- sequences ---- */

/* The first parameter, at least `least`; those of programs begin at 1. */
static size_t
param(const struct plain *plain, size_t least)
{
	size_t n = 0, i;

	for (i = 0; i < plain->nr_param && plain->params[i] >= '0' &&
	    plain->params[i] <= '9' && n < PLAIN_MAX_LINE; i++)
		n = n * 10 + (size_t)(plain->params[i] - '0');
	return n < least ? least : n;
}

static void
erase_in_line(struct plain *plain)
{
	size_t i;

	switch (param(plain, 0)) {
	case 0:
		if (plain->len > plain->column)
			plain->len = plain->column;
		break;
	case 1:
		for (i = 0; i < plain->len && i <= plain->column; i++)
			plain->line[i] = ' ';
		break;
	case 2:
		plain->len = 0;
		break;
	}
}

/* Takes n characters at the column away. */
static void
delete_chars(struct plain *plain, size_t n)
{
	if (plain->column >= plain->len)
		return;
	if (n > plain->len - plain->column)
		n = plain->len - plain->column;
	memmove(plain->line + plain->column, plain->line + plain->column + n,
	    (plain->len - plain->column - n) * sizeof(*plain->line));
	plain->len -= n;
}

static void
end_csi(struct plain *plain, char c, struct strbuf *out)
{
	size_t n = param(plain, 1);

	switch (c) {
	case 'C':
		move_to(plain, plain->column + n);
		break;
	case 'D':
		plain->column = plain->column > n ? plain->column - n : 0;
		break;
	case 'G':
	case '`':
		move_to(plain, n - 1);
		break;
	case 'K':
		erase_in_line(plain);
		break;
	case 'P':
		delete_chars(plain, n);
		break;
	case 'A':
	case 'B':
	case 'E':
	case 'F':
	case 'H':
	case 'J':
	case 'd':
	case 'f':
		leave_line(plain, out);
		break;
	}
}

static void
step_escape(struct plain *plain, char c, struct strbuf *out)
{
	plain->state = PLAIN_TEXT;
	if (c == '[') {
		plain->state = PLAIN_CSI;
		plain->nr_param = 0;
	} else if (strchr("]PX^_", c) && c) {
		plain->state = PLAIN_STRING;
	} else if (c >= 0x20 && c < 0x30) {
		plain->state = PLAIN_CHARSET;
	} else if (strchr("DEMc", c) && c) {
		leave_line(plain, out);
	}
}

static void
step_csi(struct plain *plain, char c, struct strbuf *out)
{
	if (c >= 0x40 && c <= 0x7e) {
		plain->state = PLAIN_TEXT;
		end_csi(plain, c, out);
	} else if (c >= 0x20 && c < 0x40 &&
	    plain->nr_param < sizeof(plain->params)) {
		plain->params[plain->nr_param++] = c;
	}
}

/* ---- text ---- */

static void
control(struct plain *plain, uint32_t c, struct strbuf *out)
{
	switch (c) {
	case '\n':
	case '\v':
	case '\f':
		put_line(plain, out);
		break;
	case '\r':
		plain->column = 0;
		break;
	case '\b':
		if (plain->column)
			plain->column--;
		break;
	case '\t':
		move_to(plain, (plain->column | 7) + 1);
		break;
	case 0x1b:
		plain->state = PLAIN_ESCAPE;
		break;
	case 0x9b:
		plain->state = PLAIN_CSI;
		plain->nr_param = 0;
		break;
	}
}

static void
take_char(struct plain *plain, uint32_t c, struct strbuf *out)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		control(plain, c, out);
	else
		put_char(plain, c, out);
}

static void
begin_char(struct plain *plain, unsigned char c, struct strbuf *out)
{
	if (c < 0x80) {
		take_char(plain, c, out);
	} else if (c >= 0xc2 && c < 0xf5) {
		plain->missing = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		plain->partial = c & (0x3fu >> plain->missing);
		plain->least = c < 0xe0 ? 0x80 : c < 0xf0 ? 0x800 : 0x10000;
	} else {
		take_char(plain, REPLACEMENT, out);
	}
}

static void
step_text(struct plain *plain, unsigned char c, struct strbuf *out)
{
	uint32_t whole;

	if (!plain->missing) {
		begin_char(plain, c, out);
	} else if ((c & 0xc0) != 0x80) {
		plain->missing = 0;
		take_char(plain, REPLACEMENT, out);
		begin_char(plain, c, out);
	} else {
		plain->partial = plain->partial << 6 | (c & 0x3f);
		if (--plain->missing)
			return;
		whole = plain->partial;
		if (whole < plain->least || whole > 0x10ffff ||
		    (whole >= 0xd800 && whole < 0xe000))
			whole = REPLACEMENT;
		take_char(plain, whole, out);
	}
}

void
plain_feed(struct plain *plain, const char *data, size_t len,
    struct strbuf *out)
{
	char c;

	for (; len; data++, len--) {
		c = *data;
		/* CAN and SUB end any sequence, ESC begins one. */
		if (plain->state != PLAIN_TEXT && (c == 0x18 || c == 0x1a)) {
			plain->state = PLAIN_TEXT;
			continue;
		}
		if (c == 0x1b && plain->state != PLAIN_TEXT) {
			plain->state = plain->state == PLAIN_STRING ?
			    PLAIN_STRING_ESCAPE : PLAIN_ESCAPE;
			continue;
		}
		switch (plain->state) {
		case PLAIN_TEXT:
			step_text(plain, (unsigned char)c, out);
			break;
		case PLAIN_STRING_ESCAPE:
			if (c == '\\')
				plain->state = PLAIN_TEXT;
			else
				step_escape(plain, c, out);
			break;
		case PLAIN_ESCAPE:
			step_escape(plain, c, out);
			break;
		case PLAIN_CHARSET:
			if (c >= 0x30 || c < 0x20)
				plain->state = PLAIN_TEXT;
			break;
		case PLAIN_CSI:
			step_csi(plain, c, out);
			break;
		case PLAIN_STRING:
			if (c == '\a')
				plain->state = PLAIN_TEXT;
			break;
		}
	}
}

void
plain_end(struct plain *plain, struct strbuf *out)
{
	if (plain->missing)
		take_char(plain, REPLACEMENT, out);
	plain->missing = 0;
	leave_line(plain, out);
}

void
plain_release(struct plain *plain)
{
	free(plain->line);
	memset(plain, 0, sizeof(*plain));
}
