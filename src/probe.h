/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Questions to the outside world that must not hold up the event loop: the
 * probes of readiness and health, and hooks, which are told something as text
 * on their standard input.
 *
 * Each has an end; commands as child.h says, with at most PROBE_MAX_OUTPUT.
 */
#ifndef PROBE_H
#define PROBE_H

#include "compose.h"
#include "loop.h"

enum {
	PROBE_KEPT_OUTPUT = 4096,      /* bytes of it that get into the text */
	PROBE_MAX_OUTPUT = 1 << 20,
};

struct probe_run;

/*
 * Called once, from the loop, never from within probe_begin or hook_begin;
 * the run is gone by then.  text is one line of printable UTF-8, valid during
 * the call: what a command wrote, or why it is not ok ("exit 3: no route").
 */
typedef void probe_fn(void *ctx, bool ok, const char *text);

/*
 * Begins a probe of kind command, tcp or file.  A command's stdin is
 * /dev/null; a relative file is relative to cwd (NULL: ours); env NULL: ours.
 * tcp takes a numeric address or localhost, since looking up a name blocks.
 * Nothing of the arguments but loop and ctx is used after the return.
 */
struct probe_run *probe_begin(struct loop *loop, const struct probe *probe,
    const char *cwd, char *const *env, probe_fn *done, void *ctx);
/* Runs argv with input on its stdin (NULL: /dev/null); cwd, env NULL: ours. */
struct probe_run *hook_begin(struct loop *loop, char *const *argv,
    const char *cwd, char *const *env, const char *input,
    int64_t timeout_ms, probe_fn *done, void *ctx);
/* Ends it without a call of done.  NULL is allowed. */
void probe_cancel(struct probe_run *run);
/*
 * Does a screen show what an extended regular expression asks for?  ^ and $
 * are the ends of lines.  A pattern that does not compile matches nothing.
 */
bool probe_pane_matches(const char *regex, const char *screen);

#endif
