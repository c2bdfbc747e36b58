/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See control.h.
 */
#define _GNU_SOURCE /* for struct ucred, SO_PEERCRED (Linux, socket(7)) */
#include "control.h"

#include "digest.h"
#include "os.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_REPLY = 16 << 20 };

struct control_client {
	struct control *control;
	struct control_client *next;
	int fd;
	struct loop_watch *watch, *timer;
	struct strbuf in;
	char name[128]; /* of the peer */
	pid_t pid;
	json_t *id; /* of the request, to be sent back, or NULL */
	bool waits; /* for a reply that comes later */
};

struct control {
	struct loop *loop;
	struct control_handlers handlers;
	struct control_client *clients;
	size_t nr_client;
	struct loop_watch *watch;
	char *link, *path;
	int fd;
};

static char *
link_path(const char *root)
{
	return xasprintf("%s/state/control.sock", root);
}

/*
 * Where the socket itself is: a path of a socket is 107 bytes at most, so that
 * of a deep root is elsewhere, and the one in the state folder points to it.
 */
static char *
socket_path(const char *root)
{
	struct sockaddr_un sa;
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *path = link_path(root);
	char digest[72];

	if (strlen(path) < sizeof(sa.sun_path))
		return path;
	free(path);
	digest_text(root, strlen(root), digest);
	return xasprintf("%s/teamctl-%ld-%.12s.sock", dir && *dir ? dir :
	    "/tmp", (long)getuid(), digest + strlen("sha256:"));
}

static int
open_socket(const char *path, struct sockaddr_un *sa)
{
	int fd;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sa->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa->sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* ---- the side of the supervisor ---- */

static void
client_free(struct control_client *client)
{
	struct control *control = client->control;
	struct control_client **at = &control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	control->nr_client--;
	control->handlers.gone(control->handlers.ctx, client);
	loop_watch_free(client->watch);
	loop_watch_free(client->timer);
	close(client->fd);
	strbuf_release(&client->in);
	json_decref(client->id);
	free(client);
}

void
control_reply(struct control_client *client, json_t *reply)
{
	struct strbuf line = STRBUF_INIT;
	char *text;

	if (client->id)
		json_object_set_new(reply, "id", client->id);
	client->id = NULL;
	text = json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	strbuf_addf(&line, "%s\n", text ? text : "{\"ok\":false}");
	free(text);
	client->waits = false;
	/* Never blocks: who does not read his replies is on his own. */
	if (send(client->fd, line.buf, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) <
	    0)
		errno = 0;
	strbuf_release(&line);
}

const char *
control_peer_name(struct control_client *client)
{
	return client->name;
}

pid_t
control_peer_pid(const struct control_client *client)
{
	return client->pid;
}

static void
take_line(struct control_client *client, const char *line, size_t len)
{
	struct control_handlers *handlers = &client->control->handlers;
	json_t *request, *reply;
	json_error_t where;

	if (client->waits) {
		control_reply(client, reply_refuse("bad_request",
		    "one request at a time"));
		return;
	}
	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(request)) {
		json_decref(request);
		control_reply(client, reply_refuse("bad_request",
		    "not a JSON object"));
		return;
	}
	client->waits = true;
	client->id = json_incref(json_object_get(request, "id"));
	reply = handlers->request(handlers->ctx, client, request);
	json_decref(request);
	if (reply)
		control_reply(client, reply);
}

static void
on_line_timeout(void *ctx)
{
	client_free(ctx);
}

static void
on_client(void *ctx)
{
	struct control_client *client = ctx;
	struct strbuf *in = &client->in;
	char buf[4096], *eol;
	ssize_t n = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || in->len + (size_t)n > CONTROL_MAX_LINE) {
		client_free(client);
		return;
	}
	strbuf_add(in, buf, (size_t)n);
	while ((eol = memchr(in->buf, '\n', in->len))) {
		size_t len = (size_t)(eol - in->buf);

		take_line(client, in->buf, len);
		memmove(in->buf, eol + 1, in->len - len - 1);
		strbuf_setlen(in, in->len - len - 1);
	}
	loop_timer_at(client->timer, in->len ?
	    mono_add_ms(os_now(), CONTROL_LINE_MS) : MONO_NEVER);
}

static bool
is_us(int fd, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0 &&
	    (peer->uid == getuid() || peer->uid == 0);
}

static void
on_accept(void *ctx)
{
	struct control *control = ctx;
	struct control_client *client;
	struct ucred peer;
	int fd = accept(control->fd, NULL, NULL);

	if (fd < 0)
		return;
	if (!is_us(fd, &peer) || control->nr_client >= CONTROL_MAX_CLIENTS) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	client = xcalloc(1, sizeof(*client));
	client->control = control;
	client->fd = fd;
	client->pid = peer.pid;
	os_name_of(peer.uid, client->name, sizeof(client->name));
	strbuf_init(&client->in);
	client->watch = loop_read(control->loop, fd, on_client, client);
	client->timer = loop_timer(control->loop, on_line_timeout, client);
	client->next = control->clients;
	control->clients = client;
	control->nr_client++;
	control_reply(client, json_pack("{s:i, s:i}", "teamctl",
	    CONTROL_VERSION, "pid", (int)getpid()));
}

