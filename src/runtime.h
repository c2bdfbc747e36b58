/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Runtime descriptors: what a kind of agent is, how it is launched, asked to
 * stop and understood.  Bundled ones are share/runtimes/NAME.yaml; a team's
 * own runtimes/NAME.yaml replaces the bundled one of the same name whole.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "diag.h"
#include "source.h"
#include "strvec.h"

struct rate_limit_pattern {
	char *match, *resets_at, *resets_in; /* POSIX ERE; captures or NULL */
};

struct runtime {
	char *name;
	struct pos pos;
	char *binary;
	char *package;  /* what to install: "npm: @openai/codex", or NULL */
	char *wrapper;  /* absolute path of the script */
	char *default_model; /* or NULL */
	char *session_resume; /* or NULL */
	bool supports_mcp;
	struct strvec env; /* "K=V" */
	struct strvec drain_keys;
	int drain_repeat;        /* 0: not given */
	int64_t drain_gap_ms;    /* 0: not given */
	int drain_signal;        /* 0: not given */
	int64_t drain_timeout_ms, drain_kill_after_ms; /* 0: not given */
	struct strvec ready_patterns, waiting_patterns; /* POSIX ERE */
	struct rate_limit_pattern *rate_limits;
	size_t nr_rate_limit;
};

struct runtimes {
	struct runtime **r; /* sorted by name */
	size_t nr;
};

/* Reads all descriptors, bundled and the team's; findings go to diags. */
struct runtimes *runtimes_load(const struct source *source,
    struct diags *diags);
const struct runtime *runtimes_find(const struct runtimes *runtimes,
    const char *name);
void runtimes_free(struct runtimes *runtimes);

#endif
