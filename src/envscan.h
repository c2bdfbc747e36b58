/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A look at the environment of all processes, a few at a time: with thousands
 * of them it takes longer than an event loop should.
 */
#ifndef ENVSCAN_H
#define ENVSCAN_H

#include "os.h"

struct envscan {
	struct os_processes list; /* as it was at the beginning */
	size_t at;                /* the next one */
	bool is_on;
};

/* A process that has the variable. */
typedef void envscan_fn(void *ctx, const struct os_process *process,
    const char *value);

void envscan_begin(struct envscan *scan);
/*
 * Looks at the next ones, zombies and ourselves apart.  false: that were all;
 * the list is there until the next beginning or the release.
 */
bool envscan_step(struct envscan *scan, const char *name, envscan_fn *fn,
    void *ctx);
void envscan_release(struct envscan *scan);

#endif
