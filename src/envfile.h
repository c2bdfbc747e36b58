/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The file that carries an environment (or a launch description) to the shim:
 * one KEY=value a line, no shell anywhere.
 *
 * The value is raw to the end of the line.  Only a value that this cannot
 * carry (it begins with a double quote, or holds a control character) is
 * quoted: "..." with \\, \", \n, \r, \t and \xHH.  A NUL cannot be carried.
 * Blank lines and lines that begin with '#' are skipped; everything else that
 * is not KEY=value is an error.
 */
#ifndef ENVFILE_H
#define ENVFILE_H

#include "strbuf.h"

/* Adds one line.  key must be an environment variable's name. */
void envfile_add(struct strbuf *out, const char *key, const char *value);
/*
 * Calls fn for each line in order.  -1 and a text in err ("line 3: ...") on
 * the first malformed line, or when fn returns non-zero.
 */
int envfile_parse(const char *text, size_t len,
    int (*fn)(void *ctx, const char *key, const char *value), void *ctx,
    struct strbuf *err);

#endif
