/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What agents do, seen from their screens time and again: activity.h with a
 * memory.  A screen that is the same as before is not examined again until
 * time alone could change what it says.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "decision.h"
#include "engine.h"

struct observe;

struct observe *observe_new(void);
void observe_free(struct observe *observe);
/* The runtimes are about to be freed: their rules are forgotten. */
void observe_forget_rules(struct observe *observe);

/*
 * What a run does that engine_screens has just seen (run->screen NULL: it was
 * not there).  runtime NULL: any command.  The verdict is ours and valid until
 * the next look at this agent.
 */
const struct activity_verdict *observe_run(struct observe *observe,
    const struct run *run, const struct runtime *runtime, int64_t now_ms);
/* activity_input of the screen that was seen last; NULL as well: no screen. */
char *observe_input(struct observe *observe, const struct run *run,
    const struct runtime *runtime, char **above);
/* decision_id of the question that was seen last; "": it has none. */
const char *observe_question_id(const struct observe *observe,
    const char *id);
/* The last one, or NULL. */
const struct activity_verdict *observe_find(const struct observe *observe,
    const char *id);
/*
 * The question that was seen last shows by colour alone which answer is
 * selected; its screen with escape codes tells.
 */
bool observe_is_by_color(const struct observe *observe, const char *id);
void observe_colors(struct observe *observe, const char *id,
    const char *screen);
/*
 * The text for a classifier command about an agent whose verdict is unknown:
 * its screen; NULL when it is blank, when its verdict is another one, and when
 * that was asked before.
 */
const char *observe_open_question(struct observe *observe,
    const struct run *run, const struct runtime *runtime);
/* What the command has printed.  False: that was no answer. */
bool observe_answer(struct observe *observe, const char *id, const char *text,
    size_t len);

#endif
