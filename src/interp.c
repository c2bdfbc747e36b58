/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See interp.h.
 */
#include "interp.h"

#include "rules.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_NESTING = 16,      /* of ${A:-${B:-...}} */
	MAX_TOTAL = 16 << 20,  /* bytes of all results of a team */
};

const char *
interp_get(const struct interp *in, const char *name)
{
	const char *value = in->source->getenv(in->source->ctx, name);

	return value ? value : strmap_get(&in->dotenv, name);
}

/* Length of the name at s: [A-Za-z_][A-Za-z0-9_]*. */
static size_t
name_length(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz_0123456789";

	if (*s >= '0' && *s <= '9')
		return 0;
	return strspn(s, letters);
}

/* The brace that closes the one whose inside begins at s, or NULL. */
static const char *
closing_brace(const char *s)
{
	int depth = 1;

	for (; *s; s++) {
		if (s[0] == '$' && (s[1] == '{' || s[1] == '$')) {
			depth += s[1] == '{';
			s++;
		} else if (*s == '}' && --depth == 0) {
			return s;
		}
	}
	return NULL;
}

static int
bad_format(struct interp *in, struct pos pos, const char *at)
{
	size_t len = strlen(at) > 20 ? 20 : strlen(at);
	char *shown = xstrndup(at, len);

	diag_hint(diag_error(in->diags, pos, RULE_INTERPOLATION,
	    "'%s' is no variable", shown),
	    "write $$ for a dollar sign, $NAME or ${NAME} for a variable");
	free(shown);
	return -1;
}

static int expand(struct interp *in, struct pos pos, const char *text,
    int nesting, struct strbuf *out);

/* Adds what a variable without an operator stands for. */
static void
add_plain(struct interp *in, struct pos pos, const char *name,
    struct strbuf *out)
{
	const char *value = interp_get(in, name);

	if (value)
		strbuf_addstr(out, value);
	else
		diag_hint(diag_warning(in->diags, pos, RULE_VARIABLE_UNSET,
		    "variable '%s' is not set, it is left empty", name),
		    "set it in the environment or in .env, or write ${%s:-}",
		    name);
}

static int
refuse_unset(struct interp *in, struct pos pos, const char *name,
    const char *text)
{
	diag_error(in->diags, pos, RULE_VARIABLE_REQUIRED,
	    *text ? "variable '%s' is required: %s" :
	    "variable '%s' is required", name, text);
	return -1;
}

/* ${NAMEoperand}: operand begins with - :- ? :? + or :+ */
static int
apply_operator(struct interp *in, struct pos pos, const char *name,
    const char *operand, int nesting, struct strbuf *out)
{
	bool colon = *operand == ':';
	const char *value = interp_get(in, name);
	bool is_set = value && (!colon || *value);
	char operator = operand[colon];
	struct strbuf text = STRBUF_INIT;
	int result;

	operand += colon + 1;
	switch (operator) {
	case '-':
		if (!is_set)
			return expand(in, pos, operand, nesting + 1, out);
		strbuf_addstr(out, value);
		return 0;
	case '+':
		if (!is_set)
			return 0;
		return expand(in, pos, operand, nesting + 1, out);
	default:
		if (is_set) {
			strbuf_addstr(out, value);
			return 0;
		}
		result = expand(in, pos, operand, nesting + 1, &text);
		if (result == 0)
			result = refuse_unset(in, pos, name, text.buf);
		strbuf_release(&text);
		return result;
	}
}

/* The ${...} whose dollar sign is at *text; moves *text behind it. */
static int
expand_braces(struct interp *in, struct pos pos, const char **text,
    int nesting, struct strbuf *out)
{
	const char *s = *text + 2, *end = closing_brace(s);
	size_t len = name_length(s);
	char *name, *operand;
	int result = 0;

	if (!end || len == 0 || nesting > MAX_NESTING)
		return bad_format(in, pos, *text);
	name = xstrndup(s, len);
	operand = xstrndup(s + len, (size_t)(end - s) - len);
	if (!*operand)
		add_plain(in, pos, name, out);
	else if (strchr("-?+", operand[*operand == ':']) &&
	    operand[*operand == ':'])
		result = apply_operator(in, pos, name, operand, nesting, out);
	else
		result = bad_format(in, pos, *text);
	*text = end + 1;
	free(operand);
	free(name);
	return result;
}

static int
expand(struct interp *in, struct pos pos, const char *text, int nesting,
    struct strbuf *out)
{
	size_t len;
	char *name;

	while (*text) {
		len = strcspn(text, "$");
		strbuf_add(out, text, len);
		text += len;
		if (out->len > MAX_TOTAL)
			return 0; /* reported by interp_text */
		if (!*text)
			break;
		if (text[1] == '$') {
			strbuf_addch(out, '$');
			text += 2;
		} else if (text[1] == '{') {
			if (expand_braces(in, pos, &text, nesting, out) < 0)
				return -1;
		} else {
			len = name_length(text + 1);
			if (len == 0)
				return bad_format(in, pos, text);
			name = xstrndup(text + 1, len);
			add_plain(in, pos, name, out);
			free(name);
			text += 1 + len;
		}
	}
	return 0;
}

int
interp_text(struct interp *in, struct pos pos, const char *text,
    struct strbuf *out)
{
	size_t before = out->len;

	if (expand(in, pos, text, 0, out) < 0)
		return -1;
	in->made += out->len - before;
	if (in->made <= MAX_TOTAL)
		return 0;
	diag_error(in->diags, pos, RULE_YAML_LIMIT,
	    "variables expand to more than %d MiB", MAX_TOTAL >> 20);
	return -1;
}

int
interp_node(struct interp *in, struct arena *arena, struct yaml_node *node)
{
	struct strbuf out = STRBUF_INIT;
	int result = 0;

	if (node->interpolated || !strchr(node->text, '$'))
		return 0;
	node->interpolated = true;
	if (interp_text(in, yaml_pos(node), node->text, &out) == 0)
		node->value = arena_strndup(arena, out.buf, out.len);
	else
		result = -1;
	strbuf_release(&out);
	return result;
}

void
interp_escape(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '$')
			strbuf_addch(out, '$');
		strbuf_addch(out, *text);
	}
}
