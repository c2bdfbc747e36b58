/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Carries out what operation.h decides, on an engine that is open and watches
 * all its runs: that of the supervisor for requests of its socket, that of a
 * command under the lock when there is none.  It is the same code.
 *
 * A command is taken at once, for all its agents; each of them then goes its
 * way by what is seen of it: what has to be stopped first is stopped, what has
 * to be started is so once it is down.  A later command on the same agent
 * supersedes an earlier one that is still under way.
 */
#ifndef OPERATE_H
#define OPERATE_H

#include "engine.h"
#include "replies.h"

#include <jansson.h>

struct operate_request {
	enum verb verb;
	const char *name;           /* instead of the verb's, or NULL */
	const struct strvec *ids;
	const struct strvec *named; /* of them, by themselves; NULL: all */
	const struct strvec *words; /* it is known again by, not by ids; or
	                             * NULL */
	const char *by;         /* the login name of who asks */
	const char *claimed_by; /* who he says he is, or NULL */
	const char *agent;      /* that he is inside of, or NULL */
	const char *reason;     /* or NULL */
	const char *command_id; /* or NULL: one is made */
	bool kill;              /* stops do not ask first */
	int64_t timeout_ms;     /* of a drain; -1: each agent's own */
	bool dry_run;
	bool no_wait;           /* it is told of when it has been taken */
	bool is_shutdown;       /* the supervisor is about to end */
};

struct operate_hooks {
	/* Starts them, which are down; NULL: the engine does. */
	void (*start)(void *ctx, struct run **runs, size_t nr);
	void (*stop)(void *ctx, struct run **runs, size_t nr,
	    const struct engine_stop *how);
	/* It is down, and nobody is going to start it again. */
	bool (*is_failed)(void *ctx, const struct run *run);
	/* The compose file has it. */
	bool (*is_wanted)(void *ctx, const char *id);
	/* A verb has taken effect; frozen and thawed agents are, now. */
	void (*changed)(void *ctx, struct run *run, enum verb verb);
	void *ctx;
};

struct command;

struct operate {
	struct engine *engine;
	struct operate_hooks hooks;
	struct command **commands; /* those under way */
	size_t nr, alloc;
	bool is_advancing, must_advance, must_save;
	int forget_asked, forget_done; /* removals of sessions by tmux */
};

/*
 * Takes a command and does what can be done at once.  done is called, possibly
 * before this returns, when it has been carried out for all its agents; the
 * command is freed afterwards.  NULL when it was over at once.
 */
struct command *operate_begin(struct operate *operate,
    const struct operate_request *request,
    void (*done)(void *ctx, struct command *command), void *ctx);
/*
 * The first of the agents of whom the verb knows nothing, so that it is refused
 * for all of them, without a trace; NULL: there is none.
 */
const char *operate_unknown(struct engine *engine,
    const struct operate_request *request);
/* What is to be told of it at this moment: teamctl-control(7), RESULTS. */
json_t *operate_reply(const struct command *command);
/* The outcome that the "stop" of a result names. */
enum drain_outcome operate_outcome(const json_t *stop);
/*
 * What was told of the command when it was taken before, with the same id; the
 * caller frees its json.
 */
struct reply operate_replay(const char *root,
    const struct operate_request *request);
/* Remembers that of one for which nothing had to be done.  -1 and err. */
int operate_keep(const char *root, const struct operate_request *request,
    json_t *reply, struct strbuf *err);
/* The engine's runs are others now, or something has happened to one. */
void operate_advance(struct operate *operate);
/* What is being stopped of these agents is killed at once. */
void operate_hurry(struct operate *operate, const struct strvec *ids);
/* A command is going to decide what follows now that the run is settled. */
bool operate_claims(const struct operate *operate, const struct run *run);
/* Gives up those under way; each is told done as it is. */
void operate_release(struct operate *operate);

/*
 * For a command under the lock: takes the request on an engine that has been
 * observed, and waits until all is done.  The reply, or NULL and err.
 */
json_t *operate_here(struct engine *engine, const struct operate_hooks *hooks,
    const struct operate_request *request, struct strbuf *err);

#endif
