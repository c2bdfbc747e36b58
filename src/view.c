/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See view.h.
 */
#include "view.h"

#include "os.h"
#include "work.h"

#include <string.h>

static void
collect_ids(struct view *view)
{
	struct strmap seen = STRMAP_INIT;
	struct strvec applied = STRVEC_INIT;
	size_t i;

	strvec_release(&view->ids);
	for (i = 0; view->team && i < view->team->nr_agent; i++) {
		strvec_push(&view->ids, view->team->agents[i]->id);
		strmap_set(&seen, view->team->agents[i]->id, view);
	}
	for (i = 0; i < view->engine.nr; i++)
		strvec_push(&applied, view->engine.runs[i]->id);
	strvec_sort(&applied);
	for (i = 0; i < applied.nr; i++) {
		if (!strmap_has(&seen, applied.v[i]))
			strvec_push(&view->ids, applied.v[i]);
	}
	strvec_release(&applied);
	strmap_release(&seen, NULL);
}

/* What it cannot read, a command that changes it refuses in the end. */
static bool
is_to_change(void)
{
	return globals.cmd && globals.cmd->flags & CMD_CHANGES;
}

static int
open_engine(struct view *view)
{
	/* What waits for something looks again and again: it is told once. */
	struct engine_options options = {
		.hooks.warning = view->is_observed ? NULL : cmd_on_warning,
	};
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	options.root = view->source.root;
	if (view->team)
		options.socket = view->team->tmux_socket;
	view->is_open = true;
	if (engine_open(&view->engine, &options, &err) != ENGINE_OK) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else if (err.len > 0 && (is_to_change() ||
	    !state_is_readable(options.root, &err))) {
		code = work_fail(ENGINE_FAILED, &err);
	} else if (err.len > 0 && !view->is_observed) {
		cmd_warn("%s", err.buf);
	}
	strbuf_release(&err);
	return code;
}

int
view_open(struct view *view)
{
	struct diags diags = DIAGS_INIT;
	int code;

	memset(view, 0, sizeof(*view));
	code = cmd_find_root(&view->source);
	if (code != EXIT_DONE)
		return code;
	cmd_recover(view->source.root, NULL, NULL, NULL);
	view->team = compose_load(&view->source, &diags);
	diags_release(&diags);
	code = open_engine(view);
	if (code == EXIT_DONE)
		collect_ids(view);
	return code;
}

void
view_close(struct view *view)
{
	if (view->is_open)
		engine_close(&view->engine);
	compose_free(view->team);
	strvec_release(&view->ids);
	memset(view, 0, sizeof(*view));
}

int
view_observe(struct view *view)
{
	struct strbuf err = STRBUF_INIT;
	enum engine_status status;

	/* An engine observes once; the state may have changed, too. */
	if (view->is_observed) {
		engine_close(&view->engine);
		view->is_open = false;
		if (open_engine(view) != EXIT_DONE)
			return EXIT_FAILED;
	}
	view->is_observed = true;
	status = engine_observe(&view->engine, &err);
	if (status != ENGINE_OK)
		cmd_error("%s", err.buf);
	strbuf_release(&err);
	switch (status) {
	case ENGINE_OK:
		collect_ids(view);
		return EXIT_DONE;
	case ENGINE_UNAVAILABLE:
		return EXIT_UNAVAILABLE;
	case ENGINE_LOCKED:
		return EXIT_REFUSED;
	case ENGINE_FAILED:
	default:
		return EXIT_FAILED;
	}
}

/* Such as run without a word in the files are seen only by asking tmux. */
int
view_check_names(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct view view;
	int code = view_open(&view);

	if (code == EXIT_DONE && !targets_exist(&view.ids, argc, argv)) {
		code = view_observe(&view);
		if (code == EXIT_DONE)
			code = targets_pick(&targets, &view.ids, argc, argv);
	}
	targets_release(&targets);
	view_close(&view);
	return code;
}

const struct agent *
view_agent(const struct view *view, const char *id)
{
	return view->team ? strmap_get(&view->team->by_id, id) : NULL;
}

const struct run *
view_present(const struct view *view, const char *id)
{
	const struct run *run = engine_find(&view->engine, id);
	const struct agent *agent = view_agent(view, id);
	const char *session = "";

	if (run && run->present)
		return run;
	if (run && run->applied && run->applied->session)
		session = run->applied->session;
	else if (agent)
		session = agent->session;
	cmd_error("agent %s is not running (tmux session %s absent)", id,
	    session);
	return NULL;
}

const struct run *
view_one(struct view *view, const char *word, int *exit_code)
{
	const struct run *run;
	const char *id;

	*exit_code = view_open(view);
	if (*exit_code == EXIT_DONE)
		*exit_code = view_observe(view);
	if (*exit_code != EXIT_DONE)
		return NULL;
	id = targets_pick_one(&view->ids, word, exit_code);
	if (!id)
		return NULL;
	run = view_present(view, id);
	if (!run) {
		cmd_hint("'teamctl up %s' starts it", id);
		*exit_code = EXIT_FAILED;
	}
	return run;
}

static void
begin_notes(const struct view *view, struct journal *journal)
{
	struct strbuf err = STRBUF_INIT;
	char name[128];

	/* An agent may be lent its environment before it was ever started. */
	if (state_prepare(view->source.root, &err) < 0)
		cmd_warn("%s", err.buf);
	strbuf_release(&err);
	journal_open(journal, view->source.root);
	journal_set(journal, view->team ? &view->team->journal :
	    &view->engine.state.journal);
	os_user_name(name, sizeof(name));
	journal->actor = xstrdup(name);
}

static void
end_notes(struct journal *journal)
{
	struct strbuf err = STRBUF_INIT;

	journal_flush(journal, &err);
	if (err.len)
		cmd_warn("%s", err.buf);
	journal_close(journal);
	strbuf_release(&err);
}

void
view_note(const struct view *view, const struct strvec *ids,
    enum event_kind kind, const char *reason, json_t *fields)
{
	struct journal journal;
	const struct applied *applied;
	size_t i;

	begin_notes(view, &journal);
	for (i = 0; i < ids->nr; i++) {
		applied = state_find(&view->engine.state, ids->v[i]);
		journal_add(&journal, kind, ids->v[i],
		    applied ? applied->generation : 0, reason,
		    json_incref(fields));
	}
	end_notes(&journal);
	json_decref(fields);
}

void
view_note_team(const struct view *view, enum event_kind kind,
    const char *reason, json_t *fields)
{
	struct journal journal;

	begin_notes(view, &journal);
	journal_add(&journal, kind, NULL, 0, reason, fields);
	end_notes(&journal);
}
