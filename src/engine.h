/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The engine: what each agent of a team is doing, and the two things that can
 * be done about it, stopping and starting.  Whoever changes something holds
 * the lock.  All agents of a call are handled at once; the number of tmux
 * clients does not depend on how many there are.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "drain.h"
#include "envscan.h"
#include "journal.h"
#include "limits.h"
#include "loop.h"
#include "record.h"
#include "spec.h"
#include "state.h"
#include "tmux.h"

enum engine_status {
	ENGINE_OK,
	ENGINE_FAILED,      /* err says why */
	ENGINE_LOCKED,      /* another teamctl holds the team */
	ENGINE_UNAVAILABLE, /* tmux is missing or too old */
};

/* What a look has come to: status, and why when that is not ENGINE_OK. */
typedef void engine_looked_fn(void *ctx, enum engine_status status,
    const char *err);

enum run_start {
	START_NONE,
	START_PENDING, /* the session is to be made */
	START_ASKED,    /* tmux is about to make it */
	START_LAUNCHED, /* made; the shim has not reported yet */
	START_RUNNING,  /* exec succeeded */
	START_SETTLED,  /* and it outlived the settle time */
	START_DONE,     /* it has ended already, as it is allowed to */
	START_LEFT,     /* a supervisor will, after what `wait` says */
	START_FAILED,   /* error says why */
};

struct engine;

/* Whose command it is that something is done for, in the journal. */
struct cause {
	const char *actor, *correlation;
};

/* One agent: what should be, what is, and what is being done about it. */
struct run {
	char *id;
	struct engine *engine;
	const struct spec *spec;    /* NULL: not in the compose file */
	struct applied *applied;    /* NULL: never applied */
	/* Observed. */
	bool present;               /* its session is there */
	bool alive;                 /* with a shim that runs */
	char *pane, *session, *name;
	pid_t shim;
	int64_t generation;         /* of what is present, else 0 */
	bool in_mode;
	bool forgotten;             /* it runs, and no file tells of that */
	struct record record;       /* of its latest run */
	char *damage;               /* why that cannot be read, or NULL */
	bool is_read;               /* the record, by engine_observe */
	bool was_there;             /* and the shim that it names */
	bool had_program;           /* and what that runs */
	struct usage usage;         /* all 0: not measured (look_measure) */
	/* Being done. */
	int pidfd;                  /* of the shim, or -1 */
	struct loop_watch *watch;
	struct drain drain;
	unsigned effects;           /* enum drain_effect, not carried out yet */
	enum run_start start;
	struct mono deadline;       /* of the start, then of its settling */
	struct drain_recipe recipe; /* of the drain; borrows its keys */
	int level;                  /* of a stop */
	bool wants_stop;            /* its turn has not come yet */
	bool is_hurried;            /* when it comes, it is not asked first */
	bool again;                 /* it is to be started once it is down */
	bool is_down;               /* and that can be done now */
	bool settled;               /* nothing is being done, the hook knows */
	bool outdated;              /* for the caller */
	bool is_refused;            /* so too */
	char *error;                /* or NULL */
	char *wait;                 /* START_LEFT: for what; NULL: start it */
	bool unasked;               /* because tmux could not be asked */
	bool is_duplicate;          /* its session seems to be there already */
	bool in_look;               /* the look under way tells of it */
	int keys_due;               /* presses of its drain keys to be sent */
	bool in_keys;               /* they are on their way */
	bool is_sweeping;           /* what its shim has left is being killed */
	bool is_ending;             /* and then its end is to be told */
	bool is_swept_now, is_first_sweep;
	struct mono sweep_until;
	int64_t swept;              /* generation that was: see survivors */
	struct mono freeze_until;   /* 0, or it is still being frozen */
	bool is_refrozen;           /* which is no news */
	bool is_asked;              /* its end was asked for by us */
	bool had_logs;              /* its pane writes into a file */
	bool is_fresh;              /* it was started without conversation */
	char *screen;               /* engine_screens */
	int64_t moved_ms;           /* Unix: when something was written on it */
	int64_t scrolled;           /* lines above the screen */
	char *tty;                  /* of the pane; NULL: no screen was seen */
	struct strvec survivors;    /* pids, when the kill failed */
	const struct cause *cause;  /* of what is done; NULL: the engine's */
};

