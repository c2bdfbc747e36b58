/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units limits */
#include "limits.h"
#include "tap.h"

#include <stdlib.h>

#define MIB(n) ((int64_t)(n) << 20)

static const struct resource_limits memory_only = {
	.max_memory_mb = 100, .warn_at = 0.8,
};

static const struct usage idle = { 0 };

static void
test_limits__hysteresis(void)
{
	static const struct {
		int64_t mib;
		enum limit_level said; /* FINE: nothing */
	} rows[] = {
		{ 0, LIMIT_FINE }, { 79, LIMIT_FINE }, { 80, LIMIT_WARNED },
		{ 81, LIMIT_FINE }, { 76, LIMIT_FINE }, { 80, LIMIT_FINE },
		{ 74, LIMIT_FINE }, { 79, LIMIT_FINE }, { 85, LIMIT_WARNED },
		{ 99, LIMIT_FINE }, { 100, LIMIT_EXCEEDED },
		{ 140, LIMIT_FINE }, { 96, LIMIT_FINE }, { 100, LIMIT_FINE },
		/* Down to the warning: that was said; then again too much. */
		{ 94, LIMIT_FINE }, { 100, LIMIT_EXCEEDED },
		{ 10, LIMIT_FINE }, { 100, LIMIT_EXCEEDED },
		{ 10, LIMIT_FINE }, { 81, LIMIT_WARNED },
		{ 100, LIMIT_EXCEEDED }, { 78, LIMIT_FINE },
		{ 81, LIMIT_FINE },
		/* An unknown sample is none. */
		{ -1, LIMIT_FINE }, { 81, LIMIT_FINE },
	};
	struct limits_verdict verdicts[LIMIT_NR];
	struct limits_state state = { 0 };
	struct usage usage = idle;
	size_t i, nr;

	for (i = 0; i < nitems(rows); i++) {
		usage.memory_bytes = rows[i].mib < 0 ? -1 : MIB(rows[i].mib);
		nr = limits_check(&memory_only, &usage, &state, verdicts);
		is_int(nr, rows[i].said != LIMIT_FINE, "how many verdicts");
		if (nr && !ok(verdicts[0].level == rows[i].said, "level"))
			tap_diag("row %zu: %s", i, verdicts[0].text);
	}
}

static void
test_limits__one_byte_decides(void)
{
	struct limits_verdict verdicts[LIMIT_NR];
	struct limits_state state = { 0 };
	struct usage usage = { .memory_bytes = MIB(100) - 1 };

	limits_check(&memory_only, &usage, &state, verdicts);
	is_int(verdicts[0].level, LIMIT_WARNED, "a byte below");
	is_str(verdicts[0].text, "memory 99 MiB of 100 MiB (99 %)", "text");
	usage.memory_bytes++;
	is_int(limits_check(&memory_only, &usage, &state, verdicts), 1, "one");
	is_int(verdicts[0].level, LIMIT_EXCEEDED, "at the limit");
	is_str(verdicts[0].text, "memory 100 MiB of 100 MiB (100 %)", "text");
}

