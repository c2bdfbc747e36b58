/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See output.h.
 */
#include "output.h"

#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool
output_color(int fd)
{
	const char *term;

	if (str_eq(globals.color, "always"))
		return true;
	if (str_eq(globals.color, "never") || is_set("NO_COLOR"))
		return false;
	term = getenv("TERM");
	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

/* Columns of the terminal behind fd; 0: it is not one. */
static size_t
columns_of(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

size_t
output_live_columns(int fd)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") != 0 ? columns_of(fd) :
	    0;
}

void
output_table(const struct table *table)
{
	struct strbuf text = STRBUF_INIT;

	table_format(table, columns_of(STDOUT_FILENO),
	    output_color(STDOUT_FILENO), &text);
	output_text(&text);
	strbuf_release(&text);
}

/* 0: not known. */
static size_t
rows_of(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void
output_table_over(const struct table *table)
{
	struct strbuf text = STRBUF_INIT;
	size_t rows = rows_of(STDOUT_FILENO), i;
	size_t nr = 1 + table->nr / table->nr_column;
	const char *line, *end;

	table_format(table, columns_of(STDOUT_FILENO),
	    output_color(STDOUT_FILENO), &text);
	for (line = text.buf, i = 0; *line; line = end + 1, i++) {
		end = line + strcspn(line, "\n");
		/* The cursor takes the last row. */
		if (rows > 2 && nr > rows - 1 && i == rows - 2) {
			printf("... %zu more\033[K\n", nr - i);
			break;
		}
		fwrite(line, 1, (size_t)(end - line), stdout);
		fputs("\033[K\n", stdout);
	}
	strbuf_release(&text);
}

void
output_text(const struct strbuf *text)
{
	fwrite(text->buf, 1, text->len, stdout);
}

json_t *
output_document(void)
{
	json_t *document = json_object();

	json_object_set_new(document, "schema", json_integer(1));
	return document;
}

static bool has_json;

bool
output_has_json(void)
{
	return has_json;
}

void
output_json(json_t *document)
{
	has_json = true;
	/* A failed write is main's to tell; see close_stdout there. */
	json_dumpf(document, stdout, JSON_INDENT(2) |
	    JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
	json_decref(document);
}
