/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf table */
#include "table.h"

#include "tap.h"

static const char *const headings[] = { "A", "BB", "LAST" };

static void
check(const char *const *cells, size_t nr, size_t columns, bool color,
    const char *want)
{
	struct strbuf got = STRBUF_INIT;
	struct table table;
	size_t i;

	table_init(&table, headings, nitems(headings));
	for (i = 0; i < nr; i++)
		table_add(&table, cells[i]);
	table_format(&table, columns, color, &got);
	is_str(got.buf, want, "table");
	table_release(&table);
	strbuf_release(&got);
}

static void
test_table__columns_are_as_wide_as_their_widest_cell(void)
{
	const char *const cells[] = { "a", "b", "c", "aaaa", "", "ccc" };

	check(cells, nitems(cells), 0, false,
	    "A     BB  LAST\n"
	    "a     b   c\n"
	    "aaaa      ccc\n");
}

static void
test_table__width_counts_characters_not_bytes(void)
{
	const char *const cells[] = { "\xc3\xa9\xc3\xa9", "b", "c" };

	check(cells, nitems(cells), 0, false,
	    "A   BB  LAST\n"
	    "\xc3\xa9\xc3\xa9  b   c\n");
}

static void
test_table__nothing_trails_a_line_and_null_is_a_dash(void)
{
	const char *const cells[] = { "a", NULL, "" };

	check(cells, nitems(cells), 0, false,
	    "A  BB  LAST\n"
	    "a  -\n");
}

static void
test_table__the_last_column_is_cut_to_the_terminal(void)
{
	const char *const cells[] = { "a", "b", "0123456789abcdef" };

	check(cells, nitems(cells), 17, false,
	    "A  BB  LAST\n"
	    "a  b   012345678\xe2\x80\xa6\n");
}

static void
test_table__control_characters_cannot_move_the_cursor(void)
{
	const char *const cells[] = { "\033[2J", "b", "c\nd" };

	check(cells, nitems(cells), 0, false,
	    "A        BB  LAST\n"
	    "\\x1b[2J  b   c\\nd\n");
}

static void
test_table__colour_does_not_count_as_width(void)
{
	struct strbuf got = STRBUF_INIT;
	struct table table;

	table_init(&table, headings, nitems(headings));
	table_add_styled(&table, STYLE_GOOD, "a");
	table_addf(&table, "%d", 1);
	table_add(&table, "c");
	table_format(&table, 0, true, &got);
	is_str(got.buf,
	    "\033[1mA\033[0m  \033[1mBB\033[0m  \033[1mLAST\033[0m\n"
	    "\033[32ma\033[0m  1   c\n", "coloured");
	table_release(&table);
	strbuf_release(&got);
}
