/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units */
#include "units.h"

#include "tap.h"

enum { BAD = -1 };

struct row {
	const char *text;
	int64_t value; /* BAD: refused */
};

static void
run(const struct row *rows, size_t nr, int (*parse)(const char *, int64_t *))
{
	int64_t value;
	size_t i;

	for (i = 0; i < nr; i++) {
		value = BAD;
		is_int(parse(rows[i].text, &value),
		    rows[i].value == BAD ? -1 : 0, rows[i].text);
		if (rows[i].value != BAD)
			is_int(value, rows[i].value, rows[i].text);
	}
}

static void
test_units__duration(void)
{
	static const struct row rows[] = {
		{ "500ms", 500 }, { "10s", 10000 }, { "1.5m", 90000 },
		{ "2h", 7200000 }, { "1d", 86400000 }, { "7", 7000 },
		{ "0", 0 }, { "0.25", 250 }, { "0.001s", 1 },
		{ "", BAD }, { "s", BAD }, { "-1s", BAD }, { "1 s", BAD },
		{ " 1s", BAD }, { "1S", BAD }, { "1.s", BAD }, { ".5s", BAD },
		{ "1.2345s", BAD }, { "1e3", BAD }, { "0x10", BAD },
		{ "9223372036854775807", BAD }, { "99999999999999999999", BAD },
		{ "106751991168d", BAD }, { "soon", BAD }, { "1s1s", BAD },
	};

	run(rows, nitems(rows), units_parse_duration);
}

static void
test_units__size(void)
{
	static const struct row rows[] = {
		{ "512", 512 }, { "512B", 512 }, { "64KiB", 65536 },
		{ "256MiB", 268435456 }, { "1.5GiB", 1610612736 },
		{ "10MB", 10000000 }, { "2TiB", 2199023255552 },
		{ "", BAD }, { "MiB", BAD }, { "1M", BAD }, { "1mib", BAD },
		{ "-1", BAD }, { "9000000000000TiB", BAD },
	};

	run(rows, nitems(rows), units_parse_size);
}

static void
test_units__int(void)
{
	static const struct row rows[] = {
		{ "0", 0 }, { "12", 12 }, { "-12", -12 }, { "007", 7 },
		{ "", BAD }, { "-", BAD }, { "+1", BAD }, { "--1", BAD },
		{ "1.0", BAD }, { "1x", BAD }, { " 1", BAD },
		{ "99999999999999999999", BAD },
	};

	run(rows, nitems(rows), units_parse_int);
}

static void
test_units__add_duration(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0.0s" }, { 99, "0.0s" }, { 400, "0.4s" },
		{ 9999, "9.9s" }, { 10000, "10s" }, { 59999, "59s" },
		{ 60000, "1m 0s" }, { 185000, "3m 5s" },
		{ 3600000, "1h 0m" }, { 7800000, "2h 10m" },
		{ 86400000, "1d 0h" }, { 356400000, "4d 3h" },
	};
	struct strbuf out = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&out);
		units_add_duration(&out, rows[i].ms);
		is_str(out.buf, rows[i].text, rows[i].text);
	}
	strbuf_release(&out);
}

static void
test_units__exact_duration_reads_back(void)
{
	static const int64_t rows[] = { 0, 1, 999, 1000, 1500, 60000, 90000,
		3600000, 86400000, 86400001, 1234567890123 };
	struct strbuf out = STRBUF_INIT;
	int64_t ms;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&out);
		units_add_duration_exact(&out, rows[i]);
		is_int(units_parse_duration(out.buf, &ms), 0, out.buf);
		is_int(ms, rows[i], out.buf);
	}
	strbuf_reset(&out);
	units_add_duration_exact(&out, 90000);
	is_str(out.buf, "90s", "in the largest unit that is exact");
	strbuf_release(&out);
}

static void
test_units__names(void)
{
	static const char *const good[] = { "a", "dev", "dev-1", "Dev_2.x",
		"_x", "1st" };
	static const char *const bad[] = { "", "-a", ".a", "..", "a/b", "a b",
		"a\n", "a:b", "\xc3\xa9", "a*", "a'b" };
	char longest[66];
	size_t i;

	for (i = 0; i < nitems(good); i++)
		ok(units_is_name(good[i]), "%s", good[i]);
	for (i = 0; i < nitems(bad); i++)
		ok(!units_is_name(bad[i]), "%s", bad[i]);
	memset(longest, 'a', 65);
	longest[65] = '\0';
	ok(!units_is_name(longest), "65 bytes");
	longest[64] = '\0';
	ok(units_is_name(longest), "64 bytes");
}

static void
test_units__env_names(void)
{
	static const char *const good[] = { "A", "_", "PATH", "a1_B" };
	static const char *const bad[] = { "", "1A", "A-B", "A B", "A=", "A.B",
		"\xc3\xa9" };
	size_t i;

	for (i = 0; i < nitems(good); i++)
		ok(units_is_env_name(good[i]), "%s", good[i]);
	for (i = 0; i < nitems(bad); i++)
		ok(!units_is_env_name(bad[i]), "%s", bad[i]);
}
