/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: its life, its loop, and who may interrupt it.
 */
#include "supervise.h"

#include "child.h"
#include "command.h"
#include "jstring.h"
#include "os.h"
#include "sdnotify.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	REOPEN_MS = 20, /* between tries for the lock of the team */
	FAILED_MS = 1000, /* the same, when something is wrong */
	SAVE_MS = 30, /* from a change to the snapshot: others may follow */
	ONCE_MS = 10 * 1000, /* for tmux to answer one sweep */
	SLOW_MS = 100, /* a tick: whoever asks has noticed it */
};

/* ---- the loop ---- */

static bool
is_busy(const struct supervisor *sup)
{
	size_t i;

	for (i = 0; sup->is_open && i < sup->engine.nr; i++)
		if (sup->engine.runs[i]->is_sweeping ||
		    (!sup->engine.runs[i]->settled &&
		    sup->engine.runs[i]->start != START_PENDING))
			return true;
	return sup->nr_paste > 0 ||
	    sup->operate.forget_done != sup->operate.forget_asked;
}

static void
reconcile(struct supervisor *sup, struct mono now)
{
	sup->reconciles++;
	sup->reconcile_at = mono_add_ms(now, sup_interval_ms(sup));
	sup->must_observe = true;
	sup_read_auto_resume(sup);
	sup_limits_follow(sup);
	sup_look(sup);
	sup_sample_all(sup);
	sup->is_dirty = true;
}

/*
 * Between two steps: whoever waits for the lock gets it, and the compose file
 * is read again.
 */
static void
let_go(struct supervisor *sup)
{
	size_t i;

	if ((!sup->nr_yield && !sup->must_reload) || sup->is_stopping ||
	    is_busy(sup))
		return;
	sup_save(sup, sup->nr_yield ? "yielding" : "running");
	if (sup->nr_yield)
		sup_tell(sup, EVENT_SUPERVISOR_YIELDED, NULL, NULL);
	sup->left_at = os_now();
	sup_close(sup);
	for (i = 0; i < sup->nr_yield; i++) {
		sup->yielded[sup->nr_yielded++] = sup->yields[i];
		control_reply(sup->yields[i], json_pack("{s:b}", "ok", 1));
	}
	sup->nr_yield = 0;
	if (!sup->nr_yielded)
		loop_timer_at(sup->reopen, os_now());
}

void
sup_rearm(struct supervisor *sup)
{
	struct mono next, now = os_now();

	if (!sup->is_open)
		return;
	next = mono_min(sup->reconcile_at, sup_watch_next(sup));
	next = mono_min(next, sup_observe_next(sup));
	next = mono_min(next, sup_care_next(sup));
	next = mono_min(next, sup_link_next(sup));
	next = mono_min(next, sup_figures_next(sup));
	if (sup_acts(sup))
		next = mono_min(next, sup_next(sup));
	if (sup->is_dirty) {
		if (sup->save_at.ns == MONO_NEVER.ns)
			sup->save_at = mono_add_ms(now, SAVE_MS);
		next = mono_min(next, sup->save_at);
	}
	if (((sup->nr_yield || sup->must_reload) && !is_busy(sup)) ||
	    sup->left.is_on)
		next = mono_min(next, now);
	loop_timer_at(sup->timer, next);
}

bool
sup_acts(const struct supervisor *sup)
{
	return !sup->options->observe && !sup->is_stopping;
}

/* --once: until nothing is under way or about to be. */
static bool
is_over(const struct supervisor *sup)
{
	const struct member *member;
	size_t i;

	if (sup->is_stopping)
		return sup->is_now || !is_busy(sup);
	if (!sup->options->once)
		return false;
	if (sup->options->observe)
		return true;
	if (is_busy(sup) || sup->must_look)
		return false;
	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (member->state == MEMBER_BACKOFF ||
		    (member->state == MEMBER_WAITING && !member->is_hopeless))
			return false;
	}
	return true;
}

/*
 * Without its folder it would go on by what it remembers, beside commands that
 * know nothing of it.
 */
static bool
has_lost_folder(struct supervisor *sup)
{
	if (!sup_has_lock(sup)) {
		sup->is_lost = true;
		loop_stop(sup->loop);
	}
	return sup->is_lost;
}

