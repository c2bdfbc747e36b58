/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the commands that change a team share: its compose files, the engine
 * under the lock, the agents picked, and the lines that tell how each fared.
 */
#ifndef WORK_H
#define WORK_H

#include "cmd.h"
#include "engine.h"

/* Values of the options that these commands have in common. */
struct work_options {
	bool dry_run;
	bool now;
	bool fail_on_kill;
	bool no_supervise;
	bool fresh;
	int64_t timeout_ms;      /* -1: each agent's own */
	int64_t lock_timeout_ms; /* -1: longer than any drain */
	bool json;
	const char *by, *reason, *command_id; /* or NULL */
};

#define WORK_OPTIONS_INIT { .timeout_ms = -1, .lock_timeout_ms = -1 }

/* Rows for option tables; values are a struct work_options. */
#define OPT_DRY_RUN                                                           \
	{ 0, "dry-run", OPT_FLAG, offsetof(struct work_options, dry_run),     \
	    NULL, "say what would be done, and do nothing" }
#define OPT_TIMEOUT                                                           \
	{ 't', "timeout", OPT_DURATION,                                       \
	    offsetof(struct work_options, timeout_ms), "DURATION",            \
	    "how long each agent may take to stop" }
#define OPT_FAIL_ON_KILL                                                      \
	{ 0, "fail-on-kill", OPT_FLAG,                                        \
	    offsetof(struct work_options, fail_on_kill), NULL,                \
	    "exit 5 when an agent had to be killed" }
#define OPT_FRESH                                                             \
	{ 0, "fresh", OPT_FLAG, offsetof(struct work_options, fresh), NULL,   \
	    "begin new conversations, resume none" }
#define OPT_LOCK_TIMEOUT                                                      \
	{ 0, "lock-timeout", OPT_DURATION,                                    \
	    offsetof(struct work_options, lock_timeout_ms), "DURATION",       \
	    "wait so long for the lock (longer than a drain)" }

/* Who wants it, and why. */
#define OPT_WHO                                                               \
	{ 0, "by", OPT_STRING, offsetof(struct work_options, by), "NAME",     \
	    "who wants it, to be recorded beside the login name" },           \
	{ 0, "reason", OPT_STRING, offsetof(struct work_options, reason),     \
	    "TEXT", "why, to be recorded" }
/* Of every command that changes agents. */
#define OPT_AUDIT                                                             \
	OPT_DRY_RUN,                                                          \
	{ 0, "json", OPT_FLAG, offsetof(struct work_options, json), NULL,     \
	    "print a JSON document" },                                        \
	OPT_WHO,                                                              \
	{ 0, "command-id", OPT_STRING,                                        \
	    offsetof(struct work_options, command_id), "ID",                  \
	    "who repeats it gets the answer of the first time" }

enum work_flag {
	WORK_CHANGES = 1u << 0,   /* takes the lock */
	WORK_BROKEN_OK = 1u << 1, /* goes on without a valid compose file */
	WORK_WITH_NEEDS = 1u << 2, /* and what the targets depend on */
	WORK_BY_IDS = 1u << 3,    /* a supervisor may do it, or have done it */
};

struct operate_request;

struct work {
	const char *verb;
	const struct work_options *options;
	unsigned flags;  /* enum work_flag */
	bool is_all;     /* no targets were named */
	bool is_loaded;  /* with load_code: the compose files */
	int load_code;
	struct source source;
	struct team *team; /* NULL: it could not be loaded (WORK_BROKEN_OK) */
	struct specs specs;
	struct engine engine;
	struct command *command; /* as it is recorded; work-audit.c */
	int argc;            /* the operands, borrowed */
	char **argv;
	struct strvec words; /* they, as --command-id stands for them */
	struct strvec known; /* all ids: the team's in order, then others */
	struct run **runs;   /* those picked, in that order */
	size_t nr;
	/* Counts for the summary line. */
	size_t nr_drained, nr_killed, nr_stopped, nr_kill_failed;
	size_t nr_refused;
	size_t nr_started, nr_failed, nr_kept, nr_updated;
	size_t nr_unstarted; /* for a Ctrl-C came first */
	bool is_cut;         /* it came: of the rest nothing more is started */
	bool progress_shown; /* a live line stands on the terminal */
	void (*print)(struct work *work, const struct run *run);
};

#define WORK_UNSTARTED " [not started: interrupted]"

/*
 * Loads the team, opens the engine, observes, picks the targets and renders
 * the picked agents.  print is called on stdout's behalf as each settles.
 * EXIT_DONE or an exit code after saying why; work_close in any case.
 */
