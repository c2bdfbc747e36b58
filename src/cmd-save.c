/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl save: moves agents that were added with `add` into the compose file.
 * The team is the same afterwards, and nothing is restarted.
 */
#include "command.h"
#include "dynamic.h"
#include "os.h"
#include "output.h"
#include "saving.h"
#include "view.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>

static struct work_options options = WORK_OPTIONS_INIT;

static const struct opt opts[] = {
	OPT_AUDIT,
	OPT_LOCK_TIMEOUT,
	{ 0 },
};

static int
pick(struct saving *saving, int argc, char **argv)
{
	const struct team *team = saving->team;
	struct targets targets = { .ids = STRVEC_INIT };
	struct strvec known = STRVEC_INIT;
	const struct agent *agent;
	size_t i;
	int code;

	for (i = 0; i < team->nr_agent; i++)
		strvec_push(&known, team->agents[i]->id);
	code = targets_pick(&targets, &known, argc, argv);
	for (i = 0; code == EXIT_DONE && i < targets.ids.nr; i++) {
		agent = strmap_get(&team->by_id, targets.ids.v[i]);
		if (agent->is_dynamic)
			saving_add(saving, agent->id);
	}
	for (i = 0; code == EXIT_DONE && i < team->shadowed.nr; i++)
		if (argc == 0 || target_is_named(team->shadowed.v[i], argc,
		    argv))
			saving_add(saving, team->shadowed.v[i]);
	targets_release(&targets);
	strvec_release(&known);
	return code;
}

/* The place that an agent has in the team as it will be. */
static struct pos
place_of(const struct saving *saving, const struct saved *saved)
{
	const struct agent *agent;
	size_t i;

	for (i = 0; i < saving->then->nr_agent; i++) {
		agent = saving->then->agents[i];
		if (str_eq(compose_text_id(agent),
		    saved->id))
			return agent->pos;
	}
	return (struct pos){ saving->source->file, 1, 1 };
}

static json_t *
saved_json(const struct saving *saving)
{
	json_t *list = json_array();
	struct pos pos;
	size_t i;

	for (i = 0; i < saving->nr; i++) {
		pos = place_of(saving, &saving->saved[i]);
		json_array_append_new(list, json_pack("{s:s, s:o, s:i}",
		    "agent", saving->saved[i].id, "file",
		    jstring(pos.file), "line", pos.line));
	}
	return list;
}

/* From here on they are as all others. */
static void
forget(struct engine *engine, const struct saving *saving)
{
	const struct agent *agent;
	size_t i;

	for (i = 0; i < engine->state.nr; i++) {
		agent = strmap_get(&saving->then->by_id,
		    engine->state.agents[i]->id);
		engine->state.agents[i]->is_dynamic = agent &&
		    agent->is_dynamic;
	}
	if (engine->state.files.nr)
		state_set_files(&engine->state, &saving->then->files);
}

/* For the record: who wants it, of which agents. */
static struct command *
begin_command(struct engine *engine, const struct saving *saving,
    struct operate_request *request)
{
	struct strvec ids = STRVEC_INIT;
	char user[128];
	struct command *command;
	size_t i;

	os_user_name(user, sizeof(user));
	for (i = 0; i < saving->nr; i++)
		strvec_push(&ids, saving->saved[i].id);
	request->ids = &ids;
	request->by = user;
	command = command_new(request);
	for (i = 0; i < ids.nr; i++)
		command->items[command->nr++] = (struct item){
			.command = command, .id = xstrdup(ids.v[i]),
			.is_over = true,
		};
	command->more = json_pack("{s:o}", "saved", saved_json(saving));
	command_note_begin(engine, command);
	strvec_release(&ids);
	return command;
}

static json_t *told; /* of the command, when there was one to be recorded */

static void
end_command(struct engine *engine, struct command *command, int code)
{
	struct strbuf err = STRBUF_INIT;
	size_t i;

	for (i = 0; code != EXIT_DONE && i < command->nr; i++)
		command->items[i].end = ITEM_FAILED;
	command->exit_code = code;
	command_note_end(engine, command);
	engine_flush_journal(engine);
	if (command_keep(engine->root, command, &err) < 0)
		cmd_warn("%s", err.buf);
	told = operate_reply(command);
	command_free(command);
	strbuf_release(&err);
}

/* Journalled, written, and then the manifests go. */
static int
carry_out(struct engine *engine, const struct saving *saving,
    struct operate_request *request)
{
	struct command *command = begin_command(engine, saving, request);
	struct strbuf err = STRBUF_INIT;
	struct run *run;
	json_t *fields;
	struct pos pos;
	size_t i;
	int code;

