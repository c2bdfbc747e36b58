/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See work.h: who wants a command and why, that it is recorded when it is taken
 * and when it is over, and its answer as JSON.
 */
#include "work.h"

#include "command.h"
#include "gate.h"
#include "os.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
work_check_audit(const struct work_options *options)
{
	const struct {
		const char *name, *value;
	} texts[] = { { "by", options->by }, { "reason", options->reason } };
	const char *id = options->command_id;
	size_t i;

	for (i = 0; i < nitems(texts); i++)
		if (texts[i].value && str_is_blank(texts[i].value))
			return cmd_usage(globals.cmd, "option '--%s': it says "
			    "nothing", texts[i].name);
	if (id && !replies_is_id(id))
		return cmd_usage(globals.cmd, "option '--command-id': '%s' is "
		    "not 1 to %d letters, digits, '.', '_', ':' and '-'", id,
		    REPLIES_ID_MAX);
	return EXIT_DONE;
}

int
work_check_reason(const struct team *team, const char *verb,
    const struct work_options *options)
{
	size_t i;

	if (options->reason || options->dry_run)
		return EXIT_DONE;
	for (i = 0; team && i < team->require_reason.nr; i++) {
		if (!str_eq(team->require_reason.v[i], verb))
			continue;
		cmd_error("%s needs a reason in this team", verb);
		cmd_hint("say --reason TEXT");
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* ---- the command ---- */

static void
add_items(struct work *work)
{
	struct command *command = work->command;
	struct item *item;
	struct run *run;
	size_t i;

	for (i = 0; i < work->nr; i++) {
		run = work->runs[i];
		run->cause = &command->cause;
		item = &command->items[command->nr++];
		item->command = command;
		item->id = xstrdup(run->id);
		item->was_alive = run->alive;
		item->verdict.situation = operation_situation(
		    &(struct operation_input){
			/* Or the state is gone, and it runs all the same. */
			.is_known = run->applied || run->alive,
			.operation = run->applied ? run->applied->operation :
			    OPERATION_ACTIVE,
			.is_frozen = run->applied &&
			    run->applied->frozen_at_ms,
			.is_alive = run->alive,
			.is_failed = true,
		    });
		item->verdict.after = run->applied ? OPERATION_REMOVED :
		    OPERATION_STOPPED;
		item->generation = run->generation;
		if (!run->applied)
			continue;
		item->before = run->applied->operation;
		item->generation = run->alive ? run->generation :
		    run->applied->generation;
		item->attempt = run_attempt(run);
	}
}

/* Also of one that the supervisor did, which knows no exit codes. */
static int
code_of(const struct reply *reply)
{
	if (reply->exit_code)
		return reply->exit_code;
	return json_is_false(json_object_get(reply->json, "ok")) ?
	    EXIT_FAILED : EXIT_DONE;
}

static void
print_again(const struct operate_request *request, const json_t *reply)
{
	const json_t *results = json_object_get(reply, "results"), *result;
	size_t i;

	json_array_foreach(results, i, result)
		printf("%s \xc2\xb7 %s (told before: %s)\n", request->name,
		    json_string_value(json_object_get(result, "agent")),
		    json_string_value(json_object_get(result, "state")));
	if (!json_array_size(results))
		printf("%s: nothing to do (told before)\n", request->name);
}

bool
work_replay(const char *root, const struct operate_request *request,
    bool json, int *code)
{
	struct reply reply = operate_replay(root, request);

	if (!reply.json)
		return false;
	*code = code_of(&reply);
	if (reply.is_other) {
		cmd_error("the command id '%s' was used for another command",
		    request->command_id);
		*code = EXIT_REFUSED;
	} else if (json) {
		output_json(reply.json);
		return true;
	} else {
		print_again(request, reply.json);
	}
	json_decref(reply.json);
	return true;
}

void
work_keep(const char *root, const struct operate_request *request,
    json_t *reply)
{
	struct strbuf err = STRBUF_INIT;

	if (operate_keep(root, request, reply, &err) < 0)
		cmd_warn("%s", err.buf);
	strbuf_release(&err);
}

bool
work_begin(struct work *work, int *code)
{
	const struct work_options *options = work->options;
	struct strvec ids = STRVEC_INIT;
	char user[128];
	struct operate_request request = {
		.verb = verb_find(work->verb, false),
		.name = work->verb,
		.ids = &ids,
		.words = work->flags & WORK_BY_IDS ? NULL : &work->words,
		.by = user,
		.claimed_by = options->by,
		.agent = gate_agent(),
		.reason = options->reason,
		.command_id = options->command_id,
		.dry_run = options->dry_run,
	};
	bool is_new;
	size_t i;

	*code = work_check_reason(work->team, work->verb, options);
	if (*code != EXIT_DONE)
		return false;
	os_user_name(user, sizeof(user));
	for (i = 0; i < work->nr; i++)
		strvec_push(&ids, work->runs[i]->id);
	is_new = !work_replay(work->engine.root, &request, options->json, code);
	if (is_new) {
		work->command = command_new(&request);
		/* Of somebody who says nothing to be remembered by. */
		work->command->is_quiet = !request.claimed_by &&
		    !request.agent && !request.reason && !request.command_id;
		add_items(work);
	}
	if (is_new && !options->dry_run)
		command_note_begin(&work->engine, work->command);
	strvec_release(&ids);
	return is_new;
}

/* What has come of an agent, by what was done to its run. */
static void
judge(const struct work *work, struct item *item)
{
	const struct run *run = engine_find(&work->engine, item->id);
	struct verdict *verdict = &item->verdict;
	bool stopped = item->was_alive && run &&
	    run->drain.outcome != DRAIN_PENDING;
	bool started = run && run->start != START_NONE;

	item->is_over = true;
	if (run && run->applied)
		verdict->after = run->applied->operation;
	else if (run && run->alive)
		verdict->after = OPERATION_ACTIVE;
	verdict->frozen_after = run && run->applied &&
	    run->applied->frozen_at_ms;
	item->stop_begun = stopped;
	item->start_failed = run && run->start == START_FAILED;
	if (started && !item->start_failed)
		item->conversation = run_conversation_news(run);
	if (stopped) {
		item->outcome = run->drain.outcome;
		item->stop_ms = mono_ms_until(run->drain.begun,
		    run->drain.ended);
		item->timed_out = drain_timed_out(&run->drain);
	}
	verdict->decision = started ? stopped ? DECISION_QUEUED :
	    DECISION_STARTED : stopped || (verdict->after != item->before &&
	    verdict->situation != SITUATION_ABSENT) ?
	    DECISION_ACCEPTED : DECISION_UNCHANGED;
	if (run && run->is_refused)
		verdict->decision = DECISION_REJECTED;
	verdict->idempotent = verdict->decision == DECISION_UNCHANGED;
	if (run && (run->start == START_FAILED ||
	    item->outcome == DRAIN_KILL_FAILED)) {
		item->end = ITEM_FAILED;
		item->text = xstrdup(run->error ? run->error :
		    "processes of it are left");
	}
}

/* What would come of it. */
static void
foretell(const struct work *work, struct item *item)
{
	const struct run *run = engine_find(&work->engine, item->id);
	struct operation_input input = {
		.operation = item->before,
		.is_known = run->applied || run->alive,
		.is_alive = run->alive,
		.is_frozen = run->applied && run->applied->frozen_at_ms,
		.is_failed = true,
		.is_named = target_is_named(item->id, work->argc, work->argv),
	};
	enum verb verb = verb_find(work->verb, false);

	item->is_over = true;
	/* What runs something else is replaced by reload and scale. */
	if (verb == VERB_NR || run->outdated)
		verb = run->spec ? VERB_RESTART : VERB_DOWN;
	item->verdict = operation_decide(verb, &input);
}

static int
tell_unrecorded(struct work *work, int code)
{
	struct strbuf text = STRBUF_INIT;

	command_record(&work->engine, work->command);
	if (code == EXIT_DONE && work->command->unrecorded) {
		strbuf_addstr(&text, work->command->unrecorded);
		code = work_fail(ENGINE_FAILED, &text);
	}
	strbuf_release(&text);
	return code;
}

int
work_end(struct work *work, int code)
{
	struct command *command = work->command;
	struct strbuf err = STRBUF_INIT;
	size_t i;

	if (!command)
		return code;
	for (i = 0; i < command->nr; i++) {
		if (command->dry_run)
			foretell(work, &command->items[i]);
		else
			judge(work, &command->items[i]);
	}
	if (!command->dry_run)
		code = tell_unrecorded(work, code);
	command->exit_code = code;
	if (!command->dry_run)
		command_note_end(&work->engine, command);
	if (command_keep(work->engine.root, command, &err) < 0)
		cmd_warn("%s", err.buf);
	if (work->options->json)
		output_json(operate_reply(command));
	for (i = 0; i < work->engine.nr; i++)
		work->engine.runs[i]->cause = NULL;
	command_free(command);
	work->command = NULL;
	strbuf_release(&err);
	return code;
}
