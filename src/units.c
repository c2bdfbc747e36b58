/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See units.h.
 */
#include "units.h"

#include <inttypes.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{ "", 1000 },
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "d", 24 * 3600 * 1000 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KiB", 1 << 10 },
	{ "MiB", 1 << 20 },
	{ "GiB", 1 << 30 },
	{ "TiB", (int64_t)1 << 40 },
	{ "KB", 1000 },
	{ "MB", 1000 * 1000 },
	{ "GB", 1000 * 1000 * 1000 },
};

/* One decimal number with at most three digits after the point, and a unit. */
static int
parse(const char *s, const struct unit *units, size_t nr, int64_t *out)
{
	int64_t whole = 0, thousandths = 0, scale = 100;
	const char *start = s;
	size_t i;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (whole > (INT64_MAX - 9) / 10)
			return -1;
		whole = whole * 10 + (*s - '0');
	}
	if (s == start)
		return -1;
	if (*s == '.') {
		start = ++s;
		for (; *s >= '0' && *s <= '9' && scale; s++, scale /= 10)
			thousandths += (*s - '0') * scale;
		if (s == start)
			return -1;
	}
	for (i = 0; i < nr; i++)
		if (strcmp(s, units[i].name) == 0)
			break;
	if (i == nr || whole > INT64_MAX / units[i].factor / 2)
		return -1;
	*out = whole * units[i].factor +
	    thousandths * units[i].factor / 1000;
	return 0;
}

int
units_parse_duration(const char *s, int64_t *ms)
{
	return parse(s, durations, nitems(durations), ms);
}

int
units_parse_size(const char *s, int64_t *bytes)
{
	return parse(s, sizes, nitems(sizes), bytes);
}

int
units_parse_int(const char *s, int64_t *n)
{
	static const struct unit none[] = { { "", 1 } };
	bool negative = *s == '-';

	if (strchr(s, '.') || parse(s + negative, none, nitems(none), n) < 0)
		return -1;
	if (negative)
		*n = -*n;
	return 0;
}

void
units_add_duration(struct strbuf *out, int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 10 * 1000)
		strbuf_addf(out, "%" PRId64 ".%" PRId64 "s", s,
		    ms % 1000 / 100);
	else if (s < 60)
		strbuf_addf(out, "%" PRId64 "s", s);
	else if (s < 3600)
		strbuf_addf(out, "%" PRId64 "m %" PRId64 "s", s / 60, s % 60);
	else if (s < 24 * 3600)
		strbuf_addf(out, "%" PRId64 "h %" PRId64 "m", s / 3600,
		    s / 60 % 60);
	else
		strbuf_addf(out, "%" PRId64 "d %" PRId64 "h", s / 86400,
		    s / 3600 % 24);
}

void
units_add_duration_exact(struct strbuf *out, int64_t ms)
{
	size_t i;

	for (i = nitems(durations) - 1; i > 1; i--)
		if (ms && ms % durations[i].factor == 0)
			break;
	strbuf_addf(out, "%" PRId64 "%s", ms / durations[i].factor,
	    durations[i].name);
}

void
units_add_span(struct strbuf *out, int64_t ms, const char *gap)
{
	if (ms < 1000)
		strbuf_addf(out, "%" PRId64 "%sms", ms, gap);
	else if (ms < 10 * 1000 && ms % 1000 >= 100)
		strbuf_addf(out, "%" PRId64 ".%" PRId64 "%ss", ms / 1000,
		    ms % 1000 / 100, gap);
	else if (ms < 120 * 1000)
		strbuf_addf(out, "%" PRId64 "%ss", ms / 1000, gap);
	else
		units_add_duration(out, ms);
}

void
units_add_size(struct strbuf *out, int64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB" };
	int64_t unit = 1024;
	size_t i = 0;

	if (bytes < unit) {
		strbuf_addf(out, "%" PRId64 " B", bytes);
		return;
	}
	for (; i + 1 < nitems(names) && bytes >= unit * 1024; i++)
		unit *= 1024;
	strbuf_addf(out, "%" PRId64 ".%" PRId64 " %s", bytes / unit,
	    bytes % unit * 10 / unit, names[i]);
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_word(s[i]) && (i == 0 || (s[i] != '.' && s[i] != '-')))
			return false;
	return len >= 1 && len <= 64;
}

bool
units_is_name(const char *s)
{
	return is_name(s, strlen(s));
}

bool
units_is_agent_id(const char *s)
{
	size_t len = strcspn(s, ":");

	return s[len] && is_name(s, len) && units_is_name(s + len + 1);
}

bool
units_is_env_name(const char *s)
{
	if (!is_word(*s) || (*s >= '0' && *s <= '9'))
		return false;
	for (; *s; s++)
		if (!is_word(*s))
			return false;
	return true;
}
