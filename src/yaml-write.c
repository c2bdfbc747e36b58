/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See yaml-write.h.
 */
#include "yaml-write.h"

#include <string.h>

static void write_map(struct strbuf *out, const struct yaml_node *map,
    int indent);
static void write_list(struct strbuf *out, const struct yaml_node *list,
    int indent);

/* The code point at s and its length; the text is well-formed UTF-8. */
static size_t
decode(const char *s, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n, i;

	n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	*c = n == 1 ? u[0] : u[0] & (0x7fu >> n);
	for (i = 1; i < n; i++)
		*c = *c << 6 | (u[i] & 0x3f);
	return n;
}

/* YAML's printable characters without the line breaks and the BOM. */
static bool
is_printable(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xd800 &&
	    c != 0x2028 && c != 0x2029) || (c >= 0xe000 && c < 0xfeff) ||
	    (c > 0xfeff && c <= 0xfffd) || c >= 0x10000;
}

void
yaml_add_quoted(struct strbuf *out, const char *s)
{
	uint32_t c;
	size_t n;

	strbuf_addch(out, '"');
	for (; *s; s += n) {
		n = decode(s, &c);
		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", (int)c);
		else if (c == '\n')
			strbuf_addstr(out, "\\n");
		else if (c == '\t')
			strbuf_addstr(out, "\\t");
		else if (is_printable(c))
			strbuf_add(out, s, n);
		else
			strbuf_addf(out, "\\u%04x", c);
	}
	strbuf_addch(out, '"');
}

void
yaml_add_json(struct strbuf *out, const char *json)
{
	uint32_t c;
	size_t n;

	for (; *json; json += n) {
		n = decode(json, &c);
		if (c == '\n' || is_printable(c))
			strbuf_add(out, json, n);
		else
			strbuf_addf(out, "\\u%04x", c);
	}
}

/* What no reader takes for anything but itself, as a key. */
static bool
is_plain_key(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return *s && *s != '-' && strspn(s, letters) == strlen(s);
}

/*
 * Whether plain text may stay plain, in any place.  Every number and every
 * word such as true and null may, for they would be text in quotes; and what
 * has variables, for they may be filled in by nothing.
 */
static bool
stays_plain(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.+-~/$ :{}?,=@%";
	size_t i;

	if (!*s || str_eq(s, "-") || strchr(" :{}?,=@%", *s) ||
	    strspn(s, letters) != strlen(s))
		return false;
	for (i = 0; s[i]; i++)
		if ((s[i] == ' ' || s[i] == ':') && (!s[i + 1] ||
		    s[i + 1] == ' ' || s[i + 1] == ':' || *s == '-'))
			return false;
	return true;
}

static void
write_scalar(struct strbuf *out, const struct yaml_node *node, bool is_plain)
{
	if (is_plain)
		strbuf_addstr(out, node->text);
	else
		yaml_add_quoted(out, node->text);
}

static void
write_indent(struct strbuf *out, int indent)
{
	while (indent-- > 0)
		strbuf_addch(out, ' ');
}

/* What follows "key:" or "-", and the end of its line. */
static void
write_value(struct strbuf *out, const struct yaml_node *node, int indent,
    bool in_list)
{
	if (node->kind != YAML_SCALAR && node->nr) {
		if (in_list) {
			strbuf_addch(out, ' ');
		} else {
			strbuf_addch(out, '\n');
			write_indent(out, indent);
		}
		if (node->kind == YAML_MAP)
			write_map(out, node, indent);
		else
			write_list(out, node, indent);
		return;
	}
	if (node->kind != YAML_SCALAR)
		strbuf_addstr(out, node->kind == YAML_MAP ? " {}" : " []");
	else if (!yaml_is_empty(node)) {
		strbuf_addch(out, ' ');
		write_scalar(out, node, node->plain &&
		    stays_plain(node->text));
	}
	strbuf_addch(out, '\n');
}

/* The first line is indented already. */
static void
write_map(struct strbuf *out, const struct yaml_node *map, int indent)
{
	const struct yaml_node *key;
	size_t i;

	for (i = 0; i < map->nr && out->len < YAML_WRITE_MAX; i++) {
		key = yaml_key(map, i);
		if (i)
			write_indent(out, indent);
		write_scalar(out, key, is_plain_key(key->text));
		strbuf_addch(out, ':');
		write_value(out, yaml_value(map, i), indent + 2, false);
	}
}

static void
write_list(struct strbuf *out, const struct yaml_node *list, int indent)
{
	size_t i;

	for (i = 0; i < list->nr && out->len < YAML_WRITE_MAX; i++) {
		if (i)
			write_indent(out, indent);
		strbuf_addch(out, '-');
		write_value(out, list->item[i], indent + 2, true);
	}
}

int
yaml_write_map(struct strbuf *out, const struct yaml_node *map, int indent)
{
	if (map->nr == 0)
		return 0;
	write_indent(out, indent);
	write_map(out, map, indent);
	return out->len < YAML_WRITE_MAX ? 0 : -1;
}
