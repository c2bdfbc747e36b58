/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A table of text whose columns are as wide as their widest cell.
 *
 * Two blanks stand between columns; nothing trails a line.  Cells are escaped
 * (strbuf_addsafe), so that names from elsewhere cannot move the cursor.
 */
#ifndef TABLE_H
#define TABLE_H

#include "strbuf.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARN,
	STYLE_BAD };

struct table_cell {
	char *text;
	enum style style;
};

struct table {
	const char *const *headings; /* borrowed, nr_column of them */
	size_t nr_column;
	struct table_cell *cells; /* row after row */
	size_t nr;
	size_t alloc;
};

void table_init(struct table *table, const char *const *headings, size_t nr);
/* Adds the next cell of the current row; NULL is shown as "-". */
void table_add(struct table *table, const char *text);
void table_add_styled(struct table *table, enum style style,
    const char *text);
void table_addf(struct table *table, const char *fmt, ...) PRINTF_LIKE(2, 3);
/*
 * Appends headings and rows.  columns: lines are cut to it, in their last
 * column; 0: they are not.
 */
void table_format(const struct table *table, size_t columns, bool color,
    struct strbuf *out);
void table_release(struct table *table);

#endif
