/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: the members, and the engine while it is ours: what
 * was applied becomes what is to be kept alive, what runs is taken over.
 */
#include "supervise.h"

#include "cgroup.h"
#include "addition.h"
#include "fs.h"
#include "os.h"
#include "reuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TMUX_TIMEOUT_MS = 3000 }; /* what is asked next waits for it */

const char *
member_state_name(enum member_state state)
{
	static const char *const names[] = {
		[MEMBER_OFF] = "stopped",
		[MEMBER_UP] = "running",
		[MEMBER_WAITING] = "waiting",
		[MEMBER_BACKOFF] = "backoff",
		[MEMBER_STOPPING] = "draining",
		[MEMBER_DONE] = "done",
		[MEMBER_FAILED] = "failed",
		[MEMBER_QUARANTINED] = "quarantined",
		[MEMBER_PAUSED] = "paused",
		[MEMBER_FROZEN] = "frozen",
	};

	return names[state];
}

/* What a state means in the journal; EVENT_NR: it says nothing new there. */
static enum event_kind
event_of(const struct member *member)
{
	switch (member->state) {
	case MEMBER_BACKOFF:
		return EVENT_RESTART_SCHEDULED;
	case MEMBER_DONE:
		return EVENT_NOT_RESTARTED;
	case MEMBER_FAILED:
		return EVENT_GIVEN_UP;
	case MEMBER_QUARANTINED:
		return EVENT_QUARANTINED;
	case MEMBER_WAITING:
		return EVENT_WAITING;
	case MEMBER_UP:
		return *member->reason ? EVENT_NOTED : EVENT_NR;
	case MEMBER_OFF:
		if (member->is_held)
			return EVENT_HELD;
		return str_starts(member->reason, "deliberate") ?
		    EVENT_DELIBERATE_STOP : EVENT_NR;
	case MEMBER_PAUSED:
	case MEMBER_FROZEN: /* the verb has a line of its own */
	case MEMBER_STOPPING:
		break;
	}
	return EVENT_NR;
}

void
sup_tell(struct supervisor *sup, enum event_kind kind, const char *reason,
    json_t *fields)
{
	sup->is_dirty = true;
	journal_add(&sup->engine.journal, kind, NULL, 0, reason, fields);
}

void
member_tell(struct member *member, enum event_kind kind, const char *reason,
    json_t *fields)
{
	member->sup->is_dirty = true;
	if (member->run)
		engine_note_with(&member->sup->engine, kind, member->run,
		    reason, fields);
	else
		json_decref(fields);
}

/* False: nothing is new about it. */
static bool
put(struct member *member, enum member_state state, const char *fmt,
    va_list ap)
{
	int64_t gen = member->run && member->run->applied ?
	    member->run->applied->generation : 0;
	bool is_same = member->state == state;
	struct strbuf text = STRBUF_INIT;
	char reason[sizeof(member->reason)];

	strbuf_vaddf(&text, fmt, ap);
	utf8_copy(reason, sizeof(reason), text.buf);
	strbuf_release(&text);
	is_same = is_same && (!*reason || (member->said_of == gen &&
	    str_eq(member->reason, reason)));
	utf8_copy(member->reason, sizeof(member->reason), reason);
	member->state = state;
	member->said_of = gen;
	member->sup->is_dirty = true;
	if (is_same)
		return false;
	member->sup->options->log("%s: %s%s%s", member->id,
	    member_state_name(state), *member->reason ? ": " : "",
	    member->reason);
	return true;
}

static void
set(struct member *member, enum member_state state, json_t *fields,
    const char *fmt, va_list ap)
{
	if (put(member, state, fmt, ap) && event_of(member) != EVENT_NR)
		member_tell(member, event_of(member), member->reason, fields);
	else
		json_decref(fields);
}

void
member_recall(struct member *member, enum member_state state,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(member, state, fmt, ap);
	va_end(ap);
}

void
member_set(struct member *member, enum member_state state, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(member, state, NULL, fmt, ap);
	va_end(ap);
}

void
member_set_with(struct member *member, enum member_state state,
    json_t *fields, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(member, state, fields, fmt, ap);
	va_end(ap);
}

struct member *
sup_member(const struct supervisor *sup, const char *id)
{
	return strmap_get(&sup->by_id, id);
}

