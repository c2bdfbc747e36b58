/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See schema.h.  Editors parse YAML first, so that a text key sees numbers and
 * truth values, and a key without a value is null, as check.h has it.
 */
#include "schema.h"

#include "keys.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define DURATION "^[0-9]+(\\.[0-9]{1,3})?(ms|s|m|h|d)?$"
#define SIZE "^[0-9]+(\\.[0-9]{1,3})?(B|KiB|MiB|GiB|TiB|KB|MB|GB)?$"
#define VARIABLE "\\$[A-Za-z_{]"
#define ANY_DOLLAR "\\$" /* with $$, which makes a text shorter, too */

static json_t *of_keys(const struct key *keys, unsigned flags);
static json_t *of_key(const struct key *key, unsigned flags);
static json_t *of_any(const struct key *key, unsigned flags);

static json_t *
of_type(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *
of_pattern(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *
limited(json_t *schema, const struct key *key)
{
	if (key->max > key->min) {
		json_object_set_new(schema, "minimum", json_real(key->min));
		json_object_set_new(schema, "maximum", json_real(key->max));
	}
	return schema;
}

/* Whether a key takes a text, by its pattern. */
static bool
takes(const struct key *key, const char *text)
{
	regex_t regex;
	bool result;

	if (!key->pattern)
		return true;
	if (regcomp(&regex, key->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		BUG("pattern %s", key->pattern);
	result = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return result;
}

/*
 * A pattern says nothing of what is written as a number, truth value or null;
 * whether that may be follows from one of each.
 */
static json_t *
of_string(const struct key *key)
{
	json_t *types = json_pack("[s]", "string");
	json_t *schema = limited(json_pack("{s:o}", "type", types), key);

	if (key->max > key->min || takes(key, "0"))
		json_array_append_new(types, json_string("number"));
	if (key->max <= key->min && takes(key, "0") && !takes(key, "-1"))
		json_object_set_new(schema, "minimum", json_integer(0));
	if (takes(key, "true"))
		json_array_append_new(types, json_string("boolean"));
	if (key->type & KEY_NULL || takes(key, "null"))
		json_array_append_new(types, json_string("null"));
	if (key->pattern)
		json_object_set_new(schema, "pattern",
		    json_string(key->pattern));
	if (key->longest)
		json_object_set_new(schema, "maxLength",
		    json_integer(key->longest));
	return schema;
}

static json_t *
of_number(const struct key *key, const char *type)
{
	return limited(of_type(type), key);
}

static json_t *
of_words(const char *values)
{
	json_t *words = json_array();
	size_t len;

	for (; *values; values += len + (values[len] == '|')) {
		len = strcspn(values, "|");
		json_array_append_new(words, json_stringn(values, len));
	}
	return json_pack("{s:o}", "enum", words);
}

static json_t *
of_list(const struct key *key, unsigned flags)
{
	const struct key text = { .type = KEY_STRING, .pattern = key->items };
	json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items",
	    key->item ? of_key(key->item, flags) : of_any(&text, flags));

	if (key->flags & KEY_NOT_EMPTY)
		json_object_set_new(schema, "minItems", json_integer(1));
	return schema;
}

static json_t *
of_map(const struct key *keys, unsigned flags)
{
	const char *table = keys_table_name(keys);
	char *ref;
	json_t *schema;

	if (!table)
		return of_keys(keys, flags);
	ref = xasprintf("#/definitions/%s", table);
	schema = json_pack("{s:s}", "$ref", ref);
	free(ref);
	return schema;
}

static bool
has_required(const struct key *keys)
{
	for (; keys->name; keys++)
		if (keys->flags & (KEY_REQUIRED | KEY_ONE_NEEDED))
			return true;
	return false;
}

/* The schemas of all kinds of value that a key may have. */
static json_t *
alternatives(const struct key *key, unsigned flags)
{
	enum { SCALAR = KEY_BOOL | KEY_INT | KEY_NUMBER | KEY_DURATION |
		KEY_SIZE | KEY_ENUM };
	json_t *any = json_array();

	if (key->type & KEY_STRING)
		json_array_append_new(any, of_string(key));
	if (key->type & KEY_BOOL)
		json_array_append_new(any, of_type("boolean"));
	if (key->type & KEY_INT)
		json_array_append_new(any, of_number(key, "integer"));
	if (key->type & KEY_NUMBER)
		json_array_append_new(any, of_number(key, "number"));
	if (key->type & KEY_DURATION)
		json_array_append_new(any, of_pattern(DURATION));
	if (key->type & KEY_SIZE)
		json_array_append_new(any, of_pattern(SIZE));
	if (key->type & (KEY_DURATION | KEY_SIZE))
		json_array_append_new(any,
		    json_pack("{s:s, s:i}", "type", "number", "minimum", 0));
	if (key->type & KEY_ENUM)
		json_array_append_new(any, of_words(key->values));
	if ((key->type & SCALAR || key->pattern || key->longest) &&
	    !(flags & KEY_RAW))
		json_array_append_new(any, of_pattern(key->longest ?
		    ANY_DOLLAR : VARIABLE));
	if (key->type & KEY_LIST)
		json_array_append_new(any, of_list(key, flags));
	if (key->type & KEY_MAP)
		json_array_append_new(any, of_map(key->keys, flags));
	if (!(key->type & KEY_STRING) && (key->type & (KEY_NULL | KEY_LIST) ||
	    (key->type & KEY_MAP && !has_required(key->keys))))
		json_array_append_new(any, of_type("null"));
	return any;
}

/* The value alone, without what is said about its key. */
static json_t *
of_any(const struct key *key, unsigned flags)
{
	json_t *schema, *any;

	if (key->type & KEY_ANY)
		return json_object();
	any = alternatives(key, flags);
	if (json_array_size(any) > 1)
		return json_pack("{s:o}", "anyOf", any);
	schema = json_copy(json_array_get(any, 0));
	json_decref(any);
	return schema;
}

static json_t *
of_key(const struct key *key, unsigned flags)
{
	json_t *schema = of_any(key, flags | (key->flags & KEY_RAW));

	json_object_set_new(schema, "description", json_string(key->text));
	if (key->def)
		json_object_set_new(schema, "default", json_string(key->def));
	if (key->flags & KEY_OBSOLETE)
		json_object_set_new(schema, "deprecated", json_true());
	return schema;
}

/* Sets a keyword that needs at least one item; takes the list. */
static void
set_list(json_t *schema, const char *keyword, json_t *list)
{
	if (json_array_size(list))
		json_object_set(schema, keyword, list);
	json_decref(list);
}

/* Which keys exclude each other, and of which one has to be there. */
static void
set_choices(json_t *schema, const struct key *keys)
{
	json_t *pairs = json_array(), *needed = json_array();
	const struct key *other;

	for (; keys->name; keys++) {
		if (keys->flags & KEY_ONE_NEEDED)
			json_array_append_new(needed, json_pack("{s:[s]}",
			    "required", keys->name));
		for (other = keys + 1; other->name; other++)
			if (keys->flags & other->flags & KEY_ALONE)
				json_array_append_new(pairs,
				    json_pack("{s:{s:[s,s]}}", "not",
				    "required", keys->name, other->name));
	}
	set_list(schema, "anyOf", needed);
	set_list(schema, "allOf", pairs);
}

/* A mapping: its keys, any other where "*" stands, and x-... for anchors. */
static json_t *
of_keys(const struct key *keys, unsigned flags)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = of_type("object");
	json_t *others = NULL;

	set_choices(schema, keys);
	for (; keys->name; keys++) {
		if (strcmp(keys->name, "*") == 0) {
			others = of_key(keys, flags);
			if (keys->names)
				json_object_set_new(schema, "propertyNames",
				    of_pattern(keys->names));
			if (keys->reserved)
				json_object_set_new(properties, keys->reserved,
				    json_false());
			continue;
		}
		json_object_set_new(properties, keys->name,
		    of_key(keys, flags));
		if (keys->flags & KEY_REQUIRED)
			json_array_append_new(required,
			    json_string(keys->name));
	}
	json_object_set_new(schema, "properties", properties);
	set_list(schema, "required", required);
	if (!others)
		json_object_set_new(schema, "patternProperties",
		    json_pack("{s:{}}", "^x-"));
	json_object_set_new(schema, "additionalProperties",
	    others ? others : json_false());
	return schema;
}

json_t *
schema_json(void)
{
	static const struct key *const tables[] = { team_keys, project_keys,
		agent_keys };
	json_t *definitions = json_object();
	size_t i;

	for (i = 0; i < nitems(tables); i++)
		json_object_set_new(definitions, keys_table_name(tables[i]),
		    of_keys(tables[i], 0));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}",
	    "$schema", "http://json-schema.org/draft-07/schema#",
	    "title", "team-compose.yaml",
	    "description", "A team of teamctl.  A file of a project is "
	    "#/definitions/project.",
	    "$ref", "#/definitions/team",
	    "definitions", definitions);
}
