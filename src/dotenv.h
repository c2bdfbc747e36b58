/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * .env files and those that env_file names, as people write them:
 *
 *   NAME=value             up to the end of the line or to " #"
 *   export NAME=value      the same
 *   NAME='value'           as it is, may hold newlines
 *   NAME="value"           with \n \r \t \" \\ \$, may hold newlines
 *   NAME                   taken from the environment (env_file only)
 *
 * Values are literal: no variable is filled in, so that a password with a
 * dollar sign survives.  For files that teamctl itself writes see envfile.h.
 */
#ifndef DOTENV_H
#define DOTENV_H

#include "diag.h"

/*
 * Calls fn for each line; value is NULL for a bare NAME.  file is what
 * findings show.  -1 when there was an error, after reading all.
 */
int dotenv_parse(const char *file, const char *text, size_t len,
    struct diags *diags,
    void (*fn)(void *ctx, struct pos pos, const char *name,
    const char *value), void *ctx);

#endif
