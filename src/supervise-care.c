/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what follows from what agents are seen to do.  One
 * that has ended at a rate limit is no failure; one that is idle for long may
 * be stopped, or be typed a few words.  Each time the screen is read anew right
 * before something is done.
 */
#include "supervise.h"

#include "os.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LIMIT_MS = 30 * 60 * 1000, /* when no time is told */
	LINES_ABOVE = 3, /* tmux scrolls for its "Pane is dead" */
	CARE_AGAIN_MS = 5 * 1000, /* when what was due could not be done */
};

/* ---- rate limits */

static bool
tells_limits(const struct runtime *runtime)
{
	size_t i;

	for (i = 0; runtime && i < runtime->nr_screen; i++)
		if (runtime->screens[i].verdict == ACTIVITY_RATE_LIMITED)
			return true;
	return runtime && runtime->nr_rate_limit;
}

static const struct activity_verdict *
read_screen(struct member *member, char *screen)
{
	struct supervisor *sup = member->sup;
	const struct activity_verdict *verdict;

	if (!sup->observe)
		sup->observe = observe_new();
	member->run->screen = screen;
	verdict = observe_run(sup->observe, member->run,
	    member->agent->runtime, os_wall_ms());
	return verdict;
}

static void
forget_screen(struct member *member)
{
	free(member->run->screen);
	member->run->screen = NULL;
}

static void
on_last_screen(void *ctx, struct tmux_answer *answer)
{
	struct member *member = ctx;
	const char *at = answer->out.buf;
	const struct activity_verdict *verdict;
	char *screen;

	member->is_limit_open = false;
	if (!member->agent || !member->run->present || member->run->alive ||
	    member->limit_asked != member->run->record.generation)
		return;
	screen = engine_take_screen(member->run, &at);
	if (screen) {
		verdict = read_screen(member, screen);
		if (verdict->activity == ACTIVITY_RATE_LIMITED) {
			member->hints |= HINT_RATE_LIMITED;
			member->limit_ms = verdict->until_ms;
		}
		forget_screen(member);
	}
	sup_decide(member);
	sup_rearm(member->sup);
}

bool
sup_may_be_limited(const struct member *member)
{
	const struct run *run = member->run;

	return member->is_limit_open || (member->agent &&
	    tells_limits(member->agent->runtime) && run->present &&
	    !run->alive && !member->hints && !run->record.asked &&
	    run->record.state != RECORD_RUNNING &&
	    member->limit_asked != run->record.generation);
}

bool
sup_ask_limit(struct member *member)
{
	const struct run *run = member->run;
	struct strbuf script = STRBUF_INIT;

	if (member->is_limit_open || !sup_may_be_limited(member))
		return member->is_limit_open;
	member->limit_asked = run->record.generation;
	member->is_limit_open = true;
	member->limit_ms = 0;
	engine_script_screen(run, LINES_ABOVE, &script);
	engine_ask(&member->sup->engine, &script, on_last_screen, member);
	strbuf_release(&script);
	return true;
}

static struct mono
mono_of(int64_t wall_ms)
{
	int64_t now_ms = os_wall_ms();

	return mono_add_ms(os_now(), wall_ms > now_ms ? wall_ms - now_ms : 0);
}

void
sup_limits_follow(struct supervisor *sup)
{
	struct member *member;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (member->state == MEMBER_BACKOFF && member->is_limited &&
		    member->limit_ms)
			member->due = mono_of(member->limit_ms);
	}
}

