/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Messages that all commands share.  Whatever a message quotes, it stays one
 * line and cannot move the cursor: everything is escaped on its way out.
 */
#include "cmd.h"

#include <stdio.h>

struct globals globals;

static char first_error[1024];

const char *
cmd_first_error(void)
{
	return *first_error ? first_error : NULL;
}

PRINTF_LIKE(3, 0)
static void
say(bool is_error, const char *prefix, const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_vaddsafef(&text, fmt, ap);
	fflush(stdout); /* in order, where both go to the same file */
	fprintf(stderr, "teamctl: %s%s\n", prefix, text.buf);
	if (!*first_error && is_error)
		snprintf(first_error, sizeof(first_error), "%s%s", prefix,
		    text.buf);
	strbuf_release(&text);
}

void
cmd_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(true, "", fmt, ap);
	va_end(ap);
}

void
cmd_findings(struct diags *diags)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	diags_print(diags, &text);
	fputs(text.buf, stderr);
	for (i = 0; i < diags->nr && !*first_error; i++)
		if (diags->d[i].level == DIAG_ERROR)
			snprintf(first_error, sizeof(first_error),
			    "%s:%d:%d: %s", diags->d[i].pos.file,
			    diags->d[i].pos.line, diags->d[i].pos.col,
			    diags->d[i].message);
	strbuf_release(&text);
}

void
cmd_warn(const char *fmt, ...)
{
	va_list ap;

	if (globals.quiet)
		return;
	va_start(ap, fmt);
	say(false, "warning: ", fmt, ap);
	va_end(ap);
}

void
cmd_on_warning(void *ctx, const char *text)
{
	(void)ctx;
	cmd_warn("%s", text);
}

void
cmd_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(false, "hint: ", fmt, ap);
	va_end(ap);
}

int
cmd_usage(const struct cmd *cmd, const char *fmt, ...)
{
	struct strbuf prefix = STRBUF_INIT;
	va_list ap;

	strbuf_addf(&prefix, "%s: ", cmd->name);
	va_start(ap, fmt);
	say(true, prefix.buf, fmt, ap);
	va_end(ap);
	strbuf_release(&prefix);
	cmd_hint("see 'teamctl help %s'", cmd->name);
	return EXIT_USAGE;
}
