/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf logname */
#include "logname.h"
#include "tap.h"

#include <stdlib.h>

static void
test_logname__names(void)
{
	static const struct {
		int64_t generation;
		enum log_part part;
		bool is_packed;
		const char *name;
	} rows[] = {
		{ 1, LOG_NOW, false, "1.log" },
		{ 12, LOG_NOW, true, "12.log.gz" },
		{ 3, LOG_OLD, false, "3.old.log" },
		{ 3, LOG_OLD, true, "3.old.log.gz" },
		{ 900, LOG_TIMES, false, "900.times" },
	};
	static const char *const others[] = {
		"", "id", ".log", "a.log", "1.logs", "1.log.g", "1.log.gz.tmp",
		"1.times.gz", "1", "-1.log", "1234567890123456789.log",
		"1.old", "1.log~",
	};
	struct logname name;
	char *text;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		text = logname_format(rows[i].generation, rows[i].part,
		    rows[i].is_packed);
		is_str(text, rows[i].name, "format");
		ok(logname_parse(text, &name) &&
		    name.generation == rows[i].generation &&
		    name.part == rows[i].part &&
		    name.is_packed == rows[i].is_packed, "parse");
		free(text);
	}
	for (i = 0; i < nitems(others); i++)
		ok(!logname_parse(others[i], &name), "no such name");
}

static void
test_logname__times(void)
{
	static const char text[] = "B 100\n1000 100\n2500 150\n4000 170\n"
	    "B 200\n6000 210\nnonsense\n7000 ";
	static const struct {
		int64_t since_ms, offset;
	} rows[] = {
		{ 0, 0 }, { 1, 100 }, { 1999, 100 }, { 2000, 150 },
		{ 3499, 150 }, { 3500, 170 }, { 5000, 210 }, { 6999, 210 },
		{ 9000, INT64_MAX },
	};
	struct logtimes times;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		logtimes_parse(text, rows[i].since_ms, &times);
		is_int(times.since, rows[i].offset, "since");
		is_int(times.old_base, 100, "where the old file begins");
		is_int(times.base, 200, "where the present one does");
	}
	logtimes_parse("", 5, &times);
	is_int(times.since, INT64_MAX, "nothing is known");
}
