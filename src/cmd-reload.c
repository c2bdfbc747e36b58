/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl reload: makes what runs agree with the compose files, and restarts
 * only what differs.  teamctl plan: says what reload would do.
 */
#include "output.h"
#include "plan.h"
#include "work.h"

#include <stdlib.h>

static struct work_options options = WORK_OPTIONS_INIT;

static const struct opt reload_opts[] = {
	OPT_AUDIT,
	OPT_TIMEOUT,
	OPT_FAIL_ON_KILL,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static struct plan_options {
	struct work_options work;
	bool json;
} plan_options = { .work = WORK_OPTIONS_INIT };

static const struct opt plan_opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct plan_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* What is to be done with work->runs[i]. */
static struct plan_verdict *verdicts;

/* One that was removed comes back when it is named. */
static bool
is_named_removed(const struct work *work, const struct run *run)
{
	return run->applied->operation == OPERATION_REMOVED &&
	    target_is_named(run->id, work->argc, work->argv);
}

/* What a down has ended before its time is not done. */
static bool
has_done_its_work(const struct run *run)
{
	return run->spec && run->applied &&
	    run->applied->operation == OPERATION_ACTIVE && !run->alive &&
	    run->record.generation == run->applied->generation &&
	    !run->record.asked && run_is_done(run);
}

/* Those that a person holds are left, and that is said; so is what differs. */
static void
tell_held(struct work *work)
{
	struct strbuf inputs = STRBUF_INIT;
	size_t i;

	for (i = 0; i < work->nr; i++) {
		if (!work->runs[i]->spec || !work_is_held(work->runs[i]))
			continue;
		strbuf_reset(&inputs);
		plan_add_inputs(&inputs, verdicts[i].inputs);
		work_may_start(work, VERB_RELOAD, work->runs[i], inputs.buf);
	}
	strbuf_release(&inputs);
}

static void
decide(struct work *work)
{
	const char *have[FP_NR];
	struct plan_input input;
	struct run *run;
	size_t i;

	verdicts = xcalloc(work->nr, sizeof(*verdicts));
	for (i = 0; i < work->nr; i++) {
		run = work->runs[i];
		work_have(run, have);
		input = (struct plan_input){
			.wanted = run->spec,
			.applied = run->applied,
			.running = run->alive,
			.held = work_is_held(run) &&
			    !is_named_removed(work, run),
			.done = has_done_its_work(run),
			.want = run->spec ?
			    (const char *const *)run->spec->fp : NULL,
			.have = have,
		};
		verdicts[i] = plan_decide(&input);
	}
}

static size_t
index_of(const struct work *work, const struct run *run)
{
	size_t i;

	for (i = 0; work->runs[i] != run; i++)
		;
	return i;
}

/* "changed · p:a (env+mcp)", the original's three blanks after added. */
static void
add_line(struct strbuf *out, const struct run *run,
    const struct plan_verdict *verdict)
{
	strbuf_addf(out, "%s%s \xc2\xb7 %s", plan_action_name(verdict->action),
	    verdict->action == PLAN_ADD ? "  " : "", run->id);
	if (!verdict->inputs)
		return;
	strbuf_addstr(out, " (");
	plan_add_inputs(out, verdict->inputs);
	strbuf_addch(out, ')');
}

/*
 * A changed agent settles twice: its line comes when it runs again, or when
 * that has become impossible.
 */
static void
print(struct work *work, const struct run *run)
{
	const struct plan_verdict *verdict = &verdicts[index_of(work, run)];
	struct strbuf line = STRBUF_INIT;

	if (verdict->action == PLAN_CHANGE && run->start == START_NONE &&
	    run->drain.outcome != DRAIN_KILL_FAILED && !work->is_cut)
		return;
	add_line(&line, run, verdict);
	work_add_outcome(&line, run);
	if (run->start == START_FAILED)
		strbuf_addf(&line, " [failed: %s]", run->error);
	else if (work->is_cut)
		strbuf_addstr(&line, WORK_UNSTARTED);
	work_line(work, "%s", line.buf);
	strbuf_release(&line);
}

static void
print_plan(struct work *work, const char *suffix)
{
	struct strbuf line = STRBUF_INIT;
	bool any = false;
	size_t i;

	for (i = 0; i < work->nr; i++) {
		/* Of one that is held the difference has been told. */
		any = any || verdicts[i].inputs;
		if (verdicts[i].action == PLAN_KEEP)
			continue;
		strbuf_reset(&line);
		add_line(&line, work->runs[i], &verdicts[i]);
		work_line(work, "%s%s", line.buf, suffix);
		any = true;
	}
	if (!any)
		work_line(work, "no changes%s", suffix);
	strbuf_release(&line);
}

/* Collects the runs whose verdict is in the set, a mask of 1u << action. */
static size_t
collect(struct work *work, unsigned actions, struct run **out)
{
	size_t i, nr = 0;

	for (i = 0; i < work->nr; i++)
		if (actions & 1u << verdicts[i].action)
			out[nr++] = work->runs[i];
	return nr;
}

static void
apply_updates(struct work *work)
{
	struct run *run;
	size_t i;

	for (i = 0; i < work->nr; i++) {
		run = work->runs[i];
		if (verdicts[i].action == PLAN_KEEP)
			work->nr_kept++;
		if (verdicts[i].action != PLAN_UPDATE)
			continue;
		run->applied = state_agent(&work->engine.state, run->id);
		if (run->applied->generation < run->generation)
			run->applied->generation = run->generation;
		applied_from_spec(run->applied, run->spec);
		work->nr_updated++;
		engine_note(&work->engine, EVENT_UPDATED, run, NULL);
		print(work, run);
	}
}

/* A plan that could not be carried out is none. */
static int
check(struct work *work)
{
	struct run **some = xcalloc(work->nr, sizeof(struct run *));
	int code;

	code = work_check(some, collect(work, 1u << PLAN_ADD |
	    1u << PLAN_START | 1u << PLAN_CHANGE, some));
	free(some);
	return code;
}

/* What is left of agents that are no longer wanted. */
static int
forget_removed(struct work *work, struct run **some)
{
	struct strbuf err = STRBUF_INIT;
	size_t i, nr = collect(work, 1u << PLAN_REMOVE, some);
	int code = EXIT_DONE;

	if (nr)
		code = work_fail(engine_remove_sessions(&work->engine, some,
		    nr, &err), &err);
	for (i = 0; code == EXIT_DONE && i < nr; i++)
		if (!some[i]->survivors.nr)
			engine_forget(&work->engine, some[i]);
	strbuf_release(&err);
	return code;
}

static void
note_plan(struct work *work, size_t nr)
{
	size_t i, start = 0, stop = 0;

	for (i = 0; i < work->nr; i++) {
		start += verdicts[i].action == PLAN_ADD ||
		    verdicts[i].action == PLAN_START ||
		    verdicts[i].action == PLAN_CHANGE;
		stop += verdicts[i].action == PLAN_REMOVE ||
		    verdicts[i].action == PLAN_CHANGE;
	}
	work_note_plan(work, start, stop, work->nr - nr);
}

static int
reload(struct work *work)
{
	struct run **some = xcalloc(work->nr, sizeof(struct run *));
	struct strbuf err = STRBUF_INIT;
	size_t nr = collect(work, 1u << PLAN_ADD | 1u << PLAN_START |
	    1u << PLAN_CHANGE | 1u << PLAN_REMOVE, some);
	int code = EXIT_DONE;

	apply_updates(work);
	note_plan(work, nr);
	if (nr)
		code = work_replace(work, some, nr, false);
	work_name_supervisor(work);
	if (code == EXIT_DONE)
		code = forget_removed(work, some);
	if (code == EXIT_DONE && engine_save(&work->engine, &err) < 0)
		code = work_fail(ENGINE_FAILED, &err);
	strbuf_release(&err);
	free(some);
	if (code != EXIT_DONE)
		return code;
	work_summary(work);
	return work_exit_code(work);
}

static bool
is_idle(const struct work *work)
{
	size_t i;

	for (i = 0; i < work->nr; i++)
		if (verdicts[i].action != PLAN_KEEP)
			return false;
	return true;
}

static int
print_idle(struct work *work)
{
	print_plan(work, "");
	return work_exit_code(work);
}

static int
decide_and_do(struct work *work)
{
	size_t i;
	int code;

	work->print = print;
	decide(work);
	for (i = 0; i < work->nr; i++)
		work->runs[i]->outdated = verdicts[i].action == PLAN_CHANGE ||
		    verdicts[i].action == PLAN_REMOVE;
	tell_held(work);
	code = check(work);
	if (code != EXIT_DONE)
		return code;
	if (options.dry_run)
		print_plan(work, " (dry run)");
	else if ((code = work_keep_running(work)) != EXIT_DONE)
		return code;
	else if (is_idle(work))
		return print_idle(work);
	else
		return reload(work);
	return work_exit_code(work);
}

static int
run_reload(int argc, char **argv)
{
	struct work work;
	int code;

	code = work_open(&work, "reload", WORK_CHANGES, &options, argc, argv);
	if (code == EXIT_DONE && work_begin(&work, &code))
		code = work_end(&work, decide_and_do(&work));
	free(verdicts);
	work_close(&work);
	return code;
}

static void
print_plan_json(struct work *work)
{
	json_t *document = output_document(), *agents = json_array(), *inputs;
	size_t i;
	int f;

	for (i = 0; i < work->nr; i++) {
		inputs = json_array();
		for (f = 0; f < FP_NR; f++)
			if (verdicts[i].inputs & 1u << f)
				json_array_append_new(inputs, json_string(
				    fingerprint_name((enum fingerprint)f)));
		json_array_append_new(agents, json_pack("{s:s, s:s, s:o}",
		    "id", work->runs[i]->id, "action",
		    plan_action_name(verdicts[i].action), "inputs", inputs));
	}
	json_object_set_new(document, "agents", agents);
	output_json(document);
}

static int
run_plan(int argc, char **argv)
{
	struct work work;
	int code;

	code = work_open(&work, "plan", 0, &plan_options.work, argc, argv);
	if (code == EXIT_DONE) {
		decide(&work);
		code = check(&work);
	}
	if (code == EXIT_DONE && plan_options.json)
		print_plan_json(&work);
	if (code == EXIT_DONE && !plan_options.json) {
		tell_held(&work);
		print_plan(&work, "");
		code = work_exit_code(&work);
	}
	free(verdicts);
	work_close(&work);
	return code;
}

const struct cmd cmd_reload = {
	.name = "reload",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "restart what has changed, and only that",
	.opts = reload_opts,
	.values = &options,
	.run = run_reload,
};

const struct cmd cmd_plan = {
	.name = "plan",
	.group = GROUP_LIFE,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "show what reload would do",
	.opts = plan_opts,
	.values = &plan_options,
	.run = run_plan,
};
