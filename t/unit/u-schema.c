/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The JSON schema and the loader agree, both ways: each key of the table gets
 * each of many values, in a document that is complete otherwise; the schema
 * accepts it if and only if the loader has nothing to say.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame rules */
/* objs: yaml yaml-node interp dotenv keys keys-agent check compose */
/* objs: compose-read compose-project compose-agent compose-parts hookword */
/* objs: event compose-replicas key-json meta compose-dynamic manifest */
/* objs: yaml-write validate validate-agent validate-graph runtime */
/* objs: runtime-read runtime-screens ere schema */
#include "schema.h"

#include "check.h"
#include "compose.h"
#include "key-json.h"

#include "fake-source.h"
#include "tap.h"

#include <regex.h>
#include <stdlib.h>

static json_t *root; /* the schema */

static bool accepts(const json_t *schema, const json_t *value);

static bool
is_type(const char *type, const json_t *value)
{
	static const struct {
		const char *name;
		int type;
	} names[] = {
		{ "string", JSON_STRING }, { "integer", JSON_INTEGER },
		{ "number", JSON_INTEGER }, { "number", JSON_REAL },
		{ "boolean", JSON_TRUE }, { "boolean", JSON_FALSE },
		{ "null", JSON_NULL }, { "array", JSON_ARRAY },
		{ "object", JSON_OBJECT },
	};
	size_t i;

	for (i = 0; i < nitems(names); i++)
		if (strcmp(names[i].name, type) == 0 &&
		    names[i].type == (int)json_typeof(value))
			return true;
	return false;
}

static bool
matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool result;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		BUG("pattern %s", pattern);
	result = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return result;
}

static bool
accepts_members(const json_t *schema, const json_t *value)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *patterns = json_object_get(schema, "patternProperties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	const char *name, *pattern;
	json_t *member, *below;
	bool known;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		below = json_object_get(properties, name);
		known = below;
		if (below && !accepts(below, member))
			return false;
		json_object_foreach((json_t *)(uintptr_t)patterns, pattern,
		    below) {
			if (!matches(pattern, name))
				continue;
			known = true;
			if (!accepts(below, member))
				return false;
		}
		if (!known && others && !accepts(others, member))
			return false;
	}
	return true;
}

static bool
accepts_names(const json_t *schema, const json_t *value)
{
	const char *name;
	json_t *member, *text;
	bool result = true;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		text = json_string(name);
		result = result && accepts(schema, text);
		json_decref(text);
	}
	return result;
}

/* A length in characters. */
static bool
is_no_longer(const json_t *value, const json_t *limit)
{
	return !json_is_string(value) ||
	    utf8_width(json_string_value(value)) <=
	    (size_t)json_integer_value(limit);
}

/* One keyword of a schema. */
static bool
allows(const char *keyword, const json_t *rule, const json_t *schema,
    const json_t *value)
{
	size_t i;

	if (strcmp(keyword, "$ref") == 0)
		return accepts(json_object_get(json_object_get(root,
		    "definitions"), json_string_value(rule) +
		    strlen("#/definitions/")), value);
	if (strcmp(keyword, "type") == 0 && json_is_string(rule))
		return is_type(json_string_value(rule), value);
	if (strcmp(keyword, "type") == 0) {
		for (i = 0; i < json_array_size(rule); i++)
			if (is_type(json_string_value(json_array_get(rule, i)),
			    value))
				return true;
		return false;
	}
	if (strcmp(keyword, "enum") == 0) {
		for (i = 0; i < json_array_size(rule); i++)
			if (json_equal(json_array_get(rule, i), value))
				return true;
		return false;
	}
	if (strcmp(keyword, "anyOf") == 0) {
		for (i = 0; i < json_array_size(rule); i++)
			if (accepts(json_array_get(rule, i), value))
				return true;
		return false;
	}
	if (strcmp(keyword, "allOf") == 0) {
		for (i = 0; i < json_array_size(rule); i++)
			if (!accepts(json_array_get(rule, i), value))
				return false;
		return true;
	}
	if (strcmp(keyword, "minimum") == 0)
		return !json_is_number(value) ||
		    json_number_value(value) >= json_number_value(rule);
	if (strcmp(keyword, "maximum") == 0)
		return !json_is_number(value) ||
		    json_number_value(value) <= json_number_value(rule);
	if (strcmp(keyword, "pattern") == 0)
		return !json_is_string(value) || matches(
		    json_string_value(rule), json_string_value(value));
	if (strcmp(keyword, "maxLength") == 0)
		return is_no_longer(value, rule);
	if (strcmp(keyword, "minItems") == 0)
		return !json_is_array(value) || json_array_size(value) >=
		    (size_t)json_integer_value(rule);
	if (strcmp(keyword, "not") == 0)
		return !accepts(rule, value);
	if (strcmp(keyword, "propertyNames") == 0)
		return accepts_names(rule, value);
	if (strcmp(keyword, "items") == 0) {
		for (i = 0; i < json_array_size(value); i++)
			if (!accepts(rule, json_array_get(value, i)))
				return false;
		return true;
	}
	if (strcmp(keyword, "required") == 0) {
		for (i = 0; json_is_object(value) &&
		    i < json_array_size(rule); i++)
			if (!json_object_get(value,
			    json_string_value(json_array_get(rule, i))))
				return false;
		return true;
	}
	if (strcmp(keyword, "properties") == 0)
		return accepts_members(schema, value);
	return true;
}

