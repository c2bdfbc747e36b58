/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See topview.h.
 */
#include "topview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	AROUND = 4,        /* title, headings, rule, footer */
	LEAST_LIST = 5,
	LEAST_PREVIEW = 4, /* fewer lines say too little */
	WIDEST_NAME = 28,
};

static const char keys[] = "q quit  ? help  Enter attach  s send  l logs  "
    "d drain  r restart  p pause";

static const char *const help[] = {
	"Up Down j k      select an agent; so does a click",
	"PgUp PgDn g G    a page, the first, the last; the wheel scrolls",
	"Enter a          attach to its session; C-b d comes back",
	"l                read its log in $PAGER",
	"s                send it a line of text",
	"w                answer its question: a number, a text",
	"d                drain it: stop it without losing its work",
	"r                restart it, or start it",
	"p                pause it, or let it go on",
	"v                hide or show the preview",
	"?                this help; any key leaves it",
	"q                quit; the agents go on",
};

struct top_agent *
top_add(struct top *top, const char *id)
{
	struct top_agent *agent;

	ARRAY_GROW(top->agents, top->nr, top->alloc);
	agent = &top->agents[top->nr++];
	memset(agent, 0, sizeof(*agent));
	agent->id = xstrdup(id);
	return agent;
}

void
top_clear(struct top *top)
{
	struct top_agent *agent;
	size_t i;

	for (i = 0; i < top->nr; i++) {
		agent = &top->agents[i];
		free(agent->id);
		free(agent->state);
		free(agent->since);
		free(agent->activity);
		free(agent->memory);
		free(agent->cpu);
		free(agent->pane);
		free(agent->screen);
	}
	top->nr = 0;
}

void
top_release(struct top *top)
{
	top_clear(top);
	free(top->agents);
	free(top->selected);
}

long
top_selected(const struct top *top)
{
	size_t i;

	for (i = 0; top->selected && i < top->nr; i++)
		if (str_eq(top->agents[i].id, top->selected))
			return (long)i;
	return top->nr ? 0 : -1;
}

void
top_select(struct top *top, size_t index)
{
	if (index >= top->nr)
		return;
	free(top->selected);
	top->selected = xstrdup(top->agents[index].id);
}

void
top_move(struct top *top, long by)
{
	long at = top_selected(top) + by, last = (long)top->nr - 1;

	top_select(top, (size_t)(at > last ? last : at < 0 ? 0 : at));
}

/* ---- lines ---- */

/* Text in exactly so many columns. */
static void
add_fit(struct strbuf *out, const char *text, size_t width)
{
	struct strbuf fit = STRBUF_INIT;

	if (width > 0)
		strbuf_addcut(&fit, text, width);
	strbuf_addpad(out, fit.buf, width);
	strbuf_release(&fit);
}

static struct top_line *
add_line(struct top_lines *lines, const struct top *top, enum top_style style,
    const char *text)
{
	struct strbuf safe = STRBUF_INIT, fit = STRBUF_INIT;
	struct top_line *line;

	strbuf_addsafe(&safe, text);
	add_fit(&fit, safe.buf, top->cols);
	strbuf_release(&safe);
	ARRAY_GROW(lines->l, lines->nr, lines->alloc);
	line = &lines->l[lines->nr++];
	*line = (struct top_line){ .text = strbuf_detach(&fit),
		.style = style, .to = top->cols, .agent = -1 };
	return line;
}

void
top_lines_release(struct top_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->nr; i++)
		free(lines->l[i].text);
	free(lines->l);
	memset(lines, 0, sizeof(*lines));
}

/*
 * "5 agents, 1 waits for you: 3 running, 1 failed", states in the order of
 * their agents: what does not fit may go.
 */
static void
add_counts(const struct top *top, struct strbuf *text)
{
	size_t i, j, n;

	strbuf_addf(text, "%zu agent%s", top->nr, top->nr == 1 ? "" : "s");
	for (i = n = 0; i < top->nr; i++)
		n += top->agents[i].waits;
	if (n)
		strbuf_addf(text, ", %zu wait%s for you", n, n == 1 ? "s" :
		    "");
	for (i = 0; i < top->nr; i++) {
		for (j = 0; j < i; j++)
			if (str_eq(top->agents[j].state, top->agents[i].state))
				break;
		if (j < i)
			continue;
		for (n = 0; j < top->nr; j++)
			n += str_eq(top->agents[j].state, top->agents[i].state);
		strbuf_addf(text, "%s %zu %s", i ? "," : ":", n,
		    top->agents[i].state);
	}
}

