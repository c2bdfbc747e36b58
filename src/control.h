/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The control socket of a team, <root>/state/control.sock (0600, in a 0700
 * folder, peers of our own uid and root only): one JSON object a line each way.
 *
 * What may be asked is in protocol.h, and for whoever writes a client in
 * teamctl-control(7).
 *
 *   {"op": "yield", "verb": "reload"}   -> {"ok": true} once the supervisor
 *       has let go of the team's lock; it acts again when the connection ends
 *
 * A request that is refused: {"ok": false, "code": "...", "error": "..."}.  The
 * "id" of a request is in its reply.  The server speaks first: a line that
 * names the version of the protocol.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "loop.h"
#include "protocol.h"

#include <sys/types.h>

enum {
	CONTROL_MAX_CLIENTS = 64,
	CONTROL_MAX_UNREAD = 64 * 1024, /* bytes; beyond, no further answer */
	CONTROL_LINE_MS = 5000,    /* for the rest of a line that has begun */
	CONTROL_UNREAD_MS = 10000, /* to read something of what waits */
	CONTROL_IDLE_MS = 60000,   /* between two requests */
};

struct sockaddr_un;
struct control;
struct control_client;

struct control_handlers {
	/*
	 * A request, as protocol.h wants it.  Returns the reply, which is the
	 * caller's then, or NULL when control_reply will be called later.
	 */
	json_t *(*request)(void *ctx, struct control_client *client,
	    const struct protocol_op *op, const json_t *request);
	/* A client has gone; it must not be replied to any more. */
	void (*gone)(void *ctx, struct control_client *client);
	void *ctx;
};

/* Listens; a dead socket is replaced.  NULL and err when that cannot be. */
struct control *control_listen(struct loop *loop, const char *root,
    const struct control_handlers *handlers, struct strbuf *err);
/*
 * Closes all connections and removes the socket, unless another may stand in
 * its place (is_lost).  NULL is allowed.
 */
void control_close(struct control *control, bool is_lost);
/*
 * Answers the request and frees the reply.  A client that does not read is
 * dropped, though never within a call of these.
 */
void control_reply(struct control_client *client, json_t *reply);
/* Sends him a line (without its newline) that is no answer. */
void control_push(struct control_client *client, const char *line,
    size_t len);
/* Bytes that wait until he reads. */
size_t control_unread(const struct control_client *client);
/* He may stay for as long as he likes, without a word. */
void control_hold(struct control_client *client);

/* The login name of who is at the other end; lives as long as the client. */
const char *control_peer_name(struct control_client *client);
/* The agent that he is inside of, as whoever has looked says; or NULL. */
void control_set_peer_agent(struct control_client *client, const char *id);
const char *control_peer_agent(const struct control_client *client);
/* His process, as the kernel told when he connected. */
pid_t control_peer_pid(const struct control_client *client);
/* Its number is nobody's, or that of another one. */
bool control_peer_has_gone(const struct control_client *client);

/* A connection to the team's supervisor, or -1: none listens. */
int control_connect(const char *root);
/*
 * Sends a request (freed) and waits for its reply.  NULL and err when none
 * comes within timeout_ms (errno is ETIMEDOUT then), or when it is longer than
 * a line may be (EMSGSIZE): nothing was sent.
 */
json_t *control_ask(int fd, json_t *request, int64_t timeout_ms,
    struct strbuf *err);
/* Waits once more for the reply, when that has timed out. */
json_t *control_await(int fd, int64_t timeout_ms, struct strbuf *err);
/* control_ask, but a reply that is a refusal is an error, too. */
json_t *control_call(int fd, json_t *request, int64_t timeout_ms,
    struct strbuf *err);

/* ---- between control.c and control-ask.c only ---- */

/*
 * The socket, or what points to it: a path of a socket is 107 bytes at most, so
 * that of a deep root is elsewhere.  The caller frees.
 */
char *control_link(const char *root);
/* A new socket, and its address; -1 when the path is too long. */
int control_socket(const char *path, struct sockaddr_un *sa);
/* Who is at the other end, as the kernel tells. */
int control_peer(int fd, uid_t *uid, pid_t *pid);

#endif
