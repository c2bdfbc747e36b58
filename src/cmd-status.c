/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl status (ps): what each agent is doing.  One tmux client, however
 * many agents; the compose files are read only when they have changed since
 * they were applied.
 */
#include "cmd.h"
#include "engine.h"
#include "os.h"
#include "output.h"
#include "supervise.h"
#include "superview.h"
#include "signame.h"
#include "units.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_MS = 1000 };

static struct status_options {
	bool json;
	bool watch;
	const char *output;
} options;

static const struct opt opts[] = {
	{ 'o', "output", OPT_CHOICE, offsetof(struct status_options, output),
	    "table|wide|json", "how to print it" },
	{ 0, "json", OPT_FLAG, offsetof(struct status_options, json), NULL,
	    "the same as -o json" },
	{ 'w', "watch", OPT_FLAG, offsetof(struct status_options, watch),
	    NULL, "show it anew every second" },
	{ 0 },
};

/* A look at the team. */
struct look {
	struct source source;
	struct team *team; /* NULL: not needed, or broken */
	struct engine engine;
	struct strvec known;
	struct targets targets;
	bool asked;  /* tmux could be */
	bool locked; /* a command is at work */
	struct superview view; /* what a supervisor knows */
	bool supervised;       /* one runs now */
};

static int
load_team(struct look *look)
{
	struct diags diags = DIAGS_INIT;

	if (state_files_current(&look->engine.state))
		return EXIT_DONE;
	look->team = compose_load(&look->source, &diags);
	if (diags.nr_error)
		cmd_warn("the compose file has errors ('teamctl validate' "
		    "says which)");
	diags_release(&diags);
	return EXIT_DONE;
}

static void
collect_known(struct look *look)
{
	size_t i;

	for (i = 0; look->team && i < look->team->nr_agent; i++)
		strvec_push(&look->known, look->team->agents[i]->id);
	for (i = 0; i < look->engine.nr; i++)
		if (!look->team || !strmap_has(&look->team->by_id,
		    look->engine.runs[i]->id))
			strvec_push(&look->known, look->engine.runs[i]->id);
}

static int
look_at(struct look *look, int argc, char **argv)
{
	struct engine_options engine_options = { 0 };
	struct strbuf err = STRBUF_INIT;
	enum engine_status status;
	int code;
	size_t i;

	memset(look, 0, sizeof(*look));
	engine_init(&look->engine);
	code = cmd_find_root(&look->source);
	if (code != EXIT_DONE)
		return code;
	engine_options.root = look->source.root;
	status = engine_open(&look->engine, &engine_options, &err);
	if (status == ENGINE_OK && err.len)
		cmd_warn("%s", err.buf);
	strbuf_reset(&err);
	code = load_team(look);
	if (look->team && !look->engine.state.exists)
		engine_use_socket(&look->engine, look->team->tmux_socket);
	for (i = 0; look->team && i < look->team->nr_agent; i++)
		engine_run(&look->engine, look->team->agents[i]->id);
	status = engine_observe(&look->engine, &err);
	look->asked = status == ENGINE_OK;
	if (!look->asked)
		cmd_warn("%s", err.buf);
	look->supervised = supervise_is_running(look->source.root);
	look->locked = !look->supervised &&
	    state_is_locked(look->source.root);
	superview_load(&look->view, look->source.root);
	collect_known(look);
	if (code == EXIT_DONE)
		code = targets_pick(&look->targets, &look->known, argc, argv);
	strbuf_release(&err);
	return code;
}

static void
look_release(struct look *look)
{
	engine_close(&look->engine);
	compose_free(look->team);
	strvec_release(&look->known);
	targets_release(&look->targets);
	superview_release(&look->view);
}

/* What the supervisor says of this run, or NULL when that is no news. */
static const struct superview_agent *
word_of(const struct look *look, const struct run *run)
{
	const struct superview_agent *word = superview_find(&look->view,
	    run->id);
	int64_t gen = run->alive ? run->generation :
	    run->applied ? run->applied->generation : 0;

	return word && word->generation == gen ? word : NULL;
}

static const char *
state_of(const struct look *look, const struct run *run)
{
	const struct record *record = &run->record;
	const struct superview_agent *word = word_of(look, run);
	bool stopped = run->applied && run->applied->stopped;

	if (!look->asked)
		return "unknown";
	if (run_is_starting(run))
		return "starting";
	if (run->alive && ((stopped && look->locked) || (word &&
	    look->supervised && str_eq(word->state, "draining"))))
		return "draining";
	if (run->alive)
		return word && word->has_readiness && word->is_ready &&
		    look->supervised ? "ready" : "running";
	if (engine_lost_pid(&look->engine, run))
		return "lost";
	if (word && !stopped && (str_eq(word->state, "failed") ||
	    str_eq(word->state, "quarantined") || (look->supervised &&
	    (str_eq(word->state, "backoff") ||
	    str_eq(word->state, "waiting")))))
		return word->state;
	if (stopped || record->asked)
		return "stopped";
	if (record->state == RECORD_NONE ||
	    (record->state == RECORD_EXITED && record->exit_code == 0))
		return "stopped";
	return "failed";
}

