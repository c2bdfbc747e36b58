/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl exec and teamctl shell: run a command, or a shell, as an agent has
 * it: in its folder, with its environment.  teamctl becomes the command, so
 * its exit status or signal is seen by the caller as it is.
 */
#include "agentenv.h"
#include "jstring.h"
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CANNOT_RUN = 126, NOT_FOUND = 127 }; /* as env(1) */

static struct work_options options;

static const struct opt opts[] = {
	OPT_WHO,
	{ 0 },
};

/* The agent's folder: as applied, else as the compose file has it. */
static const char *
find_cwd(const struct view *view, const char *id)
{
	const struct applied *applied = state_find(&view->engine.state, id);
	const struct agent *agent = view_agent(view, id);

	if (applied && applied->cwd)
		return applied->cwd;
	return agent ? agent->cwd_path : NULL;
}

static int
enter(struct view *view, const char *id)
{
	struct agentenv env;
	const char *cwd = find_cwd(view, id);
	int code = agentenv_load(&env, view, id);
	size_t i;

	for (i = 0; code == EXIT_DONE && i < env.names.nr; i++)
		setenv(env.names.v[i], env.values.v[i], 1);
	if (code == EXIT_DONE && cwd && chdir(cwd) < 0) {
		cmd_error("cannot enter '%s': %s", cwd, strerror(errno));
		code = EXIT_FAILED;
	}
	if (code == EXIT_DONE && env.is_rendered && !globals.quiet)
		cmd_warn("%s was never started: this is the environment that "
		    "'teamctl up' would give it", id);
	agentenv_release(&env);
	return code;
}

/* Returns only when that failed. */
static int
become(char **argv)
{
	int error = cmd_become(argv);

	cmd_error("cannot run '%s': %s", argv[0], strerror(error));
	return error == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

static void
note(const struct view *view, const struct strvec *ids, const char *program)
{
	view_note(view, ids, EVENT_EXECUTED, options.reason ? options.reason :
	    program, json_pack("{s:o, s:o*}", "program",
	    jstring(program), "claimed_by", options.by ?
	    jstring(options.by) : NULL));
}

/* The command is NULL: a shell. */
static int
run_in(const char *word, char **command)
{
	const char *shell = getenv("SHELL");
	char *argv[] = { NULL, NULL };
	struct strvec ids = STRVEC_INIT;
	struct view view;
	const char *id = NULL;
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = work_check_audit(&options);
	if (code == EXIT_DONE)
		code = work_check_reason(view.team, "exec", &options);
	if (code == EXIT_DONE)
		id = targets_pick_one(&view.ids, word, &code);
	if (id)
		code = enter(&view, id);
	if (code == EXIT_DONE) {
		strvec_push(&ids, id);
		note(&view, &ids, command ? command[0] : "shell");
	}
	if (code == EXIT_DONE && !command && !globals.quiet)
		fprintf(stderr, "teamctl: a shell as %s has it; leave with "
		    "exit\n", id);
	strvec_release(&ids);
	view_close(&view);
	if (code != EXIT_DONE)
		return code;
	argv[0] = (char *)(uintptr_t)(shell && *shell ? shell : "/bin/sh");
	return become(command ? command : argv);
}

static int
run_exec(int argc, char **argv)
{
	int skip = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	if (argc <= skip)
		return cmd_usage(&cmd_exec, "needs TARGET and a COMMAND");
	return run_in(argv[0], argv + skip);
}

static int
run_shell(int argc, char **argv)
{
	if (argc != 1)
		return cmd_usage(&cmd_shell, "takes one TARGET: '%s'",
		    argv[1]);
	return run_in(argv[0], NULL);
}

const struct cmd cmd_exec = {
	.name = "exec",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET | CMD_STOP_AT_OPERAND,
	.operands = "TARGET [--] COMMAND [ARG...]",
	.summary = "run a command in an agent's folder and environment",
	.opts = opts,
	.values = &options,
	.run = run_exec,
	.details = "The command takes teamctl's place: its exit status is "
	    "passed on, 128 + n to a\nshell when signal n ended it.  126: it "
	    "cannot be run; 127: it was not found.\n",
};

const struct cmd cmd_shell = {
	.name = "shell",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET,
	.operands = "TARGET",
	.summary = "run a shell in an agent's folder and environment",
	.opts = opts,
	.values = &options,
	.run = run_shell,
	.details = "Runs $SHELL, or /bin/sh when it is not set.\n",
};