struct engine_hooks {
	/* An agent has been stopped or started, or that has failed. */
	void (*settled)(void *ctx, struct run *run);
	/* A settled agent has ended; its record is read (engine_watch_all). */
	void (*exited)(void *ctx, struct run *run);
	/* One that could not be frozen at once has been, or will not be. */
	void (*frozen)(void *ctx, struct run *run);
	/* "ready", "beat" or "note" from inside the agent's present run. */
	void (*note)(void *ctx, struct run *run, const char *what,
	    const char *text);
	/* May it start already?  NULL: when what it depends on has started. */
	bool (*may_start)(void *ctx, const struct run *run);
	/* About twice a second while something is under way. */
	void (*progress)(void *ctx, const struct engine *engine);
	/* Once in each engine_observe: while tmux, if asked, answers. */
	void (*meanwhile)(void *ctx);
	/* What was asked of tmux last has been answered; the next may go. */
	void (*asked)(void *ctx);
	/* Something that does not keep us from going on. */
	void (*warning)(void *ctx, const char *text);
	/* The first Ctrl-C during a stop: tells what the next one does. */
	void (*interrupted)(void *ctx);
	void *ctx;
};

struct engine_stop {
	bool kill;          /* without asking */
	int64_t timeout_ms; /* instead of the recipe's; -1: the recipe's */
	bool keep_session;  /* a start follows: keep its pane for it */
	const char *reason; /* for the journal; NULL: the engine's verb */
};

struct engine {
	char *root;
	char *mark;    /* the root in @teamctl_root, on one line in any case */
	char team[13]; /* first digits of the root's digest: the marker */
	char self[4096]; /* path of this program, for the panes */
	struct tmux tmux;
	struct state state;
	struct journal journal;
	const char *verb;     /* why we are here, for the journal */
	struct engine_hooks hooks;
	struct run **runs;
	size_t nr;
	size_t alloc;
	struct strmap by_id;
	struct strmap foreign; /* names of sessions that are not ours: root of
	                       * the team they are of, or NULL */
	int lock;             /* descriptor, or -1: only looking */
	int supervisor;       /* connection to one that has yielded, or -1 */
	struct session_of_supervisor {
		char *pane, *session, *name; /* NULL: there is none */
		pid_t pid;
		bool dead;
	} home;               /* that of the last look */
	struct loop *loop;
	int notify;           /* FIFO that shims write to, or -1 */
	struct strbuf notes;  /* what was read of it, up to the last newline */
	struct loop_watch *notify_watch, *timer, *progress, *sigint, *sigterm,
	    *sighup;
	struct run **active;  /* those of the call under way */
	size_t nr_active;
	bool owns_loop;
	bool has_server;      /* at the last look there was a tmux server */
	struct engine_stop how; /* of the stop under way */
	struct mono again_at; /* when those that are down are started */
	bool forever;         /* the loop does not end when all is settled */
	bool polling;         /* a shim could not be watched: look at /proc */
	int max_parallel;     /* starts at a time; 0: all */
	int interrupts;       /* INT and TERM received */
	int64_t waited_ms;    /* for the lock; -1: it was free */
	struct engine_ask *asks; /* of tmux, in order; the first is under way */
	struct tmux_call *ask_call;
	struct tmux_call *keys_call; /* beside it: keys cannot wait */
	engine_looked_fn *looked; /* for the look under way */
	void *looked_ctx;
	struct run **launching; /* by the last launch */
	size_t nr_launching, alloc_launching;
	int64_t oom_kills; /* os_oom_kills, before they begin */
	int launch_tries;
	struct mono launch_at; /* the next try, when there were some */
	struct envscan sweep;
	struct mono sweep_at;
	struct mono freeze_at; /* when those with freeze_until are looked at */
	bool hands_off;        /* nothing is to be done, only to be seen */
	bool is_late;          /* the state is still to be read */
	bool is_terse;         /* nothing is going to be changed */
	bool is_elsewhere;     /* on another server than was asked */
	struct strbuf late_err;
	bool is_unsaved;       /* what is wanted: the last engine_save failed */
	bool want_fresh;       /* starts begin new conversations */
	struct strbuf trailer; /* script lines that go with the next launch */
	struct strvec withheld; /* engine_withhold */
};

