/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See key-json.h.
 */
#include "key-json.h"

#include "jstring.h"

#include <string.h>

const struct key *
key_row(const struct key *keys, const char *name)
{
	const struct key *key = keys_find(keys, name);

	if (!key)
		BUG("no key '%s'", name);
	return key;
}

static json_t *
number(double value)
{
	if (value >= -1e15 && value <= 1e15 &&
	    value == (double)(json_int_t)value)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *
scalar(const struct yaml_node *node, const struct key *key, bool raw)
{
	const char *text = raw ? node->text : yaml_text(node);
	double value;
	int64_t n;
	bool b;

	if (key->type & (KEY_NULL | KEY_ANY) &&
	    (yaml_is_null(node) || (node->plain && !*text)))
		return json_null();
	if (!(key->type & KEY_STRING) && yaml_is_empty(node)) {
		if (key->type & KEY_MAP)
			return json_object();
		if (key->type & KEY_LIST)
			return json_array();
	}
	if (key->type & (KEY_BOOL | KEY_ANY) && yaml_bool(node, &b) == 0)
		return json_boolean(b);
	if (key->type & (KEY_INT | KEY_ANY) && yaml_int(node, &n) == 0)
		return json_integer(n);
	if (key->type & (KEY_NUMBER | KEY_ANY) &&
	    yaml_number(node, &value) == 0)
		return number(value);
	return jstring(text);
}

static json_t *
list(const struct yaml_node *node, const struct key *key, unsigned flags)
{
	static const struct key text = { .name = "[]", KEY_STRING };
	const struct key *item = key->item ? key->item : &text;
	json_t *array = json_array();
	size_t i;

	if (key->type & KEY_ANY)
		item = key;
	for (i = 0; i < node->nr; i++)
		json_array_append_new(array,
		    key_json(node->item[i], item, flags));
	return array;
}

static json_t *
map(const struct yaml_node *node, const struct key *key, unsigned flags)
{
	json_t *object = json_object();
	const struct key *row;
	const char *name;
	size_t i;

	for (i = 0; i < node->nr; i++) {
		name = yaml_key(node, i)->text;
		row = key->type & KEY_ANY ? key :
		    key->keys ? keys_find(key->keys, name) : NULL;
		if (row && !(row->flags & KEY_OBSOLETE))
			json_object_set_new_nocheck(object, name,
			    key_json(yaml_value(node, i), row, flags));
	}
	return object;
}

json_t *
key_json(const struct yaml_node *node, const struct key *key, unsigned flags)
{
	flags |= key->flags & KEY_RAW;
	switch (node->kind) {
	case YAML_LIST:
		return list(node, key, flags);
	case YAML_MAP:
		return map(node, key, flags);
	case YAML_SCALAR:
		break;
	}
	return scalar(node, key, flags & KEY_RAW);
}

/* `restart: never` says the same as `restart: { policy: never }`. */
static json_t *
as_object(json_t *value, const struct key *key)
{
	json_t *object;

	if (!json_is_string(value) || !(key->type & KEY_ENUM))
		return value;
	object = json_object();
	json_object_set_new(object, key->keys[0].name, value);
	return object;
}

/* Of what a probe looks at there is one: that of `over` replaces the other. */
static void
drop_replaced(json_t *result, json_t *over)
{
	static const char *const kinds[] = { "command", "tcp", "file",
		"pane" };
	bool replaces = false;
	size_t i;

	for (i = 0; i < nitems(kinds); i++)
		replaces |= json_object_get(over, kinds[i]) != NULL;
	for (i = 0; replaces && i < nitems(kinds); i++)
		json_object_del(result, kinds[i]);
}

json_t *
key_json_merged(const struct yaml_node *defaults, const struct yaml_node *own,
    const char *name)
{
	const struct key *key = key_row(agent_keys, name);
	const struct yaml_node *below = yaml_get(defaults, name);
	const struct yaml_node *above = yaml_get(own, name);
	json_t *result, *over;

	if (!below)
		return above ? key_json(above, key, 0) : NULL;
	result = key_json(below, key, 0);
	if (!above)
		return result;
	over = key_json(above, key, 0);
	if (key->type & KEY_MAP) {
		result = as_object(result, key);
		over = as_object(over, key);
	}
	if (json_is_object(result) && json_is_object(over)) {
		if (strcmp(name, "readiness") == 0 ||
		    strcmp(name, "health_check") == 0)
			drop_replaced(result, over);
		json_object_update_recursive(result, over);
		json_decref(over);
		return result;
	}
	json_decref(result);
	return over;
}
