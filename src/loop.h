/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The event loop: descriptors, one-shot timers and signals, over libevent.
 */
#ifndef LOOP_H
#define LOOP_H

#include "mono.h"

struct loop;
struct loop_watch;
typedef void loop_fn(void *ctx);
typedef void loop_tick_fn(void *ctx, int64_t us, int64_t cpu_us);

/* NULL only when the system gives no event mechanism at all. */
struct loop *loop_new(void);
/* All watches must have been freed before. */
void loop_free(struct loop *loop);

/* fn each time fd is readable, until freed.  fd stays the caller's. */
struct loop_watch *loop_read(struct loop *loop, int fd, loop_fn *fn,
    void *ctx);
/* fn each time fd can be written to. */
struct loop_watch *loop_write(struct loop *loop, int fd, loop_fn *fn,
    void *ctx);
/* fn each time the signal arrives. */
struct loop_watch *loop_signal(struct loop *loop, int signo, loop_fn *fn,
    void *ctx);
/* A timer, not set; loop_timer_at sets or moves it, MONO_NEVER stops it. */
struct loop_watch *loop_timer(struct loop *loop, loop_fn *fn, void *ctx);
void loop_timer_at(struct loop_watch *timer, struct mono when);
/* NULL is allowed.  May be called from within any fn. */
void loop_watch_free(struct loop_watch *watch);

/*
 * fn after each tick, which is what the loop does between two waits, with how
 * long that took, and what it took of the processor.
 */
void loop_on_tick(struct loop *loop, loop_tick_fn *fn, void *ctx);

/* libevent's, for what is made of it elsewhere (http.h). */
struct event_base;
struct event_base *loop_base(struct loop *loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