void
sup_limit(struct member *member, const char *how, json_t *fields)
{
	int64_t now_ms = os_wall_ms(), until_ms = member->limit_ms;
	bool resume = member->agent && member->agent->care.resume;
	time_t until;
	struct tm tm;
	char text[32];

	if (!until_ms)
		until_ms = now_ms + LIMIT_MS;
	until = (time_t)(until_ms / 1000);
	localtime_r(&until, &tm);
	strftime(text, sizeof(text), until_ms - now_ms > 12 * 3600 * 1000 ?
	    "%Y-%m-%d %H:%M" : "%H:%M:%S", &tm);
	json_object_set_new(fields, "until", member->limit_ms ?
	    json_integer(until_ms / 1000) : json_null());
	member->is_limited = true;
	if (resume) {
		member->due = mono_of(until_ms);
		member->how = HISTORY_FREE;
	}
	member_set_with(member, resume ? MEMBER_BACKOFF : MEMBER_DONE, fields,
	    "%s; rate limited until %s%s; %s", how, text, member->limit_ms ?
	    "" : " (no time was told)", resume ? "goes on then" :
	    "'teamctl up' starts it again");
}

const char *
sup_state_name(const struct member *member)
{
	return member->is_limited && (member->state == MEMBER_BACKOFF ||
	    member->state == MEMBER_DONE) ? "limited" :
	    member_state_name(member->state);
}

/* ---- idleness */

static bool
has_care(const struct member *member)
{
	return member->agent && (member->agent->care.idle_mode != IDLE_OFF ||
	    member->agent->care.nudge_ms > 0);
}

/* Unix; 0: it is not idle, or that is not known. */
static int64_t
idle_since(const struct member *member)
{
	const struct activity_verdict *verdict = sup_activity(member);

	return verdict && verdict->activity == ACTIVITY_IDLE &&
	    member->run->alive && member->run->settled ?
	    verdict->since_ms : 0;
}

/* When it is to be stopped, or told of; 0: never. */
static int64_t
stop_due(const struct member *member)
{
	const struct care *care = &member->agent->care;
	int64_t since = idle_since(member);

	return since && care->idle_mode != IDLE_OFF && care->idle_ms > 0 &&
	    member->idle_told != since ? since + care->idle_ms : 0;
}

static int64_t
nudge_due(const struct member *member)
{
	const struct care *care = &member->agent->care;
	int64_t since = idle_since(member);

	if (!since || care->nudge_ms <= 0 || !care->nudge_text ||
	    (member->nudged == member->generation &&
	    member->nr_nudges >= care->nudge_max))
		return 0;
	return (since > member->nudged_ms ? since : member->nudged_ms) +
	    care->nudge_ms;
}

static int64_t
due_of(const struct member *member)
{
	int64_t stop = stop_due(member), nudge = nudge_due(member);
	int64_t due = stop && (!nudge || stop < nudge) ? stop : nudge;

	return due && due < member->care_after_ms ? member->care_after_ms :
	    due;
}

static void
stop_idle(struct member *member, int64_t now_ms)
{
	const struct care *care = &member->agent->care;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;

	member->idle_told = idle_since(member);
	strbuf_addstr(&text, "idle for ");
	units_add_duration(&text, now_ms - member->idle_told);
	member_tell(member, EVENT_IDLE, text.buf, json_pack("{s:s, s:I}",
	    "mode", care->idle_mode == IDLE_ENACT ? "enact" : "report",
	    "idle_ms", (json_int_t)(now_ms - member->idle_told)));
	member->sup->options->log("%s: %s", member->id, text.buf);
	if (care->idle_mode == IDLE_ENACT) {
		member->run->applied->operation = OPERATION_STOPPED;
		if (engine_save(&member->sup->engine, &err) < 0)
			member->sup->options->log("%s", err.buf);
		sup_stop_because(member, HINT_REQUESTED, text.buf);
		member_set(member, MEMBER_STOPPING, "deliberate: %s",
		    text.buf);
	}
	strbuf_release(&text);
	strbuf_release(&err);
}

