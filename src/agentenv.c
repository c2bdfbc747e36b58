/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See agentenv.h.
 */
#include "agentenv.h"

#include "envfile.h"
#include "fs.h"
#include "render.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ENV_FILE = 16 << 20 };

static int
add_line(void *ctx, const char *key, const char *value)
{
	struct agentenv *env = ctx;

	strvec_push(&env->names, key);
	strvec_push(&env->values, value);
	return 0;
}

static int
parse(struct agentenv *env, const char *text, size_t len)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	if (envfile_parse(text, len, add_line, env, &err) < 0) {
		cmd_error("%s: %s", env->path, err.buf);
		cmd_hint("'teamctl reload' writes it anew");
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

static int
read_file(struct agentenv *env)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	int code = EXIT_FAILED;

	if (fs_read(env->path, MAX_ENV_FILE, &text, &err) < 0)
		cmd_error("%s", err.buf);
	else
		code = parse(env, text.buf, text.len);
	strbuf_release(&text);
	strbuf_release(&err);
	return code;
}

static bool
is_agent(void *ctx, const struct agent *agent)
{
	return agent == ctx;
}

static int
render_one(struct agentenv *env, struct view *view, const struct agent *agent)
{
	struct specs specs = { .s = NULL };
	struct diags diags = DIAGS_INIT;
	struct strbuf text = STRBUF_INIT;
	int code = EXIT_INVALID;

	env->is_rendered = true;
	render(view->team, &view->source, is_agent,
	    (void *)(uintptr_t)agent, &specs, &diags);
	if (diags.nr_error > 0 || specs.nr != 1) {
		diags_print(&diags, &text);
		fputs(text.buf, stderr);
		cmd_error("the environment of %s cannot be rendered",
		    agent->id);
	} else {
		code = parse(env, specs.s[0].env_text,
		    strlen(specs.s[0].env_text));
	}
	strbuf_release(&text);
	diags_release(&diags);
	specs_release(&specs);
	return code;
}

int
agentenv_load(struct agentenv *env, struct view *view, const char *id)
{
	const struct applied *applied = state_find(&view->engine.state, id);
	const struct agent *agent = view_agent(view, id);

	memset(env, 0, sizeof(*env));
	if (applied && applied->env_file)
		env->path = xstrdup(applied->env_file);
	else if (agent)
		env->path = render_path(view->source.root, "envs",
		    agent->stem, ".env");
	if (env->path && access(env->path, F_OK) == 0)
		return read_file(env);
	if (agent)
		return render_one(env, view, agent);
	cmd_error("agent %s has no env file, and the compose file does not "
	    "have it", id);
	return EXIT_FAILED;
}

void
agentenv_release(struct agentenv *env)
{
	free(env->path);
	strvec_release(&env->names);
	strvec_release(&env->values);
	memset(env, 0, sizeof(*env));
}

bool
agentenv_is_secret_name(const char *name)
{
	static const char *const words[] = { "TOKEN", "SECRET", "PASSWORD",
		"PASSWD", "PASSPHRASE", "CREDENTIAL", "KEY", "AUTH" };
	char *upper = xstrdup(name), *p;
	bool found = false;
	size_t i;

	for (p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	for (i = 0; i < nitems(words); i++)
		found |= strstr(upper, words[i]) != NULL;
	free(upper);
	return found;
}

void
agentenv_add_masked(struct strbuf *out, const char *value)
{
	enum { SHOWN = 4 };
	size_t len = strlen(value);

	strbuf_addstr(out, "****");
	if (len > SHOWN)
		strbuf_addsafe(out, value + len - SHOWN);
}
