/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See yaml.h: the tree's accessors, and what a plain scalar means as a truth
 * value or number (YAML 1.2 core schema as serde_yaml 0.9 reads it, the reader
 * of the original teamctl).
 */
#include "yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pos
yaml_pos(const struct yaml_node *node)
{
	return (struct pos){ node->file, (int)node->line, (int)node->col };
}

struct yaml_node *
yaml_key(const struct yaml_node *map, size_t i)
{
	return map->item[2 * i];
}

struct yaml_node *
yaml_value(const struct yaml_node *map, size_t i)
{
	return map->item[2 * i + 1];
}

static size_t
find(const struct yaml_node *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->nr; i++)
		if (map->item[2 * i]->text[0] == key[0] &&
		    strcmp(map->item[2 * i]->text, key) == 0)
			break;
	return i;
}

struct yaml_node *
yaml_get(const struct yaml_node *node, const char *key)
{
	size_t i;

	if (!node || node->kind != YAML_MAP)
		return NULL;
	i = find(node, key);
	return i < node->nr ? yaml_value(node, i) : NULL;
}

struct yaml_node *
yaml_get_key(const struct yaml_node *node, const char *key)
{
	size_t i;

	if (!node || node->kind != YAML_MAP)
		return NULL;
	i = find(node, key);
	return i < node->nr ? yaml_key(node, i) : NULL;
}

const char *
yaml_text(const struct yaml_node *node)
{
	return node->value ? node->value : node->text;
}

bool
yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->plain && !*node->text;
}

bool
yaml_is_null(const struct yaml_node *node)
{
	static const char *const words[] = { "", "null", "Null", "NULL", "~" };
	size_t i;

	if (node->kind != YAML_SCALAR || !node->plain)
		return false;
	for (i = 0; i < nitems(words); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

/* Text that may be something else than a string: plain, or a variable's. */
static const char *
typed_text(const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || (!node->plain && !node->value))
		return NULL;
	return yaml_text(node);
}

int
yaml_bool(const struct yaml_node *node, bool *out)
{
	static const char *const words[] = { "false", "False", "FALSE",
		"true", "True", "TRUE" };
	const char *text = typed_text(node);
	size_t i;

	for (i = 0; text && i < nitems(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i >= nitems(words) / 2;
			return 0;
		}
	}
	return -1;
}

static int
int_in_base(const char *digits, int base, int64_t *out)
{
	char *end;

	if (*digits == '-' || *digits == '+' || *digits == ' ')
		return -1;
	errno = 0;
	*out = strtoll(digits, &end, base);
	return *digits && !*end && errno == 0 ? 0 : -1;
}

int
yaml_int(const struct yaml_node *node, int64_t *out)
{
	const char *text = typed_text(node), *digits;

	if (!text)
		return -1;
	if (str_starts(text, "0x"))
		return int_in_base(text + 2, 16, out);
	if (str_starts(text, "0o"))
		return int_in_base(text + 2, 8, out);
	if (str_starts(text, "0b"))
		return int_in_base(text + 2, 2, out);
	digits = text + (*text == '-' || *text == '+');
	if (*digits == '0' && digits[1])
		return -1;
	if (int_in_base(digits, 10, out) < 0)
		return -1;
	if (*text == '-')
		*out = -*out;
	return 0;
}

/* Decimal digits, a point and an exponent: strtod alone takes hex and "inf". */
static bool
is_decimal(const char *s)
{
	size_t digits;

	s += *s == '-' || *s == '+';
	digits = strspn(s, "0123456789");
	s += digits;
	if (*s == '.') {
		s++;
		digits += strspn(s, "0123456789");
		s += strspn(s, "0123456789");
	}
	if (!digits)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (!strspn(s, "0123456789"))
			return false;
		s += strspn(s, "0123456789");
	}
	return !*s;
}

int
yaml_number(const struct yaml_node *node, double *out)
{
	const char *text = typed_text(node);
	int64_t n;

	if (!text)
		return -1;
	if (yaml_int(node, &n) == 0) {
		*out = (double)n;
		return 0;
	}
	if (!is_decimal(text) || (text[0] == '0' && text[1] >= '0' &&
	    text[1] <= '9'))
		return -1;
	errno = 0;
	*out = strtod(text, NULL);
	return errno == 0 ? 0 : -1;
}

const char *
yaml_kind_name(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a mapping";
	case YAML_SCALAR:
		break;
	}
	if (yaml_is_empty(node))
		return "nothing";
	return yaml_is_null(node) ? "null" : "text";
}
