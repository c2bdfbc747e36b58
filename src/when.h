/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Instants of the wall clock as text: RFC 3339, as the journal writes them.
 */
#ifndef WHEN_H
#define WHEN_H

#include "strbuf.h"

/*
 * "2026-11-20T15:00:00.123Z" into Unix milliseconds.  The time may be left
 * out from its end (midnight), the T be a blank, and the zone be Z, +01:00 or
 * nothing, which is UTC.  -1 when it is none.
 */
int when_parse(const char *s, int64_t *ms);
/* "2026-11-20T15:00:00.123Z"; before 1970: 1970. */
void when_add(struct strbuf *out, int64_t ms);

#endif
