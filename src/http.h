/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A small HTTP server on the event loop, over libevent's evhttp, for documents
 * that are asked for with GET or HEAD: no body of a request is taken, and no
 * connection is kept.  A connection lives for HTTP_LIFE_MS at most, however
 * slow its other end is, and there are HTTP_MAX_CONNECTIONS at most; more wait
 * in the kernel.
 */
#ifndef HTTP_H
#define HTTP_H

#include "loop.h"
#include "strbuf.h"

enum {
	HTTP_MAX_CONNECTIONS = 32,
	HTTP_LIFE_MS = 10 * 1000,
};

struct http;

struct http_reply {
	int code; /* 200 */
	const char *type;
	struct strbuf body;
};

/* Fills in the reply; accept is that header, or "". */
typedef void http_fn(void *ctx, const char *path, const char *accept,
    struct http_reply *reply);

/*
 * Listens on "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT"; the address is a
 * numeric one or localhost, 127.0.0.1 when there is none, and port 0 is any
 * that is free.  NULL and err.  SIGPIPE is ignored from then on.
 */
struct http *http_listen(struct loop *loop, const char *address, http_fn *fn,
    void *ctx, struct strbuf *err);
/* "127.0.0.1:9464", as it is. */
const char *http_address(const struct http *http);
/* Only this machine can reach it. */
bool http_is_loopback(const struct http *http);
void http_close(struct http *http);

#endif
