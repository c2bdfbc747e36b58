/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Lines of the journal picked and printed: what `events`, `history` and
 * `audit` share.
 */
#ifndef EVENTLIST_H
#define EVENTLIST_H

#include "journal.h"
#include "jtree.h"

enum { EVENTLIST_TIME = 32 };

/* Which lines are wanted; zeroed: all. */
struct event_filter {
	const char *agent; /* pattern: p:a, a, p:*; or NULL */
	bool with_commands; /* those for the agent, too */
	const char *kind;  /* patterns between commas, or NULL */
	char since[EVENTLIST_TIME], until[EVENTLIST_TIME]; /* or "" */
	int64_t after;     /* only lines with a higher number */
};

/*
 * An instant as people give it: an RFC 3339 time, or a duration before now.
 * -1 when it is neither.
 */
int event_filter_time(const char *word, char time[EVENTLIST_TIME]);
/*
 * The first of the patterns that is a plain name and no kind of event (the
 * caller frees), with names like it in near; NULL: there is none.
 */
char *event_filter_unknown(const char *patterns, struct strbuf *near);
/* Whether the pattern of a filter's agent is for that one. */
bool event_filter_is_agent(const char *pattern, const char *agent);
/*
 * Is the line wanted?  Its number becomes filter->after, so that no line is
 * wanted twice.
 */
bool event_filter_take(struct event_filter *filter, const char *line,
    size_t len);

enum event_style {
	EVENT_TEXT, /* for people */
	EVENT_JSON, /* the line as it is */
	EVENT_CSV,
};

/* A line of the journal, on stdout. */
void event_print(const char *line, size_t len, enum event_style style);
/* The names of the columns of EVENT_CSV. */
void event_print_header(void);

/* Lines that are wanted: all, or the last ones. */
struct event_list {
	struct strvec lines;
	size_t most; /* 0: all */
	size_t next; /* where the next one goes, once there are most */
};

/* Collects those of a journal.  -1 and err. */
int event_list_read(struct event_list *list, const char *root,
    struct event_filter *filter, struct strbuf *err);
/* The i-th, oldest first. */
const char *event_list_get(const struct event_list *list, size_t i);
void event_list_release(struct event_list *list);

#endif
