/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec pattern */
#include "pattern.h"

#include "strbuf.h"
#include "tap.h"

#include <stdlib.h>

static char *
lower_of(const char *text)
{
	char *copy = xstrdup(text), *p;

	for (p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

/* The words of a pattern, those of the first line behind a bar. */
static char *
words_of(const char *text)
{
	struct strbuf out = STRBUF_INIT;
	struct pattern pattern;
	size_t i;

	pattern_init(&pattern, text);
	for (i = 0; i < pattern.words.nr; i++)
		strbuf_addf(&out, "<%s>", pattern.words.v[i]);
	strbuf_addch(&out, '|');
	for (i = 0; i < pattern.first_words.nr; i++)
		strbuf_addf(&out, "<%s>", pattern.first_words.v[i]);
	strbuf_addstr(&out, pattern.has_lines ? "+" : "");
	pattern_release(&pattern);
	return strbuf_detach(&out);
}

static void
test_pattern__words_that_every_match_has(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "Hello", "<hello>|<hello>" },
		{ "^ab.*cd$", "<ab><cd>|<ab><cd>" },
		{ "abc?d*", "<ab>|<ab>" },
		{ "abc{0}d", "<ab><d>|<ab><d>" },
		{ "ab+c", "<ab><c>|<ab><c>" },
		{ "a(bc|de)f", "<a><f>|<a><f>" },
		{ "a(b(c)d)*f", "<a><f>|<a><f>" },
		{ "ab|cd", "|" },
		{ "(ab|cd)", "|" },
		{ "a[bc]d", "<a><d>|<a><d>" },
		{ "a[]|b]d", "<a><d>|<a><d>" },
		{ "a[^]|b]d", "<a><d>|<a><d>" },
		{ "1\\. \\(x\\)", "<1. (x)>|<1. (x)>" },
		{ "a\\|b", "<a|b>|<a|b>" },
		{ "a\\bc", "<a><c>|<a>+" },
		{ "ab\ncd", "<ab><cd>|<ab>+" },
		{ "ab(.*\n)*cd", "<ab><cd>|<ab>+" },
		{ "ab[[:space:]]cd", "<ab><cd>|<ab>+" },
		{ "a\n|b", "|+" },
		{ "", "|" },
		{ "(", "|" },
		{ "[", "|" },
		{ "a{", "|" },
		{ "\\", "|" },
	};
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		got = words_of(rows[i].text);
		is_str(got, rows[i].want, rows[i].text);
		free(got);
	}
}

static void
test_pattern__the_lowest_match(void)
{
	static const struct {
		const char *text, *screen, *want;
	} rows[] = {
		{ "b", "a1\nb1\nb2\nc\n", "b" },
		{ "^b.*$", "a1\nB1\nb2\nc\n", "b2" },
		{ "^(b.)\nc", "b1\nc\nb2\nc\n", "b2" },
		{ "^(b.)\nc", "b1\nc\nb2\nd\n", "b1" },
		{ "(.*)\n(x\n)*c", "a\nx\nx\nc\n", "x" },
		{ "a|c", "a\nb\nc\nd\n", "c" },
		{ "(a.|c.)\nd", "a1\nd\nc1\ne\n", "a1" },
		{ "b$", "ab\nbc", "b" },
		{ "x", "ab\n", NULL },
		{ "(", "(\n", NULL },
		{ "a.b", "a\nb\n", NULL },
		{ "^b", "ab\n", NULL },
		{ "b", "", NULL },
		{ NULL, "b\n", NULL },
	};
	struct pattern pattern;
	struct hit hit;
	char *low, *got;
	bool found;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		pattern_init(&pattern, rows[i].text);
		low = lower_of(rows[i].screen);
		found = pattern_find_last(&pattern, rows[i].screen, low,
		    &hit);
		got = found ? xstrndup(hit.group, (size_t)(hit.group_to -
		    hit.group)) : NULL;
		is_str(got, rows[i].want, rows[i].text ? rows[i].text :
		    "none");
		is_int(pattern_find_last(&pattern, rows[i].screen, low,
		    NULL), found, "the same without a place");
		is_int(rows[i].want != NULL, found, "found");
		pattern_release(&pattern);
		free(low);
		free(got);
	}
}
