/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what the end of an agent is to others, by `links`
 * and `monitors`.  Who that concerns is linkage.h's to say.
 */
#include "supervise.h"

#include "linkage.h"
#include "os.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENTER_MS = 150,   /* from a paste: programs take their time with it */
	MAX_NOTICES = 20, /* for a watcher that does not run */
};

/* ---- links ---- */

static size_t
collect_edges(const struct supervisor *sup, struct linkage_edge **edges)
{
	const struct agent *agent;
	const struct member *other;
	size_t i, j, nr = 0, alloc = 0;

	for (i = 0; i < sup->nr; i++)
		sup->members[i]->index = i;
	for (i = 0; i < sup->nr; i++) {
		agent = sup->members[i]->agent;
		for (j = 0; agent && j < agent->nr_link; j++) {
			other = sup_member(sup, agent->links[j].agent);
			if (!other)
				continue;
			ARRAY_GROW(*edges, nr, alloc);
			(*edges)[nr++] = (struct linkage_edge){ i,
				other->index, agent->links[j].on_any };
		}
	}
	return nr;
}

/* It has come so far that it will run: then it can be stopped. */
static bool
is_beginning(const struct member *member)
{
	return !member->run->settled && member->run->start >= START_ASKED &&
	    member->run->start <= START_RUNNING;
}

static void
stop_linked(struct member *member, const struct member *ended,
    enum exit_class class, const char *how)
{
	sup_stop_member(member, HINT_LINKED);
	if (member->state != MEMBER_STOPPING)
		return;
	member_tell(member, EVENT_LINK_PROPAGATED, how, json_pack(
	    "{s:s, s:s}", "from", ended->id, "class",
	    policy_class_name(class)));
	member_set(member, MEMBER_STOPPING, "linked to %s, which has ended: %s",
	    ended->id, how);
}

void
sup_link_settled(struct member *member)
{
	struct member *ended = member->ended;

	member->ended = NULL;
	if (ended)
		stop_linked(member, ended, member->ended_class,
		    "while it was started");
}

static void
end_linked(struct member *member, enum exit_class class, const char *how)
{
	struct supervisor *sup = member->sup;
	struct linkage_edge *edges = NULL;
	size_t i, nr = collect_edges(sup, &edges);
	bool *hit = xcalloc(sup->nr, sizeof(*hit));
	struct member *other;

	linkage_scope(edges, nr, member->index, class, hit, sup->nr);
	for (i = 0; i < sup->nr; i++) {
		other = sup->members[i];
		if (!hit[i] || !other->run)
			continue;
		if (other->state == MEMBER_UP) {
			stop_linked(other, member, class, how);
		} else if (is_beginning(other)) {
			other->ended = member;
			other->ended_class = class;
		}
	}
	free(hit);
	free(edges);
}

/* ---- monitors ---- */

static void
run_hook(struct supervisor *sup, const struct agent *agent,
    const struct link *link, enum exit_class class, const char *how)
{
	json_t *document = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}",
	    "schema", 1, "event", "down", "agent", agent->id, "class",
	    policy_class_name(class), "reason", how, "time_ms",
	    (json_int_t)os_wall_ms());
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;

	if (text)
		sup_hook(sup, agent->id, &link->hook, text);
	free(text);
	json_decref(document);
}

/* It is kept until the watcher can read it. */
static void
tell_agent(struct supervisor *sup, const char *watcher, const char *line)
{
	struct member *member = sup_member(sup, watcher);

	if (member && member->notices.nr < MAX_NOTICES)
		strvec_push(&member->notices, line);
	else
		journal_add(&sup->engine.journal, EVENT_MONITOR_FAILED,
		    watcher, 0, member ? "too much waits for it already" :
		    "it was never started", NULL);
}

static void
tell(struct supervisor *sup, const struct agent *agent,
    enum exit_class class, const char *how)
{
	const struct link *link;
	struct strbuf line = STRBUF_INIT;
	size_t i;

