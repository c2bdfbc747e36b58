/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: the verbs that come by the socket.  What they do to
 * an agent is operate.h's; what that means for a member is said here.
 */
#include "supervise.h"

#include "command.h"
#include "reply.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_COMMANDS = 256 };

/* Somebody who is to be told how a command ended. */
struct waiter {
	struct supervisor *sup;
	struct waiter *next;
	struct control_client *client; /* NULL: he has gone, or knows enough */
};

/* ---- what follows for members ---- */

/* Its operation has changed, or it was frozen or thawed. */
static void
follow(struct member *member)
{
	struct run *run = member->run;

	if (!run || !run->settled)
		return;
	if (!run->alive && sup_is_held(member)) {
		sup_assess(member);
	} else if (run->alive && sup_is_frozen(member)) {
		sup_watch_end(member);
		member_set(member, MEMBER_FROZEN, "paused by a person");
	} else if (run->alive && member->state == MEMBER_FROZEN &&
	    !sup_is_held(member)) {
		sup_watch_begin(member);
	}
}

static void
on_changed(void *ctx, struct run *run, enum verb verb)
{
	struct supervisor *sup = ctx;
	struct member *member = sup_member(sup, run->id);

	if (!member)
		return;
	sup->is_dirty = true;
	if (verb == VERB_RESET)
		history_reset(&member->history);
	if (verb == VERB_REMOVE && !run->applied) {
		/* It is no member any more, and a later one is another. */
		sup->must_reload = true;
		member->generation = 0;
		history_reset(&member->history);
	} else {
		follow(member);
	}
}

static bool
is_failed(void *ctx, const struct run *run)
{
	const struct member *member = sup_member(ctx, run->id);

	return member && !run->alive && (member->state == MEMBER_FAILED ||
	    member->state == MEMBER_DONE || member->state == MEMBER_OFF);
}

/* By the files as they are now; NULL: they cannot be used. */
static struct team *
team_now(const struct supervisor *sup)
{
	struct diags diags = DIAGS_INIT;
	struct team *team = compose_load(sup->options->source, &diags);

	if (diags.nr_error) {
		compose_free(team);
		team = NULL;
	}
	diags_release(&diags);
	return team;
}

/* The files may have been edited since. */
static bool
is_wanted(void *ctx, const char *id)
{
	struct team *team = team_now(ctx);
	bool wanted = !team || strmap_has(&team->by_id, id);

	compose_free(team);
	return wanted;
}

static void
on_stop(void *ctx, struct run **runs, size_t nr,
    const struct engine_stop *how)
{
	struct supervisor *sup = ctx;
	struct member *member;
	size_t i;

	for (i = 0; i < nr; i++) {
		member = sup_member(sup, runs[i]->id);
		if (!member)
			continue;
		sup_watch_end(member);
		member->hints = HINT_REQUESTED;
		member->is_sibling = false;
		member_set(member, MEMBER_STOPPING, "%s", "");
	}
	engine_stop_begin(&sup->engine, runs, nr, how);
}

static void
on_start(void *ctx, struct run **runs, size_t nr)
{
	struct supervisor *sup = ctx;
	struct member **members = xcalloc(nr, sizeof(struct member *));
	size_t i, n = 0;

	for (i = 0; i < nr; i++) {
		members[n] = sup_member(sup, runs[i]->id);
		if (!members[n])
			continue;
		members[n]->how = HISTORY_ASKED;
		members[n++]->is_cause_open = false;
	}
	sup_start(sup, members, n);
	free(members);
}

static void
operate_init(struct supervisor *sup)
{
	sup->operate.engine = &sup->engine;
	sup->operate.hooks = (struct operate_hooks){
		.start = on_start,
		.stop = on_stop,
		.is_failed = is_failed,
		.is_wanted = is_wanted,
		.changed = on_changed,
		.ctx = sup,
	};
}

/* ---- requests ---- */

static const char ended_text[] = "the supervisor ended before that was done";

static void
on_done(void *ctx, struct command *command)
{
	struct waiter *waiter = ctx, **at = &waiter->sup->waiters;

	if (waiter->client)
		control_reply(waiter->client, command->is_cut ?
		    reply_refuse("ending", ended_text) :
		    operate_reply(command));
	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	free(waiter);
}

void
sup_operate_gone(struct supervisor *sup, const struct control_client *client)
{
	struct waiter *waiter;
	size_t i;

	for (waiter = sup->waiters; waiter; waiter = waiter->next)
		if (waiter->client == client)
			waiter->client = NULL;
	for (i = 0; i < sup->nr_queued; i++) {
		if (sup->queued[i].client != client)
			continue;
		json_decref(sup->queued[i].request);
		sup->queued[i] = sup->queued[--sup->nr_queued];
		i--;
	}
}