static void
on_timer(void *ctx)
{
	struct supervisor *sup = ctx;
	struct mono now = os_now();

	if (!sup->is_open || has_lost_folder(sup))
		return;
	sup_end_left(sup);
	sup_watch_tick(sup, now);
	sup_observe_tick(sup, now);
	sup_care_tick(sup);
	sup_link_tick(sup, now);
	if (sup_acts(sup))
		sup_advance(sup, now);
	if (!mono_before(now, sup->reconcile_at))
		reconcile(sup, now);
	if (sup->is_dirty && !mono_before(now, sup->save_at)) {
		engine_flush_journal(&sup->engine);
		sup_hooks_tick(sup);
		sup_save_state(sup);
		sup_save(sup, "running");
	}
	if (!mono_before(now, sup_figures_next(sup)))
		sup_figures_write(sup, false);
	if (is_over(sup))
		loop_stop(sup->loop);
	let_go(sup);
	sup_rearm(sup);
}

void
sup_cannot_open(struct supervisor *sup, const char *why, bool is_state)
{
	if (!str_eq(sup->failure, why)) {
		free(sup->failure);
		sup->failure = xstrdup(why);
		sup->options->log("%s", why);
	}
	sup->is_hopeless = !sup->is_loaded && (is_state ||
	    (sup->options->once &&
	    os_wall_ms() - sup->started_ms > ONCE_MS));
	if (sup->is_hopeless)
		loop_stop(sup->loop);
}

static void
on_reopen(void *ctx)
{
	struct supervisor *sup = ctx;
	struct strbuf err = STRBUF_INIT;
	int rc;

	if (has_lost_folder(sup))
		return;
	if (sup->has_failed) {
		sup_close(sup);
		loop_timer_at(sup->reopen, mono_add_ms(os_now(), FAILED_MS));
		return;
	}
	rc = sup_open(sup, &err);
	if (rc < 0)
		sup_cannot_open(sup, err.buf, true);
	if (rc != 0)
		loop_timer_at(sup->reopen, mono_add_ms(os_now(),
		    rc < 0 ? FAILED_MS : REOPEN_MS));
	strbuf_release(&err);
}

void
sup_opened(struct supervisor *sup, bool good)
{
	sup->has_failed = !good;
	if (good) {
		free(sup->failure);
		sup->failure = NULL;
	}
	if (!good) { /* the engine cannot be closed in the midst of its call */
		loop_timer_at(sup->reopen, os_now());
		return;
	}
	sup->reconcile_at = mono_add_ms(os_now(), sup_interval_ms(sup));
	sup->is_dirty = true;
	sup_rearm(sup);
}

void
sup_stop(struct supervisor *sup)
{
	sup->is_now = sup->is_stopping;
	sup->is_stopping = true;
	sdnotify(SDNOTIFY_STOPPING);
	if ((!sup->is_open && !sup->nr_order) || sup->is_now)
		loop_stop(sup->loop);
	sup->is_dirty = true;
	sup_rearm(sup);
}

static void
on_stop(void *ctx)
{
	sup_stop(ctx);
}

static void
on_hangup(void *ctx)
{
	struct supervisor *sup = ctx;

	sup->options->log("reading the compose file again");
	sup->must_reload = true;
	sup_rearm(sup);
}

static void
on_tick(void *ctx, int64_t us, int64_t cpu_us)
{
	struct supervisor *sup = ctx;
	struct ticks *ticks = &sup->ticks;

	ticks->nr++;
	ticks->sum_us += us;
	ticks->last_us = us;
	if (us > ticks->longest_us) {
		ticks->longest_us = us;
		ticks->longest_at = os_wall_ms();
	}
	if (cpu_us > ticks->most_cpu_us)
		ticks->most_cpu_us = cpu_us;
	if (us <= SLOW_MS * 1000)
		return;
	ticks->nr_slow++;
	sup->options->log("warning: nothing else was done for %lld ms, %lld "
	    "of which on the processor", (long long)(us / 1000),
	    (long long)(cpu_us / 1000));
	sup_tell(sup, EVENT_SUPERVISOR_SLOW, NULL, json_pack("{s:I, s:I}",
	    "ms", (json_int_t)(us / 1000),
	    "cpu_ms", (json_int_t)(cpu_us / 1000)));
	sup_rearm(sup);
}

