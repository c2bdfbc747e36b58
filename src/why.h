/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the journal says of an agent, in words with their numbers.
 */
#ifndef WHY_H
#define WHY_H

#include "jtree.h"
#include "strbuf.h"

/* Does it belong among the decisions, or is it a step of one? */
bool why_is_decision(const struct jnode *event);
/*
 * "exit 3 after 1.2 s; failure 3 of 5 in 60 s; restarting in 400 ms; policy
 * on-failure from projects/hello.yaml:14", "asked to stop by ann: down".
 */
void why_sentence(const struct jnode *event, struct strbuf *out);
/*
 * Of the events, oldest first, the index of the one that explains a state
 * (agentview.h), or nr when none does.
 */
size_t why_cause(const char *state, const struct jnode *const *events,
    size_t nr);

#endif
