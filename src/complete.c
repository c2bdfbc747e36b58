/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See complete.h.  Names and texts of the tables are ours and hold no quotes;
 * what a person's files hold is only ever printed by complete_agents.
 */
#include "complete.h"

#include <string.h>

/* What the operands of a command are. */
enum operand_kind { OPERAND_NONE, OPERAND_AGENT, OPERAND_COMMAND,
	OPERAND_CHOICE };

static enum operand_kind
operand_kind(const struct cmd *cmd)
{
	if (cmd->flags & (CMD_TARGETS | CMD_ONE_TARGET))
		return OPERAND_AGENT;
	if (cmd == &cmd_help)
		return OPERAND_COMMAND;
	if (cmd->operands && strchr(cmd->operands, '|'))
		return OPERAND_CHOICE;
	return OPERAND_NONE;
}

static bool
takes_path(const struct opt *opt)
{
	return opt->arg && (strcmp(opt->arg, "FILE") == 0 ||
	    strcmp(opt->arg, "DIR") == 0);
}

/* "a|b [FILE]|c" with blanks for bars, and without what stands for others. */
static void
print_choices(FILE *out, const char *choices)
{
	const char *sep = "";
	size_t len;

	for (; *choices; choices += len + (choices[len] != '\0')) {
		len = strcspn(choices, "| []");
		if (!len || *choices == '.' || (*choices >= 'A' &&
		    *choices <= 'Z'))
			continue;
		fprintf(out, "%s%.*s", sep, (int)len, choices);
		sep = " ";
	}
}

static void
print_options(FILE *out, const struct opt *opt)
{
	for (; opt && opt->name; opt++) {
		fprintf(out, " --%s", opt->name);
		if (opt->letter)
			fprintf(out, " -%c", opt->letter);
	}
}

/* "up|start": for the case of a shell, and so that an alias is known too. */
static void
print_names(FILE *out, const struct cmd *cmd, const char *between)
{
	fputs(cmd->name, out);
	if (cmd->alias)
		fprintf(out, "%s%s", between, cmd->alias);
}

static bool
is_shown(const struct cmd *cmd)
{
	return !(cmd->flags & CMD_HIDDEN);
}

static bool
has_letter(const struct cmd *cmd, char letter)
{
	const struct opt *opt;

	for (opt = cmd->opts; opt && opt->name; opt++)
		if (opt->letter == letter)
			return true;
	return false;
}

/* The commands for which the letter is not that of the global option. */
static void
print_owners(FILE *out, char letter, const char *before, const char *after)
{
	size_t i;

	for (i = 0; i < cmd_table_nr; i++) {
		if (!is_shown(cmd_table[i]) ||
		    !has_letter(cmd_table[i], letter))
			continue;
		fprintf(out, "%s%s%s", before, cmd_table[i]->name, after);
		if (cmd_table[i]->alias)
			fprintf(out, "%s%s%s", before, cmd_table[i]->alias,
			    after);
	}
}

/*
 * Cases of a shell's "$verb:$option" that say what the option's argument is;
 * the verb is a pattern.
 */
static void
print_arguments(FILE *out, const char *verb, const struct opt *opt)
{
	for (; opt && opt->name; opt++) {
		if (!opt->arg && opt->letter == 'f') /* no --file here */
			fprintf(out, "\t%s:-f) ;;\n", verb);
		if (!opt->arg || opt->kind == OPT_MAYBE_DURATION)
			continue;
		fprintf(out, "\t%s:--%s", verb, opt->name);
		if (opt->letter)
			fprintf(out, "|%s:-%c", verb, opt->letter);
		fputs(") ", out);
		if (opt->kind == OPT_CHOICE) {
			fputs("names='", out);
			print_choices(out, opt->arg);
			fputs("' ", out);
		} else if (takes_path(opt)) {
			fputs("files=1 ", out);
		}
		fputs("taken=1 ;;\n", out);
	}
}

static void
print_all_arguments(FILE *out)
{
	size_t i;

	fputs("\tcase ${verb}:${prev} in\n", out);
	for (i = 0; i < cmd_table_nr; i++) {
		if (!is_shown(cmd_table[i]))
			continue;
		print_arguments(out, cmd_table[i]->name, cmd_table[i]->opts);
		if (cmd_table[i]->alias)
			print_arguments(out, cmd_table[i]->alias,
			    cmd_table[i]->opts);
	}
	/* Behind the commands, whose own letters win. */
	print_arguments(out, "*", global_opts);
	fputs("\tesac\n", out);
}

