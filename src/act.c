/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See act.h.
 */
#include "act.h"

#include "control.h"
#include "operate.h"
#include "os.h"
#include "output.h"
#include "reuse.h"
#include "view.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct act_options act_options = ACT_OPTIONS_INIT;

const struct opt act_opts[] = {
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

const struct opt act_stop_opts[] = {
	{ 0, "now", OPT_FLAG, offsetof(struct work_options, now), NULL,
	    "kill at once, without asking the agents to stop" },
	OPT_TIMEOUT,
	OPT_WAIT,
	OPT_NO_WAIT,
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

/* ---- telling ---- */

static const char *
word(const json_t *result, const char *key)
{
	const char *s = json_string_value(json_object_get(result, key));

	return s ? s : "";
}

static bool
is(const json_t *result, const char *key, const char *value)
{
	return str_eq(word(result, key), value);
}

static void
add_stop(const json_t *result, struct strbuf *line)
{
	const json_t *stop = json_object_get(result, "stop");
	double seconds = json_number_value(json_object_get(stop, "seconds"));
	struct work_stop how = {
		.outcome = operate_outcome(stop),
		.ms = (int64_t)(seconds * 1000 + 0.5),
		.timed_out = json_is_true(json_object_get(stop, "timed_out")),
	};

	work_add_stop(line, &how);
}

static const char *
command_of(enum verb verb)
{
	return verb == VERB_FREEZE || verb == VERB_PAUSE ? "pause" :
	    verb_name(verb);
}

static void
print_refused(enum verb verb, const json_t *result)
{
	const char *situation = word(result, "situation"), *way_out = NULL;
	int i;

	cmd_error("cannot %s '%s': %s", command_of(verb),
	    word(result, "agent"), word(result, "message"));
	for (i = 0; i < SITUATION_NR; i++)
		if (str_eq(situation_name((enum situation)i), situation))
			way_out = situation_way_out((enum situation)i);
	if (way_out && !is(result, "decision", "blocked_by_shutdown"))
		cmd_hint("'teamctl %s %s' comes first", way_out,
		    word(result, "agent"));
}

/* "paused · p:a [frozen]" */
static void
print_result(enum verb verb, const json_t *result, const char *suffix)
{
	struct strbuf line = STRBUF_INIT;
	const char *past = verb_past(verb);
	bool start_failed = json_is_true(json_object_get(result,
	    "start_failed"));

	if (is(result, "state", "refused")) {
		print_refused(verb, result);
		return;
	}
	if (is(result, "state", "superseded") ||
	    (is(result, "state", "failed") && !start_failed)) {
		cmd_error("%s: %s", word(result, "agent"),
		    word(result, "message"));
		return;
	}
	if (is(result, "decision", "unchanged"))
		past = "unchanged";
	else if (verb == VERB_RESTART && !is(result, "situation", "running"))
		past = "started";
	strbuf_addf(&line, "%s \xc2\xb7 %s", past, word(result, "agent"));
	if (verb == VERB_FREEZE && is(result, "decision", "accepted") &&
	    json_object_get(result, "frozen") == json_true())
		strbuf_addstr(&line, " [frozen]");
	add_stop(result, &line);
	if (is(result, "state", "pending"))
		strbuf_addf(&line, " [%s]", word(result, "decision"));
	if (*word(result, "conversation"))
		strbuf_addf(&line, " [%s]", word(result, "conversation"));
	if (*word(result, "message"))
		strbuf_addf(&line, start_failed ? " [failed: %s]" : " (%s)",
		    word(result, "message"));
	printf("%s%s\n", line.buf, suffix);
	strbuf_release(&line);
}

static int
code_of(const json_t *reply, bool fail_on_kill)
{
	const json_t *results = json_object_get(reply, "results"), *result;
	const json_t *stop;
	int code = EXIT_DONE;
	size_t i;

	json_array_foreach(results, i, result) {
		stop = json_object_get(result, "stop");
		if (is(result, "state", "failed") ||
		    is(result, "state", "superseded"))
			code = EXIT_FAILED;
		else if (fail_on_kill && is(stop, "outcome", "killed") &&
		    code == EXIT_DONE)
			code = EXIT_TIMEOUT;
		else if (is(result, "state", "refused") && code == EXIT_DONE)
			code = EXIT_REFUSED;
	}
	return *word(reply, "not_recorded") ? EXIT_FAILED : code;
}

/* As work.h has it for a restart that was done here. */
static void
summarize(const struct act_options *options, const json_t *results)
{
	struct work work = { .verb = verb_name(VERB_RESTART),
		.options = &options->work, .nr = json_array_size(results) };
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result) {
		work_count(&work, operate_outcome(json_object_get(result,
		    "stop")));
		work.nr_failed += is(result, "state", "failed");
		work.nr_started += is(result, "state", "done") &&
		    !is(result, "decision", "unchanged");
	}
	work_summary(&work);
}

static void
print_unrecorded(const char *why)
{
	struct strbuf err = STRBUF_INIT;

	strbuf_addstr(&err, why);
	if (*why)
		work_fail(ENGINE_FAILED, &err);
	strbuf_release(&err);
}

/* As work.h has it: with the last lines of their screens. */
static void
explain_failures(struct view *view, const json_t *results)
{
	struct run **runs = xcalloc(json_array_size(results),
	    sizeof(struct run *));
	struct work work = { .verb = NULL };
	const json_t *result;
	struct run *run;
	size_t i, nr = 0;

	json_array_foreach(results, i, result) {
		if (!json_is_true(json_object_get(result, "start_failed")))
			continue;
		if (!nr && view_observe(view) != EXIT_DONE)
			break;
		run = engine_run(&view->engine, word(result, "agent"));
		free(run->error);
		run->error = xstrdup(word(result, "message"));
		runs[nr++] = run;
	}
	engine_screens(&view->engine, runs, nr);
	for (i = 0; i < nr; i++) {
		if (runs[i]->alive) { /* again, by a supervisor */
			free(runs[i]->screen);
			runs[i]->screen = NULL;
		}
		work_explain_failure(&work, runs[i]);
	}
	free(runs);
}

static int
tell(struct view *view, enum verb verb, const struct act_options *options,
    json_t *reply)
{
	const json_t *results = json_object_get(reply, "results"), *result;
	int code = code_of(reply, options->work.fail_on_kill);
	size_t i;

	if (options->work.json) {
		output_json(reply);
		return code;
	}
	json_array_foreach(results, i, result)
		print_result(verb, result, options->work.dry_run ?
		    " (dry run)" : "");
	explain_failures(view, results);
	print_unrecorded(word(reply, "not_recorded"));
	if (verb == VERB_RESTART && !options->work.dry_run &&
	    !options->no_wait)
		summarize(options, results);
	json_decref(reply);
	return code;
}

/* ---- doing ---- */

static bool
is_wanted(void *ctx, const char *id)
{
	const struct view *view = ctx;

	return !view->team || strmap_has(&view->team->by_id, id);
}

static int
do_here(const struct view *view, struct operate_request *request,
    const struct act_options *options, json_t **reply)
{
	struct engine_options how = {
		.root = view->source.root,
		.socket = view->team ? view->team->tmux_socket : NULL,
		.verb = request->dry_run ? NULL : verb_name(request->verb),
		.lock_timeout_ms = options->work.lock_timeout_ms,
		.waiting = work_on_waiting,
		.hooks.warning = cmd_on_warning,
	};
	struct operate_hooks hooks = { .is_wanted = is_wanted,
		.ctx = (void *)(uintptr_t)view };
	struct specs specs = { 0 };
	struct strbuf err = STRBUF_INIT;
	struct engine engine;
	int code;

	engine_init(&engine);
	code = work_fail(engine_open(&engine, &how, &err), &err);
	if (code == EXIT_DONE) {
		if (view->team)
			engine_withhold(&engine, view->team);
		reuse_all(&engine, view->team, &specs);
		code = work_fail(engine_observe(&engine, &err), &err);
	}
	if (code == EXIT_DONE) {
		*reply = operate_here(&engine, &hooks, request, &err);
		if (!*reply)
			code = work_fail(ENGINE_FAILED, &err);
		else if (engine.interrupts)
			code = EXIT_INTERRUPTED;
	}
	engine_close(&engine);
	specs_release(&specs);
	strbuf_release(&err);
	return code;
}

/* ---- through the supervisor ---- */

static json_t *
request_json(const struct operate_request *request,
    const struct act_options *options)
{
	const char *name = verb_name(request->verb);
	json_t *json = json_object();

	json_object_set_new(json, "op", json_stringn(name,
	    strcspn(name, " ")));
	if (request->verb == VERB_PAUSE)
		json_object_set_new(json, "mode", json_string("stop"));
	json_object_set_new(json, "ids", jstrings(request->ids));
	json_object_set_new(json, "named",
	    jstrings(request->named));
	json_object_set_new(json, "wait", json_boolean(!options->no_wait));
	json_object_set_new(json, "now", json_boolean(request->kill));
	json_object_set_new(json, "dry_run", json_boolean(request->dry_run));
	if (request->timeout_ms >= 0)
		json_object_set_new(json, "timeout_ms",
		    json_integer(request->timeout_ms));
	if (request->claimed_by)
		json_object_set_new(json, "by",
		    jstring(request->claimed_by));
	if (request->reason)
		json_object_set_new(json, "reason",
		    jstring(request->reason));
	if (request->command_id)
		json_object_set_new(json, "command_id",
		    json_string(request->command_id));
	return json;
}

static int
code_of_refusal(const json_t *reply)
{
	static const struct {
		const char *code;
		int exit_code;
	} codes[] = {
		{ "unknown_agent", EXIT_NO_AGENT },
		{ "reason_required", EXIT_USAGE },
		{ "bad_request", EXIT_USAGE },
	};
	size_t i;

	for (i = 0; i < nitems(codes); i++)
		if (is(reply, "code", codes[i].code))
			return codes[i].exit_code;
	return EXIT_REFUSED;
}

static void
add_hint(const json_t *reply)
{
	if (is(reply, "code", "reason_required"))
		cmd_hint("say --reason TEXT");
}

int
act_call(int fd, json_t *request, int64_t timeout_ms, json_t **reply)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	*reply = control_ask(fd, request, timeout_ms, &err);
	if (!*reply) {
		code = errno == ETIMEDOUT ? EXIT_TIMEOUT : errno == EMSGSIZE ?
		    EXIT_REFUSED : EXIT_NO_SUPERVISOR;
		if (code != EXIT_NO_SUPERVISOR)
			cmd_error("%s", err.buf);
		if (code == EXIT_REFUSED)
			cmd_hint("name fewer agents at a time, or a project");
	} else if (is(*reply, "code", "ending")) {
		code = EXIT_NO_SUPERVISOR;
		json_decref(*reply);
		*reply = NULL;
	} else if (json_object_get(*reply, "error")) {
		cmd_error("%s", word(*reply, "error"));
		add_hint(*reply);
		code = code_of_refusal(*reply);
		json_decref(*reply);
		*reply = NULL;
	}
	strbuf_release(&err);
	return code;
}