static int
set_up(struct supervisor *sup, struct strbuf *err)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct control_handlers handlers = { sup_request, sup_gone, sup };
	size_t i;

	if (state_prepare(sup->options->root, err) < 0 ||
	    sup_take_lock(sup, err) < 0)
		return -1;
	sup->loop = loop_new();
	if (!sup->loop) {
		strbuf_addstr(err, "cannot make an event loop");
		return -1;
	}
	loop_on_tick(sup->loop, on_tick, sup);
	for (i = 0; i < nitems(signals); i++)
		sup->signals[i] = loop_signal(sup->loop, signals[i],
		    signals[i] == SIGHUP ? on_hangup : on_stop, sup);
	sup->timer = loop_timer(sup->loop, on_timer, sup);
	sup->reopen = loop_timer(sup->loop, on_reopen, sup);
	sup->sampler = usage_sampler_new();
	sup_hooks_begin(sup);
	sup->control = control_listen(sup->loop, sup->options->root,
	    &handlers, err);
	if (!sup->control)
		return -1;
	return sup_figures_begin(sup, err);
}

static void
tell_member(const struct member *member, struct supervise_report *report)
{
	json_t *one;

	if (member->state == MEMBER_UP) {
		if (member->is_resumed)
			json_array_append_new(report->resumed,
			    json_string(member->id));
		return;
	}
	one = json_pack("{s:s, s:s}", "id", member->id, "state",
	    member_state_name(member->state));
	json_object_set_new(one, "reason", jstring(member->reason));
	json_array_append_new(report->skipped, one);
}

static void
fill_in(const struct supervisor *sup, struct supervise_report *report)
{
	size_t i;

	if (!report)
		return;
	report->observed = sup->nr;
	report->restarted = (size_t)sup->restarts;
	report->ticks = sup->ticks;
	report->duration_ms = os_wall_ms() - sup->started_ms;
	report->resumed = json_array();
	report->skipped = json_array();
	for (i = 0; i < sup->nr; i++) {
		tell_member(sup->members[i], report);
		report->running += sup->members[i]->state == MEMBER_UP;
		report->failed += sup->members[i]->state == MEMBER_FAILED;
	}
}

static void
tear_down(struct supervisor *sup)
{
	size_t i;

	fill_in(sup, sup->options->report);
	sup_operate_end(sup);
	sup_order_end(sup);
	if (!sup->is_lost) {
		sup_journal_begin(sup);
		sup_tell(sup, EVENT_SUPERVISOR_STOPPED, NULL, NULL);
		if (sup->shutdown)
			command_note_end(&sup->engine, sup->shutdown);
		sup_journal_end(sup);
	}
	if (sup->shutdown)
		command_free(sup->shutdown);
	if (sup->is_loaded && !sup->is_lost)
		sup_save(sup, "stopped");
	sup_close(sup);
	sup_figures_write(sup, true);
	sup_figures_end(sup);
	loop_watch_free(sup->reopen);
	sup->reopen = NULL;
	control_close(sup->control, sup->is_lost);
	loop_watch_free(sup->timer);
	for (i = 0; i < nitems(sup->signals); i++)
		loop_watch_free(sup->signals[i]);
	for (i = 0; i < sup->nr; i++)
		sup_member_free(sup->members[i]);
	free(sup->members);
	free(sup->groups);
	strmap_release(&sup->by_id, NULL);
	specs_release(&sup->specs);
	observe_free(sup->observe);
	compose_free(sup->team);
	usage_sampler_free(sup->sampler);
	envscan_release(&sup->left);
	sup_hooks_end(sup);
	if (sup->loop) {
		children_forget(sup->loop);
		loop_free(sup->loop);
	}
	if (sup->lock >= 0)
		close(sup->lock);
}

int
supervise(const struct supervise_options *options, struct strbuf *err)
{
	struct supervisor sup = { .options = options, .lock = -1,
		.typing = TYPING_INIT, .started_ms = os_wall_ms(),
		.auto_resume = !options->no_auto_resume };
	struct sdnotify_watchdog *watchdog;
	int rc, saved;

	sdnotify_begin();
	engine_init(&sup.engine);
	rc = set_up(&sup, err);
	saved = errno;
	if (rc == 0) {
		loop_timer_at(sup.reopen, os_now());
		sdnotify(SDNOTIFY_READY);
		watchdog = sdnotify_watchdog_begin(sup.loop);
		loop_run(sup.loop);
		sdnotify_watchdog_end(watchdog);
	}
	if (sup.is_hopeless) {
		strbuf_addstr(err, sup.failure);
		rc = -1;
		saved = 0;
	} else if (sup.is_lost) {
		strbuf_addf(err, "'%s/state' was removed or moved: the agents "
		    "go on without a supervisor", options->root);
		rc = -1;
		saved = 0;
	}
	free(sup.failure);
	tear_down(&sup);
	errno = saved;
	return rc;
}