/* For each command its options and what its operands are. */
static void
print_cases(FILE *out)
{
	static const char *const kinds[] = {
		[OPERAND_NONE] = "",
		[OPERAND_AGENT] = " agents=1",
		[OPERAND_COMMAND] = " names=$verbs",
		[OPERAND_CHOICE] = "",
	};
	const struct cmd *cmd;
	size_t i;

	fputs("\tcase $verb in\n", out);
	for (i = 0; i < cmd_table_nr; i++) {
		cmd = cmd_table[i];
		if (!is_shown(cmd))
			continue;
		fputc('\t', out);
		print_names(out, cmd, "|");
		fputs(") opts='", out);
		print_options(out, cmd->opts);
		fprintf(out, "'%s", kinds[operand_kind(cmd)]);
		if (operand_kind(cmd) == OPERAND_CHOICE) {
			fputs(" names='", out);
			print_choices(out, cmd->operands);
			fputc('\'', out);
		}
		fputs(" ;;\n", out);
	}
	fputs("\t'') names=$verbs ;;\n\tesac\n", out);
}

/* The part that bash and zsh share; it leaves names, agents and files set. */
static void
print_analysis(FILE *out)
{
	size_t i;

	fputs("\tlocal verb='' prev='' names='' opts='' verbs='' "
	    "agents='' files='' taken='' word\n"
	    "\tlocal -a where=()\n"
	    "\tverbs='", out);
	for (i = 0; i < cmd_table_nr; i++) {
		if (!is_shown(cmd_table[i]))
			continue;
		print_names(out, cmd_table[i], " ");
		fputc(' ', out);
	}
	fputs("'\n"
	    "\tfor word in \"${line[@]}\"; do\n"
	    "\t\tcase $verb:$prev in\n", out);
	print_owners(out, 'f', "\t\t", ":-f) ;;\n");
	fputs("\t\t*:-C|*:--root|*:-f|*:--file)\n"
	    "\t\t\twhere+=(\"$prev\" \"${word/#\\~/$HOME}\")\n"
	    "\t\t\tprev='' ; continue ;;\n"
	    "\t\t*:--color) prev='' ; continue ;;\n"
	    "\t\tesac\n"
	    "\t\tprev=$word\n"
	    "\t\tcase $word in\n"
	    "\t\t-C?*|--root=*|--file=*) where+=(\"$word\") ;;\n"
	    "\t\t-f?*) [ -n \"$verb\" ] || where+=(\"$word\") ;;\n"
	    "\t\t-*) ;;\n"
	    "\t\t*) [ -n \"$verb\" ] || verb=$word ; prev='' ;;\n"
	    "\t\tesac\n"
	    "\tdone\n", out);
	print_all_arguments(out);
	fputs("\tif [ -z \"$taken\" ]; then\n", out);
	print_cases(out);
	fputs("\tfi\n"
	    "\tcase $cur in\n"
	    "\t-*) [ -n \"$taken\" ] || names=\"$opts", out);
	print_options(out, global_opts);
	fputs("\" agents='' ;;\n\tesac\n", out);
}

void
complete_bash(FILE *out)
{
	fputs("# bash completion for teamctl, by 'teamctl completion bash'\n"
	    "_teamctl() {\n"
	    "\tlocal text=${COMP_LINE:0:COMP_POINT} cur line tail\n"
	    "\tcur=${text##*[[:space:]]}\n"
	    "\tread -ra line <<<\"${text%\"$cur\"}\"\n"
	    "\tline=(\"${line[@]:1}\")\n", out);
	print_analysis(out);
	fputs("\tif [ -n \"$agents\" ]; then\n"
	    "\t\tnames=$(\"${COMP_WORDS[0]}\" \"${where[@]}\" completion "
	    "--list agents \"$cur\" 2>/dev/null)\n"
	    "\tfi\n"
	    "\tif [ -n \"$files\" ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tCOMPREPLY=($(compgen -W \"$names\" -- \"$cur\"))\n"
	    "\t# readline sees only what is behind the last colon\n"
	    "\tcase $cur in\n"
	    "\t*:*)\ttail=${cur##*:}\n"
	    "\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${cur%\"$tail\"}\"}\") ;;\n"
	    "\tesac\n"
	    "}\n"
	    "complete -F _teamctl teamctl\n", out);
}

