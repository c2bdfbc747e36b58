/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec follow */
#include "follow.h"

#include "tap.h"

/* A look and what it is to print. */
static void
look(struct follow *follow, const char *screen, const char *want)
{
	struct strbuf got = STRBUF_INIT;

	follow_look(follow, screen, false, &got);
	is_str(got.buf, want, screen);
	strbuf_release(&got);
}

static void
begin(struct follow *follow, const char *screen)
{
	struct strbuf got = STRBUF_INIT;

	follow_look(follow, screen, true, &got);
	strbuf_release(&got);
}

static void
test_follow__a_screen_that_stands_still_prints_nothing(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "one\ntwo\n\n\n");
	look(&follow, "one\ntwo\n\n\n", "");
	look(&follow, "one\ntwo\n", "");
	follow_release(&follow);
}

static void
test_follow__new_lines_are_printed_when_they_stand_still(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "one\n");
	look(&follow, "one\ntw\n", "");
	look(&follow, "one\ntwo\nthree\n", "");
	look(&follow, "one\ntwo\nthree\n", "two\nthree\n");
	look(&follow, "one\ntwo\nthree\n", "");
	follow_release(&follow);
}

static void
test_follow__lines_that_scrolled_away_are_not_printed_again(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "one\ntwo\nthree\n");
	look(&follow, "two\nthree\nfour\n", "");
	look(&follow, "two\nthree\nfour\n", "four\n");
	look(&follow, "four\nfive\nsix\n", "");
	look(&follow, "four\nfive\nsix\n", "five\nsix\n");
	follow_release(&follow);
}

static void
test_follow__empty_lines_between_are_kept(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "");
	look(&follow, "\n\none\n\ntwo\n\n", "");
	look(&follow, "\n\none\n\ntwo\n\n", "\n\none\n\ntwo\n");
	follow_release(&follow);
}

static void
test_follow__blanks_at_the_end_of_a_line_are_cut(void)
{
	struct strvec lines = STRVEC_INIT;

	follow_split("one  \n   \n two \n  \n   ", &lines);
	is_int((int)lines.nr, 3, "lines");
	is_str(lines.v[0], "one", "first");
	is_str(lines.v[1], "", "second");
	is_str(lines.v[2], " two", "third");
	strvec_release(&lines);
	follow_split("  \n\n", &lines);
	is_int((int)lines.nr, 0, "none");
	strvec_release(&lines);
}

static void
test_follow__a_line_that_grew_is_printed_whole(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "name? ");
	look(&follow, "name? joe\nhello\n", "");
	look(&follow, "name? joe\nhello\n", "name? joe\nhello\n");
	follow_release(&follow);
}

static void
test_follow__repeated_lines_are_told_apart_by_their_place(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "tick\n");
	look(&follow, "tick\ntick\n", "");
	look(&follow, "tick\ntick\n", "tick\n");
	follow_release(&follow);
}

static void
test_follow__a_repainted_screen_prints_what_it_did_not_have(void)
{
	struct follow follow = FOLLOW_INIT;

	begin(&follow, "title\nspin |\nfoot\n");
	look(&follow, "title\nspin /\nfoot\n", "");
	look(&follow, "title\ndone\nfoot\n", "");
	look(&follow, "title\ndone\nfoot\n", "done\n");
	follow_release(&follow);
}

static void
test_follow__a_restless_screen_is_printed_all_the_same(void)
{
	struct follow follow = FOLLOW_INIT;
	char screen[200] = "";
	struct strbuf got = STRBUF_INIT;
	int i;

	begin(&follow, "");
	for (i = 0; i < 8; i++) {
		snprintf(screen + strlen(screen), 10, "line %d\n", i);
		follow_look(&follow, screen, false, &got);
	}
	ok(got.len > 0, "something was printed");
	follow_look(&follow, screen, true, &got);
	is_str(got.buf, screen, "all in all each line once");
	strbuf_release(&got);
	follow_release(&follow);
}
