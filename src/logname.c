/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logname.h.
 */
#include "logname.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const suffixes[] = {
	[LOG_OLD] = ".old.log",
	[LOG_NOW] = ".log",
	[LOG_TIMES] = ".times",
};

bool
logname_parse(const char *name, struct logname *out)
{
	size_t digits = strspn(name, "0123456789"), i, len;
	const char *rest = name + digits;

	if (digits == 0 || digits > 18)
		return false;
	out->generation = strtoll(name, NULL, 10);
	for (i = 0; i < nitems(suffixes); i++) {
		len = strlen(suffixes[i]);
		if (strncmp(rest, suffixes[i], len) != 0)
			continue;
		out->part = (enum log_part)i;
		out->is_packed = strcmp(rest + len, ".gz") == 0;
		return rest[len] == '\0' || (out->is_packed &&
		    out->part != LOG_TIMES);
	}
	return false;
}

char *
logname_format(int64_t generation, enum log_part part, bool is_packed)
{
	return xasprintf("%" PRId64 "%s%s", generation, suffixes[part],
	    is_packed ? ".gz" : "");
}

void
logtimes_parse(const char *text, int64_t since_ms, struct logtimes *out)
{
	int64_t ms;
	bool is_found = since_ms == 0;
	char *end;

	memset(out, 0, sizeof(*out));
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (text[0] == 'B' && text[1] == ' ') {
			out->old_base = out->base;
			out->base = strtoll(text + 2, NULL, 10);
			continue;
		}
		ms = strtoll(text, &end, 10);
		if (end == text || *end != ' ')
			continue;

		if (!is_found && ms + LOG_TIME_MS > since_ms) {
			out->since = strtoll(end, NULL, 10);
			is_found = true;
		}
	}
	if (!is_found)
		out->since = INT64_MAX;
}
