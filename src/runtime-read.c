/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See runtime-read.h.  The key table below is the whole syntax of a
 * descriptor; teamctl-wrapper(7) describes each of its rows.
 */
#include "runtime-read.h"

#include "ere.h"
#include "rules.h"
#include "signame.h"
#include "units.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPEAT = 20, MAX_KEYS = 32 };

void
runtime_wrong_type(struct runtime_load *load, const struct yaml_node *node,
    const char *want)
{
	diag_error(load->diags, yaml_pos(node), RULE_KEY_TYPE,
	    "expected %s, found %s", want, yaml_kind_name(node));
}

/* The text of a scalar that must have one; NULL after a finding. */
static const char *
text_of(struct runtime_load *load, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || yaml_is_null(node) ||
	    !*yaml_text(node)) {
		runtime_wrong_type(load, node, "text that is not empty");
		return NULL;
	}
	return yaml_text(node);
}

/* A list with something in it; a finding when it is something else. */
static bool
is_list(struct runtime_load *load, const struct yaml_node *node)
{
	if (yaml_is_empty(node))
		return false;
	if (node->kind != YAML_LIST)
		runtime_wrong_type(load, node, "a list");
	return node->kind == YAML_LIST;
}

/* A char * at member becomes text, which is taken over. */
static void
set(void *member, char *text)
{
	char **slot = member;

	free(*slot);
	*slot = text;
}

