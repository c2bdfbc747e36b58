/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See sending.h.
 */
#include "sending.h"

#include "os.h"
#include "jstring.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PAUSE_MS = 60,          /* between two looks */
	SETTLED_MS = 2500,      /* a screen that old needs no second look */
	DIALOG_MS = 5000,       /* a dialog may go away by itself */
	ARRIVE_MS = 1500,       /* then Enter, seen or not */
	ENTER_MS = 700,         /* until Enter is pressed again; doubles */
	MAX_ENTERS = 5,
	CONFIRM_MS = 15000,
	REST_MS = 400,          /* after a turn, until it counts as over */
	REST_UNSEEN_MS = 1500,  /* when no turn was seen */
	REST_UNTOLD_MS = 10000, /* nor the text, which may be long */
	PROBE_BYTES = 24,
};

const char *
sent_name(enum sent sent)
{
	static const char *const names[] = {
		[SENT_OPEN] = "open",
		[SENT_OK] = "sent",
		[SENT_BUSY] = "busy",
		[SENT_DIALOG] = "dialog",
		[SENT_LIMITED] = "limited",
		[SENT_NOT_READY] = "not_ready",
		[SENT_GONE] = "gone",
		[SENT_UNCONFIRMED] = "unconfirmed",
	};

	_Static_assert(nitems(names) == SENT_NR, "an outcome without a name");
	return names[sent];
}

int
sending_clean(struct strbuf *text)
{
	size_t i, len = 0;
	unsigned char c;

	for (i = 0; i < text->len; i++) {
		c = (unsigned char)text->buf[i];
		if (c == '\r' && text->buf[i + 1] == '\n')
			continue;
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
			cmd_error("the text holds a control character, "
			    "byte %zu: 0x%02x", i + 1, c);
			return EXIT_FAILED;
		}
		text->buf[len++] = (char)c;
	}
	while (len > 0 && text->buf[len - 1] == '\n')
		len--;
	strbuf_setlen(text, len);
	return EXIT_DONE;
}

void
sending_script_paste(struct strbuf *script, struct run *const *runs,
    size_t nr, const char *text)
{
	long pid = (long)getpid();
	size_t i;

	if (*text) {
		strbuf_addf(script, "set-buffer -b teamctl-%ld -- ", pid);
		tmux_quote(script, text);
		strbuf_addch(script, '\n');
	}
	for (i = 0; i < nr; i++) {
		if (runs[i]->in_mode)
			strbuf_addf(script, "copy-mode -q -t %s\n",
			    runs[i]->pane);
		if (*text)
			strbuf_addf(script, "paste-buffer -p -r -b "
			    "teamctl-%ld -t %s\n", pid, runs[i]->pane);
	}
	if (*text)
		strbuf_addf(script, "delete-buffer -b teamctl-%ld\n", pid);
}

bool
sending_is_readable(const struct runtime *runtime)
{
	size_t i;

	if (!runtime)
		return false;
	for (i = 0; i < runtime->nr_screen; i++)
		if (runtime->screens[i].verdict == ACTIVITY_IDLE)
			return true;
	return runtime->nr_screen == 0 && runtime->ready_patterns.nr > 0;
}

/* ---- what is seen */

static void
look_release(struct sending_look *look)
{
	free(look->input);
	free(look->above);
	memset(look, 0, sizeof(*look));
}

/* Where there is no place for input, all of the screen is taken for it. */
static void
look_at(const struct sight *sight, const struct sending *one,
    struct sending_look *look)
{
	look->input = observe_input(sight->observe, one->run,
	    sight_runtime(sight, one->run), &look->above);
	look->scrolled = one->run->scrolled;
	if (!look->input)
		look->input = xstrdup(one->run->screen ? one->run->screen :
		    "");
	if (!look->above)
		look->above = xstrdup("");
}

/* Without blanks and newlines, which depend on where lines are broken. */
static char *
squeezed(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	for (; *text; text++)
		if (!strchr(" \t\n", *text))
			strbuf_addch(&out, *text);
	return strbuf_detach(&out);
}

static int
count(const char *text, const char *word)
{
	int nr = 0;

	for (; *word && (text = strstr(text, word)); text++)
		nr++;
	return nr;
}

/* Has `now` more of the beginning or of the end of the text than `before`? */
static bool
has_more(const char *now, const char *before, const char *text)
{
	char *a = squeezed(now), *b = squeezed(before), *whole =
	    squeezed(text);
	size_t len = strlen(whole);
	char *tail = whole + (len > PROBE_BYTES ? len - PROBE_BYTES : 0);
	char *head = xstrndup(whole, PROBE_BYTES);
	bool more = count(a, head) > count(b, head) ||
	    count(a, tail) > count(b, tail);

	free(head);
	free(whole);
	free(a);
	free(b);
	return more;
}

