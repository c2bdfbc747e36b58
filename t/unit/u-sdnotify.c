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
	sdnotify_begin();
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
sends_nothing_to(const char *name)
{
	setenv("NOTIFY_SOCKET", name, 1);
	sdnotify_begin();
	ok(!sdnotify(SDNOTIFY_READY), "to '%.20s'", name);
}

static void
test_sdnotify__sends_nothing_unasked(void)
{
	char long_name[300] = "/";

	unsetenv("NOTIFY_SOCKET");
	sdnotify_begin();
	ok(!sdnotify(SDNOTIFY_READY), "no variable");
	sends_nothing_to("");
	sends_nothing_to("relative");
	memset(long_name + 1, 'x', sizeof(long_name) - 2);
	sends_nothing_to(long_name);
}

static void
watchdog_is(const char *usec, const char *pid, int64_t want)
{
	if (usec)
		setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	sdnotify_begin();
	is_int(sdnotify_watchdog_ms(), want, usec ? usec : "(none)");
}

static void
test_sdnotify__watchdog_is_half_of_what_is_allowed(void)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	watchdog_is(NULL, NULL, 0);
	watchdog_is("60000000", NULL, 30000);
	watchdog_is("60000000", pid, 30000);
	watchdog_is("60000000", "1", 0);
	watchdog_is("1", pid, 1);
	watchdog_is("-5", pid, 0);
	watchdog_is("1s", pid, 0);
}

static void
test_sdnotify__children_are_not_asked(void)
{
	setenv("NOTIFY_SOCKET", "@nobody", 1);
	setenv("WATCHDOG_USEC", "60000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	sdnotify_begin();
	ok(!getenv("NOTIFY_SOCKET") && !getenv("WATCHDOG_USEC") &&
	    !getenv("WATCHDOG_PID"), "nothing is left in the environment");
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
	setenv("WATCHDOG_USEC", "40000", 1);
	fd = listen_on(path);
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
	close(fd);
	unlink(path);
}