	for (i = 0; i < saving->nr; i++) {
		pos = place_of(saving, &saving->saved[i]);
		fields = json_pack("{s:s, s:i}", "file", pos.file, "line",
		    pos.line);
		run = engine_run(engine, saving->saved[i].id);
		run->cause = &command->cause;
		engine_note_with(engine, EVENT_SAVED, run, options.reason,
		    fields);
		run->cause = NULL;
	}
	engine_flush_journal(engine);
	code = saving_write(saving);
	for (i = 0; code == EXIT_DONE && i < saving->nr; i++)
		if (dynamic_remove(engine->root, saving->saved[i].id,
		    &err) < 0)
			code = work_fail(ENGINE_FAILED, &err);
	if (code == EXIT_DONE)
		forget(engine, saving);
	if (code == EXIT_DONE && engine->state.exists &&
	    engine_save(engine, &err) < 0)
		code = work_fail(ENGINE_FAILED, &err);
	end_command(engine, command, code);
	strbuf_release(&err);
	return code;
}

/* Where nothing was to be recorded. */
static json_t *
document_of(const struct saving *saving)
{
	json_t *document = output_document();

	json_object_set_new(document, "verb", json_string("save"));
	json_object_set_new(document, "dry_run",
	    json_boolean(options.dry_run));
	json_object_set_new(document, "saved", saved_json(saving));
	return document;
}

static void
print(const struct saving *saving)
{
	struct strbuf text = STRBUF_INIT;
	struct pos pos;
	size_t i;

	for (i = 0; i < saving->nr; i++) {
		pos = place_of(saving, &saving->saved[i]);
		strbuf_addf(&text, "saved   \xc2\xb7 %s (%s:%d)%s\n",
		    saving->saved[i].id, pos.file, pos.line,
		    options.dry_run ? " (dry run)" : "");
	}
	if (saving->nr == 0)
		strbuf_addstr(&text, "nothing to save\n");
	for (i = 0; options.dry_run && i < saving->nr_edit; i++)
		saving_print(saving->edits[i], &text);
	output_text(&text);
	strbuf_release(&text);
}

static int
save_anew(struct engine *engine, struct saving *saving,
    struct operate_request *request, int argc, char **argv)
{
	int code = pick(saving, argc, argv);

	if (code == EXIT_DONE)
		code = saving_prepare(saving);
	if (code == EXIT_DONE && saving->nr && !options.dry_run)
		code = carry_out(engine, saving, request);
	if (code == EXIT_DONE && !told) {
		told = document_of(saving);
		work_keep(engine->root, request, told);
	}
	if (code == EXIT_DONE && options.json)
		output_json(json_incref(told));
	else if (code == EXIT_DONE)
		print(saving);
	json_decref(told);
	return code;
}

static int
save(struct engine *engine, const struct source *source,
    const struct team *team, int argc, char **argv)
{
	struct saving saving = { .source = source, .team = team };
	struct strvec words = STRVEC_INIT;
	struct operate_request request = {
		.verb = VERB_NR, .name = "save", .words = &words,
		.claimed_by = options.by, .reason = options.reason,
		.command_id = options.command_id, .dry_run = options.dry_run,
	};
	int i, code;

	for (i = 0; i < argc; i++)
		strvec_push(&words, argv[i]);
	if (!work_replay(engine->root, &request, options.json, &code))
		code = save_anew(engine, &saving, &request, argc, argv);
	strvec_release(&words);
	saving_release(&saving);
	return code;
}

static int
run(int argc, char **argv)
{
	struct engine_options how = {
		.verb = options.dry_run ? NULL : "save",
		.lock_timeout_ms = options.lock_timeout_ms,
		.waiting = work_on_waiting,
		.hooks.warning = cmd_on_warning,
	};
	struct strbuf err = STRBUF_INIT;
	struct team *team = NULL;
	struct engine engine;
	struct source source;
	int code = work_check_audit(&options);

	engine_init(&engine);
	if (code == EXIT_DONE)
		code = cmd_find_root(&source);
	if (code == EXIT_DONE && argc && state_is_locked(source.root))
		code = view_check_names(argc, argv);
	if (code == EXIT_DONE)
		code = cmd_recover(source.root, options.dry_run ? NULL :
		    &options.lock_timeout_ms, work_on_waiting, NULL);
	if (code == EXIT_DONE) {
		how.root = source.root;
		code = work_fail(engine_open(&engine, &how, &err), &err);
	}
	if (code == EXIT_DONE)
		code = cmd_load(&source, &team);
	if (code == EXIT_DONE)
		code = work_check_reason(team, "save", &options);
	if (code == EXIT_DONE)
		engine_set_journal(&engine, &team->journal);
	if (code == EXIT_DONE)
		code = save(&engine, &source, team, argc, argv);
	engine_close(&engine);
	compose_free(team);
	strbuf_release(&err);
	return code;
}

const struct cmd cmd_save = {
	.name = "save",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES | CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "move added agents into the compose file",
	.opts = opts,
	.values = &options,
	.run = run,
};
