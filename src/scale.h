/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * state/scale.json: of which agents there are to be others than the compose
 * file says, by `teamctl scale`.  {"schema": 1, "slots": {"p:a": [1, 2, 5]}}
 * It is read with the compose files (compose-replicas.c); here it is changed.
 */
#ifndef SCALE_H
#define SCALE_H

#include "strbuf.h"
#include "strvec.h"

#include <stdint.h>

struct scale_file {
	char *path;
	void *document;
	char *before; /* its former text; NULL: it was not there */
};

/* -1 and err when it cannot be read or parsed; it is then left alone. */
int scale_open(struct scale_file *file, const char *root, struct strbuf *err);
/* The numbers of an agent's slots; nr 0: as the compose file says. */
void scale_put(struct scale_file *file, const char *id, const int *slots,
    size_t nr);
int scale_save(struct scale_file *file, struct strbuf *err);
/* Puts back what was there before of these agents. */
int scale_undo(const struct scale_file *file, const struct strvec *ids,
    struct strbuf *err);
void scale_close(struct scale_file *file);

/*
 * One `teamctl scale` at a time, from its look at the team to its end: what it
 * records rests on the numbers that it has seen.  Closed by the caller; -1 and
 * err: errno, which is EAGAIN after timeout_ms, and ENOENT where there is no
 * state folder yet.
 */
int scale_claim(const char *root, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), struct strbuf *err);

#endif
