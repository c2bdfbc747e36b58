/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Locks that a process has while it works: flock(2) on a file that says who
 * that is, "pid 123 (teamctl up)".
 */
#ifndef LOCKFILE_H
#define LOCKFILE_H

#include "strbuf.h"

enum { LOCKFILE_HOLDER = 128 }; /* room for who has it */

/*
 * The file, made when it is not there (0600).  -1: errno, and why in err.  The
 * lock is given up when the caller closes it; no program gets it by exec, or
 * the tmux server that we start would have it for ever.
 */
int lockfile_open(const char *path, struct strbuf *err);
/*
 * Locks it for us.  When that is not possible at once, waiting (or NULL) is
 * called with who has it.  -1: errno, which is EAGAIN after timeout_ms.
 */
int lockfile_take(int fd, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx);
/* Writes into it that we have it: our pid, then what. */
void lockfile_sign(int fd, const char *what);
/* Who has signed last, "" when nobody has. */
void lockfile_holder(int fd, char holder[LOCKFILE_HOLDER]);
/* Whether the process that such a text names lives. */
bool lockfile_is_there(const char *holder);
/* Whether somebody has the lock of a file, which need not be there. */
bool lockfile_is_taken(const char *path);

#endif