static bool
accepts(const json_t *schema, const json_t *value)
{
	static const char *const known[] = { "$ref", "type", "enum", "anyOf",
		"allOf",
		"minimum", "maximum", "pattern", "maxLength", "items",
		"minItems", "not", "required",
		"properties", "patternProperties", "additionalProperties",
		"propertyNames", "description", "default", "deprecated" };
	const char *keyword;
	json_t *rule;
	size_t i;

	if (json_is_boolean(schema))
		return json_is_true(schema);
	json_object_foreach((json_t *)(uintptr_t)schema, keyword, rule) {
		for (i = 0; i < nitems(known); i++)
			if (strcmp(known[i], keyword) == 0)
				break;
		if (i == nitems(known))
			BUG("keyword %s", keyword);
		if (!allows(keyword, rule, schema, value))
			return false;
	}
	return true;
}

/* Whether a mapping has to have one of several keys; check.h leaves it. */
static bool
has_choice(const struct key *key)
{
	const struct key *below = key->keys;

	for (; below && below->name; below++)
		if (below->flags & KEY_ONE_NEEDED)
			return true;
	return key->item && has_choice(key->item);
}

/* Something that a key takes. */
static const char *
sample(const struct key *key)
{
	static const char *const texts[] = { "x", "TERM", "env:X",
		"127.0.0.1:1" };
	static char word[64];
	size_t i;

	if (key->type & KEY_ENUM) {
		snprintf(word, sizeof(word), "%.*s",
		    (int)strcspn(key->values, "|"), key->values);
		return word;
	}
	if (key->pattern && key->max > key->min) {
		snprintf(word, sizeof(word), "%d", (int)key->min);
		return word;
	}
	for (i = 0; key->pattern && i < nitems(texts); i++)
		if (matches(key->pattern, texts[i]))
			return texts[i];
	if (key->type & (KEY_INT | KEY_NUMBER)) {
		snprintf(word, sizeof(word), "%d", (int)key->min + 1);
		return key->max == 1 ? "1" : word;
	}
	if (key->type & KEY_BOOL)
		return "true";
	if (key->type & KEY_DURATION)
		return "10s";
	if (key->type & KEY_SIZE)
		return "1MiB";
	if (key->flags & KEY_NOT_EMPTY)
		return "[x]";
	return key->type & KEY_MAP ? "{}" : key->type & KEY_LIST ? "[]" : "x";
}

/* A way from a table to a key; doc is what stands around its value. */
struct way {
	struct strbuf before, after;
	const struct key *table;
	int compared;
	bool is_ruled; /* the loader leaves some of it to the rules */
};

