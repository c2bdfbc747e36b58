/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl logs, of the panes of agents: what they show and have shown.
 */
#ifndef LOGS_PANE_H
#define LOGS_PANE_H

#include "engine.h"

/* A look at a pane. */
struct pane_look {
	const struct run *run;
	bool gone; /* there is no such pane any more */
	bool dead; /* its process has ended */
	struct strbuf text;
};

/*
 * Looks at all of them with one client, at so many lines above the screens.
 * An exit code, after saying why when it is not EXIT_DONE.
 */
int pane_look_all(struct tmux *tmux, struct pane_look **looks, size_t nr,
    int64_t lines);

#endif
