/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See http.h.
 */
#include "http.h"

#include "os.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_HEADERS = 8192,
	MAX_BODY = 8192, /* of a request that is refused all the same */
	IDLE_SECS = 5,
	LOOK_MS = 250, /* at connections, while there are any or may be */
	BACKLOG = 64,
};

struct connection {
	struct bufferevent *bev; /* one reference is ours; NULL: free */
	struct mono end;
};

struct http {
	struct http *next;
	struct evhttp *server;
	struct evconnlistener *listener;
	struct loop_watch *timer;
	http_fn *fn;
	void *ctx;
	char *address;
	bool is_loopback, is_full;
	struct connection connections[HTTP_MAX_CONNECTIONS];
};

/* The pointer that comes with the errors of a listener is evhttp's. */
static struct http *servers;

/* ---- connections ---- */

/* evhttp has let go of it: bufferevent_free takes the callbacks away. */
static bool
is_over(const struct connection *connection)
{
	bufferevent_data_cb read, write;
	bufferevent_event_cb event;
	void *arg;

	bufferevent_getcb(connection->bev, &read, &write, &event, &arg);
	return !event;
}

static void
set_full(struct http *http, bool is_full)
{
	if (is_full == http->is_full)
		return;
	http->is_full = is_full;
	if (is_full)
		evconnlistener_disable(http->listener);
	else
		evconnlistener_enable(http->listener);
}

/*
 * One whose time is over is shut down, which evhttp takes for an end by the
 * other side: the limits of its own are for a client that says nothing at all.
 */
static void
on_timer(void *ctx)
{
	struct http *http = ctx;
	struct connection *connection;
	struct mono now = os_now();
	size_t i, nr = 0;

	for (i = 0; i < nitems(http->connections); i++) {
		connection = &http->connections[i];
		if (connection->bev && is_over(connection)) {
			bufferevent_decref(connection->bev);
			connection->bev = NULL;
		}
		if (!connection->bev)
			continue;
		nr++;
		if (!mono_before(now, connection->end))
			shutdown(bufferevent_getfd(connection->bev),
			    SHUT_RDWR);
	}
	set_full(http, nr == nitems(http->connections));
	loop_timer_at(http->timer, nr ? mono_add_ms(now, LOOK_MS) :
	    MONO_NEVER);
}

/*
 * evhttp's hook for a new connection, whose descriptor it sets afterwards.  It
 * must be closed with our reference only: another one with its number would
 * not be watched as long as libevent knows this one.
 */
static struct bufferevent *
on_connection(struct event_base *base, void *ctx)
{
	struct http *http = ctx;
	struct bufferevent *bev = bufferevent_socket_new(base, -1,
	    BEV_OPT_CLOSE_ON_FREE);
	size_t i, nr = 0;
	bool is_listed = !bev;

	for (i = 0; i < nitems(http->connections); i++) {
		nr += http->connections[i].bev != NULL;
		if (is_listed || http->connections[i].bev)
			continue;
		bufferevent_incref(bev);
		http->connections[i].bev = bev;
		http->connections[i].end = mono_add_ms(os_now(),
		    HTTP_LIFE_MS);
		is_listed = true;
		nr++;
	}
	if (nr == nitems(http->connections))
		set_full(http, true);
	loop_timer_at(http->timer, mono_add_ms(os_now(), LOOK_MS));
	return bev;
}

/*
 * No descriptor is left: whoever connects waits in the kernel, as with those
 * too many, instead of waking us again and again.
 */
static void
on_accept_error(struct evconnlistener *listener, void *ctx)
{
	struct http *http = servers;

	(void)ctx;
	while (http && http->listener != listener)
		http = http->next;
	if (!http)
		return;
	set_full(http, true);
	loop_timer_at(http->timer, mono_add_ms(os_now(), LOOK_MS));
}

/* ---- requests ---- */

static struct addrinfo *
numeric_address(const char *host, const char *port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *address = NULL;

	if (getaddrinfo(host, port, &hints, &address) != 0)
		return NULL;
	return address;
}

/*
 * A page of the web could have its own name point to this machine and so read
 * what a browser here may read: names other than localhost are refused.
 */
static bool
is_for_us(const struct http *http, struct evhttp_request *request)
{
	const char *host = evhttp_request_get_host(request);
	struct addrinfo *address;
	char *bare;

	if (!http->is_loopback || !host || strcmp(host, "localhost") == 0)
		return true;
	bare = *host == '[' ? xstrndup(host + 1, strcspn(host + 1, "]")) :
	    xstrdup(host);
	address = numeric_address(bare, NULL);
	free(bare);
	if (!address)
		return false;
	freeaddrinfo(address);
	return true;
}

