/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See activity.h.
 */
#include "activity.h"

#include "signame.h"
#include "strbuf.h"
#include "told.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_CONFIDENCE = 70, VAGUE_CONFIDENCE = ACTIVITY_UNSURE, STILL_CONFIDENCE = 40,
	MAX_OPTIONS = 20,
	LIMITS_LAST = 8 };

/* A rule as it is tried. */
struct rule {
	const char *name;
	enum activity verdict;
	enum wait_kind kind;
	int last, confidence;
	int64_t fresh_ms;
	regex_t *match, *unless;
	size_t nr_match, nr_unless;
	bool is_broken;
	/* Each may be missing; resets_in is of rate_limit_patterns. */
	regex_t *until, *resets_in, *question, *options, *selected;
};

struct activity_rules {
	struct rule *rules;
	size_t nr, alloc;
};

/* ---- compiling */

static regex_t *
compile(const char *pattern)
{
	regex_t *re;

	if (!pattern)
		return NULL;
	re = xcalloc(1, sizeof(*re));
	if (regcomp(re, pattern, REG_EXTENDED | REG_ICASE | REG_NEWLINE) == 0)
		return re;
	free(re);
	return NULL;
}

static void
release(regex_t *re)
{
	if (re)
		regfree(re);
	free(re);
}

