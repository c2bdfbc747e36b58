/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What a service manager would receive.
 */
/* objs: util strbuf units os loop sdnotify */
#include "sdnotify.h"
#include "os.h"
#include "tap.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char path[108];

/* A socket as the manager has it; @ first: an abstract one. */
static int
listen_on(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = offsetof(struct sockaddr_un, sun_path);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (*name == '@')
		address.sun_path[0] = '\0';
	len += (socklen_t)strlen(name) + (*name == '@' ? 0 : 1);
	if (bind(fd, (struct sockaddr *)&address, len) != 0)
		abort();
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void
receives(int fd, const char *want)
{
	char buf[256];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	is_str(n < 0 ? NULL : buf, want, "received");
}

static void
test_sdnotify__sends_to_a_path(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/u-sdnotify.%ld", (long)getpid());
	unlink(path);
	fd = listen_on(path);
	ok(sdnotify(SDNOTIFY_READY), "sent");
	receives(fd, "READY=1");
	ok(sdnotify_status("7 agents\n2 of them down"), "sent");
	receives(fd, "STATUS=7 agents 2 of them down");
	receives(fd, NULL);
	close(fd);
	ok(!sdnotify(SDNOTIFY_WATCHDOG), "nobody listens");
	unlink(path);
	ok(!sdnotify(SDNOTIFY_WATCHDOG), "nor is there a socket");
}

#ifdef __linux__
static void
test_sdnotify__sends_to_an_abstract_name(void)
{
	int fd;

	snprintf(path, sizeof(path), "@u-sdnotify.%ld", (long)getpid());
	fd = listen_on(path);
	ok(sdnotify(SDNOTIFY_STOPPING), "sent");
	receives(fd, "STOPPING=1");
	close(fd);
}
#endif

static void
test_sdnotify__never_blocks(void)
{
	bool was_sent = true;
	int fd, i;

	snprintf(path, sizeof(path), "/tmp/u-sdnotify.%ld", (long)getpid());
	unlink(path);
	fd = listen_on(path);
	for (i = 0; i < 100000 && was_sent; i++)
		was_sent = sdnotify(SDNOTIFY_WATCHDOG);
	ok(!was_sent, "the queue is full");
	close(fd);
	unlink(path);
}

static void
test_sdnotify__sends_nothing_unasked(void)
{
	char long_name[300] = "/";

	unsetenv("NOTIFY_SOCKET");
	ok(!sdnotify(SDNOTIFY_READY), "no variable");
	setenv("NOTIFY_SOCKET", "", 1);
	ok(!sdnotify(SDNOTIFY_READY), "an empty one");
	setenv("NOTIFY_SOCKET", "relative", 1);
	ok(!sdnotify(SDNOTIFY_READY), "a relative path");
	memset(long_name + 1, 'x', sizeof(long_name) - 2);
	setenv("NOTIFY_SOCKET", long_name, 1);
	ok(!sdnotify(SDNOTIFY_READY), "one that does not fit");
}

static void
test_sdnotify__watchdog_is_half_of_what_is_allowed(void)
{
	char pid[24];

	sdnotify_unset();
	is_int(sdnotify_watchdog_ms(), 0, "not asked for");
	setenv("WATCHDOG_USEC", "60000000", 1);
	is_int(sdnotify_watchdog_ms(), 30000, "of us, without a pid");
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	is_int(sdnotify_watchdog_ms(), 30000, "of us");
	setenv("WATCHDOG_PID", "1", 1);
	is_int(sdnotify_watchdog_ms(), 0, "of another");
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "1", 1);
	is_int(sdnotify_watchdog_ms(), 1, "never 0");
	setenv("WATCHDOG_USEC", "-5", 1);
	is_int(sdnotify_watchdog_ms(), 0, "nonsense");
	setenv("WATCHDOG_USEC", "1s", 1);
	is_int(sdnotify_watchdog_ms(), 0, "and more of it");
	sdnotify_unset();
	is_int(sdnotify_watchdog_ms(), 0, "taken back");
}

static void
give_up(void *ctx)
{
	loop_stop(ctx);
}

static void
test_sdnotify__the_loop_feeds_the_watchdog(void)
{
	struct loop *loop = loop_new();
	struct loop_watch *end = loop_timer(loop, give_up, loop);
	struct sdnotify_watchdog *watchdog;
	char buf[64];
	int fd, nr = 0;

	ok(!sdnotify_watchdog_begin(loop), "not asked for");
	sdnotify_watchdog_end(NULL);
	snprintf(path, sizeof(path), "/tmp/u-sdnotify.%ld", (long)getpid());
	unlink(path);
	fd = listen_on(path);
	setenv("WATCHDOG_USEC", "40000", 1);
	watchdog = sdnotify_watchdog_begin(loop);
	receives(fd, "WATCHDOG=1");
	loop_timer_at(end, mono_add_ms(os_now(), 200));
	loop_run(loop);
	sdnotify_watchdog_end(watchdog);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		nr++;
	ok(nr >= 2 && nr <= 10, "%d of about 10", nr);
	loop_watch_free(end);
	loop_free(loop);
	sdnotify_unset();
	close(fd);
	unlink(path);
}
