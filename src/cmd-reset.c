/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl reset: clears what made the supervisor give agents up.  teamctl
 * auto-resume: whether it starts anything again at all.
 */
#include "act.h"
#include "control.h"
#include "fs.h"
#include "output.h"
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000 };

/* Those of act_opts but for the lock: without a supervisor it is refused. */
static const struct opt reset_opts[] = {
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	{ 0 },
};

static int
run_reset(int argc, char **argv)
{
	return act(VERB_RESET, &act_options, argc, argv);
}

const struct cmd cmd_reset = {
	.name = "reset",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "clear failures, and start what had been given up",
	.opts = reset_opts,
	.values = &act_options,
	.run = run_reset,
};

static struct auto_resume_options {
	bool json;
} options;

static const struct opt auto_resume_opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct auto_resume_options, json),
	    NULL, "print a JSON document" },
	{ 0 },
};

static int
switch_to(const struct source *source, const char *value)
{
	char *path = state_path(source->root, "auto-resume");
	char *text = xasprintf("%s\n", value);
	struct strbuf err = STRBUF_INIT;
	int rc = state_prepare(source->root, &err);

	if (rc == 0 && str_eq(value, "unset"))
		rc = fs_unlink(path, &err);
	else if (rc == 0)
		rc = fs_write(path, text, strlen(text), 0600, FS_SYNC, &err);
	if (rc < 0)
		cmd_error("%s", err.buf);
	strbuf_release(&err);
	free(path);
	free(text);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* What the switch says; of one that says nothing, why. */
static const char *
read_switch(const struct source *source)
{
	char *path = state_path(source->root, "auto-resume");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	const char *wish = "unreadable";

	if (fs_read(path, 64, &text, &err) < 0 && errno == ENOENT) {
		wish = "unset";
	} else {
		strbuf_rtrim(&text);
		if (str_eq(text.buf, "on") || str_eq(text.buf, "off"))
			wish = str_eq(text.buf, "on") ? "on" : "off";
		else if (!err.len)
			strbuf_addf(&err, "'%s' says neither on nor off",
			    path);
	}
	if (str_eq(wish, "unreadable"))
		cmd_warn("%s: what was so before stays", err.buf);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
	return wish;
}

/* What is wished, and what the supervisor does. */
static int
show(const struct source *source)
{
	struct strbuf err = STRBUF_INIT;
	json_t *reply = NULL, *document;
	const char *wish = read_switch(source);
	const char *effective = "no supervisor";
	int fd = control_connect(source->root);

	if (fd >= 0) {
		reply = control_call(fd, json_pack("{s:s, s:s}", "op",
		    "auto-resume", "value", "status"), TIMEOUT_MS, &err);
		close(fd);
	}
	if (reply)
		effective = json_is_true(json_object_get(reply,
		    "auto_resume")) ? "on" : "off";
	if (options.json) {
		document = output_document();
		json_object_set_new(document, "desired",
		    json_string(wish));
		json_object_set_new(document, "effective", reply ?
		    json_string(effective) : json_null());
		output_json(document);
	} else {
		printf("auto-resume: %s (%s)\n", wish, effective);
	}
	json_decref(reply);
	strbuf_release(&err);
	return EXIT_DONE;
}

static int
run_auto_resume(int argc, char **argv)
{
	static const char *const words[] = { "on", "off", "unset", "status" };
	struct source source;
	size_t i;
	int code;

	for (i = 0; argc == 1 && i < nitems(words); i++)
		if (str_eq(argv[0], words[i]))
			break;
	if (argc != 1 || i == nitems(words))
		return cmd_usage(&cmd_auto_resume, "takes one of on, off, "
		    "unset, status");
	code = cmd_find_root(&source);
	if (code == EXIT_DONE && !str_eq(argv[0], "status"))
		code = switch_to(&source, argv[0]);
	return code == EXIT_DONE ? show(&source) : code;
}

const struct cmd cmd_auto_resume = {
	.name = "auto-resume",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES,
	.operands = "on|off|unset|status",
	.summary = "whether the supervisor starts agents again",
	.opts = auto_resume_opts,
	.values = &options,
	.run = run_auto_resume,
};