/* ---- both ways ---- */

/* Such as the state, lost or moved away, knows nothing of, though they run. */
static int
check_recorded(struct view *view, const struct strvec *ids)
{
	const struct run *run;
	size_t i, nr = 0;
	int code = EXIT_DONE;

	for (i = 0; i < ids->nr && !nr; i++)
		nr += !state_find(&view->engine.state, ids->v[i]);
	if (nr)
		code = view_observe(view);
	if (!nr || code != EXIT_DONE)
		return code;
	for (i = 0; i < ids->nr; i++) {
		run = engine_find(&view->engine, ids->v[i]);
		if (!run || !run->alive || run->applied)
			continue;
		cmd_error("agent '%s' runs, but nothing is recorded of it",
		    run->id);
		code = EXIT_REFUSED;
	}
	if (code != EXIT_DONE)
		cmd_hint("'teamctl up' records what runs anew");
	return code;
}

/* Before anything is written: those who were never started, by name. */
static int
check_known(struct view *view, const struct operate_request *request)
{
	const char *id = operate_unknown(&view->engine, request);
	int code = check_recorded(view, request->ids);

	if (code != EXIT_DONE || !id)
		return code;
	cmd_error("agent '%s' has never been started", id);
	cmd_hint("'teamctl up %s' starts it", id);
	return EXIT_NO_AGENT;
}

