/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec */
#include "strvec.h"

#include "tap.h"

static void
fill(struct strvec *sv, const char *const *words)
{
	for (; *words; words++)
		strvec_push(sv, *words);
}

static void
check_invariants(const struct strvec *sv)
{
	ok(sv->nr == 0 || sv->v[sv->nr] == NULL, "NULL at the end");
	ok(sv->v == NULL || sv->nr < sv->alloc, "room for it");
}

static void
test_strvec__push_copies_and_terminates(void)
{
	struct strvec sv = STRVEC_INIT;
	char word[] = "one";
	int i;

	ok(!sv.v, "nothing until the first push");
	strvec_push(&sv, word);
	check_invariants(&sv);
	word[0] = 'X';
	is_str(sv.v[0], "one", "a copy");
	for (i = 0; i < 100; i++) {
		strvec_pushf(&sv, "%d", i);
		check_invariants(&sv);
	}
	is_int((intmax_t)sv.nr, 101, "number");
	is_str(sv.v[100], "99", "last");
	strvec_release(&sv);
	strvec_release(&sv);
	ok(!sv.v && sv.nr == 0, "empty and usable");
	strvec_take(&sv, xstrdup("again"));
	is_str(sv.v[0], "again", "taken over");
	strvec_release(&sv);
}

static void
test_strvec__pushall_and_eq(void)
{
	struct strvec a = STRVEC_INIT, b = STRVEC_INIT;

	ok(strvec_eq(&a, &b), "empty ones are equal");
	fill(&a, (const char *const[]){ "x", "y", NULL });
	ok(!strvec_eq(&a, &b), "another number");
	strvec_pushall(&b, &a);
	ok(strvec_eq(&a, &b), "a copy is equal");
	ok(a.v[0] != b.v[0], "and its own");
	strvec_pushall(&b, &a);
	is_int((intmax_t)b.nr, 4, "behind what is there");
	strvec_release(&b);
	fill(&b, (const char *const[]){ "y", "x", NULL });
	ok(!strvec_eq(&a, &b), "order counts");
	strvec_release(&a);
	strvec_release(&b);
}

static void
test_strvec__sort_and_has(void)
{
	struct strvec sv = STRVEC_INIT;

	strvec_sort(&sv);
	ok(!strvec_has(&sv, "a"), "an empty one");
	fill(&sv, (const char *const[]){ "b", "\xc3\xa9", "B", "a", "ab",
	    NULL });
	strvec_sort(&sv);
	is_str(sv.v[0], "B", "bytewise");
	is_str(sv.v[1], "a", "");
	is_str(sv.v[2], "ab", "");
	is_str(sv.v[4], "\xc3\xa9", "unsigned bytes");
	ok(strvec_has(&sv, "ab") && !strvec_has(&sv, "abc"), "has");
	check_invariants(&sv);
	strvec_release(&sv);
}
