/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See dotenv.h.
 */
#include "dotenv.h"

#include "rules.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *s; /* what is left of the text */
	struct pos pos;
};

static void
skip_blanks(struct reader *r)
{
	r->s += strspn(r->s, " \t");
}

static void
skip_line(struct reader *r)
{
	r->s += strcspn(r->s, "\n");
	if (*r->s) {
		r->s++;
		r->pos.line++;
	}
}

/* The character that the one after a backslash stands for. */
static char
escaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* NULL, or what is wrong.  Leaves the reader behind the closing quote. */
static const char *
read_quoted(struct reader *r, struct strbuf *value)
{
	char quote = *r->s++;

	for (; *r->s && *r->s != quote; r->s++) {
		if (*r->s == '\n')
			r->pos.line++;
		if (quote == '"' && *r->s == '\\' && r->s[1] &&
		    strchr("nrt\"\\$", r->s[1]))
			strbuf_addch(value, escaped(*++r->s));
		else
			strbuf_addch(value, *r->s);
	}
	if (!*r->s)
		return "no closing quote";
	r->s++;
	skip_blanks(r);
	if (*r->s == '\r')
		r->s++;
	return *r->s && *r->s != '\n' && *r->s != '#' ?
	    "text after the closing quote" : NULL;
}

static void
read_unquoted(struct reader *r, struct strbuf *value)
{
	const char *start = r->s;

	for (; *r->s && *r->s != '\n'; r->s++)
		if (*r->s == '#' &&
		    (r->s == start || r->s[-1] == ' ' || r->s[-1] == '\t'))
			break;
	strbuf_add(value, start, (size_t)(r->s - start));
	strbuf_rtrim(value);
}

static void
read_name(struct reader *r, struct strbuf *name)
{
	static const char export[] = "export";
	size_t len = sizeof(export) - 1;

	if (strncmp(r->s, export, len) == 0 &&
	    (r->s[len] == ' ' || r->s[len] == '\t')) {
		r->s += len;
		skip_blanks(r);
	}
	len = strcspn(r->s, "=\n#");
	strbuf_add(name, r->s, len);
	strbuf_rtrim(name);
	r->s += len;
}

/* One line that is neither blank nor a comment; NULL, or what is wrong. */
static const char *
read_line(struct reader *r, struct strbuf *name, struct strbuf *value,
    bool *has_value)
{
	read_name(r, name);
	if (!units_is_env_name(name->buf))
		return "not NAME=value";
	*has_value = *r->s == '=';
	if (!*has_value)
		return NULL;
	r->s++;
	skip_blanks(r);
	if (*r->s == '"' || *r->s == '\'')
		return read_quoted(r, value);
	read_unquoted(r, value);
	return NULL;
}

int
dotenv_parse(const char *file, const char *text, size_t len,
    struct diags *diags,
    void (*fn)(void *ctx, struct pos pos, const char *name,
    const char *value), void *ctx)
{
	struct strbuf name = STRBUF_INIT, value = STRBUF_INIT;
	char *copy = xstrndup(text, len);
	struct reader r = { copy, { file, 1, 1 } };
	const char *wrong;
	bool has_value;
	struct pos pos;
	int result = 0;

	if (str_starts(copy, "\xef\xbb\xbf"))
		r.s += 3;
	for (; *r.s; skip_line(&r)) {
		skip_blanks(&r);
		if (*r.s == '#' || *r.s == '\n' || *r.s == '\r' || !*r.s)
			continue;
		strbuf_reset(&name);
		strbuf_reset(&value);
		pos = r.pos;
		wrong = read_line(&r, &name, &value, &has_value);
		if (wrong) {
			diag_error(diags, pos, RULE_DOTENV, "%s", wrong);
			result = -1;
		} else {
			fn(ctx, pos, name.buf, has_value ? value.buf : NULL);
		}
	}
	if ((size_t)(r.s - copy) < len) {
		diag_error(diags, r.pos, RULE_DOTENV, "a NUL byte");
		result = -1;
	}
	free(copy);
	strbuf_release(&value);
	strbuf_release(&name);
	return result;
}
