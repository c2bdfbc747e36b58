/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The writer of a log: `teamctl panelog FOLDER ID GENERATION KEEP MAX_SIZE
 * MAX_AGE_MS`, which tmux runs for a pane (pipe-pane) with what the pane
 * prints on its standard input.
 *
 * It sleeps in a read, and ends with the pane.  At its beginning it removes
 * the runs that are not kept any more and has gzip pack those before its own;
 * a file of MAX_SIZE bytes is put aside, and packed.  It reads on when the disk
 * is full: tmux must not be held up.
 */
#ifndef PANELOG_H
#define PANELOG_H

/* argv: FOLDER and so on.  Returns the exit status of the process. */
int panelog_main(int argc, char **argv);

#endif
