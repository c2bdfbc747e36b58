/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See envfile.h.
 */
#include "envfile.h"

#include "units.h"

#include <stdlib.h>
#include <string.h>

static bool
needs_quotes(const char *value)
{
	if (*value == '"')
		return true;
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	return false;
}

void
envfile_add(struct strbuf *out, const char *key, const char *value)
{
	strbuf_addstr(out, key);
	strbuf_addch(out, '=');
	if (!needs_quotes(value)) {
		strbuf_addstr(out, value);
		strbuf_addch(out, '\n');
		return;
	}
	strbuf_addch(out, '"');
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			strbuf_addf(out, "\\%c", *value);
		else if (*value == '\n')
			strbuf_addstr(out, "\\n");
		else if (*value == '\r')
			strbuf_addstr(out, "\\r");
		else if (*value == '\t')
			strbuf_addstr(out, "\\t");
		else if ((unsigned char)*value < 0x20 || *value == 0x7f)
			strbuf_addf(out, "\\x%02x", (unsigned char)*value);
		else
			strbuf_addch(out, *value);
	}
	strbuf_addstr(out, "\"\n");
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Turns the quoted text (without the first quote) at s into its value. */
static const char *
unquote(char *s)
{
	char *out = s;

	for (; *s && *s != '"'; s++) {
		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		switch (*++s) {
		case '\\':
		case '"':
			*out++ = *s;
			break;
		case 'n':
			*out++ = '\n';
			break;
		case 'r':
			*out++ = '\r';
			break;
		case 't':
			*out++ = '\t';
			break;
		case 'x':
			if (hex(s[1]) < 0 || hex(s[2]) < 0)
				return "\\x needs two digits 0-9a-f";
			*out = (char)(hex(s[1]) * 16 + hex(s[2]));
			if (!*out++)
				return "\\x00 cannot be carried";
			s += 2;
			break;
		default:
			return "unknown escape";
		}
	}
	if (*s != '"')
		return "no closing quote";
	if (s[1])
		return "text after the closing quote";
	*out = '\0';
	return NULL;
}

/* NULL when the line is good, else what is wrong with it. */
static const char *
parse_line(char *line, const char **key, const char **value)
{
	char *eq = strchr(line, '=');
	const char *wrong;

	if (!eq)
		return "no '='";
	*eq = '\0';
	if (!units_is_env_name(line))
		return "not a variable name before '='";
	*key = line;
	*value = eq + 1;
	if (eq[1] == '"') {
		wrong = unquote(eq + 2);
		if (wrong)
			return wrong;
		*value = eq + 2;
	}
	return NULL;
}

int
envfile_parse(const char *text, size_t len,
    int (*fn)(void *ctx, const char *key, const char *value), void *ctx,
    struct strbuf *err)
{
	const char *end = text + len, *eol, *key, *value, *wrong;
	char *line;
	int number;

	for (number = 1; text < end; number++, text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (!eol)
			eol = end;
		if (eol == text || *text == '#')
			continue;
		line = xstrndup(text, (size_t)(eol - text));
		if (strlen(line) != (size_t)(eol - text))
			wrong = "a NUL byte";
		else
			wrong = parse_line(line, &key, &value);
		if (!wrong && fn(ctx, key, value) != 0)
			wrong = "not accepted";
		free(line);
		if (wrong) {
			strbuf_addf(err, "line %d: %s", number, wrong);
			return -1;
		}
	}
	return 0;
}
