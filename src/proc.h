/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Child processes with a deadline.  All signals are blocked around the fork,
 * handlers are reset in the child, and a failed exec is reported as such.
 */
#ifndef PROC_H
#define PROC_H

#include "mono.h"
#include "strbuf.h"
#include "strvec.h"

#include <sys/types.h>

struct proc_result {
	bool spawned;    /* false: spawn_errno says why */
	int spawn_errno; /* ENOENT: no such program */
	bool timed_out;  /* it was killed at the deadline, with its group */
	bool flooded;    /* it wrote more than max_output and was killed */
	int exit_code;   /* -1 when it died of a signal */
	int signal;
};

struct proc_options {
	const char *input; /* for its standard input; NULL: /dev/null */
	size_t input_len;
	const char *cwd;   /* or NULL */
	char *const *env;  /* or NULL: ours */
	int64_t timeout_ms; /* 0: none */
	size_t max_output; /* 0: no limit */
	bool inherit_err;  /* stderr goes to ours, err stays empty */
	bool merge_err;    /* stderr goes where stdout goes */
	bool dies_with_us; /* killed when we are, where the system can */
	bool is_beside;    /* we have something to do meanwhile */
	bool is_fed;       /* of child_begin: child_feed brings the input */
	/*
	 * Of child_begin only, or NULL: true when out holds all that is wanted
	 * of it.  Then it has succeeded, and its end is not waited for.
	 */
	bool (*is_all)(const struct strbuf *out);
};

/*
 * Runs argv, collects what it writes, and waits for its end.  Reading stops
 * when the process has ended, not at end-of-file: a tmux server that inherited
 * the pipe may keep it open for ever.
 */
void proc_run(char *const *argv, const struct proc_options *options,
    struct strbuf *out, struct strbuf *err, struct proc_result *result);

/* ---- for who has an event loop: the parts of proc_run ---- */

/* Our ends of the pipes do not block; -1: there is none. */
struct proc_child {
	pid_t pid; /* and its process group */
	int in, out, err;
};

/*
 * Starts argv; of the options input (only whether there is some), cwd, env,
 * inherit_err, merge_err, dies_with_us and is_beside count.  0, or why it did
 * not start; then there is nothing to close or to reap.
 */
int proc_spawn(char *const *argv, const struct proc_options *options,
    struct proc_child *child);
/* Closes what is open of the pipes. */
void proc_child_close(struct proc_child *child);
/* write(2); a pipe that nobody reads is EPIPE and no signal. */
ssize_t proc_write(int fd, const void *data, size_t len);

#endif