static struct member *
make_member(struct supervisor *sup, const char *id)
{
	struct strmap_entry *entry = strmap_entry(&sup->by_id, id);
	struct member *member = entry->value;

	if (!member) {
		member = xcalloc(1, sizeof(*member));
		member->sup = sup;
		member->id = xstrdup(id);
		history_init(&member->history);
		score_init(&member->score);
		ARRAY_GROW(sup->members, sup->nr, sup->alloc);
		sup->members[sup->nr++] = member;
		entry->value = member;
	}
	return member;
}

void
sup_member_free(struct member *member)
{
	sup_watch_end(member);
	history_release(&member->history);
	strvec_release(&member->notices);
	free(member->asked);
	free(member->id);
	free(member);
}

/* ---- the engine, while it is ours ---- */

static void
load_team(struct supervisor *sup)
{
	struct diags diags = DIAGS_INIT;
	struct team *team = compose_load(sup->options->source, &diags);

	sup->must_reload = false;
	sup->is_compose_news = true;
	sup->is_compose_bad = diags.nr_error > 0;
	if (diags.nr_error) {
		sup->options->log("the compose file is invalid: going on with "
		    "what was read before");
		compose_free(team);
	} else {
		if (sup->observe)
			observe_forget_rules(sup->observe);
		compose_free(sup->team);
		sup->team = team;
	}
	diags_release(&diags);
}

static void
make_members(struct supervisor *sup)
{
	const struct state *state = &sup->engine.state;
	struct member *member;
	const struct agent *agent;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		sup->members[i]->run = NULL;
		sup->members[i]->ended = NULL;
		sup->members[i]->agent = NULL;
	}
	reuse_all(&sup->engine, sup->team, &sup->specs);
	for (i = 0; i < state->nr; i++) {
		agent = sup->team ? strmap_get(&sup->team->by_id,
		    state->agents[i]->id) : NULL;
		member = make_member(sup, state->agents[i]->id);
		member->agent = agent;
		member->run = engine_run(&sup->engine, member->id);
	}
}

/* Members that are in no applied state any more have nothing to be kept. */
static void
drop_members(struct supervisor *sup)
{
	size_t i, n = 0;

	for (i = 0; i < sup->nr; i++) {
		if (sup->members[i]->run)
			sup->members[n++] = sup->members[i];
		else
			sup_member_free(sup->members[i]);
	}
	sup->nr = n;
	strmap_release(&sup->by_id, NULL);
	for (i = 0; i < sup->nr; i++)
		strmap_set(&sup->by_id, sup->members[i]->id,
		    sup->members[i]);
}

/* It was to be started, and has not been: left to us, or interrupted. */
static void
start_now(struct member *member, enum history_start how)
{
	sup_watch_end(member);
	member->how = how;
	member->due = os_now();
	member->is_limited = false;
	member_set(member, MEMBER_BACKOFF, "is to be started");
}

/* It lives although it should not run: it is frozen, or about to be stopped. */
static void
adopt_held(struct member *member)
{
	sup_watch_end(member);
	if (!sup_is_frozen(member))
		return;
	engine_freeze(&member->sup->engine, &member->run, 1, true);
	member_set(member, MEMBER_FROZEN, "paused by a person");
}

/*
 * It ended while a command had the team, or before we began.  One that nobody
 * here has seen alive may have ended at once, which its start has told.
 */
static void
note_missed_end(const struct member *member, bool is_new)
{
	enum { NOT_AT_ONCE_MS = 1000 };
	const struct run *run = member->run;
	const struct record *record = &run->record;

	if (member->scored == run->applied->generation || record->asked ||
	    sup_is_held(member) ||
	    record->generation != run->applied->generation ||
	    (record->state != RECORD_EXITED &&
	    record->state != RECORD_SIGNALED))
		return;
	if (!is_new ||
	    record->ended_ms - record->started_ms >= NOT_AT_ONCE_MS)
		engine_note_end(&member->sup->engine, run);
}

