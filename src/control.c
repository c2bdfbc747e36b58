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

enum { BACKLOG = 1024 }; /* whoever is too many is told so */

struct control_client {
	struct control *control;
	struct control_client *next;
	int fd;
	struct loop_watch *watch, *writer, *timer;
	struct strbuf in, out;
	size_t sent;           /* of out */
	struct mono line_by;   /* the line that has begun has to be there */
	struct mono unread_by; /* of out, something has to be read */
	struct mono idle_by;   /* something has to be asked */
	char name[128]; /* of the peer */
	char *agent;    /* that it is inside of, or NULL */
	pid_t pid;
	uint64_t start; /* of that process */
	json_t *id; /* of the request, to be sent back, or NULL */
	bool waits; /* for a reply that comes later */
	bool is_held;
	bool is_last; /* it asks nothing more, and goes when it is answered */
	bool is_over; /* freed as soon as nobody is at it */
};

struct control {
	struct loop *loop;
	struct control_handlers handlers;
	struct control_client *clients;
	size_t nr_client;
	struct loop_watch *watch;
	char *link, *path;
	int fd;
	int spare; /* a descriptor for whom there is none left */
};

char *
control_link(const char *root)
{
	return xasprintf("%s/state/control.sock", root);
}

static char *
socket_path(const char *root)
{
	struct sockaddr_un sa;
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *path = control_link(root);
	char digest[72];

	if (strlen(path) < sizeof(sa.sun_path))
		return path;
	free(path);
	digest_text(root, strlen(root), digest);
	return xasprintf("%s/teamctl-%ld-%.12s.sock", dir && *dir ? dir :
	    "/tmp", (long)getuid(), digest + strlen("sha256:"));
}

int
control_socket(const char *path, struct sockaddr_un *sa)
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

int
control_peer(int fd, uid_t *uid, pid_t *pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -1;
	*uid = peer.uid;
	*pid = peer.pid;
	return 0;
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
	loop_watch_free(client->writer);
	loop_watch_free(client->timer);
	close(client->fd);
	strbuf_release(&client->in);
	strbuf_release(&client->out);
	json_decref(client->id);
	free(client->agent);
	free(client);
}

static struct mono
earlier(struct mono a, struct mono b)
{
	return mono_before(a, b) ? a : b;
}

/* When its patience, and so ours, is over. */
static void
set_timer(struct control_client *client)
{
	bool is_idle = !client->waits && !client->is_held;
	struct mono at = MONO_NEVER;

	if (client->in.len)
		at = client->line_by;
	if (client->out.len && !client->is_held)
		at = earlier(at, client->unread_by);
	else if (is_idle)
		at = earlier(at, client->idle_by);
	loop_timer_at(client->timer, client->is_over ? os_now() : at);
}

static void
on_client_timeout(void *ctx)
{
	client_free(ctx);
}

static void flush(struct control_client *client);

static void
on_writable(void *ctx)
{
	struct control_client *client = ctx;

	flush(client);
	set_timer(client);
}

