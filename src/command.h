/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A command under way, for operate*.c and for cmd-add.c, which operate.h does
 * not carry out: what it is to do with each agent, and what has become of it.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "operate.h"

enum item_fate {
	ITEM_DONE,
	ITEM_FAILED,
	ITEM_SUPERSEDED,
};

/* What is to be done next with the agent, together with others. */
enum want {
	WANT_NOTHING,
	WANT_STOP,
	WANT_START,
	WANT_FREEZE,
	WANT_THAW,
	WANT_FORGET,
	WANT_NR,
};

struct item {
	struct command *command;
	char *id;
	struct verdict verdict;
	enum operation before;
	int64_t generation; /* of the run that it acts on */
	int64_t attempt;
	int level;          /* by what it depends on, within the command */
	bool was_alive, was_stopping;
	bool stop_begun, start_begun, freeze_begun;
	int forgetting;     /* which of operate's removals; 0: none */
	bool is_over;
	enum want want;
	enum item_fate end;
	bool start_failed;
	const char *conversation; /* run_conversation_news, or NULL */
	char *text;         /* what is to be said about it, or NULL */
	enum drain_outcome outcome;
	int64_t stop_ms;
	bool timed_out;     /* it was asked in vain before it was killed */
};

struct command {
	enum verb verb;
	char *name;         /* what was said: "pause --freeze" */
	int exit_code;      /* of the command that did it itself */
	char *by, *claimed_by, *agent, *reason;
	char *id;
	struct cause cause; /* borrows by and id */
	char *unrecorded;   /* why what it did could not be saved, or NULL */
	char *request;      /* to be remembered with its reply, or NULL */
	json_t *more;       /* members of its reply besides, or NULL */
	bool is_kept;       /* its end is what is to be told again */
	bool is_quiet;      /* no record when nothing comes of it */
	bool is_cut;        /* nothing of it was done: to be said to another */
	bool kill, dry_run;
	int64_t timeout_ms, begun_ms;
	struct item *items;
	size_t nr;
	void (*done)(void *ctx, struct command *command);
	void *ctx;
};

/* Something that does not keep us from going on. */
void operate_warn(const struct operate *operate, const char *text);
/* It is over; text says more about it, or is NULL. */
void item_end(struct operate *operate, struct item *item,
    enum item_fate fate, const char *text);
/* Somebody else starts it; its command only waits for that. */
bool item_is_merged(const struct item *item);
/* A command's start of it is under way; to_come: not even begun. */
bool operate_is_queued(const struct operate *operate, const struct run *run,
    bool to_come);
/* A drain of the agent is under way, or a command's that has yet to begin. */
bool operate_is_stopping(const struct operate *operate,
    const struct run *run);
/* Looks at the agent: ends the item, or sets what is wanted next. */
void item_step(struct operate *operate, struct item *item);
/* Does what is wanted for all items of the command. */
void command_carry_out(struct operate *operate, struct command *command);
/* Without items, but with room for those of the request. */
struct command *command_new(const struct operate_request *request);
void command_free(struct command *command);
/* Remembers what is told of it now, when it has an id of its own. */
int command_keep(const char *root, const struct command *command,
    struct strbuf *err);
/* Before it ends: what it has changed is saved, or it says that it is not. */
void command_record(struct engine *engine, struct command *command);
/* Journals that it was accepted; that it is over, and how. */
void command_note_begin(struct engine *engine, const struct command *command);
void command_note_end(struct engine *engine, const struct command *command);

#endif