/* What runs is taken over; what should, and does not, is assessed. */
static void
adopt(struct member *member)
{
	const struct run *run = member->run;
	int64_t gen = run->alive ? run->generation :
	    run->applied->generation;
	/* Counted and saved by a supervisor that did not live to make it. */
	bool is_paid = gen + 1 == member->generation && !run->alive;
	bool is_new = gen != member->generation && !is_paid;

	/* Whoever started it meanwhile was a person. */
	if (is_new)
		history_note_start(&member->history, member->agent ?
		    &member->agent->restart : &(struct restart_policy){ 0 },
		    HISTORY_ASKED, os_now());
	if (is_new)
		member->hints = 0; /* they were about its former run */
	if (is_new && !run->alive)
		member->state = MEMBER_UP;
	member->generation = gen;
	member->is_cause_open = member->is_held = false;
	if (run->alive && is_new)
		engine_note(&member->sup->engine, EVENT_ADOPTED, run, NULL);
	else if (!run->alive)
		note_missed_end(member, is_new);
	if (run->alive && sup_is_held(member))
		adopt_held(member);
	else if (run->alive)
		sup_watch_adopt(member);
	else if (!sup_is_held(member) &&
	    (is_paid || run->record.generation != gen ||
	    run->applied->asked == gen))
		start_now(member, is_new ? HISTORY_ASKED : HISTORY_FREE);
	else if (member->state != MEMBER_BACKOFF || sup_is_held(member))
		sup_assess(member);
}

/* What the switch says; what cannot be read changes nothing; told once. */
static bool
auto_resume_wish(struct supervisor *sup)
{
	char *path = state_path(sup->options->root, "auto-resume");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	bool wish = sup->auto_resume, was_bad = sup->is_switch_bad;

	sup->is_switch_bad = false;
	if (fs_read(path, 64, &text, &err) == 0) {
		strbuf_rtrim(&text);
		sup->is_switch_bad = !str_eq(text.buf, "on") &&
		    !str_eq(text.buf, "off");
		if (!sup->is_switch_bad)
			wish = str_eq(text.buf, "on");
		strbuf_addf(&err, "'%s' says neither on nor off", path);
	} else if (errno == ENOENT) {
		wish = !sup->options->no_auto_resume;
	} else {
		sup->is_switch_bad = true;
	}
	if (sup->is_switch_bad && !was_bad)
		sup->options->log("%s: auto-resume stays %s", err.buf,
		    wish ? "on" : "off");
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
	return wish;
}

void
sup_read_auto_resume(struct supervisor *sup)
{
	bool before = sup->auto_resume;
	struct member *member;
	size_t i;

	sup->auto_resume = auto_resume_wish(sup);
	if (sup->auto_resume == before)
		return;
	sup->options->log("auto-resume is %s", sup->auto_resume ? "on" :
	    "off");
	sup_tell(sup, sup->auto_resume ? EVENT_AUTO_RESUME_ON :
	    EVENT_AUTO_RESUME_OFF, NULL, NULL);
	for (i = 0; sup->auto_resume && i < sup->nr; i++) {
		member = sup->members[i];
		if (member->is_held && member->run && !member->run->alive) {
			member->is_held = false;
			sup_assess(member);
		}
	}
}

int64_t
sup_interval_ms(const struct supervisor *sup)
{
	if (sup->options->interval_ms)
		return sup->options->interval_ms;
	return sup->team && sup->team->reconcile_ms ?
	    sup->team->reconcile_ms : 30000;
}

static void
on_warning(void *ctx, const char *text)
{
	struct supervisor *sup = ctx;

	sup->options->log("%s", text);
}

/* What is new since the journal was last ours. */
static void
tell_news(struct supervisor *sup)
{
	bool is_first = !sup->is_loaded;

	sup_tell(sup, is_first ? EVENT_SUPERVISOR_STARTED :
	    EVENT_SUPERVISOR_RESUMED, NULL, is_first ?
	    json_pack("{s:i}", "pid", (int)getpid()) :
	    json_pack("{s:I}", "away_ms", (json_int_t)mono_ms_until(
	    sup->left_at, os_now())));
	if (*sup->replaced)
		sup_tell(sup, EVENT_SUPERVISOR_REPLACED, sup->replaced, NULL);
	*sup->replaced = '\0';
	if (sup->is_compose_news)
		sup_tell(sup, sup->is_compose_bad ? EVENT_COMPOSE_INVALID :
		    EVENT_COMPOSE_LOADED, NULL, sup->team ?
		    json_pack("{s:I}", "agents",
		    (json_int_t)sup->team->nr_agent) : NULL);
	sup->is_compose_news = false;
}

static void
sweep_cgroups(void)
{
	struct strbuf err = STRBUF_INIT;
	char *base = cgroup_base(&err);

	if (base)
		cgroup_sweep(base);
	free(base);
	strbuf_release(&err);
}

