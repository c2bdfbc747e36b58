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
	{ 0, "json", OPT_FLAG, offsetof(struct work_options, json), NULL,
	    "print a JSON document" },
	OPT_WHO,
	OPT_DRY_RUN,
	{ 0 },
};

/* What it is about to do is done first: agents on their way down or up. */
static int
await_end(const char *root)
{
	struct mono deadline = options.wait_ms ?
	    mono_add_ms(os_now(), options.wait_ms) : MONO_NEVER;

	if (supervise_await_end(root, deadline))
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

static int
shut_down(const char *root)
{
	json_t *request, *reply = NULL;
	int fd = control_connect(root), code;

	if (fd < 0) {
		cmd_error("no supervisor is running");
		return EXIT_NO_SUPERVISOR;
	}
	request = json_pack("{s:s, s:b}", "op", "shutdown", "dry_run",
	    options.work.dry_run);
	if (options.work.by)
		json_object_set_new(request, "by",
		    jstring(options.work.by));
	if (options.work.reason)
		json_object_set_new(request, "reason",
		    jstring(options.work.reason));
	code = act_call(fd, request, ASK_MS, &reply);
	close(fd);
	if (code == EXIT_NO_SUPERVISOR) /* as it should */
		code = EXIT_DONE;
	if (code == EXIT_DONE && !options.no_wait && !options.work.dry_run)
		code = await_end(root);
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
