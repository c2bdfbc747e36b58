/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The supervisor: the engine, run for ever.  It restarts what ends although it
 * should run, as policy.h decides; it never starts what a person has stopped.
 *
 * It acts on what was applied: the files that `up` or `reload` rendered are
 * started again as they are.  Only how to supervise (restart, strategy, probes,
 * limits) is read from the compose files.
 *
 * A command that changes the team makes it yield (control.h): it lets go of
 * the lock, the command does its work, and the supervisor looks at everything
 * anew.  So there is one way to start and stop agents, and one environment in
 * which they are rendered: that of the person.
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include "agentstate.h"
#include "control.h"
#include "engine.h"
#include "limits.h"
#include "observe.h"
#include "operate.h"
#include "policy.h"
#include "probe.h"
#include "ready.h"
#include "replies.h"
#include "score.h"
#include "typing.h"
#include "usage.h"

enum member_state {
	MEMBER_OFF,     /* never applied, or stopped by a person */
	MEMBER_UP,      /* runs, or is being started */
	MEMBER_WAITING, /* for what it depends on, or for its turn */
	MEMBER_BACKOFF, /* starts again at `due` */
	MEMBER_STOPPING,
	MEMBER_DONE,    /* ended, and need not run again */
	MEMBER_FAILED,  /* given up, until a person resets it */
	MEMBER_QUARANTINED,
	MEMBER_PAUSED, /* held stopped */
	MEMBER_FROZEN, /* it lives, and does nothing */
};

struct supervisor;

struct member {
	struct supervisor *sup;
	char *id;
	const struct agent *agent; /* NULL: gone from the compose file */
	struct run *run;           /* NULL while the engine is closed */
	enum member_state state;
	char reason[256];
	int64_t said_of; /* generation that state and reason are about */
	struct history history;
	int64_t generation;   /* of the run that is known */
	struct mono due;      /* BACKOFF */
	struct mono since;    /* WAITING */
	enum history_start how; /* of the start that comes */
	unsigned hints;       /* enum policy_hint, about the next end */
	bool is_cause_open;   /* tmux has to be asked why it ended */
	bool is_held;         /* down while auto-resume is off */
	bool is_resumed;      /* it was started, at least once */
	bool is_sibling;      /* stopped for another one, by strategy */
	bool is_hopeless;     /* WAITING for what will not come by itself */
	struct health ready, health;
	struct probe_run *probe[2]; /* of ready, of health */
	bool is_pane_due[2];  /* the same, for probes of the screen */
	int64_t pane_asked[2]; /* generation of that being asked for, or 0 */
	char complaint[128];  /* of the last probe that failed */
	int64_t watched;      /* generation that these are of, or 0 */
	int64_t seen_s;       /* when its screen was asked for last, Unix */
	int64_t screen_asked; /* generation of that being asked for, or 0 */
	struct probe_run *classifier;
	struct limits_state limits;
	struct usage usage;
	/* Ended while this one was started, which ends for that, too. */
	struct member *ended;
	enum exit_class ended_class;
	struct agentstate seen; /* for while the engine is not ours */
	struct score score;
	int64_t scored;       /* generation whose end is in it */
	size_t index;         /* for who makes a graph of the members */
	int64_t limit_asked;  /* generation whose last screen was read */
	bool is_limit_open;   /* it is being read */
	int64_t limit_ms;     /* when its rate limit ends; 0: not told */
	bool is_limited;      /* it has ended at one */
	int64_t care_asked;   /* generation of that being asked for, or 0 */
	int64_t care_after_ms; /* not again before, Unix */
	int64_t idle_told;    /* it was idle since then, Unix; 0: not told */
	int64_t nudged, nudged_ms; /* the generation, and when last */
	int nr_nudges;        /* of that generation */
	char *asked;          /* the question that was told last, or NULL */
	char asked_id[DECISION_ID], last_id[DECISION_ID]; /* "": not known */
	int64_t told;         /* generation whose end its monitors know */
	struct strvec notices; /* for its pane, from those it watches */
	bool is_enter_due;    /* behind those pasted last */
	struct mono enter_at;
};

