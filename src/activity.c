/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See activity.h.
 */
#include "activity.h"

#include "bottom.h"
#include "pattern.h"
#include "signame.h"
#include "told.h"

#include <stdlib.h>
#include <string.h>

enum {
	PATTERN_CONFIDENCE = 70,
	VAGUE_CONFIDENCE = ACTIVITY_UNSURE,
	STILL_CONFIDENCE = 40,
	LIMITS_LAST = 8, /* lines, for rate_limit_patterns beside rules */
	MAX_OPTIONS = 20,
};

/* A rule as it is tried. */
struct rule {
	const char *name;
	enum activity verdict;
	enum wait_kind kind;
	int last, confidence;
	int64_t fresh_ms;
	struct pattern *match, *unless;
	size_t nr_match, nr_unless;
	/* resets_in is of rate_limit_patterns. */
	struct pattern until, resets_in, question, options, selected, input;
	enum answer_how answer;
};

struct activity_rules {
	struct rule *rules;
	size_t nr, alloc;
};

/* ---- the rules of a descriptor */

static size_t
add_all(const struct strvec *texts, struct pattern **out)
{
	size_t i;

	*out = xcalloc(texts->nr, sizeof(**out));
	for (i = 0; i < texts->nr; i++)
		pattern_init(&(*out)[i], texts->v[i]);
	return texts->nr;
}

static void
add_match(struct rule *rule, const char *text)
{
	rule->match = xcalloc(1, sizeof(*rule->match));
	pattern_init(rule->match, text);
	rule->nr_match = 1;
}

static struct rule *
add_rule(struct activity_rules *rules, const char *name,
    enum activity verdict)
{
	struct rule *rule;

	ARRAY_GROW(rules->rules, rules->nr, rules->alloc);
	rule = &rules->rules[rules->nr++];
	memset(rule, 0, sizeof(*rule));
	rule->name = name;
	rule->verdict = verdict;
	rule->last = ACTIVITY_LAST;
	rule->confidence = PATTERN_CONFIDENCE;
	return rule;
}

static void
add_screen(struct activity_rules *rules, const struct screen_rule *from)
{
	struct rule *rule = add_rule(rules, from->name, from->verdict);

	rule->kind = from->kind;
	if (from->last)
		rule->last = from->last;
	rule->confidence = from->confidence ? from->confidence :
	    ACTIVITY_CONFIDENCE;
	rule->fresh_ms = from->fresh_ms;
	rule->nr_match = add_all(&from->match, &rule->match);
	rule->nr_unless = add_all(&from->unless, &rule->unless);
	pattern_init(&rule->until, from->until);
	pattern_init(&rule->question, from->question);
	pattern_init(&rule->options, from->options);
	pattern_init(&rule->selected, from->selected);
	pattern_init(&rule->input, from->input);
	rule->answer = from->answer;
}

/* A rule for each of some patterns that stand for themselves. */
static void
add_patterns(struct activity_rules *rules, const char *name,
    enum activity verdict, const struct strvec *patterns)
{
	struct rule *rule;
	size_t i;

	for (i = 0; i < patterns->nr; i++) {
		rule = add_rule(rules, name, verdict);
		if (verdict == ACTIVITY_WAITING)
			rule->kind = WAIT_CHOICE;
		add_match(rule, patterns->v[i]);
	}
}

static void
add_limits(struct activity_rules *rules, const struct runtime *runtime,
    int last)
{
	const struct rate_limit_pattern *from;
	struct rule *rule;
	size_t i;

	for (i = 0; i < runtime->nr_rate_limit; i++) {
		from = &runtime->rate_limits[i];
		rule = add_rule(rules, "rate_limit_patterns",
		    ACTIVITY_RATE_LIMITED);
		rule->last = last;
		add_match(rule, from->match);
		pattern_init(&rule->until, from->resets_at);
		pattern_init(&rule->resets_in, from->resets_in);
	}
}

