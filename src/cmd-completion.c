/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl completion: scripts for shells, made from the table of commands, and
 * the lists that these scripts ask for while a person types.
 */
#include "complete.h"
#include "event.h"
#include "keys.h"
#include "metrics.h"
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct completion_options {
	const char *list;
} options;

static const struct opt opts[] = {
	{ 0, "list", OPT_CHOICE, offsetof(struct completion_options, list),
	    "agents|commands|options|keys|rules|events|metrics",
	    "names" },
	{ 0 },
};

static void
list_agents(const char *prefix)
{
	struct diags diags = DIAGS_INIT;
	struct source source;
	struct team *team = NULL;

	if (cmd_find_root(&source) == EXIT_DONE)
		team = compose_load(&source, &diags);
	if (team)
		complete_agents(team, prefix, stdout);
	compose_free(team);
	diags_release(&diags);
}

static void
list_commands(const char *operand)
{
	size_t i;

	(void)operand;
	for (i = 0; i < cmd_table_nr; i++) {
		if (cmd_table[i]->flags & CMD_HIDDEN)
			continue;
		puts(cmd_table[i]->name);
		if (cmd_table[i]->alias)
			puts(cmd_table[i]->alias);
	}
}

/* Those of a command; without one those of all commands. */
static void
list_options(const char *operand)
{
	const struct cmd *cmd = operand ? cmd_find(operand) : NULL;
	const struct opt *opt = operand ? NULL : global_opts;

	if (cmd)
		opt = cmd->opts;
	for (; opt && opt->name; opt++) {
		printf("--%s\n", opt->name);
		if (opt->letter)
			printf("-%c\n", opt->letter);
	}
}

static void
print_key(void *ctx, const char *path, const struct key *key)
{
	(void)ctx;
	(void)key;
	puts(path);
}

static void
list_keys(const char *operand)
{
	(void)operand;
	keys_each(print_key, NULL);
}

static void
list_rules(const char *operand)
{
	size_t i;

	(void)operand;
	for (i = 0; i < rules_nr; i++)
		printf("%s\t%s\n", rules[i].id, rules[i].text);
}

static void
list_events(const char *operand)
{
	int kind;

	(void)operand;
	for (kind = 0; kind < EVENT_NR; kind++)
		printf("%s\t%s\n", event_name((enum event_kind)kind),
		    event_text((enum event_kind)kind));
}

static void
print_metric(void *ctx, const char *name, const char *help)
{
	(void)ctx;
	printf("%s\t%s\n", name, help);
}

static void
list_metrics(const char *operand)
{
	(void)operand;
	metrics_each(print_metric, NULL);
}

static const struct {
	const char *name;
	void (*list)(const char *operand);
} lists[] = {
	{ "agents", list_agents },
	{ "commands", list_commands },
	{ "options", list_options },
	{ "keys", list_keys },
	{ "rules", list_rules },
	{ "events", list_events },
	{ "metrics", list_metrics },
};

static const struct {
	const char *name;
	void (*write)(FILE *out);
} shells[] = {
	{ "bash", complete_bash },
	{ "zsh", complete_zsh },
	{ "fish", complete_fish },
};

/* A person is typing: whatever is wrong, nothing appears on the terminal. */
static int
run_list(const char *operand)
{
	size_t i;

	if (!freopen("/dev/null", "w", stderr))
		return EXIT_FAILED;
	for (i = 0; i < nitems(lists); i++) {
		if (strcmp(lists[i].name, options.list) == 0)
			lists[i].list(operand);
	}
	return EXIT_DONE;
}

static int
run(int argc, char **argv)
{
	size_t i;

	if (argc > 1)
		return cmd_usage(&cmd_completion, "takes one operand: '%s'",
		    argv[1]);
	if (options.list)
		return run_list(argc == 1 ? argv[0] : NULL);
	if (argc == 0)
		return cmd_usage(&cmd_completion, "needs a shell: bash, zsh "
		    "or fish");
	for (i = 0; i < nitems(shells); i++) {
		if (strcmp(shells[i].name, argv[0]) == 0) {
			shells[i].write(stdout);
			return EXIT_DONE;
		}
	}
	return cmd_usage(&cmd_completion, "unknown shell '%s': bash, zsh or "
	    "fish", argv[0]);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.group = GROUP_OTHER,
	.operands = "[bash|zsh|fish]",
	.summary = "print a completion script for a shell",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "bash:  eval \"$(teamctl completion bash)\"\n"
	    "zsh:   teamctl completion zsh >DIR/_teamctl, DIR being in "
	    "$fpath\n"
	    "fish:  teamctl completion fish | source\n",
};
