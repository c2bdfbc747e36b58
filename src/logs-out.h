/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * How teamctl logs prints what agents have printed: of one as it is, of
 * several with the agent's name before each line.
 */
#ifndef LOGS_OUT_H
#define LOGS_OUT_H

#include <stddef.h>

struct logs_out {
	const char *id; /* what stands before each line, or NULL */
	size_t width;   /* of the longest of them */
	size_t nr;      /* which agent it is: chooses its colour */
};

/* With an id, text is whole lines.  Flushes. */
void logs_out_write(const struct logs_out *out, const char *text, size_t len);

#endif
