/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See eventlist.h.
 */
#include "eventlist.h"

#include "os.h"
#include "units.h"
#include "when.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MAX = 120 };

int
event_filter_time(const char *word, char time[EVENTLIST_TIME])
{
	struct strbuf text = STRBUF_INIT;
	int64_t ms;

	if (when_parse(word, &ms) < 0) {
		if (units_parse_duration(word, &ms) < 0)
			return -1;
		ms = os_wall_ms() - ms;
	}
	when_add(&text, ms);
	snprintf(time, EVENTLIST_TIME, "%s", text.buf);
	strbuf_release(&text);
	return 0;
}

/* Names that are like an unknown one, or have it in them. */
static void
add_near(const char *name, struct strbuf *near)
{
	const char *names[EVENT_NR], *nearest;
	size_t i;

	for (i = 0; i < nitems(names); i++)
		names[i] = event_name((enum event_kind)i);
	nearest = str_nearest(name, names, nitems(names));
	if (nearest)
		strbuf_addf(near, " '%s'", nearest);
	for (i = 0; i < nitems(names) && near->len < NEAR_MAX; i++)
		if (names[i] != nearest && strstr(names[i], name))
			strbuf_addf(near, " '%s'", names[i]);
}

char *
event_filter_unknown(const char *patterns, struct strbuf *near)
{
	char *pattern;
	size_t len;

	for (; *patterns; patterns += len + (patterns[len] == ',')) {
		len = strcspn(patterns, ",");
		pattern = xstrndup(patterns, len);
		if (!strpbrk(pattern, "*?[") &&
		    event_find(pattern) == EVENT_NR) {
			add_near(pattern, near);
			return pattern;
		}
		free(pattern);
	}
	return NULL;
}

/* One of the patterns between commas. */
static bool
is_kind(const char *patterns, const char *kind)
{
	char *pattern;
	size_t len;
	bool found = false;

	for (; *patterns && !found; patterns += len + (patterns[len] == ',')) {
		len = strcspn(patterns, ",");
		pattern = xstrndup(patterns, len);
		found = fnmatch(pattern, kind, 0) == 0;
		free(pattern);
	}
	return found;
}

/* A word without a project is about the agent's own name. */
bool
event_filter_is_agent(const char *pattern, const char *agent)
{
	const char *name = agent;

	if (!strchr(pattern, ':') && strchr(agent, ':'))
		name = strchr(agent, ':') + 1;
	return fnmatch(pattern, name, 0) == 0;
}

static bool
is_about(const struct jnode *event, const char *pattern)
{
	const char *agent = j_text(j_get(event, "agent"));

	return agent && event_filter_is_agent(pattern, agent);
}

static bool
matches(const struct event_filter *filter, const struct jnode *event)
{
	const char *kind = j_text(j_get(event, "event"));
	const char *time = j_text(j_get(event, "time"));

	if (!kind || !time)
		return false;
	/* All times are written alike, so that they sort as text. */
	return (!filter->agent || (filter->with_commands ?
	    event_is_about(event, event_filter_is_agent, filter->agent) :
	    is_about(event, filter->agent))) &&
	    (!filter->kind || is_kind(filter->kind, kind)) &&
	    (!*filter->since || strcmp(time, filter->since) >= 0) &&
	    (!*filter->until || strcmp(time, filter->until) < 0);
}

bool
event_filter_take(struct event_filter *filter, const char *line, size_t len)
{
	struct jtree tree;
	int64_t seq;
	bool wanted;

	if (jtree_parse(&tree, line, len) < 0)
		return false; /* torn, or not of ours */
	seq = j_integer(j_get(tree.root, "seq"), 0);
	wanted = seq > filter->after && matches(filter, tree.root);
	if (seq > filter->after)
		filter->after = seq;
	jtree_release(&tree);
	return wanted;
}

/* ---- printing ---- */

/* The verb of a command, whom it is for, and how it went. */
static void
add_command(struct strbuf *line, const struct jnode *fields)
{
	enum { MOST = 3 };
	const char *verb = j_text(j_get(fields, "verb"));
	const struct jnode *ok = j_get(fields, "ok"), *target;
	int nr = 0;

	if (!verb)
		return;
	strbuf_addstr(line, "  ");
	strbuf_addsafe(line, verb);
	for (target = j_first(j_get(fields, "targets")); target;
	    target = target->next)
		if (nr++ < MOST) {
			strbuf_addstr(line, nr > 1 ? ", " : " ");
			strbuf_addsafe(line, j_text(target) ?
			    j_text(target) : "?");
		}
	if (nr > MOST)
		strbuf_addf(line, " and %d more", nr - MOST);
	if (ok)
		strbuf_addf(line, " %s in %" PRId64 " ms",
		    j_is(ok, J_TRUE) ? "done" : "failed or refused",
		    j_integer(j_get(fields, "ms"), 0));
}

