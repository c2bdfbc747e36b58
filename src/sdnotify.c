/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See sdnotify.h.  What is not needed of libsystemd is not linked: the
 * protocol is stable and told in sd_notify(3) for who implements it anew.
 */
#include "sdnotify.h"

#include "os.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
	struct sockaddr_un address;
	socklen_t len; /* 0: nobody wants to be told */
	int64_t watchdog_ms;
} manager;

/* A path, or with @ first an abstract name.  0 when it is neither. */
static socklen_t
make_address(const char *name, struct sockaddr_un *address)
{
	size_t len = name ? strlen(name) : 0;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len < 2 || len >= sizeof(address->sun_path) ||
	    (*name != '/' && *name != '@'))
		return 0;
	memcpy(address->sun_path, name, len);
	if (*name == '@')
		address->sun_path[0] = '\0';
	else
		len++;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* Half of what it allows; 0: not asked for, or asked of another process. */
static int64_t
find_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t n;

	if (pid && (units_parse_int(pid, &n) < 0 || n != getpid()))
		return 0;
	if (!usec || units_parse_int(usec, &n) < 0 || n <= 0)
		return 0;
	n /= 2000;
	return n > 0 ? n : 1;
}

void
sdnotify_begin(void)
{
	manager.len = make_address(getenv("NOTIFY_SOCKET"), &manager.address);
	manager.watchdog_ms = find_watchdog_ms();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

bool
sdnotify(const char *state)
{
	size_t size = strlen(state);
	ssize_t n = -1;
	int fd;

	if (manager.len == 0)
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		return false;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	do
		n = sendto(fd, state, size, MSG_DONTWAIT,
		    (struct sockaddr *)&manager.address, manager.len);
	while (n < 0 && errno == EINTR);
	close(fd);
	return n == (ssize_t)size;
}

int64_t
sdnotify_watchdog_ms(void)
{
	return manager.watchdog_ms;
}

struct sdnotify_watchdog {
	struct loop_watch *timer;
};

static void
on_interval(void *ctx)
{
	struct sdnotify_watchdog *watchdog = ctx;

	sdnotify(SDNOTIFY_WATCHDOG);
	loop_timer_at(watchdog->timer, mono_add_ms(os_now(),
	    manager.watchdog_ms));
}

struct sdnotify_watchdog *
sdnotify_watchdog_begin(struct loop *loop)
{
	struct sdnotify_watchdog *watchdog;

	if (sdnotify_watchdog_ms() == 0)
		return NULL;
	watchdog = xcalloc(1, sizeof(*watchdog));
	watchdog->timer = loop_timer(loop, on_interval, watchdog);
	on_interval(watchdog);
	return watchdog;
}

void
sdnotify_watchdog_end(struct sdnotify_watchdog *watchdog)
{
	if (!watchdog)
		return;
	loop_watch_free(watchdog->timer);
	free(watchdog);
}
