/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: connections that are told of events.  The lines come
 * from the journal, whoever wrote them, and are sent as they stand there, so
 * that their hashes can be checked.
 */
#include "supervise.h"

#include "event.h"
#include "jtree.h"
#include "os.h"
#include "reply.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 200, /* between looks at the journal */
	MOST = 2000,   /* lines to one subscriber in one go */
};

struct subscriber {
	struct supervisor *sup;
	struct subscriber *next;
	struct control_client *client;
	struct loop_watch *timer;
	struct journal_place place;
	struct strvec kinds;  /* patterns; none: all */
	char *agent;          /* NULL: all, and the team */
	bool is_live;         /* it has been there */
	int nr;               /* lines of this look */
	int64_t missed;       /* since it read last */
};

static bool
is_wanted(const struct subscriber *sub, const char *line, size_t len)
{
	struct jtree tree;
	const char *kind;
	bool found = sub->kinds.nr == 0;
	size_t i;

	if (found && !sub->agent)
		return true;
	if (jtree_parse(&tree, line, len) < 0)
		return false;
	kind = j_text(j_get(tree.root, "event"));
	for (i = 0; i < sub->kinds.nr && !found; i++)
		found = kind && fnmatch(sub->kinds.v[i], kind, 0) == 0;
	found = found && (!sub->agent ||
	    event_is_about(tree.root, str_eq, sub->agent));
	jtree_release(&tree);
	return found;
}

static int
take(void *ctx, const char *line, size_t len)
{
	struct subscriber *sub = ctx;

	if (!is_wanted(sub, line, len))
		return 0;
	if (sub->missed || (sub->is_live &&
	    control_unread(sub->client) > CONTROL_MAX_UNREAD)) {
		sub->missed++;
		return 0;
	}
	control_push(sub->client, line, len);
	/* What is past can wait until it has read. */
	return !sub->is_live && (++sub->nr >= MOST ||
	    control_unread(sub->client) > 0);
}

static void
tell_missed(struct subscriber *sub)
{
	char *line = xasprintf("{\"missed\":%" PRId64 ",\"seq\":%" PRId64 "}",
	    sub->missed, sub->place.seq);

	sub->missed = 0;
	control_push(sub->client, line, strlen(line));
	free(line);
}

static void
on_look(void *ctx)
{
	static const struct journal_reader reader = { take, NULL };
	struct subscriber *sub = ctx;
	struct supervisor *sup = sub->sup;
	struct strbuf err = STRBUF_INIT;
	int rc = 1;

	sub->nr = 0;
	if (sup->is_open)
		engine_flush_journal(&sup->engine);
	if (sub->missed && control_unread(sub->client) == 0)
		tell_missed(sub);
	if (sub->is_live || control_unread(sub->client) == 0)
		rc = journal_since(sup->options->root, &sub->place, &reader,
		    sub, &err);
	if (rc < 0)
		sup->options->log("%s", err.buf);
	if (rc == 0)
		sub->is_live = true;
	loop_timer_at(sub->timer, rc > 0 && control_unread(sub->client) == 0 ?
	    os_now() : mono_add_ms(os_now(), LOOK_MS));
	strbuf_release(&err);
}

void
sup_subscribe_gone(struct supervisor *sup,
    const struct control_client *client)
{
	struct subscriber **at = &sup->subscribers, *sub;

	while ((sub = *at) && sub->client != client)
		at = &sub->next;
	if (!sub)
		return;
	*at = sub->next;
	loop_watch_free(sub->timer);
	strvec_release(&sub->kinds);
	free(sub->agent);
	free(sub);
}

static int
pass(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	(void)line;
	(void)len;
	return 0;
}

/* The end of what is there, whoever wrote it. */
static struct journal_place
find_end(struct supervisor *sup)
{
	static const struct journal_reader reader = { pass, NULL };
	struct journal_place place = { .seq = sup->engine.journal.last.seq };
	struct strbuf err = STRBUF_INIT;

	if (sup->is_open)
		engine_flush_journal(&sup->engine);
	if (journal_since(sup->options->root, &place, &reader, NULL,
	    &err) < 0)
		sup->options->log("%s", err.buf);
	strbuf_release(&err);
	return place;
}

/* Who knows more than there is would wait for nothing; or NULL. */
static json_t *
refuse_since(const json_t *since, const struct journal_place *end)
{
	json_t *refusal;

	if (!since || json_integer_value(since) <= end->seq)
		return NULL;
	refusal = reply_refusef("bad_request", "'since' is %" PRId64
	    ", but the last event is %" PRId64,
	    (int64_t)json_integer_value(since), end->seq);
	json_object_set_new(refusal, "seq", json_integer(end->seq));
	return refusal;
}

/* A misspelt kind is not one that never happens; or NULL. */
static json_t *
refuse_kinds(const json_t *kinds)
{
	const json_t *kind;
	const char *name;
	size_t i;

	json_array_foreach(kinds, i, kind) {
		name = json_string_value(kind);
		if (!strpbrk(name, "*?[") && event_find(name) == EVENT_NR)
			return reply_refusef("bad_request",
			    "there is no kind '%s'", name);
	}
	return NULL;
}

json_t *
sup_subscribe(struct supervisor *sup, struct control_client *client,
    const json_t *request)
{
	const json_t *since = json_object_get(request, "since"), *kind;
	const json_t *agent = json_object_get(request, "agent");
	struct journal_place end = find_end(sup);
	struct subscriber *sub;
	json_t *refusal = refuse_kinds(json_object_get(request, "kinds"));
	size_t i;

	if (!refusal)
		refusal = refuse_since(since, &end);
	if (refusal)
		return refusal;
	sub = xcalloc(1, sizeof(*sub));
	sup_subscribe_gone(sup, client); /* another wish of the same one */
	sub->sup = sup;
	sub->client = client;
	json_array_foreach(json_object_get(request, "kinds"), i, kind)
		strvec_push(&sub->kinds, json_string_value(kind));
	sub->agent = agent ? xstrdup(json_string_value(agent)) : NULL;
	sub->timer = loop_timer(sup->loop, on_look, sub);
	sub->next = sup->subscribers;
	sup->subscribers = sub;
	control_hold(client);
	if (since)
		sub->place.seq = json_integer_value(since);
	else
		sub->place = end;
	/* The answer comes first. */
	loop_timer_at(sub->timer, os_now());
	return json_pack("{s:b, s:i, s:I}", "ok", 1, "schema", 1, "seq",
	    (json_int_t)sub->place.seq);
}
