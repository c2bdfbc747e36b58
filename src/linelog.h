/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Lines for a descriptor that may be a terminal or a pipe which nobody reads,
 * for instance a pane of a tmux server that hangs: they are dropped and
 * counted then, never waited for.
 */
#ifndef LINELOG_H
#define LINELOG_H

#include <stdbool.h>
#include <stdint.h>

struct linelog {
	int fd;        /* the descriptor, or the same file opened anew */
	bool is_own, is_socket;
	bool is_cut;   /* the last line was written in part */
	int64_t lost;  /* since the last one that was written */
};

/* fd stays the caller's and is not changed: others may have it, too. */
void linelog_open(struct linelog *log, int fd);
/* Writes a line, without its newline, behind the number of those lost. */
void linelog_write(struct linelog *log, const char *line);
void linelog_close(struct linelog *log);

#endif
