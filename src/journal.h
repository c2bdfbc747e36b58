/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The journal of a team, <root>/state/journal.jsonl: one JSON line an event,
 * each with the hash of the one before it, so that none can be changed, taken
 * out, put in or moved without notice.
 *
 *   {"seq":7,"time":"2026-11-20T15:00:00.123Z","mono_ns":...,
 *    "event":"agent.started","agent":"p:dev","gen":3,"attempt":1,
 *    "actor":"ann","reason":"...","fields":{...},"correlation_id":"...",
 *    "prev":"<64 hex>","hash":"<64 hex>"}
 *
 * hash is the SHA-256 of the bytes of the line before `,"hash":`; prev is the
 * hash of the line before, 64 zeros for the first.  journal.head names the
 * last line that was written, so that a cut tail is seen.
 *
 * Events are collected and written at journal_flush, before the effect that
 * they announce: one write and one fdatasync for any number of them.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "event.h"
#include "strbuf.h"
#include "strvec.h"

#include <jansson.h>

struct journal {
	char *root, *path;
	int fd;              /* -1: not open */
	int64_t seq;         /* of the last line */
	int64_t size;        /* bytes of the segment */
	char hash[65];       /* of the last line */
	char *actor;         /* who causes what is added */
	char correlation[33]; /* the same for all of a command */
	struct strbuf pending;
};

enum { JOURNAL_SEGMENT_BYTES = 2 << 20 };

/*
 * Opens it for appending; whoever does holds the team's lock.  A torn last
 * line is cut and that is journalled.  -1 and err, for instance when the last
 * line is no line of ours: then nothing is appended to it.
 */
int journal_open(struct journal *journal, const char *root,
    struct strbuf *err);
/* Writes what is pending, and closes.  Safe for one that is not open. */
void journal_close(struct journal *journal);

/* What may be left out is NULL or 0. */
struct journal_event {
	enum event_kind kind;
	const char *agent;
	int64_t gen, attempt;
	const char *actor; /* NULL: the journal's */
	const char *correlation; /* so too */
	const char *reason;
	json_t *fields;    /* taken over */
};

/* Adds an event.  Nothing happens when the journal is not open. */
void journal_put(struct journal *journal, const struct journal_event *event);
/* The same, in short. */
void journal_add(struct journal *journal, enum event_kind kind,
    const char *agent, int64_t gen, const char *reason, json_t *fields);
int journal_flush(struct journal *journal, struct strbuf *err);

/*
 * Calls fn with each line of all segments in order, whole and without its
 * newline, until it returns non-zero; returns that, or 0.  -1 and err when a
 * segment cannot be read.
 */
int journal_each(const char *root,
    int (*fn)(void *ctx, const char *line, size_t len), void *ctx,
    struct strbuf *err);
/*
 * Paths of all segments: closed ones by the number of their last line, which
 * is in their names, then the open one.
 */
void journal_segments(const char *root, struct strvec *paths);

/* How far a reader has come. */
struct journal_place {
	int64_t seq; /* of the last line; 0: from the beginning */
	uint64_t inode; /* of the segment with it, */
	int64_t offset; /* and where that line ends; 0: not known */
};

struct journal_reader {
	/* With each line, as in journal_each. */
	int (*line)(void *ctx, const char *line, size_t len);
	/* At the end of a segment that grows no more; or NULL. */
	int (*closed)(void *ctx);
};
/*
 * Reads the lines behind a place and moves it on.  A line that is being
 * written is left for the next time.  Returns as journal_each.
 */
int journal_since(const char *root, struct journal_place *place,
    const struct journal_reader *reader, void *ctx, struct strbuf *err);
/* Size of all segments. */
int64_t journal_bytes(const char *root);
/*
 * Checks the whole chain.  0 and how many lines there are, or -1 and err,
 * which names the sequence number at which it breaks.
 */
int journal_verify(const char *root, int64_t *lines, struct strbuf *err);

#endif