static const char *
text_of(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

/* now: the team by the files as they are, read when it has to be. */
static bool
is_known(const struct supervisor *sup, struct team **now, const char *id)
{
	struct diags diags = DIAGS_INIT;

	if (sup_member(sup, id) ||
	    strvec_has(&sup->engine.state.removed, id) ||
	    (sup->team && strmap_has(&sup->team->by_id, id)))
		return true;
	if (!*now)
		*now = compose_load(sup->options->source, &diags);
	diags_release(&diags);
	return *now && strmap_has(&(*now)->by_id, id);
}

/* The strings of an array into out, each once; false when one is no id. */
static bool
get_ids(const struct supervisor *sup, const json_t *array, struct strvec *out,
    json_t **refusal)
{
	struct strmap seen = STRMAP_INIT;
	struct team *now = NULL;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *id = json_string_value(item);

		if (strmap_has(&seen, id))
			continue;
		strmap_set(&seen, id, NULL);
		if (!is_known(sup, &now, id))
			*refusal = reply_refusef("unknown_agent",
			    "no such agent: %s", id);
		if (*refusal)
			break;
		strvec_push(out, id);
	}
	compose_free(now);
	strmap_release(&seen, NULL);
	return !*refusal;
}

/* The command that has the team now, if one has, may have changed just that. */
static bool
needs_reason(const struct supervisor *sup, const char *op)
{
	struct team *now = sup->is_open ? NULL : team_now(sup);
	const struct team *team = now ? now : sup->team;
	bool needs = team && strvec_has(&team->require_reason, op);

	compose_free(now);
	return needs;
}

json_t *
sup_check_audit(const struct supervisor *sup, const json_t *request,
    const char *op)
{
	static const char *const keys[] = { "by", "reason", "command_id" };
	const char *text;
	size_t i;

	for (i = 0; i < nitems(keys); i++) {
		text = text_of(request, keys[i]);
		if (json_object_get(request, keys[i]) &&
		    (!text || str_is_blank(text)))
			return reply_refusef("bad_request", "'%s' says "
			    "nothing", keys[i]);
	}
	text = text_of(request, "command_id");
	if (text && !replies_is_id(text))
		return reply_refuse("bad_request", "'command_id' is not 1 to "
		    "64 letters, digits, '.', '_', ':' and '-'");
	if (json_is_true(json_object_get(request, "dry_run")))
		return NULL;
	if (!text_of(request, "reason") && needs_reason(sup, op))
		return reply_refusef("reason_required",
		    "%s needs a reason in this team", op);
	return NULL;
}

json_t *
sup_replay(const struct supervisor *sup, const struct operate_request *request)
{
	struct reply reply = operate_replay(sup->options->root, request);

	if (!reply.is_other)
		return reply.json;
	json_decref(reply.json);
	return reply_refusef("command_id_used", "the command id '%s' was used "
	    "for another command", request->command_id);
}

static json_t *
begin(struct supervisor *sup, struct control_client *client,
    struct operate_request *request)
{
	struct waiter *waiter = xcalloc(1, sizeof(*waiter));
	struct command *command;
	json_t *reply = NULL;

	waiter->sup = sup;
	waiter->client = client;
	waiter->next = sup->waiters;
	sup->waiters = waiter;
	command = operate_begin(&sup->operate, request, on_done, waiter);
	if (command && request->no_wait) {
		engine_flush_journal(&sup->engine);
		reply = operate_reply(command);
		waiter->client = NULL;
	}
	engine_go_on(&sup->engine);
	sup_rearm(sup);
	return reply;
}

static json_t *
do_verb(struct supervisor *sup, struct control_client *client,
    const json_t *json, enum verb verb)
{
	const json_t *wait = json_object_get(json, "wait");
	const json_t *timeout = json_object_get(json, "timeout_ms");
	struct strvec ids = STRVEC_INIT, named = STRVEC_INIT;
	struct operate_request request = {
		.verb = verb,
		.ids = &ids,
		.named = json_object_get(json, "named") ? &named : NULL,
		.by = control_peer_name(client),
		.claimed_by = text_of(json, "by"),
		.agent = control_peer_agent(client),
		.reason = text_of(json, "reason"),
		.command_id = text_of(json, "command_id"),
		.kill = json_is_true(json_object_get(json, "now")),
		.timeout_ms = timeout ? json_integer_value(timeout) : -1,
		.dry_run = json_is_true(json_object_get(json, "dry_run")),
		.no_wait = json_is_false(wait),
		.is_shutdown = sup->is_stopping,
	};
	json_t *reply = sup_check_audit(sup, json, text_of(json, "op"));
	const char *unknown;

	if (!reply && sup->operate.nr >= MAX_COMMANDS)
		reply = reply_refuse("busy", "too many commands are under "
		    "way");
	if (!reply && get_ids(sup, json_object_get(json, "ids"), &ids,
	    &reply) && (!request.named || get_ids(sup,
	    json_object_get(json, "named"), &named, &reply)))
		reply = sup_replay(sup, &request);
	unknown = reply ? NULL : operate_unknown(&sup->engine, &request);
	if (unknown)
		reply = reply_refusef("unknown_agent", "agent '%s' has never "
		    "been started", unknown);
	if (!reply)
		reply = begin(sup, client, &request);
	strvec_release(&ids);
	strvec_release(&named);
	return reply;
}

