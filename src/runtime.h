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

/* What an agent is doing, as its screen tells. */
enum activity {
	ACTIVITY_UNKNOWN,
	ACTIVITY_WORKING,
	ACTIVITY_IDLE,         /* it could be told something */
	ACTIVITY_WAITING,      /* for a person */
	ACTIVITY_RATE_LIMITED,
	ACTIVITY_ERROR,
	ACTIVITY_DONE,         /* it has ended, and well */
	ACTIVITY_NR,
};

/* What it waits for. */
enum wait_kind {
	WAIT_NONE,
	WAIT_PERMISSION, /* to do something */
	WAIT_CHOICE,     /* one of several answers */
	WAIT_QUESTION,   /* any answer */
	WAIT_TRUST,      /* of the folder */
	WAIT_LOGIN,
	WAIT_NR,
};

/* How one of its answers is given. */
enum answer_how {
	ANSWER_UNSAID,   /* KEYS where the default can be seen, else LINE */
	ANSWER_KEYS,     /* Up or Down to it, then Enter */
	ANSWER_SIDEWAYS, /* Left or Right to it, then Enter */
	ANSWER_NUMBER,   /* its digit alone */
	ANSWER_LINE,     /* its number is typed, then Enter */
	ANSWER_NR,
};

/* An entry of `screens`: what a screen says that looks like this. */
struct screen_rule {
	char *name;
	enum activity verdict;
	enum wait_kind kind;
	struct strvec match;  /* POSIX ERE: all of them are there */
	struct strvec unless; /* and none of these */
	int last;             /* so many lines from the bottom; 0: 15 */
	int confidence;       /* per cent; 0: 80 */
	int64_t fresh_ms;     /* only when it moved so lately; 0: always */
	char *until;    /* its group 1 is when a rate limit ends, or NULL */
	char *question; /* its group 1 is what is asked, or NULL */
	char *options;  /* its group 1 is an answer, or NULL */
	char *selected; /* an option that looks so is the default, or NULL */
	enum answer_how answer;
	char *input;    /* its group 1 is what is typed already, or NULL */
};

/* Which form an agent's MCP file has. */
enum mcp_format {
	MCP_CLAUDE,   /* JSON, {"mcpServers": ...}; the original's */
	MCP_CODEX,    /* lines for codex -c, which are TOML */
	MCP_OPENCODE, /* a config file of opencode's */
};

struct runtime {
	char *name;
	char *unread; /* path of what is bundled, until it is asked for */
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
	struct screen_rule *screens;
	size_t nr_screen;
	struct strvec classifier; /* argv, for screens that no rule knows */
	int64_t classifier_timeout_ms; /* 0: not given */
};

struct runtimes {
	struct runtime **r; /* sorted by name */
	size_t nr;
	const struct source *source;
	struct diags *diags;
};

/*
 * Reads the team's descriptors and lists the bundled ones; findings go to
 * diags.  Both arguments are kept for runtimes_find.
 */
struct runtimes *runtimes_load(const struct source *source,
    struct diags *diags);
/* NULL: there is none.  A bundled one is read when it is first asked for. */
const struct runtime *runtimes_find(const struct runtimes *runtimes,
    const char *name);
void runtimes_free(struct runtimes *runtimes);

/* "rate_limited" and "permission"; "none" for WAIT_NONE. */
const char *activity_name(enum activity activity);
const char *wait_kind_name(enum wait_kind kind);
/* The reverse; what is none, or NULL, is unknown, or none. */
enum activity activity_parse_name(const char *name);
enum wait_kind wait_kind_parse(const char *name);

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