struct engine_options {
	const char *root;
	const char *socket; /* tmux -L name or NULL, where none was applied */
	const char *verb;   /* NULL: only look, no lock */
	int64_t lock_timeout_ms; /* -1: longer than any drain of the team */
	void (*waiting)(void *ctx, const char *holder);
	struct engine_hooks hooks;
	struct loop *loop; /* to live in, or NULL: one of its own when needed */
	bool is_supervisor; /* else one that runs is asked to yield */
	/*
	 * Where its beginning names the server, the applied state is read by
	 * engine_observe, while tmux answers.  What is wrong with it then goes
	 * to late_err, and nothing may be changed.
	 */
	bool late;
	bool only_try;      /* neither wait for the lock nor ask for it */
};

/* So that engine_close may follow even where engine_open was not reached. */
void engine_init(struct engine *engine);
/*
 * Reads the applied state (and takes the lock first).  With a state file that
 * cannot be parsed: fails when a lock is wanted, else goes on without it and
 * leaves the reason in err.  engine_close is to be called in any case.
 */
enum engine_status engine_open(struct engine *engine,
    const struct engine_options *options, struct strbuf *err);
void engine_close(struct engine *engine);

/* Asks another tmux server from now on: -L name, or NULL. */
void engine_use_socket(struct engine *engine, const char *name);
/*
 * Asks the server that agents were last started on, as long as that lives:
 * whose $TMUX or $TMUX_TMPDIR is another must not start them once more.
 */
void engine_use_applied(struct engine *engine);
/* A tmux server that is started gets no variable that holds a secret. */
void engine_withhold(struct engine *engine, const struct team *team);
/* Keeps the journal as the compose file says, not as it did when applied. */
void engine_set_journal(struct engine *engine,
    const struct journal_settings *how);
/* Adds what should be; specs must outlive the engine. */
void engine_want(struct engine *engine, const struct specs *specs);
/*
 * Asks tmux once and reads the records: fills in what is observed, for all
 * agents wanted, applied or found running under this root.
 */
enum engine_status engine_observe(struct engine *engine, struct strbuf *err);
/*
 * Whether it runs and its state folder, or its record, was deleted: its pane's
 * mark says that it is ours, and nothing else does.  engine_adopt records those
 * of the runs anew, for the next engine_save; -1 and err.
 */
bool engine_can_adopt(const struct run *run);
int engine_adopt(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err);
/* After it: waits for those whose ends are under way. */
void engine_await_ends(struct engine *engine);
/*
 * The same for who has a loop (engine_options.loop); fn is called from it.  A
 * run whose session is gone while its shim still ends it is alive and not
 * present: its end is to be waited for.
 */
void engine_observe_begin(struct engine *engine, engine_looked_fn *fn,
    void *ctx);
/*
 * For a supervisor: asks tmux again which sessions are there of runs that are
 * not alive; during fn these have in_look, if nothing has been done to them
 * since.  Those that live are watched and need no asking.
 */
void engine_relook(struct engine *engine, engine_looked_fn *fn, void *ctx);
/*
 * Runs a script (taken) on the loop, when all that was asked before has been
 * answered.  There is no fn any more after engine_close.
 */
void engine_ask(struct engine *engine, struct strbuf *script, tmux_fn *fn,
    void *ctx);
/* Something is being asked, keys apart. */
bool engine_is_asking(const struct engine *engine);
/*
 * Puts the screens of the runs into run->screen, in one client, and into
 * run->moved_ms when they have moved last.
 */