json_t *
sup_operate(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	const char *op = text_of(request, "op"), *mode;
	enum verb verb;

	mode = text_of(request, "mode");
	if (mode && !str_eq(mode, "stop") && !str_eq(mode, "freeze"))
		return reply_refuse("bad_request", "'mode' is neither "
		    "'freeze' nor 'stop'");
	verb = verb_find(op, !str_eq(mode, "stop"));
	/* Whoever ends it by a signal has nothing against the command. */
	if (sup->is_stopping && !sup->is_shut_down)
		return reply_refuse("ending", "the supervisor is about to "
		    "end");
	if (sup->is_open)
		return do_verb(sup, client, request, verb);
	if (sup->is_stopping)
		return reply_refuse("blocked_by_shutdown",
		    "the supervisor is about to end");
	if (sup->nr_queued == nitems(sup->queued))
		return reply_refuse("busy", "too many commands are waiting");
	/* A command has the team: this one comes after it. */
	sup->queued[sup->nr_queued].client = client;
	sup->queued[sup->nr_queued++].request =
	    json_incref((json_t *)(uintptr_t)request);
	return NULL;
}

static enum item_fate
fate_of(const struct state *state, const struct item *item)
{
	const struct applied *applied = state_find(state, item->id);

	return applied && applied->operation != item->verdict.after ?
	    ITEM_SUPERSEDED : ITEM_FAILED;
}

/* Why what was not done is not going to be. */
static const char *
cut_text(const struct supervisor *sup, const struct item *item)
{
	enum operation_effect effect = item->verdict.effect;

	if (item->end == ITEM_SUPERSEDED)
		return "another command came after it";
	if (!sup->is_shut_down)
		return ended_text;
	return effect == EFFECT_START || effect == EFFECT_RESTART ?
	    "cut short by a shutdown of the supervisor; 'teamctl up' starts it"
	    : "cut short by a shutdown of the supervisor";
}

/*
 * We end by ourselves, before any agent of it was done with: whoever asked can
 * do it.  Not where its id is known now, with this answer.
 */
static bool
is_for_another(const struct supervisor *sup, const struct command *command)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (command->items[i].end != ITEM_FAILED)
			return false;
	return !sup->is_shut_down && !command->request;
}

static void
conclude(struct supervisor *sup, const struct command *command)
{
	struct strbuf err = STRBUF_INIT;

	command_note_end(&sup->engine, command);
	if (command->is_kept &&
	    command_keep(sup->options->root, command, &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
}

/*
 * What has not been done is not going to be.  The command that has ended us may
 * be one that wants something else of the agent.
 */
static void
give_up(struct supervisor *sup)
{
	struct strbuf err = STRBUF_INIT;
	struct state state = { .root = NULL };
	struct command *command;
	struct item *item;
	size_t i, j;

	if (sup->operate.nr && state_load(&state, sup->options->root, &err) < 0)
		sup->options->log("%s", err.buf);
	for (i = 0; i < sup->operate.nr; i++) {
		command = sup->operate.commands[i];
		for (j = 0; j < command->nr; j++) {
			item = &command->items[j];
			if (item->is_over)
				continue;
			item->is_over = true;
			item->end = fate_of(&state, item);
			item->text = xstrdup(cut_text(sup, item));
		}
		command->is_cut = is_for_another(sup, command);
		/* Else another has the journal, and the replies. */
		if (sup->is_open)
			conclude(sup, command);
	}
	state_release(&state);
	strbuf_release(&err);
}

void
sup_operate_end(struct supervisor *sup)
{
	size_t i;

	give_up(sup);
	operate_release(&sup->operate);
	for (i = 0; i < sup->nr_queued; i++) {
		json_decref(sup->queued[i].request);
		control_reply(sup->queued[i].client, reply_refuse("ending",
		    "the supervisor has ended"));
	}
	sup->nr_queued = 0;
}

void
sup_operate_resume(struct supervisor *sup)
{
	struct queued queued;
	json_t *reply;

	operate_init(sup);
	operate_advance(&sup->operate);
	while (sup->nr_queued && sup->is_open) {
		queued = sup->queued[0];
		memmove(&sup->queued[0], &sup->queued[1],
		    --sup->nr_queued * sizeof(queued));
		reply = sup_operate(sup, queued.client, queued.request);
		json_decref(queued.request);
		if (reply)
			control_reply(queued.client, reply);
	}
}
