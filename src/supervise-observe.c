/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what agents do.  The screens of those whose runtime
 * has rules are read in one tmux client; none is needed while no terminal is
 * written to, which the time of its device tells.  At each reconcile all are
 * looked at, in case that time cannot be trusted.
 */
#include "supervise.h"

#include "os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSIFIER_MS = 5000, URGENT_MS = 1000 };

/* Something follows from what is seen, and should in time. */
static bool
is_urgent(const struct supervisor *sup)
{
	const struct agent *agent;
	size_t i;

	if (sup->options->on_wait || sup->team->on[HOOK_WAITING].nr)
		return true;
	for (i = 0; i < sup->team->nr_agent; i++) {
		agent = sup->team->agents[i];
		if (agent->on[HOOK_WAITING].nr || agent->care.nudge_ms > 0 ||
		    agent->care.idle_mode != IDLE_OFF)
			return true;
	}
	return false;
}

static int64_t
interval_ms(const struct supervisor *sup)
{
	int64_t ms = sup->team ? sup->team->observe_ms : 0;

	if ((ms <= 0 || ms > URGENT_MS) && sup->team && is_urgent(sup))
		return URGENT_MS;
	return ms;
}

static bool
is_observed(const struct member *member)
{
	const struct runtime *runtime = member->agent ?
	    member->agent->runtime : NULL;

	return runtime && sup_is_watched(member) && member->run->present &&
	    (runtime->nr_screen || runtime->ready_patterns.nr ||
	    runtime->waiting_patterns.nr || runtime->classifier.nr);
}

const struct activity_verdict *
sup_activity(const struct member *member)
{
	const struct observe *observe = member->sup->observe;

	return observe && member->seen_s && is_observed(member) ?
	    observe_find(observe, member->id) : NULL;
}

void
sup_observe_end(struct member *member)
{
	probe_cancel(member->classifier);
	member->classifier = NULL;
	member->seen_s = member->screen_asked = 0;
}

void
sup_question_end(struct member *member)
{
	if (member->asked)
		member_tell(member, EVENT_DECISION_GONE, NULL,
		    *member->asked_id ? json_pack("{s:s}", "question_id",
		    member->asked_id) : NULL);
	free(member->asked);
	member->asked = NULL;
	*member->asked_id = *member->last_id = '\0';
}

/*
 * Another question than that which was told last?  The same words may ask
 * about something else, as what stands above them tells; but that may move,
 * too, and only counts when it is the same twice.
 */
static bool
is_another_question(const struct member *member, const char *asked,
    const char *id)
{
	return !str_eq(asked, member->asked) || (*member->asked_id &&
	    !str_eq(id, member->asked_id) && str_eq(id, member->last_id));
}

/* Once for each question, also when the screen flickers in between. */
static void
tell_question(struct member *member, const struct activity_verdict *verdict)
{
	const char *kind = wait_kind_name(verdict->kind);
	const char *id = observe_question_id(member->sup->observe,
	    member->id);
	char *asked;
	bool is_new;

	if (verdict->activity != ACTIVITY_WAITING) {
		if (verdict->activity != ACTIVITY_UNKNOWN)
			sup_question_end(member);
		return;
	}
	asked = xasprintf("%lld %s %s", (long long)member->run->generation,
	    kind, verdict->question ? verdict->question : "");
	is_new = is_another_question(member, asked, id);
	if (is_new)
		sup_question_end(member);
	if (!*member->asked_id)
		snprintf(member->asked_id, sizeof(member->asked_id), "%s", id);
	snprintf(member->last_id, sizeof(member->last_id), "%s", id);
	if (!is_new) {
		free(asked);
		return;
	}
	member->asked = asked;
	member->sup->options->log("%s asks (%s): %s", member->id, kind,
	    verdict->question ? verdict->question : "");
	member_tell(member, EVENT_ASKS, verdict->question,
	    decision_json(verdict, id));
}

