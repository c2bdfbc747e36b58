/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The order of start: which agents may start together.  Stop in the reverse.
 */
#ifndef ORDER_H
#define ORDER_H

#include "strvec.h"

struct order_node {
	const char *id;
	const struct strvec *depends_on; /* ids; unknown ones do not count */
	int level; /* out: 0 depends on nothing, else 1 + the highest needed */
};

/*
 * Fills in the levels and returns how many there are (0 for no nodes).  A
 * cycle, which validate refuses, is broken at an arbitrary place.
 */
int order_levels(struct order_node *nodes, size_t nr);

#endif
