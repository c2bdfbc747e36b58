/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See control.h.  Here: the side of a command.
 */
#include "control.h"

#include "os.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GONE "the supervisor has gone without an answer"

enum { MAX_REPLY = 16 << 20 };

/* Does not wait for one that hangs, with its queue of clients full. */
static int
try_connect(const char *path)
{
	struct sockaddr_un sa;
	int fd = control_socket(path, &sa), flags;

	if (fd < 0)
		return -1;
	flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, flags);
	return fd;
}

/*
 * The state folder says where it is, for it depends on the environment of the
 * supervisor.  That may be a folder of everybody: whoever listens there must
 * be the one who has said so.
 */
int
control_connect(const char *root)
{
	char *link = control_link(root), path[128]; /* too long is no path */
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	struct stat st;
	uid_t uid;
	pid_t pid;
	int fd;

	path[n > 0 ? n : 0] = '\0';
	fd = try_connect(n > 0 ? path : link);
	if (fd >= 0 && (lstat(link, &st) < 0 ||
	    control_peer(fd, &uid, &pid) < 0 ||
	    (uid != st.st_uid && uid != 0))) {
		close(fd);
		fd = -1;
	}
	free(link);
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
skip_greeting(int fd, struct mono deadline)
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
control_await(int fd, int64_t timeout_ms, struct strbuf *err)
{
	json_t *reply = skip_greeting(fd, mono_add_ms(os_now(), timeout_ms));
	int saved = errno;

	if (!reply)
		strbuf_addstr(err, saved == ETIMEDOUT ?
		    "the supervisor does not answer in time" : GONE);
	errno = saved;
	return reply;
}

json_t *
control_ask(int fd, json_t *request, int64_t timeout_ms, struct strbuf *err)
{
	struct strbuf line = STRBUF_INIT;
	char *text = json_dumps(request, JSON_COMPACT);
	bool is_sent;

	strbuf_addf(&line, "%s\n", text);
	free(text);
	json_decref(request);
	if (line.len > PROTOCOL_MAX_LINE) {
		strbuf_addf(err, "a request of %zu bytes is too long for the "
		    "supervisor, which takes %d", line.len,
		    PROTOCOL_MAX_LINE);
		strbuf_release(&line);
		errno = EMSGSIZE;
		return NULL;
	}
	is_sent = send(fd, line.buf, line.len, MSG_NOSIGNAL) ==
	    (ssize_t)line.len;
	strbuf_release(&line);
	if (is_sent)
		return control_await(fd, timeout_ms, err);
	strbuf_addstr(err, GONE);
	errno = ECONNRESET;
	return NULL;
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