static bool
loader_accepts(const struct key *table, const struct key *key,
    const char *text, json_t **json)
{
	static const struct key anything = { .name = "*", KEY_ANY };
	const struct fake_pair vars[] = { { "V", sample(key) },
		{ NULL, NULL } };
	struct diags diags = DIAGS_INIT;
	struct fake_source fake;
	struct interp interp = { .source = &fake.source, .diags = &diags };
	struct arena arena = { NULL };
	struct check check = { .interp = &interp, .arena = &arena,
		.diags = &diags, .path = STRBUF_INIT };
	struct yaml_doc *doc;
	bool result;

	fake_init(&fake, NULL);
	fake.vars = vars;
	doc = yaml_parse("x", text, strlen(text), &diags);
	if (!doc)
		BUG("%s", text);
	*json = key_json(doc->root, &anything, KEY_RAW);
	check_map(&check, doc->root, table);
	result = diags.nr_error + diags.nr_warning == 0 ||
	    key->flags & KEY_OBSOLETE; /* warns in any case */
	yaml_doc_free(doc);
	arena_release(&arena);
	strmap_release(&check.later, NULL);
	strmap_release(&check.compat, NULL);
	strbuf_release(&check.path);
	diags_release(&diags);
	return result;
}

static void
compare(struct way *way, const struct key *key, const char *value)
{
	const json_t *schema = json_object_get(json_object_get(root,
	    "definitions"), keys_table_name(way->table));
	char *text = xasprintf("%s%s%s", way->before.buf, value,
	    way->after.buf);
	json_t *json;
	bool loader, by_schema;

	loader = loader_accepts(way->table, key, text, &json);
	by_schema = accepts(schema, json);
	way->compared++;
	if (loader != by_schema && !(way->is_ruled && loader))
		ok(false, "%s: loader %s, schema %s", text,
		    loader ? "accepts" : "refuses",
		    by_schema ? "accepts" : "refuses");
	json_decref(json);
	free(text);
}

static void
compare_all(struct way *way, const struct key *key)
{
	static const char *const values[] = { "x", "\"x\"", "1", "-1", "1.5",
		"0", "true", "yes", "", "[]", "[x]", "[1]", "[[x]]", "[{}]",
		"{}", "{zzz: 1}", "10s", "5MiB", "\"10\"", "$V",
		"99999999999", "low", "always" };
	char number[64];
	size_t i;

	way->is_ruled = has_choice(key);
	compare(way, key, sample(key));
	way->is_ruled |= key->pattern || key->items || key->longest ||
	    key->flags & KEY_NOT_EMPTY || (key->item && key->item->pattern);
	for (i = 0; i < nitems(values); i++)
		compare(way, key, values[i]);
	if (!key->keys || !key->keys->names)
		compare(way, key, "{x-y: 1}");
	/* A schema cannot tell "key: null" from "key:". */
	if (!(key->type & (KEY_LIST | KEY_MAP)) || key->type & KEY_NULL)
		compare(way, key, "null");
	for (i = 0; key->max > key->min && i < 4; i++) {
		snprintf(number, sizeof(number), "%.16g",
		    i == 0 ? key->min : i == 1 ? key->max :
		    i == 2 ? key->min - 1 : key->max + 1);
		compare(way, key, number);
	}
}

static void walk(struct way *way, const struct key *keys);

/* Puts text around the place of the value, compares, and goes further in. */
static void
enter(struct way *way, const struct key *key, const char *open,
    const char *close)
{
	size_t before = way->before.len;
	char *outer = xstrdup(way->after.buf);

	strbuf_addstr(&way->before, open);
	strbuf_reset(&way->after);
	strbuf_addf(&way->after, "%s%s", close, outer);
	compare_all(way, key);
	if (key->item)
		enter(way, key->item, "[", "]");
	if (key->keys && !keys_table_name(key->keys))
		walk(way, key->keys);
	strbuf_setlen(&way->before, before);
	strbuf_reset(&way->after);
	strbuf_addstr(&way->after, outer);
	free(outer);
}

static void
walk(struct way *way, const struct key *keys)
{
	struct strbuf open = STRBUF_INIT;
	const struct key *key, *other;
	bool has_one;

	for (key = keys; key->name; key++) {
		strbuf_reset(&open);
		strbuf_addstr(&open, "{");
		has_one = key->flags & KEY_ONE_NEEDED;
		for (other = keys; other->name; other++) {
			if (other == key || !(other->flags & KEY_REQUIRED ||
			    (other->flags & KEY_ONE_NEEDED && !has_one)))
				continue;
			has_one |= other->flags & KEY_ONE_NEEDED;
			strbuf_addf(&open, "%s: %s, ", other->name,
			    sample(other));
		}
		strbuf_addf(&open, "%s: ", strcmp(key->name, "*") == 0 ?
		    "any" : key->name);
		enter(way, key, open.buf, "}");
	}
	strbuf_release(&open);
}

