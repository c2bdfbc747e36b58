/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See util.h.  Dying for want of memory is the one effect allowed here.
 */
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "teamctl: BUG: %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

static void *
check(void *p)
{
	if (!p) {
		fputs("teamctl: out of memory\n", stderr);
		_Exit(1);
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *
xcalloc(size_t nr, size_t size)
{
	return check(calloc(nr ? nr : 1, size ? size : 1));
}

void *
xreallocarray(void *p, size_t nr, size_t size)
{
	if (size && nr > SIZE_MAX / size)
		return check(NULL);
	if (nr == 0 || size == 0)
		nr = size = 1;
	return check(realloc(p, nr * size));
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t len)
{
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
xstrdup_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

char *
xasprintf(const char *fmt, ...)
{
	char likely[256], *p;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(likely, sizeof(likely), fmt, ap);
	va_end(ap);
	if (len < 0)
		BUG("format '%s'", fmt);
	if ((size_t)len < sizeof(likely))
		return xstrndup(likely, (size_t)len);
	p = xmalloc((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}

bool
str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), n = strlen(suffix);

	return len >= n && strcmp(s + len - n, suffix) == 0;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

int
str_distance(const char *a, const char *b, int max)
{
	enum { LONGEST = 64 };
	int rows[3][LONGEST + 1], *row, *above, *before, i, j, la, lb;

	if (strlen(a) > LONGEST || strlen(b) > LONGEST)
		return max + 1;
	la = (int)strlen(a);
	lb = (int)strlen(b);
	if (la - lb > max || lb - la > max)
		return max + 1;
	for (j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (i = 1; i <= la; i++) {
		row = rows[i % 3];
		above = rows[(i - 1) % 3];
		before = rows[(i + 1) % 3]; /* above that */
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], row[j - 1] + 1);
			row[j] = least(row[j], above[j] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	row = rows[la % 3];
	return row[lb] > max ? max + 1 : row[lb];
}

const char *
str_nearest(const char *s, const char *const *candidates, size_t nr)
{
	int max = (int)strlen(s) / 3, best, distance;
	const char *nearest = NULL;
	size_t i;

	if (max < 1 && strlen(s) > 1)
		max = 1; /* one letter is as near to any other */
	best = max + 1;
	for (i = 0; i < nr; i++) {
		distance = str_distance(s, candidates[i], max);
		if (distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* Bytes of white space that s begins with. */
static size_t
blank_len(const char *s)
{
	static const char *const blanks[] = {
		"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
		"\xe3\x80\x80",
	};
	unsigned char last;
	size_t i;

	if (str_starts(s, "\xe2\x80")) { /* U+2000 to U+200A */
		last = (unsigned char)s[2];
		if (last >= 0x80 && last <= 0x8a)
			return 3;
	}
	for (i = 0; i < nitems(blanks); i++)
		if (str_starts(s, blanks[i]))
			return strlen(blanks[i]);
	return strspn(s, " \t\n\v\f\r");
}

bool
str_is_blank(const char *s)
{
	size_t n;

	while ((n = blank_len(s)) > 0)
		s += n;
	return !*s;
}

int
str_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Length of the sequence at s, 0 when it is not well-formed (RFC 3629). */
static size_t
utf8_sequence(const unsigned char *s, size_t len)
{
	uint32_t c;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

bool
utf8_valid(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = utf8_sequence((const unsigned char *)s + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

size_t
utf8_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void
utf8_copy(char *dst, size_t size, const char *s)
{
	size_t len = utf8_cut(s, strlen(s), size - 1);

	memcpy(dst, s, len);
	dst[len] = '\0';
}

size_t
utf8_width(const char *s)
{
	size_t width = 0;

	for (; *s; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			width++;
	return width;
}
