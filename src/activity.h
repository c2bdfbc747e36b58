/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What an agent is doing, from the bottom of its screen.  Pure and
 * deterministic: the same screen, rules and instants give the same answer.
 *
 * The rules are those of the runtime's descriptor: the rules of `screens` as
 * they stand there, those that say idle behind the others; then those that
 * rate_limit_patterns make, which may look at prose and so come last, and at
 * the last lines only.  A descriptor without `screens` has its
 * waiting_patterns, rate_limit_patterns and ready_patterns for rules.  The
 * first that matches decides.  Without any, what has not moved for
 * ACTIVITY_STILL_MS is idle, and all else unknown.
 *
 * Of a process that has ended, how it ended decides, and never its screen:
 * but for a rate limit that it shows, it is done or in error.
 */
#ifndef ACTIVITY_H
#define ACTIVITY_H

#include "runtime.h"
#include "strbuf.h"

#include <jansson.h>

enum {
	ACTIVITY_LAST = 15,            /* lines that a rule looks at */
	ACTIVITY_CONFIDENCE = 80,      /* per cent, of a rule */
	ACTIVITY_UNSURE = 50,
	ACTIVITY_STILL_MS = 60 * 1000, /* no rule, and no movement: idle */
};

/* The rules of a runtime, compiled as they are needed. */
struct activity_rules;

/* runtime NULL: an agent that is any command.  The runtime outlives them. */
struct activity_rules *activity_rules_new(const struct runtime *runtime);
void activity_rules_free(struct activity_rules *rules);

/* What is seen of an agent. */
struct activity_sight {
	const char *screen;  /* all its lines, without escape codes */
	bool is_dead;        /* its process has ended */
	bool is_asked;       /* and a person wanted that */
	int exit_code;       /* of a dead one; -1: not known */
	int signal;          /* of a dead one; 0: none */
	int64_t changed_ms;  /* when it last moved, Unix; 0: not known */
	int64_t now_ms;      /* Unix */
	int utc_offset_s;    /* of the zone whose clock the agent tells */
};

struct activity_verdict {
	enum activity activity;
	enum wait_kind kind;     /* of WAITING */
	int confidence;          /* per cent */
	char *rule;              /* its name, or NULL */
	char *line;              /* that matched, trimmed, or NULL */
	char *question;          /* of WAITING, or NULL */
	struct strvec options;   /* of WAITING, in order */
	int default_option;      /* index of it; -1: none */
	enum answer_how answer;  /* of WAITING */
	int64_t since_ms;        /* Unix; 0: not known */
	int64_t until_ms;        /* of RATE_LIMITED; 0: not known */
	int64_t recheck_ms;      /* time alone may change it then; 0: never */
};

#define ACTIVITY_VERDICT_INIT { .default_option = -1 }

/*
 * Decides into verdict, which is released and filled anew.  before: what was
 * decided of this run last, or NULL; of it `since` and `until` are kept while
 * it is the same that is seen.
 */
void activity_decide(struct activity_rules *rules,
    const struct activity_sight *sight, const struct activity_verdict *before,
    struct activity_verdict *verdict);
/*
 * The place where the agent takes input, with what is typed there, and where
 * it begins in the screen: the group `input` of the first rule for idle that
 * matches, or all from that match on.  NULL: it takes none now.  *above is
 * what stands above it; the caller frees both.
 */
char *activity_input(struct activity_rules *rules, const char *screen,
    char **above);
/* Leaves an unknown verdict. */
void activity_verdict_release(struct activity_verdict *verdict);
/* The same activity and kind, and the same question. */
bool activity_is_same(const struct activity_verdict *a,
    const struct activity_verdict *b);

/* For people: "waiting (permission)", "rate_limited". */
void activity_add_text(struct strbuf *out, enum activity activity,
    enum wait_kind kind);
/*
 * An object with the keys of `classify --json` but the agent's; times in
 * seconds, null for what is not known.
 */
json_t *activity_json(const struct activity_verdict *verdict);
/*
 * What a classifier command has printed: {"activity": NAME, "kind": NAME,
 * "confidence": 1 to 100, "question": TEXT}.  Everything that is not so is an
 * unknown verdict, and false.
 */
bool activity_parse(const char *json, size_t len,
    struct activity_verdict *verdict);

#endif
