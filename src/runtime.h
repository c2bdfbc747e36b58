/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Runtime descriptors: what a kind of agent is, how it is launched, asked to
 * stop and understood.  Bundled ones are share/runtimes/NAME.yaml; a team's
 * own runtimes/NAME.yaml replaces the bundled one of the same name, but keeps
 * of it env and the keys that the original does not have (wrapper, args,
 * drain, ...), because the team's file may have been written for the original.
 * Every key is described in teamctl-wrapper(7).
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "diag.h"
#include "source.h"
#include "strvec.h"

struct rate_limit_pattern {
	char *match, *resets_at, *resets_in; /* POSIX ERE; captures or NULL */
};

/* Which form an agent's MCP file has. */
enum mcp_format {
	MCP_CLAUDE,   /* JSON, {"mcpServers": ...}; the original's */
	MCP_CODEX,    /* lines for codex -c, which are TOML */
	MCP_OPENCODE, /* a config file of opencode's */
};

struct runtime {
	char *name;
	char *file; /* of the descriptor, as shown */
	struct pos pos;
	char *binary;   /* a name for PATH, or an absolute path */
	char *package;  /* what to install: "npm package @openai/codex" */
	char *wrapper;  /* absolute path of the script */
	char *default_model; /* or NULL */
	char *session_resume; /* or NULL */
	bool supports_mcp;
	enum mcp_format mcp_format;
	/*
	 * "K=V", and groups of arguments; both may hold ${VARIABLE}s for
	 * runtime_expand and are left out when one of those is empty.
	 */
	struct strvec env;
	struct strvec *args;
	size_t nr_arg;
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

/* The variables that descriptors may use, ended by NULL. */
extern const char *const runtime_variables[];
/*
 * Appends text with $$ as $ and each ${NAME} as lookup tells it.  True when
 * all of them had a value; false at one that is NULL or empty, or at a '$'
 * that begins neither form, with out as far as it got.
 */
bool runtime_expand(const char *text,
    const char *(*lookup)(void *ctx, const char *name), void *ctx,
    struct strbuf *out);

#endif