/* Whoever calls this holds the supervisor's lock: what is there is dead. */
static int
bind_socket(struct control *control, struct strbuf *err)
{
	struct sockaddr_un sa;
	mode_t mask = umask(0177);
	int rc = -1;

	unlink(control->path);
	unlink(control->link);
	control->fd = open_socket(control->path, &sa);
	if (control->fd >= 0 &&
	    bind(control->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(control->fd, CONTROL_MAX_CLIENTS) == 0 &&
	    fcntl(control->fd, F_SETFL, O_NONBLOCK) == 0)
		rc = 0;
	umask(mask);
	if (rc == 0 && !str_eq(control->path, control->link))
		rc = symlink(control->path, control->link);
	if (rc < 0)
		strbuf_addf(err, "cannot listen on '%s': %s", control->path,
		    strerror(errno));
	return rc;
}

struct control *
control_listen(struct loop *loop, const char *root,
    const struct control_handlers *handlers, struct strbuf *err)
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->loop = loop;
	control->handlers = *handlers;
	control->link = link_path(root);
	control->path = socket_path(root);
	if (bind_socket(control, err) < 0) {
		control_close(control);
		return NULL;
	}
	control->watch = loop_read(loop, control->fd, on_accept, control);
	return control;
}

void
control_close(struct control *control)
{
	if (!control)
		return;
	while (control->clients)
		client_free(control->clients);
	loop_watch_free(control->watch);
	if (control->fd >= 0) {
		close(control->fd);
		unlink(control->path);
		unlink(control->link);
	}
	free(control->link);
	free(control->path);
	free(control);
}

/* ---- the side of a command ---- */

int
control_connect(const char *root)
{
	struct sockaddr_un sa;
	char *path = socket_path(root);
	int fd = open_socket(path, &sa);

	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

/* Takes what is there up to a newline: 1 with it, 0 without, -1 at the end. */
static int
read_some(int fd, struct strbuf *line)
{
	char buf[16384], *eol;
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	eol = memchr(buf, '\n', (size_t)n);
	if (eol)
		n = eol + 1 - buf;
	if (n == 0 || recv(fd, buf, (size_t)n, MSG_DONTWAIT) != n)
		return -1;
	strbuf_add(line, buf, (size_t)n - (eol != NULL));
	return eol != NULL;
}

static int
read_reply(int fd, struct strbuf *line, struct mono deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int64_t left;
	int rc = 0;

	while (rc == 0) {
		left = mono_ms_until(os_now(), deadline);
		errno = ETIMEDOUT;
		if (left <= 0 || (poll(&pfd, 1, (int)(left > INT32_MAX ?
		    INT32_MAX : left)) < 0 && errno != EINTR))
			return -1;
		rc = line->len > MAX_REPLY ? -1 : read_some(fd, line);
	}
	if (rc > 0)
		return 0;
	errno = ECONNRESET;
	return -1;
}

/* Past the line that every connection begins with. */
static json_t *
await_reply(int fd, struct mono deadline)
{
	struct strbuf line = STRBUF_INIT;
	json_t *reply = NULL;
	bool is_greeting;

	do {
		strbuf_reset(&line);
		json_decref(reply);
		reply = NULL;
		if (read_reply(fd, &line, deadline) == 0)
			reply = json_loadb(line.buf, line.len, 0, NULL);
		is_greeting = json_object_get(reply, "teamctl");
	} while (is_greeting);
	strbuf_release(&line);
	return reply;
}

json_t *
control_ask(int fd, json_t *request, int64_t timeout_ms, struct strbuf *err)
{
	struct strbuf line = STRBUF_INIT;
	char *text = json_dumps(request, JSON_COMPACT);
	json_t *reply = NULL;
	int saved;

	strbuf_addf(&line, "%s\n", text);
	free(text);
	json_decref(request);
	errno = ECONNRESET;
	if (send(fd, line.buf, line.len, MSG_NOSIGNAL) == (ssize_t)line.len)
		reply = await_reply(fd, mono_add_ms(os_now(), timeout_ms));
	saved = errno;
	strbuf_release(&line);
	if (!reply)
		strbuf_addstr(err, saved == ETIMEDOUT ?
		    "the supervisor does not answer in time" :
		    "the supervisor has gone without an answer");
	errno = saved;
	return reply;
}

json_t *
control_call(int fd, json_t *request, int64_t timeout_ms, struct strbuf *err)
{
	json_t *reply = control_ask(fd, request, timeout_ms, err);
	const char *why;

	if (reply && !json_is_true(json_object_get(reply, "ok"))) {
		why = json_string_value(json_object_get(reply, "error"));
		strbuf_addf(err, "the supervisor refuses: %s",
		    why ? why : "no reason given");
		json_decref(reply);
		reply = NULL;
	}
	return reply;
}