static void
test_schema__agrees_with_the_loader(void)
{
	static const struct key *const tables[] = { team_keys, project_keys,
		agent_keys };
	struct way way = { .before = STRBUF_INIT, .after = STRBUF_INIT };
	size_t i;

	root = schema_json();
	for (i = 0; i < nitems(tables); i++) {
		way.table = tables[i];
		walk(&way, tables[i]);
	}
	ok(way.compared > 3000, "%d documents compared", way.compared);
	strbuf_release(&way.before);
	strbuf_release(&way.after);
	json_decref(root);
}

/* Whether a team file is right by all rules, and by the schema. */
static void
judge_team(const char *text, bool *loader, bool *by_schema)
{
	static const struct key anything = { .name = "*", KEY_ANY };
	const struct fake_pair files[] = {
		{ "/team/team-compose.yaml", text },
		{ "/share/runtimes/claude-code.yaml", "binary: claude\n" },
		{ "/share/wrappers/command", "#!/bin/sh\n" },
		{ NULL, NULL },
	};
	struct diags diags = DIAGS_INIT;
	struct fake_source fake;
	struct yaml_doc *doc;
	struct team *team;
	json_t *json;

	fake_init(&fake, files);
	team = compose_load(&fake.source, &diags);
	validate(team, &fake.source, &diags);
	*loader = diags.nr_error == 0;
	compose_free(team);
	doc = yaml_parse("x", text, strlen(text), &diags);
	json = key_json(doc->root, &anything, KEY_RAW);
	*by_schema = accepts(json_object_get(json_object_get(root,
	    "definitions"), "team"), json);
	json_decref(json);
	yaml_doc_free(doc);
	diags_release(&diags);
}

/* Puts a value in the place of %; whether the loader takes the team. */
static bool
compare_team(const char *form, const char *value)
{
	size_t before = strcspn(form, "%");
	char *text = xasprintf("%.*s%s%s", (int)before, form, value,
	    form + before + 1);
	bool loader, by_schema;

	judge_team(text, &loader, &by_schema);
	if (loader != by_schema)
		ok(false, "%s: loader %s, schema %s", text,
		    loader ? "accepts" : "refuses",
		    by_schema ? "accepts" : "refuses");
	free(text);
	return loader;
}

/* % is where a text stands whose form is the business of a rule. */
static void
test_schema__agrees_with_the_rules_for_texts(void)
{
#define A16 "aaaaaaaaaaaaaaaa"
	static const char *const forms[] = { "{version: %}",
		"{version: 2, supervisor: {type: %}}",
		"{version: 2, supervisor: {tmux_prefix: %}}",
		"{version: 2, supervisor: {tmux_socket: %}}",
		"{version: 2, supervisor: {drain_timeout_secs: %}}",
		"{version: 2, broker: {type: %}}",
		"{version: 2, projects: [{id: %, create_cwd: true}]}",
		"{version: 2, projects: [{create_cwd: true, "
		    "project: {id: %}}]}",
		"{version: 2, projects: [{id: p, create_cwd: true, "
		    "workers: {%: {command: x}}}]}",
		"{version: 2, projects: [{id: p, create_cwd: true, "
		    "managers: {%: {command: x}}}]}",
		"{version: 2, defaults: {command: x, environment: {%: 1}}, "
		    "projects: [{id: p, create_cwd: true, agents: {a: }}]}"
	};
	static const char *const values[] = { "2", "'2'", "1", "3", "'3'",
		"2.1", "'2.10.3'", "'2.'", "'2.1.2.3'", "'2.x'", "tmux",
		"systemd", "TMUX", "sqlite", "600", "601", "x", "A_b", "a-b",
		"a.b", "1a", "-a", ".a", "'a b'", "'a:b'", "a/b", "''", "ä",
		A16 A16 A16 A16, A16 A16 A16 A16 "a" };
#undef A16
	size_t i, j;
	int accepted = 0;

	root = schema_json();
	for (i = 0; i < nitems(forms); i++)
		for (j = 0; j < nitems(values); j++)
			accepted += compare_team(forms[i], values[j]);
	ok(accepted > 50, "%d of %zu teams are right", accepted,
	    nitems(forms) * nitems(values));
	json_decref(root);
}

