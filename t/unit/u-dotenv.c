/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf diag units dotenv */
#include "dotenv.h"

#include "tap.h"

#include <stdlib.h>

static void
on_line(void *ctx, struct pos pos, const char *name, const char *value)
{
	strbuf_addf(ctx, "%d:%s=<%s>\n", pos.line, name,
	    value ? value : "none");
}

/* All lines, then all findings. */
static char *
parse(const char *text, size_t len)
{
	struct strbuf out = STRBUF_INIT;
	struct diags diags = DIAGS_INIT;

	dotenv_parse("f", text, len, &diags, on_line, &out);
	diags_print(&diags, &out);
	diags_release(&diags);
	return strbuf_detach(&out);
}

static void
test_dotenv__lines(void)
{
	static const struct {
		const char *text, *result;
	} rows[] = {
		{ "", "" },
		{ "A=1", "1:A=<1>\n" },
		{ "A=1\nB=2\n", "1:A=<1>\n2:B=<2>\n" },
		{ "A=1\r\nB=\"2\"\r\n\r\n", "1:A=<1>\n2:B=<2>\n" },
		{ "\xef\xbb\xbf" "A=1\n", "1:A=<1>\n" },
		{ "# c\n\n  # c\n A=1\n", "4:A=<1>\n" },
		{ "export A=1\nexport\tB=2\n", "1:A=<1>\n2:B=<2>\n" },
		{ "exported=1\n", "1:exported=<1>\n" },
		{ "A = 1 2 \n", "1:A=<1 2>\n" },
		{ "A=\nB=''\n", "1:A=<>\n2:B=<>\n" },
		{ "A=a=b\n", "1:A=<a=b>\n" },
		{ "A=x # c\nB=x#y\nC=#c\n", "1:A=<x>\n2:B=<x#y>\n3:C=<>\n" },
		{ "A='x # $Y \\n' # c\n", "1:A=<x # $Y \\n>\n" },
		{ "A=\"x\\n\\t\\\"\\\\\\$\\q\"\n",
		    "1:A=<x\n\t\"\\$\\q>\n" },
		{ "A=\"two\nlines\"\nB=2\n", "1:A=<two\nlines>\n3:B=<2>\n" },
		{ "A=$HOME ${X}\n", "1:A=<$HOME ${X}>\n" },
		{ "A\nB=2\n", "1:A=<none>\n2:B=<2>\n" },
		{ "A=1\nnot a line\n=x\n1A=x\nB=2\n",
		    "1:A=<1>\n5:B=<2>\n"
		    "f:2:1: error: not NAME=value [dotenv]\n"
		    "f:3:1: error: not NAME=value [dotenv]\n"
		    "f:4:1: error: not NAME=value [dotenv]\n" },
		{ "A=\"open\nB=2\n",
		    "f:1:1: error: no closing quote [dotenv]\n" },
		{ "A='x'y\n",
		    "f:1:1: error: text after the closing quote [dotenv]\n" },
	};
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		got = parse(rows[i].text, strlen(rows[i].text));
		is_str(got, rows[i].result, rows[i].text);
		free(got);
	}
}

static void
test_dotenv__a_nul_byte(void)
{
	char *got = parse("A=1\nB=x\0y\n", 10);

	is_str(got, "1:A=<1>\n2:B=<x>\nf:2:1: error: a NUL byte [dotenv]\n",
	    "is an error");
	free(got);
}
