/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What is new on a screen that is looked at again and again.
 *
 * A screen is not a stream: its last line may still grow, its top may have
 * scrolled away, and a full-screen program paints the same lines anew.  Each
 * look is compared with what was printed so far, and lines are printed once
 * they stand still.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "strbuf.h"
#include "strvec.h"

struct follow {
	struct strvec printed;  /* the screen as printed */
	struct strvec previous; /* the screen as it was at the last look */
	int restless;           /* looks since it last stood still */
};

#define FOLLOW_INIT { .printed = STRVEC_INIT, .previous = STRVEC_INIT }

/*
 * tmux writes a line of its own on the last row of a dead pane: takes that
 * away, and the blanks before it.
 */
void follow_cut_epitaph(struct strbuf *text);
/* Cuts text into lines, without blanks and empty lines at the ends. */
void follow_split(const char *text, struct strvec *lines);
/*
 * Takes the next look and appends the lines that are new to out.  With at_once
 * everything counts as standing still: the first look and the last one.
 */
void follow_look(struct follow *follow, const char *text, bool at_once,
    struct strbuf *out);
void follow_release(struct follow *follow);

#endif
