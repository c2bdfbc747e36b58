/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec strmap order */
#include "order.h"
#include "tap.h"

enum { A, B, C, D, NR };

static struct strvec needs[NR];
static struct order_node nodes[NR];

static void
set_up(void)
{
	static const char *const ids[] = { "p:a", "p:b", "p:c", "p:d" };
	int i;

	for (i = 0; i < NR; i++) {
		strvec_release(&needs[i]);
		nodes[i].id = ids[i];
		nodes[i].depends_on = &needs[i];
	}
}

static void
tear_down(void)
{
	int i;

	for (i = 0; i < NR; i++)
		strvec_release(&needs[i]);
}

static void
test_order__independent_agents_start_together(void)
{
	set_up();
	is_int(order_levels(nodes, NR), 1, "levels");
	is_int(order_levels(nodes, 0), 0, "none");
	tear_down();
}

static void
test_order__diamond(void)
{
	set_up();
	strvec_push(&needs[A], "p:b");
	strvec_push(&needs[A], "p:c");
	strvec_push(&needs[B], "p:d");
	strvec_push(&needs[C], "p:d");
	is_int(order_levels(nodes, NR), 3, "levels");
	is_int(nodes[D].level, 0, "d");
	is_int(nodes[B].level, 1, "b");
	is_int(nodes[C].level, 1, "c");
	is_int(nodes[A].level, 2, "a");
	tear_down();
}

static void
test_order__longest_path_counts(void)
{
	set_up();
	strvec_push(&needs[A], "p:d");
	strvec_push(&needs[A], "p:b");
	strvec_push(&needs[B], "p:c");
	strvec_push(&needs[C], "p:d");
	order_levels(nodes, NR);
	is_int(nodes[A].level, 3, "a");
	tear_down();
}

static void
test_order__unknown_and_cycles_end(void)
{
	set_up();
	strvec_push(&needs[A], "q:nobody");
	strvec_push(&needs[B], "p:c");
	strvec_push(&needs[C], "p:b");
	strvec_push(&needs[D], "p:d");
	ok(order_levels(nodes, NR) >= 1, "a cycle is broken somewhere");
	is_int(nodes[A].level, 0, "unknown ids do not count");
	tear_down();
}
