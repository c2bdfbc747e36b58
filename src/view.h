/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A team as the commands see it that look at agents and talk to them: what the
 * compose file names, what was applied, and what tmux shows.  A compose file
 * that is broken does not stop them.
 */
#ifndef VIEW_H
#define VIEW_H

#include "cmd.h"
#include "engine.h"

struct view {
	struct source source;
	struct team *team; /* NULL: the compose file cannot be read at all */
	struct engine engine;
	bool is_open;      /* the engine */
	bool is_observed;
	struct strvec ids; /* of the team, then what else was applied or runs */
};

/*
 * Finds and reads the team; asks tmux nothing yet.  EXIT_DONE, or an exit code
 * after printing why.  view_close is to be called in any case.
 */
int view_open(struct view *view);
void view_close(struct view *view);
/* Asks tmux once what runs.  Called again, it makes earlier runs invalid. */
int view_observe(struct view *view);

/*
 * Whether the team knows all the names, for who is about to leave traces: the
 * lock is asked for, or made.  EXIT_DONE, or an exit code after saying why.
 */
int view_check_names(int argc, char **argv);

/* The agent of the compose file, or NULL. */
const struct agent *view_agent(const struct view *view, const char *id);
/*
 * The run of an agent whose session is there, observed before; NULL after
 * printing that there is none.
 */
const struct run *view_present(const struct view *view, const char *id);
/* view_open, view_observe and view_present for the one agent of a word. */
const struct run *view_one(struct view *view, const char *word,
    int *exit_code);

/*
 * Journals what a person is about to do with an agent; that this fails is a
 * warning.  fields are taken over; NULL: none.
 */
void view_note(const struct view *view, const struct strvec *ids,
    enum event_kind kind, const char *reason, json_t *fields);
/* The same of no agent that there is. */
void view_note_team(const struct view *view, enum event_kind kind,
    const char *reason, json_t *fields);

#endif
