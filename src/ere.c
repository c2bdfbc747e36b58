/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See ere.h.
 */
#include "ere.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 16, MAX_SIZE = 1000 };

/* Behind a bracket expression that begins at p. */
static const char *
skip_bracket(const char *p)
{
	char kind;

	p += p[1] == '^' ? 2 : 1;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++) {
		kind = p[1];
		if (*p != '[' || (kind != ':' && kind != '.' && kind != '='))
			continue;
		for (p += 2; *p && (*p != kind || p[1] != ']'); p++)
			;
		p += *p ? 1 : -1;
	}
	return *p ? p + 1 : p;
}

/* How often the most that "{m,n}" at p allows; it ends at *end. */
static unsigned long
read_times(const char *p, const char **end)
{
	unsigned long most, n;
	char *at;

	most = strtoul(p + 1, &at, 10);
	if (*at == ',') {
		n = strtoul(at + 1, &at, 10);
		most = n > most ? n : most;
	}
	*end = at + (*at == '}');
	return most > MAX_SIZE ? MAX_SIZE + 1 : most < 1 ? 1 : most;
}

/* How often that at *p repeats what is before it at most; goes behind it. */
static unsigned long
read_repeat(const char **p)
{
	char c = **p;

	if (c == '{')
		return read_times(*p, p);
	*p += 1;
	return c == '+' ? 2 : 1;
}

/* Behind one atom that is no group. */
static const char *
skip_atom(const char *p)
{
	if (*p == '[')
		return skip_bracket(p);
	return p + (*p == '\\' && p[1] ? 2 : 1);
}

/*
 * Counts what is to be matched, with all that is repeated written out.  False:
 * too much.
 */
static bool
is_tame(const char *p)
{
	unsigned long sum[MAX_DEPTH + 1] = { 0 }, last = 0, times;
	int depth = 0;

	while (*p) {
		if (strchr("{*+?", *p) && last) {
			times = read_repeat(&p);
			sum[depth] += last * (times - 1);
			last *= times;
		} else if (*p == '(') {
			if (++depth > MAX_DEPTH)
				return false;
			sum[depth] = last = 0;
			p++;
		} else {
			last = *p == ')' && depth > 0 ? sum[depth--] + 1 : 1;
			sum[depth] += last;
			p = skip_atom(p);
		}
		if (sum[depth] > MAX_SIZE)
			return false;
	}
	return true;
}

bool
ere_check(const char *text, int flags, char *why, size_t size)
{
	regex_t re;
	int rc;

	if (!is_tame(text)) {
		snprintf(why, size, "it is too large");
		return false;
	}
	rc = regcomp(&re, text, REG_EXTENDED | REG_NOSUB | flags);
	if (rc != 0) {
		regerror(rc, &re, why, size);
		return false;
	}
	regfree(&re);
	return true;
}
