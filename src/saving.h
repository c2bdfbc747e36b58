/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What `teamctl save` is going to write: the texts of compose files with added
 * agents in them, of which it has been seen that they make the same team.
 */
#ifndef SAVING_H
#define SAVING_H

#include "cmd.h"
#include "graft.h"

struct edit {
	char *path;           /* as shown, below the root unless absolute */
	char *full;
	struct strbuf before, after;
};

struct saved {
	char *id;
	struct edit *edit;    /* NULL: the compose file has it already */
	struct graft graft;   /* borrows from the team, */
	const char *group;    /* as does this: graft_group */
};

struct saving {
	const struct source *source;
	const struct team *team;
	struct team *then;    /* the team as it will be */
	struct edit **edits;
	size_t nr_edit, alloc_edit;
	struct saved *saved;
	size_t nr, alloc;
};

/* An added agent of the team, or one of team->shadowed, is to be saved. */
void saving_add(struct saving *saving, const char *id);
/*
 * Makes the edits and reads the team as it will be.  An exit code, after
 * saying why and printing what could be put there by hand.
 */
int saving_prepare(struct saving *saving);
/* Prints what changes in a file, as diff -u would. */
void saving_print(const struct edit *edit, struct strbuf *out);
/* Replaces the files; an exit code after saying why. */
int saving_write(const struct saving *saving);
void saving_release(struct saving *saving);

#endif
