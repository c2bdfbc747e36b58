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
 * chain.h says how the lines hang together, and what journal.head is for: it
 * names the last line, so that a cut tail is seen, and is the lock of all that
 * write.  Lines go to journal.jsonl until that is large or old; then it is
 * renamed to journal-NNNNNNNNNNNN.jsonl, by the number of its last line.
 *
 * Events are collected and written at journal_flush, before the effect that
 * they announce: one write for any number of them.  Any process may write: who
 * comes second goes on behind the line of the first.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "chain.h"
#include "compose.h"
#include "event.h"
#include "strbuf.h"
#include "strvec.h"

#include <jansson.h>

struct journal {
	char *root, *path;
	struct journal_settings how; /* owns its key_file */
	struct strbuf key;   /* empty: heads are not signed, or not read yet */
	int fd, head_fd;     /* -1: not open yet */
	struct chain_line last;
	int64_t size;        /* bytes of the segment; -1: not known */
	int64_t begun_ms;    /* the time of its first line; 0: not known */
	char boot[40];       /* boot id of the machine */
	char *actor;         /* who causes what is added */
	char correlation[33]; /* the same for all of a command */
	struct strvec pending; /* bodies of lines (chain_add) */
	size_t nr_aside;       /* so many of them are worth no write alone */
	int64_t lost;        /* could not be written, and were dropped */
	char *complaint;     /* of the last flush, or NULL */
};

/* One that takes no events.  journal_close may follow, here and below. */
void journal_init(struct journal *journal);
/* Takes events from now on; the files are opened by the first flush. */
void journal_open(struct journal *journal, const char *root);
/* Before the first flush, or later; copied. */
void journal_set(struct journal *journal, const struct journal_settings *how);
/* Writes what is pending, and closes. */
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
	/* Announces nothing by itself: goes with the next that does, if any. */
	bool is_aside;
};

/* Adds an event.  Nothing happens when the journal is not open. */
void journal_put(struct journal *journal, const struct journal_event *event);
/* The same, in short. */
void journal_add(struct journal *journal, enum event_kind kind,
    const char *agent, int64_t gen, const char *reason, json_t *fields);
/* The same, aside. */
void journal_add_aside(struct journal *journal, enum event_kind kind,
    const char *agent, int64_t gen, const char *reason, json_t *fields);
/*
 * -1 when that is impossible now, for instance because the end of the journal
 * is not what was written: what is pending is kept, and tried again with the
 * next flush.  err is left alone when it would say the same again; 0 with a
 * text in it is a warning.
 */
int journal_flush(struct journal *journal, struct strbuf *err);

/* ---- reading (journal-read.c) ---- */

/*
 * Calls fn with each line of all segments in order, whole and without its
 * newline, until it returns non-zero; returns that, or 0.  -1 and err when a
 * segment cannot be read.
 */
typedef int journal_fn(void *ctx, const char *line, size_t len);
int journal_each(const char *root, journal_fn *fn, void *ctx,
    struct strbuf *err);
/*
 * Checks the whole chain against its head, and the head's signature when key
 * is not NULL.  check was begun; what it wants is in it.  -1 and err, which
 * names the sequence number at which it breaks.
 */
int journal_verify(const char *root, const struct strbuf *key,
    struct chain_check *check, struct strbuf *err);
/* The same for a file of lines that follow each other, an export. */
int journal_verify_file(const char *path, struct chain_check *check,
    struct strbuf *err);
/*
 * A key from its file, without the newline at its end: 16 to 4096 bytes.  0
 * with a text in err: others may read the file.
 */
int journal_read_key(const char *path, struct strbuf *key,
    struct strbuf *err);

/* How far a reader has come. */
struct journal_place {
	int64_t seq; /* of the last line; 0: from the beginning */
	uint64_t inode; /* of the segment with it, */
	int64_t offset; /* and where that line ends; 0: not known */
};

struct journal_reader {
	/* With each line, as in journal_each. */
	journal_fn *line;
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
 * Paths of all segments: closed ones by the number of their last line, which
 * is in their names, then the open one.
 */
void journal_segments(const char *root, struct strvec *paths);

/* ---- between the journal files only ---- */

/* Of a file in its folder; the caller frees. */
char *journal_path(const char *root, const char *name);
/*
 * Waits for the lock of an open head, shared or alone, for two seconds at
 * most; unlock by closing or LOCK_UN.
 */
int journal_lock(int head_fd, int operation, struct strbuf *err);
/* 0; 1: empty, there is none yet; -1 and err: it is damaged. */
int journal_read_head(int head_fd, const char *root, struct chain_head *head,
    struct strbuf *err);
/* Bytes of fd from offset up to its end. */
int journal_read_from(int fd, int64_t offset, struct strbuf *out);
/* "cannot WHAT 'PATH': ..." of errno; -1. */
int journal_fail(const char *path, const char *what, struct strbuf *err);
int journal_open_segment(struct journal *journal, struct strbuf *err);

/* What was to be done about what a crash has left. */
struct journal_recovery {
	int64_t cut_bytes; /* of a batch that was not written any more */
	int64_t events;    /* taken over, though no head names them */
};
/*
 * With the lock: the last line and the size become those of the files.  *head
 * is what was there before.
 */
int journal_catch_up(struct journal *journal, struct chain_head *head,
    struct journal_recovery *recovery, struct strbuf *err);

#endif
