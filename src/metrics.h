/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Metrics.  Counters are counted from the journal's lines and from nothing
 * else, so that the two cannot disagree; gauges are what `status --json` and
 * the supervisor's snapshot say.  One table names all families: the manual,
 * the dashboard and the alert rules are checked against it.
 *
 * Labels are names of agents and words of our own tables, never texts.
 */
#ifndef METRICS_H
#define METRICS_H

#include "event.h"
#include "strbuf.h"
#include "strmap.h"

#include <jansson.h>

/* Those that are counted; the gauges need no names of their own. */
enum metric_counter {
	COUNT_EVENTS,
	COUNT_STARTS,
	COUNT_START_FAILURES,
	COUNT_RESTARTS,
	COUNT_GIVEN_UP,
	COUNT_EXITS,
	COUNT_DRAINS,
	COUNT_KILLS,
	COUNT_KILL_FAILURES,
	COUNT_UNHEALTHY,
	COUNT_LIMIT_WARNINGS,
	COUNT_LIMIT_EXCEEDED,
	COUNT_QUARANTINES,
	COUNT_QUESTIONS,
	COUNT_ANSWERS,
	COUNT_SENDS,
	COUNT_PROBE_FAILURES,
	COUNT_HOOKS,
	COUNT_SUPERVISOR_STARTS,
	COUNT_NR,
};

struct metrics {
	int64_t seq; /* of the last line that was counted */
	/* Values of the labels, joined by METRICS_JOINT, to int64_t. */
	struct strmap counts[COUNT_NR];
};

#define METRICS_JOINT '\037'
enum { METRICS_MAX_SERIES = 50000 }; /* of one family */

void metrics_release(struct metrics *metrics);
/* Counts a line of the journal; one with a seq that was counted is nothing. */
void metrics_count(struct metrics *metrics, const json_t *event);
/* For a file: seq and all counts.  The caller frees. */
json_t *metrics_save(const struct metrics *metrics);
/* Adds what metrics_save gave; -1: it is no such thing, nothing is added. */
int metrics_load(struct metrics *metrics, const json_t *document);

enum metrics_format {
	METRICS_TEXT,        /* Prometheus, 0.0.4: TYPE names NAME_total */
	METRICS_OPENMETRICS, /* 1.0: TYPE names NAME */
};

/* What gauges are made from; what is NULL gives none. */
struct metrics_look {
	const json_t *status;     /* as `status --json` */
	const json_t *supervisor; /* as state/supervisor.json */
	bool is_supervised;
	int64_t now_ms;           /* wall clock */
	int64_t journal_bytes;
	const char *version;
};

void metrics_print(const struct metrics *metrics,
    const struct metrics_look *look, enum metrics_format format,
    struct strbuf *out);

/* Calls fn for each family; counters with their _total. */
void metrics_each(void (*fn)(void *ctx, const char *name, const char *help),
    void *ctx);

#endif