/* Those of them that compile; the descriptor's check has named the others. */
static size_t
compile_all(const struct strvec *patterns, regex_t **out)
{
	size_t i, nr = 0;

	*out = xcalloc(patterns->nr, sizeof(**out));
	for (i = 0; i < patterns->nr; i++)
		if (regcomp(&(*out)[nr], patterns->v[i], REG_EXTENDED |
		    REG_ICASE | REG_NEWLINE) == 0)
			nr++;
	return nr;
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
	rule->nr_match = compile_all(&from->match, &rule->match);
	rule->nr_unless = compile_all(&from->unless, &rule->unless);
	rule->until = compile(from->until);
	rule->question = compile(from->question);
	rule->options = compile(from->options);
	rule->selected = compile(from->selected);
	/* Without all that it asks for it would say too much. */
	rule->is_broken = rule->nr_match < from->match.nr;
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
		rule->match = compile(patterns->v[i]);
		rule->nr_match = rule->match != NULL;
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
		rule->match = compile(from->match);
		rule->nr_match = rule->match != NULL;
		rule->until = compile(from->resets_at);
		rule->resets_in = compile(from->resets_in);
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
		regfree(&rule->match[i]);
	for (i = 0; i < rule->nr_unless; i++)
		regfree(&rule->unless[i]);
	free(rule->match);
	free(rule->unless);
	release(rule->until);
	release(rule->resets_in);
	release(rule->question);
	release(rule->options);
	release(rule->selected);
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

/* ---- the bottom of a screen */

enum { KEPT_LINES = 200 };

/* Its last lines that are not blank, without blanks at their ends. */
struct bottom {
	struct strbuf text;
	size_t start[KEPT_LINES]; /* of lines in text */
	size_t nr;
};

/* The end of a line without the blanks there. */
static const char *
line_end(const char *from, const char *to)
{
	while (to > from && (to[-1] == ' ' || to[-1] == '\t' ||
	    to[-1] == '\r'))
		to--;
	return to;
}

static void
bottom_init(struct bottom *bottom, const char *screen)
{
	const char *from = screen + strlen(screen), *to, *end;
	struct { const char *from, *to; } lines[KEPT_LINES];
	size_t i, nr = 0;

	while (from > screen && nr < KEPT_LINES) {
		to = from;
		while (from > screen && from[-1] != '\n')
			from--;
		end = line_end(from, to);
		if (end > from) {
			lines[nr].from = from;
			lines[nr++].to = end;
		}
		if (from > screen)
			from--;
	}
	strbuf_init(&bottom->text);
	bottom->nr = nr;
	for (i = 0; i < nr; i++) {
		bottom->start[i] = bottom->text.len;
		strbuf_add(&bottom->text, lines[nr - 1 - i].from,
		    (size_t)(lines[nr - 1 - i].to - lines[nr - 1 - i].from));
		strbuf_addch(&bottom->text, '\n');
	}
}

/* The last so many lines. */
static const char *
bottom_lines(const struct bottom *bottom, int last)
{
	size_t n = (size_t)last;

	if (bottom->nr == 0)
		return "";
	return bottom->text.buf +
	    bottom->start[n < bottom->nr ? bottom->nr - n : 0];
}

/* ---- matching */

enum { MAX_GROUP = 2 };

struct hit {
	const char *from, *to;       /* of the match */
	const char *group, *group_to; /* of its group 1, or of all of it */
};

static bool
hit_at(const regex_t *re, const char *text, struct hit *hit)
{
	regmatch_t m[MAX_GROUP];
	int group;

	if (regexec(re, text, MAX_GROUP, m, 0) != 0)
		return false;
	group = re->re_nsub > 0 && m[1].rm_so >= 0 ? 1 : 0;
	hit->from = text + m[0].rm_so;
	hit->to = text + m[0].rm_eo;
	hit->group = text + m[group].rm_so;
	hit->group_to = text + m[group].rm_eo;
	return true;
}

/* The match that begins on the lowest line. */
static bool
last_hit(const regex_t *re, const char *text, struct hit *hit)
{
	bool found = false;

	/* hit_at leaves it alone when there is nothing. */
	while (*text && hit_at(re, text, hit)) {
		found = true;
		text = hit->from + strcspn(hit->from, "\n");
		if (*text)
			text++;
	}
	return found;
}

/* Blanks, box drawing and block elements: U+2500 to U+259F. */
static size_t
frame_at(const char *p, const char *end)
{
	if (*p == ' ' || *p == '\t' || *p == '\n')
		return 1;
	if (end - p >= 3 && p[0] == '\xe2' && (p[1] == '\x94' ||
	    p[1] == '\x95' || (p[1] == '\x96' && p[2] < '\xa0')))
		return 3;
	return 0;
}

/* Text on one line, without the frame around it and around its lines. */
static char *
unframed(const char *from, const char *to)
{
	struct strbuf text = STRBUF_INIT;
	size_t n;

	while (from < to && (n = frame_at(from, to)) > 0)
		from += n;
	while (from < to && (frame_at(to - 1, to) == 1 ||
	    (to - from >= 3 && frame_at(to - 3, to) == 3)))
		to -= frame_at(to - 1, to) == 1 ? 1 : 3;
	while (from < to) {
		n = *from == '\n' ? frame_at(from, to) : 0;
		if (!n) {
			strbuf_addch(&text, *from++);
			continue;
		}
		strbuf_rtrim(&text);
		strbuf_addch(&text, ' ');
		for (; from < to && n > 0; n = frame_at(from, to))
			from += n;
	}
	return strbuf_detach(&text);
}

/* The line of text that p is on, unframed. */
static char *
line_around(const char *text, const char *p)
{
	const char *from = p;

	while (from > text && from[-1] != '\n')
		from--;
	return unframed(from, p + strcspn(p, "\n"));
}

static bool
rule_hits(const struct rule *rule, const struct bottom *bottom,
    struct hit *hit)
{
	const char *text = bottom_lines(bottom, rule->last);
	size_t i;

	if (rule->is_broken || rule->nr_match == 0)
		return false;
	for (i = rule->nr_match; i-- > 0;)
		if (i == 0 ? !last_hit(&rule->match[i], text, hit) :
		    regexec(&rule->match[i], text, 0, NULL, 0) != 0)
			return false;
	for (i = 0; i < rule->nr_unless; i++)
		if (regexec(&rule->unless[i], text, 0, NULL, 0) == 0)
			return false;
	return true;
}

/* ---- what a match tells */

static void
read_options(const struct rule *rule, const char *text,
    struct activity_verdict *verdict)
{
	struct hit hit;
	char *line;

	while (*text && verdict->options.nr < MAX_OPTIONS &&
	    hit_at(rule->options, text, &hit) && hit.to > hit.from) {
		line = line_around(text, hit.from);
		if (rule->selected && verdict->default_option < 0 &&
		    regexec(rule->selected, line, 0, NULL, 0) == 0)
			verdict->default_option = (int)verdict->options.nr;
		strvec_take(&verdict->options, unframed(hit.group,
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
		rest = unframed(text + strlen(bullets[i]),
		    text + strlen(text));
		free(text);
		return rest;
	}
	return text;
}

static void
read_question(const struct rule *rule, const char *text,
    struct activity_verdict *verdict)
{
	struct hit hit;

	if (rule->question && last_hit(rule->question, text, &hit)) {
		verdict->question = without_bullet(unframed(hit.group,
		    hit.group_to));
		text = hit.group_to;
	} else {
		verdict->question = xstrdup(verdict->line);
	}
	if (rule->options)
		read_options(rule, text, verdict);
}

/* When it ends, from the lines that the rule looks at; 0: not told. */
static int64_t
read_until(const struct rule *rule, const char *text, int64_t from_ms,
    int utc_offset_s)
{
	int64_t ms = 0;
	struct hit hit;
	char *told;

	if (rule->until && last_hit(rule->until, text, &hit)) {
		told = xstrndup(hit.group, (size_t)(hit.group_to - hit.group));
		if (!told_parse_clock(told, from_ms, utc_offset_s, &ms))
			told_parse_span(told, from_ms, &ms);
		free(told);
	}
	if (!ms && rule->resets_in && last_hit(rule->resets_in, text, &hit)) {
		told = xstrndup(hit.group, (size_t)(hit.group_to - hit.group));
		told_parse_span(told, from_ms, &ms);
		free(told);
	}
	return ms;
}

static int64_t
limit_until(const struct rule *rule, const char *text, const char *line,
    const struct activity_sight *sight, const struct activity_verdict *before)
{
	int64_t from_ms = sight->changed_ms ? sight->changed_ms :
	    sight->now_ms;

	if (before && before->until_ms && str_eq(before->line, line))
		return before->until_ms;
	return read_until(rule, text, from_ms, sight->utc_offset_s);
}

/*
 * A limit whose time has passed is none any more, whatever the screen still
 * shows.  The patterns of the original look at prose, too: without a time that
 * they could have told they are less sure.
 */
static bool
take_limit(const struct rule *rule, const char *text,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	verdict->until_ms = limit_until(rule, text, verdict->line, sight,
	    before);
	if (verdict->until_ms && verdict->until_ms <= sight->now_ms)
		return false;
	verdict->recheck_ms = verdict->until_ms;
	if (!verdict->until_ms && rule->resets_in)
		verdict->confidence = VAGUE_CONFIDENCE;
	return true;
}

static bool
is_stale(const struct rule *rule, const struct activity_sight *sight)
{
	return rule->fresh_ms && sight->changed_ms &&
	    sight->now_ms - sight->changed_ms > rule->fresh_ms;
}

/* True when this rule decides. */
static bool
try_rule(const struct rule *rule, const struct bottom *bottom,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict)
{
	const char *text = bottom_lines(bottom, rule->last);
	struct hit hit;

	if (is_stale(rule, sight) || !rule_hits(rule, bottom, &hit))
		return false;
	verdict->activity = rule->verdict;
	verdict->kind = rule->kind;
	verdict->confidence = rule->confidence;
	verdict->rule = xstrdup(rule->name);
	verdict->line = line_around(text, hit.from);
	if (rule->fresh_ms && sight->changed_ms)
		verdict->recheck_ms = sight->changed_ms + rule->fresh_ms + 1;
	if (rule->verdict == ACTIVITY_RATE_LIMITED &&
	    !take_limit(rule, text, sight, before, verdict)) {
		activity_verdict_release(verdict);
		return false;
	}
	if (rule->verdict == ACTIVITY_WAITING)
		read_question(rule, text, verdict);
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
decide_dead(const struct activity_rules *rules, const struct bottom *bottom,
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
decide_alive(const struct activity_rules *rules, const struct bottom *bottom,
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
activity_decide(const struct activity_rules *rules,
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
	strbuf_release(&bottom.text);
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