int
runtime_read_name(struct runtime_load *load, const struct yaml_node *node,
    const char *const *names, size_t first, size_t nr, const char *what)
{
	const char *text = node->kind == YAML_SCALAR ? yaml_text(node) : "";
	size_t i;

	for (i = first; i < nr; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	diag_hint_nearest(diag_error(load->diags, yaml_pos(node),
	    RULE_KEY_VALUE, "unknown %s '%s'", what, text), text,
	    names + first, nr - first);
	return -1;
}

void
runtime_read_number(struct runtime_load *load, const struct yaml_node *node,
    int max, int *slot)
{
	struct strbuf want = STRBUF_INIT;
	int64_t n;

	if (yaml_int(node, &n) == 0 && n >= 1 && n <= max) {
		*slot = (int)n;
		return;
	}
	strbuf_addf(&want, "a number from 1 to %d", max);
	runtime_wrong_type(load, node, want.buf);
	strbuf_release(&want);
}

/* Lookup for a check: every variable that exists has a value. */
static const char *
known_variable(void *ctx, const char *name)
{
	size_t i;

	(void)ctx;
	for (i = 0; runtime_variables[i]; i++)
		if (strcmp(runtime_variables[i], name) == 0)
			return "x";
	return NULL;
}

/* text_of, and all ${...} in it are variables that we know. */
static const char *
template_of(struct runtime_load *load, const struct yaml_node *node)
{
	const char *text = text_of(load, node);
	struct strbuf out = STRBUF_INIT;
	struct diag *diag;

	if (text && !runtime_expand(text, known_variable, NULL, &out)) {
		diag = diag_error(load->diags, yaml_pos(node),
		    RULE_RUNTIME_VARIABLE, "'%s' names a variable that "
		    "descriptors do not have", text);
		diag_hint(diag, "${MODEL} and the others of "
		    "teamctl-wrapper(7); $$ is a dollar sign");
		text = NULL;
	}
	strbuf_release(&out);
	return text;
}

void
runtime_read_text(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	const char *text;

	if (node->kind == YAML_SCALAR && yaml_is_null(node))
		return;
	text = text_of(load, node);
	if (text)
		set(member, xstrdup(text));
}

/* A program or script: with a slash it is below the root. */
static void
read_binary(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	const char *text = text_of(load, node);

	if (text)
		set(member, strchr(text, '/') && *text != '/' ?
		    xasprintf("%s/%s", load->source->root, text) :
		    xstrdup(text));
}

static void
read_wrapper(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	const char *text = text_of(load, node);
	char **slot = member;

	if (!text)
		return;
	if (strchr(text, '/'))
		read_binary(load, node, member);
	else
		set(member, xasprintf("%s/wrappers/%s", load->source->share,
		    text));
	if (load->source->kind(load->source->ctx, *slot) != SOURCE_FILE)
		diag_error(load->diags, yaml_pos(node), RULE_RUNTIME_WRAPPER,
		    "there is no wrapper '%s'", *slot);
}

static void
read_bool(struct runtime_load *load, const struct yaml_node *node, void *member)
{
	if (yaml_bool(node, member) != 0)
		runtime_wrong_type(load, node, "true or false");
}

static void
read_mcp_format(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	static const char *const names[] = {
		[MCP_CLAUDE] = "claude",
		[MCP_CODEX] = "codex",
		[MCP_OPENCODE] = "opencode",
	};
	enum mcp_format *slot = member;
	int i = runtime_read_name(load, node, names, 0, nitems(names),
	    "MCP format");

	if (i >= 0)
		*slot = (enum mcp_format)i;
}

static void
read_env(struct runtime_load *load, const struct yaml_node *node, void *member)
{
	const struct yaml_node *key;
	struct strvec *env = member;
	const char *text;
	size_t i;

	if (yaml_is_empty(node))
		return;
	if (node->kind != YAML_MAP) {
		runtime_wrong_type(load, node, "a mapping");
		return;
	}
	for (i = 0; i < node->nr; i++) {
		key = yaml_key(node, i);
		if (key->kind != YAML_SCALAR ||
		    !units_is_env_name(yaml_text(key))) {
			diag_error(load->diags, yaml_pos(key), RULE_KEY_TYPE,
			    "not a variable name");
			continue;
		}
		text = template_of(load, yaml_value(node, i));
		if (text)
			strvec_pushf(env, "%s=%s", yaml_text(key), text);
	}
}

/* One word, or a list of words that belong together. */
static void
read_arg(struct runtime_load *load, const struct yaml_node *node,
    struct strvec *group)
{
	const char *text;
	size_t i;

	memset(group, 0, sizeof(*group));
	if (node->kind != YAML_LIST) {
		text = template_of(load, node);
		if (text)
			strvec_push(group, text);
		return;
	}
	for (i = 0; i < node->nr; i++) {
		text = template_of(load, node->item[i]);
		if (text)
			strvec_push(group, text);
	}
}

void
runtime_release_args(struct runtime *rt)
{
	size_t i;

	for (i = 0; i < rt->nr_arg; i++)
		strvec_release(&rt->args[i]);
	free(rt->args);
	rt->args = NULL;
	rt->nr_arg = 0;
}

static void
read_args(struct runtime_load *load, const struct yaml_node *node, void *member)
{
	size_t i;

	(void)member;
	if (!is_list(load, node))
		return;
	runtime_release_args(load->rt);
	load->rt->args = xcalloc(node->nr, sizeof(*load->rt->args));
	for (i = 0; i < node->nr; i++)
		read_arg(load, node->item[i], &load->rt->args[i]);
	load->rt->nr_arg = node->nr;
}

/* A word or a list of words. */
static void
read_words(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	struct strvec *words = member;
	const char *text;
	size_t i;

	strvec_release(words);
	if (node->kind == YAML_SCALAR && !yaml_is_empty(node)) {
		text = text_of(load, node);
		if (text)
			strvec_push(words, text);
		return;
	}
	if (!is_list(load, node))
		return;
	for (i = 0; i < node->nr; i++) {
		text = text_of(load, node->item[i]);
		if (text)
			strvec_push(words, text);
	}
}

/*
 * The original writes its patterns for Rust; they are matched without regard
 * to case here, so its "(?i)" goes.  A pattern that POSIX cannot read is said
 * and left out.
 */
static const char *
check_pattern(struct runtime_load *load, const struct yaml_node *node,
    const char *pattern)
{
	char why[128];

	if (str_starts(pattern, "(?i)"))
		pattern += strlen("(?i)");
	if (load->bundled)
		return pattern;
	if (ere_check(pattern, REG_ICASE, why, sizeof(why)))
		return pattern;
	diag_warning(load->diags, yaml_pos(node), RULE_PATTERN,
	    "'%.60s' is not a POSIX extended regular expression and is left "
	    "out: %s", pattern, why);
	return NULL;
}

void
runtime_read_patterns(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	struct strvec words = STRVEC_INIT, *patterns = member;
	const struct yaml_node *place;
	const char *pattern;
	size_t i;

	read_words(load, node, &words);
	strvec_release(patterns);
	for (i = 0; i < words.nr; i++) {
		place = node->kind == YAML_LIST && words.nr == node->nr ?
		    node->item[i] : node;
		pattern = check_pattern(load, place, words.v[i]);
		if (pattern)
			strvec_push(patterns, pattern);
	}
	strvec_release(&words);
}

void
runtime_read_pattern(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	const char *text = text_of(load, node);

	if (text)
		set(member, xstrdup_null(check_pattern(load, node, text)));
}

static char *
read_capture(struct runtime_load *load, const struct yaml_node *item,
    const char *key)
{
	const struct yaml_node *node = yaml_get(item, key);
	const char *text;

	if (!node || (node->kind == YAML_SCALAR && yaml_is_null(node)))
		return NULL;
	text = text_of(load, node);
	return text ? xstrdup_null(check_pattern(load, node, text)) : NULL;
}

void
runtime_release_rate_limits(struct runtime *rt)
{
	size_t i;

	for (i = 0; i < rt->nr_rate_limit; i++) {
		free(rt->rate_limits[i].match);
		free(rt->rate_limits[i].resets_at);
		free(rt->rate_limits[i].resets_in);
	}
	free(rt->rate_limits);
	rt->rate_limits = NULL;
	rt->nr_rate_limit = 0;
}

static void
read_rate_limits(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	struct runtime *rt = load->rt;
	struct rate_limit_pattern *limit;
	const struct yaml_node *item;
	size_t i;

	(void)member;
	if (!is_list(load, node))
		return;
	runtime_release_rate_limits(rt);
	rt->rate_limits = xcalloc(node->nr, sizeof(*rt->rate_limits));
	for (i = 0; i < node->nr; i++) {
		item = node->item[i];
		if (!yaml_get(item, "match")) {
			diag_error(load->diags, yaml_pos(item),
			    RULE_KEY_REQUIRED, "a rate limit needs 'match'");
			continue;
		}
		limit = &rt->rate_limits[rt->nr_rate_limit];
		limit->match = read_capture(load, item, "match");
		if (!limit->match)
			continue;
		limit->resets_at = read_capture(load, item,
		    "resets_at_capture");
		limit->resets_in = read_capture(load, item,
		    "resets_in_capture");
		rt->nr_rate_limit++;
	}
}

void
runtime_read_duration(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	int64_t ms;

	if (node->kind == YAML_SCALAR &&
	    units_parse_duration(yaml_text(node), &ms) == 0 && ms > 0)
		memcpy(member, &ms, sizeof(ms));
	else
		runtime_wrong_type(load, node, "a duration such as 300ms");
}

static void
read_repeat(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	runtime_read_number(load, node, MAX_REPEAT, member);
}

static void
read_signal(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	const char *text = text_of(load, node);
	int *slot = member;

	if (!text)
		return;
	*slot = signame_parse(text);
	if (!*slot)
		diag_hint(diag_error(load->diags, yaml_pos(node),
		    RULE_SIGNAL, "unknown signal '%s'", text),
		    "a name such as TERM or INT");
}

static void read_drain(struct runtime_load *load, const struct yaml_node *node,
    void *member);

#define KEY(name, read, member)                                               \
	{ name, read, offsetof(struct runtime, member) }

static const struct runtime_key descriptor_keys[] = {
	KEY("binary", read_binary, binary),
	KEY("supports_mcp", read_bool, supports_mcp),
	KEY("session_resume", runtime_read_text, session_resume),
	KEY("default_model", runtime_read_text, default_model),
	KEY("env", read_env, env),
	KEY("rate_limit_patterns", read_rate_limits, rate_limits),
	KEY("package", runtime_read_text, package),
	KEY("wrapper", read_wrapper, wrapper),
	KEY("args", read_args, args),
	KEY("mcp_format", read_mcp_format, mcp_format),
	KEY("drain", read_drain, drain_keys),
	KEY("ready_patterns", runtime_read_patterns, ready_patterns),
	KEY("waiting_patterns", runtime_read_patterns, waiting_patterns),
	KEY("screens", runtime_read_screens, screens),
	KEY("classifier", read_words, classifier),
	KEY("classifier_timeout", runtime_read_duration,
	    classifier_timeout_ms),
};

static const struct runtime_key drain_table[] = {
	KEY("keys", read_words, drain_keys),
	KEY("repeat", read_repeat, drain_repeat),
	KEY("gap", runtime_read_duration, drain_gap_ms),
	KEY("timeout", runtime_read_duration, drain_timeout_ms),
	KEY("signal", read_signal, drain_signal),
	KEY("kill_after", runtime_read_duration, drain_kill_after_ms),
};

static void
unknown_key(struct runtime_load *load, const struct yaml_node *key,
    const struct runtime_key *table, size_t nr)
{
	const char *names[MAX_KEYS];
	struct diag *diag;
	size_t i;

	if (key->kind != YAML_SCALAR) {
		runtime_wrong_type(load, key, "a key");
		return;
	}
	for (i = 0; i < nr && i < nitems(names); i++)
		names[i] = table[i].name;
	diag = diag_warning(load->diags, yaml_pos(key), RULE_UNKNOWN_KEY,
	    "unknown key '%s' in a runtime descriptor", yaml_text(key));
	diag_hint_nearest(diag, yaml_text(key), names, i);
}

void
runtime_read_map(struct runtime_load *load, const struct yaml_node *map,
    const struct runtime_key *table, size_t nr, void *base)
{
	const struct yaml_node *key;
	size_t i, j;

	if (map->kind != YAML_MAP) {
		runtime_wrong_type(load, map, "a mapping");
		return;
	}
	for (i = 0; i < map->nr; i++) {
		key = yaml_key(map, i);
		for (j = 0; j < nr; j++)
			if (key->kind == YAML_SCALAR &&
			    strcmp(table[j].name, yaml_text(key)) == 0)
				break;
		if (j == nr)
			unknown_key(load, key, table, nr);
		else
			table[j].read(load, yaml_value(map, i),
			    (char *)base + table[j].offset);
	}
}

static void
read_drain(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	(void)member;
	if (!yaml_is_empty(node))
		runtime_read_map(load, node, drain_table,
		    nitems(drain_table), load->rt);
}

void
runtime_read(struct runtime_load *load, const struct yaml_node *map)
{
	runtime_read_map(load, map, descriptor_keys,
	    nitems(descriptor_keys), load->rt);
}
