/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What `teamctl top` sees when it looks at the team.
 */
#ifndef TOPLOOK_H
#define TOPLOOK_H

#include "topview.h"
#include "usage.h"

/*
 * Replaces the agents of top by those of the targets, with two tmux clients;
 * *title becomes the team's name (to be freed), when it is NULL.  EXIT_DONE, or
 * an exit code after printing why; top is as it was then.  The sampler is to be
 * the same each time.
 */
int top_look(struct top *top, char **title, int argc, char **argv,
    struct usage_sampler *sampler);

#endif