/* Never blocks: what cannot be sent now waits for the client to read. */
static void
flush(struct control_client *client)
{
	struct strbuf *out = &client->out;
	ssize_t n = 0;

	while (client->sent < out->len && n >= 0) {
		n = send(client->fd, out->buf + client->sent,
		    out->len - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n <= 0)
			break;
		client->sent += (size_t)n;
		client->unread_by = mono_add_ms(os_now(), CONTROL_UNREAD_MS);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		client->is_over = true;
	if (client->sent == out->len && client->is_last && !client->waits)
		client->is_over = true;
	if (client->sent == out->len || client->is_over) {
		strbuf_reset(out);
		client->sent = 0;
		loop_watch_free(client->writer);
		client->writer = NULL;
	} else if (!client->writer) {
		client->writer = loop_write(client->control->loop, client->fd,
		    on_writable, client);
	}
}

size_t
control_unread(const struct control_client *client)
{
	return client->out.len - client->sent;
}

void
control_push(struct control_client *client, const char *line, size_t len)
{
	bool is_first = client->out.len == 0;

	/* A single answer may be of any size, but there is no second one. */
	if (control_unread(client) > CONTROL_MAX_UNREAD)
		client->is_over = true;
	if (!client->is_over) {
		strbuf_add(&client->out, line, len);
		strbuf_addch(&client->out, '\n');
		if (is_first)
			client->unread_by = mono_add_ms(os_now(),
			    CONTROL_UNREAD_MS);
		flush(client);
	}
	set_timer(client);
}

/* Sends an answer and frees it. */
static void
push_json(struct control_client *client, json_t *json, json_t *id)
{
	char *text;

	if (id)
		json_object_set(json, "id", id);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	control_push(client, text ? text : "{\"ok\":false}",
	    strlen(text ? text : "{\"ok\":false}"));
	free(text);
}

void
control_reply(struct control_client *client, json_t *reply)
{
	client->waits = false;
	client->idle_by = mono_add_ms(os_now(), CONTROL_IDLE_MS);
	push_json(client, reply, client->id);
	json_decref(client->id);
	client->id = NULL;
}

void
control_hold(struct control_client *client)
{
	client->is_held = true;
	set_timer(client);
}

const char *
control_peer_name(struct control_client *client)
{
	return client->name;
}

void
control_set_peer_agent(struct control_client *client, const char *id)
{
	free(client->agent);
	client->agent = xstrdup_null(id);
}

const char *
control_peer_agent(const struct control_client *client)
{
	return client->agent;
}

pid_t
control_peer_pid(const struct control_client *client)
{
	return client->pid;
}

bool
control_peer_has_gone(const struct control_client *client)
{
	return os_start_time(client->pid) != client->start;
}

static void
take_line(struct control_client *client, const char *line, size_t len)
{
	struct control_handlers *handlers = &client->control->handlers;
	const struct protocol_op *op;
	struct strbuf why = STRBUF_INIT;
	json_t *request, *reply;
	const char *code = protocol_parse(line, len, &op, &request, &why);

	if (!code && client->waits) {
		code = "bad_request";
		strbuf_addstr(&why, "one request at a time");
	}
	if (code) {
		push_json(client, reply_refuse(code, why.buf),
		    json_object_get(request, "id"));
	} else {
		client->waits = true;
		client->id = json_incref(json_object_get(request, "id"));
		reply = handlers->request(handlers->ctx, client, op, request);
		if (reply)
			control_reply(client, reply);
	}
	json_decref(request);
	strbuf_release(&why);
}

static void
take_lines(struct control_client *client)
{
	struct strbuf *in = &client->in;
	size_t at = 0, len;
	char *eol;

	while (!client->is_over &&
	    (eol = memchr(in->buf + at, '\n', in->len - at))) {
		len = (size_t)(eol - in->buf) - at;
		take_line(client, in->buf + at, len);
		at += len + 1;
	}
	if (!at)
		return;
	memmove(in->buf, in->buf + at, in->len - at);
	strbuf_setlen(in, in->len - at);
	client->line_by = mono_add_ms(os_now(), CONTROL_LINE_MS);
}

/* Whether nobody is there any more who could read. */
static bool
is_hung_up(int fd)
{
	struct pollfd poller = { .fd = fd };

	return poll(&poller, 1, 0) != 0;
}

/* It will ask nothing more, but may wait for what it has asked for. */
static void
on_last(struct control_client *client)
{
	client->is_last = true;
	if (client->is_held || (!client->waits && !client->out.len) ||
	    is_hung_up(client->fd)) {
		client_free(client);
		return;
	}
	loop_watch_free(client->watch);
	client->watch = NULL;
	strbuf_reset(&client->in);
	set_timer(client);
}

static void
on_client(void *ctx)
{
	struct control_client *client = ctx;
	struct strbuf *in = &client->in;
	char buf[4096];
	ssize_t n = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0)
		on_last(client);
	else if (n < 0)
		client_free(client);
	if (n <= 0)
		return;
	client->idle_by = mono_add_ms(os_now(), CONTROL_IDLE_MS);
	if (!in->len)
		client->line_by = mono_add_ms(os_now(), CONTROL_LINE_MS);
	strbuf_add(in, buf, (size_t)n);
	take_lines(client);
	if (in->len >= PROTOCOL_MAX_LINE && !client->is_over) {
		push_json(client, reply_refusef("bad_request",
		    "a line of more than %d bytes", PROTOCOL_MAX_LINE), NULL);
		client->is_over = true;
	}
	if (client->is_over)
		client_free(client);
	else
		set_timer(client);
}

/* One too many: told why, and gone. */
static void
turn_away(int fd)
{
	static const char line[] = "{\"ok\":false,\"code\":\"busy\","
	    "\"error\":\"too many connections\"}\n";

	(void)!send(fd, line, sizeof(line) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* Else he would wait, and we would be woken for him again and again. */
static void
refuse_one(struct control *control)
{
	int fd;

	close(control->spare);
	fd = accept(control->fd, NULL, NULL);
	if (fd >= 0)
		turn_away(fd);
	control->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
on_accept(void *ctx)
{
	struct control *control = ctx;
	struct control_client *client;
	int fd = accept(control->fd, NULL, NULL);
	uid_t uid;
	pid_t pid;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		refuse_one(control);
	if (fd < 0)
		return;
	if (control_peer(fd, &uid, &pid) < 0 || (uid != getuid() && uid)) {
		close(fd);
		return;
	}
	if (control->nr_client >= CONTROL_MAX_CLIENTS) {
		turn_away(fd);
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	client = xcalloc(1, sizeof(*client));
	client->control = control;
	client->fd = fd;
	client->pid = pid;
	client->start = os_start_time(pid);
	os_name_of(uid, client->name, sizeof(client->name));
	strbuf_init(&client->in);
	strbuf_init(&client->out);
	client->watch = loop_read(control->loop, fd, on_client, client);
	client->timer = loop_timer(control->loop, on_client_timeout, client);
	client->next = control->clients;
	control->clients = client;
	control->nr_client++;
	control_reply(client, json_pack("{s:i, s:i}", "teamctl",
	    PROTOCOL_VERSION, "pid", (int)getpid()));
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
	control->fd = control_socket(control->path, &sa);
	if (control->fd >= 0 &&
	    bind(control->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(control->fd, BACKLOG) == 0 &&
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
	control->fd = -1;
	control->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	control->link = control_link(root);
	control->path = socket_path(root);
	if (bind_socket(control, err) < 0) {
		control_close(control, false);
		return NULL;
	}
	control->watch = loop_read(loop, control->fd, on_accept, control);
	return control;
}

void
control_close(struct control *control, bool is_lost)
{
	if (!control)
		return;
	while (control->clients)
		client_free(control->clients);
	loop_watch_free(control->watch);
	if (control->fd >= 0) {
		close(control->fd);
		if (!is_lost) {
			unlink(control->path);
			unlink(control->link);
		}
	}
	if (control->spare >= 0)
		close(control->spare);
	free(control->link);
	free(control->path);
	free(control);
}
