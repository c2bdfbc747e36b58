/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Lines for readers that do not read.
 */
/* objs: util strbuf strvec proc os linelog */
#include "linelog.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Many lines for a reader that reads nothing before they are written. */
static void
flood(int in, int out, const char *what)
{
	struct linelog log;
	char text[4096];
	ssize_t n;
	int i;

	linelog_open(&log, out);
	for (i = 0; i < 100000; i++)
		linelog_write(&log, "one more line of many");
	ok(log.lost > 0, "%s: some were lost", what);
	ok(!(fcntl(out, F_GETFL) & O_NONBLOCK), "%s: fd is as it was", what);
	fcntl(in, F_SETFL, O_NONBLOCK);
	while (read(in, text, sizeof(text)) > 0)
		;
	linelog_write(&log, "the last one");
	is_int(log.lost, 0, what);
	n = read(in, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	ok(strstr(text, "lines are missing here: nobody has read them)\n"
	    "the last one\n"), "%s: %s", what, text);
	linelog_close(&log);
}

static void
test_linelog__a_pipe_that_nobody_reads(void)
{
	int fd[2];

	ok(pipe(fd) == 0, "a pipe");
	flood(fd[0], fd[1], "pipe");
	close(fd[0]);
	close(fd[1]);
}

static void
test_linelog__a_socket_that_nobody_reads(void)
{
	int fd[2];

	ok(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0, "a socket");
	flood(fd[0], fd[1], "socket");
	close(fd[0]);
	close(fd[1]);
}

static void
test_linelog__a_reader_that_has_gone(void)
{
	struct linelog log;
	int fd[2];

	ok(pipe(fd) == 0, "a pipe");
	linelog_open(&log, fd[1]);
	close(fd[0]);
	linelog_write(&log, "nobody");
	is_int(log.lost, 1, "lost, and no signal");
	linelog_close(&log);
	close(fd[1]);
}

static void
test_linelog__a_file_is_added_to(void)
{
	char path[] = "/tmp/u-linelog-XXXXXX", text[64];
	int fd = mkstemp(path);
	struct linelog log;
	ssize_t n;

	ok(write(fd, "before\n", 7) == 7, "written");
	linelog_open(&log, fd);
	linelog_write(&log, "after");
	linelog_close(&log);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	is_str(text, "before\nafter\n", "the file");
	close(fd);
	unlink(path);
}
