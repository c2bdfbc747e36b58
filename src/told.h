/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Instants as programs tell them to people: "in 20s", "8:00 PM", "3pm (UTC)",
 * "Oct 3rd, 2026 8:00 PM".  No clock and no time zone database: what it is now
 * and how far our zone is from UTC are arguments.
 */
#ifndef TOLD_H
#define TOLD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Both find what they look for anywhere in text and give milliseconds since
 * 1970, with seconds as the finest; false, and *ms untouched, when there is
 * none.  An instant more than 400 days away is none.
 */

/* "20s", "5 minutes", "1h 30m", "2 days 3 hours": that much after from_ms. */
bool told_parse_span(const char *text, int64_t from_ms, int64_t *ms);
/*
 * A time of day, perhaps with a month and a day before it.  Without these it
 * is the one from four hours before from_ms to twenty after it: a screen goes
 * on to show what has just passed.  It is in our zone (utc_offset_s east of
 * UTC) unless UTC, GMT or Z follows.
 */
bool told_parse_clock(const char *text, int64_t from_ms, int utc_offset_s,
    int64_t *ms);

#endif