/* An agent with a key, in a team with agents of all names that are tried. */
#define TEAM(channel, key) "{version: 2, defaults: {command: x}, projects: " \
	"[{id: p, create_cwd: true, channels: [{name: c, members: " channel \
	"}], managers: {x: , '2': , '1': , '0': , '1.5': , 'true': , " \
	"TERM: , A_b: , a.b: , " A64 ": }, workers: {w: {" key "}}}]}"
#define AGENT(key) TEAM("[]", key)
#define A8 "aaaaaaaa"
#define A64 A8 A8 A8 A8 A8 A8 A8 A8
#define U8 "ääääääää"
#define U64 U8 U8 U8 U8 U8 U8 U8 U8

struct place {
	const char *text;
	bool is_raw; /* nothing is filled in there */
	bool is_all; /* all that is tried is refused */
};

static const struct place name_places[] = {
	{ .text = TEAM("[%]", "") },
	{ .text = AGENT("can_dm: [%]") },
	{ .text = AGENT("reports_to: %") },
	{ .text = AGENT("depends_on: [%]") },
	{ .text = AGENT("depends_on: {%: }"), .is_raw = true },
	{ .text = AGENT("links: [%]") },
	{ .text = AGENT("links: [{agent: %}]") },
	{ .text = AGENT("monitors: [%]") },
	{ .text = AGENT("monitors: [{agent: %}]") },
};

static const struct place text_places[] = {
	{ .text = TEAM("%", "") },
	{ .text = AGENT("drain: {signal: %}") },
	{ .text = AGENT("command_permissions: {allowed_signals: [%]}") },
	{ .text = AGENT("readiness: {tcp: %}") },
	{ .text = AGENT("health_check: {tcp: %}") },
	{ .text = AGENT("monitors: [{on: %}]"), .is_all = true },
	{ .text = AGENT("readiness: {file: x, tcp: %}"), .is_all = true },
	{ .text = AGENT("readiness: {command: x, pane: %}"), .is_all = true },
	{ .text = AGENT("secrets: [{name: S, from: %}]") },
	{ .text = AGENT("secrets: [{name: S, key: %}]") },
	{ .text = AGENT("environment: {E: {secret_ref: %}}"), .is_raw = true },
	{ .text = AGENT("environment: [%]") },
	{ .text = AGENT("environment: [{name: %}]") },
	{ .text = AGENT("environment: [{name: E, secret_ref: %}]"),
	    .is_raw = true },
	{ .text = AGENT("mcps: {%: {command: x}}"), .is_raw = true },
	{ .text = AGENT("display_name: %") },
	{ .text = AGENT("role_prompt: %") },
	{ .text = AGENT("role_prompt: [x, %]") },
	{ .text = AGENT("command: %") },
	{ .text = AGENT("restart: {within: %}") },
	{ .text = AGENT("logs: {max_size: %}") },
};

/* All values that can be, in each place; a text with a $ is one if raw. */
static void
compare_places(const struct place *places, size_t nr,
    const char *const *values, size_t nr_value)
{
	int accepted;
	size_t i, j;

	for (i = 0; i < nr; i++) {
		for (j = accepted = 0; j < nr_value; j++)
			if (!strchr(values[j], '$') || places[i].is_raw)
				accepted += compare_team(places[i].text,
				    values[j]);
		ok(places[i].is_all ? !accepted : accepted > 0 &&
		    accepted < (int)nr_value, "%d are right: %s", accepted,
		    places[i].text);
	}
}

