/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: readiness, health and the use of resources of agents
 * that run, and what is said about them from inside.
 */
#include "supervise.h"

#include "envfile.h"
#include "fs.h"
#include "os.h"
#include "readymark.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the environment of checks and hooks: TEAM/SESSION, of the supervisor. */
#define MARKER "TEAMCTL_CHECK"

enum {
	SAMPLE_MS = 2000,
	CAPTURE_AGAIN_MS = 1000, /* after tmux could not be asked */
	MAX_ENV = 16 << 20,
};

enum { READY, HEALTH };

extern char **environ;

static struct health *
machine(struct member *member, int which)
{
	return which == READY ? &member->ready : &member->health;
}

static int
add_env(void *ctx, const char *key, const char *value)
{
	strvec_pushf(ctx, "%s=%s", key, value);
	return 0;
}

void
sup_mark_env(const struct supervisor *sup, struct strvec *env)
{
	char **p;

	for (p = environ; *p; p++)
		strvec_push(env, *p);
	strvec_pushf(env, MARKER "=%s/%ld", sup->engine.team,
	    (long)getsid(0));
}

/* A daemon that a hook has started is in another session. */
static void
end_left(void *ctx, const struct os_process *process, const char *marker)
{
	struct supervisor *sup = ctx;
	char *ours = xasprintf("%s/%ld", sup->engine.team,
	    (long)process->session);

	if (str_eq(marker, ours) &&
	    os_signal(process->pid, process->start, SIGKILL) == 0)
		sup->options->log("ended pid %ld, left by a check of "
		    "a former supervisor", (long)process->pid);
	free(ours);
}

void
sup_end_left(struct supervisor *sup)
{
	if (sup->left.is_on && !envscan_step(&sup->left, MARKER, end_left,
	    sup))
		envscan_release(&sup->left);
}

/* A probe sees what the agent sees. */
static void
load_env(const struct member *member, struct strvec *env)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;

	sup_mark_env(member->sup, env);
	if (fs_read(member->run->spec->env_file, MAX_ENV, &text, &err) == 0)
		envfile_parse(text.buf, text.len, add_env, env, &err);
	strbuf_release(&text);
	strbuf_release(&err);
}

static void act_on(struct member *member, int which, unsigned effects);

/*
 * That an agent is not ready yet is no news, nor is one more failure of an
 * unhealthy one.
 */
static void
note_bad(struct member *member, int which, enum health_event event)
{
	const struct health *health = machine(member, which);
	bool timed_out = event == HEALTH_TIMEOUT;

	if (event == HEALTH_PASSED || health->state == HEALTH_UNHEALTHY ||
	    (which == READY && !timed_out))
		return;
	member_tell(member, timed_out ? EVENT_PROBE_TIMED_OUT :
	    EVENT_PROBE_FAILED, *member->complaint ? member->complaint : NULL,
	    json_pack("{s:s, s:i, s:i, s:I}", "probe", which == READY ?
	    "readiness" : "health_check", "failures", health->failures + 1,
	    "of", health->probe->max_retries, "timeout_ms",
	    (json_int_t)health->probe->timeout_ms));
}

static void
on_result(struct member *member, int which, bool ok, const char *text)
{
	enum health_event event = ok ? HEALTH_PASSED :
	    strstr(text, "no answer within") ? HEALTH_TIMEOUT :
	    HEALTH_FAILED;

	member->probe[which] = NULL;
	utf8_copy(member->complaint, sizeof(member->complaint),
	    ok ? "" : text);
	note_bad(member, which, event);
	act_on(member, which, health_step(machine(member, which), event,
	    os_now()));
	sup_rearm(member->sup);
}

static void
on_ready_probe(void *ctx, bool ok, const char *text)
{
	on_result(ctx, READY, ok, text);
}

static void
on_health_probe(void *ctx, bool ok, const char *text)
{
	on_result(ctx, HEALTH, ok, text);
}

static void
begin_probe(struct member *member, int which)
{
	const struct probe *probe = machine(member, which)->probe;
	struct strvec env = STRVEC_INIT;

	if (probe->kind == PROBE_PANE) {
		member->sup->must_capture = true;
		member->is_pane_due[which] = true;
		return;
	}
	load_env(member, &env);
	member->probe[which] = probe_begin(member->sup->loop, probe,
	    member->run->spec->cwd, env.v,
	    which == READY ? on_ready_probe : on_health_probe, member);
	strvec_release(&env);
}

