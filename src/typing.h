/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * One process at a time types into an agent.
 */
#ifndef TYPING_H
#define TYPING_H

#include <stdbool.h>

struct typing {
	int fd; /* -1: nothing is claimed */
};

#define TYPING_INIT { -1 }

/*
 * False while another process types into this agent of the team.  Without a
 * state folder there is nobody to be apart from.
 */
bool typing_claim(struct typing *typing, const char *root, const char *id);
/* Gives up all claims, as the end of the process does. */
void typing_release(struct typing *typing);

#endif