/* "2026-11-20 15:04:05.123  p:dev  agent.exited  exit 3  (ann)" */
static void
print_text(const struct jnode *event)
{
	const char *time = j_text(j_get(event, "time"));
	const char *agent = j_text(j_get(event, "agent"));
	const char *kind = j_text(j_get(event, "event"));
	const char *reason = j_text(j_get(event, "reason"));
	const char *actor = j_text(j_get(event, "actor"));
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%.10s %.12s  ", time,
	    strlen(time) > 11 ? time + 11 : time);
	strbuf_addpad(&line, agent ? agent : "-", 20);
	strbuf_addstr(&line, "  ");
	strbuf_addpad(&line, kind, 24);
	add_command(&line, j_get(event, "fields"));
	if (reason) {
		strbuf_addstr(&line, "  ");
		strbuf_addsafe(&line, reason);
	}
	if (actor) {
		strbuf_addstr(&line, "  (");
		strbuf_addsafe(&line, actor);
		strbuf_addch(&line, ')');
	}
	puts(line.buf);
	strbuf_release(&line);
}

static const char *const columns[] = {
	"seq", "time", "mono_ns", "event", "agent", "gen", "attempt", "actor",
	"reason", "fields", "correlation_id", "prev", "hash",
};

/* RFC 4180: quoted where that is needed, quotes doubled. */
static void
put_csv(const char *text, size_t len)
{
	size_t i;

	if (!memchr(text, ',', len) && !memchr(text, '"', len) &&
	    !memchr(text, '\n', len) && !memchr(text, '\r', len)) {
		fwrite(text, 1, len, stdout);
		return;
	}
	putchar('"');
	for (i = 0; i < len; i++) {
		if (text[i] == '"')
			putchar('"');
		putchar(text[i]);
	}
	putchar('"');
}

static void
print_fields(const char *line, size_t len)
{
	json_t *event = json_loadb(line, len, 0, NULL);
	json_t *fields = json_object_get(event, "fields");
	char *text = fields ? json_dumps(fields, JSON_COMPACT |
	    JSON_SORT_KEYS) : NULL;

	if (text)
		put_csv(text, strlen(text));
	free(text);
	json_decref(event);
}

static void
print_csv(const struct jnode *event, const char *line, size_t len)
{
	const struct jnode *node;
	size_t i;

	for (i = 0; i < nitems(columns); i++) {
		node = j_get(event, columns[i]);
		if (i)
			putchar(',');
		if (node && j_is(node, J_OBJECT))
			print_fields(line, len);
		else if (node && j_is(node, J_INTEGER))
			printf("%" PRId64, j_integer(node, 0));
		else if (j_text(node))
			put_csv(j_text(node), strlen(j_text(node)));
	}
	fputs("\r\n", stdout);
}

void
event_print_header(void)
{
	size_t i;

	for (i = 0; i < nitems(columns); i++)
		printf("%s%s", i ? "," : "", columns[i]);
	fputs("\r\n", stdout);
}

void
event_print(const char *line, size_t len, enum event_style style)
{
	struct jtree tree;

	if (style == EVENT_JSON) {
		fwrite(line, 1, len, stdout);
		putchar('\n');
		return;
	}
	if (jtree_parse(&tree, line, len) < 0)
		return;
	if (style == EVENT_CSV)
		print_csv(tree.root, line, len);
	else
		print_text(tree.root);
	jtree_release(&tree);
}

/* ---- lists ---- */

struct reader {
	struct event_list *list;
	struct event_filter *filter;
};

static int
take(void *ctx, const char *line, size_t len)
{
	struct reader *reader = ctx;
	struct event_list *list = reader->list;

	if (!event_filter_take(reader->filter, line, len))
		return 0;
	if (!list->most || list->lines.nr < list->most) {
		strvec_take(&list->lines, xstrndup(line, len));
		return 0;
	}
	free(list->lines.v[list->next]);
	list->lines.v[list->next] = xstrndup(line, len);
	list->next = (list->next + 1) % list->most;
	return 0;
}

int
event_list_read(struct event_list *list, const char *root,
    struct event_filter *filter, struct strbuf *err)
{
	struct reader reader = { list, filter };

	return journal_each(root, take, &reader, err);
}

const char *
event_list_get(const struct event_list *list, size_t i)
{
	return list->lines.v[(list->next + i) % list->lines.nr];
}

void
event_list_release(struct event_list *list)
{
	strvec_release(&list->lines);
	list->next = 0;
}