/* In the journal, and to whoever watches the supervisor. */
static void
tell(struct member *member, enum event_kind kind, const char *why,
    json_t *fields)
{
	member_tell(member, kind, why, fields);
	member->sup->options->log("%s: %s%s%s", member->id, event_text(kind),
	    why ? ": " : "", why ? why : "");
}

static json_t *
health_fields(const struct health *health)
{
	return json_pack("{s:i, s:i, s:I, s:b}", "failures", health->failures,
	    "of", health->probe ? health->probe->max_retries : 0,
	    "interval_ms", (json_int_t)(health->probe ?
	    health->probe->interval_ms : 0), "stale", health->stale);
}

static void
on_unhealthy(struct member *member, const char *why)
{
	const struct probe *probe = member->health.probe;
	enum on_fail on_fail = probe ? probe->on_fail : ON_FAIL_RESTART;

	if (member->health.stale)
		member_tell(member, EVENT_HEARTBEAT_LOST, NULL, NULL);
	tell(member, EVENT_UNHEALTHY, why, health_fields(&member->health));
	if (!sup_acts(member->sup))
		return;
	switch (on_fail) {
	case ON_FAIL_NOTIFY:
		break;
	case ON_FAIL_RESTART:
		sup_stop_member(member, HINT_UNHEALTHY);
		break;
	case ON_FAIL_QUARANTINE:
		sup_quarantine(member, HINT_UNHEALTHY, "unhealthy: %s", why);
		break;
	}
}

static void
act_on(struct member *member, int which, unsigned effects)
{
	struct strbuf why = STRBUF_INIT;

	if (effects & HEALTH_CHANGED) {
		member->sup->is_dirty = true;
		if (machine(member, which)->state == HEALTH_OK)
			tell(member, which == READY ? EVENT_READY :
			    EVENT_HEALTHY, NULL, NULL);
	}
	if (effects & HEALTH_PROBE)
		begin_probe(member, which);
	if (effects & HEALTH_REPORT) {
		health_describe(machine(member, which), os_now(), &why);
		if (*member->complaint)
			strbuf_addf(&why, ": %s", member->complaint);
		if (which == READY)
			tell(member, EVENT_NOT_READY, why.buf,
			    health_fields(&member->ready));
		else
			on_unhealthy(member, why.buf);
	}
	strbuf_release(&why);
}

/* `teamctl notify --ready` of this run, possibly before our time. */
static bool
has_said_ready(const struct member *member)
{
	const struct run *run = member->run;

	return readymark_read(run->engine->root, run->id) == run->generation;
}

static const struct probe *
probe_of(const struct member *member, int which)
{
	static const struct probe none = { .kind = PROBE_NONE };

	if (!member->agent)
		return &none;
	return which == READY ? &member->agent->readiness :
	    &member->agent->health_check;
}

void
sup_watch_begin(struct member *member)
{
	struct mono now = os_now();

	sup_watch_end(member);
	member_set(member, MEMBER_UP, "%s", "");
	member->watched = member->run->generation;
	health_begin(&member->ready, probe_of(member, READY), true, now);
	health_begin(&member->health, probe_of(member, HEALTH), false, now);
	if (has_said_ready(member))
		health_step(&member->ready, HEALTH_BEAT, now);
}

void
sup_watch_recall(struct member *member, bool is_ready, bool is_healthy,
    unsigned warned)
{
	int i;

	sup_watch_begin(member);
	if (is_ready)
		member->ready.state = HEALTH_OK;
	if (is_healthy && member->health.kind != PROBE_NONE)
		member->health.state = HEALTH_OK;
	for (i = 0; i < LIMIT_NR; i++)
		if (warned & 1u << i)
			member->limits.level[i] = LIMIT_WARNED;
}

void
sup_watch_adopt(struct member *member)
{
	struct mono now = os_now();

	if (member->watched != member->run->generation ||
	    member->state != MEMBER_UP) {
		sup_watch_begin(member);
		return;
	}
	health_resume(&member->ready, probe_of(member, READY), now);
	health_resume(&member->health, probe_of(member, HEALTH), now);
	if (member->ready.state != HEALTH_OK && has_said_ready(member))
		act_on(member, READY, health_step(&member->ready, HEALTH_BEAT,
		    now));
}

