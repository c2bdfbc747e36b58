/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See check.h.
 */
#include "check.h"

#include "rules.h"
#include "units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void check_value(struct check *check, struct yaml_node *node,
    const struct key *key, unsigned flags);
static void check_pairs(struct check *check, struct yaml_node *map,
    const struct key *keys, unsigned flags);

/* What a finding calls a value: "'restart'", "an item of 'can_dm'". */
static char *
describe(const struct check *check, const struct key *key)
{
	const char *name = strrchr(check->path.buf, '.');

	name = name ? name + 1 : check->path.buf;
	if (strcmp(key->name, "[]") == 0)
		return xasprintf("an item of '%s'", name);
	if (strcmp(key->name, "*") == 0)
		return xasprintf("a value of '%s'", name);
	return xasprintf("'%s'", key->name);
}

static void
report_type(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	struct strbuf wanted = STRBUF_INIT;
	char *what = describe(check, key);
	struct diag *diag;

	key_add_type(key, &wanted);
	if (node->kind == YAML_SCALAR && !yaml_is_null(node))
		diag = diag_error(check->diags, yaml_pos(node), RULE_KEY_TYPE,
		    "%s must be %s, not '%.60s'", what, wanted.buf,
		    yaml_text(node));
	else
		diag = diag_error(check->diags, yaml_pos(node), RULE_KEY_TYPE,
		    "%s must be %s, not %s", what, wanted.buf,
		    yaml_kind_name(node));
	if (node->kind == YAML_SCALAR && !node->plain && !node->value &&
	    key->type & (KEY_BOOL | KEY_INT | KEY_NUMBER))
		diag_hint(diag, "text in quotes is never a number or truth "
		    "value");
	free(what);
	strbuf_release(&wanted);
}

static const char *
rule_of(const struct key *key)
{
	return key->rule ? key->rule : RULE_KEY_VALUE;
}

static void
report_range(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	char *what = describe(check, key);

	diag_error(check->diags, yaml_pos(node), rule_of(key),
	    "%s is %.60s, must be within %.15g to %.15g", what,
	    yaml_text(node), key->min, key->max);
	free(what);
}

static bool
is_word_of(const char *values, const char *word)
{
	size_t len = strlen(word), n;

	for (; *values; values += n + (values[n] == '|')) {
		n = strcspn(values, "|");
		if (n == len && strncmp(values, word, n) == 0)
			return true;
	}
	return false;
}

static void
report_word(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	struct strbuf words = STRBUF_INIT;
	char *what = describe(check, key);
	const char *s;

	for (s = key->values; *s; s++) {
		if (*s == '|')
			strbuf_addstr(&words, "', '");
		else
			strbuf_addch(&words, *s);
	}
	diag_hint(diag_error(check->diags, yaml_pos(node), rule_of(key),
	    "%s cannot be '%.60s'", what, yaml_text(node)),
	    "expected one of '%s'", words.buf);
	free(what);
	strbuf_release(&words);
}

static void
report_missing(struct check *check, const struct yaml_node *map,
    const struct key *keys)
{
	for (; keys->name; keys = key_next(keys))
		if (keys->flags & KEY_REQUIRED && !yaml_get(map, keys->name))
			diag_error(check->diags, yaml_pos(map),
			    RULE_KEY_REQUIRED, "'%s' is missing", keys->name);
}

static bool
in_range(const struct key *key, double value)
{
	return key->max <= key->min ||
	    (value >= key->min && value <= key->max);
}

/* Numbers, with their range; false when the value is no number. */
static bool
check_number(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	double value = 0;
	int64_t n;

	if (key->type & KEY_INT) {
		if (yaml_int(node, &n) < 0)
			return false;
		value = (double)n;
	} else if (!(key->type & KEY_NUMBER) ||
	    yaml_number(node, &value) < 0) {
		return false;
	}
	if (!in_range(key, value))
		report_range(check, node, key);
	return true;
}

static void
check_scalar(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	const char *text = yaml_text(node);
	int64_t n;
	bool b;

	if (key->type & KEY_NULL &&
	    (yaml_is_null(node) || (node->plain && !*text)))
		return;
	if (key->type & KEY_STRING)
		return;
	if (key->type & (KEY_LIST | KEY_MAP) && yaml_is_empty(node)) {
		if (key->type & KEY_MAP)
			report_missing(check, node, key->keys);
		return;
	}
	if ((key->type & KEY_BOOL && yaml_bool(node, &b) == 0) ||
	    (key->type & KEY_DURATION && units_parse_duration(text, &n) == 0) ||
	    (key->type & KEY_SIZE && units_parse_size(text, &n) == 0) ||
	    check_number(check, node, key))
		return;
	if (!(key->type & KEY_ENUM))
		report_type(check, node, key);
	else if (!is_word_of(key->values, text))
		report_word(check, node, key);
}

