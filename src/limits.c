/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See limits.h.
 */
#include "limits.h"

#include "units.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum limit_unit { UNIT_BYTES, UNIT_PERCENT, UNIT_MS };

/* How far use has to fall before the same is said again. */
static const double hysteresis = 0.05;

/* factor: from the unit of the compose key to that of the sample. */
static const struct {
	const char *name, *text;
	enum limit_unit unit;
	size_t allowed, used;
	int64_t factor;
} resources[] = {
	[LIMIT_MEMORY] = { "memory", "memory", UNIT_BYTES,
	    offsetof(struct resource_limits, max_memory_mb),
	    offsetof(struct usage, memory_bytes), 1 << 20 },
	[LIMIT_CPU_PERCENT] = { "cpu-percent", "cpu", UNIT_PERCENT,
	    offsetof(struct resource_limits, max_cpu_percent),
	    offsetof(struct usage, cpu_percent), 1 },
	[LIMIT_CPU_TIME] = { "cpu-time", "cpu time", UNIT_MS,
	    offsetof(struct resource_limits, max_cpu_secs),
	    offsetof(struct usage, cpu_ms), 1000 },
	[LIMIT_WALL_TIME] = { "wall-time", "wall time", UNIT_MS,
	    offsetof(struct resource_limits, max_wall_secs),
	    offsetof(struct usage, wall_ms), 1000 },
};

_Static_assert(nitems(resources) == LIMIT_NR, "a row for each resource");

const char *
limit_name(enum limit limit)
{
	return resources[limit].name;
}

static int64_t
member(const void *p, size_t offset)
{
	int64_t n;

	memcpy(&n, (const char *)p + offset, sizeof(n));
	return n;
}

static int64_t
allowed(const struct resource_limits *limits, enum limit limit)
{
	int64_t n = member(limits, resources[limit].allowed);

	if (n > INT64_MAX / resources[limit].factor)
		return INT64_MAX;
	return n * resources[limit].factor;
}

static enum limit_level
judge(double warn_at, double share)
{
	if (share >= 1)
		return LIMIT_EXCEEDED;
	return warn_at > 0 && share >= warn_at ? LIMIT_WARNED : LIMIT_FINE;
}

/* The level with what was said before in mind: it falls late. */
static enum limit_level
settle(enum limit_level before, double warn_at, double share)
{
	enum limit_level now = judge(warn_at, share);
	enum limit_level late = judge(warn_at, share + hysteresis);

	if (now >= before)
		return now;
	return late < before ? late : before;
}

static void
add_amount(struct strbuf *out, enum limit_unit unit, int64_t n)
{
	switch (unit) {
	case UNIT_BYTES:
		strbuf_addf(out, "%" PRId64 " MiB", n >> 20);
		break;
	case UNIT_PERCENT:
		strbuf_addf(out, "%" PRId64 " %%", n);
		break;
	case UNIT_MS:
		units_add_duration(out, n);
		break;
	}
}

/* Rounded down: 100 % is said only of what has exceeded. */
static int64_t
percent(int64_t used, int64_t most)
{
	return used > INT64_MAX / 100 ? used / (most / 100 + 1) :
	    used * 100 / most;
}

static void
describe(struct limits_verdict *verdict)
{
	enum limit_unit unit = resources[verdict->limit].unit;
	struct strbuf text = STRBUF_INIT;
	size_t len;

	strbuf_addf(&text, "%s ", resources[verdict->limit].text);
	add_amount(&text, unit, verdict->used);
	strbuf_addstr(&text, " of ");
	add_amount(&text, unit, verdict->allowed);
	strbuf_addf(&text, " (%" PRId64 " %%)",
	    percent(verdict->used, verdict->allowed));
	len = text.len < sizeof(verdict->text) ? text.len :
	    sizeof(verdict->text) - 1;
	memcpy(verdict->text, text.buf, len);
	verdict->text[len] = '\0';
	strbuf_release(&text);
}

size_t
limits_check(const struct resource_limits *limits, const struct usage *usage,
    struct limits_state *state, struct limits_verdict verdicts[LIMIT_NR])
{
	enum limit_level before, level;
	int64_t used, most;
	size_t nr = 0;
	int i;

	for (i = 0; i < LIMIT_NR; i++) {
		used = member(usage, resources[i].used);
		most = allowed(limits, i);
		if (most <= 0 || used < 0)
			continue;
		before = state->level[i];
		/* In doubles 2^53 + 1 of 2^53 is 1 all the same. */
		level = settle(before, limits->warn_at,
		    (double)used / (double)most);
		state->level[i] = level;
		if (level <= before)
			continue;
		verdicts[nr].limit = i;
		verdicts[nr].level = level;
		verdicts[nr].used = used;
		verdicts[nr].allowed = most;
		describe(&verdicts[nr++]);
	}
	return nr;
}