void
sup_watch_pause(struct member *member)
{
	int i;

	for (i = 0; i < 2; i++) {
		probe_cancel(member->probe[i]);
		member->probe[i] = NULL;
		member->is_pane_due[i] = false;
		member->pane_asked[i] = 0;
		machine(member, i)->probe = NULL;
	}
	sup_observe_end(member);
}

void
sup_watch_end(struct member *member)
{
	int i;

	sup_watch_pause(member);
	for (i = 0; i < 2; i++)
		memset(machine(member, i), 0, sizeof(struct health));
	memset(&member->usage, 0, sizeof(member->usage));
	member->limits = (struct limits_state){ 0 };
	*member->complaint = '\0';
	member->watched = 0;
}

bool
sup_is_watched(const struct member *member)
{
	return member->state == MEMBER_UP && member->run &&
	    member->run->alive && member->run->settled;
}

static struct mono
capture_next(const struct supervisor *sup)
{
	return sup->must_capture && !sup->is_capturing ? sup->capture_at :
	    MONO_NEVER;
}

static void
see_pane(struct member *member, int which, const char *screen)
{
	bool ok = screen && probe_pane_matches(
	    machine(member, which)->probe->target, screen);
	enum health_event event = ok ? HEALTH_PASSED : HEALTH_FAILED;

	note_bad(member, which, event);
	act_on(member, which, health_step(machine(member, which), event,
	    os_now()));
}

static void
on_captured(void *ctx, struct tmux_answer *answer)
{
	struct supervisor *sup = ctx;
	bool was_seen = answer->status != TMUX_ERROR;
	struct member *member;
	const char *at;
	char *screen;
	size_t i;
	int which;

	sup->is_capturing = false;
	for (i = 0; i < sup->nr * 2; i++) {
		member = sup->members[i / 2];
		which = i % 2;
		if (!member->pane_asked[which])
			continue;
		if (member->pane_asked[which] != member->run->generation ||
		    !sup_is_watched(member)) {
			member->pane_asked[which] = 0;
			continue;
		}
		member->pane_asked[which] = 0;
		at = answer->out.buf;
		screen = engine_take_screen(member->run, &at);
		if (was_seen)
			see_pane(member, which, screen);
		else
			member->is_pane_due[which] = true;
		free(screen);
	}
	if (!was_seen) {
		sup->must_capture = true;
		sup->capture_at = mono_add_ms(os_now(), CAPTURE_AGAIN_MS);
	}
	sup_rearm(sup);
}

/* All panes that a probe wants to see, in one client. */
static void
look_at_panes(struct supervisor *sup)
{
	struct strbuf script = STRBUF_INIT;
	struct member *member;
	size_t i;
	int which;

	sup->must_capture = false;
	for (i = 0; i < sup->nr * 2; i++) {
		member = sup->members[i / 2];
		which = i % 2;
		if (!member->is_pane_due[which])
			continue;
		member->is_pane_due[which] = false;
		if (!member->run->present)
			continue;
		member->pane_asked[which] = member->run->generation;
		engine_script_screen(member->run, 0, &script);
	}
	if (script.len) {
		sup->is_capturing = true;
		engine_ask(&sup->engine, &script, on_captured, sup);
	}
	strbuf_release(&script);
}

static void
over_limit(struct member *member, const struct limits_verdict *verdict)
{
	struct supervisor *sup = member->sup;

	tell(member, verdict->level == LIMIT_WARNED ? EVENT_LIMIT_WARNED :
	    EVENT_LIMIT_EXCEEDED, verdict->text, json_pack("{s:s, s:I, s:I}",
	    "limit", limit_name(verdict->limit), "used",
	    (json_int_t)verdict->used, "allowed",
	    (json_int_t)verdict->allowed));
	if (verdict->level == LIMIT_WARNED)
		return;
	if (!sup_acts(sup))
		return;
	switch (member->agent->limits.on_exceed) {
	case ON_EXCEED_WARN:
		break;
	case ON_EXCEED_RESTART:
		sup_stop_member(member, HINT_LIMIT);
		break;
	case ON_EXCEED_STOP:
		sup_stop_member(member, HINT_LIMIT);
		member_set(member, MEMBER_FAILED, "stopped over its limit: %s",
		    verdict->text);
		break;
	case ON_EXCEED_QUARANTINE:
		sup_quarantine(member, HINT_LIMIT, "over its limit: %s",
		    verdict->text);
		break;
	}
}