/* What runs is known: it is taken over. */
static void
on_observed(void *ctx, enum engine_status status, const char *text)
{
	struct supervisor *sup = ctx;
	bool is_first = !sup->is_loaded;
	struct strbuf err = STRBUF_INIT;
	size_t i;

	strbuf_addstr(&err, text);
	if (status != ENGINE_OK || engine_watch_all(&sup->engine, &err) < 0) {
		sup_cannot_open(sup, err.buf, false);
		strbuf_release(&err);
		sup_opened(sup, false);
		return;
	}
	sup->is_opening = false;
	sup->is_open = true;
	drop_members(sup);
	tell_news(sup);
	if (is_first) {
		sup_load(sup);
		if (sup_acts(sup)) { /* before there are checks of ours */
			envscan_begin(&sup->left);
			sweep_cgroups();
		}
	}
	sup->is_loaded = true;
	sup_read_auto_resume(sup);
	for (i = 0; i < sup->nr; i++)
		adopt(sup->members[i]);
	sup_stop_all_held(sup);
	if (is_first)
		sup_link_begin(sup);
	strbuf_release(&err);
	sup_opened(sup, true);
	sup_operate_resume(sup);
}

/* The next thing that tmux is to be asked may be due. */
static void
on_asked(void *ctx)
{
	sup_rearm(ctx);
}

/*
 * A `teamctl add` that was killed has left something; what it started must not
 * be kept alive.  1: another command holds the team's lock.
 */
static int
recover(struct supervisor *sup)
{
	const struct addition_options options = {
		.root = sup->options->root,
		.only_try = true,
		.is_supervisor = true,
	};
	struct strbuf err = STRBUF_INIT;
	enum engine_status status = addition_recover(&options, &err);

	if (status != ENGINE_OK && status != ENGINE_LOCKED)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
	return status == ENGINE_LOCKED;
}

/* 0; 1: another command holds the team's lock; -1 and err. */
int
sup_open(struct supervisor *sup, struct strbuf *err)
{
	struct engine_options options = {
		.root = sup->options->root,
		.verb = "supervise",
		.is_supervisor = true,
		.loop = sup->loop,
		.hooks = {
			.settled = sup_settled,
			.exited = sup_exited,
			.frozen = sup_frozen,
			.note = sup_note,
			.may_start = sup_may_start,
			.asked = on_asked,
			.warning = on_warning,
			.ctx = sup,
		},
	};
	enum engine_status status;

	if (recover(sup))
		return 1;
	status = engine_open(&sup->engine, &options, err);
	/* Under the lock: whoever had it may have changed the files. */
	if (status == ENGINE_OK && (!sup->team || sup->must_reload))
		load_team(sup);
	if (status == ENGINE_OK && sup->team && !sup->engine.state.names_server)
		engine_use_socket(&sup->engine, sup->team->tmux_socket);
	sup->engine.max_parallel = sup->team ?
	    sup->team->max_parallel_starts : 0;
	sup->engine.tmux.timeout_ms = TMUX_TIMEOUT_MS;
	sup->engine.hands_off = sup->options->observe;
	if (status == ENGINE_OK && sup->team) {
		engine_set_journal(&sup->engine, &sup->team->journal);
		engine_withhold(&sup->engine, sup->team);
	}
	if (status != ENGINE_OK) {
		engine_close(&sup->engine);
		return status == ENGINE_LOCKED ? 1 : -1;
	}
	sup->is_opening = true;
	make_members(sup);
	engine_observe_begin(&sup->engine, on_observed, sup);
	return 0;
}

void
sup_close(struct supervisor *sup)
{
	size_t i;

	sup_figures_close(sup);
	if (sup->is_open)
		sup_suspend(sup);
	if (sup->is_open && !sup->is_lost)
		sup_save_state(sup);
	for (i = 0; i < sup->nr; i++) {
		sup_see(sup->members[i]);
		sup_watch_pause(sup->members[i]);
		sup->members[i]->run = NULL;
	}
	for (i = 0; i < sup->nr_group; i++) {
		free(sup->groups[i].stop);
		free(sup->groups[i].start);
	}
	sup->nr_group = 0;
	if (sup->is_open || sup->is_opening) {
		sup->clients += sup->engine.tmux.clients;
		engine_close(&sup->engine);
	}
	sup->is_open = sup->is_opening = sup->has_failed = false;
	sup->is_looking = sup->is_capturing = sup->is_observing = false;
	sup->nr_paste = 0;
}
