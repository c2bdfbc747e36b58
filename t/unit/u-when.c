/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf when */
#include "when.h"

#include "tap.h"

static void
test_when__parses_rfc_3339_and_what_is_cut_of_it(void)
{
	static const struct {
		const char *in;
		int64_t ms;
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00.000Z", 0 },
		{ "2000-02-29T12:30:15.25Z", INT64_C(951827415250) },
		{ "2026-11-20T15:00:00.123Z", INT64_C(1795186800123) },
		{ "2026-11-20T15:00", INT64_C(1795186800000) },
		{ "2026-11-20 15", INT64_C(1795186800000) },
		{ "2026-11-20T16:00:00+01:00", INT64_C(1795186800000) },
		{ "2026-11-20T09:30-05:30", INT64_C(1795186800000) },
		{ "2100-03-01", INT64_C(4107542400000) },
		{ "9999-12-31T23:59:59.9999Z", INT64_C(253402300799999) },
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		ok(when_parse(rows[i].in, &ms) == 0, "%s", rows[i].in);
		is_int(ms, rows[i].ms, rows[i].in);
	}
}

static void
test_when__refuses_what_is_no_instant(void)
{
	static const char *const rows[] = {
		"", "10m", "2026", "2026-11", "2026-13-01", "2026-02-29",
		"2100-02-29", "2026-11-31", "1969-12-31", "2026-11-20T",
		"2026-11-20T24:00", "2026-11-20T15:60", "2026-11-20T15:00:61",
		"2026-11-20T15:00:00.", "2026-11-20T15:00:00Zx",
		"2026-11-20T15:00:00+1", "20261120", "2026-11-20x",
		"2026-1-2",
	};
	int64_t ms;
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		ok(when_parse(rows[i], &ms) < 0, "'%s'", rows[i]);
}

static void
test_when__text_and_back(void)
{
	static const int64_t step = INT64_C(37) * 86400000 + 12345678;
	struct strbuf text = STRBUF_INIT;
	int64_t ms, again, wrong = 0;

	for (ms = 0; ms < INT64_C(200) * 366 * 86400000; ms += step) {
		strbuf_reset(&text);
		when_add(&text, ms);
		if (when_parse(text.buf, &again) < 0 || again != ms)
			wrong++;
	}
	is_int(wrong, 0, "200 years");
	strbuf_reset(&text);
	when_add(&text, INT64_C(1795186800123));
	is_str(text.buf, "2026-11-20T15:00:00.123Z", "text");
	strbuf_reset(&text);
	when_add(&text, -1);
	is_str(text.buf, "1970-01-01T00:00:00.000Z", "before 1970");
	strbuf_release(&text);
}