static bool
has_limits(const struct member *member)
{
	const struct resource_limits *limits;

	if (!member->agent)
		return false;
	limits = &member->agent->limits;
	return limits->max_memory_mb || limits->max_cpu_percent ||
	    limits->max_cpu_secs || limits->max_wall_secs;
}

static void
check_limits(struct member *member)
{
	struct limits_verdict verdicts[LIMIT_NR];
	struct limits_state before = member->limits;
	size_t i, nr;

	nr = limits_check(&member->agent->limits, &member->usage,
	    &member->limits, verdicts);
	for (i = 0; i < LIMIT_NR; i++)
		if (before.level[i] > LIMIT_FINE &&
		    member->limits.level[i] == LIMIT_FINE)
			member_tell(member, EVENT_LIMIT_RECOVERED, NULL,
			    json_pack("{s:s}", "limit",
			    limit_name((enum limit)i)));
	for (i = 0; i < nr; i++)
		over_limit(member, &verdicts[i]);
}

static void
sample(struct supervisor *sup, bool all)
{
	struct usage_of *of = xcalloc(sup->nr, sizeof(*of));
	struct usage *usage = xcalloc(sup->nr, sizeof(*usage));
	struct member **members = xcalloc(sup->nr, sizeof(*members));
	size_t i, nr = 0;

	for (i = 0; i < sup->nr; i++) {
		if (!sup_is_watched(sup->members[i]) ||
		    (!all && !has_limits(sup->members[i])))
			continue;
		members[nr] = sup->members[i];
		of[nr].shim = members[nr]->run->shim;
		of[nr].cgroup = run_cgroup(members[nr]->run);
		nr++;
	}
	if (nr)
		usage_sample(sup->sampler, of, nr, usage);
	for (i = 0; i < nr; i++) {
		/* Time that it was frozen is not its own. */
		if (usage[i].wall_ms >= 0)
			usage[i].wall_ms -= members[i]->run->applied->frozen_ms;
		members[i]->usage = usage[i];
		if (has_limits(members[i]))
			check_limits(members[i]);
	}
	free(of);
	free(usage);
	free(members);
}

void
sup_sample_all(struct supervisor *sup)
{
	sample(sup, true);
}

void
sup_watch_tick(struct supervisor *sup, struct mono now)
{
	struct member *member;
	size_t i;
	int which;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		for (which = 0; which < 2 && sup_is_watched(member); which++)
			if (!mono_before(now,
			    health_next(machine(member, which))))
				act_on(member, which, health_step(
				    machine(member, which), HEALTH_TICK, now));
	}
	if (!mono_before(now, capture_next(sup)))
		look_at_panes(sup);
	if (!mono_before(now, sup->sample_at)) {
		sample(sup, false);
		sup->sample_at = mono_add_ms(now, SAMPLE_MS);
	}
}

struct mono
sup_watch_next(const struct supervisor *sup)
{
	struct mono next = capture_next(sup);
	const struct member *member;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!sup_is_watched(member))
			continue;
		next = mono_min(next, health_next(&member->ready));
		next = mono_min(next, health_next(&member->health));
		if (has_limits(member))
			next = mono_min(next, sup->sample_at);
	}
	return next;
}

void
sup_note(void *ctx, struct run *run, const char *what, const char *text)
{
	struct supervisor *sup = ctx;
	struct member *member = sup_member(sup, run->id);
	struct mono now = os_now();

	if (!member || !sup_is_watched(member))
		return;
	if (str_eq(what, "ready")) {
		act_on(member, READY, health_step(&member->ready, HEALTH_BEAT,
		    now));
	} else if (str_eq(what, "beat")) {
		if (!member->health.beats)
			member_tell(member, EVENT_HEARTBEAT_BEGUN, NULL,
			    NULL);
		act_on(member, HEALTH, health_step(&member->health,
		    HEALTH_BEAT, now));
	} else if (str_eq(what, "note")) {
		member_set(member, MEMBER_UP, "%s", text);
	}
	sup_rearm(sup);
}
