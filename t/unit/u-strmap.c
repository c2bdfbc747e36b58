/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strmap */
#include "strmap.h"

#include "tap.h"

#include <stdlib.h>

static void
test_strmap__empty(void)
{
	struct strmap map = STRMAP_INIT;

	ok(!strmap_get(&map, "a") && !strmap_has(&map, "a"), "nothing there");
	strmap_release(&map, NULL);
	strmap_release(&map, free);
}

static void
test_strmap__set_replaces_and_keeps_order(void)
{
	struct strmap map = STRMAP_INIT;
	char key[] = "one";
	int a, b;

	ok(!strmap_set(&map, key, &a), "new");
	key[0] = 'X';
	ok(!strmap_set(&map, "two", &b), "new");
	ok(strmap_set(&map, "one", &b) == &a, "the old value comes back");
	is_int((intmax_t)map.nr, 2, "number");
	is_str(map.entry[0].key, "one", "order of insertion, copied key");
	ok(strmap_get(&map, "one") == &b, "the new value");
	ok(!strmap_get(&map, "Xne") && !strmap_get(&map, ""), "others are not");
	strmap_release(&map, NULL);
}

static void
test_strmap__has_tells_null_from_absent(void)
{
	struct strmap map = STRMAP_INIT;

	strmap_set(&map, "null", NULL);
	ok(strmap_has(&map, "null") && !strmap_get(&map, "null"), "NULL value");
	ok(!strmap_has(&map, "absent"), "absent");
	strmap_release(&map, NULL);
}

static void
test_strmap__entry_is_made_once(void)
{
	struct strmap map = STRMAP_INIT;

	strmap_entry(&map, "k")->value = xstrdup("v");
	is_str(strmap_entry(&map, "k")->value, "v", "the same one");
	is_int((intmax_t)map.nr, 1, "number");
	strmap_release(&map, free);
}

static void
test_strmap__many_keys(void)
{
	enum { NR = 20000 };
	struct strmap map = STRMAP_INIT;
	size_t i, wrong = 0;
	char key[32];

	for (i = 0; i < NR; i++) {
		snprintf(key, sizeof(key), "project:agent-%zu", i);
		strmap_set(&map, key, (void *)(i + 1));
	}
	for (i = 0; i < NR; i++) {
		snprintf(key, sizeof(key), "project:agent-%zu", i);
		wrong += strmap_get(&map, key) != (void *)(i + 1);
		wrong += strcmp(map.entry[i].key, key) != 0;
	}
	is_int((intmax_t)wrong, 0, "all found, in order");
	ok(map.nr_slot >= 2 * map.nr, "%zu slots", map.nr_slot);
	strmap_release(&map, NULL);
}
