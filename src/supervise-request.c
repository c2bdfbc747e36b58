/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what may be asked of it by the socket, and the
 * answers that need no work.  They come from memory, also while a command has
 * the team.
 */
#include "supervise.h"

#include "command.h"
#include "inside.h"
#include "os.h"
#include "permission.h"
#include "replies.h"
#include "reply.h"

#include <string.h>
#include <unistd.h>

/* ---- the state, from memory ---- */

void
sup_see(struct member *member)
{
	/* While it opens, nothing has been observed yet. */
	if (member->run && member->sup->is_open)
		agentstate_see(&member->seen, member->run);
}

/* As status has it, where nothing is to come any more. */
static const char *
told_state(const struct member *member)
{
	if (member->state == MEMBER_OFF &&
	    member->seen.operation == OPERATION_REMOVED)
		return "removed";
	if (member->state != MEMBER_DONE || member->is_limited)
		return sup_state_name(member);
	return member->seen.is_clean ? "stopped" : "failed";
}

static json_t *
describe(struct member *member)
{
	bool is_up = member->state == MEMBER_UP;
	struct agentstate seen;
	json_t *object;

	sup_see(member);
	seen = member->seen;
	/* A command may have ended it since. */
	if (seen.pid && os_start_time(seen.pid) != seen.start) {
		seen.is_alive = false;
		seen.pid = 0;
		seen.started_ms = 0;
	}
	object = agentstate_json(&seen, member->id, told_state(member),
	    member->reason);
	json_object_set_new(object, "ready", json_boolean(is_up &&
	    seen.is_alive && member->ready.state == HEALTH_OK));
	json_object_set_new(object, "health", json_string(
	    health_state_name(member->health.state)));
	json_object_set_new(object, "due_in_ms",
	    member->state == MEMBER_BACKOFF ? json_integer(
	    mono_ms_until(os_now(), member->due)) : json_null());
	return object;
}

static json_t *
do_state(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	const json_t *ids = json_object_get(request, "ids"), *id;
	json_t *agents = json_array();
	struct member *member;
	size_t i;

	(void)client;
	for (i = 0; !ids && i < sup->nr; i++)
		json_array_append_new(agents, describe(sup->members[i]));
	json_array_foreach(ids, i, id) {
		member = sup_member(sup, json_string_value(id));
		if (!member) {
			json_decref(agents);
			return reply_refusef("unknown_agent",
			    "no such agent: %s", json_string_value(id));
		}
		json_array_append_new(agents, describe(member));
	}
	return json_pack("{s:b, s:i, s:{s:i, s:b, s:b, s:b}, s:o}", "ok", 1,
	    "schema", 1, "supervisor", "pid", (int)getpid(), "yielded",
	    !sup->is_open, "stopping", sup->is_stopping, "auto_resume",
	    sup->auto_resume, "agents", agents);
}

/* ---- the others ---- */

/* Once a connection: there is room for no more. */
static bool
is_yield_of(const struct supervisor *sup, const struct control_client *client)
{
	size_t i;

	for (i = 0; i < sup->nr_yielded; i++)
		if (sup->yielded[i] == client)
			return true;
	return false;
}

static json_t *
do_yield(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	(void)request;
	if (is_yield_of(sup, client))
		return reply_refuse("bad_request", "yielded to you already");
	control_hold(client);
	sup->must_reload = true;
	if (!sup->is_open) {
		sup_close(sup);
		loop_timer_at(sup->reopen, MONO_NEVER);
		sup->yielded[sup->nr_yielded++] = client;
		return json_pack("{s:b}", "ok", 1);
	}
	sup->yields[sup->nr_yield++] = client;
	sup_rearm(sup);
	return NULL;
}

/* Whom nobody knows, nobody stops. */
static json_t *
do_hurry(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	struct strvec ids = STRVEC_INIT;
	const json_t *id;
	size_t i;

	(void)client;
	json_array_foreach(json_object_get(request, "ids"), i, id)
		strvec_push(&ids, json_string_value(id));
	if (sup->is_open) {
		operate_hurry(&sup->operate, &ids);
		engine_go_on(&sup->engine);
		sup_rearm(sup);
	}
	strvec_release(&ids);
	return json_pack("{s:b}", "ok", 1);
}

