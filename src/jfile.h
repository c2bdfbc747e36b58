/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Files that hold a JSON document.
 */
#ifndef JFILE_H
#define JFILE_H

#include "fs.h"

#include <jansson.h>

/* Replaces the file, 0600; flags are fs_write's.  -1 and err. */
int jfile_write(const char *path, const json_t *document, unsigned flags,
    struct strbuf *err);

#endif
