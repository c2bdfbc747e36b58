/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * TAP for unit tests.  A test is a function test_MODULE__WHAT(void); each is
 * one TAP line, "ok" when none of its checks failed.  A failed check says
 * where it stands and, for values, what was got and wanted.
 *
 * Included by one file of a program only: t/tools/unit-main makes its main.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_tests, tap_failed_tests, tap_failed_checks;

/* Each line of s as a diagnostic of a failure. */
static inline void
tap_lines(const char *head, const char *s)
{
	fprintf(stderr, "#   %s", head);
	for (; *s; s++) {
		putc(*s, stderr);
		if (*s == '\n')
			fputs("#     ", stderr);
	}
	putc('\n', stderr);
}

__attribute__((format(printf, 2, 0))) static inline void
tap_comment(FILE *to, const char *fmt, va_list ap)
{
	fputs("# ", to);
	vfprintf(to, fmt, ap);
	putc('\n', to);
}

__attribute__((format(printf, 1, 2))) static inline void
tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_comment(stdout, fmt, ap);
	va_end(ap);
}

/* What a failure is about: prove shows stderr without being asked. */
__attribute__((format(printf, 1, 2))) static inline void
tap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_comment(stderr, fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 5))) static inline bool
tap_ok(const char *file, int line, bool good, const char *fmt, ...)
{
	va_list ap;

	if (good)
		return true;
	tap_failed_checks++;
	fprintf(stderr, "# %s:%d: failed: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
	return false;
}

static inline bool
tap_is_str(const char *file, int line, const char *got, const char *want,
    const char *name)
{
	bool good = got && want ? strcmp(got, want) == 0 : got == want;

	if (tap_ok(file, line, good, "%s", name))
		return true;
	tap_lines("got:  ", got ? got : "(null)");
	tap_lines("want: ", want ? want : "(null)");
	return false;
}

static inline bool
tap_is_int(const char *file, int line, intmax_t got, intmax_t want,
    const char *name)
{
	if (tap_ok(file, line, got == want, "%s", name))
		return true;
	tap_diag("  got:  %jd", got);
	tap_diag("  want: %jd", want);
	return false;
}

/* ok(condition, format, ...): a check with a name. */
#define ok(cond, ...) tap_ok(__FILE__, __LINE__, (cond), __VA_ARGS__)
/* is_str(got, want, name): equal strings, or both NULL. */
#define is_str(got, want, name)                                               \
	tap_is_str(__FILE__, __LINE__, (got), (want), (name))
/* is_int(got, want, name): equal whole numbers. */
#define is_int(got, want, name)                                               \
	tap_is_int(__FILE__, __LINE__, (intmax_t)(got), (intmax_t)(want),     \
	    (name))

static inline void
tap_run(const char *name, void (*test)(void))
{
	/* A crash must not take earlier lines with it. */
	if (tap_tests == 0)
		setvbuf(stdout, NULL, _IOLBF, 0);
	tap_failed_checks = 0;
	test();
	tap_tests++;
	if (tap_failed_checks)
		tap_failed_tests++;
	printf("%s %d - %s\n", tap_failed_checks ? "not ok" : "ok", tap_tests,
	    name);
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failed_tests ? 1 : 0;
}

#endif