static enum style
style_of(const char *state)
{
	if (str_eq(state, "running") || str_eq(state, "ready"))
		return STYLE_GOOD;
	if (str_eq(state, "failed") || str_eq(state, "lost"))
		return STYLE_BAD;
	return str_eq(state, "stopped") ? STYLE_DIM : STYLE_WARN;
}

/* Unix milliseconds; 0: not known. */
static int64_t
since_of(const struct run *run)
{
	if (run_is_starting(run))
		return 0;
	return run->alive ? run->record.started_ms : run->record.ended_ms;
}

/* 0: none. */
static int64_t
pid_of(const struct run *run)
{
	return run->alive && !run_is_starting(run) ? run->record.pid : 0;
}

/* -1: none. */
static int
last_exit_of(const struct run *run)
{
	if (run->record.state == RECORD_EXITED)
		return run->record.exit_code;
	if (run->record.state == RECORD_SIGNALED)
		return 128 + run->record.signal;
	return run->applied ? run->applied->last_exit : -1;
}

/* 0: none. */
static int
last_signal_of(const struct run *run)
{
	if (run->record.state == RECORD_SIGNALED)
		return run->record.signal;
	if (run->record.state == RECORD_EXITED || !run->applied)
		return 0;
	return run->applied->last_signal;
}

static const char *
session_of(const struct run *run)
{
	if (run->present)
		return run->name;
	return run->applied ? run->applied->session : NULL;
}

static void
add_last_exit(struct table *table, const struct run *run)
{
	struct strbuf text = STRBUF_INIT;

	if (run->record.state == RECORD_NONE ||
	    run->record.state == RECORD_RUNNING) {
		if (last_exit_of(run) < 0)
			table_add(table, NULL);
		else if (last_signal_of(run))
			table_addf(table, "signal %d (%s)",
			    last_signal_of(run),
			    signame(last_signal_of(run)));
		else
			table_addf(table, "exit %d", last_exit_of(run));
		return;
	}
	record_describe(&run->record, &text);
	table_add(table, text.buf);
	strbuf_release(&text);
}

static void
add_wide(struct table *table, const struct look *look, const struct run *run)
{
	const struct agent *agent = look->team ?
	    strmap_get(&look->team->by_id, run->id) : NULL;

	const struct superview_agent *word = word_of(look, run);
	struct strbuf size = STRBUF_INIT;

	if (word && run->alive && word->memory_bytes) {
		units_add_size(&size, word->memory_bytes);
		table_add(table, size.buf);
		table_addf(table, "%lld%%", (long long)word->cpu_percent);
	} else {
		table_add(table, NULL);
		table_add(table, NULL);
	}
	strbuf_release(&size);
	table_add(table, word && *word->health ? word->health : NULL);
	table_add(table, run->present ? run->pane : NULL);
	if (run->generation)
		table_addf(table, "%lld", (long long)run->generation);
	else
		table_add(table, NULL);
	if (agent)
		table_add(table, agent->cwd_path);
	else
		table_add(table, run->applied ? run->applied->cwd : NULL);
}

static void
add_row(struct table *table, const struct look *look, const struct run *run)
{
	struct strbuf since = STRBUF_INIT;
	const char *state = state_of(look, run);

	table_add(table, run->id);
	table_add_styled(table, style_of(state), state);
	if (since_of(run))
		units_add_duration(&since, os_wall_ms() - since_of(run));
	table_add(table, since.len ? since.buf : NULL);
	if (pid_of(run))
		table_addf(table, "%lld", (long long)pid_of(run));
	else
		table_add(table, NULL);
	table_addf(table, "%lld", run->applied ?
	    (long long)run->applied->restarts : 0);
	add_last_exit(table, run);
	if (str_eq(options.output, "wide"))
		add_wide(table, look, run);
	table_add(table, session_of(run));
	strbuf_release(&since);
}

