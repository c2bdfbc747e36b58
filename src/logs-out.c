/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logs-out.h.
 */
#include "logs-out.h"

#include "output.h"
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
add_prefix(const struct logs_out *out, struct strbuf *text)
{
	static const char *const sgr[] = { "36", "33", "32", "35", "34" };
	bool color = output_color(STDOUT_FILENO);

	if (color)
		strbuf_addf(text, "\033[%sm", sgr[out->nr % nitems(sgr)]);
	strbuf_addf(text, "%-*s |", (int)out->width, out->id);
	strbuf_addstr(text, color ? "\033[0m " : " ");
}

static void
write_lines(const struct logs_out *out, const char *text, size_t len)
{
	struct strbuf prefix = STRBUF_INIT, lines = STRBUF_INIT;
	const char *end = text + len, *newline;

	add_prefix(out, &prefix);
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			break;
		strbuf_add(&lines, prefix.buf, prefix.len);
		strbuf_add(&lines, text, (size_t)(newline + 1 - text));
	}
	output_text(&lines);
	strbuf_release(&prefix);
	strbuf_release(&lines);
}

void
logs_out_write(const struct logs_out *out, const char *text, size_t len)
{
	if (out->id)
		write_lines(out, text, len);
	else
		fwrite(text, 1, len, stdout);
	fflush(stdout);
}
