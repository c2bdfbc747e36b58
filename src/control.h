/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The control socket of a team, <root>/state/control.sock (0600, in a 0700
 * folder, peers of our own uid only): one JSON object a line each way.
 *
 *   {"op": "yield", "verb": "reload"}   -> {"ok": true} once the supervisor
 *       has let go of the team's lock; it acts again when the connection ends
 *   {"op": "shutdown"}                  -> {"ok": true}, and the supervisor ends
 *   {"op": "state"}                     -> {"ok": true, "agents": [...]}
 *   {"op": "pause", "ids": ["p:a"]}     -> and other verbs: operate.h
 *   {"op": "auto-resume", "value": "on" | "off" | "status"}
 *                                       -> {"ok": true, "auto_resume": true}
 *
 * A request that is refused: {"ok": false, "code": "...", "error": "..."}.  The
 * "id" of a request is in its reply.  The server speaks first: a line that
 * names the version of the protocol.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "loop.h"
#include "strbuf.h"

#include <jansson.h>
#include <sys/types.h>

enum {
	CONTROL_VERSION = 1, /* of the protocol */
	CONTROL_MAX_LINE = 64 * 1024,
	CONTROL_MAX_CLIENTS = 64,
	CONTROL_LINE_MS = 5000, /* for the rest of a line that has begun */
};

struct control;
struct control_client;

struct control_handlers {
	/*
	 * A request; the reply (owned by the callee's caller afterwards), or
	 * NULL when control_reply will be called later.
	 */
	json_t *(*request)(void *ctx, struct control_client *client,
	    const json_t *request);
	/* A client has gone; it must not be replied to any more. */
	void (*gone)(void *ctx, struct control_client *client);
	void *ctx;
};

/* Listens; a dead socket is replaced.  NULL and err when that cannot be. */
struct control *control_listen(struct loop *loop, const char *root,
    const struct control_handlers *handlers, struct strbuf *err);
/* Closes all connections and removes the socket.  NULL is allowed. */
void control_close(struct control *control);
/* Sends a line and frees it; a client that does not read is dropped. */
void control_reply(struct control_client *client, json_t *reply);

/* The login name of who is at the other end; lives as long as the client. */
const char *control_peer_name(struct control_client *client);
/* His process, as the kernel told when he connected. */
pid_t control_peer_pid(const struct control_client *client);

/* A connection to the team's supervisor, or -1: none listens. */
int control_connect(const char *root);
/*
 * Sends a request (freed) and waits for its reply.  NULL and err when none
 * comes within timeout_ms (errno is ETIMEDOUT then).
 */
json_t *control_ask(int fd, json_t *request, int64_t timeout_ms,
    struct strbuf *err);
/* The same, but a reply that is a refusal is an error, too. */
json_t *control_call(int fd, json_t *request, int64_t timeout_ms,
    struct strbuf *err);

#endif
