/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The table of commands and the way from argv to one of them.
 */
#include "child.h"
#include "cmd.h"
#include "fs.h"
#include "gate.h"
#include "refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct opt global_opts[] = {
	{ 'C', "root", OPT_STRING, offsetof(struct globals, root), "DIR",
	    "the folder that holds team-compose.yaml" },
	{ 'f', "file", OPT_STRING, offsetof(struct globals, file), "FILE",
	    "the team file; its folder is the root" },
	{ 0, "color", OPT_CHOICE, offsetof(struct globals, color),
	    "auto|always|never", "colour in the output" },
	{ 'q', "quiet", OPT_FLAG, offsetof(struct globals, quiet), NULL,
	    "no progress and no warnings on standard error" },
	{ 'h', "help", OPT_FLAG, offsetof(struct globals, help), NULL,
	    "show help and exit" },
	{ 'V', "version", OPT_FLAG, offsetof(struct globals, version), NULL,
	    "show the version and exit" },
	{ 0 },
};

const struct cmd *const cmd_table[] = {
	&cmd_init,
	&cmd_validate,
	&cmd_config,
	&cmd_schema,
	&cmd_up,
	&cmd_down,
	&cmd_plan,
	&cmd_reload,
	&cmd_restart,
	&cmd_pause,
	&cmd_resume,
	&cmd_quarantine,
	&cmd_release,
	&cmd_remove,
	&cmd_scale,
	&cmd_add,
	&cmd_save,
	&cmd_reset,
	&cmd_supervise,
	&cmd_shutdown,
	&cmd_auto_resume,
	&cmd_status,
	&cmd_state,
	&cmd_alive,
	&cmd_health,
	&cmd_join,
	&cmd_classify,
	&cmd_decisions,
	&cmd_top,
	&cmd_metrics,
	&cmd_events,
	&cmd_history,
	&cmd_why,
	&cmd_score,
	&cmd_wait,
	&cmd_logs,
	&cmd_attach,
	&cmd_send,
	&cmd_answer,
	&cmd_notify,
	&cmd_exec,
	&cmd_shell,
	&cmd_env,
	&cmd_doctor,
	&cmd_service,
	&cmd_completion,
	&cmd_help,
	&cmd_audit,
	&cmd_version,
	&cmd_shim,
	&cmd_panelog,
};
const size_t cmd_table_nr = nitems(cmd_table);

const struct cmd *
cmd_find(const char *name)
{
	size_t i;

	for (i = 0; i < cmd_table_nr; i++) {
		if (strcmp(cmd_table[i]->name, name) == 0 ||
		    str_eq(cmd_table[i]->alias, name))
			return cmd_table[i];
	}
	return NULL;
}

/*
 * A file that we open later must not become descriptor 0, 1 or 2.  Those that
 * are closed are taken up by /dev/null, the wrong way round, so that reading
 * or writing them fails as it would have.
 */
static void
open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ?
		    O_WRONLY : O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * What is inherited.  With SIGCHLD ignored the kernel throws the exit status
 * of a child away: waitpid(2), NOTES.  What is blocked never arrives.  A file
 * above `ulimit -f` is an error of writing, as on a full disk.
 */
static void
reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* False, and errno is kept, where none can be run. */
static bool
is_in_path(const char *program)
{
	char *path = fs_which(program, getenv("PATH"));
	bool found = path;

	free(path);
	errno = EACCES;
	return found;
}

/* It gets the default of what was ignored for ourselves. */
int
cmd_become(char **argv)
{
	fflush(NULL);
	children_reap();
	signal(SIGXFSZ, SIG_DFL);
	execvp(argv[0], argv);
	/* A folder of $PATH that we may not enter hides nothing from us. */
	if (errno == EACCES && !strchr(argv[0], '/') &&
	    !is_in_path(argv[0]))
		return ENOENT;
	return errno;
}

static bool
is_true(const char *value)
{
	return value && *value && strcmp(value, "0") != 0 &&
	    strcmp(value, "false") != 0;
}

/* The environment's say in what options can override. */
static void
read_environment(void)
{
	const char *color = getenv("TEAMCTL_COLOR");

	if (color && (strcmp(color, "auto") == 0 ||
	    strcmp(color, "always") == 0 || strcmp(color, "never") == 0))
		globals.color = color;
	else if (color && *color)
		cmd_warn("TEAMCTL_COLOR is '%s', not auto, always or never",
		    color);
	globals.quiet = is_true(getenv("TEAMCTL_QUIET"));
}