/* A place for input is to be seen; why else it takes none. */
static enum sent
readiness(const struct sight *sight, const struct sending *one)
{
	const struct activity_verdict *verdict = sight_verdict(sight,
	    one->run);
	char *above, *input;
	bool has_place;

	if (!one->run->screen)
		return SENT_NOT_READY;
	input = observe_input(sight->observe, one->run,
	    sight_runtime(sight, one->run), &above);
	has_place = input != NULL;
	free(input);
	free(above);
	switch (verdict->activity) {
	case ACTIVITY_WORKING:
		return SENT_BUSY;
	case ACTIVITY_RATE_LIMITED:
		return SENT_LIMITED;
	case ACTIVITY_WAITING:
		return has_place && verdict->kind == WAIT_QUESTION ?
		    SENT_OK : SENT_DIALOG;
	case ACTIVITY_IDLE:
	case ACTIVITY_ERROR: /* of its last turn */
		return has_place ? SENT_OK : SENT_NOT_READY;
	case ACTIVITY_UNKNOWN:
	case ACTIVITY_DONE:
	case ACTIVITY_NR:
	default:
		return SENT_NOT_READY;
	}
}

/* ---- the phases */

static void
begin(struct sending *one, enum sending_phase phase)
{
	one->phase = phase;
	one->since = os_now();
}

static void
finish(struct sending *one, enum sent outcome)
{
	one->outcome = outcome;
	one->phase = SENDING_OVER;
}

static bool
is_past(struct mono since, int64_t ms)
{
	return !mono_before(os_now(), mono_add_ms(since, ms));
}

/* The same as at the look before this one. */
static bool
is_still(struct sending_look *before, struct sending_look *now)
{
	bool same = str_eq(before->input, now->input) &&
	    str_eq(before->above, now->above);

	look_release(before);
	*before = *now;
	return same;
}

/*
 * Programs that are starting draw their prompt before they read: only one that
 * stays counts.
 */
static void
step_waits(struct sight *sight, struct sending *one,
    const struct sending_how *how)
{
	struct sending_look now;
	enum sent why;

	one->is_claimed = one->is_claimed || sight_claim(sight, one->run);
	why = one->is_claimed ? readiness(sight, one) : SENT_BUSY;
	if (why == SENT_DIALOG && one->why != why)
		one->dialog = os_now();
	one->why = why;
	if (why == SENT_OK) {
		look_at(sight, one, &now);
		if (is_still(&one->before, &now) || (one->run->moved_ms &&
		    sight->now_ms - one->run->moved_ms > SETTLED_MS)) {
			one->must_paste = true;
			begin(one, SENDING_ARRIVES);
			return;
		}
		one->why = SENT_NOT_READY;
	}
	if (is_past(one->since, how->timeout_ms) || (why == SENT_DIALOG &&
	    !how->is_patient && is_past(one->dialog, DIALOG_MS)))
		finish(one, one->why);
}

static void
step_arrives(struct sight *sight, struct sending *one,
    const struct sending_how *how)
{
	struct sending_look now;
	bool is_there;

	look_at(sight, one, &now);
	is_there = !str_eq(now.input, one->before.input) &&
	    str_eq(now.input, one->filled);
	if (is_there || !*how->text || is_past(one->since, ARRIVE_MS)) {
		if (how->no_enter) {
			finish(one, SENT_OK);
		} else {
			one->must_enter = true;
			begin(one, SENDING_SUBMITS);
		}
	}
	free(one->filled);
	one->filled = xstrdup(now.input);
	look_release(&now);
}

/*
 * The text has left the place for input, and what is above has changed: both,
 * since a program that draws itself anew may have dropped what it was given.
 */
static bool
is_submitted(const struct sight *sight, const struct sending *one,
    const struct sending_how *how, const struct sending_look *now)
{
	const struct activity_verdict *verdict = sight_verdict(sight,
	    one->run);
	enum sent ready = readiness(sight, one);
	bool was_seen = !str_eq(one->filled, one->before.input);
	bool has_moved = !str_eq(now->above, one->before.above) ||
	    now->scrolled != one->before.scrolled;

	if (verdict->activity == ACTIVITY_WORKING || ready == SENT_DIALOG ||
	    ready == SENT_LIMITED)
		return true;
	if (ready != SENT_OK)
		return false;
	if (!was_seen)
		return str_eq(now->input, one->before.input) &&
		    has_more(now->above, one->before.above, how->text);
	return has_moved && !str_eq(now->input, one->filled) &&
	    !has_more(now->input, one->before.input, how->text);
}

