/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs, of what is kept of an agent (logstore.h): runs of before, also
 * of an agent that is gone, and on across its restarts.
 */
#ifndef LOGS_KEPT_H
#define LOGS_KEPT_H

#include "logs-out.h"
#include "logstore.h"
#include "os.h"
#include "plain.h"
#include "view.h"

struct kept_wish {
	const char *id;
	const char *run;  /* "-1", "12"; NULL: the newest, or all since */
	int64_t since_ms; /* before now; 0: all */
	int64_t lines;    /* -1: all */
	bool follow, plain;
};

/* An agent whose runs are read. */
struct kept {
	struct view *view;
	struct kept_wish wish;
	struct logstore_runs runs;
	size_t first, last; /* those of runs that are printed */
	struct logstore_tail tail; /* of the last */
	struct plain plain;
	struct mono look_at; /* when it is seen whether the agent goes on */
	bool is_busy;        /* there was something new */
	bool is_over;        /* nothing is to come */
};

/* Is there anything? */
bool logs_is_kept(const struct view *view, const char *id);

/* kept_release is to be called in any case. */
void kept_init(struct kept *kept, struct view *view,
    const struct kept_wish *wish);
/*
 * Appends what has been printed so far.  An exit code, after saying why when
 * it is not EXIT_DONE.
 */
int kept_begin(struct kept *kept, struct strbuf *out);
/*
 * Prints what is new, on across restarts, until is_over is set: the agent has
 * ended, which was said, and nobody is going to start it.
 */
int kept_go_on(struct kept *kept, const struct logs_out *out);
void kept_release(struct kept *kept);

/* "p:a has ended: exit 3" on stderr, of its last run. */
void logs_tell_end(struct view *view, const char *id);

#endif
