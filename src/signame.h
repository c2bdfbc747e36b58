/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Names of signals: TERM, in compose files also SIGTERM.
 */
#ifndef SIGNAME_H
#define SIGNAME_H

/* Calls a macro for each name of POSIX; the numbers differ by system. */
#define SIGNAMES(X) \
	X(ABRT) X(ALRM) X(BUS) X(CHLD) X(CONT) X(FPE) X(HUP) X(ILL) X(INT) \
	X(KILL) X(PIPE) X(PROF) X(QUIT) X(SEGV) X(STOP) X(SYS) X(TERM) \
	X(TRAP) X(TSTP) X(TTIN) X(TTOU) X(URG) X(USR1) X(USR2) X(VTALRM) \
	X(XCPU) X(XFSZ)

/* Its number, or 0 when it is no name of a signal. */
int signame_parse(const char *name);
/* "TERM", or "?" */
const char *signame(int number);

#endif
