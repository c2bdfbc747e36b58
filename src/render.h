/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * From a team to what is run: the text of each agent's env file and MCP file,
 * the argv of its wrapper, and the fingerprints.  Reads through the source,
 * writes nothing.
 */
#ifndef RENDER_H
#define RENDER_H

#include "source.h"
#include "spec.h"

/*
 * Appends a spec for each agent of the team that pick accepts (NULL: all).
 * A required secret that is missing, an unreadable role prompt and the like
 * are findings in diags, for those agents only.
 */
void render(const struct team *team, const struct source *source,
    bool (*pick)(void *ctx, const struct agent *agent), void *ctx,
    struct specs *specs, struct diags *diags);

/* Paths below root that do not depend on a team; the caller frees. */
char *render_path(const char *root, const char *folder, const char *stem,
    const char *suffix);

/*
 * The text of a launch file: cwd, argv, limits, generation, attempt, the
 * marker and fingerprints, for shim.h.
 */
void render_launch(const struct spec *spec, const char *root, int64_t gen,
    int attempt, const char *notify_fifo, struct strbuf *out);

#endif