/* A failure whose scope is more than one agent: project by project. */
struct group {
	const struct project *project;
	struct member **stop, **start; /* stop[nr_stop - 1] is the next */
	size_t nr_stop, nr_start, at;  /* start[at] is the next */
	struct mono due; /* when the start may begin */
};

/* How long the rounds of its loop took: nobody is served meanwhile. */
struct ticks {
	int64_t nr, sum_us;
	int64_t last_us, longest_us;
	int64_t longest_at; /* wall clock, ms */
	int64_t most_cpu_us; /* of the processor: no loaded machine's */
	int64_t nr_slow;
};

/* What a supervisor found and did. */
struct supervise_report {
	size_t observed, running, failed;
	size_t restarted;
	json_t *resumed; /* ids of those that it has started */
	json_t *skipped; /* those that do not run: "id", "state", "reason" */
	int64_t duration_ms;
	struct ticks ticks;
};

struct supervise_options {
	const char *root;
	const struct source *source;
	int64_t interval_ms; /* of the reconcile; 0: as the team says */
	bool no_auto_resume;
	bool observe; /* look and tell, do nothing */
	bool once;
	bool replace;
	const char *listen;   /* address for HTTP, or NULL */
	const char *textfile; /* kept up to date, or NULL */
	const char *on_wait;  /* a line for sh, for each question, or NULL */
	const char *version;  /* of this program */
	struct supervise_report *report; /* filled in at the end, or NULL */
	void (*log)(const char *fmt, ...) PRINTF_LIKE(1, 2);
};

struct waiter;
struct subscriber;
struct order;

/* A command that came while another one had the team. */
struct queued {
	struct control_client *client;
	json_t *request;
};

struct supervisor {
	const struct supervise_options *options;
	struct team *team; /* NULL: cannot be read now */
	struct specs specs;
	struct engine engine;
	bool is_opening; /* the engine: tmux has not told yet what runs */
	bool has_failed; /* to open it */
	bool is_open; /* the engine: we hold the team's lock */
	bool is_loaded; /* what a former one has left */
	struct loop *loop;
	struct loop_watch *timer, *reopen, *signals[3];
	struct control *control;
	struct figures *figures; /* NULL: nobody wants them */
	int lock;
	struct member **members;
	size_t nr, alloc;
	struct strmap by_id;
	struct group *groups; /* those under way */
	size_t nr_group, alloc_group;
	struct control_client *yields[CONTROL_MAX_CLIENTS];
	size_t nr_yield;      /* asked for, not granted yet */
	size_t nr_yielded;
	struct control_client *yielded[CONTROL_MAX_CLIENTS];
	struct operate operate;
	struct waiter *waiters; /* clients of commands under way */
	struct subscriber *subscribers;
	struct order *orders; /* being carried out */
	size_t nr_order;
	struct queued queued[CONTROL_MAX_CLIENTS];
	size_t nr_queued;
	struct mono reconcile_at, sample_at;
	struct mono look_at; /* must_look: not before */
	struct mono save_at; /* is_dirty: not before */
	struct usage_sampler *sampler;
	struct envscan left; /* for what a former one has left behind */
	struct hooks *hooks; /* those under way, and how far they were told */
	bool auto_resume, is_switch_bad;
	bool is_shut_down; /* it ends because a person said shutdown */
	struct command *shutdown; /* that one, when it is in the journal */
	bool is_stopping, is_now, is_dirty, must_look, must_reload;
	bool must_capture; /* a probe wants to see a screen */
	struct mono capture_at; /* must_capture: not before */
	bool is_caring;    /* idle screens are being read, or typed into */
	struct typing typing; /* the latter */
	bool is_looking, is_capturing; /* tmux is being asked */
	struct observe *observe;
	bool is_observing;      /* likewise */
	bool must_observe;      /* all, whether they have moved or not */
	struct mono observe_at;
	int nr_paste;      /* texts on their way to a pane */
	bool is_blind;     /* tmux could not be asked the last time */
	bool is_compose_bad, is_compose_news; /* of the last reading */
	char replaced[128];   /* by us: who it was, or "" */
	struct mono left_at;  /* when the team was let go */
	char *failure; /* why the team cannot be taken over, or NULL */
	bool is_hopeless; /* then: this does not pass */
	bool is_noting;   /* the journal is open without the team */
	bool is_lost;     /* the state folder was removed or moved */
	int64_t started_ms;
	int64_t reconciles, restarts;
	struct ticks ticks;
	int64_t clients;      /* of tmux, of engines that are closed */
};

