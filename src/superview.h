/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What a supervisor has written about its agents, for those that only look:
 * state/supervisor.json.
 */
#ifndef SUPERVIEW_H
#define SUPERVIEW_H

#include "activity.h"
#include "strmap.h"

struct superview_agent {
	char *state;  /* "backoff", "failed", "waiting", ... */
	char *reason; /* "" for none */
	int64_t generation;
	int64_t due_ms; /* wall clock; 0: nothing is due */
	bool has_readiness, is_ready;
	char *health; /* "ok", "failing", "unhealthy", "unknown", ... */
	int64_t memory_bytes, cpu_percent;
	bool is_seen; /* what it does: */
	struct activity_verdict activity;
	int64_t memory_limit_bytes, cpu_limit_percent; /* 0: none */
	int64_t budget_left; /* restarts; -1: not known */
	/* See score.h: millionths, ends; -1: it was never counted. */
	int64_t score, trust, performance, reward, reliability, good, bad;
};

struct superview {
	struct strmap agents; /* id to struct superview_agent */
	int64_t heartbeat_ms; /* wall clock */
	int64_t interval_ms;  /* between two heartbeats, at most */
	int64_t pid;
	int64_t longest_tick_us;
	bool is_yielding;     /* to a command, which holds the team's lock */
};

/* Reads it; what is not there or broken is an empty view. */
void superview_load(struct superview *view, const char *root);
const struct superview_agent *superview_find(const struct superview *view,
    const char *id);
void superview_release(struct superview *view);

#endif
