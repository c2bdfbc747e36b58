/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What is wrong with the user's files: a list of findings, each with a place,
 * a stable rule id and a hint.  A run collects all of them and prints them
 * sorted by place.
 */
#ifndef DIAG_H
#define DIAG_H

#include "strbuf.h"

/* A place in a file of the user's; line and col count from 1, 0: none. */
struct pos {
	const char *file; /* borrowed; as shown, relative to the root */
	int line;
	int col;
};

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag {
	enum diag_level level;
	struct pos pos;   /* file is owned here */
	const char *rule; /* static text, for instance "runtime-unknown" */
	char *message;
	char *hint; /* or NULL */
	size_t seq; /* order of finding, for equal places */
};

struct diags {
	struct diag *d;
	size_t nr;
	size_t alloc;
	size_t nr_error;
	size_t nr_warning;
	size_t nr_dropped; /* found after DIAGS_MAX, not kept */
	bool strict; /* warnings count and print as errors */
};

/* Hostile text must not fill the memory with findings about it. */
enum { DIAGS_MAX = 20000 };

#define DIAGS_INIT { .d = NULL, .nr = 0, .alloc = 0 }

/*
 * Adds a finding; the text is lower-case, without a full stop, the user's
 * words in single quotes.  The returned pointer is good until the next add;
 * pass it to diag_hint at once or ignore it.
 */
struct diag *diag_add(struct diags *diags, enum diag_level level,
    struct pos pos, const char *rule, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
#define diag_error(diags, pos, rule, ...)                                     \
	diag_add((diags), DIAG_ERROR, (pos), (rule), __VA_ARGS__)
#define diag_warning(diags, pos, rule, ...)                                   \
	diag_add((diags), DIAG_WARNING, (pos), (rule), __VA_ARGS__)
#define diag_note(diags, pos, rule, ...)                                      \
	diag_add((diags), DIAG_NOTE, (pos), (rule), __VA_ARGS__)
/* Sets the hint of a finding: what to do about it. */
void diag_hint(struct diag *diag, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Hint "did you mean 'x'?" when one of the candidates is near. */
void diag_hint_nearest(struct diag *diag, const char *word,
    const char *const *candidates, size_t nr);

/* Drops what is less than level; the counts stay. */
void diags_keep(struct diags *diags, enum diag_level level);
/* Sorts by file, line, column, and drops exact repeats. */
void diags_sort(struct diags *diags);
/* Sorts, then prints all: "file:line:col: error: text [rule]" and hints. */
void diags_print(struct diags *diags, struct strbuf *out);
void diags_release(struct diags *diags);

const char *diag_level_name(enum diag_level level);

#endif