static void
step_submits(struct sight *sight, struct sending *one,
    const struct sending_how *how)
{
	struct sending_look now;

	look_at(sight, one, &now);
	if (!*how->text || is_submitted(sight, one, how, &now)) {
		one->is_turn_seen = sight_verdict(sight, one->run)->activity
		    == ACTIVITY_WORKING;
		one->outcome = SENT_OK;
		begin(one, how->wait ? SENDING_TURN : SENDING_OVER);
		one->rest = os_now();
	} else if (is_past(one->since, CONFIRM_MS)) {
		finish(one, SENT_UNCONFIRMED);
	} else if (!mono_before(os_now(), one->enter_at) &&
	    one->enters < MAX_ENTERS) {
		one->must_enter = true;
	}
	look_release(&now);
}

/* For how long must it be at rest, for its turn to be over? */
static int64_t
rest_ms(const struct sight *sight, const struct sending *one,
    const struct sending_how *how)
{
	struct sending_look now;
	bool is_told;

	if (one->is_turn_seen || !*how->text)
		return one->is_turn_seen ? REST_MS : REST_UNSEEN_MS;
	look_at(sight, one, &now);
	is_told = has_more(now.above, one->before.above, how->text);
	look_release(&now);
	return is_told ? REST_UNSEEN_MS : REST_UNTOLD_MS;
}

static void
step_turn(struct sight *sight, struct sending *one,
    const struct sending_how *how)
{
	enum activity activity = sight_verdict(sight, one->run)->activity;

	if (activity == ACTIVITY_WORKING)
		one->is_turn_seen = true;
	if (activity == ACTIVITY_WORKING || activity == ACTIVITY_UNKNOWN)
		one->rest = os_now();
	one->has_ended = is_past(one->rest, rest_ms(sight, one, how));
	if (one->has_ended || (how->turn_ms && is_past(one->since,
	    how->turn_ms)))
		one->phase = SENDING_OVER;
}

static void
step(struct sight *sight, struct sending *one, const struct sending_how *how)
{
	if (!one->run->alive || !one->run->present) {
		one->outcome = SENT_GONE;
		one->phase = SENDING_OVER;
		return;
	}
	switch (one->phase) {
	case SENDING_WAITS:
		step_waits(sight, one, how);
		break;
	case SENDING_ARRIVES:
		step_arrives(sight, one, how);
		break;
	case SENDING_SUBMITS:
		step_submits(sight, one, how);
		break;
	case SENDING_TURN:
		step_turn(sight, one, how);
		break;
	case SENDING_OVER:
	default:
		break;
	}
}

/* ---- typing */

void
sending_note(const struct sight *sight, struct run *const *runs, size_t nr,
    const struct sending_how *how)
{
	struct strvec ids = STRVEC_INIT;
	size_t i;

	for (i = 0; i < nr; i++)
		strvec_push(&ids, runs[i]->id);
	view_note(&sight->view, &ids, EVENT_SENT, how->reason,
	    json_pack("{s:I, s:b, s:o*}", "bytes",
	    (json_int_t)strlen(how->text), "enter", !how->no_enter,
	    "claimed_by", how->by ? jstring(how->by) : NULL));
	strvec_release(&ids);
}

static void
type(struct sight *sight, struct sending *all, size_t nr,
    const struct sending_how *how)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	struct run **runs = xcalloc(nr, sizeof(*runs));
	size_t i, nr_paste = 0;

	for (i = 0; i < nr; i++) {
		if (all[i].must_paste)
			runs[nr_paste++] = all[i].run;
		if (all[i].must_enter) {
			strbuf_addf(&script, "send-keys -t %s Enter\n",
			    all[i].run->pane);
			all[i].enter_at = mono_add_ms(os_now(), ENTER_MS <<
			    all[i].enters++);
		}
		all[i].must_paste = all[i].must_enter = false;
	}
	if (nr_paste) {
		sending_note(sight, runs, nr_paste, how);
		sending_script_paste(&script, runs, nr_paste, how->text);
	}
	if (script.len)
		tmux_run(&sight->view.engine.tmux, &script, false, &out, &err);
	free(runs);
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
}

static size_t
those_open(const struct sending *all, size_t nr, struct run **runs)
{
	size_t i, open = 0;

	for (i = 0; i < nr; i++)
		if (all[i].phase != SENDING_OVER)
			runs[open++] = all[i].run;
	return open;
}

void
sending_run(struct sight *sight, struct sending *all, size_t nr,
    const struct sending_how *how)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	struct run **runs = xcalloc(nr, sizeof(*runs));
	size_t i, open;

	for (i = 0; i < nr; i++)
		all[i].since = os_now();
	while ((open = those_open(all, nr, runs)) > 0) {
		sight_look(sight, runs, open);
		for (i = 0; i < nr; i++)
			step(sight, &all[i], how);
		type(sight, all, nr, how);
		if (those_open(all, nr, runs) > 0)
			nanosleep(&pause, NULL);
	}
	free(runs);
}

void
sending_release(struct sending *one)
{
	look_release(&one->before);
	free(one->filled);
}