static void
add_title(const struct top *top, struct top_lines *lines)
{
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	struct strbuf all = STRBUF_INIT;
	size_t room;

	strbuf_addf(&left, "%s  ", top->title);
	add_counts(top, &left);
	strbuf_addf(&right, "  %s  %s", top->is_supervised ? "supervised" :
	    "no supervisor", top->clock);
	room = utf8_width(right.buf) < top->cols ?
	    top->cols - utf8_width(right.buf) : 0;
	add_fit(&all, left.buf, room);
	if (room)
		strbuf_addstr(&all, right.buf);
	add_line(lines, top, TOP_TITLE, all.buf);
	strbuf_release(&left);
	strbuf_release(&right);
	strbuf_release(&all);
}

/* ---- the list ---- */

static size_t
project_len(const char *id)
{
	return strcspn(id, ":");
}

static bool
begins_project(const struct top *top, size_t i)
{
	size_t len = project_len(top->agents[i].id);

	return i == 0 || project_len(top->agents[i - 1].id) != len ||
	    strncmp(top->agents[i - 1].id, top->agents[i].id, len) != 0;
}

static const char *
name_of(const struct top_agent *agent)
{
	const char *colon = strchr(agent->id, ':');

	return colon ? colon + 1 : agent->id;
}

static size_t
name_width(const struct top *top)
{
	size_t i, width = strlen("AGENT");

	for (i = 0; i < top->nr; i++)
		if (utf8_width(name_of(&top->agents[i])) > width)
			width = utf8_width(name_of(&top->agents[i]));
	return width > WIDEST_NAME ? WIDEST_NAME : width;
}

/* The last line of its screen that says something. */
static char *
last_line(const char *screen)
{
	const char *end, *start;

	if (!screen)
		return xstrdup("");
	end = screen + strlen(screen);
	while (end > screen && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	start = end;
	while (start > screen && start[-1] != '\n')
		start--;
	while (start < end && *start == ' ')
		start++;
	return xstrndup(start, (size_t)(end - start));
}

enum column { AGENT, STATE, ACTIVITY, FOR, RESTARTS, MEMORY, CPU, COLUMNS };
enum { STATE_WIDTH = 11 };

/* The width of a column; 0: nobody has something to say there. */
static size_t
column_width(const struct top *top, enum column column)
{
	static const size_t widths[COLUMNS] = {
		0, STATE_WIDTH, 12, 7, 3, 9, 5
	};
	size_t i;

	if (column == AGENT)
		return name_width(top);
	for (i = 0; i < top->nr; i++)
		if ((column != ACTIVITY || top->agents[i].activity) &&
		    (column != MEMORY || top->agents[i].memory) &&
		    (column != CPU || top->agents[i].cpu))
			return widths[column];
	return 0;
}

static void
add_cells(const struct top *top, struct strbuf *row,
    const char *const cells[COLUMNS], const char *last)
{
	enum column i;

	strbuf_addstr(row, "  ");
	for (i = 0; i < COLUMNS; i++) {
		if (column_width(top, i) == 0)
			continue;
		add_fit(row, cells[i] ? cells[i] : "-", column_width(top, i));
		strbuf_addch(row, ' ');
	}
	strbuf_addstr(row, last);
}

static void
add_headings(const struct top *top, struct top_lines *lines)
{
	static const char *const cells[COLUMNS] = { "AGENT", "STATE",
		"ACTIVITY", "FOR", "RST", "MEMORY", "CPU" };
	struct strbuf row = STRBUF_INIT;

	add_cells(top, &row, cells, "LAST LINE");
	add_line(lines, top, TOP_HEADING, row.buf);
	strbuf_release(&row);
}

static void
add_agent(const struct top *top, size_t i, struct top_lines *lines)
{
	const struct top_agent *agent = &top->agents[i];
	char restarts[24], *last = last_line(agent->screen);
	const char *const cells[COLUMNS] = { name_of(agent), agent->state,
		agent->activity, agent->since, restarts, agent->memory,
		agent->cpu };
	struct strbuf row = STRBUF_INIT;
	struct top_line *line;

	snprintf(restarts, sizeof(restarts), "%lld",
	    (long long)agent->restarts);
	add_cells(top, &row, cells, last);
	line = add_line(lines, top, agent->style, row.buf);
	line->agent = (long)i;
	line->is_selected = top_selected(top) == (long)i;
	line->from = 2 + name_width(top) + 1;
	line->to = line->from + STATE_WIDTH;
	if (agent->waits) { /* all of the row, to be seen at once */
		line->style = TOP_WARN;
		line->from = 0;
		line->to = top->cols;
	}
	strbuf_release(&row);
	free(last);
}

/* All rows of the list, of which some are shown. */
static void
add_list(struct top *top, size_t height, struct top_lines *lines)
{
	struct top_lines all = { 0 };
	struct top_line *line;
	char *project;
	size_t i, at = 0;

	for (i = 0; i < top->nr; i++) {
		if (begins_project(top, i)) {
			project = xstrndup(top->agents[i].id,
			    project_len(top->agents[i].id));
			add_line(&all, top, TOP_PROJECT, project);
			free(project);
		}
		add_agent(top, i, &all);
		if (all.l[all.nr - 1].is_selected)
			at = all.nr - 1;
	}
	if (at < top->first + 1) /* with the name of its project */
		top->first = at ? at - 1 : 0;
	if (at >= top->first + height)
		top->first = at + 1 - height;
	if (all.nr <= height)
		top->first = 0;
	else if (top->first > all.nr - height)
		top->first = all.nr - height;
	for (i = 0; i < height; i++) {
		line = add_line(lines, top, TOP_PLAIN, "");
		if (top->first + i >= all.nr)
			continue;
		free(line->text);
		*line = all.l[top->first + i];
		all.l[top->first + i].text = NULL;
	}
	top_lines_release(&all);
}

static size_t
list_rows(const struct top *top)
{
	size_t i, rows = 0;

	for (i = 0; i < top->nr; i++)
		rows += 1 + begins_project(top, i);
	return rows;
}

/* ---- the preview ---- */

static void
add_rule(const struct top *top, const struct top_agent *agent,
    struct top_lines *lines)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "── %s ", agent ? agent->id : "");
	while (utf8_width(text.buf) < top->cols)
		strbuf_addstr(&text, "─");
	add_line(lines, top, TOP_RULE, text.buf);
	strbuf_release(&text);
}

