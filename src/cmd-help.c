/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl help: all commands in groups, or one command in full.
 */
#include "cmd.h"

#include <ctype.h>
#include <stdio.h>

static const char *const group_titles[] = {
	[GROUP_TEAM] = "The team's files",
	[GROUP_LIFE] = "Start, change, stop",
	[GROUP_LOOK] = "Look",
	[GROUP_TALK] = "Talk to agents",
	[GROUP_OTHER] = "Other",
};

static void
add_group(enum cmd_group group, struct strbuf *out)
{
	const struct cmd *cmd;
	struct strbuf name = STRBUF_INIT;
	size_t i;

	strbuf_addf(out, "\n%s:\n", group_titles[group]);
	for (i = 0; i < cmd_table_nr; i++) {
		cmd = cmd_table[i];
		if (cmd->group != group || cmd->flags & CMD_HIDDEN)
			continue;
		strbuf_reset(&name);
		strbuf_addstr(&name, cmd->name);
		if (cmd->alias)
			strbuf_addf(&name, ", %s", cmd->alias);
		strbuf_addstr(out, "  ");
		strbuf_addpad(out, name.buf, 14);
		strbuf_addf(out, "%s\n", cmd->summary);
	}
	strbuf_release(&name);
}

void
help_overview(struct strbuf *out)
{
	size_t i;

	strbuf_addstr(out,
	    "usage: teamctl [-C DIR] [-f FILE] COMMAND [OPTION...] "
	    "[OPERAND...]\n\n"
	    "Runs a team of AI coding agents from one YAML file, each in a "
	    "tmux session.\n");
	for (i = 0; i < nitems(group_titles); i++)
		add_group((enum cmd_group)i, out);
	strbuf_addstr(out, "\nOptions of all commands:\n");
	opt_usage(global_opts, out);
	strbuf_addstr(out, "\n'teamctl help COMMAND' explains one of them; "
	    "the manual is teamctl(1).\n");
}

static const char target_text[] =
    "\nA TARGET is PROJECT, PROJECT:AGENT, an AGENT whose name is unique, or "
    "a pattern\nof those with * ? [...].  None means all agents.\n";

static void
add_sentence(const char *summary, struct strbuf *out)
{
	strbuf_addch(out, (char)toupper((unsigned char)summary[0]));
	strbuf_addf(out, "%s.\n", summary + 1);
}

void
help_command(const struct cmd *cmd, struct strbuf *out)
{
	strbuf_addf(out, "usage: teamctl %s", cmd->name);
	if (cmd->opts && cmd->opts[0].name)
		strbuf_addstr(out, " [OPTION...]");
	if (cmd->operands)
		strbuf_addf(out, " %s", cmd->operands);
	strbuf_addstr(out, "\n\n");
	add_sentence(cmd->summary, out);
	if (cmd->alias)
		strbuf_addf(out, "\nThe same as 'teamctl %s'.\n", cmd->alias);
	if (cmd->flags & CMD_TARGETS)
		strbuf_addstr(out, target_text);
	if (cmd->opts && cmd->opts[0].name) {
		strbuf_addstr(out, "\nOptions:\n");
		opt_usage(cmd->opts, out);
	}
	if (cmd->details)
		strbuf_addf(out, "\n%s", cmd->details);
	strbuf_addstr(out, "\n'teamctl help' lists the options of all "
	    "commands.\n");
}

static int
run(int argc, char **argv)
{
	struct strbuf text = STRBUF_INIT;
	const struct cmd *cmd;

	if (argc > 1)
		return cmd_usage(&cmd_help, "takes one command: '%s'",
		    argv[1]);
	cmd = argc == 1 ? cmd_find(argv[0]) : NULL;
	if (argc == 1 && !cmd)
		return cmd_usage(&cmd_help, "unknown command '%s'", argv[0]);
	if (cmd)
		help_command(cmd, &text);
	else
		help_overview(&text);
	fputs(text.buf, stdout);
	strbuf_release(&text);
	return EXIT_DONE;
}

const struct cmd cmd_help = {
	.name = "help",
	.group = GROUP_OTHER,
	.operands = "[COMMAND]",
	.summary = "explain a command",
	.run = run,
};
