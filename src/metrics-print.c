/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See metrics.h.  Here: the table of families, and how they are printed:
 * OpenMetrics 1.0 and the Prometheus text format 0.0.4 differ in how a
 * counter's TYPE and HELP name it.
 */
#include "metrics-part.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "teamctl_"

enum from {
	FROM_EVENTS,     /* counted; key: the name of its second label */
	FROM_AGENTS,     /* key: a number or boolean of each agent */
	FROM_WORDS,      /* key: a word of each agent, which is the label */
	FROM_SUPERVISOR, /* key: a number of the snapshot, "ticks.nr" */
	FROM_ELSEWHERE,  /* print_special */
};

enum special {
	SPECIAL_BUILD,
	SPECIAL_STATES,
	SPECIAL_UPTIME,
	SPECIAL_JOURNAL_BYTES,
	SPECIAL_JOURNAL_EVENTS,
	SPECIAL_UP,
	SPECIAL_SUPERVISOR_UPTIME,
	SPECIAL_TICKS,
};

struct family {
	const char *name, *type;
	enum from from;
	int which;       /* enum metric_counter, enum special */
	const char *key;
	double divisor;  /* of the key's number; 0: 1 */
	const char *help;
};

static const struct family families[] = {
	{ "build_info", "gauge", FROM_ELSEWHERE, SPECIAL_BUILD, NULL, 0,
	    "Always 1; the label is the version that told this." },
	{ "events", "counter", FROM_EVENTS, COUNT_EVENTS, "event", 0,
	    "Events of the journal, by kind." },
	{ "agent_starts", "counter", FROM_EVENTS, COUNT_STARTS, NULL, 0,
	    "Starts that the agent outlived." },
	{ "agent_start_failures", "counter", FROM_EVENTS,
	    COUNT_START_FAILURES, NULL, 0,
	    "Starts that failed, or that ended at once." },
	{ "agent_restarts", "counter", FROM_EVENTS, COUNT_RESTARTS, "cause",
	    0, "Restarts that the supervisor has scheduled, by what the end "
	    "was." },
	{ "agent_given_up", "counter", FROM_EVENTS, COUNT_GIVEN_UP, "cause",
	    0, "Times that the budget of restarts was used up." },
	{ "agent_exits", "counter", FROM_EVENTS, COUNT_EXITS, "class", 0,
	    "Ends that nobody asked teamctl for: clean, code, signal, lost." },
	{ "agent_drains", "counter", FROM_EVENTS, COUNT_DRAINS, NULL, 0,
	    "Stops that the agent made when it was asked to." },
	{ "agent_kills", "counter", FROM_EVENTS, COUNT_KILLS, NULL, 0,
	    "Stops for which the agent had to be killed." },
	{ "agent_kill_failures", "counter", FROM_EVENTS, COUNT_KILL_FAILURES,
	    NULL, 0, "Stops that have left processes." },
	{ "agent_unhealthy", "counter", FROM_EVENTS, COUNT_UNHEALTHY, NULL, 0,
	    "Times that the health check has failed for good." },
	{ "agent_limit_warnings", "counter", FROM_EVENTS,
	    COUNT_LIMIT_WARNINGS, NULL, 0,
	    "Times that the agent came near a resource limit." },
	{ "agent_limit_exceeded", "counter", FROM_EVENTS,
	    COUNT_LIMIT_EXCEEDED, NULL, 0,
	    "Times that the agent was over a resource limit." },
	{ "agent_quarantines", "counter", FROM_EVENTS, COUNT_QUARANTINES,
	    NULL, 0, "Times that the agent was put into quarantine." },
	{ "agent_questions", "counter", FROM_EVENTS, COUNT_QUESTIONS, "kind",
	    0, "Times that the agent began to wait for a person's answer." },
	{ "agent_answers", "counter", FROM_EVENTS, COUNT_ANSWERS, NULL, 0,
	    "Answers that a person gave to the agent." },
	{ "agent_sends", "counter", FROM_EVENTS, COUNT_SENDS, NULL, 0,
	    "Texts that were typed into the agent." },
	{ "agent_probe_failures", "counter", FROM_EVENTS,
	    COUNT_PROBE_FAILURES, "how", 0,
	    "Probes of readiness and health that failed." },
	{ "agent_hooks", "counter", FROM_EVENTS, COUNT_HOOKS, "result", 0,
	    "Hooks that were run about the agent." },
	{ "agents", "gauge", FROM_ELSEWHERE, SPECIAL_STATES, NULL, 0,
	    "Agents by their state." },
	{ "agent_state", "gauge", FROM_WORDS, 0, "state", 0,
	    "Always 1; the label is the agent's present state." },
	{ "agent_activity", "gauge", FROM_WORDS, 0, "activity", 0,
	    "Always 1; the label is what the agent's screen says it does." },
	{ "agent_uptime_seconds", "gauge", FROM_ELSEWHERE, SPECIAL_UPTIME,
	    NULL, 0, "How long the agent has been running." },
	{ "agent_ready", "gauge", FROM_AGENTS, 0, "ready", 0,
	    "Whether the running agent is ready." },
	{ "agent_health", "gauge", FROM_WORDS, 0, "health", 0,
	    "Always 1; the label is what its health check says." },
	{ "agent_restart_budget_left", "gauge", FROM_AGENTS, 0,
	    "budget_left", 0,
	    "Restarts that are left to the agent within its window." },
	{ "agent_memory_bytes", "gauge", FROM_AGENTS, 0, "memory_bytes", 0,
	    "Resident memory of the agent's process tree." },
	{ "agent_memory_limit_bytes", "gauge", FROM_AGENTS, 0,
	    "memory_limit_bytes", 0, "Its max_memory_mb." },
	{ "agent_cpu_ratio", "gauge", FROM_AGENTS, 0, "cpu_percent", 100,
	    "Processor time of the tree; 1 is one processor." },
	{ "agent_cpu_limit_ratio", "gauge", FROM_AGENTS, 0,
	    "cpu_limit_percent", 100, "Its max_cpu_percent." },
	{ "journal_bytes", "gauge", FROM_ELSEWHERE, SPECIAL_JOURNAL_BYTES,
	    NULL, 0, "Size of all segments of the journal." },
	{ "journal_events", "gauge", FROM_ELSEWHERE, SPECIAL_JOURNAL_EVENTS,
	    NULL, 0, "Sequence number of the journal's last event." },
	{ "supervisor_up", "gauge", FROM_ELSEWHERE, SPECIAL_UP, NULL, 0,
	    "Whether a supervisor runs." },
	{ "supervisor_starts", "counter", FROM_EVENTS,
	    COUNT_SUPERVISOR_STARTS, NULL, 0, "Starts of supervisors." },
	{ "supervisor_uptime_seconds", "gauge", FROM_ELSEWHERE,
	    SPECIAL_SUPERVISOR_UPTIME, NULL, 0,
	    "How long the supervisor has been running." },
	{ "supervisor_heartbeat_timestamp_seconds", "gauge", FROM_SUPERVISOR,
	    0, "heartbeat_at", 1000, "When it last looked at everything." },
	{ "supervisor_auto_resume", "gauge", FROM_SUPERVISOR, 0,
	    "auto_resume", 0, "Whether it starts agents again." },
	{ "supervisor_reconciles", "counter", FROM_SUPERVISOR, 0,
	    "reconciles", 0, "Looks at everything since it was started." },
	{ "supervisor_cpu_seconds", "counter", FROM_SUPERVISOR, 0, "cpu_ms",
	    1000, "Processor time of the supervisor itself." },
	{ "supervisor_memory_bytes", "gauge", FROM_SUPERVISOR, 0,
	    "memory_bytes", 0, "Resident memory of the supervisor itself." },
	{ "supervisor_tmux_clients", "counter", FROM_SUPERVISOR, 0,
	    "tmux_clients", 0, "Clients of tmux that it has run." },
	{ "supervisor_tick_seconds", "summary", FROM_ELSEWHERE,
	    SPECIAL_TICKS, NULL, 0, "Turns of its loop, and their time." },
	{ "supervisor_slow_ticks", "counter", FROM_SUPERVISOR, 0,
	    "ticks.slow", 0, "Turns of its loop that took above 100 ms." },
	{ "supervisor_tick_max_seconds", "gauge", FROM_SUPERVISOR, 0,
	    "ticks.longest_us", 1e6, "The longest turn of its loop so far." },
};

