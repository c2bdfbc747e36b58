/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * state/ready/<project>-<agent>: the generation of the run that said of itself
 * that it is ready (teamctl notify --ready).  A file, so that it is still so
 * when nobody listened, and for a supervisor that starts later.
 */
#ifndef READYMARK_H
#define READYMARK_H

#include "strbuf.h"

/* 0, or -1 and err. */
int readymark_write(const char *root, const char *id, int64_t generation,
    struct strbuf *err);
/* 0: none has said so, or it cannot be read. */
int64_t readymark_read(const char *root, const char *id);

#endif