/*
 * Runs until it is told to end.  0, or -1 and err; errno EAGAIN: another one
 * runs, err names it.
 */
int supervise(const struct supervise_options *options, struct strbuf *err);

/* True when a supervisor holds its lock. */
bool supervise_is_running(const char *root);
/*
 * Waits for it to end (pid 0: whichever there is); false when it has not by
 * then.
 */
bool supervise_await_end(const char *root, long pid, struct mono deadline);

/* ---- between the supervise files only ---- */

/* The lock of supervisors, for life.  -1 and err; errno EAGAIN: taken. */
int sup_take_lock(struct supervisor *sup, struct strbuf *err);
/* The file that we hold is still the one that others look at. */
bool sup_has_lock(const struct supervisor *sup);
/*
 * Begins to open the engine with all members: 0; 1: a command holds the lock;
 * -1 and err.  sup_opened is called when tmux has told what runs; after a
 * failure sup_close is to be called.
 */
int sup_open(struct supervisor *sup, struct strbuf *err);
void sup_opened(struct supervisor *sup, bool good);
/*
 * The team could not be taken over: tried again later and told once, but at
 * first, where the state cannot be read or one sweep waits too long, our end.
 */
void sup_cannot_open(struct supervisor *sup, const char *why, bool is_state);
/* Lets go of the engine and of what is under way. */
void sup_close(struct supervisor *sup);
/*
 * Around what is told of the supervisor itself: it goes to the journal, too,
 * while a command has the team, for the journal has a lock of its own.
 */
void sup_journal_begin(struct supervisor *sup);
void sup_journal_end(struct supervisor *sup);
/* It is to end, its agents are not.  Twice: at once. */
void sup_stop(struct supervisor *sup);
/* Of the socket. */
json_t *sup_request(void *ctx, struct control_client *client,
    const struct protocol_op *op, const json_t *request);
void sup_gone(void *ctx, struct control_client *client);
/* Verbs: taken now, or when we have the team again. */
json_t *sup_operate(struct supervisor *sup, struct control_client *client,
    const json_t *request);
/* A refusal where who, why or which command is not as it must be, or NULL. */
/* What was told of a request before, or that its id is another's; or NULL. */
json_t *sup_replay(const struct supervisor *sup,
    const struct operate_request *request);
json_t *sup_check_audit(const struct supervisor *sup, const json_t *request,
    const char *op);
void sup_operate_gone(struct supervisor *sup,
    const struct control_client *client);
/* Requests that another teamctl carries out. */
json_t *sup_order(struct supervisor *sup, struct control_client *client,
    const struct protocol_op *op, const json_t *request);
void sup_order_gone(struct supervisor *sup,
    const struct control_client *client);
void sup_order_end(struct supervisor *sup);
/* Events as they come. */
json_t *sup_subscribe(struct supervisor *sup, struct control_client *client,
    const json_t *request);
void sup_subscribe_gone(struct supervisor *sup,
    const struct control_client *client);
