/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl state, alive, health: what is wanted of agents and what they do, from
 * the supervisor's memory where there is one.
 */
#include "act.h"
#include "agentstate.h"
#include "control.h"
#include "look.h"
#include "output.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 5000 };

static struct state_options {
	bool json;
} options;

static const struct opt opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct state_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* ---- asking ---- */

/*
 * The supervisor's answer; NULL: there is none.  away: it has not looked at
 * the team since a command had that, or ever.
 */
static json_t *
ask(const char *root, bool *away)
{
	struct strbuf err = STRBUF_INIT;
	json_t *reply = NULL, *agents;
	int fd = control_connect(root);

	if (fd < 0)
		return NULL;
	reply = control_call(fd, json_pack("{s:s}", "op", "state"), ASK_MS,
	    &err);
	agents = json_incref(json_object_get(reply, "agents"));
	*away = json_is_true(json_object_get(json_object_get(reply,
	    "supervisor"), "yielded"));
	json_decref(reply);
	close(fd);
	strbuf_release(&err);
	return agents;
}

static const char *
text(const json_t *agent, const char *key)
{
	const char *s = json_string_value(json_object_get(agent, key));

	return s ? s : "";
}

static json_t *
find(json_t *agents, const char *id)
{
	json_t *agent;
	size_t i;

	json_array_foreach(agents, i, agent)
		if (str_eq(text(agent, "agent"), id))
			return agent;
	return NULL;
}

/* Those that were picked, in order; of one not applied, what can be said. */
static json_t *
pick(json_t *told, const struct strvec *ids)
{
	struct agentstate seen = { .operation = OPERATION_ACTIVE };
	json_t *agents = json_array(), *agent;
	size_t i;

	for (i = 0; i < ids->nr; i++) {
		agent = find(told, ids->v[i]);
		if (agent)
			json_array_append(agents, agent);
		else
			json_array_append_new(agents, agentstate_json(&seen,
			    ids->v[i], "stopped", "never started"));
	}
	return agents;
}

static int
take_told(json_t *told, int argc, char **argv, json_t **agents)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct view view = { .is_open = false };
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (code == EXIT_DONE)
		*agents = pick(told, &targets.ids);
	view_close(&view);
	targets_release(&targets);
	return code;
}

/*
 * What was told of an agent that has been started or has ended since, or of
 * which something else is wanted, is old.
 */
static bool
is_true_still(const json_t *agent, const struct agentstate *seen)
{
	return agent && json_integer_value(json_object_get(agent,
	    "generation")) == seen->generation &&
	    json_is_true(json_object_get(agent, "alive")) == seen->is_alive &&
	    str_eq(text(agent, "operation"), operation_name(seen->operation));
}

/* told: what a supervisor says that is away, or NULL. */
static int
look_myself(json_t *told, int argc, char **argv, json_t **agents)
{
	struct agentstate seen;
	const struct run *run;
	struct look look;
	json_t *agent;
	size_t i;
	int code = look_at(&look, argc, argv);

	/* Without tmux nobody knows whether they are alive. */
	if (code == EXIT_DONE)
		code = look.exit_code;
	if (code == EXIT_DONE)
		*agents = json_array();
	for (i = 0; code == EXIT_DONE && i < look.targets.ids.nr; i++) {
		run = engine_find(&look.engine, look.targets.ids.v[i]);
		agentstate_see(&seen, run);
		agent = find(told, run->id);
		if (is_true_still(agent, &seen))
			json_array_append(*agents, agent);
		else
			json_array_append_new(*agents, agentstate_json(&seen,
			    run->id, agentview_state(&look.is, run), NULL));
	}
	look_release(&look);
	return code;
}

/* EXIT_NO_SUPERVISOR only where one is needed. */
static int
get(bool is_needed, int argc, char **argv, json_t **agents)
{
	struct source source;
	json_t *told;
	bool away = false;
	int code = cmd_find_root(&source);

	*agents = NULL;
	if (code != EXIT_DONE)
		return code;
	told = ask(source.root, &away);
	code = told && !away ? take_told(told, argc, argv, agents) :
	    look_myself(told, argc, argv, agents);
	if (code == EXIT_DONE && is_needed && !told) {
		json_decref(*agents);
		*agents = NULL;
		code = EXIT_NO_SUPERVISOR;
	}
	json_decref(told);
	return code;
}

