/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What `teamctl top` shows, line by line, for a terminal of any size: agents by
 * project, the end of the screen of the one that is selected, and a footer.
 * Nothing here knows curses.
 */
#ifndef TOPVIEW_H
#define TOPVIEW_H

#include "strbuf.h"

enum top_style {
	TOP_PLAIN,
	TOP_TITLE,
	TOP_HEADING, /* of columns */
	TOP_PROJECT,
	TOP_GOOD,
	TOP_WARN,
	TOP_BAD,
	TOP_DIM,
	TOP_RULE,    /* above the preview */
	TOP_FOOTER,
};

/* Texts are owned here and may be NULL. */
struct top_agent {
	char *id, *state, *since, *activity, *memory, *cpu, *pane;
	char *screen; /* what its pane shows; NULL: not there */
	int64_t restarts;
	bool waits;   /* for a person */
	enum top_style style; /* of its state */
};

struct top {
	const char *title;  /* borrowed */
	const char *clock;  /* borrowed */
	struct top_agent *agents; /* those of a project follow each other */
	size_t nr, alloc;
	bool is_supervised;
	/* What the person sees of it. */
	size_t rows, cols;
	char *selected;     /* id, owned; NULL: the first */
	size_t first;       /* row of the list that is shown at its top */
	bool no_preview;
	bool help;
	const char *footer; /* borrowed; NULL: the keys */
};

struct top_line {
	char *text;      /* cut to the columns, safe for a terminal */
	enum top_style style;
	size_t from, to; /* columns of text in that style, the others plain */
	long agent;      /* its index, or -1 */
	bool is_selected;
};

struct top_lines {
	struct top_line *l;
	size_t nr, alloc;
};

/* The next agent, all empty. */
struct top_agent *top_add(struct top *top, const char *id);
/* Forgets the agents; what the person sees stays. */
void top_clear(struct top *top);
void top_release(struct top *top);
/* Index of the one that is selected, or -1: there are no agents. */
long top_selected(const struct top *top);
/* Moves the selection by so many agents, or to an end of the list. */
void top_move(struct top *top, long by);
void top_select(struct top *top, size_t index);
/*
 * Exactly top->rows lines (fewer when it has none to say); moves the list so
 * that the one selected is in it.
 */
void top_format(struct top *top, struct top_lines *lines);
void top_lines_release(struct top_lines *lines);

#endif