	strbuf_addf(&line, "[teamctl] %s is down: %s", agent->id, how);
	for (i = 0; i < agent->nr_monitor; i++) {
		link = &agent->monitors[i];
		if (!linkage_tells(link->on_any, class))
			continue;
		if (link->agent)
			tell_agent(sup, link->agent, line.buf);
		else
			run_hook(sup, agent, link, class, how);
	}
	strbuf_release(&line);
}

void
sup_link_ended(struct member *member, enum exit_class class, const char *how)
{
	int64_t generation = member->run->applied ?
	    member->run->applied->generation : 0;

	if (!member->agent || member->told == generation ||
	    !sup_acts(member->sup))
		return;
	member->told = generation;
	tell(member->sup, member->agent, class, how);
	/* Who ends because of a link was found with the first of them. */
	if (class != CLASS_LINKED && class != CLASS_REQUESTED)
		end_linked(member, class, how);
}

/* Those that do not run as we begin. */
void
sup_link_begin(struct supervisor *sup)
{
	const struct agent *agent;
	struct member *member;
	size_t i;

	if (!sup->team || !sup_acts(sup))
		return;
	for (i = 0; i < sup->team->nr_agent; i++) {
		agent = sup->team->agents[i];
		if (agent->nr_monitor == 0)
			continue;
		member = sup_member(sup, agent->id);
		if (!member)
			tell(sup, agent, CLASS_REQUESTED, "it was never "
			    "started");
		else if (!member->told && !member->run->alive &&
		    (member->state == MEMBER_FAILED ||
		    member->state == MEMBER_QUARANTINED))
			tell(sup, agent, CLASS_LOST, member->reason);
	}
}

static bool
can_read(const struct member *member)
{
	return member->state == MEMBER_UP && member->run &&
	    member->run->alive && member->run->settled && member->run->pane &&
	    member->ready.state == HEALTH_OK;
}

static void
script_paste(const struct supervisor *sup, const struct member *member,
    struct strbuf *script)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	for (i = 0; i < member->notices.nr; i++)
		strbuf_addf(&text, "%s%s", i ? "\n" : "",
		    member->notices.v[i]);
	/* copy-mode -q is of 3.1 */
	if (sup->engine.tmux.version >= 301)
		strbuf_addf(script, "copy-mode -q -t %s ; ",
		    member->run->pane);
	strbuf_addstr(script, "set-buffer -b teamctl-down -- ");
	tmux_quote(script, text.buf);
	strbuf_addf(script, " ; paste-buffer -p -r -d -b teamctl-down -t %s\n",
	    member->run->pane);
	strbuf_release(&text);
}

static void
on_pasted(void *ctx, struct tmux_answer *answer)
{
	struct supervisor *sup = ctx;

	sup->nr_paste--;
	if (answer->status == TMUX_OK)
		return;
	sup->options->log("%s", answer->err.buf);
	sup_tell(sup, EVENT_MONITOR_FAILED, answer->err.buf, NULL);
}

void
sup_link_tick(struct supervisor *sup, struct mono now)
{
	struct strbuf script = STRBUF_INIT;
	struct member *member;
	size_t i;

	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (!can_read(member)) {
			member->is_enter_due = false;
		} else if (!member->is_enter_due && member->notices.nr) {
			script_paste(sup, member, &script);
			member_tell(member, EVENT_MONITOR_DELIVERED, NULL,
			    json_pack("{s:I}", "notices",
			    (json_int_t)member->notices.nr));
			strvec_release(&member->notices);
			member->is_enter_due = true;
			member->enter_at = mono_add_ms(now, ENTER_MS);
		} else if (member->is_enter_due &&
		    !mono_before(now, member->enter_at)) {
			strbuf_addf(&script, "send-keys -t %s Enter\n",
			    member->run->pane);
			member->is_enter_due = false;
		}
	}
	if (script.len) {
		sup->nr_paste++;
		engine_ask(&sup->engine, &script, on_pasted, sup);
	}
	strbuf_release(&script);
}

struct mono
sup_link_next(const struct supervisor *sup)
{
	struct mono next = MONO_NEVER;
	size_t i;

	for (i = 0; i < sup->nr; i++)
		if (sup->members[i]->is_enter_due)
			next = mono_min(next, sup->members[i]->enter_at);
	return next;
}
