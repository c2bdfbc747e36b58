/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf plain */
#include "plain.h"
#include "tap.h"

#include <string.h>

static const struct {
	const char *in, *out;
} rows[] = {
	{ "", "" },
	{ "a\r\nb\n", "a\nb\n" },
	{ "no end", "no end\n" },
	{ "\033[1;31mred\033[0m\n", "red\n" },
	{ "\033[38;5;196mred\033[m \n", "red\n" },
	/* Written over: what a terminal would show. */
	{ "10%\r20%\r100%\n", "100%\n" },
	{ "long line\rshort\n", "shortline\n" },
	{ "long line\rshort\033[K\n", "short\n" },
	{ "long\033[2K\rx\n", "x\n" },
	{ "abc\b\bX\n", "aXc\n" },
	{ "ab\033[3Cc\n", "ab   c\n" },
	{ "abc\033[2DX\n", "aXc\n" },
	{ "abcdef\033[3GX\n", "abXdef\n" },
	{ "abcdef\033[3G\033[2P\n", "abef\n" },
	{ "abc\033[1K\033[3GX\n", "  X\n" },
	{ "a\tb\n", "a       b\n" },
	/* Titles, links, other strings; ended by BEL, ST, CAN. */
	{ "\033]0;title\007x\n", "x\n" },
	{ "\033]8;;http://a/\033\\link\033]8;;\033\\\n", "link\n" },
	{ "\033Pq#0\033\\x\n", "x\n" },
	{ "\033]0;title\030x\n", "x\n" },
	{ "\033[12\032x\n", "x\n" },
	{ "\033(Bx\033)0\n", "x\n" },
	{ "\033[?2004h\033=x\033[?25l\n", "x\n" },
	/* Full screens come as the pieces that were painted. */
	{ "\033[2J\033[1;1Htop\033[5;1Hbottom\033[H", "top\nbottom\n" },
	{ "a\033[Ab\n", "a\nb\n" },
	/* UTF-8, and what is none. */
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n" },
	{ "a\xff" "b\xc3(\n", "a\xef\xbf\xbd" "b\xef\xbf\xbd(\n" },
	{ "\xc0\xaf\xed\xa0\x80\n", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n" },
	{ "\xe2\x82", "\xef\xbf\xbd\n" },
	{ "\xc2\x9b" "1mx\n", "x\n" }, /* CSI of 8 bits */
	{ "\001\002\007x\n", "x\n" },
	{ "\n\n", "\n\n" },
	/* Never finished. */
	{ "x\033]0;", "x\n" },
	{ "x\033[999999999999999999999999999999999999999999C.", NULL },
};

static void
feed(const char *in, size_t portion, struct strbuf *out)
{
	struct plain plain = { 0 };
	size_t len = strlen(in), n;

	strbuf_reset(out);
	for (; len; in += n, len -= n) {
		n = len < portion ? len : portion;
		plain_feed(&plain, in, n, out);
	}
	plain_end(&plain, out);
	plain_release(&plain);
}

static void
test_plain__what_is_seen(void)
{
	struct strbuf out = STRBUF_INIT;
	size_t i, portion;

	for (i = 0; i < nitems(rows); i++) {
		for (portion = 1; portion < 40; portion += 3) {
			feed(rows[i].in, portion, &out);
			if (rows[i].out)
				is_str(out.buf, rows[i].out, "row");
		}
	}
	strbuf_release(&out);
}

static void
test_plain__long_lines_are_folded(void)
{
	struct plain plain = { 0 };
	struct strbuf out = STRBUF_INIT;
	int i;

	for (i = 0; i < PLAIN_MAX_LINE + 10; i++)
		plain_feed(&plain, "x", 1, &out);
	plain_end(&plain, &out);
	is_int(out.len, PLAIN_MAX_LINE + 12, "all is there");
	is_int(strcspn(out.buf, "\n"), PLAIN_MAX_LINE, "in two lines");
	plain_release(&plain);
	strbuf_release(&out);
}

static void
test_plain__bytes_of_any_kind(void)
{
	struct plain plain = { 0 };
	struct strbuf out = STRBUF_INIT;
	uint32_t seed = 12345;
	const char *p;
	char c;
	int i;

	for (i = 0; i < 300000; i++) {
		seed = seed * 1664525 + 1013904223;
		c = (char)(seed >> 24);
		/* Sequences are rare among bytes of chance. */
		if (seed % 16 == 0)
			c = "\033[];?0KGPCD\r\b\t\n\x9b"[seed >> 8 & 15];
		plain_feed(&plain, &c, 1, &out);
	}
	plain_end(&plain, &out);
	ok(utf8_valid(out.buf, out.len), "what comes out is text");
	for (p = out.buf; *p && ((unsigned char)*p >= ' ' || *p == '\n'); p++)
		continue;
	is_int(p - out.buf, out.len, "without controls");
	plain_release(&plain);
	strbuf_release(&out);
}
