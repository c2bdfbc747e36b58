/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Whether an agent goes on with its conversation: state/resume/.  Wrappers
 * decide and do it, and write down what they did; see CONVERSATIONS in
 * teamctl-wrapper(7).  Here that is read, and a new one is ordered.
 */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include "strbuf.h"

enum conversation {
	CONVERSATION_NONE,    /* nothing is known of it */
	CONVERSATION_FRESH,
	CONVERSATION_RESUMED,
};

/* What the wrapper did at the agent's last start.  id: "project:agent" */
enum conversation conversation_last(const char *root, const char *id);
/* The next start begins a new one, or need not. */
int conversation_order_fresh(const char *root, const char *id,
    struct strbuf *err);
int conversation_order_none(const char *root, const char *id,
    struct strbuf *err);
/* "resumed conversation", "fresh start", or NULL. */
const char *conversation_text(enum conversation conversation);

#endif
