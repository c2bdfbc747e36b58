/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The kinds of events that the journal holds: one table, from which
 * teamctl-events(7) is checked.
 */
#ifndef EVENT_H
#define EVENT_H

#include "util.h"

enum event_kind {
	EVENT_JOURNAL_OPENED,
	EVENT_JOURNAL_RECOVERED,
	EVENT_JOURNAL_ROTATED,
	EVENT_START_REQUESTED,
	EVENT_STARTED,
	EVENT_START_FAILED,
	EVENT_ADOPTED,
	EVENT_STOP_REQUESTED,
	EVENT_DRAINED,
	EVENT_ALREADY_STOPPED,
	EVENT_KILLED,
	EVENT_KILL_FAILED,
	EVENT_EXITED,
	EVENT_REMOVED,
	EVENT_UPDATED,
	EVENT_RESTART_SCHEDULED,
	EVENT_NOT_RESTARTED,
	EVENT_GIVEN_UP,
	EVENT_WAITING,
	EVENT_READY,
	EVENT_NOT_READY,
	EVENT_UNHEALTHY,
	EVENT_LIMIT_WARNED,
	EVENT_LIMIT_EXCEEDED,
	EVENT_QUARANTINED,
	EVENT_DELIBERATE_STOP,
	EVENT_RESET,
	EVENT_NOTED,
	EVENT_SUPERVISOR_STARTED,
	EVENT_SUPERVISOR_STOPPED,
	EVENT_NR,
};

/* "agent.started" */
const char *event_name(enum event_kind kind);
/* One line about it, for the manual. */
const char *event_text(enum event_kind kind);

#endif