void engine_screens(struct engine *engine, struct run **runs, size_t nr);
/* Screens with the escape codes of their colours, into run->screen. */
void engine_colored_screens(struct engine *engine, struct run **runs,
    size_t nr);
/*
 * The line that prints a run's screen (and so many lines above it), and that
 * screen in what was printed, from *at on, which then is behind it; the caller
 * frees it.  NULL: it is not there.  Sets moved_ms and tty.
 */
void engine_script_screen(const struct run *run, int lines,
    struct strbuf *script);
char *engine_take_screen(struct run *run, const char **at);
/* The run of an id, made when it is not there; engine_find: or NULL. */
struct run *engine_run(struct engine *engine, const char *id);
struct run *engine_find(const struct engine *engine, const char *id);
/* That a session of that name is somebody else's, and of which team. */
char *engine_foreign_text(const struct engine *engine, const char *session);
/*
 * The server of the last look is the one that the run lived in, not another
 * one that was started since.
 */
bool engine_server_survived(const struct engine *engine,
    const struct run *run);
/* How often it was started since a person did: 1, 2, ...; 0: not known. */
int64_t run_attempt(const struct run *run);
/*
 * False where a person has put its pane into a session of theirs, or has named
 * ours anew: then the pane alone is ours.
 */
bool run_has_own_session(const struct run *run);
/* It is alive, or about to be, or has not quite gone. */
bool run_is_up(const struct run *run);
/*
 * Its shim was killed, and what it left has not been looked for: engine_sweep,
 * before a start is paid for.
 */
bool run_needs_sweep(const struct run *run);
/* The path of the cgroup that its latest run has of its own, or NULL. */
const char *run_cgroup(const struct run *run);
/* Its last run has ended as one of its success_exit_codes says. */
bool run_ended_well(const struct run *run);
/* So too, and its restart policy wants no more: for one with a spec. */
bool run_is_done(const struct run *run);
/* Its session is there, but its shim has not reported yet. */
bool run_is_starting(const struct run *run);
/*
 * How its conversation began at its last start: "resumed conversation",
 * "fresh start", or NULL when its wrapper does not say.
 */
const char *run_conversation(const struct run *run);
/* The same of a start that has just been made, where that is news; or NULL. */
const char *run_conversation_news(const struct run *run);

/*
 * Stops the runs, dependents first, all of a level together.  Each run's
 * drain.outcome says how it went; hooks.settled is called as each settles.
 * Unless keep_session, their sessions are gone afterwards.
 */
enum engine_status engine_stop(struct engine *engine, struct run **runs,
    size_t nr, const struct engine_stop *how, struct strbuf *err);
/*
 * Starts the runs (each with a spec, none running), level by level, and waits
 * until each has settled or failed.  One that a killed teamctl has left
 * starting is only waited for.
 */
enum engine_status engine_start(struct engine *engine, struct run **runs,
    size_t nr, struct strbuf *err);
/*
 * Stops those of the runs that are alive, dependents first, and starts all
 * with a spec, each as soon as it is down and what it depends on runs; those
 * that come down together are started in one client.  A Ctrl-C meanwhile lets
 * the stops go on, and nothing more is started.
 */
enum engine_status engine_replace(struct engine *engine, struct run **runs,
    size_t nr, const struct engine_stop *how, struct strbuf *err);
/* Its shim was killed, as far as its record tells. */
bool run_may_have_left(const struct run *run);
/*
 * For a supervisor, which runs the loop itself: the same two without waiting,
 * for runs that are settled, and without order.  hooks.settled tells the rest.
 * is_wish: of a person; the number of restarts begins anew.
 */
void engine_stop_begin(struct engine *engine, struct run **runs, size_t nr,
    const struct engine_stop *how);
/* Drains that are under way are not waited for any longer. */
void engine_hurry(struct engine *engine, struct run **runs, size_t nr);
int engine_start_begin(struct engine *engine, struct run **runs, size_t nr,
    bool is_wish, struct strbuf *err);