static void
on_classified(void *ctx, bool ok, const char *text)
{
	struct member *member = ctx;

	member->classifier = NULL;
	if (ok && observe_answer(member->sup->observe, member->id, text,
	    strlen(text))) {
		member->sup->is_dirty = true;
		tell_question(member, observe_find(member->sup->observe,
		    member->id));
	}
	sup_rearm(member->sup);
}

static void
ask_classifier(struct member *member)
{
	const struct runtime *runtime = member->agent->runtime;
	const char *screen;

	if (member->classifier)
		return;
	screen = observe_open_question(member->sup->observe, member->run,
	    runtime);
	if (screen)
		member->classifier = hook_begin(member->sup->loop,
		    runtime->classifier.v, NULL, NULL, screen,
		    runtime->classifier_timeout_ms ?
		    runtime->classifier_timeout_ms : CLASSIFIER_MS,
		    on_classified, member);
}

static void
see(struct member *member, char *screen)
{
	struct supervisor *sup = member->sup;
	const struct activity_verdict *verdict = observe_find(sup->observe,
	    member->id);
	struct activity_verdict before = ACTIVITY_VERDICT_INIT;
	bool was_seen = verdict != NULL;

	if (verdict) {
		before.activity = verdict->activity;
		before.kind = verdict->kind;
		before.until_ms = verdict->until_ms;
		before.question = xstrdup_null(verdict->question);
	}
	member->run->screen = screen;
	verdict = observe_run(sup->observe, member->run,
	    member->agent->runtime, os_wall_ms());
	ask_classifier(member);
	free(member->run->screen);
	member->run->screen = NULL;
	tell_question(member, verdict);
	if (!was_seen || !activity_is_same(&before, verdict) ||
	    before.until_ms != verdict->until_ms)
		sup->is_dirty = true;
	activity_verdict_release(&before);
}

static void
on_seen(void *ctx, struct tmux_answer *answer)
{
	struct supervisor *sup = ctx;
	const char *at = answer->out.buf;
	struct member *member;
	char *screen;
	size_t i;

	sup->is_observing = false;
	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!member->screen_asked)
			continue;
		screen = is_observed(member) &&
		    member->screen_asked == member->run->generation ?
		    engine_take_screen(member->run, &at) : NULL;
		if (screen)
			see(member, screen);
		else
			member->seen_s = 0;
		member->screen_asked = 0;
	}
	sup_rearm(sup);
}

/* Could its screen say something else than when it was seen last? */
static bool
is_news(const struct member *member, int64_t wall_ms)
{
	const struct activity_verdict *verdict = sup_activity(member);

	return !verdict || !member->run->tty || member->sup->must_observe ||
	    (verdict->recheck_ms && verdict->recheck_ms <= wall_ms) ||
	    os_tty_is_written(member->run->tty, member->seen_s);
}

static void
look(struct supervisor *sup)
{
	int64_t wall_ms = os_wall_ms();
	struct strbuf script = STRBUF_INIT;
	struct member *member;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!is_observed(member) || !is_news(member, wall_ms))
			continue;
		member->seen_s = wall_ms / 1000;
		member->screen_asked = member->run->generation;
		engine_script_screen(member->run, 0, &script);
	}
	sup->must_observe = false;
	if (script.len) {
		sup->is_observing = true;
		engine_ask(&sup->engine, &script, on_seen, sup);
	}
	strbuf_release(&script);
}

void
sup_observe_tick(struct supervisor *sup, struct mono now)
{
	if (mono_before(now, sup_observe_next(sup)))
		return;
	if (!sup->observe)
		sup->observe = observe_new();
	look(sup);
	sup->observe_at = mono_add_ms(now, interval_ms(sup));
}

struct mono
sup_observe_next(const struct supervisor *sup)
{
	size_t i;

	if (interval_ms(sup) <= 0 || sup->is_observing)
		return MONO_NEVER;
	for (i = 0; i < sup->nr; i++)
		if (is_observed(sup->members[i]))
			return sup->observe_at;
	return MONO_NEVER;
}