static const char *
header_of(struct evhttp_request *request, const char *name)
{
	const char *value = evhttp_find_header(
	    evhttp_request_get_input_headers(request), name);

	return value ? value : "";
}

static const char *
reason_of(int code)
{
	switch (code) {
	case 200:
		return "OK";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 503:
		return "Service Unavailable";
	}
	return "Error";
}

static bool
is_reading(struct evhttp_request *request)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(request);

	return method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD;
}

static void
on_request(struct evhttp_request *request, void *ctx)
{
	struct http *http = ctx;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	struct evbuffer *body = evbuffer_new();
	struct http_reply reply = { 200, "text/plain; charset=utf-8",
		STRBUF_INIT };

	if (!is_reading(request)) {
		reply.code = 405;
		strbuf_addstr(&reply.body, "only GET and HEAD\n");
		evhttp_add_header(headers, "Allow", "GET, HEAD");
	} else if (is_for_us(http, request)) {
		http->fn(http->ctx, path ? path : "/",
		    header_of(request, "Accept"), &reply);
	} else {
		reply.code = 403;
		strbuf_addstr(&reply.body, "no name but localhost is ours\n");
	}
	/* Of libevent 2.1 the answer to HEAD would have a body. */
	if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, reply.body.buf, reply.body.len);
	evhttp_add_header(headers, "Content-Type", reply.type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "Connection", "close");
	evhttp_send_reply(request, reply.code, reason_of(reply.code), body);
	evbuffer_free(body);
	strbuf_release(&reply.body);
}

/* ---- listening ---- */

static bool
is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)
	    (const void *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)
	    (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static struct addrinfo *
parse_address(const char *text, struct strbuf *err)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	size_t len = colon ? (size_t)(colon - text) : 0;
	struct addrinfo *address = NULL;
	char *host;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']')
		host = xstrndup(text + 1, len - 2);
	else
		host = xstrndup(text, len);
	if (len == 0 || strcmp(host, "localhost") == 0) {
		free(host);
		host = xstrdup("127.0.0.1");
	}
	if (*port && strspn(port, "0123456789") == strlen(port) &&
	    strlen(port) <= 5 && strtol(port, NULL, 10) <= 65535)
		address = numeric_address(host, port);
	if (!address)
		strbuf_addf(err, "cannot listen on '%s': it is not ADDRESS:"
		    "PORT, with a numeric address or localhost", text);
	free(host);
	return address;
}

static int
open_socket(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static char *
name_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return xstrdup("?");
	return xasprintf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static void
serve(struct http *http, struct loop *loop, int fd)
{
	struct evhttp_bound_socket *bound;

	http->server = evhttp_new(loop_base(loop));
	if (!http->server)
		BUG("evhttp_new");
	/* Those that are not allowed are told so by on_request. */
	evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET |
	    EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
	    EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
	    EVHTTP_REQ_PATCH);
	evhttp_set_max_headers_size(http->server, MAX_HEADERS);
	evhttp_set_max_body_size(http->server, MAX_BODY);
	evhttp_set_timeout(http->server, IDLE_SECS);
	evhttp_set_bevcb(http->server, on_connection, http);
	evhttp_set_gencb(http->server, on_request, http);
	bound = evhttp_accept_socket_with_handle(http->server, fd);
	if (!bound)
		BUG("evhttp_accept_socket_with_handle");
	http->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(http->listener, on_accept_error);
	http->timer = loop_timer(loop, on_timer, http);
}

struct http *
http_listen(struct loop *loop, const char *text, http_fn *fn, void *ctx,
    struct strbuf *err)
{
	struct addrinfo *address = parse_address(text, err);
	struct http *http;
	int fd;

	if (!address)
		return NULL;
	fd = open_socket(address);
	if (fd < 0) {
		strbuf_addf(err, "cannot listen on '%s': %s", text,
		    strerror(errno));
		freeaddrinfo(address);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	http = xcalloc(1, sizeof(*http));
	http->fn = fn;
	http->ctx = ctx;
	http->address = name_of(fd);
	http->is_loopback = is_loopback(address->ai_addr);
	freeaddrinfo(address);
	serve(http, loop, fd);
	http->next = servers;
	servers = http;
	return http;
}

const char *
http_address(const struct http *http)
{
	return http->address;
}

bool
http_is_loopback(const struct http *http)
{
	return http->is_loopback;
}

void
http_close(struct http *http)
{
	struct http **at = &servers;
	size_t i;

	if (!http)
		return;
	while (*at != http)
		at = &(*at)->next;
	*at = http->next;
	loop_watch_free(http->timer);
	evhttp_free(http->server);
	for (i = 0; i < nitems(http->connections); i++)
		if (http->connections[i].bev)
			bufferevent_decref(http->connections[i].bev);
	free(http->address);
	free(http);
}
