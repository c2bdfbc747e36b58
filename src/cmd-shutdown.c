/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl shutdown: ends the supervisor; the agents live on.
 */
#include "act.h"
#include "control.h"
#include "os.h"
#include "output.h"
#include "supervise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 5000 };

static struct act_options options = ACT_OPTIONS_INIT;

static const struct opt opts[] = {
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	{ 0 },
};

/*
 * What it is about to do is done first: agents on their way down or up.  That a
 * command is told again may be by another supervisor, which lives on.
 */
static int
await_end(const char *root, const json_t *reply)
{
	struct mono deadline = options.wait_ms ?
	    mono_add_ms(os_now(), options.wait_ms) : MONO_NEVER;
	long pid = (long)json_integer_value(json_object_get(reply, "pid"));

	if (supervise_await_end(root, pid, deadline))
		return EXIT_DONE;
	cmd_error("the supervisor has not ended yet");
	return EXIT_TIMEOUT;
}

static void
tell(json_t *reply)
{
	if (options.work.json) {
		output_json(reply);
		return;
	}
	printf("shutdown \xc2\xb7 supervisor %lld%s\n",
	    (long long)json_integer_value(json_object_get(reply, "pid")),
	    json_is_true(json_object_get(reply, "idempotent")) ?
	    " (it is about to end already)" :
	    options.work.dry_run ? " (dry run)" : "");
	json_decref(reply);
}

/* Without one: it has ended, it may be by this very command. */
static int
tell_again(const char *root)
{
	struct strvec none = STRVEC_INIT;
	struct operate_request request = { .name = "shutdown", .ids = &none,
		.command_id = options.work.command_id,
		.dry_run = options.work.dry_run };
	struct reply reply = operate_replay(root, &request);

	if (reply.is_other) {
		json_decref(reply.json);
		cmd_error("the command id '%s' was used for another command",
		    request.command_id);
		return EXIT_REFUSED;
	}
	if (!reply.json) {
		cmd_error("no supervisor is running");
		return EXIT_NO_SUPERVISOR;
	}
	tell(reply.json);
	return EXIT_DONE;
}

static int
shut_down(const char *root)
{
	json_t *request, *reply = NULL;
	int fd = control_connect(root), code;

	if (fd < 0)
		return tell_again(root);
	request = json_pack("{s:s, s:b}", "op", "shutdown", "dry_run",
	    options.work.dry_run);
	if (options.work.by)
		json_object_set_new(request, "by",
		    jstring(options.work.by));
	if (options.work.reason)
		json_object_set_new(request, "reason",
		    jstring(options.work.reason));
	if (options.work.command_id)
		json_object_set_new(request, "command_id",
		    json_string(options.work.command_id));
	code = act_call(fd, request, ASK_MS, &reply);
	close(fd);
	if (code == EXIT_NO_SUPERVISOR) /* as it should */
		code = EXIT_DONE;
	if (code == EXIT_DONE && !options.no_wait && !options.work.dry_run)
		code = await_end(root, reply);
	if (reply)
		tell(reply);
	return code;
}

static int
run(int argc, char **argv)
{
	struct source source;
	int code = work_check_audit(&options.work);

	(void)argc;
	(void)argv;
	if (code == EXIT_DONE)
		code = cmd_find_root(&source);
	return code == EXIT_DONE ? shut_down(source.root) : code;
}

const struct cmd cmd_shutdown = {
	.name = "shutdown",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES,
	.summary = "end the supervisor, and let the agents live on",
	.opts = opts,
	.values = &options,
	.run = run,
};