void
complete_zsh(FILE *out)
{
	fputs("#compdef teamctl\n"
	    "# zsh completion for teamctl, by 'teamctl completion zsh'\n"
	    "_teamctl() {\n"
	    "\tlocal cur=${words[CURRENT]} program=${words[1]}\n"
	    "\tlocal -a line=(\"${(@Q)words[2,CURRENT-1]}\")\n", out);
	print_analysis(out);
	fputs("\tif [ -n \"$agents\" ]; then\n"
	    "\t\tnames=$($program \"${where[@]}\" completion --list agents "
	    "\"$cur\" 2>/dev/null)\n"
	    "\tfi\n"
	    "\tif [ -n \"$files\" ]; then\n"
	    "\t\t_files\n"
	    "\telse\n"
	    "\t\tcompadd -- ${=names}\n"
	    "\tfi\n"
	    "}\n"
	    "# loaded from $fpath this file is the body of _teamctl\n"
	    "if [ \"${funcstack[1]}\" = _teamctl ]; then\n"
	    "\t_teamctl \"$@\"\n"
	    "else\n"
	    "\tcompdef _teamctl teamctl\n"
	    "fi\n", out);
}

static void
fish_argument(FILE *out, const struct opt *opt)
{
	if (opt->kind == OPT_CHOICE) {
		fputs(" -x -a '", out);
		print_choices(out, opt->arg);
		fputc('\'', out);
	} else if (takes_path(opt)) {
		fputs(" -r -F", out);
	} else if (opt->arg && opt->kind != OPT_MAYBE_DURATION) {
		fputs(" -x", out);
	}
	fprintf(out, " -d \"%s\"\n", opt->help);
}

static void
fish_option(FILE *out, const char *condition, const struct opt *opt)
{
	fprintf(out, "complete -c teamctl%s -l %s", condition, opt->name);
	if (opt->letter)
		fprintf(out, " -s %c", opt->letter);
	fish_argument(out, opt);
}

static bool
has_owner(char letter)
{
	size_t i;

	for (i = 0; i < cmd_table_nr; i++)
		if (has_letter(cmd_table[i], letter))
			return true;
	return false;
}

/* The letter is not this option's where the command has its own. */
static void
fish_global_option(FILE *out, const struct opt *opt)
{
	if (!opt->letter || !has_owner(opt->letter)) {
		fish_option(out, "", opt);
		return;
	}
	fprintf(out, "complete -c teamctl -l %s", opt->name);
	fish_argument(out, opt);
	fputs("complete -c teamctl -n 'not __teamctl_is", out);
	print_owners(out, opt->letter, " ", "");
	fprintf(out, "' -s %c", opt->letter);
	fish_argument(out, opt);
}

static void
fish_operands(FILE *out, const char *condition, const struct cmd *cmd)
{
	switch (operand_kind(cmd)) {
	case OPERAND_AGENT:
		fprintf(out, "complete -c teamctl%s -a '(__teamctl_agents)'\n",
		    condition);
		break;
	case OPERAND_COMMAND:
		fprintf(out, "complete -c teamctl%s -a '(teamctl completion "
		    "--list commands)'\n", condition);
		break;
	case OPERAND_CHOICE:
		fprintf(out, "complete -c teamctl%s -a '", condition);
		print_choices(out, cmd->operands);
		fputs("'\n", out);
		break;
	case OPERAND_NONE:
		break;
	}
}

static void
fish_command(FILE *out, const struct cmd *cmd)
{
	struct strbuf condition = STRBUF_INIT;
	const struct opt *opt;

	fprintf(out, "complete -c teamctl -n '__teamctl_is \"\"' -a '");
	print_names(out, cmd, " ");
	fprintf(out, "' -d \"%s\"\n", cmd->summary);
	strbuf_addf(&condition, " -n '__teamctl_is %s%s%s'",
	    cmd->name, cmd->alias ? " " : "", cmd->alias ? cmd->alias : "");
	for (opt = cmd->opts; opt && opt->name; opt++)
		fish_option(out, condition.buf, opt);
	fish_operands(out, condition.buf, cmd);
	strbuf_release(&condition);
}