static void
report_unknown(struct check *check, const struct yaml_node *name,
    const struct key *keys)
{
	enum { HINTS_MAX = 1000, KEYS_MAX = 64 };
	const char *candidates[KEYS_MAX];
	struct diag *diag;
	size_t nr;

	if (strcmp(name->text, "<<") == 0) {
		diag_warning(check->diags, yaml_pos(name), RULE_MERGE_KEY,
		    "'<<' is ignored: merge keys are not applied");
		return;
	}
	diag = diag_warning(check->diags, yaml_pos(name), RULE_UNKNOWN_KEY,
	    "unknown key '%.60s' is ignored", name->text);
	if (++check->nr_unknown > HINTS_MAX)
		return;
	for (nr = 0; nr < KEYS_MAX && keys->name; keys = key_next(keys))
		candidates[nr++] = keys->name;
	diag_hint_nearest(diag, name->text, candidates, nr);
}

/* Remembers the use of a key that has no effect. */
static void
note_use(struct check *check, const struct yaml_node *node,
    const struct key *key)
{
	if (key->flags & KEY_LATER_UNLESS_DEFAULT &&
	    node->kind == YAML_SCALAR && strcmp(yaml_text(node), key->def) == 0)
		return;
	if (key->flags & (KEY_LATER | KEY_LATER_UNLESS_DEFAULT))
		strmap_entry(&check->later, check->path.buf);
	else if (key->flags & KEY_COMPAT)
		strmap_entry(&check->compat, check->path.buf);
}

/* Fills in the variables of all scalars below a value of any kind. */
static void
fill_in(struct check *check, struct yaml_node *node)
{
	size_t i;

	switch (node->kind) {
	case YAML_SCALAR:
		interp_node(check->interp, check->arena, node);
		break;
	case YAML_LIST:
		for (i = 0; i < node->nr; i++)
			fill_in(check, node->item[i]);
		break;
	case YAML_MAP:
		for (i = 0; i < node->nr; i++)
			fill_in(check, yaml_value(node, i));
		break;
	}
}

static void
check_list(struct check *check, struct yaml_node *list, const struct key *key,
    unsigned flags)
{
	static const struct key text_item = { .name = "[]", KEY_STRING };
	const struct key *item = key->item ? key->item : &text_item;
	size_t i;

	for (i = 0; i < list->nr; i++)
		check_value(check, list->item[i], item, flags);
}

/* flags: those of the keys above that hold for all below. */
static void
check_value(struct check *check, struct yaml_node *node,
    const struct key *key, unsigned flags)
{
	enum { USE = KEY_LATER | KEY_LATER_UNLESS_DEFAULT | KEY_COMPAT };
	bool raw = (flags | key->flags) & KEY_RAW;

	if (!raw && node->kind == YAML_SCALAR &&
	    interp_node(check->interp, check->arena, node) < 0)
		return;
	if (!(flags & USE) && key->flags & USE)
		note_use(check, node, key);
	flags |= key->flags & (KEY_RAW | USE);
	if (key->type & KEY_ANY) {
		if (!raw && !(key->flags & KEY_OBSOLETE))
			fill_in(check, node);
	} else if (node->kind == YAML_LIST && key->type & KEY_LIST) {
		check_list(check, node, key, flags);
	} else if (node->kind == YAML_MAP && key->type & KEY_MAP) {
		check_pairs(check, node, key->keys, flags);
	} else if (node->kind == YAML_SCALAR) {
		check_scalar(check, node, key);
	} else {
		report_type(check, node, key);
	}
}

/* Makes the path that of a key; what it was before when that is cut again. */
static size_t
enter(struct check *check, const char *name)
{
	size_t len = check->path.len;

	if (strcmp(name, "*") != 0) {
		if (len)
			strbuf_addch(&check->path, '.');
		strbuf_addstr(&check->path, name);
	}
	return len;
}

static void
check_pairs(struct check *check, struct yaml_node *map,
    const struct key *keys, unsigned flags)
{
	struct yaml_node *name;
	const struct key *key;
	struct strbuf outer;
	size_t i, len;
	bool is_table = keys_table_name(keys);

	if (is_table) { /* a path begins at its table */
		outer = check->path;
		strbuf_init(&check->path);
	}
	for (i = 0; i < map->nr; i++) {
		name = yaml_key(map, i);
		key = keys_find(keys, name->text);
		if (!key) {
			if (!str_starts(name->text, "x-"))
				report_unknown(check, name, keys);
			continue;
		}
		if (key->flags & KEY_OBSOLETE)
			diag_warning(check->diags, yaml_pos(name),
			    RULE_OBSOLETE_KEY, "'%s' has no effect any more: "
			    "%s", key->name, key->text);
		len = enter(check, key->name);
		check_value(check, yaml_value(map, i), key, flags);
		strbuf_setlen(&check->path, len);
	}
	report_missing(check, map, keys);
	if (is_table) {
		strbuf_release(&check->path);
		check->path = outer;
	}
}

void
check_map(struct check *check, struct yaml_node *map, const struct key *keys)
{
	check_pairs(check, map, keys, 0);
}