/* Of agentview_state; all of them are printed, so that 0 can be seen. */
static const char *const states[] = {
	"running", "ready", "starting", "waiting", "backoff", "limited",
	"draining", "frozen", "paused", "stopped", "removed", "failed",
	"quarantined", "lost", "unknown",
};

const char *
metrics_counter_name(enum metric_counter counter)
{
	size_t i;

	for (i = 0; i < nitems(families); i++)
		if (families[i].from == FROM_EVENTS &&
		    families[i].which == (int)counter)
			return families[i].name;
	BUG("counter %d is of no family", (int)counter);
}

static bool
is_counter(const struct family *family)
{
	return str_eq(family->type, "counter");
}

void
metrics_each(void (*fn)(void *ctx, const char *name, const char *help),
    void *ctx)
{
	char name[128];
	size_t i;

	for (i = 0; i < nitems(families); i++) {
		snprintf(name, sizeof(name), PREFIX "%s%s", families[i].name,
		    is_counter(&families[i]) ? "_total" : "");
		fn(ctx, name, families[i].help);
	}
}

/* ---- samples ---- */

struct printer {
	const struct metrics *metrics;
	const struct metrics_look *look;
	const json_t *agents;
	const struct family *family;
	struct strbuf *out;
};

static void
add_value(struct strbuf *out, double value)
{
	if (fabs(value) < 1e15 && value == (double)(int64_t)value)
		strbuf_addf(out, " %" PRId64 "\n", (int64_t)value);
	else
		strbuf_addf(out, " %.15g\n", value);
}