static int
do_it(struct view *view, enum verb verb,
    const struct act_options *options, const struct targets *targets,
    const struct strvec *named)
{
	int fd;
	char user[128];
	struct operate_request request = {
		.verb = verb,
		.ids = &targets->ids,
		.named = named,
		.by = user,
		.claimed_by = options->work.by,
		.reason = options->work.reason,
		.command_id = options->work.command_id,
		.kill = options->work.now,
		.timeout_ms = options->work.timeout_ms,
		.dry_run = options->work.dry_run,
	};
	json_t *reply = NULL;
	int code, told;

	code = check_known(view, &request);
	if (code != EXIT_DONE)
		return code;
	os_user_name(user, sizeof(user));
	signal(SIGPIPE, SIG_IGN);
	fd = control_connect(view->source.root);
	if (fd < 0 && verb == VERB_RESET) {
		/* The failures are the supervisor's. */
		cmd_error("no supervisor is running");
		return EXIT_NO_SUPERVISOR;
	}
	if (fd < 0)
		code = do_here(view, &request, options, &reply);
	else
		code = act_call(fd, request_json(&request, options),
		    options->wait_ms ? options->wait_ms : INT64_MAX / 2,
		    &reply);
	if (code == EXIT_TIMEOUT)
		cmd_hint("the supervisor goes on with it");
	if (fd >= 0)
		close(fd);
	if (code == EXIT_NO_SUPERVISOR) /* it ended just now */
		code = do_here(view, &request, options, &reply);
	if (!reply)
		return code;
	told = tell(view, verb, options, reply);
	return code == EXIT_DONE ? told : code;
}

