/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl env: which variables the compose files refer to and what of them is
 * set; or the environment of one agent.  Values are never shown whole unless
 * they are asked for.
 */
#include "agentenv.h"
#include "envref.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct env_options {
	bool doctor, reveal, json;
} options;

static const struct opt opts[] = {
	{ 0, "doctor", OPT_FLAG, offsetof(struct env_options, doctor), NULL,
	    "exit 1 when a variable that is needed is not set" },
	{ 0, "reveal", OPT_FLAG, offsetof(struct env_options, reveal), NULL,
	    "show the values of an agent's secrets" },
	{ 0, "json", OPT_FLAG, offsetof(struct env_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* Where a variable has its value from. */
enum origin { UNSET, ENVIRONMENT, DOTENV };
static const char *const origin_names[] = { "UNSET", "environment", ".env" };

static const char *
look_up(const struct view *view, const char *name, enum origin *origin)
{
	const struct strvec *dotenv = &view->team->dotenv;
	const char *value = getenv(name);
	size_t len = strlen(name), i;

	*origin = ENVIRONMENT;
	if (value && *value)
		return value;
	*origin = DOTENV;
	for (i = 0; i < dotenv->nr; i++) {
		if (strncmp(dotenv->v[i], name, len) == 0 &&
		    dotenv->v[i][len] == '=' && dotenv->v[i][len + 1])
			return dotenv->v[i] + len + 1;
	}
	*origin = UNSET;
	return NULL;
}

static int
collect(const struct view *view, struct envrefs *refs)
{
	enum { LONGEST = 1 << 20 };
	const struct strvec *files = &view->team->files;
	struct diags diags = DIAGS_INIT;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	struct yaml_doc *doc;
	size_t i, prefix = strlen(view->source.root);

	for (i = 0; i < files->nr; i++) {
		if (!str_ends(files->v[i], ".yaml") &&
		    !str_ends(files->v[i], ".yml"))
			continue;
		strbuf_reset(&text);
		if (view->source.read(view->source.ctx, files->v[i], LONGEST,
		    &text, &err) < 0)
			continue;
		doc = yaml_parse(files->v[i] + (str_starts(files->v[i],
		    view->source.root) ? prefix + 1 : 0), text.buf, text.len,
		    &diags);
		if (doc)
			envrefs_collect(refs, doc->root);
		yaml_doc_free(doc);
	}
	envrefs_sort(refs);
	diags_release(&diags);
	strbuf_release(&text);
	strbuf_release(&err);
	return EXIT_DONE;
}

static void
add_state(struct strbuf *out, const struct envref *ref, const char *value)
{
	if (!value) {
		strbuf_addstr(out, ref->optional ? "default" : "UNSET");
		return;
	}
	strbuf_addstr(out, "set (");
	agentenv_add_masked(out, value);
	strbuf_addch(out, ')');
}

static void
print_refs(const struct view *view, const struct envrefs *refs)
{
	static const char *const headings[] = { "VAR", "STATE", "FROM",
		"REFERENCED FROM" };
	struct strbuf state = STRBUF_INIT;
	struct table table;
	enum origin origin;
	const char *value;
	size_t i;

	table_init(&table, headings, nitems(headings));
	for (i = 0; i < refs->nr; i++) {
		value = look_up(view, refs->r[i].name, &origin);
		strbuf_reset(&state);
		add_state(&state, &refs->r[i], value);
		table_add(&table, refs->r[i].name);
		table_add_styled(&table, value ? STYLE_GOOD :
		    refs->r[i].optional ? STYLE_PLAIN : STYLE_BAD, state.buf);
		table_add(&table, value ? origin_names[origin] : NULL);
		if (refs->r[i].nr > 1)
			table_addf(&table, "%s and %zu more", refs->r[i].place,
			    refs->r[i].nr - 1);
		else
			table_add(&table, refs->r[i].place);
	}
	output_table(&table);
	table_release(&table);
	strbuf_release(&state);
}

static void
print_refs_json(const struct view *view, const struct envrefs *refs)
{
	json_t *document = output_document(), *array = json_array(), *item;
	enum origin origin;
	const char *value;
	size_t i;

	for (i = 0; i < refs->nr; i++) {
		value = look_up(view, refs->r[i].name, &origin);
		item = json_object();
		json_object_set_new(item, "name",
		    json_string(refs->r[i].name));
		json_object_set_new(item, "set", json_boolean(value));
		json_object_set_new(item, "required",
		    json_boolean(!refs->r[i].optional));
		json_object_set_new(item, "origin", jstring(value ?
		    origin_names[origin] : NULL));
		json_object_set_new(item, "place",
		    jstring(refs->r[i].place));
		json_object_set_new(item, "places",
		    json_integer((json_int_t)refs->r[i].nr));
		json_array_append_new(array, item);
	}
	json_object_set_new(document, "variables", array);
	output_json(document);
}

static int
show_refs(const struct view *view)
{
	struct envrefs refs = { .r = NULL };
	size_t i, nr_unset = 0;
	enum origin origin;
	int code = collect(view, &refs);

	for (i = 0; i < refs.nr; i++) {
		if (!refs.r[i].optional &&
		    !look_up(view, refs.r[i].name, &origin))
			nr_unset++;
	}
	if (options.json)
		print_refs_json(view, &refs);
	else if (refs.nr == 0)
		puts("(the compose files refer to no variables)");
	else
		print_refs(view, &refs);
	if (options.doctor && nr_unset > 0) {
		cmd_error("%zu variable%s not set", nr_unset,
		    nr_unset == 1 ? " is" : "s are");
		cmd_hint("set them in the environment or in %s/.env",
		    view->source.root);
		code = EXIT_FAILED;
	}
	envrefs_release(&refs);
	return code;
}

/* Is it in .env, where people keep what is not for others? */
static bool
is_of_dotenv(const struct view *view, const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; view->team && i < view->team->dotenv.nr; i++) {
		if (strncmp(view->team->dotenv.v[i], name, len) == 0 &&
		    view->team->dotenv.v[i][len] == '=')
			return true;
	}
	return false;
}

/* By its name, or because the team's files say so. */
static bool
is_secret(const struct view *view, const char *id, const char *name)
{
	const struct agent *agent = view_agent(view, id);
	size_t i;

	if (agentenv_is_secret_name(name) || is_of_dotenv(view, name))
		return true;
	for (i = 0; agent && i < agent->nr_secret; i++) {
		if (str_eq(agent->secrets[i].name, name))
			return true;
	}
	for (i = 0; agent && i < agent->nr_env; i++) {
		if (agent->env[i].secret_ref &&
		    strcmp(agent->env[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
print_agent(const struct agentenv *env, const struct strvec *shown)
{
	struct strbuf line = STRBUF_INIT;
	json_t *document, *variables;
	size_t i;

	if (options.json) {
		document = output_document();
		variables = json_object();
		for (i = 0; i < env->names.nr; i++)
			json_object_set_new(variables, env->names.v[i],
			    jstring(shown->v[i]));
		json_object_set_new(document, "variables", variables);
		output_json(document);
		return;
	}
	for (i = 0; i < env->names.nr; i++) {
		strbuf_reset(&line);
		strbuf_addf(&line, "%s=", env->names.v[i]);
		strbuf_addsafe(&line, shown->v[i]);
		puts(line.buf);
	}
	strbuf_release(&line);
}

static int
show_agent(struct view *view, const char *word)
{
	struct agentenv env = { .path = NULL };
	struct strvec shown = STRVEC_INIT;
	struct strbuf masked = STRBUF_INIT;
	const char *id;
	int code;
	size_t i;

	id = targets_pick_one(&view->ids, word, &code);
	if (id)
		code = agentenv_load(&env, view, id);
	for (i = 0; code == EXIT_DONE && i < env.names.nr; i++) {
		strbuf_reset(&masked);
		if (!options.reveal && *env.values.v[i] &&
		    is_secret(view, id, env.names.v[i]))
			agentenv_add_masked(&masked, env.values.v[i]);
		else
			strbuf_addstr(&masked, env.values.v[i]);
		strvec_push(&shown, masked.buf);
	}
	if (code == EXIT_DONE)
		print_agent(&env, &shown);
	strbuf_release(&masked);
	strvec_release(&shown);
	agentenv_release(&env);
	return code;
}

static int
run(int argc, char **argv)
{
	struct view view;
	int code;

	if (argc > 1)
		return cmd_usage(&cmd_env, "takes one AGENT: '%s'", argv[1]);
	if (argc == 1 && options.doctor)
		return cmd_usage(&cmd_env, "--doctor is about the whole team");
	code = view_open(&view);
	if (code == EXIT_DONE && argc == 1) {
		code = show_agent(&view, argv[0]);
	} else if (code == EXIT_DONE && !view.team) {
		cmd_error("the compose file cannot be read");
		cmd_hint("see 'teamctl validate'");
		code = EXIT_INVALID;
	} else if (code == EXIT_DONE) {
		code = show_refs(&view);
	}
	view_close(&view);
	return code;
}

const struct cmd cmd_env = {
	.name = "env",
	.group = GROUP_LOOK,
	.flags = CMD_ONE_TARGET,
	.operands = "[AGENT]",
	.summary = "show the variables that a team or an agent needs",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "Without an operand: the variables that the compose files "
	    "refer to.  With one:\nthat agent's environment, secrets masked "
	    "as ****last4.\n",
};