/* The bytes of a label's value; what is no UTF-8 is escaped. */
static void
add_escaped(struct strbuf *out, const char *text)
{
	struct strbuf safe = STRBUF_INIT;
	const char *p;

	if (!utf8_valid(text, strlen(text))) {
		strbuf_addsafe(&safe, text);
		text = safe.buf;
	}
	for (p = text; *p; p++) {
		if (*p == '\n')
			strbuf_addstr(out, "\\n");
		else if (*p == '"' || *p == '\\')
			strbuf_addf(out, "\\%c", *p);
		else
			strbuf_addch(out, *p);
	}
	strbuf_release(&safe);
}

/* agent "" and key NULL: no such label. */
static void
add_sample(const struct printer *to, const char *agent, const char *key,
    const char *word, double value)
{
	struct strbuf *out = to->out;
	bool is_labelled = *agent || key;

	strbuf_addf(out, PREFIX "%s%s", to->family->name,
	    is_counter(to->family) ? "_total" : "");
	if (is_labelled)
		strbuf_addch(out, '{');
	if (*agent) {
		strbuf_addstr(out, "agent=\"");
		add_escaped(out, agent);
		strbuf_addstr(out, key ? "\"," : "\"");
	}
	if (key) {
		strbuf_addf(out, "%s=\"", key);
		add_escaped(out, word);
		strbuf_addch(out, '"');
	}
	if (is_labelled)
		strbuf_addch(out, '}');
	add_value(out, value);
}

static void
print_counts(const struct printer *to)
{
	const struct strmap *counts =
	    &to->metrics->counts[to->family->which];
	const char *key, *joint;
	char *agent;
	size_t i;

	for (i = 0; i < counts->nr; i++) {
		key = counts->entry[i].key;
		joint = strchr(key, METRICS_JOINT);
		agent = xstrndup(key, (size_t)(joint - key));
		add_sample(to, agent, to->family->key, joint + 1,
		    (double)*(int64_t *)counts->entry[i].value);
		free(agent);
	}
	/* One without agents is there from the beginning. */
	if (counts->nr == 0 &&
	    to->family->which == COUNT_SUPERVISOR_STARTS)
		add_sample(to, "", NULL, NULL, 0);
}

/* False: it has no value. */
static bool
number_of(const struct printer *to, const json_t *value, double *number)
{
	double divisor = to->family->divisor;

	if (json_is_number(value))
		*number = json_number_value(value);
	else if (json_is_boolean(value))
		*number = json_is_true(value);
	else
		return false;
	if (divisor != 0)
		*number /= divisor;
	return true;
}

static const json_t *
in_snapshot(const struct printer *to)
{
	const json_t *snapshot = to->look->supervisor;
	const char *key = to->family->key;

	if (str_starts(key, "ticks."))
		return json_object_get(json_object_get(snapshot, "ticks"),
		    key + strlen("ticks."));
	return json_object_get(snapshot, key);
}

static const char *
id_of(const json_t *agent)
{
	const char *id = json_string_value(json_object_get(agent, "id"));

	return id ? id : "";
}

static void
print_agents(const struct printer *to)
{
	const json_t *agent, *value;
	const char *key = to->family->key;
	double number;
	size_t i;

	json_array_foreach(to->agents, i, agent) {
		value = json_object_get(agent, key);
		if (json_is_object(value)) /* more is told of it */
			value = json_object_get(value, key);
		if (to->family->from == FROM_WORDS && json_is_string(value))
			add_sample(to, id_of(agent), key,
			    json_string_value(value), 1);
		else if (to->family->from == FROM_AGENTS &&
		    number_of(to, value, &number) && number >= 0)
			add_sample(to, id_of(agent), NULL, NULL, number);
	}
}