static void
print_json(json_t *agents)
{
	json_t *document = output_document();

	json_object_set(document, "agents", agents);
	output_json(document);
}

/* ---- state ---- */

static void
add_number(struct table *table, const json_t *agent, const char *key)
{
	const json_t *value = json_object_get(agent, key);

	if (json_is_integer(value))
		table_addf(table, "%lld",
		    (long long)json_integer_value(value));
	else
		table_add(table, NULL);
}

static void
add_reason(struct table *table, const json_t *agent)
{
	const char *reason = text(agent, "reason");

	table_add(table, *reason ? reason : NULL);
}

static void
print_states(json_t *agents)
{
	static const char *const heads[] = {
		"AGENT", "OPERATION", "STATE", "PID", "GENERATION", "ATTEMPT",
		"REASON",
	};
	struct table table;
	json_t *agent;
	size_t i;

	table_init(&table, heads, nitems(heads));
	json_array_foreach(agents, i, agent) {
		table_add(&table, text(agent, "agent"));
		table_add(&table, text(agent, "operation"));
		table_add(&table, text(agent, "state"));
		add_number(&table, agent, "pid");
		add_number(&table, agent, "generation");
		add_number(&table, agent, "attempt");
		add_reason(&table, agent);
	}
	output_table(&table);
	table_release(&table);
}

static int
run_state(int argc, char **argv)
{
	json_t *agents;
	int code = get(false, argc, argv, &agents);

	if (code == EXIT_DONE && options.json)
		print_json(agents);
	else if (code == EXIT_DONE)
		print_states(agents);
	json_decref(agents);
	return code;
}

const struct cmd cmd_state = {
	.name = "state",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "show what is wanted of agents, and what they do",
	.opts = opts,
	.values = &options,
	.run = run_state,
};

/* ---- alive ---- */

static int
run_alive(int argc, char **argv)
{
	json_t *agents, *agent;
	int code = get(false, argc, argv, &agents);
	bool lives, all = true;
	size_t i;

	json_array_foreach(agents, i, agent) {
		lives = json_is_true(json_object_get(agent, "alive"));
		all = all && lives;
		if (!options.json)
			printf("%s %s\n", text(agent, "agent"), lives ?
			    "alive" : "not alive");
	}
	if (code == EXIT_DONE && options.json)
		print_json(agents);
	json_decref(agents);
	return code == EXIT_DONE && !all ? EXIT_FAILED : code;
}

const struct cmd cmd_alive = {
	.name = "alive",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "exit 0 when agents are alive, 1 when not",
	.opts = opts,
	.values = &options,
	.run = run_alive,
};

/* ---- health ---- */

/* Whether it does what is wanted of it, and is not known to be unwell. */
static bool
is_well(const json_t *agent)
{
	return !str_eq(text(agent, "health"), "unhealthy") &&
	    !str_eq(text(agent, "state"), "failed") &&
	    !str_eq(text(agent, "state"), "quarantined");
}

static void
print_health(json_t *agents)
{
	static const char *const heads[] = {
		"AGENT", "HEALTH", "READY", "STATE", "REASON",
	};
	struct table table;
	json_t *agent;
	size_t i;

	table_init(&table, heads, nitems(heads));
	json_array_foreach(agents, i, agent) {
		table_add(&table, text(agent, "agent"));
		table_add(&table, *text(agent, "health") ?
		    text(agent, "health") : "unknown");
		table_add(&table, json_is_true(json_object_get(agent,
		    "ready")) ? "yes" : "no");
		table_add(&table, text(agent, "state"));
		add_reason(&table, agent);
	}
	output_table(&table);
	table_release(&table);
}

static int
run_health(int argc, char **argv)
{
	json_t *agents, *agent;
	int code = get(true, argc, argv, &agents);
	bool well = true;
	size_t i;

	if (code == EXIT_NO_SUPERVISOR)
		cmd_error("no supervisor is running: nobody checks health");
	json_array_foreach(agents, i, agent)
		well = well && is_well(agent);
	if (code == EXIT_DONE && options.json)
		print_json(agents);
	else if (code == EXIT_DONE)
		print_health(agents);
	json_decref(agents);
	return code == EXIT_DONE && !well ? EXIT_FAILED : code;
}

const struct cmd cmd_health = {
	.name = "health",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "exit 0 when agents are well, 1 when one is not",
	.opts = opts,
	.values = &options,
	.run = run_health,
};
