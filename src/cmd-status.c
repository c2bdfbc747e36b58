/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl status (ps): what each agent is doing.
 */
#include "look.h"
#include "os.h"
#include "output.h"
#include "signame.h"
#include "units.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
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

static void
add_last_exit(struct table *table, const struct run *run)
{
	struct strbuf text = STRBUF_INIT;

	if (run->record.state == RECORD_NONE ||
	    run->record.state == RECORD_RUNNING) {
		if (run_last_exit(run) < 0)
			table_add(table, NULL);
		else if (run_last_signal(run))
			table_addf(table, "signal %d (%s)",
			    run_last_signal(run),
			    signame(run_last_signal(run)));
		else
			table_addf(table, "exit %d", run_last_exit(run));
		return;
	}
	record_describe(&run->record, &text);
	table_add(table, text.buf);
	strbuf_release(&text);
}

/* What a supervisor that runs now sees it do. */
static void
add_activity(struct table *table, const struct look *look,
    const struct run *run, const struct superview_agent *word)
{
	struct strbuf text = STRBUF_INIT;

	if (word && run->alive && look->is.supervised && word->is_seen)
		activity_add_text(&text, word->activity.activity,
		    word->activity.kind);
	table_add(table, text.len ? text.buf : NULL);
	strbuf_release(&text);
}

static void
add_wide(struct table *table, const struct look *look, const struct run *run)
{
	const struct agent *agent = look->team ?
	    strmap_get(&look->team->by_id, run->id) : NULL;

	const struct superview_agent *word = agentview_word(&look->is,
	    run);
	struct usage usage = agentview_usage(&look->is, run);
	struct strbuf size = STRBUF_INIT;

	if (usage.memory_bytes)
		units_add_size(&size, usage.memory_bytes);
	table_add(table, size.len ? size.buf : NULL);
	if (usage.memory_bytes && usage.cpu_percent >= 0)
		table_addf(table, "%lld%%", (long long)usage.cpu_percent);
	else
		table_add(table, NULL);
	strbuf_release(&size);
	table_add(table, word && *word->health ? word->health : NULL);
	add_activity(table, look, run, word);
	table_addf(table, "%.4f", agentview_score(&look->is, run->id));
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
	const char *state = agentview_state(&look->is, run);

	table_add(table, run->id);
	table_add_styled(table, look_style(state), state);
	if (run_since(run))
		units_add_duration(&since, os_wall_ms() - run_since(run));
	table_add(table, since.len ? since.buf : NULL);
	if (run_pid(run))
		table_addf(table, "%lld", (long long)run_pid(run));
	else
		table_add(table, NULL);
	table_addf(table, "%lld", run->applied ?
	    (long long)run->applied->restarts : 0);
	add_last_exit(table, run);
	if (str_eq(options.output, "wide"))
		add_wide(table, look, run);
	table_add(table, run_session(run));
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
		"MEMORY", "CPU", "HEALTH", "ACTIVITY", "SCORE", "PANE",
		"GENERATION", "CWD", "SESSION",
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

static int
show(int argc, char **argv, struct usage_sampler *sampler)
{
	bool is_json = options.json || str_eq(options.output, "json");
	struct look look;
	int code = look_at(&look, argc, argv);

	if (code == EXIT_DONE) {
		if (is_json || str_eq(options.output, "wide"))
			look_measure(&look, sampler);
		if (is_json)
			output_json(look_json(&look));
		else
			print_table(&look);
		code = look.exit_code;
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
watch(int argc, char **argv, struct usage_sampler *sampler)
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
		code = show(argc, argv, sampler);
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
	struct usage_sampler *sampler = usage_sampler_new();
	int code = options.watch ? watch(argc, argv, sampler) :
	    show(argc, argv, sampler);

	usage_sampler_free(sampler);
	return code;
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