/*
 * Stops everything that these runs are made of, where it is: they are paused.
 * frozen_at_ms of what was applied is set; a stop thaws a run by itself.
 * is_again: they are known to be frozen, which is no news.
 * One of which something is in a wait has freeze_until set, until hooks.frozen.
 */
void engine_freeze(struct engine *engine, struct run **runs, size_t nr,
    bool is_again);
void engine_thaw(struct engine *engine, struct run **runs, size_t nr);
/* All runs are active from now on; the ends of those alive are noticed. */
int engine_watch_all(struct engine *engine, struct strbuf *err);
/*
 * Who stops an agent from below it ends with it, and removes no session: the
 * script by which tmux does that at the end of such an agent.
 */
void engine_script_let_go(struct run **runs, size_t nr,
    struct strbuf *script);
/* Carries out what is due; to be called after the above and after events. */
void engine_go_on(struct engine *engine);
/* Forgets a removed agent: its files and entry. */
void engine_forget(struct engine *engine, struct run *run);
/* The same, but remembers that it was removed, and its generation. */
void engine_remove(struct engine *engine, struct run *run);
/* Removes sessions that are left of these runs, in one client. */
enum engine_status engine_remove_sessions(struct engine *engine,
    struct run **runs, size_t nr, struct strbuf *err);
/* The script for that (empty: none is left), and what it has printed. */
void engine_script_remove(struct run **runs, size_t nr, struct strbuf *script);
void engine_take_removed(struct engine *engine, struct run **runs, size_t nr,
    const char *text);
/*
 * Starts a supervisor in a session of its own on the team's server: with the
 * next launch, in its client, or by engine_flush_trailer.
 */
void engine_want_supervisor(struct engine *engine, const char *session,
    const char *share);
/* The session of one that runs gets that name, by engine_flush_trailer. */
void engine_name_supervisor(struct engine *engine, const char *session);
void engine_flush_trailer(struct engine *engine);
/*
 * Ends the supervisor that has yielded to us, if there is one; to be called
 * when nothing is left to supervise.
 */
void engine_end_supervisor(struct engine *engine);
/* How long a command waits for another one where nothing is said of it. */
int64_t engine_patience_ms(const char *root);
/*
 * Tells the command that has the lock, if one has, to do that with these; to a
 * supervisor that is no news.
 */
void engine_hurry_holder(const struct engine *engine,
    const struct strvec *ids);
/* Saves applied.json. */
int engine_save(struct engine *engine, struct strbuf *err);

/*
 * Journals something about an agent; reason NULL: none.  Written with the next
 * start, stop or save, and at the end.
 */
void engine_note(struct engine *engine, enum event_kind kind,
    const struct run *run, const char *reason);
/* The same with its numbers (taken over; NULL: none). */
void engine_note_with(struct engine *engine, enum event_kind kind,
    const struct run *run, const char *reason, json_t *fields);
/*
 * The same about no agent, on behalf of somebody; fields are taken over.
 * is_aside: as in struct journal_event.
 */
void engine_note_for(struct engine *engine, const struct cause *cause,
    enum event_kind kind, const char *reason, json_t *fields, bool is_aside);
/* Writes what has been journalled so far; a failure is a warning in err. */
void engine_flush_journal(struct engine *engine);

/* ---- between the engine files only ---- */

/* For a shim to say that exec has succeeded. */
enum { ENGINE_REPORT_MS = 15 * 1000 };

/* Fills in what a list of all panes tells of the runs that are in_look. */
enum engine_status engine_take_panes(struct engine *engine,
    struct tmux_answer *answer);
void engine_forget_home(struct engine *engine);
/* Waits for the lock and takes it, with what comes along with it. */
enum engine_status engine_take_lock(struct engine *engine,
    const struct engine_options *options, struct strbuf *err);
/* Before all others, with a server; not while another one is under way. */
void engine_ask_first(struct engine *engine, struct strbuf *script,
    tmux_fn *fn, void *ctx);
