/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The tmux driver: one client process for any number of agents, exact targets,
 * and errors told apart.  Facts come from tmux(1) 3.3a and trials with 3.0a to
 * 3.7c.
 */
#ifndef TMUX_H
#define TMUX_H

#include "loop.h"
#include "strbuf.h"
#include "strvec.h"

#include <sys/types.h>

enum tmux_status {
	TMUX_OK,
	TMUX_NO_SERVER, /* nothing runs; not an error for a list or a kill */
	TMUX_PARTIAL,   /* the client exited 1: some lines of a script failed */
	TMUX_DIED,      /* the server went away under the client: try again */
	TMUX_MISSING,   /* no tmux on PATH */
	TMUX_TOO_OLD,   /* older than 3.0 */
	TMUX_ERROR,     /* it could not be asked; says nothing about agents */
};

/* Which server, and what has been learnt of it. */
struct tmux {
	char *socket;      /* of tmux -L, or NULL: as tmux would choose */
	char *socket_path; /* where that is */
	bool by_path;      /* the path says which (-S), not the name */
	char *script_path; /* scratch file for scripts, or NULL: in TMPDIR */
	int version;       /* major * 100 + minor, 0: not known yet */
	pid_t server_pid;  /* 0: not known */
	int clients;       /* client processes run so far */
	int64_t timeout_ms; /* of a client; 0: 10 s */
	int nr_calls;       /* of which we wait for an answer */
	bool will_start;    /* a list without server learns the version */
	bool is_terse;      /* a list leaves out session and in_mode */
	/* Variables of ours that a server we start is not to have, or NULL. */
	const struct strvec *withheld;
	struct tmux_call *ahead; /* its script is still to come, or NULL */
	void (*meanwhile)(void *ctx); /* while a client is waited for */
	void *ctx;
};

struct tmux_pane {
	char *pane;     /* "%12" */
	char *session;  /* "$3" */
	char *name;     /* of the session */
	pid_t pid;      /* of the pane's process: the shim */
	bool dead;      /* it has ended and remain-on-exit keeps the pane */
	bool in_mode;   /* copy mode or the like */
	bool is_agent;  /* this pane, not a neighbour, holds the agent */
	int64_t generation; /* 0: not ours */
	char *id;       /* of the agent, "" when not marked */
	char *root;     /* of its team, "" when not marked */
};

struct tmux_panes {
	struct tmux_pane *p;
	size_t nr;
	size_t alloc;
};

/* What a client has brought. */
struct tmux_answer {
	enum tmux_status status;
	struct strbuf out; /* what the commands printed */
	struct strbuf err; /* what tmux complained of, line by line */
	struct tmux_panes panes; /* of a list */
};

/* Called once, from the loop; the answer may be taken out of it. */
typedef void tmux_fn(void *ctx, struct tmux_answer *answer);
struct tmux_call;

/*
 * socket: a name for -L, or NULL for the server that a plain tmux would use
 * ($TMUX, then $TMUX_TMPDIR).  script_path may be NULL.
 */
void tmux_init(struct tmux *tmux, const char *socket, const char *script_path);
/* The server at this path (NULL: none) instead, if one listens there. */
void tmux_prefer(struct tmux *tmux, const char *socket_path);
void tmux_release(struct tmux *tmux);

/* The command that prints all panes, as tmux_parse_panes reads them. */
void tmux_argv_list(const struct tmux *tmux, struct strvec *argv);
/* Whether nothing of that is missing. */
bool tmux_is_whole_list(const struct strbuf *text);
/* "3.3a" is 303, "next-3.4" is 304, "openbsd-7.3" counts as new. */
int tmux_parse_version(const char *text);
void tmux_parse_panes(struct tmux *tmux, const char *text,
    struct tmux_panes *panes);
void tmux_panes_release(struct tmux_panes *panes);

/* Text as one word of a tmux script, byte for byte, in all versions. */
void tmux_quote(struct strbuf *script, const char *text);
/* The same for -s, -c and -n, which are formats: every # doubled. */
void tmux_quote_format(struct strbuf *script, const char *text);
/* A line that prints all panes, to end a script with. */
void tmux_script_list(struct strbuf *script);

/*
 * Marks a pane as an agent's: the pane option @teamctl says "GENERATION ID
 * ROOT" (generation 0: ours, but no agent).  One option, since each makes tmux
 * look at every session it has (0.7 ms at 600 of them, tried with 3.3a).
 */
void tmux_script_mark(struct strbuf *script, const char *target, int64_t gen,
    const char *id, const char *root);

/* The argv, without the command, that reaches this server: tmux -u -L name. */
void tmux_argv(const struct tmux *tmux, struct strvec *argv);

/* One sentence for a status that is not OK, for instance "tmux is not ...". */
const char *tmux_status_text(enum tmux_status status);

/* ---- tmux-call.c: client processes ---- */

/*
 * Each has an end: a client that has not answered at its deadline is killed,
 * as is one that floods us, and then the answer is TMUX_ERROR.
 *
 * All panes of the server, once for each session that shows them (a user may
 * have grouped a session of ours: only ours bears the id).  One client; none
 * at all when nobody listens on the socket.
 */
struct tmux_call *tmux_list_begin(struct tmux *tmux, struct loop *loop,
    tmux_fn *fn, void *ctx);
/*
 * Runs a script, a command list a line.  Lines are independent of each other;
 * commands joined by " ; " in one line stop at the first failure.  start:
 * start the server when there is none.
 */
struct tmux_call *tmux_run_begin(struct tmux *tmux, struct loop *loop,
    const struct strbuf *script, bool start, tmux_fn *fn, void *ctx);
/*
 * Starts the client, and the server, for the next script that may start it,
 * on the same loop: meanwhile that script can be made.
 */
void tmux_start_ahead(struct tmux *tmux, struct loop *loop);
/* If there was none, the server goes as it came. */
void tmux_end_ahead(struct tmux *tmux);
/* Ends the client, without a call of fn; tmux may do its work all the same. */
void tmux_cancel(struct tmux_call *call);

/* The same for who has nothing else to do meanwhile.  err is one line. */
enum tmux_status tmux_list(struct tmux *tmux, struct tmux_panes *panes,
    struct strbuf *err);
enum tmux_status tmux_run(struct tmux *tmux, const struct strbuf *script,
    bool start, struct strbuf *out, struct strbuf *err);
/*
 * OK, MISSING or TOO_OLD: asks `tmux -V` unless a list has told the version.
 */
enum tmux_status tmux_check(struct tmux *tmux, struct strbuf *err);

#endif