/* What was removed can be so again. */
static int
pick(struct view *view, enum verb verb, struct targets *targets, int argc,
    char **argv)
{
	const struct strvec *removed = &view->engine.state.removed;
	size_t i;

	for (i = 0; verb == VERB_REMOVE && i < removed->nr; i++)
		if (!strvec_has(&view->ids, removed->v[i]))
			strvec_push(&view->ids, removed->v[i]);
	return targets_pick(targets, &view->ids, argc, argv);
}

int
act(enum verb verb, const struct act_options *options, int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct strvec named = STRVEC_INIT;
	struct view view = { .is_open = false };
	size_t i;
	int code = work_check_audit(&options->work);

	if (code == EXIT_DONE)
		code = view_open(&view);
	if (code == EXIT_DONE)
		code = work_check_reason(view.team, command_of(verb),
		    &options->work);
	if (code == EXIT_DONE)
		code = pick(&view, verb, &targets, argc, argv);
	for (i = 0; i < targets.ids.nr; i++)
		if (target_is_named(targets.ids.v[i], argc, argv))
			strvec_push(&named, targets.ids.v[i]);
	if (code == EXIT_DONE)
		code = do_it(&view, verb, options, &targets, &named);
	view_close(&view);
	targets_release(&targets);
	strvec_release(&named);
	return code;
}
