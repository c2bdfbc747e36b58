/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The notification protocol of service managers, sd_notify(3): a datagram to
 * the socket that $NOTIFY_SOCKET names.  Without one nothing is sent.  There is
 * one manager of a process: what it asks for is kept here.
 */
#ifndef SDNOTIFY_H
#define SDNOTIFY_H

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

#define SDNOTIFY_READY "READY=1"
#define SDNOTIFY_STOPPING "STOPPING=1"
#define SDNOTIFY_WATCHDOG "WATCHDOG=1"

/*
 * Takes what the service manager asks for out of the environment: what we
 * start is not to speak for us (podman, for one, would).  Until then, nothing
 * is asked for.
 */
void sdnotify_begin(void);
/*
 * Sends assignments, separated by newlines; never blocks.  false when nobody
 * asked for it or it could not be sent.
 */
bool sdnotify(const char *state);
/*
 * How often WATCHDOG=1 is to be sent: half of what $WATCHDOG_USEC allows.  0:
 * not asked for, or asked of another process.
 */
int64_t sdnotify_watchdog_ms(void);
/*
 * Sends WATCHDOG=1 that often, from the loop: that it arrives shows that the
 * loop goes round.  NULL when it is not asked for; _end takes that, too.
 */
struct sdnotify_watchdog *sdnotify_watchdog_begin(struct loop *loop);
void sdnotify_watchdog_end(struct sdnotify_watchdog *watchdog);

#endif
