/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * An instant of the monotonic clock, as a type of its own so that it cannot be
 * mixed up with a time of day.  Nothing here reads a clock: now is always an
 * argument (loop.h and os.h hand it out).
 */
#ifndef MONO_H
#define MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	int64_t ns;
};

#define MONO_NEVER ((struct mono){ INT64_MAX })

static inline struct mono
mono_add_ms(struct mono t, int64_t ms)
{
	int64_t room = INT64_MAX - (t.ns > 0 ? t.ns : 0);

	if (t.ns == INT64_MAX || ms > room / 1000000)
		return MONO_NEVER;
	return (struct mono){ t.ns + ms * 1000000 };
}

static inline bool
mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

static inline struct mono
mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

/* Whole milliseconds from a to b, rounded up; negative when b is earlier. */
static inline int64_t
mono_ms_until(struct mono a, struct mono b)
{
	int64_t ns;

	if (b.ns == INT64_MAX)
		return INT64_MAX;
	ns = b.ns - a.ns;
	return ns > 0 ? (ns + 999999) / 1000000 : ns / 1000000;
}

#endif