/* What print_analysis does for the others. */
static void
fish_analysis(FILE *out)
{
	fputs("# the command, and then the options that say which team\n"
	    "function __teamctl_line\n"
	    "\tset -l words (commandline -opc)\n"
	    "\tset -l verb ''\n"
	    "\tset -l prev ''\n"
	    "\tset -l where\n"
	    "\tset -e words[1]\n"
	    "\tfor word in $words\n"
	    "\t\tswitch \"$verb:$prev\"\n"
	    "\t\tcase", out);
	print_owners(out, 'f', " ", ":-f");
	fputs("\n"
	    "\t\tcase '*:-C' '*:--root' '*:-f' '*:--file'\n"
	    "\t\t\tset word (string replace -r '^~' $HOME -- $word)\n"
	    "\t\t\tset where $where $prev $word\n"
	    "\t\t\tset prev ''\n"
	    "\t\t\tcontinue\n"
	    "\t\tcase '*:--color'\n"
	    "\t\t\tset prev ''\n"
	    "\t\t\tcontinue\n"
	    "\t\tend\n"
	    "\t\tset prev $word\n"
	    "\t\tif string match -qr '^(-C.|--root=|--file=)' -- $word\n"
	    "\t\t\tset where $where $word\n"
	    "\t\telse if test -z \"$verb\"\n"
	    "\t\t\tif string match -qr '^-f.' -- $word\n"
	    "\t\t\t\tset where $where $word\n"
	    "\t\t\telse if not string match -qr '^-' -- $word\n"
	    "\t\t\t\tset verb $word\n"
	    "\t\t\tend\n"
	    "\t\tend\n"
	    "\tend\n"
	    "\tprintf '%s\\n' \"$verb\" $where\n"
	    "end\n"
	    "function __teamctl_is\n"
	    "\tset -l line (__teamctl_line)\n"
	    "\tcontains -- \"$line[1]\" $argv\n"
	    "end\n"
	    "function __teamctl_agents\n"
	    "\tset -l line (__teamctl_line)\n"
	    "\tset -e line[1]\n"
	    "\tteamctl $line completion --list agents (commandline -ct) "
	    "2>/dev/null\n"
	    "end\n", out);
}

void
complete_fish(FILE *out)
{
	const struct opt *opt;
	size_t i;

	fputs("# fish completion for teamctl, by 'teamctl completion fish'\n",
	    out);
	fish_analysis(out);
	fputs("complete -c teamctl -f\n", out);
	for (opt = global_opts; opt->name; opt++)
		fish_global_option(out, opt);
	for (i = 0; i < cmd_table_nr; i++) {
		if (is_shown(cmd_table[i]))
			fish_command(out, cmd_table[i]);
	}
}

/* Names of agents that are in two projects, or more. */
static void
find_repeated(const struct team *team, struct strmap *seen,
    struct strmap *repeated)
{
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		if (strmap_set(seen, team->agents[i]->name, team->agents[i]))
			strmap_set(repeated, team->agents[i]->name,
			    team->agents[i]);
	}
}

/* What a person would type for the agent. */
static const char *
shortest_name(const struct agent *agent, const char *prefix,
    const struct strmap *repeated)
{
	if (!prefix || strchr(prefix, ':') ||
	    !str_starts(agent->name, prefix) ||
	    strmap_has(repeated, agent->name))
		return agent->id;
	return agent->name;
}

void
complete_agents(const struct team *team, const char *prefix, FILE *out)
{
	struct strmap seen = STRMAP_INIT, repeated = STRMAP_INIT;
	const char *name;
	size_t i;

	find_repeated(team, &seen, &repeated);
	for (i = 0; i < team->nr_project; i++) {
		name = team->projects[i]->id;
		if (!prefix || str_starts(name, prefix))
			fprintf(out, "%s\n", name);
	}
	for (i = 0; i < team->nr_agent; i++) {
		name = shortest_name(team->agents[i], prefix, &repeated);
		if (!prefix || str_starts(name, prefix))
			fprintf(out, "%s\n", name);
	}
	strmap_release(&seen, NULL);
	strmap_release(&repeated, NULL);
}
