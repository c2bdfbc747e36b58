/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Memory that never fails and small string helpers.
 */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#else
#define PRINTF_LIKE(fmt, args)
#define NORETURN
#endif

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

/* A broken invariant of ours: says where on stderr and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void bug_at(const char *file, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * Allocation.  These end the process with one line on stderr when memory is
 * gone: agents live on in the tmux server and the next command re-adopts them.
 */
void *xmalloc(size_t size);
void *xcalloc(size_t nr, size_t size);
void *xreallocarray(void *p, size_t nr, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
/* NULL for NULL, else a copy. */
char *xstrdup_null(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * Makes room for one more item in a growing array: ARRAY_GROW(p, nr, alloc)
 * leaves alloc > nr.
 */
#define ARRAY_GROW(p, nr, alloc)                                              \
	do {                                                                  \
		if ((nr) >= (alloc)) {                                        \
			(alloc) = (alloc) ? (alloc) * 2 : 8;                  \
			(p) = xreallocarray((p), (alloc), sizeof(*(p)));      \
		}                                                             \
	} while (0)

/* Both NULL, or both there and equal. */
bool str_eq(const char *a, const char *b);
/* Nothing but white space, in Unicode's sense. */
bool str_is_blank(const char *s);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/*
 * Letters that are wrong, left out, too many or swapped with the next one, for
 * "did you mean"; gives up above max (max + 1).
 */
int str_distance(const char *a, const char *b, int max);
/*
 * The candidate nearest to s, or NULL when none is near enough to be a typing
 * error (at most one edit in three characters).
 */
const char *str_nearest(const char *s, const char *const *candidates,
    size_t nr);
/* Orders strings bytewise; for qsort over char *[]. */
int str_cmp(const void *a, const void *b);
/* Whether it is well-formed UTF-8: no surrogates, nothing overlong. */
bool utf8_valid(const char *s, size_t len);
/* Length of s cut to max bytes, between characters. */
size_t utf8_cut(const char *s, size_t len, size_t max);
/* Copies s, cut so that it fits. */
void utf8_copy(char *dst, size_t size, const char *s);
/* Columns of a terminal that s takes: one for each code point. */
size_t utf8_width(const char *s);

#endif
