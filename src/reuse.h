/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Agents as they were applied: the files that `up` or `reload` rendered are
 * there, and are used again as they are.
 */
#ifndef REUSE_H
#define REUSE_H

#include "engine.h"

/*
 * Makes the engine want all that was applied.  team: for what is not in the
 * files, or NULL.  specs must outlive the engine.
 */
void reuse_all(struct engine *engine, const struct team *team,
    struct specs *specs);

#endif