void engine_ask_next(struct engine *engine);
/* Forgets all that is being asked. */
void engine_ask_nothing(struct engine *engine);
/* Reads the state that engine_open has left for later. */
void engine_load_late(struct engine *engine);
/* <root>/state/FOLDER/PROJECT-AGENT.SUFFIX; the caller frees. */
char *engine_file(const struct engine *engine, const char *folder,
    const char *id, const char *suffix);
/* Path of the run's record. */
char *engine_record_path(const struct engine *engine, const char *id);
/* Reads the run's record anew. */
void engine_read_record(struct engine *engine, struct run *run);
/* Watches the run's shim; fn(run) once it has ended. */
void engine_watch(struct engine *engine, struct run *run);
void engine_unwatch(struct run *run);
/* Journal: how a start or stop went, an end, and what is about to be done. */
void engine_note_outcome(struct engine *engine, const struct run *run);
void engine_note_end(struct engine *engine, const struct run *run);
void engine_note_effects(struct engine *engine, const struct run *run);
/* The processes in run->survivors. */
void engine_note_strays(struct engine *engine, const struct run *run);
/* Makes the runs the active ones; then the loop, until each is settled. */
int engine_begin(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err);
void engine_wait(struct engine *engine);
void engine_settle(struct engine *engine, struct run *run);
void engine_stop_gone(struct engine *engine, struct run *run);
void engine_stop_tick(struct engine *engine, struct mono now);
struct mono engine_stop_next(const struct engine *engine);
/* A run with `again` can be started now. */
void engine_is_down(struct engine *engine, struct run *run);
/* The last words of those that failed. */
void engine_fetch_screens(struct engine *engine, struct run **runs,
    size_t nr);
/* Begins the stops whose turn it is. */
void engine_stop_due(struct engine *engine);
/* Starts again what is down and to be, when enough are or it is time. */
void engine_again_due(struct engine *engine);
void engine_stop_interrupt(struct engine *engine);
/* Orders a new conversation where one is wanted, or the last one failed. */
void engine_choose_conversation(struct engine *engine, struct run *run);
/* What its shim will read. */
int engine_write_files(struct engine *engine, struct run *run,
    struct strbuf *err);
/* Its record may tell more than before. */
void engine_start_check(struct engine *engine, struct run *run);
void engine_start_gone(struct engine *engine, struct run *run);
void engine_start_tick(struct engine *engine, struct mono now);
struct mono engine_start_next(const struct engine *engine);
/* Launches those whose turn it is, in one client, unless one is under way. */
void engine_start_due(struct engine *engine);
void engine_launch(struct engine *engine, struct run **runs, size_t nr);
/* It is made, or was already: waits for the word of its shim. */
void engine_await(struct engine *engine, struct run *run);
/* The start has failed; takes the error. */
void engine_fail(struct engine *engine, struct run *run, char *error);
/* For a survivor of its last run. */
void engine_fail_left(struct engine *engine, struct run *run);
/* The agent of a run whose shim has been killed below it, or 0. */
pid_t engine_lost_pid(const struct engine *engine, const struct run *run);
/* Whether a session of that name is the one we made, whatever the prefix. */
bool engine_is_session_of(const char *id, const char *session);
/* Script lines that make a session for the run, or use its dead pane. */
void engine_script_new(const struct engine *engine, const struct run *run,
    struct strbuf *script);
void engine_script_respawn(const struct engine *engine, const struct run *run,
    struct strbuf *script);
/* Commands that keep a session where detached ones end, and their line. */
void engine_add_keep(const char *session, struct strbuf *commands);
void engine_script_keep(const struct strbuf *commands, struct strbuf *script);
/*
 * Kills what the run's last shim has left behind, and looks again until nothing
 * of it is there.  What follows from its end or its start waits for that; what
 * cannot be killed is in survivors then.
 */
void engine_sweep(struct engine *engine, struct run *run);
void engine_sweep_tick(struct engine *engine, struct mono now);
/* Freezes on, where a wait had to end first. */
void engine_freeze_tick(struct engine *engine, struct mono now);
/* It has ended, and nothing is left of it. */
void engine_gone(struct engine *engine, struct run *run);
void engine_stop_swept(struct engine *engine, struct run *run);

#endif
