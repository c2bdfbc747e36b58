/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The last words of an agent.
 */
#ifndef SHIM_SETTLE_H
#define SHIM_SETTLE_H

/* What the terminal is asked; no word of the agent's. */
extern const char shim_settle_question[];

/*
 * Waits until the terminal at standard input has taken in all that was written
 * to it, for a moment at most; takes the terminal for it.  Nothing is done
 * where there is none.
 *
 * tmux (seen with 3.3a) that hears of the end of a pane's process before it has
 * read the rest of its output throws that away: 4 panes of 100 lost the line
 * that would have said why they ended.
 */
void shim_settle(void);

#endif
