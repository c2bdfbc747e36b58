/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Extended regular expressions that are tried on many texts and match few:
 * compiled when they are needed, and passed over where a word that all their
 * matches contain is missing.  Without regard to case; '.' and brackets do not
 * match a newline, ^ and $ are the ends of lines.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "strvec.h"

#include <regex.h>

struct pattern {
	const char *text; /* borrowed; NULL: there is none, and no match */
	/* In lower case: in all matches, and on the line where they begin. */
	struct strvec words, first_words;
	bool has_lines;   /* a match may go over more than one line */
	regex_t re;
	bool is_compiled, is_bad;
};

/* Where it matches, and its group 1 (without one: the whole match). */
struct hit {
	const char *from, *to;
	const char *group, *group_to;
};

void pattern_init(struct pattern *pattern, const char *text);
void pattern_release(struct pattern *pattern);
/* False only when certainly nothing in a text of lower case matches. */
bool pattern_may_match(const struct pattern *pattern, const char *lower);
/* The first match; hit is left alone when there is none. */
bool pattern_find(struct pattern *pattern, const char *text,
    struct hit *hit);
/*
 * Of the matches, that which begins on the lowest line.  lower is the same
 * text in lower case; hit may be NULL.
 */
bool pattern_find_last(struct pattern *pattern, const char *text,
    const char *lower, struct hit *hit);

#endif
