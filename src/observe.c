/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See observe.h.
 */
#include "observe.h"

#include "highlight.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	uint64_t hash;       /* of the screen */
	int64_t generation;
	bool is_dead;
	bool is_asked;       /* a classifier, about this screen */
	bool is_by_color;    /* what its default is */
	struct activity_verdict verdict;
	char question_id[DECISION_ID];
};

struct observe {
	struct strmap seen;  /* id to struct seen */
	struct strmap rules; /* name of a runtime to struct activity_rules */

};

struct observe *
observe_new(void)
{
	return xcalloc(1, sizeof(struct observe));
}

static void
free_rules(void *rules)
{
	activity_rules_free(rules);
}

static void
free_seen(void *p)
{
	struct seen *seen = p;

	activity_verdict_release(&seen->verdict);
	free(seen);
}

void
observe_forget_rules(struct observe *observe)
{
	strmap_release(&observe->rules, free_rules);
}

void
observe_free(struct observe *observe)
{
	if (!observe)
		return;
	observe_forget_rules(observe);
	strmap_release(&observe->seen, free_seen);
	free(observe);
}

static struct activity_rules *
rules_of(struct observe *observe, const struct runtime *runtime)
{
	const char *name = runtime ? runtime->name : "";
	struct activity_rules *rules = strmap_get(&observe->rules, name);

	if (!rules) {
		rules = activity_rules_new(runtime);
		strmap_set(&observe->rules, name, rules);
	}
	return rules;
}

/* FNV-1a: to tell screens apart, not to be safe from anybody. */
static uint64_t
hash_of(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) *
		    UINT64_C(1099511628211);
	return hash;
}

static void
fill_sight(const struct run *run, int64_t now_ms, struct activity_sight *sight)
{
	const struct record *record = &run->record;

	*sight = (struct activity_sight){ .screen = run->screen,
		.now_ms = now_ms, .exit_code = -1 };
	sight->utc_offset_s = os_utc_offset_s(now_ms / 1000);
	sight->is_dead = !run->alive;
	if (run->alive) {
		sight->changed_ms = run->moved_ms;
		return;
	}
	sight->changed_ms = record->ended_ms;
	sight->is_asked = record->asked ||
	    (run->applied && run->applied->operation != OPERATION_ACTIVE);
	if (record->state == RECORD_EXITED)
		sight->exit_code = record->exit_code;
	if (record->state == RECORD_SIGNALED)
		sight->signal = record->signal;
}

static bool
is_current(const struct seen *seen, const struct run *run, uint64_t hash,
    int64_t now_ms)
{
	return seen->hash == hash && seen->generation == run->generation &&
	    seen->is_dead == !run->alive && (!seen->verdict.recheck_ms ||
	    now_ms < seen->verdict.recheck_ms);
}

static void
name_question(struct seen *seen, const char *screen)
{
	seen->question_id[0] = '\0';
	if (seen->verdict.activity == ACTIVITY_WAITING)
		decision_id(&seen->verdict, screen, seen->generation,
		    seen->question_id);
}

const struct activity_verdict *
observe_run(struct observe *observe, const struct run *run,
    const struct runtime *runtime, int64_t now_ms)
{
	struct activity_verdict verdict = ACTIVITY_VERDICT_INIT;
	struct seen *seen = strmap_get(&observe->seen, run->id);
	uint64_t hash = hash_of(run->screen);
	struct activity_sight sight;
	bool is_new = !seen;

	if (is_new) {
		seen = xcalloc(1, sizeof(*seen));
		seen->verdict.default_option = -1;
		strmap_set(&observe->seen, run->id, seen);
	} else if (is_current(seen, run, hash, now_ms)) {
		return &seen->verdict;
	}
	fill_sight(run, now_ms, &sight);
	activity_decide(rules_of(observe, runtime), &sight, is_new ||
	    seen->generation != run->generation ? NULL : &seen->verdict,
	    &verdict);
	activity_verdict_release(&seen->verdict);
	seen->verdict = verdict;
	if (seen->hash != hash)
		seen->is_asked = false;
	seen->hash = hash;
	seen->generation = run->generation;
	seen->is_dead = !run->alive;
	seen->is_by_color = decision_is_by_color(&verdict);
	name_question(seen, run->screen);
	return &seen->verdict;
}

char *
observe_input(struct observe *observe, const struct run *run,
    const struct runtime *runtime, char **above)
{
	*above = NULL;
	return run->screen ? activity_input(rules_of(observe, runtime),
	    run->screen, above) : NULL;
}

const char *
observe_question_id(const struct observe *observe, const char *id)
{
	const struct seen *seen = strmap_get(&observe->seen, id);

	return seen ? seen->question_id : "";
}

const struct activity_verdict *
observe_find(const struct observe *observe, const char *id)
{
	const struct seen *seen = strmap_get(&observe->seen, id);

	return seen ? &seen->verdict : NULL;
}

bool
observe_is_by_color(const struct observe *observe, const char *id)
{
	const struct seen *seen = strmap_get(&observe->seen, id);

	return seen && seen->is_by_color;
}

void
observe_colors(struct observe *observe, const char *id, const char *screen)
{
	struct seen *seen = strmap_get(&observe->seen, id);

	if (seen && seen->is_by_color)
		seen->verdict.default_option = highlight_find(screen,
		    &seen->verdict.options);
}

const char *
observe_open_question(struct observe *observe, const struct run *run,
    const struct runtime *runtime)
{
	struct seen *seen = strmap_get(&observe->seen, run->id);

	if (!runtime || !runtime->classifier.nr || !seen || seen->is_asked ||
	    seen->is_dead || !run->screen ||
	    !run->screen[strspn(run->screen, " \n")] ||
	    seen->verdict.activity != ACTIVITY_UNKNOWN)
		return NULL;
	seen->is_asked = true;
	return run->screen;
}

bool
observe_answer(struct observe *observe, const char *id, const char *text,
    size_t len)
{
	struct seen *seen = strmap_get(&observe->seen, id);
	struct activity_verdict verdict = ACTIVITY_VERDICT_INIT;

	if (!seen || seen->verdict.activity != ACTIVITY_UNKNOWN ||
	    !activity_parse(text, len, &verdict))
		return false;
	verdict.since_ms = seen->verdict.since_ms;
	activity_verdict_release(&seen->verdict);
	seen->verdict = verdict;
	name_question(seen, NULL);
	return true;
}
