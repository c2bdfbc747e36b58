/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The restart decision: what an end was, what the agent's history allows, and
 * when it may start again.  Pure: now and chance are arguments, the same
 * arguments give the same verdict, and asking changes nothing.
 *
 * One rule for the budget: max_restarts within within_ms are allowed, the next
 * one is refused.  The window slides: a restart counts until it is exactly
 * within_ms old.  Waits grow with the streak, the automatic restarts since the
 * last run of reset_after_ms or longer.
 */
#ifndef POLICY_H
#define POLICY_H

#include "compose.h"
#include "mono.h"
#include "record.h"

/* What the end of a run was. */
enum exit_class {
	CLASS_CLEAN,        /* one of the success_exit_codes */
	CLASS_CODE,         /* another code */
	CLASS_SIGNAL,       /* a signal, or ended by somebody else */
	CLASS_REQUESTED,    /* asked for through teamctl */
	CLASS_EXEC_FAILED,  /* never ran */
	CLASS_OOM,          /* the kernel took it for its memory */
	CLASS_LIMIT,        /* one of its resource_limits */
	CLASS_UNHEALTHY,    /* its health_check */
	CLASS_RATE_LIMITED, /* its provider told it to wait */
	CLASS_LINKED,       /* ended with an agent that it is linked to */
	CLASS_LOST,         /* nobody saw the end: reboot, shim killed */
};

/* "clean", "code", "signal", "requested", "exec-failed", ... */
const char *policy_class_name(enum exit_class class);

/* Whether it counts as a good end: 0, or what success_exit_codes says. */
bool policy_is_success(const struct restart_policy *policy, int code);

/* What the caller knows about an end that the record does not say. */
enum policy_hint {
	HINT_REQUESTED = 1u << 0, /* a person's stop; wins over all others */
	HINT_LIMIT = 1u << 1,     /* ended by us, for its resource_limits */
	HINT_UNHEALTHY = 1u << 2, /* ended by us, for its health_check */
	HINT_RATE_LIMITED = 1u << 3,
	HINT_LINKED = 1u << 4,  /* ended by us, with one of its links */
};

/*
 * Where the hints say nothing: no record, or one without an end, is LOST; an
 * end that the shim was asked for (record->asked: TERM or HUP from somebody
 * else, a killed tmux server) is SIGNAL whatever the code.
 */
enum exit_class policy_classify(const struct restart_policy *policy,
    const struct record *record, unsigned hints);
/* An end that on-failure restarts after. */
bool policy_is_failure(enum exit_class class);

/* ---- history ---- */

/*
 * What has to be remembered of one agent.  Instants may be negative: before
 * this boot.  A zeroed struct is a valid, empty history.
 */
struct history {
	struct mono *restarts; /* automatic ones, oldest first */
	size_t nr, alloc;
	int streak;            /* of them since the last stable run */
	bool has_started, has_resumed;
	struct mono started;   /* the latest run */
	struct mono resumed;   /* the latest automatic restart */
};

enum history_start {
	HISTORY_ASKED,     /* by a person: waits begin anew, the budget not */
	HISTORY_AUTOMATIC, /* after POLICY_RESTART: spends */
	HISTORY_FREE,      /* with a failed sibling, after a rate limit */
};

void history_init(struct history *history);
void history_release(struct history *history);
/* Forgets the restarts, not the present run: `teamctl reset`. */
void history_reset(struct history *history);
/*
 * A run starts now.  Keeps what can still count under the policy: memory is
 * bounded by max_restarts.
 */
void history_note_start(struct history *history,
    const struct restart_policy *policy, enum history_start how,
    struct mono now);
/*
 * A run has lasted ran_ms: ends the streak when that was long enough.  To be
 * called at each end, before or after policy_decide, which sees that itself.
 */
void history_note_end(struct history *history,
    const struct restart_policy *policy, int64_t ran_ms);
/* Automatic restarts in the window that ends now. */
int history_used(const struct history *history, int64_t within_ms,
    struct mono now);

/*
 * The same as ages, for storage: it outlives this process and this boot.  All
 * in milliseconds; -1 where there is none.
 */
struct history_ages {
	int64_t *restarts; /* oldest first */
	size_t nr;
	int64_t started, resumed;
	int streak;
};

/* ages->restarts is the caller's afterwards: history_ages_release. */
void history_export(const struct history *history, struct mono now,
    struct history_ages *ages);
/*
 * Replaces the history.  elapsed_ms: since the export, by the wall clock; a
 * negative one (the clock was set back) counts as 0, as do negative ages.
 */
void history_import(struct history *history, const struct history_ages *ages,
    int64_t elapsed_ms, struct mono now);
void history_ages_release(struct history_ages *ages);

/* ---- decision ---- */

struct policy_exit {
	enum exit_class class;
	int64_t ran_ms;  /* -1: not known */
	const char *how; /* "exit 3", of record_describe */
};

enum policy_action {
	POLICY_STAY,    /* nothing is to be done: it is stopped */
	POLICY_RESTART, /* at the instant `at` */
	POLICY_GIVE_UP, /* failed, until a person resets it */
};

struct policy_verdict {
	enum policy_action action;
	struct mono at;   /* MONO_NEVER unless RESTART */
	int64_t delay_ms; /* from now; 0 unless RESTART */
	int used;         /* restarts in the window, this one not counted */
	char reason[200]; /* for journal, status and log, as it is */
};

/*
 * What to do about an end.  max_restarts 0: a failure gives up at once, a clean
 * end stays.  chance: any 32 bits, anew for each call.  Whether a limit or a
 * failed check leads to a restart at all (on_exceed, on_fail) is the caller's
 * business: it asks here only if so.
 */
struct policy_verdict policy_decide(const struct restart_policy *policy,
    const struct history *history, const struct policy_exit *end,
    struct mono now, uint32_t chance);
/*
 * The wait before the restart that makes the streak that long (1: the first),
 * jitter not applied.
 */
int64_t policy_backoff_ms(const struct restart_policy *policy, int streak);

#endif
