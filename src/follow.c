/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See follow.h.
 */
#include "follow.h"

#include <string.h>

/* A screen that never stands still is printed every so many looks. */
enum { PATIENCE = 4 };

/* Length of the line without blanks at its end: tmux pads some with them. */
static size_t
trimmed(const char *line, size_t len)
{
	while (len > 0 && line[len - 1] == ' ')
		len--;
	return len;
}

void
follow_cut_epitaph(struct strbuf *text)
{
	const char *last;

	strbuf_rtrim(text);
	last = strrchr(text->buf, '\n');
	last = last ? last + 1 : text->buf;
	if (str_starts(last, "Pane is dead ("))
		strbuf_setlen(text, (size_t)(last - text->buf));
	strbuf_rtrim(text);
	if (text->len)
		strbuf_addch(text, '\n');
}

void
follow_split(const char *text, struct strvec *lines)
{
	size_t len, last = 0;
	const char *p;

	for (p = text; *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if (trimmed(p, len) > 0)
			last = (size_t)(p - text) + 1;
	}
	for (p = text; p < text + last; p += len + 1) {
		len = strcspn(p, "\n");
		strvec_take(lines, xstrndup(p, trimmed(p, len)));
	}
}

/* Do the lines of `old` from skip on begin `new`?  Its last line may grow. */
static bool
continues(const struct strvec *old, size_t skip, const struct strvec *new)
{
	size_t i, nr = old->nr - skip;

	if (nr > new->nr)
		return false;
	for (i = 0; i + 1 < nr; i++) {
		if (strcmp(old->v[skip + i], new->v[i]) != 0)
			return false;
	}
	return nr == 0 || str_starts(new->v[nr - 1], old->v[old->nr - 1]);
}

/* How many of the oldest lines have scrolled away; old->nr: not known. */
static size_t
scrolled(const struct strvec *old, const struct strvec *new)
{
	size_t skip = 0;

	while (skip < old->nr && !continues(old, skip, new))
		skip++;
	return skip;
}

/* Lines of a screen that was painted anew: those it did not have before. */
static void
add_unknown(const struct follow *follow, const struct strvec *lines,
    bool at_once, struct strbuf *out)
{
	const struct strvec *old = &follow->printed;
	size_t i = 0;

	while (i < lines->nr && i < old->nr &&
	    strcmp(lines->v[i], old->v[i]) == 0)
		i++;
	for (; i < lines->nr; i++) {
		if (strvec_has(old, lines->v[i]))
			continue;
		if (!at_once && !strvec_has(&follow->previous, lines->v[i]))
			continue;
		strbuf_addf(out, "%s\n", lines->v[i]);
	}
}

static void
add_news(const struct follow *follow, const struct strvec *lines,
    bool at_once, struct strbuf *out)
{
	const struct strvec *old = &follow->printed;
	size_t skip = scrolled(old, lines), i, known = old->nr - skip;

	if (old->nr > 0 && known == 0) {
		add_unknown(follow, lines, at_once, out);
		return;
	}
	/* A last line that has grown since is printed again, whole. */
	if (known > 0 && strcmp(lines->v[known - 1], old->v[old->nr - 1]) != 0)
		known--;
	for (i = known; i < lines->nr; i++)
		strbuf_addf(out, "%s\n", lines->v[i]);
}

static void
replace(struct strvec *to, const struct strvec *from)
{
	strvec_release(to);
	strvec_pushall(to, from);
}

void
follow_look(struct follow *follow, const char *text, bool at_once,
    struct strbuf *out)
{
	struct strvec lines = STRVEC_INIT;
	bool is_still;

	follow_split(text, &lines);
	is_still = at_once || strvec_eq(&lines, &follow->previous);
	if (is_still || ++follow->restless >= PATIENCE) {
		add_news(follow, &lines, at_once, out);
		replace(&follow->printed, &lines);
		follow->restless = 0;
	}
	replace(&follow->previous, &lines);
	strvec_release(&lines);
}

void
follow_release(struct follow *follow)
{
	strvec_release(&follow->printed);
	strvec_release(&follow->previous);
}
