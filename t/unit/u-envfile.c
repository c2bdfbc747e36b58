/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec units envfile */
#include "envfile.h"

#include "strvec.h"
#include "tap.h"

#include <stdlib.h>

static int
collect(void *ctx, const char *key, const char *value)
{
	strvec_pushf(ctx, "%s=%s", key, value);
	return 0;
}

static int
refuse(void *ctx, const char *key, const char *value)
{
	(void)ctx, (void)key;
	return strcmp(value, "bad") == 0;
}

static void
test_envfile__lines_as_written(void)
{
	static const struct {
		const char *value, *line;
	} rows[] = {
		{ "", "K=\n" },
		{ "plain", "K=plain\n" },
		{ "a b  'c' $HOME *\\n#", "K=a b  'c' $HOME *\\n#\n" },
		{ " edges ", "K= edges \n" },
		{ "a=b", "K=a=b\n" },
		{ "in \"side\"", "K=in \"side\"\n" },
		{ "\"first", "K=\"\\\"first\"\n" },
		{ "two\nlines", "K=\"two\\nlines\"\n" },
		{ "\r\t\\\x01\x7f", "K=\"\\r\\t\\\\\\x01\\x7f\"\n" },
		{ "\xc3\xa9", "K=\xc3\xa9\n" },
	};
	struct strbuf out = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&out);
		envfile_add(&out, "K", rows[i].value);
		is_str(out.buf, rows[i].line, rows[i].line);
	}
	strbuf_release(&out);
}

/* Every byte that can be carried, alone and among others. */
static void
test_envfile__every_byte_reads_back(void)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT, all = STRBUF_INIT;
	struct strvec got = STRVEC_INIT;
	char one[2] = "";
	char *want;
	int c;

	for (c = 1; c < 256; c++) {
		one[0] = (char)c;
		strbuf_addch(&all, (char)c);
		envfile_add(&out, "K", one);
	}
	envfile_add(&out, "ALL", all.buf);
	is_int(envfile_parse(out.buf, out.len, collect, &got, &err), 0,
	    err.buf);
	is_int((intmax_t)got.nr, 256, "lines");
	for (c = 1; c < 256; c++) {
		one[0] = (char)c;
		want = xasprintf("K=%s", one);
		is_str(got.v[c - 1], want, "byte");
		free(want);
	}
	ok(got.nr == 256 && strcmp(got.v[255] + 4, all.buf) == 0, "together");
	strvec_release(&got);
	strbuf_release(&out);
	strbuf_release(&err);
	strbuf_release(&all);
}

static void
test_envfile__skips_comments_and_blank_lines(void)
{
	static const char text[] = "# a comment\n\nA=1\n#B=2\nC=3";
	struct strbuf err = STRBUF_INIT;
	struct strvec got = STRVEC_INIT;

	is_int(envfile_parse(text, sizeof(text) - 1, collect, &got, &err), 0,
	    err.buf);
	is_int((intmax_t)got.nr, 2, "lines");
	is_str(got.v[0], "A=1", "first");
	is_str(got.v[1], "C=3", "last, without a newline");
	strvec_release(&got);
	strbuf_release(&err);
}

static void
test_envfile__malformed_lines_are_named(void)
{
	static const struct {
		const char *text, *err;
		size_t len; /* 0: strlen */
	} rows[] = {
		{ "A=1\nB\n", "line 2: no '='", 0 },
		{ "=x\n", "line 1: not a variable name before '='", 0 },
		{ "export A=1\n", "line 1: not a variable name before '='", 0 },
		{ " A=1\n", "line 1: not a variable name before '='", 0 },
		{ "A=\"x\n", "line 1: no closing quote", 0 },
		{ "A=\"x\" y\n", "line 1: text after the closing quote", 0 },
		{ "A=\"\\q\"\n", "line 1: unknown escape", 0 },
		{ "A=\"x\\", "line 1: unknown escape", 0 },
		{ "A=\"\\x1\"\n", "line 1: \\x needs two digits 0-9a-f", 0 },
		{ "A=\"\\x00\"\n", "line 1: \\x00 cannot be carried", 0 },
		{ "#\n\nA=\0\n", "line 3: a NUL byte", 6 },
	};
	struct strbuf err = STRBUF_INIT;
	struct strvec got = STRVEC_INIT;
	size_t i, len;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&err);
		len = rows[i].len ? rows[i].len : strlen(rows[i].text);
		is_int(envfile_parse(rows[i].text, len, collect, &got, &err),
		    -1, rows[i].err);
		is_str(err.buf, rows[i].err, rows[i].text);
	}
	strvec_release(&got);
	strbuf_release(&err);
}

static void
test_envfile__stops_when_told(void)
{
	static const char text[] = "A=good\nB=bad\nC=good\n";
	struct strbuf err = STRBUF_INIT;

	is_int(envfile_parse(text, sizeof(text) - 1, refuse, NULL, &err), -1,
	    "stopped");
	is_str(err.buf, "line 2: not accepted", "text");
	strbuf_release(&err);
}
