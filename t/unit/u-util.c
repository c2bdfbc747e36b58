/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util */
#include "util.h"

#include "tap.h"

#include <stdlib.h>

static void
test_util__str_eq_takes_null(void)
{
	ok(str_eq(NULL, NULL) && str_eq("a", "a"), "equal");
	ok(!str_eq("a", NULL) && !str_eq(NULL, "a") && !str_eq("a", "b"),
	    "different");
}

static void
test_util__str_starts_and_ends(void)
{
	ok(str_starts("team.yaml", "team") && str_starts("x", ""), "starts");
	ok(!str_starts("te", "team"), "shorter than the prefix");
	ok(str_ends("team.yaml", ".yaml") && str_ends("x", ""), "ends");
	ok(!str_ends("ml", ".yaml"), "shorter than the suffix");
}

static void
test_util__str_distance(void)
{
	static const struct {
		const char *a, *b;
		int max, distance;
	} rows[] = {
		{ "", "", 3, 0 },
		{ "abc", "abc", 3, 0 },
		{ "abc", "", 3, 3 },
		{ "kitten", "sitting", 5, 3 },
		{ "claud-code", "claude-code", 3, 1 },
		{ "abcd", "wxyz", 3, 4 }, /* given up: max + 1 */
		{ "a", "abcdefgh", 2, 3 },
	};
	char longest[80];
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		is_int(str_distance(rows[i].a, rows[i].b, rows[i].max),
		    rows[i].distance, rows[i].a);
		is_int(str_distance(rows[i].b, rows[i].a, rows[i].max),
		    rows[i].distance, rows[i].b);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	is_int(str_distance(longest, "a", 100), 101, "too long to look at");
}

static void
test_util__str_is_blank(void)
{
	ok(str_is_blank(""), "nothing");
	ok(str_is_blank(" \t\r\n\v\f"), "ASCII");
	ok(str_is_blank("\xc2\xa0 \xe2\x80\x83\xe3\x80\x80\xe2\x80\xa8"),
	    "no-break, em, ideographic, a line separator");
	ok(!str_is_blank(" \xc2\xa1"), "not what is near to one");
	ok(!str_is_blank("\xe2\x80") && !str_is_blank("\xe2\x80\x8b") &&
	    !str_is_blank("\xe2\x80\x94"), "nor a part, a mark, a dash");
}

static void
test_util__str_nearest_only_for_typing_errors(void)
{
	static const char *const names[] = { "restart", "reload", "status",
		"up" };

	is_str(str_nearest("restrat", names, nitems(names)), "restart",
	    "swapped letters");
	is_str(str_nearest("relod", names, nitems(names)), "reload",
	    "left out");
	is_str(str_nearest("ip", names, nitems(names)), "up", "a short one");
	is_str(str_nearest("pu", names, nitems(names)), "up",
	    "two letters swapped are one error");
	is_str(str_nearest("staut", names, nitems(names)), NULL,
	    "two errors in five letters");
	is_str(str_nearest("p", names, nitems(names)), NULL,
	    "a letter alone is no typing error");
	is_str(str_nearest("deploy", names, nitems(names)), NULL, "far away");
	is_str(str_nearest("restart", names, 0), NULL, "nothing to choose");
}

static void
test_util__utf8_valid(void)
{
	static const struct {
		const char *s;
		bool valid;
	} rows[] = {
		{ "", true },
		{ "plain", true },
		{ "\xc3\xa9", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },     /* U+10FFFF */
		{ "\xf4\x90\x80\x80", false },    /* above it */
		{ "\xed\x9f\xbf", true },         /* U+D7FF */
		{ "\xed\xa0\x80", false },        /* a surrogate */
		{ "\xc0\xaf", false },            /* overlong */
		{ "\xe0\x80\xaf", false },
		{ "\xf0\x80\x80\xaf", false },
		{ "\x80", false },                /* no first byte */
		{ "\xc3", false },                /* cut off */
		{ "\xe2\x82", false },
		{ "\xff", false },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		is_int(utf8_valid(rows[i].s, strlen(rows[i].s)), rows[i].valid,
		    rows[i].s);
	ok(!utf8_valid("\xc3\xa9", 1), "the length counts, not the terminator");
}

static void
test_util__utf8_cut_between_characters(void)
{
	char text[4];

	is_int((intmax_t)utf8_cut("abc", 3, 5), 3, "it fits");
	is_int((intmax_t)utf8_cut("abc", 3, 2), 2, "ASCII");
	is_int((intmax_t)utf8_cut("a\xc3\xa9", 3, 2), 1, "not within one");
	is_int((intmax_t)utf8_cut("\xe2\x82\xac", 3, 2), 0, "nor the first");
	is_int((intmax_t)utf8_cut("\xa9\xa9\xa9", 3, 2), 0, "no UTF-8");
	utf8_copy(text, sizeof(text), "\xc3\xa9\xc3\xa9");
	is_str(text, "\xc3\xa9", "a copy");
	utf8_copy(text, sizeof(text), "abc");
	is_str(text, "abc", "that fits");
}

static void
test_util__utf8_width_counts_code_points(void)
{
	is_int((intmax_t)utf8_width("abc"), 3, "ASCII");
	is_int((intmax_t)utf8_width("\xc3\xa9\xe2\x82\xac"), 2, "two");
}

static void
test_util__xasprintf_and_copies(void)
{
	char *s = xasprintf("%s-%d", "a", 7);

	is_str(s, "a-7", "formatted");
	free(s);
	s = xstrndup("abcdef", 3);
	is_str(s, "abc", "cut");
	free(s);
	ok(!xstrdup_null(NULL), "NULL stays NULL");
}

static void
test_util__array_grow_leaves_room(void)
{
	int *p = NULL;
	size_t nr = 0, alloc = 0, moves = 0, before;

	while (nr < 1000) {
		before = alloc;
		ARRAY_GROW(p, nr, alloc);
		moves += alloc != before;
		p[nr] = (int)nr;
		nr++;
		ok(alloc >= nr, "room for %zu", nr);
	}
	is_int(p[999], 999, "items are kept");
	ok(moves < 12, "%zu reallocations", moves);
	free(p);
}
