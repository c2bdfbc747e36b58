/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf diag */
#include "diag.h"

#include "tap.h"

static struct pos
at(const char *file, int line, int col)
{
	return (struct pos){ .file = file, .line = line, .col = col };
}

static void
prints(struct diags *diags, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	diags_print(diags, &out);
	is_str(out.buf, want, "printed");
	strbuf_release(&out);
}

static void
test_diag__sorted_by_place(void)
{
	struct diags diags = DIAGS_INIT;

	diag_warning(&diags, at("b.yaml", 1, 1), "rule-b", "last");
	diag_error(&diags, at("a.yaml", 10, 2), "rule-a", "fourth");
	diag_error(&diags, at("a.yaml", 9, 12), "rule-a", "second");
	diag_note(&diags, at("a.yaml", 9, 12), "rule-n", "third");
	diag_error(&diags, at("a.yaml", 9, 3), "rule-a", "first %d", 1);
	prints(&diags,
	    "a.yaml:9:3: error: first 1 [rule-a]\n"
	    "a.yaml:9:12: error: second [rule-a]\n"
	    "a.yaml:9:12: note: third [rule-n]\n"
	    "a.yaml:10:2: error: fourth [rule-a]\n"
	    "b.yaml:1:1: warning: last [rule-b]\n");
	is_int((intmax_t)diags.nr_error, 3, "errors");
	is_int((intmax_t)diags.nr_warning, 1, "warnings");
	diags_release(&diags);
}

static void
test_diag__hints_follow_their_finding(void)
{
	static const char *const names[] = { "claude-code", "codex" };
	struct diags diags = DIAGS_INIT;

	diag_hint(diag_error(&diags, at("a.yaml", 2, 1), "one", "wrong"),
	    "do '%s'", "this");
	diag_hint_nearest(diag_error(&diags, at("a.yaml", 1, 1), "two",
	    "unknown"), "claud-code", names, nitems(names));
	diag_hint_nearest(diag_error(&diags, at("a.yaml", 3, 1), "three",
	    "unknown"), "something", names, nitems(names));
	prints(&diags,
	    "a.yaml:1:1: error: unknown [two]\n"
	    "a.yaml:1:1: hint: did you mean 'claude-code'?\n"
	    "a.yaml:2:1: error: wrong [one]\n"
	    "a.yaml:2:1: hint: do 'this'\n"
	    "a.yaml:3:1: error: unknown [three]\n");
	diags_release(&diags);
}

static void
test_diag__places_may_be_incomplete(void)
{
	struct diags diags = DIAGS_INIT;

	diag_error(&diags, at(NULL, 0, 0), "none", "nowhere");
	diag_error(&diags, at("file", 0, 0), "file", "only a file");
	diag_error(&diags, at("file", 3, 0), "line", "only a line");
	prints(&diags,
	    "error: nowhere [none]\n"
	    "file: error: only a file [file]\n"
	    "file:3:1: error: only a line [line]\n");
	diags_release(&diags);
}

static void
test_diag__exact_repeats_are_dropped(void)
{
	struct diags diags = DIAGS_INIT;

	diag_error(&diags, at("a", 1, 1), "r", "same");
	diag_error(&diags, at("a", 1, 1), "r", "same");
	diag_warning(&diags, at("a", 1, 1), "r", "same");
	diag_error(&diags, at("a", 1, 2), "r", "same");
	diags_sort(&diags);
	is_int((intmax_t)diags.nr, 3, "kept");
	is_int((intmax_t)diags.nr_error, 2, "errors");
	is_int((intmax_t)diags.nr_warning, 1, "warnings");
	diags_release(&diags);
}

static void
test_diag__strict_makes_warnings_errors(void)
{
	struct diags diags = { .strict = true };

	diag_warning(&diags, at("a", 1, 1), "r", "w");
	diag_note(&diags, at("a", 2, 1), "r", "n");
	prints(&diags, "a:1:1: error: w [r]\na:2:1: note: n [r]\n");
	is_int((intmax_t)diags.nr_error, 1, "errors");
	is_int((intmax_t)diags.nr_warning, 0, "warnings");
	diags_release(&diags);
}

static void
test_diag__text_of_others_is_made_safe(void)
{
	struct diags diags = DIAGS_INIT;

	diag_hint(diag_error(&diags, at("a\033b", 1, 1), "r", "'%s'",
	    "\033[2J\n"), "%s", "\a");
	prints(&diags,
	    "a\\x1bb:1:1: error: '\\x1b[2J\\n' [r]\n"
	    "a\\x1bb:1:1: hint: \\x07\n");
	diags_release(&diags);
}

static void
test_diag__a_flood_is_counted_not_kept(void)
{
	struct diags diags = DIAGS_INIT;
	struct strbuf out = STRBUF_INIT;
	int i;

	for (i = 0; i < DIAGS_MAX + 5; i++)
		diag_error(&diags, at("a", i + 1, 1), "r", "wrong");
	is_int((intmax_t)diags.nr, DIAGS_MAX, "kept");
	is_int((intmax_t)diags.nr_error, DIAGS_MAX + 5, "counted");
	diags_print(&diags, &out);
	ok(strstr(out.buf, "\nand 5 more\n"), "said at the end");
	strbuf_release(&out);
	diags_release(&diags);
}

static void
test_diag__file_name_is_copied(void)
{
	struct diags diags = DIAGS_INIT;
	char file[] = "here";

	diag_error(&diags, at(file, 1, 1), "r", "x");
	file[0] = 'X';
	prints(&diags, "here:1:1: error: x [r]\n");
	diags_release(&diags);
}
