/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See config.h: the JSON of a team as YAML in block style, quoted wherever a
 * reader could take a text for something else.
 */
#include "config.h"

#include "interp.h"
#include "keys.h"
#include "yaml-write.h"

#include <stdlib.h>
#include <string.h>

static void write_map(const json_t *map, const struct key *keys, unsigned flags,
    int indent, struct strbuf *out);
static void write_list(const json_t *list, const struct key *key,
    unsigned flags, int indent, struct strbuf *out);

/* Words that YAML 1.1 or 1.2 reads as something else than text. */
static bool
is_word(const char *s)
{
	static const char *const words[] = { "null", "true", "false", "yes",
		"no", "on", "off", "y", "n" };
	char lower[8];
	size_t i;

	if (strlen(s) >= sizeof(lower))
		return false;
	for (i = 0; s[i]; i++)
		lower[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 :
		    s[i]);
	lower[i] = '\0';
	for (i = 0; i < nitems(words); i++)
		if (strcmp(words[i], lower) == 0)
			return true;
	return false;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Durations such as 10s: they begin like a number but are none. */
static bool
is_number_like(const char *s)
{
	size_t len = strlen(s);

	if (is_letter(*s) || *s == '/' || *s == '*' ||
	    (*s == '.' && (s[1] == '/' || s[1] == '.')))
		return false;
	return !(*s >= '1' && *s <= '9' && strchr("smhd", s[len - 1]) &&
	    strspn(s, "0123456789") + 2 >= len);
}

static bool
is_plain(const char *s)
{
	size_t i;

	if (!*s || is_word(s) || is_number_like(s) || *s == '*')
		return false;
	for (i = 0; s[i]; i++) {
		if (is_letter(s[i]) || (s[i] >= '0' && s[i] <= '9') ||
		    strchr("./@+=,~%$(){}-", s[i]))
			continue;
		if ((s[i] == ' ' || s[i] == ':') && i && s[i + 1] &&
		    s[i + 1] != ' ' && s[i + 1] != '#')
			continue;
		return false;
	}
	return true;
}

static void
write_text(const char *s, struct strbuf *out)
{
	if (is_plain(s))
		strbuf_addstr(out, s);
	else
		yaml_add_quoted(out, s);
}

/* A scalar, or an empty collection, and the end of its line. */
static void
write_scalar(const json_t *value, unsigned flags, struct strbuf *out)
{
	struct strbuf escaped = STRBUF_INIT;
	char *text;

	if (json_is_string(value)) {
		if (flags & KEY_RAW)
			strbuf_addstr(&escaped, json_string_value(value));
		else
			interp_escape(&escaped, json_string_value(value));
		write_text(escaped.buf, out);
	} else if (json_is_null(value)) {
		strbuf_addstr(out, "null");
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
		    JSON_REAL_PRECISION(15));
		strbuf_addstr(out, text);
		free(text);
	}
	strbuf_release(&escaped);
	strbuf_addch(out, '\n');
}

static bool
is_nested(const json_t *value)
{
	return json_object_size(value) || json_array_size(value);
}

static void
write_indent(int indent, struct strbuf *out)
{
	while (indent-- > 0)
		strbuf_addstr(out, "  ");
}

static void
write_map(const json_t *map, const struct key *keys, unsigned flags,
    int indent, struct strbuf *out)
{
	const struct key *key;
	const char *name;
	json_t *value;
	bool first = true;
	unsigned below;

	/* jansson's iterators take no const */
	json_object_foreach((json_t *)(uintptr_t)map, name, value) {
		key = keys ? keys_find(keys, name) : NULL;
		below = flags | (key ? key->flags & KEY_RAW : 0);
		if (!first)
			write_indent(indent, out);
		first = false;
		write_text(name, out);
		strbuf_addch(out, ':');
		if (!is_nested(value)) {
			strbuf_addch(out, ' ');
			write_scalar(value, below, out);
			continue;
		}
		strbuf_addch(out, '\n');
		write_indent(indent + 1, out);
		if (json_is_object(value))
			write_map(value, key ? key->keys : NULL, below,
			    indent + 1, out);
		else
			write_list(value, key, below, indent + 1, out);
	}
}

/* The first line's indent is written already, as it is in write_map. */
static void
write_list(const json_t *list, const struct key *key, unsigned flags,
    int indent, struct strbuf *out)
{
	const struct key *item = key ? key->item : NULL;
	const json_t *value;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		value = json_array_get(list, i);
		if (i)
			write_indent(indent, out);
		strbuf_addstr(out, "- ");
		if (!is_nested(value))
			write_scalar(value, flags, out);
		else if (json_is_object(value))
			write_map(value, item ? item->keys : NULL, flags,
			    indent + 1, out);
		else
			write_list(value, item, flags, indent + 1, out);
	}
}

/* Flags are those of the keys above, key the value's own row or NULL. */
static json_t *
escape(const json_t *value, const struct key *key, const struct key *keys,
    unsigned flags)
{
	struct strbuf text = STRBUF_INIT;
	const struct key *row;
	const char *name;
	json_t *copy, *part;
	size_t i;

	flags |= key ? key->flags & KEY_RAW : 0;
	if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach((json_t *)(uintptr_t)value, name, part) {
			row = keys ? keys_find(keys, name) : NULL;
			json_object_set_new(copy, name, escape(part, row,
			    row ? row->keys : NULL, flags));
		}
	} else if (json_is_array(value)) {
		copy = json_array();
		row = key ? key->item : NULL;
		for (i = 0; i < json_array_size(value); i++)
			json_array_append_new(copy, escape(
			    json_array_get(value, i), row,
			    row ? row->keys : NULL, flags));
	} else if (json_is_string(value) && !(flags & KEY_RAW)) {
		interp_escape(&text, json_string_value(value));
		copy = json_string(text.buf);
	} else {
		copy = json_deep_copy(value);
	}
	strbuf_release(&text);
	return copy;
}

json_t *
config_escaped(const json_t *config)
{
	return escape(config, NULL, team_keys, 0);
}

void
config_yaml(const json_t *config, struct strbuf *out)
{
	write_map(config, team_keys, 0, 0, out);
}