static void
add_screens(struct activity_rules *rules, const struct runtime *runtime,
    bool idle)
{
	size_t i;

	for (i = 0; i < runtime->nr_screen; i++)
		if ((runtime->screens[i].verdict == ACTIVITY_IDLE) == idle)
			add_screen(rules, &runtime->screens[i]);
}

struct activity_rules *
activity_rules_new(const struct runtime *runtime)
{
	struct activity_rules *rules = xcalloc(1, sizeof(*rules));

	if (!runtime)
		return rules;
	if (runtime->nr_screen) {
		add_screens(rules, runtime, false);
		add_screens(rules, runtime, true);
		add_limits(rules, runtime, LIMITS_LAST);
		return rules;
	}
	add_patterns(rules, "waiting_patterns", ACTIVITY_WAITING,
	    &runtime->waiting_patterns);
	add_limits(rules, runtime, ACTIVITY_LAST);
	add_patterns(rules, "ready_patterns", ACTIVITY_IDLE,
	    &runtime->ready_patterns);
	return rules;
}

static void
release_rule(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->nr_match; i++)
		pattern_release(&rule->match[i]);
	for (i = 0; i < rule->nr_unless; i++)
		pattern_release(&rule->unless[i]);
	free(rule->match);
	free(rule->unless);
	pattern_release(&rule->until);
	pattern_release(&rule->resets_in);
	pattern_release(&rule->question);
	pattern_release(&rule->options);
	pattern_release(&rule->selected);
	pattern_release(&rule->input);
}

void
activity_rules_free(struct activity_rules *rules)
{
	size_t i;

	if (!rules)
		return;
	for (i = 0; i < rules->nr; i++)
		release_rule(&rules->rules[i]);
	free(rules->rules);
	free(rules);
}

/* ---- matching */

static bool
rule_hits(struct rule *rule, const struct bottom_window *window,
    struct hit *hit)
{
	size_t i;

	for (i = 0; i < rule->nr_match; i++)
		if (!pattern_may_match(&rule->match[i], window->lower))
			return false;
	for (i = 0; i < rule->nr_match; i++)
		if (!pattern_find_last(&rule->match[i], window->text,
		    window->lower, i == 0 ? hit : NULL))
			return false;
	for (i = 0; i < rule->nr_unless; i++)
		if (pattern_find_last(&rule->unless[i], window->text,
		    window->lower, NULL))
			return false;
	return true;
}

/* ---- what a match tells */

static void
read_options(struct rule *rule, const char *text,
    struct activity_verdict *verdict)
{
	struct hit hit, mark;
	char *line;

	while (*text && verdict->options.nr < MAX_OPTIONS &&
	    pattern_find(&rule->options, text, &hit) && hit.to > hit.from) {
		line = bottom_line_around(text, hit.from);
		if (verdict->default_option < 0 &&
		    pattern_find(&rule->selected, line, &mark))
			verdict->default_option = (int)verdict->options.nr;
		strvec_take(&verdict->options, bottom_unframed(hit.group,
		    hit.group_to));
		free(line);
		text = hit.to;
	}
}

/* Without the sign that agents put before what they say. */
static char *
without_bullet(char *text)
{
	static const char *const bullets[] = { "\xe2\x97\x8f", "\xe2\x80\xa2",
		"\xe2\x9c\xa6" }; /* U+25CF, U+2022, U+2726 */
	char *rest;
	size_t i;

	for (i = 0; i < nitems(bullets); i++) {
		if (!str_starts(text, bullets[i]))
			continue;
		rest = bottom_unframed(text + strlen(bullets[i]),
		    text + strlen(text));
		free(text);
		return rest;
	}
	return text;
}

static void
read_question(struct rule *rule, const struct bottom_window *window,
    struct activity_verdict *verdict)
{
	const char *text = window->text;
	struct hit hit;