static void
nudge(struct member *member, int64_t now_ms, struct strbuf *script)
{
	const struct care *care = &member->agent->care;
	const char *pane = member->run->pane;

	if (member->nudged != member->generation)
		member->nr_nudges = 0;
	member->nudged = member->generation;
	member->nudged_ms = now_ms;
	member->nr_nudges++;
	member_tell(member, EVENT_NUDGED, NULL, json_pack("{s:i, s:i}", "nr",
	    member->nr_nudges, "max", care->nudge_max));
	strbuf_addf(script, "set-buffer -b teamctl-nudge -- ");
	tmux_quote(script, care->nudge_text);
	strbuf_addf(script, "\npaste-buffer -p -r -d -b teamctl-nudge -t %s\n"
	    "run-shell -d 0.1\nsend-keys -t %s Enter\n", pane, pane);
}

static void
on_typed(void *ctx, struct tmux_answer *answer)
{
	struct supervisor *sup = ctx;

	(void)answer;
	sup->is_caring = false;
	typing_release(&sup->typing);
	sup_rearm(sup);
}

/* Nobody looks back in it, and nobody else types into it. */
static bool
may_type(struct member *member, const char *input)
{
	return input && !member->run->in_mode &&
	    typing_claim(&member->sup->typing, member->sup->options->root,
	    member->id);
}

/* It is idle as ever, and shows where text goes: no dialog, no turn. */
static void
care_for(struct member *member, char *screen, struct strbuf *script)
{
	int64_t now_ms = os_wall_ms(), due;
	char *above, *input;

	read_screen(member, screen);
	input = observe_input(member->sup->observe, member->run,
	    member->agent->runtime, &above);
	forget_screen(member);
	due = stop_due(member);
	if (due && due <= now_ms) {
		stop_idle(member, now_ms);
	} else {
		due = nudge_due(member);
		if (due && due <= now_ms && may_type(member, input))
			nudge(member, now_ms, script);
	}
	free(input);
	free(above);
}

static void
on_seen(void *ctx, struct tmux_answer *answer)
{
	struct supervisor *sup = ctx;
	const char *at = answer->out.buf;
	struct strbuf script = STRBUF_INIT;
	struct member *member;
	char *screen;
	size_t i;

	sup->is_caring = false;
	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!member->care_asked)
			continue;
		screen = member->care_asked == member->run->generation ?
		    engine_take_screen(member->run, &at) : NULL;
		member->care_asked = 0;
		member->care_after_ms = os_wall_ms() + CARE_AGAIN_MS;
		if (screen && has_care(member) && sup_acts(sup))
			care_for(member, screen, &script);
		else
			free(screen);
	}
	if (script.len) {
		sup->is_caring = true;
		engine_ask(&sup->engine, &script, on_typed, sup);
	}
	strbuf_release(&script);
	sup->is_dirty = true;
	sup_rearm(sup);
}

void
sup_care_tick(struct supervisor *sup)
{
	int64_t now_ms = os_wall_ms(), due;
	struct strbuf script = STRBUF_INIT;
	struct member *member;
	size_t i;

	for (i = 0; i < sup->nr && !sup->is_caring && sup_acts(sup); i++) {
		member = sup->members[i];
		due = has_care(member) ? due_of(member) : 0;
		if (!due || due > now_ms || !member->run->present)
			continue;
		member->care_asked = member->run->generation;
		engine_script_screen(member->run, 0, &script);
	}
	if (script.len) {
		sup->is_caring = true;
		engine_ask(&sup->engine, &script, on_seen, sup);
	}
	strbuf_release(&script);
}

struct mono
sup_care_next(const struct supervisor *sup)
{
	int64_t now_ms = os_wall_ms(), due, first = 0;
	size_t i;

	for (i = 0; i < sup->nr && !sup->is_caring && sup_acts(sup); i++) {
		due = has_care(sup->members[i]) ? due_of(sup->members[i]) : 0;
		if (due && (!first || due < first))
			first = due;
	}
	if (!first)
		return MONO_NEVER;
	return mono_add_ms(os_now(), first > now_ms ? first - now_ms : 0);
}
