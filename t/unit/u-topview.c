/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf topview */
#include "topview.h"

#include "tap.h"

#include <stdlib.h>

static void
fill(struct top *top, size_t rows, size_t cols)
{
	static const struct {
		const char *id, *state, *screen;
	} agents[] = {
		{ "web:api", "running", "one\ntwo\n\n" },
		{ "web:db", "failed", "oh no\n" },
		{ "docs:writer", "running", NULL },
	};
	struct top_agent *agent;
	size_t i;

	top->title = "team";
	top->clock = "12:00:00";
	top->rows = rows;
	top->cols = cols;
	for (i = 0; i < nitems(agents); i++) {
		agent = top_add(top, agents[i].id);
		agent->state = xstrdup(agents[i].state);
		agent->screen = xstrdup_null(agents[i].screen);
		agent->since = xstrdup("5s");
	}
}

/* All lines, without the blanks at their ends. */
static char *
text_of(struct top *top)
{
	struct strbuf text = STRBUF_INIT;
	struct top_lines lines;
	size_t i;

	top_format(top, &lines);
	for (i = 0; i < lines.nr; i++) {
		strbuf_addstr(&text, lines.l[i].text);
		while (text.len && text.buf[text.len - 1] == ' ')
			strbuf_setlen(&text, text.len - 1);
		strbuf_addstr(&text, lines.l[i].is_selected ? "<\n" : "\n");
	}
	top_lines_release(&lines);
	return strbuf_detach(&text);
}

static void
check(struct top *top, const char *want, const char *why)
{
	char *got = text_of(top);

	is_str(got, want, why);
	free(got);
}

static void
test_topview__list_preview_and_footer(void)
{
	struct top top = { .footer = "keys" };

	fill(&top, 14, 60);
	check(&top,
	    "team  3 agents: 2 running, 1 failed  no supervisor  12:00:00\n"
	    "  AGENT  STATE       FOR     RST LAST LINE\n"
	    "web\n"
	    "  api    running     5s      0   two<\n"
	    "  db     failed      5s      0   oh no\n"
	    "docs\n"
	    "  writer running     5s      0\n"
	    "── web:api ─────────────────────────────────────────────────\n"
	    "one\ntwo\n\n\n\n"
	    "keys\n", "the first is selected");
	top_move(&top, 99);
	top.no_preview = true;
	top.rows = 8;
	check(&top,
	    "team  3 agents: 2 running, 1 failed  no supervisor  12:00:00\n"
	    "  AGENT  STATE       FOR     RST LAST LINE\n"
	    "web\n"
	    "  api    running     5s      0   two\n"
	    "  db     failed      5s      0   oh no\n"
	    "docs\n"
	    "  writer running     5s      0<\n"
	    "keys\n", "the last, without a preview");
	top_release(&top);
}

static void
test_topview__the_list_follows_the_selection(void)
{
	struct top top = { .footer = "keys", .no_preview = true };

	fill(&top, 5, 40);
	top_move(&top, 2);
	check(&top, "team  3 agents…  no supervisor  12:00:00\n"
	    "  AGENT  STATE       FOR     RST LAST L…\n"
	    "docs\n"
	    "  writer running     5s      0<\n"
	    "keys\n", "down");
	top_move(&top, -2);
	check(&top, "team  3 agents…  no supervisor  12:00:00\n"
	    "  AGENT  STATE       FOR     RST LAST L…\n"
	    "web\n"
	    "  api    running     5s      0   two<\n"
	    "keys\n", "and up, with the name of its project");
	top_release(&top);
}

static void
test_topview__an_agent_that_goes_leaves_a_selection(void)
{
	struct top top = { .footer = NULL };

	fill(&top, 24, 80);
	top_select(&top, 1);
	is_int(top_selected(&top), 1, "by index");
	top_select(&top, 7);
	is_int(top_selected(&top), 1, "not behind the end");
	top_clear(&top);
	is_int(top_selected(&top), -1, "nobody is there");
	fill(&top, 24, 80);
	is_int(top_selected(&top), 1, "it is back");
	top_release(&top);
}

/* Any size and hostile screens: never more lines or columns than there are. */
static void
test_topview__fits_every_size(void)
{
	struct top top = { .footer = NULL };
	struct top_lines lines;
	size_t rows, cols, i, too_wide = 0, too_many = 0, unsafe = 0;

	fill(&top, 0, 0);
	free(top.agents[0].screen);
	top.agents[0].screen = xstrdup("\033[2J\xff\n\n\xe2\x94\x80 \033c");
	for (rows = 0; rows < 40; rows++) {
		for (cols = 0; cols < 90; cols += 3) {
			top.rows = rows;
			top.cols = cols;
			top_move(&top, rows % 2 ? 1 : -1);
			top_format(&top, &lines);
			too_many += lines.nr > rows;
			for (i = 0; i < lines.nr; i++) {
				too_wide += utf8_width(lines.l[i].text) > cols;
				unsafe += strchr(lines.l[i].text, '\033') !=
				    NULL;
			}
			top_lines_release(&lines);
		}
	}
	is_int((int64_t)too_many, 0, "lines");
	is_int((int64_t)too_wide, 0, "columns");
	is_int((int64_t)unsafe, 0, "escape codes");
	top_release(&top);
}
