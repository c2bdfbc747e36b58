/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the operator wants of an agent (its operation), and what a verb does to
 * an agent in each situation: one table, which teamctl-control(7) shows and
 * u-operation.c compares with the page.  Pure.
 *
 * The operation is kept apart from what runs.  Nothing but a verb changes it:
 * no restart, strategy, link or backoff overrides one that is not active.
 */
#ifndef OPERATION_H
#define OPERATION_H

#include "util.h"

enum operation {
	OPERATION_ACTIVE,
	OPERATION_STOPPED,     /* by down, or a critical agent's failure */
	OPERATION_PAUSED,      /* by pause: frozen, or held stopped */
	OPERATION_QUARANTINED, /* by quarantine, a health check or a limit */
	OPERATION_REMOVED,     /* by remove: nothing is left of it but this */
	OPERATION_NR,
};

/* "active", "stopped", ... */
const char *operation_name(enum operation operation);
/* One that is not known is active, as a missing one is. */
enum operation operation_parse(const char *name);

enum verb {
	VERB_UP,
	VERB_RELOAD,
	VERB_DOWN,
	VERB_RESTART,
	VERB_FREEZE, /* pause --freeze */
	VERB_PAUSE,  /* pause --stop */
	VERB_RESUME,
	VERB_QUARANTINE,
	VERB_RELEASE,
	VERB_RESET,
	VERB_REMOVE,
	VERB_ADD,
	VERB_NR,
};

/* "pause --freeze"; the first word is the command's. */
const char *verb_name(enum verb verb);
/*
 * By the command's name and, for pause, whether it freezes.  VERB_NR: it is
 * none of them.
 */
enum verb verb_find(const char *name, bool freeze);
/* "paused": what became of an agent, for the line about it. */
const char *verb_past(enum verb verb);

enum situation {
	SITUATION_RUNNING, /* or about to be: waiting, in backoff */
	SITUATION_STOPPED,
	SITUATION_PAUSED,
	SITUATION_FROZEN,
	SITUATION_QUARANTINED,
	SITUATION_FAILED,  /* active, but it has ended and stays so */
	SITUATION_REMOVED,
	SITUATION_ABSENT,  /* never started, or not known at all */
	SITUATION_NR,
};

/* "running", ... */
const char *situation_name(enum situation situation);
/* The verb that leads out of it, or NULL: "resume" for a paused one. */
const char *situation_way_out(enum situation situation);

enum answer {
	ANSWER_NONE,  /* there is no such agent */
	ANSWER_SAME,  /* it is so already, or not the verb's business */
	ANSWER_NO,    /* refused: another verb has to come first */
	ANSWER_DONE,
	ANSWER_START, /* at once */
	ANSWER_QUEUE, /* a start, after the stop */
};

/* The cell of the table.  *named: only for agents that were named. */
enum answer verb_answer(enum verb verb, enum situation situation,
    bool *named);

enum decision {
	DECISION_ACCEPTED,
	DECISION_UNCHANGED, /* idempotent */
	DECISION_STARTED,
	DECISION_QUEUED,
	DECISION_PENDING,
	DECISION_BLOCKED,
	DECISION_REJECTED,
	DECISION_UNKNOWN,   /* no such agent */
};

/* "accepted", "unchanged", "started_immediately", "queued_after_stop", ... */
const char *decision_name(enum decision decision);

/* What has to be done. */
enum operation_effect {
	EFFECT_NONE,
	EFFECT_START,
	EFFECT_STOP,
	EFFECT_RESTART,
	EFFECT_FREEZE,
	EFFECT_THAW,
	EFFECT_FORGET, /* stop it, then forget it */
};

struct operation_input {
	enum operation operation;
	bool is_known;      /* it has been applied */
	bool is_frozen;
	bool is_alive;
	bool is_failed;     /* active, not alive, and nothing starts it again */
	bool is_starting;   /* launched, or about to be for a person */
	bool is_stopping;   /* a drain is under way */
	bool is_queued;     /* and a start follows it */
	bool is_named;      /* the agent itself was named, not all of them */
	bool is_shutdown;   /* whoever would do it is about to end */
};

struct verdict {
	enum decision decision;
	enum situation situation;
	enum operation after;
	bool frozen_after;
	bool idempotent;
	enum operation_effect effect;
};

enum situation operation_situation(const struct operation_input *input);
struct verdict operation_decide(enum verb verb,
    const struct operation_input *input);

#endif
