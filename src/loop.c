/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See loop.h.  The only file besides the HTTP server that knows libevent.
 */
#include "loop.h"

#include "os.h"
#include "util.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/time.h>

struct loop {
	struct event_base *base;
	loop_tick_fn *on_tick;
	void *tick_ctx;
	struct mono tick_begin; /* MONO_NEVER: it waits */
	int64_t tick_cpu_us;
};

struct loop_watch {
	struct loop *loop;
	struct event *event;
	loop_fn *fn;
	void *ctx;
};

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->tick_begin = MONO_NEVER;
	loop->base = event_base_new();
	if (!loop->base) {
		free(loop);
		return NULL;
	}
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_base_free(loop->base);
	free(loop);
}

static void
dispatch(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;

	(void)fd;
	(void)what;
	if (watch->loop->on_tick &&
	    watch->loop->tick_begin.ns == MONO_NEVER.ns) {
		watch->loop->tick_begin = os_now();
		watch->loop->tick_cpu_us = os_cpu_us();
	}
	watch->fn(watch->ctx);
}

static struct loop_watch *
watch_new(struct loop *loop, evutil_socket_t fd, short what, loop_fn *fn,
    void *ctx)
{
	struct loop_watch *watch = xcalloc(1, sizeof(*watch));

	watch->loop = loop;
	watch->fn = fn;
	watch->ctx = ctx;
	watch->event = event_new(loop->base, fd, what, dispatch, watch);
	if (!watch->event)
		BUG("event_new");
	return watch;
}

struct loop_watch *
loop_read(struct loop *loop, int fd, loop_fn *fn, void *ctx)
{
	struct loop_watch *watch = watch_new(loop, fd, EV_READ | EV_PERSIST,
	    fn, ctx);

	event_add(watch->event, NULL);
	return watch;
}

struct loop_watch *
loop_write(struct loop *loop, int fd, loop_fn *fn, void *ctx)
{
	struct loop_watch *watch = watch_new(loop, fd, EV_WRITE | EV_PERSIST,
	    fn, ctx);

	event_add(watch->event, NULL);
	return watch;
}

struct loop_watch *
loop_signal(struct loop *loop, int signo, loop_fn *fn, void *ctx)
{
	struct loop_watch *watch = watch_new(loop, signo,
	    EV_SIGNAL | EV_PERSIST, fn, ctx);

	event_add(watch->event, NULL);
	return watch;
}

struct loop_watch *
loop_timer(struct loop *loop, loop_fn *fn, void *ctx)
{
	return watch_new(loop, -1, 0, fn, ctx);
}

void
loop_timer_at(struct loop_watch *timer, struct mono when)
{
	int64_t ms = mono_ms_until(os_now(), when);
	struct timeval tv;

	if (when.ns == INT64_MAX) {
		event_del(timer->event);
		return;
	}
	if (ms < 0)
		ms = 0;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	event_add(timer->event, &tv);
}

void
loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return;
	event_free(watch->event);
	free(watch);
}

void
loop_on_tick(struct loop *loop, loop_tick_fn *fn, void *ctx)
{
	loop->on_tick = fn;
	loop->tick_ctx = ctx;
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

static void
end_tick(struct loop *loop)
{
	int64_t ns = os_now().ns - loop->tick_begin.ns;

	if (loop->tick_begin.ns == MONO_NEVER.ns)
		return;
	loop->tick_begin = MONO_NEVER;
	loop->on_tick(loop->tick_ctx, ns / 1000,
	    os_cpu_us() - loop->tick_cpu_us);
}

void
loop_run(struct loop *loop)
{
	do {
		event_base_loop(loop->base, EVLOOP_ONCE |
		    EVLOOP_NO_EXIT_ON_EMPTY);
		end_tick(loop);
	} while (!event_base_got_break(loop->base));
}

void
loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}