static const char *
state_of(const json_t *agent)
{
	const char *state = json_string_value(json_object_get(agent,
	    "state"));

	return state ? state : "unknown";
}

static void
print_states(const struct printer *to)
{
	const json_t *agent;
	size_t i, j, sum = 0, n;

	for (i = 0; to->agents && i < nitems(states); i++) {
		n = 0;
		json_array_foreach(to->agents, j, agent)
			n += str_eq(state_of(agent), states[i]);
		add_sample(to, "", "state", states[i], (double)n);
		sum += n;
	}
	n = json_array_size(to->agents) - sum;
	if (n)
		add_sample(to, "", "state", "other", (double)n);
}

static void
print_uptimes(const struct printer *to)
{
	const json_t *agent, *since;
	size_t i;

	json_array_foreach(to->agents, i, agent) {
		since = json_object_get(agent, "since");
		if (json_is_integer(since) &&
		    json_is_integer(json_object_get(agent, "pid")))
			add_sample(to, id_of(agent), NULL, NULL, (double)(
			    to->look->now_ms / 1000 -
			    json_integer_value(since)));
	}
}

static void
print_ticks(const struct printer *to)
{
	const json_t *ticks = json_object_get(to->look->supervisor, "ticks");

	if (!to->look->is_supervised || !ticks)
		return;
	strbuf_addf(to->out, PREFIX "%s_count", to->family->name);
	add_value(to->out, json_number_value(json_object_get(ticks, "nr")));
	strbuf_addf(to->out, PREFIX "%s_sum", to->family->name);
	add_value(to->out, json_number_value(json_object_get(ticks,
	    "sum_us")) / 1e6);
}

static void
print_special(const struct printer *to)
{
	const struct metrics_look *look = to->look;

	switch ((enum special)to->family->which) {
	case SPECIAL_BUILD:
		add_sample(to, "", "version", look->version, 1);
		break;
	case SPECIAL_STATES:
		print_states(to);
		break;
	case SPECIAL_UPTIME:
		print_uptimes(to);
		break;
	case SPECIAL_JOURNAL_BYTES:
		add_sample(to, "", NULL, NULL, (double)look->journal_bytes);
		break;
	case SPECIAL_JOURNAL_EVENTS:
		add_sample(to, "", NULL, NULL, (double)to->metrics->seq);
		break;
	case SPECIAL_UP:
		add_sample(to, "", NULL, NULL, look->is_supervised);
		break;
	case SPECIAL_SUPERVISOR_UPTIME:
		if (look->is_supervised)
			add_sample(to, "", NULL, NULL, (double)(look->now_ms -
			    json_integer_value(json_object_get(
			    look->supervisor, "started_at"))) / 1000);
		break;
	case SPECIAL_TICKS:
		print_ticks(to);
		break;
	}
}

static void
print_family(const struct printer *to)
{
	double number;

	switch (to->family->from) {
	case FROM_EVENTS:
		print_counts(to);
		break;
	case FROM_AGENTS:
	case FROM_WORDS:
		print_agents(to);
		break;
	case FROM_SUPERVISOR:
		if (to->look->is_supervised &&
		    number_of(to, in_snapshot(to), &number))
			add_sample(to, "", NULL, NULL, number);
		break;
	case FROM_ELSEWHERE:
		print_special(to);
		break;
	}
}

/* A family without a sample is left out. */
void
metrics_print(const struct metrics *metrics, const struct metrics_look *look,
    enum metrics_format format, struct strbuf *out)
{
	struct strbuf samples = STRBUF_INIT;
	struct printer to = { metrics, look,
		json_object_get(look->status, "agents"), families, &samples };
	const char *suffix;

	for (; to.family < families + nitems(families); to.family++) {
		strbuf_reset(&samples);
		print_family(&to);
		if (!samples.len)
			continue;
		suffix = format == METRICS_TEXT && is_counter(to.family) ?
		    "_total" : "";
		strbuf_addf(out, "# HELP " PREFIX "%s%s %s\n",
		    to.family->name, suffix, to.family->help);
		strbuf_addf(out, "# TYPE " PREFIX "%s%s %s\n",
		    to.family->name, suffix, to.family->type);
		strbuf_add(out, samples.buf, samples.len);
	}
	strbuf_addstr(out, "# EOF\n");
	strbuf_release(&samples);
}
