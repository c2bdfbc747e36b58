/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See event.h.
 */
#include "event.h"

static const struct {
	const char *name, *text;
} events[] = {
	[EVENT_JOURNAL_OPENED] = { "journal.opened",
	    "the first line of a journal" },
	[EVENT_JOURNAL_RECOVERED] = { "journal.recovered",
	    "a line that a crash had torn was cut off" },
	[EVENT_JOURNAL_ROTATED] = { "journal.rotated",
	    "the first line of a further segment" },
	[EVENT_START_REQUESTED] = { "agent.start_requested",
	    "an agent is about to be started" },
	[EVENT_STARTED] = { "agent.started",
	    "its exec succeeded and it outlived a moment" },
	[EVENT_START_FAILED] = { "agent.start_failed",
	    "it did not start, or ended at once" },
	[EVENT_ADOPTED] = { "agent.adopted",
	    "a supervisor found it running" },
	[EVENT_STOP_REQUESTED] = { "agent.stop_requested",
	    "an agent is about to be drained or killed" },
	[EVENT_DRAINED] = { "agent.drained", "it stopped when asked" },
	[EVENT_ALREADY_STOPPED] = { "agent.already_stopped",
	    "it was not running when it was to be stopped" },
	[EVENT_KILLED] = { "agent.killed", "it had to be killed" },
	[EVENT_KILL_FAILED] = { "agent.kill_failed",
	    "processes of it are left" },
	[EVENT_EXITED] = { "agent.exited",
	    "it ended by itself, or by somebody else's hand" },
	[EVENT_REMOVED] = { "agent.removed",
	    "it is no longer in the compose file" },
	[EVENT_UPDATED] = { "agent.updated",
	    "a change that needs no restart was applied" },
	[EVENT_RESTART_SCHEDULED] = { "agent.restart_scheduled",
	    "the supervisor is going to start it again" },
	[EVENT_NOT_RESTARTED] = { "agent.not_restarted",
	    "by its policy it stays stopped" },
	[EVENT_GIVEN_UP] = { "agent.given_up",
	    "its budget of restarts is used up" },
	[EVENT_WAITING] = { "agent.waiting",
	    "it waits for what it depends on" },
	[EVENT_READY] = { "agent.ready", "it is ready" },
	[EVENT_NOT_READY] = { "agent.not_ready",
	    "it was not ready in time" },
	[EVENT_UNHEALTHY] = { "agent.unhealthy", "its health check failed" },
	[EVENT_LIMIT_WARNED] = { "agent.limit_warned",
	    "it comes near a resource limit" },
	[EVENT_LIMIT_EXCEEDED] = { "agent.limit_exceeded",
	    "it is over a resource limit" },
	[EVENT_QUARANTINED] = { "agent.quarantined",
	    "it is kept stopped until a person looks at it" },
	[EVENT_DELIBERATE_STOP] = { "agent.deliberate_stop",
	    "its session was killed while the tmux server lives" },
	[EVENT_RESET] = { "agent.reset", "a person cleared its failures" },
	[EVENT_NOTED] = { "agent.noted", "it said something of itself" },
	[EVENT_SUPERVISOR_STARTED] = { "supervisor.started",
	    "a supervisor has taken the team over" },
	[EVENT_SUPERVISOR_STOPPED] = { "supervisor.stopped",
	    "it has ended; the agents go on" },
};

_Static_assert(nitems(events) == EVENT_NR, "an event without a row");

const char *
event_name(enum event_kind kind)
{
	return events[kind].name;
}

const char *
event_text(enum event_kind kind)
{
	return events[kind].text;
}
