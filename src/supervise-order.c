/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: the requests that render agents anew (add, scale,
 * reload, save).  A teamctl of its own carries each out, under the lock, as for
 * a person at a terminal: it is the same code, in an environment that is known,
 * and we answer others meanwhile.
 */
#include "supervise.h"

#include "child.h"
#include "jstring.h"
#include "os.h"
#include "reply.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum {
	MAX_ORDERS = 16,
	ORDER_MS = 15 * 60 * 1000,
	MAX_OUTPUT = 8 << 20,
};

/* To wait for the lock: drains may be under way. */
#define LOCK_TIMEOUT "--lock-timeout=10m"

struct order {
	struct supervisor *sup;
	struct order *next;
	struct control_client *client; /* NULL: he has gone */
	struct child *child;
};

static const char *
text_of(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

static void
push_text(struct strvec *argv, const json_t *request, const char *key,
    const char *option)
{
	if (text_of(request, key))
		strvec_pushf(argv, "--%s=%s", option, text_of(request, key));
}

static void
build_argv(const struct supervisor *sup, const struct protocol_op *op,
    const json_t *request, struct strvec *argv)
{
	const struct source *source = sup->options->source;
	const json_t *timeout = json_object_get(request, "timeout_ms"), *item;
	const json_t *list = json_object_get(request, "agents");
	char self[4096];
	size_t i;

	/* The engine may be another's now, and not know it. */
	if (os_self_path(self, sizeof(self)) < 0)
		snprintf(self, sizeof(self), "teamctl");
	strvec_push(argv, self);
	strvec_pushf(argv, "--file=%s/%s", source->root, source->file);
	strvec_push(argv, op->name);
	strvec_push(argv, "--json");
	strvec_push(argv, "--quiet"); /* the first line is the error */
	strvec_push(argv, LOCK_TIMEOUT);
	if (json_object_get(request, "manifest"))
		strvec_push(argv, "--manifest=-");
	push_text(argv, request, "project", "project");
	push_text(argv, request, "by", "by");
	push_text(argv, request, "reason", "reason");
	push_text(argv, request, "command_id", "command-id");
	if (json_is_true(json_object_get(request, "dry_run")))
		strvec_push(argv, "--dry-run");
	if (json_is_true(json_object_get(request, "now")))
		strvec_push(argv, "--now");
	if (timeout)
		strvec_pushf(argv, "--timeout=%lldms",
		    (long long)json_integer_value(timeout));
	if (!list)
		list = json_object_get(request, "ids");
	if (json_array_size(list))
		strvec_push(argv, "--");
	json_array_foreach(list, i, item)
		strvec_push(argv, json_string_value(item));
}

static bool
is_set(const json_t *variables, const char *line)
{
	size_t len = strcspn(line, "="), i;
	const json_t *item;

	json_array_foreach(variables, i, item)
		if (strncmp(json_string_value(item), line, len + 1) == 0)
			return true;
	return false;
}

/* Ours, with what the request says instead.  False: that is no variable. */
static bool
build_env(const json_t *variables, struct strvec *env)
{
	const char *text;
	const json_t *item;
	char *name;
	bool good;
	size_t i;

	json_array_foreach(variables, i, item) {
		text = json_string_value(item);
		name = xstrndup(text, strcspn(text, "="));
		good = strchr(text, '=') && units_is_env_name(name);
		free(name);
		if (!good)
			return false;
		strvec_push(env, text);
	}
	for (i = 0; environ[i]; i++)
		if (!is_set(variables, environ[i]))
			strvec_push(env, environ[i]);
	return true;
}

/* ---- the answer ---- */

static const char *
code_name(int exit_code)
{
	switch (exit_code) {
	case 2:
		return "bad_request";
	case 3:
		return "invalid";
	case 4:
		return "unknown_agent";
	default:
		return "refused";
	}
}

static json_t *
answer(const struct proc_result *result, const struct strbuf *out,
    const struct strbuf *err)
{
	json_t *reply = json_loadb(out->buf, out->len, JSON_DISABLE_EOF_CHECK,
	    NULL);
	struct strbuf text = STRBUF_INIT;

	if (!json_is_object(reply)) {
		json_decref(reply);
		strbuf_add(&text, err->buf, strcspn(err->buf, "\n"));
		if (!text.len)
			strbuf_addf(&text, "the command that does it has %s "
			    "without a word: %s", result->spawned ? "ended" :
			    "not begun", result->spawned ? result->signal ?
			    strsignal(result->signal) : "no answer" :
			    strerror(result->spawn_errno));
		reply = reply_refusef("refused", "%s", text.buf);
		strbuf_release(&text);
		return reply;
	}
	json_object_del(reply, "id"); /* that of the request comes there */
	json_object_set_new(reply, "exit_code",
	    json_integer(result->exit_code));
	if (!json_object_get(reply, "ok"))
		json_object_set_new(reply, "ok",
		    json_boolean(result->exit_code == 0));
	if (json_object_get(reply, "error"))
		json_object_set_new(reply, "code",
		    json_string(code_name(result->exit_code)));
	/* Findings, each with its place, stand there. */
	if (result->exit_code && err->len)
		json_object_set_new(reply, "messages",
		    jstring(err->buf));
	return reply;
}

static void
drop(struct order *order)
{
	struct order **at = &order->sup->orders;

	while (*at != order)
		at = &(*at)->next;
	*at = order->next;
	order->sup->nr_order--;
	free(order);
}

static void
on_end(void *ctx, const struct proc_result *result, struct strbuf *out,
    struct strbuf *err)
{
	struct order *order = ctx;
	struct supervisor *sup = order->sup;

	if (order->client)
		control_reply(order->client, answer(result, out, err));
	drop(order);
	if (sup->is_stopping && !sup->is_open && !sup->nr_order)
		loop_stop(sup->loop);
}

/* ---- the request ---- */

static json_t *
begin(struct supervisor *sup, struct control_client *client,
    const struct protocol_op *op, const json_t *request)
{
	const char *manifest = text_of(request, "manifest");
	struct strvec argv = STRVEC_INIT, env = STRVEC_INIT;
	struct proc_options options = {
		.input = manifest ? manifest : "",
		.input_len = manifest ? strlen(manifest) : 0,
		.timeout_ms = ORDER_MS,
		.max_output = MAX_OUTPUT,
	};
	struct order *order;
	json_t *reply = NULL;

	build_argv(sup, op, request, &argv);
	if (build_env(json_object_get(request, "environment"), &env)) {
		options.env = env.v;
		order = xcalloc(1, sizeof(*order));
		order->sup = sup;
		order->client = client;
		order->next = sup->orders;
		sup->orders = order;
		sup->nr_order++;
		order->child = child_begin(sup->loop, argv.v, &options,
		    on_end, order);
	} else {
		reply = reply_refuse("bad_request", "'environment' is not "
		    "NAME=VALUE");
	}
	strvec_release(&argv);
	strvec_release(&env);
	return reply;
}

json_t *
sup_order(struct supervisor *sup, struct control_client *client,
    const struct protocol_op *op, const json_t *request)
{
	json_t *reply = sup_check_audit(sup, request, op->name);
	char user[128];

	os_user_name(user, sizeof(user));
	if (reply)
		return reply;
	/* The command that does it is ours, and says who we are. */
	if (!str_eq(control_peer_name(client), user))
		return reply_refusef("denied", "%s does that only for %s",
		    "the supervisor", user);
	if (sup->is_stopping)
		return reply_refuse("blocked_by_shutdown",
		    "the supervisor is about to end");
	if (sup->nr_order >= MAX_ORDERS)
		return reply_refuse("busy", "too many commands are under "
		    "way");
	return begin(sup, client, op, request);
}

void
sup_order_gone(struct supervisor *sup, const struct control_client *client)
{
	struct order *order;

	for (order = sup->orders; order; order = order->next)
		if (order->client == client)
			order->client = NULL;
}

void
sup_order_end(struct supervisor *sup)
{
	while (sup->orders) {
		child_cancel(sup->orders->child);
		drop(sup->orders);
	}
}
