/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What a command is, and what all commands share: the global options, finding
 * and loading the team, picking agents, and the exit codes.
 */
#ifndef CMD_H
#define CMD_H

#include "compose.h"
#include "diag.h"
#include "opt.h"
#include "source.h"

/* Exit codes: the table in teamctl(1), EXIT STATUS. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_INVALID = 3,     /* the compose file */
	EXIT_NO_AGENT = 4,
	EXIT_TIMEOUT = 5,     /* or killed, with --fail-on-kill */
	EXIT_REFUSED = 6,     /* by state: lock held, ... */
	EXIT_NO_SUPERVISOR = 7,
	EXIT_UNAVAILABLE = 8, /* tmux, a runtime or a backend is missing */
	EXIT_INTERRUPTED = 130,
};

struct cmd;

/* Options that every command takes, before or after its name. */
struct globals {
	const char *root;  /* -C, --root */
	const char *file;  /* -f, --file */
	const char *color; /* --color auto|always|never; NULL: auto */
	bool quiet;        /* -q, --quiet: no progress lines on stderr */
	bool help;         /* -h, --help: main.c acts on it */
	bool version;      /* -V, --version: so too */
	const struct cmd *cmd; /* the one that runs */
};
extern struct globals globals;
extern const struct opt global_opts[];

enum cmd_flag {
	CMD_HIDDEN = 1u << 0,     /* not in help: shim */
	CMD_RAW = 1u << 1,        /* gets argv as it is, no option parsing */
	CMD_STOP_AT_OPERAND = 1u << 2,
	CMD_TARGETS = 1u << 3,    /* operands are targets (completion) */
	CMD_ONE_TARGET = 1u << 4, /* the first operand is one agent */
	/* cmd_find_root says when TEAMCTL_ROOT chose another team. */
	CMD_TELLS_ROOT = 1u << 5,
	CMD_CHANGES = 1u << 6,    /* only for agents with permission: gate.h */
};

enum cmd_group { GROUP_TEAM, GROUP_LIFE, GROUP_LOOK, GROUP_TALK, GROUP_OTHER };

struct cmd {
	const char *name;
	const char *alias; /* or NULL */
	enum cmd_group group;
	unsigned flags;
	const char *operands; /* for usage: "[TARGET...]" */
	const char *summary;  /* one line */
	const struct opt *opts; /* or NULL */
	void *values;           /* what opts' offsets are of */
	/* Returns an exit code.  argv holds the operands (CMD_RAW: all). */
	int (*run)(int argc, char **argv);
	const char *details; /* paragraphs behind the options, or NULL */
};

/* One for each file cmd-*.c; cmd_table lists them (main.c). */
extern const struct cmd cmd_add, cmd_alive, cmd_answer, cmd_attach, cmd_audit,
    cmd_auto_resume, cmd_classify, cmd_completion, cmd_config, cmd_decisions,
    cmd_doctor, cmd_down, cmd_env, cmd_events, cmd_exec, cmd_health, cmd_help,
    cmd_history, cmd_init, cmd_join, cmd_logs, cmd_metrics, cmd_notify,
    cmd_panelog, cmd_pause, cmd_plan, cmd_quarantine, cmd_release, cmd_reload,
    cmd_remove, cmd_reset, cmd_restart, cmd_resume, cmd_save, cmd_scale,
    cmd_schema, cmd_score, cmd_send, cmd_service, cmd_shell, cmd_shim,
    cmd_shutdown, cmd_state, cmd_status, cmd_supervise, cmd_top, cmd_up,
    cmd_validate, cmd_version, cmd_wait, cmd_why;

extern const struct cmd *const cmd_table[];
extern const size_t cmd_table_nr;
/* By name or alias, or NULL. */
const struct cmd *cmd_find(const char *name);
/* What help prints: one command, or all of them in groups. */
void help_command(const struct cmd *cmd, struct strbuf *out);
void help_overview(struct strbuf *out);

/* Messages for the world, one line each: "teamctl: ..." on stderr. */
void cmd_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void cmd_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* So said by an engine that a command looks with. */
void cmd_on_warning(void *ctx, const char *text);
/* The words of the first error of this run, or NULL. */
const char *cmd_first_error(void);
/* Prints findings on stderr; the first error may be the first of all. */
void cmd_findings(struct diags *diags);
/* "teamctl: hint: ..." */
void cmd_hint(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* "teamctl: VERB: ..." and the hint to its help; returns EXIT_USAGE. */
int cmd_usage(const struct cmd *cmd, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Becomes another program; returns errno when that failed (main.c). */
int cmd_become(char **argv);

/*
 * Finds the root (teamctl(1)) and fills in a source that reads the real
 * file system and environment.  0, or an exit code after printing why.
 */
int cmd_find_root(struct source *source);
/* From now on the team is read as if that had been added; NULL: as it is. */
void cmd_set_candidate(const struct candidate *candidate);
/*
 * Ends what a killed `teamctl add` has left, and says so; to be called before
 * the team is read.  lock_timeout_ms NULL: if nobody is at work.  EXIT_DONE
 * or an exit code after printing why.
 */
int cmd_recover(const char *root, const int64_t *lock_timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx);
/* Our share folder: runtimes/, wrappers/ and templates/. */
const char *cmd_share(void);
/*
 * cmd_find_root, compose_load and validate.  Findings are printed on stderr.
 * EXIT_DONE with *team set (free it with compose_free), or an exit code.
 */
int cmd_load(struct source *source, struct team **team);

/*
 * Agents of a team picked by operands (teamctl(1)): PROJECT,
 * PROJECT:AGENT, a bare unique AGENT, globs; none: all.  A name that matches
 * nothing is reported with the nearest known one.
 */
struct targets {
	struct strvec ids; /* in the order of `known` */
};
/* EXIT_DONE, or EXIT_NO_AGENT after printing why.  known: all ids there are. */
int targets_pick(struct targets *targets, const struct strvec *known,
    int argc, char **argv);
/* Whether each of the words picks something, by itself at least. */
bool targets_exist(const struct strvec *known, int argc, char **argv);
/* One of the words is this very agent, no project and no pattern. */
bool target_is_named(const char *id, int argc, char **argv);
/*
 * The one agent that a word names, borrowed from known, or NULL after printing
 * why; a word that picks several is refused, *exit_code says how to end.
 */
const char *targets_pick_one(const struct strvec *known, const char *word,
    int *exit_code);
void targets_release(struct targets *targets);

#endif