/* The end of its screen, as many lines as there is room. */
static void
add_preview(const struct top *top, size_t height, struct top_lines *lines)
{
	long at = top_selected(top);
	const char *screen = at < 0 ? NULL : top->agents[at].screen;
	const char *end = screen ? screen + strlen(screen) : NULL, *p;
	size_t nr = 1, i;
	char *line;

	while (screen && end > screen && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (p = end; screen && p > screen; p--)
		if (p[-1] == '\n' && ++nr > height)
			break;
	for (i = 0; i < height; i++) {
		if (!screen || p > end || (i && p == end)) {
			add_line(lines, top, TOP_DIM, i || screen ? "" :
			    "it has no screen: it does not run");
			continue;
		}
		line = xstrndup(p, strcspn(p, "\n") < (size_t)(end - p) ?
		    strcspn(p, "\n") : (size_t)(end - p));
		add_line(lines, top, TOP_PLAIN, line);
		p += strlen(line) + (p + strlen(line) < end);
		free(line);
	}
}

static void
add_help(const struct top *top, size_t height, struct top_lines *lines)
{
	size_t i;

	for (i = 0; i < height; i++)
		add_line(lines, top, TOP_PLAIN,
		    i < nitems(help) ? help[i] : "");
}

void
top_format(struct top *top, struct top_lines *lines)
{
	size_t body, list, preview = 0;
	long at = top_selected(top);

	memset(lines, 0, sizeof(*lines));
	if (top->rows < AROUND || top->cols < 20) {
		if (top->rows)
			add_line(lines, top, TOP_PLAIN, "too small");
		return;
	}
	body = top->rows - AROUND;
	list = list_rows(top);
	if (!top->no_preview && body >= LEAST_LIST + LEAST_PREVIEW) {
		if (list > body - LEAST_PREVIEW)
			list = body / 2 > LEAST_LIST ? body / 2 : LEAST_LIST;
		preview = body - list;
	}
	add_title(top, lines);
	if (top->help) {
		add_help(top, body + 2, lines);
	} else {
		add_headings(top, lines);
		add_list(top, preview ? list : body + 1, lines);
		if (preview) {
			add_rule(top, at < 0 ? NULL : &top->agents[at], lines);
			add_preview(top, preview, lines);
		}
	}
	add_line(lines, top, TOP_FOOTER, top->footer ? top->footer : keys);
}
