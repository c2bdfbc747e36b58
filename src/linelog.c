/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See linelog.h.
 */
#include "linelog.h"

#include "proc.h"
#include "strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Not to block is a property of the open file, which we share with the shell
 * that started us: so we open it anew where that can be done.
 */
static int
open_anew(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void
linelog_open(struct linelog *log, int fd)
{
	struct stat st;
	int own = -1;

	*log = (struct linelog){ .fd = fd };
	if (fstat(fd, &st) < 0)
		return;
	log->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
		own = open_anew(fd);
	if (own < 0)
		return;
	log->fd = own;
	log->is_own = true;
}

static ssize_t
put(const struct linelog *log, const struct strbuf *text)
{
	struct pollfd wait = { .fd = log->fd, .events = POLLOUT };

	if (log->is_socket)
		return send(log->fd, text->buf, text->len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!log->is_own && poll(&wait, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return proc_write(log->fd, text->buf, text->len);
}

void
linelog_write(struct linelog *log, const char *line)
{
	struct strbuf text = STRBUF_INIT;
	ssize_t n;

	if (log->is_cut)
		strbuf_addch(&text, '\n');
	if (log->lost)
		strbuf_addf(&text, "(%" PRId64 " lines are missing here: "
		    "nobody has read them)\n", log->lost);
	strbuf_addf(&text, "%s\n", line);
	n = put(log, &text);
	if (n < 0) {
		log->lost++;
	} else {
		log->is_cut = (size_t)n < text.len;
		log->lost = 0;
	}
	strbuf_release(&text);
}

void
linelog_close(struct linelog *log)
{
	if (log->is_own)
		close(log->fd);
	log->is_own = false;
	log->fd = -1;
}
