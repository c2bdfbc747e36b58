/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs, of what is kept of an agent (logstore.h): runs of before, also
 * of an agent that is gone, and on across its restarts.
 */
#ifndef LOGS_KEPT_H
#define LOGS_KEPT_H

#include "view.h"

struct kept_wish {
	const char *id;
	const char *run;  /* "-1", "12"; NULL: the newest, or all since */
	int64_t since_ms; /* before now; 0: all */
	int64_t lines;    /* -1: all */
	bool follow, plain, json;
};

/* Is there anything? */
bool logs_is_kept(const struct view *view, const char *id);
/* Prints it.  An exit code, after saying why when it is not EXIT_DONE. */
int logs_kept(struct view *view, const struct kept_wish *wish);
/* "p:a has ended: exit 3" on stderr, of its last run. */
void logs_tell_end(struct view *view, const char *id);
/* Between two looks at what is new. */
void logs_nap(void);

#endif