/* The engine is ours. */
void sup_operate_resume(struct supervisor *sup);
/* Whoever waits is told that we end. */
void sup_operate_end(struct supervisor *sup);
/* Stops all that live although their operation is against it, at once. */
void sup_stop_all_held(struct supervisor *sup);
/* Starts members that are down; member->how says what it counts as. */
void sup_start(struct supervisor *sup, struct member **members, size_t nr);
/* Remembers what is to be told while the engine is not ours. */
void sup_see(struct member *member);
/* What `teamctl auto-resume` says now. */
void sup_read_auto_resume(struct supervisor *sup);
void sup_member_free(struct member *member);
const char *member_state_name(enum member_state state);
void member_set(struct member *member, enum member_state state,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same for what the journal has already. */
void member_recall(struct member *member, enum member_state state,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same with the numbers of the decision, for the journal (taken over). */
void member_set_with(struct member *member, enum member_state state,
    json_t *fields, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Journals something about the team or, where there is one, a member's run. */
void sup_tell(struct supervisor *sup, enum event_kind kind,
    const char *reason, json_t *fields);
void member_tell(struct member *member, enum event_kind kind,
    const char *reason, json_t *fields);
struct member *sup_member(const struct supervisor *sup, const char *id);
/* Its operation is not active, or it was never applied. */
bool sup_is_held(const struct member *member);
/* Paused by freezing: alive all the same. */
bool sup_is_frozen(const struct member *member);
/* A health check or a limit wants it out of the way: for a person. */
void sup_quarantine(struct member *member, unsigned hints, const char *fmt,
    ...) PRINTF_LIKE(3, 4);
/* The member's run has ended, or is found not to run: what follows. */
void sup_assess(struct member *member);
/* It has ended and is known not to be meant to stay so: restart, or not. */
void sup_decide(struct member *member);
/*
 * tmux has to tell what has become of it, at once, or in a while when it could
 * not be asked just now.
 */
void sup_open_cause(struct member *member, bool was_asked);
/* Asks tmux again, once for all. */
void sup_look(struct supervisor *sup);
void sup_look_due(struct supervisor *sup, struct mono now);
struct mono sup_look_next(const struct supervisor *sup);
/* False: nothing is to be done about what is found. */
bool sup_acts(const struct supervisor *sup);
/* The others in the scope of this failure stop, and come back with it. */
void sup_group_begin(struct member *failed, struct mono due);
/*
 * Goes on with those under way; due (may be NULL) gets whose turn it is to
 * start, and how many they are is returned.
 */
size_t sup_groups_advance(struct supervisor *sup, struct mono now,
    struct member **due);
/* It comes back with a group. */
bool sup_group_has(const struct member *member);
/* Starts what is due, goes on with groups. */
void sup_advance(struct supervisor *sup, struct mono now);
struct mono sup_next(const struct supervisor *sup);
void sup_settled(void *ctx, struct run *run);
void sup_frozen(void *ctx, struct run *run);
void sup_exited(void *ctx, struct run *run);
bool sup_may_start(void *ctx, const struct run *run);
void sup_note(void *ctx, struct run *run, const char *what, const char *text);
void sup_stop_member(struct member *member, unsigned hints);
void sup_stop_because(struct member *member, unsigned hints,
    const char *reason);
/*
 * Where its runtime knows rate limits, the last screen of one that has ended
 * is read; sup_decide is called again then.  False: it need not be.
 */
bool sup_ask_limit(struct member *member);
/* That is still to be read, so that nobody knows yet what kind of end it is. */
bool sup_may_be_limited(const struct member *member);
/* It has ended at a rate limit: parked, or started again after it. */
void sup_limit(struct member *member, const char *how, json_t *fields);
/*
 * Those that go on after it do so by the wall clock, which may have been set,
 * or have gone on while the machine slept.
 */
void sup_limits_follow(struct supervisor *sup);
/* member_state_name, or "limited". */
const char *sup_state_name(const struct member *member);
/* Those that are idle for long. */
void sup_care_tick(struct supervisor *sup);
struct mono sup_care_next(const struct supervisor *sup);
/* The engine is about to be closed: what was to be started, is so after. */
void sup_suspend(struct supervisor *sup);
/* A run has begun, or was found running. */
void sup_watch_begin(struct member *member);
void sup_watch_end(struct member *member);
/* While a command has the team; and then on, if it is the same run. */
void sup_watch_pause(struct member *member);
void sup_watch_adopt(struct member *member);
/*
 * What a former supervisor knew of the run, and has told; warned: a bit for
 * each limit.
 */
void sup_watch_recall(struct member *member, bool is_ready, bool is_healthy,
    unsigned warned);
/* Links and monitors: a member has ended, or does not run as we begin. */
void sup_link_ended(struct member *member, enum exit_class class,
    const char *how);
/* A member has been started: did one that it is linked to end meanwhile? */
void sup_link_settled(struct member *member);
void sup_link_begin(struct supervisor *sup);
void sup_link_tick(struct supervisor *sup, struct mono now);
struct mono sup_link_next(const struct supervisor *sup);
/*
 * Runs argv about an agent with input on its stdin, or says in the journal why
 * not.  At most 8 at a time, in order; others wait.
 */
void sup_hook(struct supervisor *sup, const char *id,
    const struct strvec *argv, const char *input);
/* Tells the hooks of `on` what is new in the journal, which was flushed. */
void sup_hooks_tick(struct supervisor *sup);
/* How far that was, for the next supervisor, and from the last one. */
int64_t sup_hooks_seq(const struct supervisor *sup);
void sup_hooks_load(struct supervisor *sup, int64_t seq);
void sup_hooks_begin(struct supervisor *sup);
void sup_hooks_end(struct supervisor *sup);
/*
 * Adds to our environment what marks a check or a hook as ours, so that it is
 * found when we have been killed.
 */
void sup_mark_env(const struct supervisor *sup, struct strvec *env);
/* Ends what is left of the checks and hooks of one that was killed. */
void sup_end_left(struct supervisor *sup);
const struct restart_policy *sup_policy(const struct member *member);
/* The run has ended: once it is in the score, it stays there. */
void sup_score(struct member *member);
/* Of and for state/supervisor.json. */
void sup_put_score(const struct member *member, json_t *object);
void sup_get_score(struct member *member, const json_t *object);
/* Samples the use of all agents, for the snapshot. */
void sup_sample_all(struct supervisor *sup);
/* Between two looks at everything, each with a heartbeat. */
int64_t sup_interval_ms(const struct supervisor *sup);
/* Sets the timer anew: something has become due. */
void sup_rearm(struct supervisor *sup);
/* It runs, and nothing is being done about it. */
bool sup_is_watched(const struct member *member);
/* Looks at what agents do, by their screens. */
void sup_observe_tick(struct supervisor *sup, struct mono now);
struct mono sup_observe_next(const struct supervisor *sup);
void sup_observe_end(struct member *member);
/* The question that was told is none any more, or its agent has ended. */
void sup_question_end(struct member *member);
/* What it does, or NULL when that was not seen in its present run. */
const struct activity_verdict *sup_activity(const struct member *member);
/* Probes and samples that are due. */
void sup_watch_tick(struct supervisor *sup, struct mono now);
struct mono sup_watch_next(const struct supervisor *sup);
/*
 * What is told by HTTP and in a textfile, where options want it; -1 and err.
 * _close: the engine is about to be.
 */
int sup_figures_begin(struct supervisor *sup, struct strbuf *err);
void sup_figures_close(struct supervisor *sup);
void sup_figures_end(struct supervisor *sup);
/* Where it listens, or NULL. */
const char *sup_figures_address(const struct supervisor *sup);
/* The textfile: it is to be written, when, and now. */
void sup_figures_changed(struct supervisor *sup);
struct mono sup_figures_next(const struct supervisor *sup);
void sup_figures_write(struct supervisor *sup, bool is_last);
/* Takes what was kept of the members from state/supervisor.json. */
void sup_load(struct supervisor *sup);
/* What that file is to say.  The caller frees. */
json_t *sup_snapshot(const struct supervisor *sup, const char *state);
/* What could not be saved of what is wanted, when the disk was full. */
void sup_save_state(struct supervisor *sup);
/* Writes it, with the heartbeat.  state: "running" or "stopped". */
void sup_save(struct supervisor *sup, const char *state);

#endif
