/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec units fs proc os tmux */
#include "tap.h"
#include "tmux.h"

static void
test_tmux__quote_every_byte(void)
{
	struct strbuf text = STRBUF_INIT;

	tmux_quote(&text, "a b;'\"$\\#\n\xc3\xa9");
	is_str(text.buf, "\"a\\040b\\073\\047\\042\\044\\134\\043\\012\\303"
	    "\\251\"", "octal");
	strbuf_reset(&text);
	tmux_quote_format(&text, "/x/#(rm)");
	is_str(text.buf, "\"/x/\\043\\043\\050rm\\051\"", "# is doubled");
	strbuf_release(&text);
}

static void
test_tmux__whole_list(void)
{
	struct strbuf text = STRBUF_INIT;

	ok(!tmux_is_whole_list(&text), "nothing");
	strbuf_addstr(&text, "@|%1|100|0|0|$0||x@.|\n");
	ok(!tmux_is_whole_list(&text), "the end stands in a line of its own");
	strbuf_addstr(&text, "@.|42|3.3a");
	ok(!tmux_is_whole_list(&text), "and that may be half of it");
	strbuf_addch(&text, '\n');
	ok(tmux_is_whole_list(&text), "all");
	strbuf_release(&text);
}

static void
test_tmux__version(void)
{
	is_int(tmux_parse_version("tmux 3.3a"), 303, "with a letter");
	is_int(tmux_parse_version("tmux next-3.10"), 310, "to come");
	is_int(tmux_parse_version("openbsd-7.4"), 999, "of the base system");
	is_int(tmux_parse_version("master"), 0, "none");
	is_int(tmux_parse_version("444444444444.3"), 0, "too much");
	is_int(tmux_parse_version(""), 0, "empty");
}

static void
test_tmux__panes(void)
{
	static const char text[] =
	    "@|%1|100|0|0|$0|a-p-dev|7 p:dev /r/with |bar\\\n"
	    "@|%2|101|1|1|$1|other\\|\\\\\\ one|\n"
	    "rubbish\n"
	    "@|%3|102|0\n"
	    "@|%4|103|0|||a-p-dev|\n"
	    "@.|42|3.3a\n";
	struct tmux_panes panes = { 0 };
	struct tmux tmux = { 0 };

	tmux_parse_panes(&tmux, text, &panes);
	is_int(panes.nr, 3, "whole lines only");
	is_int(tmux.version, 303, "version");
	is_int(tmux.server_pid, 42, "server");
	ok(panes.p[0].is_agent && str_eq(panes.p[0].pane, "%1"), "an agent's");
	is_str(panes.p[0].root, "/r/with |bar\\", "its team");
	is_str(panes.p[0].id, "p:dev", "its id");
	ok(panes.p[1].dead && !panes.p[1].is_agent, "a stranger");
	is_str(panes.p[1].name, "other|\\ one", "its session");
	ok(!panes.p[2].is_agent, "the pane beside an agent's");
	is_str(panes.p[2].name, "a-p-dev", "of a terse list");
	tmux_panes_release(&panes);
}
