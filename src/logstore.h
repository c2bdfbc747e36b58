/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What is kept of what agents printed, for those that read it: run by run,
 * also of agents that are gone.  logname.h names the files, panelog.h writes
 * them.
 */
#ifndef LOGSTORE_H
#define LOGSTORE_H

#include "logname.h"
#include "strvec.h"

/* <root>/state/logs/PROJECT-AGENT; the caller frees. */
char *logstore_folder(const char *root, const char *id);
/* Adds the ids of all agents of which something is kept. */
void logstore_ids(const char *root, struct strvec *ids);

struct logstore_runs {
	int64_t *generations; /* oldest first */
	size_t nr, alloc;
};
void logstore_runs(const char *root, const char *id,
    struct logstore_runs *runs);
void logstore_runs_release(struct logstore_runs *runs);

/* Somebody writes down what this run prints. */
bool logstore_is_written(const char *root, const char *id,
    int64_t generation);

/* A run that is read, and where its reader is. */
struct logstore_tail {
	char *folder;
	int64_t generation;
	int fd;         /* of its .log; -1: none is open */
	bool is_packed; /* nothing is added to it any more */
	int64_t base;   /* where that file begins, of the whole run */
	int64_t offset; /* in that file */
	int64_t lost;   /* bytes that were gone before they could be read */
};

/*
 * Begins to read a run: appends what it has printed so far, since that time of
 * the wall clock or (0) from the beginning.  -1 and err; the tail is to be
 * released in any case.
 */
int logstore_begin(struct logstore_tail *tail, const char *root,
    const char *id, int64_t generation, int64_t since_ms, struct strbuf *out,
    struct strbuf *err);
/*
 * Appends what is new, and goes over to the file that the run goes on in, by
 * the one before that if need be.
 */
void logstore_go_on(struct logstore_tail *tail, struct strbuf *out);
void logstore_release(struct logstore_tail *tail);

#endif
