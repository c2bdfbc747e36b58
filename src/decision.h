/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A question that an agent has for a person: which one it is, and the keys by
 * which an answer is given.  Pure.
 */
#ifndef DECISION_H
#define DECISION_H

#include "activity.h"

enum { DECISION_ID = 9 }; /* eight hexadecimal digits and the end */

/*
 * Names a question that a run has: the same as long as what is asked, the
 * answers and the lines above stay the same, whichever answer is selected and
 * however wide the window is.
 */
void decision_id(const struct activity_verdict *verdict, const char *screen,
    int64_t generation, char id[DECISION_ID]);
/* An object with id, kind, question, options, default and since. */
json_t *decision_json(const struct activity_verdict *verdict, const char *id);

/*
 * The lines on the screen above its answers, without frames and not many: what
 * it is that the question is about.  Empty when there are no answers.
 */
void decision_context(const struct activity_verdict *verdict,
    const char *screen, struct strvec *lines);
/* The selection moves by keys, and only its colour tells where it is. */
bool decision_is_by_color(const struct activity_verdict *verdict);

/* How an answer is typed. */
struct decision_keys {
	const char *move;  /* tmux's name of a key that moves the selection */
	int moves;         /* so many times */
	char *text;        /* then that is typed, or NULL; owned */
	bool enter;        /* and Enter */
	bool is_visible;   /* the selection can be seen before Enter */
};

/*
 * The keys for option N (from 0).  from: the one that is selected now, -1:
 * not known, which is the first.
 */
void decision_keys(const struct activity_verdict *verdict, int n,
    struct decision_keys *keys);
/*
 * Which option somebody means: its number from 1, or its text without regard
 * to case, or the only one that begins so.  -1: none.
 */
int decision_option(const struct activity_verdict *verdict, const char *word);

#endif
