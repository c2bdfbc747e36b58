/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Child processes on the event loop, which they must not hold up.  Each has an
 * end: it runs in a process group of its own that is killed at its deadline,
 * when it writes too much, and when its first process has ended.  Children are
 * reaped by their pid only, so that proc_run and others may have some of their
 * own.
 */
#ifndef CHILD_H
#define CHILD_H

#include "loop.h"
#include "proc.h"

struct child;

/*
 * Called once, from the loop, never from within child_begin; the child is gone
 * by then.  out and err are valid during the call.
 */
typedef void child_fn(void *ctx, const struct proc_result *result,
    struct strbuf *out, struct strbuf *err);

/*
 * Starts argv.  Nothing of the options is used after the return.  What has
 * been written when the process has ended is read: a tmux server that inherited
 * the pipes may keep them open for ever.
 */
struct child *child_begin(struct loop *loop, char *const *argv,
    const struct proc_options *options, child_fn *done, void *ctx);
/* Of a child that is fed (and has input, ""): once; then its input ends. */
void child_feed(struct child *child, const char *text, size_t len);
/* Its time begins anew, and more: who runs the loop had other things to do. */
void child_grant_time(struct child *child, int64_t more_ms);
/* Kills it, without a call of done.  NULL is allowed. */
void child_cancel(struct child *child);
/*
 * To be called before loop_free, with all children done or cancelled: those
 * that were killed and have not quite ended are not watched any more, but
 * reaped by a later call.
 */
void children_forget(struct loop *loop);
/*
 * Reaps them before we end, or exec: to leave that to init leaves zombies where
 * it does not care for strangers, as in many a container.
 */
void children_reap(void);

#endif
