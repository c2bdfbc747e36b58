/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The words of `on: { WORD: argv }`: which events of the journal run which
 * hooks of a team and of an agent.
 */
#ifndef HOOKWORD_H
#define HOOKWORD_H

#include "event.h"

#include <jansson.h>

enum hook_word {
	HOOK_STARTED,
	HOOK_START_FAILED,
	HOOK_READY,
	HOOK_EXIT,
	HOOK_RESTART,
	HOOK_FAILED,
	HOOK_WAITING,
	HOOK_STOPPED,
	HOOK_KILLED,
	HOOK_UNHEALTHY,
	HOOK_LIMIT,
	HOOK_QUARANTINED,
	HOOK_NR, /* and: none */
};

/* "start_failed" */
const char *hook_word_name(enum hook_word word);
/* The word that a line of the journal stands for, or HOOK_NR. */
enum hook_word hook_word_of(const json_t *event);
/* What the hook gets to read, one line; the caller frees. */
char *hook_input(enum hook_word word, const char *root, const json_t *event);

#endif
