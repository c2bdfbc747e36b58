/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf */
#include "strbuf.h"

#include "tap.h"

#include <stdlib.h>

/* What must hold after every call. */
static void
check_invariants(const struct strbuf *sb)
{
	ok(sb->buf != NULL, "there is a text");
	ok(sb->buf[sb->len] == '\0', "it is terminated");
	ok(sb->alloc == 0 ? sb->len == 0 : sb->len < sb->alloc,
	    "len %zu fits alloc %zu", sb->len, sb->alloc);
}

static void
test_strbuf__empty_is_readable_and_free(void)
{
	struct strbuf sb = STRBUF_INIT;

	check_invariants(&sb);
	is_str(sb.buf, "", "text");
	strbuf_reset(&sb);
	strbuf_add(&sb, "", 0);
	is_int(sb.alloc, 0, "nothing was allocated");
	strbuf_release(&sb);
	strbuf_release(&sb);
	check_invariants(&sb);
}

static void
test_strbuf__add_keeps_bytes(void)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "one");
	check_invariants(&sb);
	strbuf_add(&sb, "\0x", 2);
	check_invariants(&sb);
	strbuf_addch(&sb, 'y');
	is_int(sb.len, 6, "length");
	ok(memcmp(sb.buf, "one\0xy", 7) == 0, "bytes with a NUL among them");
	strbuf_release(&sb);
}

static void
test_strbuf__grows_by_doubling(void)
{
	struct strbuf sb = STRBUF_INIT;
	size_t alloc = 0, moves = 0, i;

	for (i = 0; i < 100000; i++) {
		strbuf_addch(&sb, 'a');
		moves += sb.alloc != alloc;
		alloc = sb.alloc;
	}
	check_invariants(&sb);
	is_int(sb.len, 100000, "length");
	ok(moves < 20, "%zu reallocations", moves);
	strbuf_release(&sb);
}

static void
test_strbuf__addf_measures_first(void)
{
	struct strbuf sb = STRBUF_INIT;
	char big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	strbuf_addf(&sb, "%d-%s", 7, "seven");
	is_str(sb.buf, "7-seven", "short");
	strbuf_addf(&sb, "[%s]", big);
	is_int(sb.len, 7 + 2 + sizeof(big) - 1, "long");
	check_invariants(&sb);
	strbuf_release(&sb);
}

static void
test_strbuf__detach_gives_away(void)
{
	struct strbuf sb = STRBUF_INIT;
	char *s;

	strbuf_addstr(&sb, "mine");
	s = strbuf_detach(&sb);
	is_str(s, "mine", "text");
	is_str(sb.buf, "", "an empty one is left");
	free(s);
	s = strbuf_detach(&sb);
	is_str(s, "", "also of an empty one the caller may free it");
	free(s);
}

static void
test_strbuf__setlen_cuts(void)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "0123456789");
	strbuf_setlen(&sb, 4);
	is_str(sb.buf, "0123", "cut");
	strbuf_reset(&sb);
	is_str(sb.buf, "", "reset");
	ok(sb.alloc > 0, "memory is kept");
	strbuf_release(&sb);
}

static void
test_strbuf__addpad_counts_columns(void)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addpad(&sb, "ab", 4);
	strbuf_addpad(&sb, "\xc3\xa9\xc3\xa9", 4);
	strbuf_addpad(&sb, "toolong", 4);
	is_str(sb.buf, "ab  \xc3\xa9\xc3\xa9  toolong", "padded");
	strbuf_release(&sb);
}

static void
test_strbuf__addsafe_shows_control_characters(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\nb", "a\\nb" },
		{ "\033[2J", "\\x1b[2J" },
		{ "\x7f\t", "\\x7f\\x09" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\xc3(", "\\xc3(" },
		{ "a\xc2\x9b" "31m\xc2\xa0", "a\\u009b31m\xc2\xa0" },
		{ "\xe2\x80\xae" "a\xe2\x81\xa6\xe2\x80\xa8",
		    "\\u202ea\\u2066\\u2028" },
		{ "\xe2\x80\x94\xe2\x82\xac", "\xe2\x80\x94\xe2\x82\xac" },
		{ "\xe2", "\\xe2" },
	};
	struct strbuf sb = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&sb);
		strbuf_addsafe(&sb, rows[i].in);
		is_str(sb.buf, rows[i].out, rows[i].out);
	}
	strbuf_release(&sb);
}

static void
test_strbuf__rtrim(void)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, " a b \t\r\n\n");
	strbuf_rtrim(&sb);
	is_str(sb.buf, " a b", "trimmed at the end only");
	strbuf_reset(&sb);
	strbuf_addstr(&sb, " \n");
	strbuf_rtrim(&sb);
	is_str(sb.buf, "", "all white");
	strbuf_rtrim(&sb);
	check_invariants(&sb);
	strbuf_release(&sb);
}
