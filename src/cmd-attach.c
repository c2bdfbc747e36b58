/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl attach: puts this terminal in front of an agent's session.
 */
#define _XOPEN_SOURCE 700 /* for realpath, which is XSI */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct attach_options {
	bool read_only, read_write;
} options;

static const struct opt opts[] = {
	{ 0, "ro", OPT_FLAG, offsetof(struct attach_options, read_only), NULL,
	    "look only: keys do not reach the agent" },
	{ 0, "rw", OPT_FLAG, offsetof(struct attach_options, read_write), NULL,
	    "what it does anyway" },
	{ 0 },
};

/* Is this terminal inside the server that the agent runs on? */
static bool
is_inside(const struct tmux *tmux)
{
	const char *here = getenv("TMUX");
	char *mine, *other, *path;
	bool same;

	if (!here || !*here)
		return false;
	path = xstrndup(here, strcspn(here, ","));
	mine = realpath(path, NULL);
	other = realpath(tmux->socket_path, NULL);
	same = mine && other && strcmp(mine, other) == 0;
	free(mine);
	free(other);
	free(path);
	return same;
}

/* Becomes tmux; returns only when that failed. */
static int
become_tmux(const struct tmux *tmux, const char *session)
{
	bool inside = is_inside(tmux);
	struct strvec argv = STRVEC_INIT;
	int error;

	tmux_argv(tmux, &argv);
	strvec_push(&argv, inside ? "switch-client" : "attach-session");
	if (options.read_only)
		strvec_push(&argv, "-r");
	strvec_push(&argv, "-t");
	strvec_push(&argv, session);
	if (!inside)
		unsetenv("TMUX"); /* it is about another server */
	error = cmd_become(argv.v);
	strvec_release(&argv);
	cmd_error("cannot run tmux: %s", strerror(error));
	return error == ENOENT ? EXIT_UNAVAILABLE : EXIT_FAILED;
}

static int
run(int argc, char **argv)
{
	struct strvec ids = STRVEC_INIT;
	const struct run *one;
	struct view view;
	int code;

	if (argc != 1)
		return cmd_usage(&cmd_attach, "takes one TARGET: '%s'",
		    argv[1]);
	if (options.read_only && options.read_write)
		return cmd_usage(&cmd_attach, "--ro and --rw exclude each "
		    "other");
	one = view_one(&view, argv[0], &code);
	if (one && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		cmd_error("attach needs a terminal");
		cmd_hint("'teamctl logs %s' prints what the agent shows",
		    one->id);
		code = EXIT_FAILED;
	} else if (one) {
		strvec_push(&ids, one->id);
		view_note(&view, &ids, EVENT_ATTACHED, options.read_only ?
		    "read-only" : NULL, NULL);
		code = become_tmux(&view.engine.tmux, one->session);
	}
	strvec_release(&ids);
	view_close(&view);
	return code;
}

const struct cmd cmd_attach = {
	.name = "attach",
	.group = GROUP_TALK,
	.flags = CMD_ONE_TARGET,
	.operands = "TARGET",
	.summary = "look at an agent's terminal and type into it",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Leave with the detach key of tmux, usually C-b d.\n",
};
