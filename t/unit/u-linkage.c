/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf units policy linkage */
#include "linkage.h"

#include "tap.h"

#include <string.h>

enum { NR = 5 };

/* 0 - 1 - 2, and 3 = 4 after any end. */
static const struct linkage_edge edges[] = {
	{ 0, 1, false },
	{ 2, 1, false },
	{ 3, 4, true },
	{ 1, 1, true },
};

static void
check(size_t at, enum exit_class class, const char *want)
{
	bool hit[NR] = { false };
	char got[NR + 1] = "";
	size_t i;

	linkage_scope(edges, sizeof(edges) / sizeof(edges[0]), at, class, hit,
	    NR);
	for (i = 0; i < NR; i++)
		got[i] = hit[i] ? 'x' : '.';
	is_str(got, want, policy_class_name(class));
}

static void
test_linkage__failures_take_along(void)
{
	static const enum exit_class failures[] = { CLASS_CODE, CLASS_SIGNAL,
		CLASS_EXEC_FAILED, CLASS_OOM, CLASS_LIMIT, CLASS_UNHEALTHY,
		CLASS_LINKED, CLASS_LOST };
	size_t i;

	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		check(0, failures[i], ".xx..");
		check(1, failures[i], "x.x..");
		check(2, failures[i], "xx...");
		check(3, failures[i], "....x");
		check(4, failures[i], "...x.");
	}
}

static void
test_linkage__clean_ends_only_where_any_counts(void)
{
	check(0, CLASS_CLEAN, ".....");
	check(3, CLASS_CLEAN, "....x");
	check(4, CLASS_RATE_LIMITED, "...x.");
}

static void
test_linkage__requested_ends_take_nobody_along(void)
{
	check(0, CLASS_REQUESTED, ".....");
	check(3, CLASS_REQUESTED, ".....");
}

static void
test_linkage__monitors(void)
{
	ok(linkage_tells(true, CLASS_REQUESTED), "any end");
	ok(linkage_tells(true, CLASS_CLEAN), "also a clean one");
	ok(linkage_tells(false, CLASS_CODE), "a failure");
	ok(!linkage_tells(false, CLASS_CLEAN), "but no clean end");
	ok(!linkage_tells(false, CLASS_REQUESTED), "nor a requested one");
}
