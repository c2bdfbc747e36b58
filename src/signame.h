/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Names of signals: TERM, in compose files also SIGTERM.
 */
#ifndef SIGNAME_H
#define SIGNAME_H

/* Its number, or 0 when it is no name of a signal. */
int signame_parse(const char *name);
/* "TERM", or "?" */
const char *signame(int number);

#endif
