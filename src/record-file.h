/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Records as files: see record.h.
 */
#ifndef RECORD_FILE_H
#define RECORD_FILE_H

#include "record.h"

/* As shims write it: over the one that is there.  -1 and a text in err. */
int record_save(const struct record *record, const char *path,
    struct strbuf *err);
/*
 * 0, also when there is none: then its state is RECORD_NONE, as with -1 and a
 * text in err that names the file.
 */
int record_load(struct record *record, const char *path, struct strbuf *err);

#endif
