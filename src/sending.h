/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A text on its way into agents whose screens can be read: each is waited for
 * until it takes input, gets the text as one paste and then Enter, and is
 * looked at until its turn has begun.  The text is pasted once; Enter is
 * pressed again while the text stands in the place for input all the same.
 */
#ifndef SENDING_H
#define SENDING_H

#include "sight.h"

enum sent {
	SENT_OPEN,        /* it is on its way */
	SENT_OK,
	SENT_BUSY,        /* a turn is under way, or another command types */
	SENT_DIALOG,      /* it shows a question that is not for text */
	SENT_LIMITED,     /* its provider told it to wait */
	SENT_NOT_READY,   /* no place for input is to be seen */
	SENT_GONE,        /* it has ended */
	SENT_UNCONFIRMED, /* it was typed; no turn was seen to begin */
	SENT_NR,
};
/* "not_ready" */
const char *sent_name(enum sent sent);

enum sending_phase {
	SENDING_WAITS,    /* until the agent takes input */
	SENDING_ARRIVES,  /* pasted; until the text is to be seen */
	SENDING_SUBMITS,  /* Enter was pressed; until the turn has begun */
	SENDING_TURN,     /* until it has ended */
	SENDING_OVER,
};

/* A place for input, and what is around it. */
struct sending_look {
	char *input, *above;
	int64_t scrolled;
};

struct sending {
	struct run *run;
	enum sent outcome;
	enum sending_phase phase;
	enum sent why;         /* it is not ready */
	struct mono since;     /* of this phase */
	struct mono dialog;    /* since when `why` is SENT_DIALOG */
	struct mono enter_at;  /* the next Enter */
	struct mono rest;      /* since when it is at rest, in a turn */
	int enters;
	bool is_claimed, is_turn_seen, has_ended; /* the turn */
	bool must_paste, must_enter;
	struct sending_look before; /* the paste */
	char *filled;          /* the input, with the text in it */
};

struct sending_how {
	const char *text;
	bool no_enter, wait;   /* wait: for the end of the turn */
	int64_t timeout_ms;    /* until it takes input */
	bool is_patient;       /* with dialogs, too */
	int64_t turn_ms;       /* of wait; 0: no limit */
	const char *by, *reason; /* for the journal, or NULL */
};

/*
 * The runs are those of the sight; returns when all are over.  Each is zero
 * but for its run, or over already.
 */
void sending_run(struct sight *sight, struct sending *all, size_t nr,
    const struct sending_how *how);
void sending_release(struct sending *one);

/* The screens of such agents say when they take input. */
bool sending_is_readable(const struct runtime *runtime);
/*
 * What a paste may hold: anything else could end the bracketed paste early
 * and act as keys.  CR LF becomes LF; newlines at the end are dropped.
 * EXIT_DONE, or EXIT_FAILED after printing why.
 */
int sending_clean(struct strbuf *text);
/* Journals what is typed; the text is nobody else's business. */
void sending_note(const struct sight *sight, struct run *const *runs,
    size_t nr, const struct sending_how *how);
/* Lines that paste the text into panes, through a buffer of our own. */
void sending_script_paste(struct strbuf *script, struct run *const *runs,
    size_t nr, const char *text);

#endif