static void
test_limits__each_resource(void)
{
	static const struct resource_limits all = {
		.max_memory_mb = 256, .max_cpu_percent = 200,
		.max_cpu_secs = 300, .max_wall_secs = 7200, .warn_at = 0.8,
		.max_file_descriptors = 1,
	};
	static const struct usage use = {
		.memory_bytes = MIB(210), .cpu_percent = 201,
		.cpu_ms = 299999, .wall_ms = 7200000,
	};
	static const struct {
		const char *name, *text;
		enum limit_level level;
		int64_t used, allowed;
	} rows[] = {
		{ "memory", "memory 210 MiB of 256 MiB (82 %)", LIMIT_WARNED,
		    MIB(210), MIB(256) },
		{ "cpu-percent", "cpu 201 % of 200 % (100 %)", LIMIT_EXCEEDED,
		    201, 200 },
		{ "cpu-time", "cpu time 4m 59s of 5m 0s (99 %)", LIMIT_WARNED,
		    299999, 300000 },
		{ "wall-time", "wall time 2h 0m of 2h 0m (100 %)",
		    LIMIT_EXCEEDED, 7200000, 7200000 },
	};
	struct limits_verdict verdicts[LIMIT_NR];
	struct limits_state state = { 0 };
	size_t i;

	is_int(limits_check(&all, &use, &state, verdicts), LIMIT_NR, "all");
	for (i = 0; i < nitems(rows); i++) {
		is_str(limit_name(verdicts[i].limit), rows[i].name, "name");
		is_str(verdicts[i].text, rows[i].text, "text");
		is_int(verdicts[i].level, rows[i].level, "level");
		is_int(verdicts[i].used, rows[i].used, "used");
		is_int(verdicts[i].allowed, rows[i].allowed, "allowed");
	}
	is_int(limits_check(&all, &use, &state, verdicts), 0, "said once");
}

static void
test_limits__none_and_edges(void)
{
	static const struct {
		struct resource_limits limits;
		struct usage usage;
		enum limit_level level; /* FINE: no verdict */
	} rows[] = {
		/* 0: unlimited. */
		{ { .warn_at = 0.8 }, { INT64_MAX, INT64_MAX, INT64_MAX,
		    INT64_MAX }, LIMIT_FINE },
		/* No warning wanted, or only when it is too late. */
		{ { .max_cpu_percent = 100 }, { .cpu_percent = 99 },
		    LIMIT_FINE },
		{ { .max_cpu_percent = 100 }, { .cpu_percent = 100 },
		    LIMIT_EXCEEDED },
		{ { .max_cpu_percent = 100, .warn_at = 1 },
		    { .cpu_percent = 99 }, LIMIT_FINE },
		{ { .max_cpu_percent = 100, .warn_at = 1 },
		    { .cpu_percent = 100 }, LIMIT_EXCEEDED },
		/* Neither product overflows. */
		{ { .max_memory_mb = INT64_MAX, .warn_at = 0.8 },
		    { .memory_bytes = INT64_MAX / 2 }, LIMIT_FINE },
		{ { .max_wall_secs = 1, .warn_at = 0.8 },
		    { .wall_ms = INT64_MAX }, LIMIT_EXCEEDED },
		{ { .max_cpu_percent = 1, .warn_at = 0.8 },
		    { .cpu_percent = INT64_MAX }, LIMIT_EXCEEDED },
	};
	struct limits_verdict verdicts[LIMIT_NR];
	size_t i, nr;

	for (i = 0; i < nitems(rows); i++) {
		struct limits_state state = { 0 };

		nr = limits_check(&rows[i].limits, &rows[i].usage, &state,
		    verdicts);
		ok(nr == (rows[i].level != LIMIT_FINE) && (nr == 0 ||
		    verdicts[0].level == rows[i].level), "row %zu: %zu", i,
		    nr);
	}
}

/* However use goes: never the same verdict twice without a fall between. */
static void
test_limits__random_walk(void)
{
	struct limits_verdict verdicts[LIMIT_NR];
	struct limits_state state = { 0 };
	struct usage usage = idle;
	int64_t lowest = 0, n = 50;
	int i, said = 0;

	srand(7);
	for (i = 0; i < 20000; i++) {
		n += rand() % 21 - 10;
		n = n < 0 ? 0 : n > 120 ? 120 : n;
		lowest = n < lowest ? n : lowest;
		usage.memory_bytes = MIB(n);
		if (limits_check(&memory_only, &usage, &state, verdicts) == 0)
			continue;
		said++;
		if (!ok(n >= (verdicts[0].level == LIMIT_WARNED ? 80 : 100),
		    "too early at %d", (int)n) ||
		    !ok(lowest < (verdicts[0].level == LIMIT_WARNED ? 75 : 95),
		    "said again, down to %d only", (int)lowest))
			return;
		lowest = n;
	}
	ok(said > 100, "said something: %d", said);
}
