/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See schema.h.  Editors parse YAML first, so that a text key sees numbers and
 * truth values, and a key without a value is null, as check.h has it.
 */
#include "schema.h"

#include "keys.h"

#include <stdlib.h>
#include <string.h>

#define DURATION "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$"
#define SIZE "^[0-9]+(\\.[0-9]+)?(B|KiB|MiB|GiB|TiB|KB|MB|GB)?$"
#define VARIABLE "\\$[A-Za-z_{]"

static json_t *of_keys(const struct key *keys, unsigned flags);
static json_t *of_key(const struct key *key, unsigned flags);

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

static json_t *
of_text(void)
{
	return json_pack("{s:[s,s,s,s]}", "type", "string", "number",
	    "boolean", "null");
}

/* What is not written as a number, truth value or null has the pattern. */
static json_t *
of_string(const struct key *key)
{
	json_t *schema = limited(of_text(), key);

	if (key->pattern)
		json_object_set_new(schema, "pattern",
		    json_string(key->pattern));
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
	return json_pack("{s:s, s:o}", "type", "array", "items",
	    key->item ? of_key(key->item, flags) : of_text());
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
		if (keys->flags & KEY_REQUIRED)
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
	if ((key->type & SCALAR || key->pattern) && !(flags & KEY_RAW))
		json_array_append_new(any, of_pattern(VARIABLE));
	if (key->type & KEY_LIST)
		json_array_append_new(any, of_list(key, flags));
	if (key->type & KEY_MAP)
		json_array_append_new(any, of_map(key->keys, flags));
	if (!(key->type & KEY_STRING) && (key->type & (KEY_NULL | KEY_LIST) ||
	    (key->type & KEY_MAP && !has_required(key->keys))))
		json_array_append_new(any, of_type("null"));
	return any;
}

static json_t *
of_key(const struct key *key, unsigned flags)
{
	json_t *schema, *any;

	flags |= key->flags & KEY_RAW;
	if (key->type & KEY_ANY) {
		schema = json_object();
	} else {
		any = alternatives(key, flags);
		if (json_array_size(any) == 1) {
			schema = json_copy(json_array_get(any, 0));
			json_decref(any);
		} else {
			schema = json_pack("{s:o}", "anyOf", any);
		}
	}
	json_object_set_new(schema, "description", json_string(key->text));
	if (key->def)
		json_object_set_new(schema, "default", json_string(key->def));
	if (key->flags & KEY_OBSOLETE)
		json_object_set_new(schema, "deprecated", json_true());
	return schema;
}

/* A mapping: its keys, any other where "*" stands, and x-... for anchors. */
static json_t *
of_keys(const struct key *keys, unsigned flags)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = of_type("object");
	json_t *others = NULL;

	for (; keys->name; keys++) {
		if (strcmp(keys->name, "*") == 0) {
			others = of_key(keys, flags);
			if (keys->names)
				json_object_set_new(schema, "propertyNames",
				    of_pattern(keys->names));
			continue;
		}
		json_object_set_new(properties, keys->name,
		    of_key(keys, flags));
		if (keys->flags & KEY_REQUIRED)
			json_array_append_new(required,
			    json_string(keys->name));
	}
	json_object_set_new(schema, "properties", properties);
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
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