static int
unknown_command(const char *name)
{
	const char *candidates[2 * nitems(cmd_table)], *nearest;
	size_t i, nr = 0;

	for (i = 0; i < cmd_table_nr; i++) {
		if (cmd_table[i]->flags & CMD_HIDDEN)
			continue;
		candidates[nr++] = cmd_table[i]->name;
		if (cmd_table[i]->alias)
			candidates[nr++] = cmd_table[i]->alias;
	}
	nearest = str_nearest(name, candidates, nr);
	cmd_error("unknown command '%s'", name);
	if (nearest)
		cmd_hint("did you mean '%s'?", nearest);
	else
		cmd_hint("see 'teamctl help'");
	return EXIT_USAGE;
}

static int
check_operands(const struct cmd *cmd, const struct strvec *operands)
{
	if (!cmd->operands && operands->nr > 0)
		return cmd_usage(cmd, "takes no operands: '%s'",
		    operands->v[0]);
	if (cmd->operands && cmd->operands[0] != '[' && operands->nr == 0)
		return cmd_usage(cmd, "needs %s", cmd->operands);
	return EXIT_DONE;
}

static int
run_parsed(const struct cmd *cmd, int argc, char **argv)
{
	const struct opt_set sets[] = {
		{ cmd->opts, cmd->values },
		{ global_opts, &globals },
	};
	size_t skip = cmd->opts ? 0 : 1;
	struct strvec operands = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int code;

	if (opt_parse(sets + skip, nitems(sets) - skip, argc, argv,
	    cmd->flags & CMD_STOP_AT_OPERAND, &operands, &text) < 0) {
		code = cmd_usage(cmd, "%s", text.buf);
	} else if (globals.help) {
		help_command(cmd, &text);
		fputs(text.buf, stdout);
		code = EXIT_DONE;
	} else if (globals.version) {
		code = cmd_version.run(0, NULL);
	} else {
		code = check_operands(cmd, &operands);
		if (code == EXIT_DONE)
			code = gate_check(cmd, (int)operands.nr, operands.v);
		if (code == EXIT_DONE)
			code = cmd->run((int)operands.nr, operands.v);
	}
	refusal_print(cmd, code, argc, argv, &operands);
	strbuf_release(&text);
	strvec_release(&operands);
	return code;
}

static int
run_without_command(void)
{
	struct strbuf text = STRBUF_INIT;

	help_overview(&text);
	fputs(text.buf, globals.help ? stdout : stderr);
	strbuf_release(&text);
	return globals.help ? EXIT_DONE : EXIT_USAGE;
}

static int
dispatch(struct strvec *words)
{
	const struct cmd *cmd;

	if (globals.version)
		return cmd_version.run(0, NULL);
	if (words->nr == 0)
		return run_without_command();
	cmd = cmd_find(words->v[0]);
	if (!cmd)
		return unknown_command(words->v[0]);
	if (cmd->flags & CMD_RAW)
		return cmd->run((int)words->nr - 1, words->v + 1);
	globals.cmd = cmd;
	return run_parsed(cmd, (int)words->nr, words->v);
}

static int
run(int argc, char **argv)
{
	const struct opt_set sets[] = { { global_opts, &globals } };
	struct strvec words = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	int code;

	if (opt_parse(sets, nitems(sets), argc, argv, true, &words, &err) == 0)
		code = dispatch(&words);
	else {
		cmd_error("%s", err.buf);
		cmd_hint("see 'teamctl help'");
		code = EXIT_USAGE;
	}
	strbuf_release(&err);
	strvec_release(&words);
	return code;
}

/* Whoever has read what it wanted, as head does, wants no complaint. */
static bool
is_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

/* An answer that could not be written is no answer. */
static int
close_stdout(int code)
{
	bool failed = ferror(stdout) != 0, is_unread = is_reader_gone();

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return code;
	if (is_unread || errno == EPIPE)
		return code == EXIT_DONE ? EXIT_FAILED : code;
	if (errno)
		cmd_error("cannot write to standard output: %s",
		    strerror(errno));
	else
		cmd_error("cannot write to standard output");
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

int
main(int argc, char **argv)
{
	int code;

	open_standard_files();
	reset_signals();
	read_environment();
	code = close_stdout(run(argc, argv));
	children_reap();
	return code;
}
