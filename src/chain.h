/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The chain of the journal's lines, and the head that names its end.  Pure:
 * text in, text out; the files are journal.h's.
 *
 * A line is a JSON object that ends with ,"prev":"...","hash":"..."}: hash is
 * the SHA-256 of the bytes of the line before ,"hash":, prev the hash of the
 * line before, 64 zeros for the first.
 *
 * The head is written twice for each batch of lines: before, with what is
 * going to be the end (next_seq, next_hash, next_bytes), and after, when it
 * is.  So what a crash has left behind can be told from what somebody else has
 * added, and a cut end is seen.  boot tells whether the machine went down since
 * it was written.  With a key it carries the HMAC-SHA256 of
 * "seq hash next_seq next_hash next_bytes boot", 0 and no text for no next.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "strbuf.h"

enum {
	CHAIN_HASH = 65,  /* 64 digits and the terminator */
	CHAIN_HEAD = 512, /* bytes of a head, one sector */
};

struct chain_line {
	int64_t seq;
	char prev[CHAIN_HASH], hash[CHAIN_HASH];
	char event[48];   /* its kind, cut */
};

struct chain_head {
	int64_t seq;
	char hash[CHAIN_HASH];
	int64_t next_seq, next_bytes; /* 0: nothing is being written */
	char next_hash[CHAIN_HASH];
	char boot[40];                /* boot id of the machine, or "" */
	char mac[CHAIN_HASH];         /* "": not signed */
};

/* Before the first line. */
void chain_begin(struct chain_line *last);
/*
 * Takes a line apart and checks its own hash; NULL when it is good, else what
 * is wrong with it.
 */
const char *chain_parse(const char *text, size_t len, struct chain_line *line);
/*
 * Appends the line behind last, with its newline.  body: its members from
 * ,"time": on, without prev and hash.
 */
void chain_add(struct strbuf *out, const char *body, struct chain_line *last);

/* The head of a journal without lines. */
void chain_head_init(struct chain_head *head);
/* 0, or -1 when it is none. */
int chain_head_parse(const char *text, size_t len, struct chain_head *head);
/* CHAIN_HEAD bytes; signs it when key_len is not 0. */
void chain_head_format(struct chain_head *head, const void *key,
    size_t key_len, char out[CHAIN_HEAD]);
bool chain_head_is_signed(const struct chain_head *head, const void *key,
    size_t key_len);

/* ---- checking all of it ---- */

struct chain_check {
	struct chain_line last;
	int64_t first;  /* sequence number of the first line; 0: none yet */
	int64_t lines;
	int64_t keyed;  /* of the last journal.keyed, or 0 */
	bool anywhere;  /* it need not begin with line 1 */
	const struct chain_head *head; /* or NULL: there is none to go by */
	int64_t wanted; /* a line somebody has noted; 0: none */
	char wanted_hash[CHAIN_HASH];
};

void chain_check_begin(struct chain_check *check);
/* The next line.  -1 and err, "seq 7: ...". */
int chain_check_line(struct chain_check *check, const char *text, size_t len,
    struct strbuf *err);
/* There are no more lines. */
int chain_check_end(const struct chain_check *check, struct strbuf *err);

#endif