int work_open(struct work *work, const char *verb, unsigned flags,
    const struct work_options *options, int argc, char **argv);
void work_close(struct work *work);

/*
 * What must be there before anything is started: folders, programs.  Says all
 * that is missing.  EXIT_DONE, EXIT_INVALID or EXIT_UNAVAILABLE.
 */
int work_check(struct run **runs, size_t nr);
/* Journals what is about to be done to how many agents. */
void work_note_plan(struct work *work, size_t start, size_t stop, size_t keep);
/* Pre-accepts folder trust where the team asks for it, then starts. */
int work_start(struct work *work, struct run **runs, size_t nr);
/*
 * Of those that are to be started: sets run->wait where a supervisor has to
 * wait for others first.  Without one nobody waits, and that is said.
 */
void work_leave(struct work *work, struct run **runs, size_t nr);
/*
 * One that keeps alive what is about to be started: unless it is not wanted,
 * or runs already, it comes with the next launch.
 */
void work_want_supervisor(struct work *work);
/* The session of one that runs is named as the compose file says. */
void work_name_supervisor(struct work *work);
/*
 * Those that run although a down that was killed had begun to stop them are to
 * run again: a supervisor would stop them.  Those of which nothing is recorded
 * are recorded anew: it would not look after them.
 */
int work_keep_running(struct work *work);
/* Stops what is alive of them, and starts what has a spec: engine_replace. */
int work_replace(struct work *work, struct run **runs, size_t nr, bool kill);
int work_stop(struct work *work, struct run **runs, size_t nr, bool kill,
    bool keep_session);
/* Digests of what runs: of its record, then of what was applied. */
void work_have(const struct run *run, const char *have[FP_NR]);
/*
 * Records that the command is taken, with who wants it and why.  False: there
 * is nothing to be done, *code says how to end: it lacks a reason, or its id
 * has been answered before.
 */
bool work_begin(struct work *work, int *code);
/*
 * A command of its id was there before: its answer is told again, and *code
 * says how to end.
 */
bool work_replay(const char *root, const struct operate_request *request,
    bool json, int *code);
/* Remembers the answer of one for which nothing had to be done. */
void work_keep(const char *root, const struct operate_request *request,
    json_t *reply);
/* Records how it went, and prints that with --json.  Returns the code. */
int work_end(struct work *work, int code);
/* EXIT_USAGE after saying so, when the team wants a reason for the command. */
int work_check_reason(const struct team *team, const char *verb,
    const struct work_options *options);
/* --by and --reason say something, --command-id is one: else EXIT_USAGE. */
int work_check_audit(const struct work_options *options);
/*
 * Whether a start by the verb may touch the agent: its operation says so.
 * False: that has been told, with what differs (may be "").  One that was named
 * is counted as refused.
 */
bool work_may_start(struct work *work, enum verb verb, struct run *run,
    const char *outdated);
/* Paused, quarantined or removed by a person: no command starts it unnamed. */
bool work_is_held(const struct run *run);
/* The exit code of an engine's status, after printing err. */
int work_fail(enum engine_status status, const struct strbuf *err);
/* What a finished command returns, from its counts and interrupts. */
int work_exit_code(const struct work *work);

/*
 * " [resumed conversation]"; " [fresh start]" where that is news; else "".
 */
const char *work_conversation(const struct run *run);
/* How a stop went, as lines and the summary tell it. */
struct work_stop {
	enum drain_outcome outcome;
	int64_t ms;
	bool timed_out;
	size_t nr_left; /* processes */
};

/* " [drained in 0.4s]" and the like. */
void work_add_stop(struct strbuf *out, const struct work_stop *stop);
void work_add_outcome(struct strbuf *out, const struct run *run);
/* For the summary line. */
void work_count(struct work *work, enum drain_outcome outcome);
/* Prints a line on stdout, past the live line. */
void work_line(struct work *work, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "reload: 7 agents: 4 drained, 1 killed, 2 kept" */
void work_summary(struct work *work);
/* Why a start failed, with the last lines of the screen, on stderr. */
void work_explain_failure(struct work *work, const struct run *run);

/* ---- between the work files only: hooks of the engine ---- */

void work_clear_progress(struct work *work);
void work_on_waiting(void *ctx, const char *holder);
void work_on_settled(void *ctx, struct run *run);
void work_on_progress(void *ctx, const struct engine *engine);
void work_on_warning(void *ctx, const char *text);
void work_on_interrupted(void *ctx);

#endif
