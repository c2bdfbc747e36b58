/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl join: waits until the present runs of agents have ended, and says
 * how.
 */
#include "os.h"
#include "output.h"
#include "view.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOK_MS = 50 };

static struct join_options {
	bool json;
	int64_t timeout_ms; /* -1: as long as it takes */
} options = { .timeout_ms = -1 };

static const struct opt opts[] = {
	{ 't', "timeout", OPT_DURATION,
	    offsetof(struct join_options, timeout_ms), "DURATION",
	    "exit 5 when it takes longer" },
	{ 0, "json", OPT_FLAG, offsetof(struct join_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* By the record of that run, or there is none any more. */
static bool
has_ended(struct view *view, struct run *run)
{
	if (!run->alive)
		return true;
	if (os_start_time(run->shim) != 0)
		return false;
	engine_read_record(&view->engine, run);
	run->alive = false;
	return true;
}

static void
add_end(const struct run *run, json_t *list)
{
	const struct record *record = &run->record;
	bool is_known = record->generation == run->generation ||
	    !run->generation;
	struct strbuf how = STRBUF_INIT;

	if (is_known && record->state > RECORD_RUNNING)
		record_describe(record, &how);
	else
		strbuf_addstr(&how, record->state == RECORD_NONE ?
		    "never ran" : "ended");
	if (!options.json)
		printf("%s: %s\n", run->id, how.buf);
	fflush(stdout);
	json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "agent",
	    run->id, "how", how.buf, "exit_code",
	    is_known && record->state == RECORD_EXITED ?
	    json_integer(record->exit_code) : json_null(), "signal",
	    is_known && record->state == RECORD_SIGNALED ?
	    json_integer(record->signal) : json_null()));
	strbuf_release(&how);
}

static int
join(struct view *view, const struct strvec *ids, json_t *list)
{
	struct mono deadline = options.timeout_ms < 0 ? MONO_NEVER :
	    mono_add_ms(os_now(), options.timeout_ms);
	bool *told = xcalloc(ids->nr, sizeof(*told));
	struct run *run;
	size_t i, left = ids->nr;

	while (left) {
		for (i = 0; i < ids->nr; i++) {
			run = engine_run(&view->engine, ids->v[i]);
			if (told[i] || !has_ended(view, run))
				continue;
			add_end(run, list);
			told[i] = true;
			left--;
		}
		if (left && !mono_before(os_now(), deadline))
			break;
		if (left)
			poll(NULL, 0, LOOK_MS);
	}
	for (i = 0; left && i < ids->nr; i++)
		if (!told[i])
			cmd_error("%s has not ended", ids->v[i]);
	free(told);
	return left ? EXIT_TIMEOUT : EXIT_DONE;
}

static int
run_join(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	json_t *document = output_document(), *list = json_array();
	struct view view;
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = view_observe(&view);
	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (code == EXIT_DONE) {
		code = join(&view, &targets.ids, list);
		json_object_set(document, "agents", list);
		if (options.json)
			output_json(json_incref(document));
	}
	json_decref(document);
	json_decref(list);
	view_close(&view);
	targets_release(&targets);
	return code;
}

const struct cmd cmd_join = {
	.name = "join",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "TARGET...",
	.summary = "wait until agents have ended, and say how",
	.opts = opts,
	.values = &options,
	.run = run_join,
};