	if (pattern_find_last(&rule->question, text, window->lower, &hit)) {
		verdict->question = without_bullet(bottom_unframed(hit.group,
		    hit.group_to));
		text = hit.group_to;
	} else {
		verdict->question = xstrdup(verdict->line);
	}
	read_options(rule, text, verdict);
}

/* When it ends, from the lines that the rule looks at; 0: not told. */
static int64_t
read_until(struct rule *rule, const struct bottom_window *window,
    int64_t from_ms, int utc_offset_s)
{
	int64_t ms = 0;
	struct hit hit;
	char *told;

	if (pattern_find_last(&rule->until, window->text, window->lower,
	    &hit)) {
		told = xstrndup(hit.group, (size_t)(hit.group_to - hit.group));
		if (!told_parse_clock(told, from_ms, utc_offset_s, &ms))
			told_parse_span(told, from_ms, &ms);
		free(told);
	}
	if (!ms && pattern_find_last(&rule->resets_in, window->text,
	    window->lower, &hit)) {
		told = xstrndup(hit.group, (size_t)(hit.group_to - hit.group));
		told_parse_span(told, from_ms, &ms);
		free(told);
	}
	return ms;
}

static int64_t
limit_until(struct rule *rule, const struct bottom_window *window,
    const char *line, const struct activity_sight *sight,
    const struct activity_verdict *before)
{
	int64_t from_ms = sight->changed_ms ? sight->changed_ms :
	    sight->now_ms;

	if (before && before->until_ms && str_eq(before->line, line))
		return before->until_ms;
	return read_until(rule, window, from_ms, sight->utc_offset_s);
}

/*
 * A limit whose time has passed is none any more, whatever the screen still
 * shows.  The patterns of the original look at prose, too: without a time that
 * they could have told they are less sure.
 */
static bool
take_limit(struct rule *rule, const struct bottom_window *window,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	verdict->until_ms = limit_until(rule, window, verdict->line, sight,
	    before);
	if (verdict->until_ms && verdict->until_ms <= sight->now_ms)
		return false;
	verdict->recheck_ms = verdict->until_ms;
	if (!verdict->until_ms && rule->resets_in.text)
		verdict->confidence = VAGUE_CONFIDENCE;
	return true;
}

static bool
is_stale(struct rule *rule, const struct activity_sight *sight)
{
	return rule->fresh_ms && sight->changed_ms &&
	    sight->now_ms - sight->changed_ms > rule->fresh_ms;
}

/* True when this rule decides. */
static bool
try_rule(struct rule *rule, const struct bottom *bottom,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	const struct bottom_window window = bottom_window(bottom, rule->last);
	struct hit hit;

	if (is_stale(rule, sight) || !rule->nr_match ||
	    !rule_hits(rule, &window, &hit))
		return false;
	verdict->activity = rule->verdict;
	verdict->kind = rule->kind;
	verdict->answer = rule->answer;
	verdict->confidence = rule->confidence;
	verdict->rule = xstrdup(rule->name);
	verdict->line = bottom_line_around(window.text, hit.from);
	if (rule->fresh_ms && sight->changed_ms)
		verdict->recheck_ms = sight->changed_ms + rule->fresh_ms + 1;
	if (rule->verdict == ACTIVITY_RATE_LIMITED &&
	    !take_limit(rule, &window, sight, before, verdict)) {
		activity_verdict_release(verdict);
		return false;
	}
	if (rule->verdict == ACTIVITY_WAITING)
		read_question(rule, &window, verdict);
	return true;
}

/* ---- the verdict */

static void
tell_end(const struct activity_sight *sight, struct activity_verdict *verdict)
{
	bool is_known = sight->signal || sight->exit_code >= 0;

	if (!is_known && !sight->is_asked)
		return;
	verdict->rule = xstrdup("ended");
	verdict->confidence = 100;
	if (sight->is_asked || (is_known && !sight->signal &&
	    sight->exit_code == 0))
		verdict->activity = ACTIVITY_DONE;
	else
		verdict->activity = ACTIVITY_ERROR;
	if (sight->signal)
		verdict->line = xasprintf("signal %d (%s)", sight->signal,
		    signame(sight->signal));
	else if (is_known)
		verdict->line = xasprintf("exit %d", sight->exit_code);
}