/* Told again to who repeats it, though by another supervisor. */
static void
keep_shutdown(const struct supervisor *sup, const struct command *command,
    json_t *json)
{
	const struct reply reply = { .json = json };
	struct strbuf err = STRBUF_INIT;

	if (command->request && replies_put(sup->options->root, command->id,
	    command->request, &reply, &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
}

static json_t *
shut_down(struct supervisor *sup, const struct operate_request *request)
{
	struct command *command = command_new(request);
	bool again = sup->is_stopping;
	json_t *reply = operate_reply(command);

	json_object_set_new(reply, "decision", json_string(again ?
	    "unchanged" : "accepted"));
	json_object_set_new(reply, "idempotent", json_boolean(again));
	json_object_set_new(reply, "pid", json_integer(getpid()));
	keep_shutdown(sup, command, reply);
	if (!command->dry_run)
		sup->is_shut_down = true;
	if (!again && !command->dry_run) {
		sup_journal_begin(sup);
		command_note_begin(&sup->engine, command);
		engine_note_for(&sup->engine, &command->cause,
		    EVENT_SHUTDOWN_REQUESTED, command->reason, NULL, false);
		sup_journal_end(sup);
		sup->shutdown = command;
		sup_stop(sup);
	}
	if (sup->shutdown != command)
		command_free(command);
	return reply;
}

static json_t *
do_shutdown(struct supervisor *sup, struct control_client *client,
    const json_t *json)
{
	struct strvec none = STRVEC_INIT;
	struct operate_request request = {
		.verb = VERB_NR, .name = "shutdown", .ids = &none,
		.by = control_peer_name(client),
		.claimed_by = json_string_value(json_object_get(json, "by")),
		.reason = json_string_value(json_object_get(json, "reason")),
		.command_id = json_string_value(json_object_get(json,
		    "command_id")),
		.dry_run = json_is_true(json_object_get(json, "dry_run")),
	};
	json_t *reply = sup_check_audit(sup, json, "shutdown");

	if (!reply)
		reply = sup_replay(sup, &request);
	return reply ? reply : shut_down(sup, &request);
}

static json_t *
do_auto_resume(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	(void)client;
	(void)request;
	sup_read_auto_resume(sup);
	sup_rearm(sup);
	return json_pack("{s:b, s:b}", "ok", 1, "auto_resume",
	    sup->auto_resume);
}

typedef json_t *handler_fn(struct supervisor *sup,
    struct control_client *client, const json_t *request);

/* Those that are no verb on agents. */
static const struct {
	const char *op;
	handler_fn *handler;
} handlers[] = {
	{ "auto-resume", do_auto_resume },
	{ "hurry", do_hurry },
	{ "shutdown", do_shutdown },
	{ "state", do_state },
	{ "subscribe", sup_subscribe },
	{ "yield", do_yield },
};

static bool
is_only(const json_t *ids, const char *id)
{
	return json_array_size(ids) == 1 &&
	    str_eq(json_string_value(json_array_get(ids, 0)), id);
}

static json_t *
deny(struct supervisor *sup, const char *id, const char *verb,
    const char *why)
{
	sup_journal_begin(sup);
	journal_add(&sup->engine.journal, EVENT_COMMAND_DENIED, *id ? id :
	    NULL, 0, why, json_pack("{s:s}", "verb", verb));
	sup_journal_end(sup);
	sup->is_dirty = true;
	return reply_refuse("denied", why);
}

/* A refusal when the peer is an agent's, and may not; or NULL. */
static json_t *
check_inside(struct supervisor *sup, struct control_client *client,
    const struct protocol_op *op, const json_t *request)
{
	struct strbuf token = STRBUF_INIT, id = STRBUF_INIT;
	struct strbuf why = STRBUF_INIT;
	pid_t pid = control_peer_pid(client);
	bool has_token = os_process_env(pid, SHIM_TOKEN, &token);
	enum inside inside = inside_find(sup->options->root, pid, has_token ?
	    token.buf : NULL, &id, &why);
	const struct member *member = sup_member(sup, id.buf);
	const char *verb = json_string_value(json_object_get(request, "verb"));
	const char *mode = json_string_value(json_object_get(request, "mode"));
	bool is_hurry = str_eq(op->name, "hurry");
	struct asking asking = {
		.verb = str_eq(op->name, "pause") ? verb_name(verb_find(
		    op->name, !str_eq(mode, "stop"))) : is_hurry ? "down" :
		    verb ? verb : op->name,
		.now = is_hurry || json_is_true(json_object_get(request,
		    "now")),
		.is_itself = (op->kind == PROTOCOL_OWN && !is_hurry) ||
		    is_only(json_object_get(request, "ids"), id.buf),
	};
	json_t *reply = NULL;

	if (inside != INSIDE_FORGED && control_peer_has_gone(client)) {
		strbuf_addstr(&why, INSIDE_GONE);
		inside = INSIDE_FORGED;
	}
	control_set_peer_agent(client, inside == INSIDE_AGENT ? id.buf :
	    NULL);
	if (inside == INSIDE_FORGED || (inside == INSIDE_AGENT &&
	    !permission_allows(member && member->agent ?
	    &member->agent->permissions : NULL, id.buf, &asking, &why)))
		reply = deny(sup, id.buf, asking.verb, why.buf);
	strbuf_release(&token);
	strbuf_release(&id);
	strbuf_release(&why);
	return reply;
}

/*
 * Whether it changes nothing, whoever asks.  A manifest and an environment may
 * run commands, and would do so in the dry run of a teamctl of ours.
 */
static bool
is_look(const struct protocol_op *op, const json_t *request)
{
	return op->kind == PROTOCOL_LOOK || str_eq(op->name, "auto-resume") ||
	    (op->kind != PROTOCOL_ORDER &&
	    json_is_true(json_object_get(request, "dry_run")));
}

json_t *
sup_request(void *ctx, struct control_client *client,
    const struct protocol_op *op, const json_t *request)
{
	json_t *refusal = is_look(op, request) ? NULL :
	    check_inside(ctx, client, op, request);
	size_t i;

	if (refusal)
		return refusal;
	if (op->kind == PROTOCOL_ORDER)
		return sup_order(ctx, client, op, request);
	if (op->kind == PROTOCOL_VERB)
		return sup_operate(ctx, client, request);
	for (i = 0; i < nitems(handlers); i++)
		if (str_eq(handlers[i].op, op->name))
			return handlers[i].handler(ctx, client, request);
	BUG("nobody does '%s'", op->name);
}

static bool
take_out(struct control_client **list, size_t *nr,
    const struct control_client *client)
{
	size_t i;

	for (i = 0; i < *nr; i++) {
		if (list[i] != client)
			continue;
		list[i] = list[--*nr];
		return true;
	}
	return false;
}

void
sup_gone(void *ctx, struct control_client *client)
{
	struct supervisor *sup = ctx;

	sup_operate_gone(sup, client);
	sup_order_gone(sup, client);
	sup_subscribe_gone(sup, client);
	take_out(sup->yields, &sup->nr_yield, client);
	if (take_out(sup->yielded, &sup->nr_yielded, client) &&
	    !sup->nr_yielded && !sup->is_open && sup->reopen)
		loop_timer_at(sup->reopen, os_now());
}
