/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The launch file of a shim, read (its keys are listed in shim.h).
 */
#ifndef SHIM_LAUNCH_H
#define SHIM_LAUNCH_H

#include "strbuf.h"
#include "strvec.h"

struct launch {
	char *cwd, *record, *team;
	char *notify; /* or NULL */
	int64_t generation, attempt;
	int64_t kill_signal, kill_after_ms;
	int64_t nofile, cpu_secs; /* 0: not limited */
	int64_t cgroup;           /* 1: it gets one of its own */
	int64_t memory_max;       /* of that, bytes; 0: not limited */
	struct strvec argv;       /* at least one */
	struct strvec fp;
	const char *token;        /* not of the file: the shim's */
};

/*
 * 0, or -1 and a text in err.  What was read up to the error stays in launch,
 * so that a failure can be recorded where it will be looked for.
 */
int launch_load(struct launch *launch, const char *path, struct strbuf *err);
void launch_release(struct launch *launch);

#endif
