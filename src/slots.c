/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See slots.h.
 */
#include "slots.h"

#include <stdlib.h>

static bool
has_number(const struct slots_change *change, int number)
{
	size_t i;

	for (i = 0; i < change->nr; i++)
		if (change->numbers[i] == number)
			return true;
	return false;
}

static void
drop_number(struct slots_change *change, int number)
{
	size_t i, nr = 0;

	for (i = 0; i < change->nr; i++)
		if (change->numbers[i] != number)
			change->numbers[nr++] = change->numbers[i];
	change->nr = nr;
}

/* Down to so many: those that do nothing first, the highest numbers first. */
static void
shrink(struct slots_change *change, size_t wanted)
{
	int busy;
	size_t i;

	for (busy = 0; busy < 2; busy++)
		for (i = change->nr_slot; i-- > 0 && change->nr > wanted;)
			if (change->slots[i].is_idle == !busy)
				drop_number(change,
				    change->slots[i].agent->slot);
}

static int
number_cmp(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Also back to the name without a number, which has none to be kept. */
static void
choose_as_text(struct slots_change *change)
{
	int replicas = change->slots[0].agent->replicas, i;
	size_t nr = replicas < 2 ? 1 : (size_t)replicas, at;

	change->wanted = (int)nr;
	change->is_change = change->nr_slot != nr;
	for (at = 0; at < change->nr_slot; at++)
		change->is_change |= change->slots[at].agent->slot !=
		    (replicas < 2 ? 0 : (int)at + 1);
	if (replicas < 2 || !change->is_change)
		return;
	change->numbers = xcalloc(nr, sizeof(*change->numbers));
	for (i = 1; i <= replicas; i++)
		change->numbers[change->nr++] = i;
}

void
slots_choose(struct slots_change *change)
{
	size_t i, wanted = (size_t)change->wanted;
	int number;

	if (!wanted) {
		choose_as_text(change);
		return;
	}
	change->is_change = change->nr_slot != wanted;
	if (!change->is_change)
		return;
	change->numbers = xcalloc(change->nr_slot + wanted,
	    sizeof(*change->numbers));
	for (i = 0; i < change->nr_slot; i++)
		if (change->slots[i].agent->slot)
			change->numbers[change->nr++] =
			    change->slots[i].agent->slot;
	for (number = 1; change->nr < wanted; number++)
		if (!has_number(change, number))
			change->numbers[change->nr++] = number;
	shrink(change, wanted);
	qsort(change->numbers, change->nr, sizeof(*change->numbers),
	    number_cmp);
}

bool
slots_is_plain(const struct slots_change *change)
{
	return change->is_change && change->nr == 0;
}

bool
slots_is_kept(const struct slots_change *change, const struct agent *agent)
{
	return !change->is_change ||
	    (agent->slot && has_number(change, agent->slot));
}

void
slots_forget_if_as_text(struct slots_change *change)
{
	int replicas = change->slots[0].agent->replicas;
	size_t i;

	if (change->nr == 0 || replicas < 2 || (size_t)replicas != change->nr)
		return;
	for (i = 0; i < change->nr; i++)
		if (change->numbers[i] != (int)i + 1)
			return;
	change->nr = 0;
}
