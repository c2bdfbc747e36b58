/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See pattern.h.
 */
#include "pattern.h"

#include "strbuf.h"

#include <stdlib.h>
#include <string.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Behind "[...]"; at the end of the text when it is not closed. */
static const char *
skip_bracket(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	while (*p && *p != ']') {
		if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')) {
			char kind = p[1];

			for (p += 2; *p && !(*p == kind && p[1] == ']'); p++)
				;
			if (*p)
				p++;
		}
		if (*p)
			p++;
	}
	return *p ? p + 1 : p;
}

/* Behind "(...)". */
static const char *
skip_group(const char *p)
{
	int depth = 0;

	while (*p) {
		if (*p == '\\' && p[1]) {
			p += 2;
			continue;
		}
		if (*p == '[') {
			p = skip_bracket(p);
			continue;
		}
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		p++;
		if (depth == 0)
			break;
	}
	return p;
}

/* What is read of a pattern, to find its words. */
struct reading {
	struct pattern *pattern;
	struct strbuf run;
};

static void
keep(struct reading *reading)
{
	struct pattern *pattern = reading->pattern;

	if (reading->run.len > 0) {
		strvec_push(&pattern->words, reading->run.buf);
		if (!pattern->has_lines)
			strvec_push(&pattern->first_words, reading->run.buf);
	}
	strbuf_reset(&reading->run);
}

/* Could that part of a pattern match a newline? */
static bool
may_be_newline(const char *from, const char *to)
{
	for (; from < to; from++)
		if (*from == '\n' || (*from == '[' && from[1] == ':') ||
		    (*from == '\\' && from[1] && strchr("sSwWbB<>`'", from[1])))
			return true;
	return false;
}

/* Behind a piece that is no character of its own. */
static const char *
skip_piece(struct reading *reading, const char *p)
{
	const char *end = p + 1;

	keep(reading);
	if (*p == '(')
		end = skip_group(p);
	else if (*p == '[')
		end = skip_bracket(p);
	else if (*p == '\\' && p[1])
		end = p + 2;
	else if (*p == '{')
		end = p + strcspn(p, "}");
	if (may_be_newline(p, end))
		reading->pattern->has_lines = true;
	return end;
}

static const char *
read_piece(struct reading *reading, const char *p)
{
	char c = *p;

	if (strchr("([{.^$*+?)}\n", c) ||
	    (c == '\\' && (!p[1] || !strchr("\\.^$*+?()[]{}|-/", p[1]))))
		return skip_piece(reading, p);
	if (c == '\\')
		c = *++p;
	p++;
	if (*p == '*' || *p == '?' || *p == '{') {
		keep(reading);
		return p;
	}
	strbuf_addch(&reading->run, lower(c));
	return p;
}

static void
find_words(struct pattern *pattern)
{
	struct reading reading = { .pattern = pattern, .run = STRBUF_INIT };
	const char *p = pattern->text;

	while (*p && *p != '|')
		p = read_piece(&reading, p);
	keep(&reading);
	strbuf_release(&reading.run);
	if (*p != '|')
		return;
	strvec_release(&pattern->words);
	strvec_release(&pattern->first_words);
	pattern->has_lines = may_be_newline(pattern->text, pattern->text +
	    strlen(pattern->text));
}

void
pattern_init(struct pattern *pattern, const char *text)
{
	memset(pattern, 0, sizeof(*pattern));
	pattern->text = text;
	if (text)
		find_words(pattern);
}

void
pattern_release(struct pattern *pattern)
{
	if (pattern->is_compiled)
		regfree(&pattern->re);
	strvec_release(&pattern->words);
	strvec_release(&pattern->first_words);
	memset(pattern, 0, sizeof(*pattern));
}

bool
pattern_may_match(const struct pattern *pattern, const char *text)
{
	size_t i;

	for (i = 0; i < pattern->words.nr; i++)
		if (!strstr(text, pattern->words.v[i]))
			return false;
	return pattern->text != NULL;
}

static bool
compile(struct pattern *pattern)
{
	if (!pattern->text || pattern->is_bad)
		return false;
	if (!pattern->is_compiled && regcomp(&pattern->re, pattern->text,
	    REG_EXTENDED | REG_ICASE | REG_NEWLINE) != 0) {
		pattern->is_bad = true;
		return false;
	}
	pattern->is_compiled = true;
	return true;
}

/* In len bytes of text, at the beginning of a line. */
static bool
find_in(struct pattern *pattern, const char *text, size_t len,
    struct hit *hit)
{
	regmatch_t m[2] = { { .rm_so = 0, .rm_eo = (regoff_t)len } };
	int group;

	/* Without groups glibc needs a tenth of the time. */
	if (!compile(pattern) ||
	    regexec(&pattern->re, text, 0, m, REG_STARTEND) != 0)
		return false;
	if (!hit)
		return true;
	m[0] = (regmatch_t){ .rm_so = 0, .rm_eo = (regoff_t)len };
	if (regexec(&pattern->re, text, pattern->re.re_nsub ? 2 : 1, m,
	    REG_STARTEND) != 0)
		return false;
	group = pattern->re.re_nsub > 0 && m[1].rm_so >= 0 ? 1 : 0;
	hit->from = text + m[0].rm_so;
	hit->to = text + m[0].rm_eo;
	hit->group = text + m[group].rm_so;
	hit->group_to = text + m[group].rm_eo;
	return true;
}

bool
pattern_find(struct pattern *pattern, const char *text, struct hit *hit)
{
	return find_in(pattern, text, strlen(text), hit);
}

/* Do len bytes have all words? */
static bool
has_words(const struct strvec *words, const char *text, size_t len)
{
	const char *at;
	size_t i;

	for (i = 0; i < words->nr; i++) {
		at = strstr(text, words->v[i]);
		if (!at || at + strlen(words->v[i]) > text + len)
			return false;
	}
	return true;
}

/* Where each line would have to be tried, to the end of the text. */
static bool
find_last_anywhere(struct pattern *pattern, const char *text,
    struct hit *hit)
{
	struct hit found;
	bool any = false;

	while (*text && pattern_find(pattern, text, &found)) {
		any = true;
		if (!hit)
			break;
		*hit = found;
		text = found.from + strcspn(found.from, "\n");
		if (*text)
			text++;
	}
	return any;
}

bool
pattern_find_last(struct pattern *pattern, const char *text,
    const char *low, struct hit *hit)
{
	const char *all = text + strlen(text), *end = all, *from = all;
	struct hit found;

	if (!pattern_may_match(pattern, low))
		return false;
	if (pattern->has_lines && !pattern->first_words.nr)
		return find_last_anywhere(pattern, text, hit);
	for (; end > text; end = from) {
		from = end;
		while (--from > text && from[-1] != '\n')
			;
		if (has_words(&pattern->first_words, low + (from - text),
		    (size_t)(end - from)) && find_in(pattern, from,
		    (size_t)((pattern->has_lines ? all : end) - from),
		    &found)) {
			if (hit)
				*hit = found;
			return true;
		}
	}
	return false;
}