static void
decide_dead(struct activity_rules *rules, const struct bottom *bottom,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	size_t i;

	tell_end(sight, verdict);
	if (verdict->activity == ACTIVITY_DONE)
		return;
	for (i = 0; i < rules->nr; i++) {
		struct activity_verdict limit = ACTIVITY_VERDICT_INIT;

		if (rules->rules[i].verdict == ACTIVITY_RATE_LIMITED &&
		    try_rule(&rules->rules[i], bottom, sight, before,
		    &limit)) {
			activity_verdict_release(verdict);
			*verdict = limit;
			return;
		}
		activity_verdict_release(&limit);
	}
}

static void
decide_alive(struct activity_rules *rules, const struct bottom *bottom,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	size_t i;

	for (i = 0; i < rules->nr; i++)
		if (try_rule(&rules->rules[i], bottom, sight, before, verdict))
			return;
	if (!sight->changed_ms)
		return;
	if (sight->now_ms - sight->changed_ms >= ACTIVITY_STILL_MS) {
		verdict->activity = ACTIVITY_IDLE;
		verdict->confidence = STILL_CONFIDENCE;
		verdict->rule = xstrdup("still");
	} else {
		verdict->recheck_ms = sight->changed_ms + ACTIVITY_STILL_MS;
	}
}

char *
activity_input(struct activity_rules *rules, const char *screen,
    char **above)
{
	struct bottom_window window;
	struct rule *rule;
	struct bottom bottom;
	struct hit hit, typed;
	char *input = NULL;
	size_t i;

	*above = NULL;
	bottom_init(&bottom, screen);
	for (i = 0; i < rules->nr && !input; i++) {
		rule = &rules->rules[i];
		window = bottom_window(&bottom, rule->last);
		if (rule->verdict != ACTIVITY_IDLE ||
		    !rule_hits(rule, &window, &hit))
			continue;
		if (pattern_find_last(&rule->input, window.text, window.lower,
		    &typed))
			hit = typed;
		else
			hit.group_to = (hit.group = hit.from) +
			    strlen(hit.from);
		input = xstrndup(hit.group, (size_t)(hit.group_to -
		    hit.group));
		*above = xstrndup(bottom.text.buf, (size_t)(hit.from -
		    bottom.text.buf));
	}
	bottom_release(&bottom);
	return input;
}

bool
activity_is_same(const struct activity_verdict *a,
    const struct activity_verdict *b)
{
	return a->activity == b->activity && a->kind == b->kind &&
	    str_eq(a->question, b->question);
}

/* What works moves all the time: its last movement is not when it began. */
static int64_t
since(const struct activity_sight *sight,
    const struct activity_verdict *before,
    const struct activity_verdict *verdict)
{
	if (before && activity_is_same(before, verdict))
		return before->since_ms;
	if (verdict->activity != ACTIVITY_WORKING && sight->changed_ms)
		return sight->changed_ms;
	return before ? sight->now_ms : 0;
}

void
activity_decide(struct activity_rules *rules,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	struct bottom bottom;

	activity_verdict_release(verdict);
	bottom_init(&bottom, sight->screen ? sight->screen : "");
	if (sight->is_dead)
		decide_dead(rules, &bottom, sight, before, verdict);
	else
		decide_alive(rules, &bottom, sight, before, verdict);
	verdict->since_ms = since(sight, before, verdict);
	bottom_release(&bottom);
}

void
activity_verdict_release(struct activity_verdict *verdict)
{
	free(verdict->rule);
	free(verdict->line);
	free(verdict->question);
	strvec_release(&verdict->options);
	*verdict = (struct activity_verdict)ACTIVITY_VERDICT_INIT;
}