static void
test_schema__agrees_with_the_rules_for_names(void)
{
	static const char *const names[] = { "x", "2", "1", "0", "-1", "1.5",
		"true", "''", "' '", "'a b'", "'-a'", "'.a'", "'*'",
		"A_b", "a.b", "a/b", "ä", A64, A64 "a", "TERM", "'$'" };
	static const char *const ids[] = { "'p:x'", "'p:1.5'", "'p:'", "':x'",
		"'p:-1'", "'p:x:x'", "'p::x'", "x", "' p:x'" };

	root = schema_json();
	compare_places(name_places, nitems(name_places), names,
	    nitems(names));
	/* Those above can_dm and reports_to stay within the project. */
	compare_places(name_places + 3, nitems(name_places) - 3, ids,
	    nitems(ids));
	ok(!compare_team(AGENT("can_dm: [%]"), "'p:x'") &&
	    !compare_team(AGENT("reports_to: %"), "'p:x'") &&
	    !compare_team(TEAM("[%]", ""), "'p:x'"), "within the project");
	json_decref(root);
}

static void
test_schema__agrees_with_the_rules_for_other_texts(void)
{
	static const char *const texts[] = { "x", "2", "0", "-1", "1.5",
		"true", "null", "''", "' '", "\"\\t\\n\"", "'a b'", "'*'",
		"ä", A64, A64 "a", U64, U64 "ä", "TERM", "SIGTERM", "SIG",
		"'15'", "term", "XTERM", "TERMX", "SIGSIGHUP", "'ABRT|'",
		"'127.0.0.1:1'", "'localhost:65535'", "'1:65536'", "'1:0'",
		"'1:00099'", "':1'", "'1:'", "'[::1]:99'", "'[]:99'", "'h:1'",
		"'localhost.:1'", "'[::1:99'", "'env:X'", "'file:/x'",
		"'cmd:'", "'x:env:X'", "/a", "a/..", "..", "a/../b", "a//b",
		"a/", ".../b", ".x/..x/x..", "'env:../x'", "S", "'${S}'",
		"'a$b'", "X=1", "X=", "=1", "1X=1", "X-Y=1", "team", "10s",
		"10.125s", "10.1255s", "1.MiB", "1.5MiB", "1.1255MiB" };

	root = schema_json();
	compare_places(text_places, nitems(text_places), texts,
	    nitems(texts));
	ok(!compare_team(AGENT("role_prompt: [%]"), "") &&
	    !compare_team(AGENT("readiness: {command: [%]}"), "") &&
	    !compare_team("{version: 2, projects: [{name: %}]}", "x"),
	    "something is missing");
	json_decref(root);
}

static void
check_variables(const struct place *places, size_t nr)
{
	bool loader, by_schema;
	size_t i, before;
	char *text;

	for (i = 0; i < nr; i++) {
		before = strcspn(places[i].text, "%");
		text = xasprintf("%.*s'${V:-x}'%s", (int)before,
		    places[i].text, places[i].text + before + 1);
		judge_team(text, &loader, &by_schema);
		ok(by_schema || places[i].is_raw || places[i].is_all, "%s",
		    text);
		free(text);
	}
}

/* What a text will be is not known to the schema. */
static void
test_schema__takes_variables_where_the_loader_does(void)
{
	root = schema_json();
	check_variables(name_places, nitems(name_places));
	check_variables(text_places, nitems(text_places));
	ok(compare_team(AGENT("display_name: %"), U8 U8 U8 U8 U8 U8 U8
	    "äääääää$$"), "64 characters");
	json_decref(root);
}

#undef TEAM
#undef AGENT
#undef A8
#undef A64
#undef U8
#undef U64

static bool
is_refused(const char *table, const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);
	bool result = !accepts(json_object_get(json_object_get(root,
	    "definitions"), table), json);

	json_decref(json);
	return result;
}

static void
test_schema__this_test_can_fail(void)
{
	root = schema_json();
	ok(is_refused("team", "{}"), "a team without its version");
	ok(is_refused("team", "{\"version\": 2, \"x\": 1}"), "unknown key");
	ok(is_refused("agent", "{\"replicas\": 0}"), "out of range");
	ok(is_refused("agent", "{\"effort\": \"most\"}"), "not of the words");
	ok(!is_refused("agent", "{\"effort\": \"max\", \"x-y\": 1}"), "fine");
	ok(is_refused("project", "{\"workers\": {\"a\": {\"rum\": 1}}}"),
	    "through a reference");
	json_decref(root);
}