static void
print_table(const struct look *look)
{
	static const char *const narrow[] = {
		"AGENT", "STATE", "FOR", "PID", "RESTARTS", "LAST EXIT",
		"SESSION",
	};
	static const char *const wide[] = {
		"AGENT", "STATE", "FOR", "PID", "RESTARTS", "LAST EXIT",
		"MEMORY", "CPU", "HEALTH", "PANE", "GENERATION", "CWD",
		"SESSION",
	};
	bool is_wide = str_eq(options.output, "wide");
	struct table table;
	size_t i;

	table_init(&table, is_wide ? wide : narrow,
	    is_wide ? nitems(wide) : nitems(narrow));
	for (i = 0; i < look->targets.ids.nr; i++)
		add_row(&table, look, engine_find(&look->engine,
		    look->targets.ids.v[i]));
	if (options.watch && isatty(STDOUT_FILENO))
		output_table_over(&table);
	else
		output_table(&table);
	table_release(&table);
}

static json_t *
number_or_null(int64_t n, bool is_known)
{
	return is_known ? json_integer(n) : json_null();
}

static json_t *
describe(const struct look *look, const struct run *run)
{
	const struct superview_agent *word = word_of(look, run);
	const struct record *record = &run->record;
	const char *colon = strchr(run->id, ':');
	json_t *object = json_object();
	struct strbuf text = STRBUF_INIT;

	if (record->state != RECORD_NONE && record->state != RECORD_RUNNING)
		record_describe(record, &text);
	json_object_set_new(object, "id", output_json_string(run->id));
	json_object_set_new(object, "project", json_stringn(run->id,
	    (size_t)(colon - run->id)));
	json_object_set_new(object, "agent", output_json_string(colon + 1));
	json_object_set_new(object, "state",
	    json_string(state_of(look, run)));
	json_object_set_new(object, "since",
	    number_or_null(since_of(run) / 1000, since_of(run)));
	json_object_set_new(object, "pid", number_or_null(pid_of(run),
	    pid_of(run)));
	json_object_set_new(object, "session",
	    output_json_string(session_of(run)));
	json_object_set_new(object, "pane",
	    output_json_string(run->present ? run->pane : NULL));
	json_object_set_new(object, "generation",
	    number_or_null(run->generation, run->generation));
	json_object_set_new(object, "restarts", json_integer(run->applied ?
	    run->applied->restarts : 0));
	json_object_set_new(object, "last_exit",
	    number_or_null(last_exit_of(run), last_exit_of(run) >= 0));
	json_object_set_new(object, "last_signal",
	    number_or_null(last_signal_of(run), last_signal_of(run)));
	json_object_set_new(object, "reason", output_json_string(word &&
	    *word->reason ? word->reason : text.len ? text.buf : NULL));
	json_object_set_new(object, "conversation",
	    output_json_string(run_conversation(run)));
	json_object_set_new(object, "ready", word && run->alive ?
	    json_boolean(word->is_ready) : json_null());
	json_object_set_new(object, "health",
	    output_json_string(word && run->alive ? word->health : NULL));
	json_object_set_new(object, "due_at", number_or_null(word ?
	    word->due_ms / 1000 : 0, word && word->due_ms));
	json_object_set_new(object, "memory_bytes", number_or_null(word ?
	    word->memory_bytes : 0, word && run->alive));
	json_object_set_new(object, "cpu_percent", number_or_null(word ?
	    word->cpu_percent : 0, word && run->alive));
	strbuf_release(&text);
	return object;
}

static void
print_json(const struct look *look)
{
	json_t *document = output_document(), *agents = json_array();
	size_t i;

	for (i = 0; i < look->targets.ids.nr; i++)
		json_array_append_new(agents, describe(look, engine_find(
		    &look->engine, look->targets.ids.v[i])));
	json_object_set_new(document, "agents", agents);
	output_json(document);
}

static int
show(int argc, char **argv)
{
	struct look look;
	int code = look_at(&look, argc, argv);

	if (code == EXIT_DONE) {
		if (options.json || str_eq(options.output, "json"))
			print_json(&look);
		else
			print_table(&look);
	}
	look_release(&look);
	return code;
}

static volatile sig_atomic_t interrupted;

static void
on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

/* Home, each line to its end, what is left below: nothing flickers. */
static int
watch(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	bool terminal = isatty(STDOUT_FILENO);
	int code = EXIT_DONE;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (terminal)
		fputs("\033[2J", stdout);
	while (!interrupted && code == EXIT_DONE) {
		if (terminal)
			fputs("\033[H", stdout);
		code = show(argc, argv);
		if (terminal)
			fputs("\033[J", stdout);
		if (fflush(stdout) != 0)
			break;
		poll(NULL, 0, WATCH_MS);
	}
	return code;
}

static int
run(int argc, char **argv)
{
	return options.watch ? watch(argc, argv) : show(argc, argv);
}

const struct cmd cmd_status = {
	.name = "status",
	.alias = "ps",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS | CMD_TELLS_ROOT,
	.operands = "[TARGET...]",
	.summary = "show what each agent is doing",
	.opts = opts,
	.values = &options,
	.run = run,
};
