/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The state folder of a team: its lock, and applied.json, which says what was
 * applied to each agent and what a person wants of it.  What really runs is
 * told by tmux and by the shims' records.
 *
 * applied.json carries schema 2 of the original teamctl (in Rust) with more
 * members; members that this version does not know survive a rewrite.
 */
#ifndef STATE_H
#define STATE_H

#include "lockfile.h"
#include "operation.h"
#include "spec.h"
#include "strmap.h"

struct applied {
	char *id;
	char *session;  /* tmux session name at the time */
	char *env_file;
	char *cwd;      /* or NULL */
	char *fp[FP_NR]; /* NULL: not recorded */
	int64_t generation; /* of its last start; 0: never started by us */
	int64_t restarts;   /* by a supervisor, since a person started it */
	enum operation operation; /* what a person wants of it */
	int64_t frozen_at_ms; /* paused by freezing, since (wall clock); or 0 */
	int64_t frozen_ms;  /* of its present run, before that */
	/* The generation that a command stopped and then did not replace. */
	int64_t asked;
	bool is_dynamic;    /* it was added with `teamctl add` */
	bool gone;          /* forget it at the next save */
	int last_exit;      /* of the run before this one; 128 + n, -1: none */
	int last_signal;    /* that n when it died of a signal, else 0 */
	struct drain_recipe drain;
	struct log_policy logs;
	struct strvec depends_on;
	struct restart_policy restart; /* owns its codes */
};

struct state {
	char *root; /* of the team */
	char *path; /* of applied.json */
	struct applied **agents;
	size_t nr;
	size_t alloc;
	struct strmap by_id;
	char *tmux_prefix, *tmux_socket; /* as applied; socket may be NULL */
	char *tmux_server; /* path of its socket then; NULL: unknown */
	bool names_server; /* else tmux_socket NULL is nobody's word */
	struct journal_settings journal; /* the same; owns its key_file */
	bool exists;    /* there was a file */
	/*
	 * "size mtime inode path" of each compose file when every agent of it
	 * was in here: while they are the same, nobody needs to read them to
	 * know which agents there are.  Empty: read them.
	 */
	struct strvec files;
	/* In which order the entries are written, others behind; or empty. */
	struct strvec order;
	/* Added ones that were removed, till they come anew or all is down. */
	struct strvec removed;
	/* What was read, for members we do not know: the text, until a save. */
	struct strbuf text;
	void *document;
};

/* Paths below <root>/state; the caller frees. */
char *state_path(const char *root, const char *name);
/*
 * Reads applied.json; one that is not there is an empty state.  -1 when it
 * cannot be read or parsed: err names file, line and how to repair it, and
 * the file must then not be replaced.
 */
int state_load(struct state *state, const char *root, struct strbuf *err);
/* How the journal is to be kept from now on; copied. */
void state_set_journal(struct state *state,
    const struct journal_settings *how);
/*
 * The server (tmux -L, or NULL, and the path) that applied.json names: from the
 * beginning of the file as we write it, and without checking any of it, for who
 * cannot wait for state_load, which has the last word.  -1: that does not show.
 */
int state_peek_server(const char *root, char **socket, char **server);
/* The entry of an id, made when it is not there. */
struct applied *state_agent(struct state *state, const char *id);
const struct applied *state_find(const struct state *state, const char *id);
/* Takes over from a spec what `down` and `reload` will need later. */
void applied_from_spec(struct applied *applied, const struct spec *spec);
/* Nothing is known of it any more but that it was removed. */
void applied_remove(struct applied *applied);
/* Remembers those files as the ones that the entries are from. */
void state_set_files(struct state *state, const struct strvec *paths);
/* True when there are such files, and they are unchanged on disk. */
bool state_files_current(const struct state *state);
/* Who has the lock, or has had it last: "pid 123 (teamctl up)", or "". */
void state_holder(const char *root, char holder[LOCKFILE_HOLDER]);
/* Somebody holds the lock. */
bool state_is_locked(const char *root);
/*
 * Whoever had it last is no more.  It may be locked all the same for a moment:
 * by a child of that process, forked but not yet another program.
 */
bool state_is_deserted(const char *root);
/* Whether there is room for it: writes it beside applied.json. */
int state_try(struct state *state, int64_t now_ms, struct strbuf *err);
/* Replaces applied.json, synced.  now_ms: wall clock. */
int state_save(struct state *state, int64_t now_ms, struct strbuf *err);
void state_release(struct state *state);

/*
 * Another user's is not, which err then says and nothing else: and what runs
 * is on that user's tmux server.  What is not there is readable.
 */
bool state_is_readable(const char *root, struct strbuf *err);
/* Makes <root>/state and the folders in it, all 0700. */
int state_prepare(const char *root, struct strbuf *err);

/*
 * Takes <root>/state/lock for this process.  waiting is called once, with the
 * holder's "pid verb", when it has to wait.  A descriptor that the caller
 * closes to give it up, or -1: errno EAGAIN after timeout_ms with the holder
 * in err, anything else with a text in err.
 */
int state_lock(const char *root, const char *verb, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), void *ctx,
    struct strbuf *err);

/* ---- between state.c and state-json.c only ---- */

/* state->text as members of state; -1 with file and line in err. */
int state_parse(struct state *state, struct strbuf *err);
/* state->document becomes what is to be written; -1 and err. */
int state_put(struct state *state, int64_t now_ms, struct strbuf *err);

#endif
