/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf told */
#include "told.h"

#include "tap.h"
#include "util.h"

/* 2026-11-20 17:30:00 UTC, a Friday. */
#define NOW INT64_C(1795195800)
#define MINUTES(n) ((int64_t)(n) * 60)
#define HOURS(n) ((int64_t)(n) * 3600)
#define DAYS(n) ((int64_t)(n) * 86400)

/* NONE: nothing is found. */
#define NONE INT64_MIN

static void
test_told__spans(void)
{
	static const struct {
		const char *text;
		int64_t after;
	} rows[] = {
		{ "20s", 20 },
		{ "in 20 seconds.", 20 },
		{ "5 minutes", MINUTES(5) },
		{ "1h 30m", MINUTES(90) },
		{ "1h30m", MINUTES(90) },
		{ "2 days 3 hours", DAYS(2) + HOURS(3) },
		{ "1 hour and 5 minutes", MINUTES(65) },
		{ "1.9 hours", HOURS(1) },
		{ "attempt 3, in 6s", 6 },
		{ "6s attempt #3", 6 },
		{ "5m. Or 3h", MINUTES(5) },
		{ "3 months", NONE },
		{ "300ms", NONE },
		{ "5", NONE },
		{ "", NONE },
		{ "3 mice", NONE },
		{ "99999999999999999999s", NONE },
		{ "401d", NONE },
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		ms = NONE;
		is_int(told_parse_span(rows[i].text, NOW * 1000, &ms),
		    rows[i].after != NONE, rows[i].text);
		is_int(ms, rows[i].after == NONE ? NONE :
		    (NOW + rows[i].after) * 1000, rows[i].text);
	}
}

static void
test_told__clocks(void)
{
	static const struct {
		const char *text;
		int offset;
		int64_t after;
	} rows[] = {
		{ "8:00 PM.", 0, MINUTES(150) },
		{ "8pm", 0, MINUTES(150) },
		{ "8 p.m.", 0, NONE },
		{ "20:00", 0, MINUTES(150) },
		{ "20:00:30", 0, MINUTES(150) + 30 },
		{ "12am", 0, MINUTES(390) },
		{ "12 pm", 0, DAYS(1) - MINUTES(330) },
		{ "8pm (UTC)", 3600, MINUTES(150) },
		{ "8pm (Europe/Berlin)", 3600, MINUTES(90) },
		{ "8pm", -HOURS(5), MINUTES(450) },
		{ "20:00Z", 7200, MINUTES(150) },
		{ "8\xe2\x80\xafPM", 0, MINUTES(150) },
		{ "5pm", 0, -MINUTES(30) },
		{ "1:30 pm", 0, -HOURS(4) },
		{ "1:29 pm", 0, DAYS(1) - MINUTES(241) },
		{ "Nov 21, 8pm", 0, DAYS(1) + MINUTES(150) },
		{ "Nov 23rd, 2026 8:00 PM", 0, DAYS(3) + MINUTES(150) },
		{ "on November 21 at 8pm", 0, DAYS(1) + MINUTES(150) },
		{ "Jan 1, 12am", 0, DAYS(41) + MINUTES(390) },
		{ "Nov 19, 5:30pm", 0, -DAYS(1) },
		{ "mar 3 or may 5", 0, NONE },
		{ "25:00", 0, NONE },
		{ "13pm", 0, NONE },
		{ "8", 0, NONE },
		{ "12:345", 0, NONE },
		{ "Jan 1, 1999 8pm", 0, NONE },
		{ "", 0, NONE },
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		ms = NONE;
		is_int(told_parse_clock(rows[i].text, NOW * 1000,
		    rows[i].offset, &ms), rows[i].after != NONE, rows[i].text);
		is_int(ms, rows[i].after == NONE ? NONE :
		    (NOW + rows[i].after) * 1000, rows[i].text);
	}
}
