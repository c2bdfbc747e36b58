/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See runtime-read.h.  Here: the key `screens` of a descriptor, which
 * activity.c works with, and the names of its verdicts.
 */
#include "runtime-read.h"

#include "rules.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RULES = 100, MAX_LAST = 200 };

static const char *const activity_names[ACTIVITY_NR] = {
	[ACTIVITY_UNKNOWN] = "unknown",
	[ACTIVITY_WORKING] = "working",
	[ACTIVITY_IDLE] = "idle",
	[ACTIVITY_WAITING] = "waiting",
	[ACTIVITY_RATE_LIMITED] = "rate_limited",
	[ACTIVITY_ERROR] = "error",
	[ACTIVITY_DONE] = "done",
};

static const char *const wait_names[WAIT_NR] = {
	[WAIT_NONE] = "none",
	[WAIT_PERMISSION] = "permission",
	[WAIT_CHOICE] = "choice",
	[WAIT_QUESTION] = "question",
	[WAIT_TRUST] = "trust",
	[WAIT_LOGIN] = "login",
};

static const char *const answer_names[ANSWER_NR] = {
	[ANSWER_UNSAID] = "",
	[ANSWER_KEYS] = "keys",
	[ANSWER_SIDEWAYS] = "sideways",
	[ANSWER_NUMBER] = "number",
	[ANSWER_LINE] = "line",
};

const char *
activity_name(enum activity activity)
{
	return activity_names[activity];
}

const char *
wait_kind_name(enum wait_kind kind)
{
	return wait_names[kind];
}

enum activity
activity_parse_name(const char *name)
{
	int i;

	for (i = ACTIVITY_UNKNOWN; i < ACTIVITY_NR; i++)
		if (str_eq(name, activity_names[i]))
			return (enum activity)i;
	return ACTIVITY_UNKNOWN;
}

enum wait_kind
wait_kind_parse(const char *name)
{
	int i;

	for (i = WAIT_NONE; i < WAIT_NR; i++)
		if (str_eq(name, wait_names[i]))
			return (enum wait_kind)i;
	return WAIT_NONE;
}

static void
read_verdict(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	enum activity *slot = member;
	int i = runtime_read_name(load, node, activity_names, ACTIVITY_UNKNOWN,
	    ACTIVITY_NR, "verdict");

	if (i >= 0)
		*slot = (enum activity)i;
}

static void
read_kind(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	enum wait_kind *slot = member;
	int i = runtime_read_name(load, node, wait_names, WAIT_PERMISSION,
	    WAIT_NR, "kind of waiting");

	if (i >= 0)
		*slot = (enum wait_kind)i;
}

static void
read_answer(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	enum answer_how *slot = member;
	int i = runtime_read_name(load, node, answer_names, ANSWER_KEYS,
	    ANSWER_NR, "way to answer");

	if (i >= 0)
		*slot = (enum answer_how)i;
}

static void
read_last(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	runtime_read_number(load, node, MAX_LAST, member);
}

static void
read_confidence(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	runtime_read_number(load, node, 100, member);
}

#define KEY(name, read, member)                                               \
	{ name, read, offsetof(struct screen_rule, member) }

static const struct runtime_key screen_keys[] = {
	KEY("name", runtime_read_text, name),
	KEY("verdict", read_verdict, verdict),
	KEY("kind", read_kind, kind),
	KEY("match", runtime_read_patterns, match),
	KEY("unless", runtime_read_patterns, unless),
	KEY("last", read_last, last),
	KEY("confidence", read_confidence, confidence),
	KEY("fresh", runtime_read_duration, fresh_ms),
	KEY("until", runtime_read_pattern, until),
	KEY("question", runtime_read_pattern, question),
	KEY("options", runtime_read_pattern, options),
	KEY("selected", runtime_read_pattern, selected),
	KEY("answer", read_answer, answer),
	KEY("input", runtime_read_pattern, input),
};

static void
release_rule(struct screen_rule *rule)
{
	free(rule->name);
	strvec_release(&rule->match);
	strvec_release(&rule->unless);
	free(rule->until);
	free(rule->question);
	free(rule->options);
	free(rule->selected);
	free(rule->input);
}

void
runtime_release_screens(struct runtime *rt)
{
	size_t i;

	for (i = 0; i < rt->nr_screen; i++)
		release_rule(&rt->screens[i]);
	free(rt->screens);
	rt->screens = NULL;
	rt->nr_screen = 0;
}

/* A rule without what it needs says nothing: it is told, and left out. */
static bool
is_complete(struct runtime_load *load, const struct yaml_node *item,
    const struct screen_rule *rule)
{
	static const char *const needed[] = { "name", "verdict", "match" };
	size_t i;

	if (item->kind != YAML_MAP)
		return false;
	for (i = 0; i < nitems(needed); i++)
		if (!yaml_get(item, needed[i]))
			diag_error(load->diags, yaml_pos(item),
			    RULE_KEY_REQUIRED, "a rule of 'screens' needs "
			    "'%s'", needed[i]);
	if ((rule->verdict == ACTIVITY_WAITING) != (rule->kind != WAIT_NONE))
		diag_error(load->diags, yaml_pos(item), RULE_KEY_VALUE,
		    "'kind' goes with the verdict 'waiting', and it with "
		    "'kind'");
	return rule->name && rule->match.nr;
}

void
runtime_read_screens(struct runtime_load *load, const struct yaml_node *node,
    void *member)
{
	struct runtime *rt = load->rt;
	struct screen_rule *rule;
	size_t i;

	(void)member;
	runtime_release_screens(rt);
	if (yaml_is_empty(node))
		return;
	if (node->kind != YAML_LIST || node->nr > MAX_RULES) {
		runtime_wrong_type(load, node, "a list of at most 100 rules");
		return;
	}
	rt->screens = xcalloc(node->nr, sizeof(*rt->screens));
	for (i = 0; i < node->nr; i++) {
		rule = &rt->screens[rt->nr_screen];
		runtime_read_map(load, node->item[i], screen_keys,
		    nitems(screen_keys), rule);
		if (is_complete(load, node->item[i], rule)) {
			rt->nr_screen++;
		} else {
			release_rule(rule);
			memset(rule, 0, sizeof(*rule));
		}
	}
}
