/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Starting the agent below a shim, so that a start that fails says why.
 */
#ifndef SHIM_START_H
#define SHIM_START_H

#include "shim-launch.h"

#include <sys/types.h>

/* What the exit status of a shim says when the agent never ran (as env(1)). */
enum start_failure {
	START_REFUSED = 125,    /* a file, a folder or a limit is wrong */
	START_NOT_RUNNABLE = 126,
	START_NOT_FOUND = 127,
};

struct started {
	pid_t pid;      /* also its process group */
	uint64_t start; /* os_start_time */
	int failure;    /* when it never ran: enum start_failure */
	bool is_in;     /* the cgroup that was given */
};

/*
 * Forks the agent into a process group of its own, in the foreground of the
 * terminal if standard input is one, and returns when its exec has succeeded
 * (0) or anything has failed (-1, a text in err; the child is reaped).
 *
 * The env file is read by the child: no secret is ever in the shim's memory.
 */
int shim_start(const char *id, const char *env_path,
    const struct launch *launch, const char *cgroup, struct started *started,
    struct strbuf *err);

#endif
