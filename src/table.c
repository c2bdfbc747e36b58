/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See table.h.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const char *const sgr[] = {
	[STYLE_PLAIN] = NULL,
	[STYLE_BOLD] = "1",
	[STYLE_DIM] = "2",
	[STYLE_GOOD] = "32",
	[STYLE_WARN] = "33",
	[STYLE_BAD] = "31",
};

/* SGR sequences, when color is wanted. */
static void
add_styled(struct strbuf *out, bool color, enum style style, const char *text)
{
	if (!color || !sgr[style] || !*text)
		strbuf_addstr(out, text);
	else
		strbuf_addf(out, "\033[%sm%s\033[0m", sgr[style], text);
}

void
table_init(struct table *table, const char *const *headings, size_t nr)
{
	memset(table, 0, sizeof(*table));
	table->headings = headings;
	table->nr_column = nr;
}

void
table_add_styled(struct table *table, enum style style, const char *text)
{
	struct strbuf safe = STRBUF_INIT;
	struct table_cell *cell;

	strbuf_addsafe(&safe, text ? text : "-");
	ARRAY_GROW(table->cells, table->nr, table->alloc);
	cell = &table->cells[table->nr++];
	cell->text = strbuf_detach(&safe);
	cell->style = style;
}

void
table_add(struct table *table, const char *text)
{
	table_add_styled(table, STYLE_PLAIN, text);
}

void
table_addf(struct table *table, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	table_add(table, text.buf);
	strbuf_release(&text);
}

static size_t *
column_widths(const struct table *table)
{
	size_t *widths = xcalloc(table->nr_column, sizeof(*widths));
	size_t i, width;

	for (i = 0; i < table->nr_column; i++)
		widths[i] = utf8_width(table->headings[i]);
	for (i = 0; i < table->nr; i++) {
		width = utf8_width(table->cells[i].text);
		if (width > widths[i % table->nr_column])
			widths[i % table->nr_column] = width;
	}
	return widths;
}

static void
add_blanks(struct strbuf *out, size_t nr)
{
	while (nr--)
		strbuf_addch(out, ' ');
}

/* One line: cell(ctx, i) for each column. */
static void
format_row(const struct table *table, const struct table_cell *row,
    const size_t *widths, bool color, struct strbuf *out)
{
	size_t i, gap = 0;

	for (i = 0; i < table->nr_column; i++) {
		if (!*row[i].text) {
			gap += widths[i] + 2;
			continue;
		}
		add_blanks(out, gap);
		add_styled(out, color, row[i].style, row[i].text);
		gap = widths[i] + 2 - utf8_width(row[i].text);
	}
	strbuf_addch(out, '\n');
}

/* The same with the last cell cut to what is left of the columns. */
static void
format_cut_row(const struct table *table, const struct table_cell *row,
    const size_t *widths, size_t room, bool color, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	struct table_cell *copy;
	size_t last = table->nr_column - 1;

	if (room == 0) {
		format_row(table, row, widths, color, out);
		return;
	}
	copy = xcalloc(table->nr_column, sizeof(*copy));
	memcpy(copy, row, table->nr_column * sizeof(*copy));
	strbuf_addcut(&text, row[last].text, room);
	copy[last].text = text.buf;
	format_row(table, copy, widths, color, out);
	strbuf_release(&text);
	free(copy);
}

/* Columns that are left for the last one; 0: no limit. */
static size_t
room_for_last(const struct table *table, const size_t *widths, size_t columns)
{
	enum { LEAST = 8 };
	size_t i, used = 0;

	if (columns == 0)
		return 0;
	for (i = 0; i + 1 < table->nr_column; i++)
		used += widths[i] + 2;
	return columns > used + LEAST ? columns - used : LEAST;
}

void
table_format(const struct table *table, size_t columns, bool color,
    struct strbuf *out)
{
	size_t *widths = column_widths(table), i, room;
	struct table_cell *heading;

	if (table->nr % table->nr_column != 0)
		BUG("%zu cells in %zu columns", table->nr, table->nr_column);
	heading = xcalloc(table->nr_column, sizeof(*heading));
	for (i = 0; i < table->nr_column; i++) {
		heading[i].text = xstrdup(table->headings[i]);
		heading[i].style = STYLE_BOLD;
	}
	format_row(table, heading, widths, color, out);
	for (i = 0; i < table->nr_column; i++)
		free(heading[i].text);
	free(heading);
	room = room_for_last(table, widths, columns);
	for (i = 0; i < table->nr; i += table->nr_column)
		format_cut_row(table, &table->cells[i], widths, room, color,
		    out);
	free(widths);
}

void
table_release(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		free(table->cells[i].text);
	free(table->cells);
	memset(table, 0, sizeof(*table));
}
