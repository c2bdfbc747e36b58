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
	    "what a crash had left unfinished at its end was cut off" },
	[EVENT_JOURNAL_ROTATED] = { "journal.rotated",
	    "the first line of a further segment" },
	[EVENT_JOURNAL_KEYED] = { "journal.keyed",
	    "its end is signed with a key from here on" },
	[EVENT_JOURNAL_UNKEYED] = { "journal.unkeyed",
	    "its end is not signed any more" },
	[EVENT_JOURNAL_LOST] = { "journal.lost",
	    "events could not be written for so long that some went" },
	[EVENT_COMPOSE_LOADED] = { "compose.loaded",
	    "the compose files were read, as they are now" },
	[EVENT_COMPOSE_CHANGED] = { "compose.changed",
	    "they are not those of the last up or reload" },
	[EVENT_COMPOSE_INVALID] = { "compose.invalid",
	    "they have errors; what was read or applied before still holds" },
	[EVENT_PLAN_MADE] = { "plan.made",
	    "what up or reload is going to do, if anything" },
	[EVENT_LOCK_WAITED] = { "lock.waited",
	    "a command had to wait for the team" },
	[EVENT_LOCK_TAKEN_OVER] = { "lock.taken_over",
	    "a supervisor let a command have the team" },
	[EVENT_START_REQUESTED] = { "agent.start_requested",
	    "an agent is about to be started" },
	[EVENT_LAUNCHED] = { "agent.launched",
	    "its session or pane was made, its shim runs" },
	[EVENT_RUNNING] = { "agent.running", "its exec succeeded" },
	[EVENT_STARTED] = { "agent.started",
	    "its exec succeeded and it outlived a moment" },
	[EVENT_EXEC_FAILED] = { "agent.exec_failed",
	    "its program could not be run" },
	[EVENT_START_FAILED] = { "agent.start_failed",
	    "it did not start, or ended at once" },
	[EVENT_CONVERSATION_RESUMED] = { "conversation.resumed",
	    "it goes on with its conversation" },
	[EVENT_CONVERSATION_FRESH] = { "conversation.fresh",
	    "it began a new conversation" },
	[EVENT_ADOPTED] = { "agent.adopted", "a supervisor found it running" },
	[EVENT_STOP_REQUESTED] = { "agent.stop_requested",
	    "an agent is about to be drained or killed" },
	[EVENT_KEYS_SENT] = { "agent.keys_sent",
	    "the keys that ask it to end are typed into its pane" },
	[EVENT_INTERRUPTED] = { "agent.interrupted",
	    "half of its time to end is over: INT to its group" },
	[EVENT_TERMINATED] = { "agent.terminated",
	    "its time to end is over: its shim is told to end it" },
	[EVENT_KILL_SENT] = { "agent.kill_sent",
	    "KILL to all of its processes" },
	[EVENT_DRAINED] = { "agent.drained", "it stopped when asked" },
	[EVENT_ALREADY_STOPPED] = { "agent.already_stopped",
	    "it was not running when it was to be stopped" },
	[EVENT_KILLED] = { "agent.killed", "it had to be killed" },
	[EVENT_KILL_FAILED] = { "agent.kill_failed",
	    "processes of it are left" },
	[EVENT_STRAYS_KILLED] = { "agent.strays_killed",
	    "processes that a killed shim had left were killed" },
	[EVENT_STOP_HURRIED] = { "stop.hurried",
	    "a second Ctrl-C: no agent is waited for any longer" },
	[EVENT_EXITED] = { "agent.exited",
	    "it ended by itself, or by somebody else's hand" },
	[EVENT_STALE_NOTE] = { "agent.stale_note",
	    "a word of one of its former runs was ignored" },
	[EVENT_REMOVED] = { "agent.removed",
	    "it is no longer in the compose file" },
	[EVENT_ADD_VALIDATED] = { "add.validated",
	    "an agent that is to be added fits into the team" },
	[EVENT_ADD_REGISTERED] = { "add.registered",
	    "from here on it is undone unless it is committed" },
	[EVENT_ADD_STARTED] = { "add.started",
	    "it runs, or waits for what it depends on" },
	[EVENT_ADD_COMMITTED] = { "add.committed",
	    "it belongs to the team" },
	[EVENT_ADD_ROLLED_BACK] = { "add.rolled_back",
	    "it could not be added; nothing of it is left" },
	[EVENT_SAVED] = { "agent.saved",
	    "an added agent was moved into the compose file" },
	[EVENT_UPDATED] = { "agent.updated",
	    "a change that needs no restart was applied" },
	[EVENT_RESTART_SCHEDULED] = { "agent.restart_scheduled",
	    "the supervisor is going to start it again" },
	[EVENT_BUDGET_SPENT] = { "agent.budget_spent",
	    "an automatic restart is made, and counted" },
	[EVENT_STABLE] = { "agent.stable",
	    "it ran long enough for its waits to begin anew" },
	[EVENT_NOT_RESTARTED] = { "agent.not_restarted",
	    "by its policy it stays stopped" },
	[EVENT_GIVEN_UP] = { "agent.given_up",
	    "its budget of restarts is used up" },
	[EVENT_WAITING] = { "agent.waiting",
	    "it waits for what it depends on" },
	[EVENT_WAIT_TIMED_OUT] = { "agent.wait_timed_out",
	    "what it depends on did not come in time" },
	[EVENT_READY] = { "agent.ready", "it is ready" },
	[EVENT_NOT_READY] = { "agent.not_ready", "it was not ready in time" },
	[EVENT_HEALTHY] = { "agent.healthy",
	    "its health check passes, or passes again" },
	[EVENT_UNHEALTHY] = { "agent.unhealthy", "its health check failed" },
	[EVENT_PROBE_FAILED] = { "agent.probe_failed",
	    "a probe of its health failed" },
	[EVENT_PROBE_TIMED_OUT] = { "agent.probe_timed_out",
	    "a probe had no answer in time" },
	[EVENT_HEARTBEAT_BEGUN] = { "agent.heartbeat_begun",
	    "it has sent its first heartbeat" },
	[EVENT_HEARTBEAT_LOST] = { "agent.heartbeat_lost",
	    "its heartbeats have stopped" },
	[EVENT_LIMIT_WARNED] = { "agent.limit_warned",
	    "it comes near a resource limit" },
	[EVENT_LIMIT_EXCEEDED] = { "agent.limit_exceeded",
	    "it is over a resource limit" },
	[EVENT_LIMIT_RECOVERED] = { "agent.limit_recovered",
	    "it is well below that limit again" },
	[EVENT_QUARANTINED] = { "agent.quarantined",
	    "it is kept stopped until a person looks at it" },
	[EVENT_DELIBERATE_STOP] = { "agent.deliberate_stop",
	    "its session was killed while the tmux server lives" },
	[EVENT_HELD] = { "agent.held",
	    "it has ended, and auto-resume is off" },
	[EVENT_RESET] = { "agent.reset", "a person cleared its failures" },
	[EVENT_NOTED] = { "agent.noted", "it said something of itself" },
	[EVENT_ASKS] = { "agent.asks",
	    "by its screen it waits for a person's answer" },
	[EVENT_IDLE] = { "agent.idle",
	    "it was idle for as long as its idle_stop says" },
	[EVENT_NUDGED] = { "agent.nudged",
	    "it was idle, and its nudge was typed" },
	[EVENT_ATTACHED] = { "agent.attached",
	    "a person looks at its terminal" },
	[EVENT_SENT] = { "agent.sent", "a person typed into its terminal" },
	[EVENT_DECISION_ANSWERED] = { "decision.answered",
	    "a person answers its question" },
	[EVENT_DECISION_GONE] = { "decision.gone",
	    "its question is not there any more" },
	[EVENT_EXECUTED] = { "agent.executed",
	    "a person ran a command in its environment" },
	[EVENT_LINK_PROPAGATED] = { "link.propagated",
	    "it ends with an agent that it is linked to" },
	[EVENT_MONITOR_DELIVERED] = { "monitor.delivered",
	    "it was told of the end of an agent" },
	[EVENT_MONITOR_FAILED] = { "monitor.failed", "it could not be told" },
	[EVENT_HOOK_RAN] = { "hook.ran",
	    "a hook was told of the end of an agent" },
	[EVENT_HOOK_FAILED] = { "hook.failed",
	    "a hook failed, or could not be run" },
	[EVENT_STRATEGY_BEGUN] = { "strategy.begun",
	    "other agents go down and come up with a failed one" },
	[EVENT_STRATEGY_ENDED] = { "strategy.ended",
	    "they have been started" },
	[EVENT_ESCALATED] = { "team.escalated",
	    "a critical agent has failed" },
	[EVENT_SCALED_UP] = { "scale.up", "there are to be more of an agent" },
	[EVENT_SCALED_DOWN] = { "scale.down",
	    "there are to be fewer of an agent" },
	[EVENT_FOREIGN_SESSION] = { "session.foreign",
	    "a session that is not ours has the name of one" },
	[EVENT_AUTO_RESUME_ON] = { "auto_resume.on",
	    "agents are started again from now on" },
	[EVENT_AUTO_RESUME_OFF] = { "auto_resume.off",
	    "no agent is started again from now on" },
	[EVENT_DRIFT_REPAIRED] = { "drift.repaired",
	    "an end that nobody had told of was found" },
	[EVENT_TMUX_UNREACHABLE] = { "tmux.unreachable",
	    "tmux could not be asked; nothing was concluded" },
	[EVENT_TMUX_REACHABLE] = { "tmux.reachable", "it answers again" },
	[EVENT_FROZEN] = { "agent.frozen",
	    "all its processes were stopped where they are" },
	[EVENT_FREEZE_FAILED] = { "agent.freeze_failed",
	    "a process of it could not be stopped in time" },
	[EVENT_THAWED] = { "agent.thawed", "its processes go on" },
	[EVENT_PAUSED] = { "agent.paused",
	    "a person has paused it" },
	[EVENT_RESUMED] = { "agent.resumed",
	    "a person lets it go on" },
	[EVENT_RELEASED] = { "agent.released",
	    "a person has let it out of its quarantine" },
	[EVENT_RESTART_REQUESTED] = { "agent.restart_requested",
	    "a person wants it to be started anew" },
	[EVENT_RESTART_MERGED] = { "agent.restart_merged",
	    "another restart of it was under way: they are one" },
	[EVENT_REMOVE_REQUESTED] = { "agent.remove_requested",
	    "a person wants nothing to be left of it" },
	[EVENT_SUPERSEDED] = { "agent.command_superseded",
	    "a later command on it came before the end of this one" },
	[EVENT_COMMAND_ACCEPTED] = { "command.accepted",
	    "a command that changes something was taken" },
	[EVENT_COMMAND_COMPLETED] = { "command.completed",
	    "it has been carried out for all its agents" },
	[EVENT_COMMAND_DENIED] = { "command.denied",
	    "an agent asked for what it may not, from inside" },
	[EVENT_SUPERVISOR_STARTED] = { "supervisor.started",
	    "a supervisor has taken the team over" },
	[EVENT_SUPERVISOR_DIED] = { "supervisor.died",
	    "the one before it ended without a word" },
	[EVENT_SUPERVISOR_YIELDED] = { "supervisor.yielded",
	    "it lets a command have the team" },
	[EVENT_SUPERVISOR_RESUMED] = { "supervisor.resumed",
	    "it has the team again" },
	[EVENT_SUPERVISOR_REPLACED] = { "supervisor.replaced",
	    "it took the place of another supervisor" },
	[EVENT_SUPERVISOR_SLOW] = { "supervisor.slow",
	    "its loop was held up" },
	[EVENT_SHUTDOWN_REQUESTED] = { "supervisor.shutdown_requested",
	    "a person wants it to end" },
	[EVENT_SUPERVISOR_STOPPED] = { "supervisor.stopped",
	    "it has ended; the agents go on" },
};

_Static_assert(nitems(events) == EVENT_NR, "an event without a row");

const char *
event_name(enum event_kind kind)
{
	return events[kind].name;
}

enum event_kind
event_find(const char *name)
{
	int kind = 0;

	while (kind < EVENT_NR && !str_eq(name, events[kind].name))
		kind++;
	return (enum event_kind)kind;
}

const char *
event_text(enum event_kind kind)
{
	return events[kind].text;
}

bool
event_is_about(const struct jnode *event,
    bool (*is_it)(const char *meant, const char *id), const char *meant)
{
	const struct jnode *fields = j_get(event, "fields"), *node;
	const char *agent = j_text(j_get(event, "agent"));

	if (agent && is_it(meant, agent))
		return true;
	for (node = j_first(j_get(fields, "targets")); node; node = node->next)
		if (j_text(node) && is_it(meant, j_text(node)))
			return true;
	for (node = j_first(j_get(fields, "results")); node; node = node->next)
		if (node->key && is_it(meant, node->key))
			return true;
	return false;
}
