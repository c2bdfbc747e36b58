/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Regular expressions of a person's files, before they are compiled: POSIX
 * extended ones, of a size that regcomp can stand.  glibc's calls itself for
 * each group in a group, and writes out what is repeated.
 */
#ifndef ERE_H
#define ERE_H

#include <stdbool.h>
#include <stddef.h>

/* flags: of regcomp.  False: why (size bytes) says what is wrong with it. */
bool ere_check(const char *text, int flags, char *why, size_t size);

#endif
