/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See render.h.  This file makes the specs; the texts in them are made by
 * render-env.c and render-mcp.c.
 */
#include "render.h"

#include "envfile.h"
#include "render-part.h"
#include "rules.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What stands between role prompts that are joined: the original's. */
#define PROMPT_SEPARATOR "\n\n\xe2\x80\x94\n\n"

enum {
	DEFAULT_REPEAT = 1,
	DEFAULT_GAP_MS = 300,
	DEFAULT_KILL_AFTER_MS = 500,
};

/* The digest of a file that many agents may share. */
struct file_digest {
	char *digest; /* NULL: it could not be read */
	char *why;
	bool missing; /* it is not there at all */
};

static void
file_digest_free(void *p)
{
	struct file_digest *file = p;

	free(file->digest);
	free(file->why);
	free(file);
}

char *
render_path(const char *root, const char *folder, const char *stem,
    const char *suffix)
{
	return xasprintf("%s/state/%s/%s%s", root, folder, stem, suffix);
}

void
render_refuse(struct render *render, struct spec *spec, struct pos pos,
    const char *rule, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	diag_error(render->diags, pos, rule, "%s", text.buf);
	if (!spec->error)
		spec->error = strbuf_detach(&text);
	strbuf_release(&text);
}

static const struct file_digest *
file_digest(struct render *render, const char *path)
{
	const struct source *source = render->source;
	struct strmap_entry *entry = strmap_entry(&render->files, path);
	struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	struct file_digest *file;

	if (entry->value)
		return entry->value;
	entry->value = file = xcalloc(1, sizeof(*file));
	file->missing = source->kind(source->ctx, path) == SOURCE_ABSENT;
	if (source->read(source->ctx, path, COMPOSE_MAX_FILE, &text,
	    &why) == 0)
		file->digest = fingerprint_bytes(text.buf, text.len);
	else
		file->why = strbuf_detach(&why);
	strbuf_release(&text);
	strbuf_release(&why);
	return file;
}

/* Joined textually, as the original does. */
static char *
below_root(const struct render *render, const char *path)
{
	if (*path == '/')
		return xstrdup(path);
	return xasprintf("%s/%s", render->team->root, path);
}

/*
 * One file: its digest.  Several: the digest of their digests.  About a prompt
 * that is not there, validate has spoken; the wrappers start without it.
 */
static void
render_prompt(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	const struct file_digest *file;
	struct strbuf all = STRBUF_INIT;
	size_t i, nr = agent->role_prompts.nr, nr_missing = 0;
	char *path;

	for (i = 0; i < nr; i++) {
		path = below_root(render, agent->role_prompts.v[i]);
		file = file_digest(render, path);
		free(path);
		strbuf_addf(&all, "%s%s", i ? " " : "",
		    file->digest ? file->digest : "missing");
		if (file->missing)
			nr_missing++;
		else if (!file->digest)
			render_refuse(render, spec, agent->pos, RULE_FILE,
			    "agent '%s': role prompt: %s", agent->id,
			    file->why);
	}
	if (nr == 0)
		spec->fp[FP_ROLE_PROMPT] = xstrdup("none");
	else if (nr == nr_missing)
		spec->fp[FP_ROLE_PROMPT] = xstrdup("missing");
	else if (nr == 1)
		spec->fp[FP_ROLE_PROMPT] = strbuf_detach(&all);
	else
		spec->fp[FP_ROLE_PROMPT] = fingerprint_text(all.buf);
	strbuf_release(&all);
}

/* Several role prompts reach the agent as one file. */
static void
join_prompts(const struct render *render, const struct agent *agent,
    struct spec *spec)
{
	const struct source *source = render->source;
	struct strbuf text = STRBUF_INIT, part = STRBUF_INIT, why = STRBUF_INIT;
	char *path;
	size_t i;

	if (agent->role_prompts.nr < 2)
		return;
	for (i = 0; i < agent->role_prompts.nr; i++) {
		path = below_root(render, agent->role_prompts.v[i]);
		strbuf_reset(&part);
		if (source->read(source->ctx, path, COMPOSE_MAX_FILE, &part,
		    &why) == 0) {
			if (text.len)
				strbuf_addstr(&text, PROMPT_SEPARATOR);
			strbuf_add(&text, part.buf, part.len);
		}
		free(path);
	}
	spec->prompt_file = render_path(render->team->root, "role_prompts",
	    agent->stem, ".md");
	spec->prompt_text = strbuf_detach(&text);
	strbuf_release(&part);
	strbuf_release(&why);
}

/* The start of argv; render_env adds what the descriptor has to add. */
static void
render_argv(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	const struct file_digest *file;

	if (agent->command.nr) {
		strvec_pushall(&spec->argv, &agent->command);
		spec->binary = agent->command.v[0];
		spec->fp[FP_WRAPPER] = xstrdup("none");
		return;
	}
	if (!agent->runtime) {
		render_refuse(render, spec, agent->pos, RULE_RUNTIME_UNKNOWN,
		    "agent '%s' has neither a known runtime nor a command",
		    agent->id);
		return;
	}
	spec->binary = agent->runtime->binary;
	spec->package = agent->runtime->package;
	strvec_push(&spec->argv, agent->runtime->wrapper);
	strvec_push(&spec->argv, agent->id);
	file = file_digest(render, agent->runtime->wrapper);
	if (file->digest)
		spec->fp[FP_WRAPPER] = xstrdup(file->digest);
	else
		render_refuse(render, spec, agent->pos, RULE_RUNTIME_WRAPPER,
		    "agent '%s': wrapper: %s", agent->id, file->why);
}

static int64_t
first_given(int64_t a, int64_t b, int64_t c)
{
	return a > 0 ? a : b > 0 ? b : c;
}

/* Key by key: what the agent says, else the descriptor, else the default. */
static void
merge_drain(const struct team *team, const struct agent *agent,
    struct drain_recipe *out)
{
	static const struct runtime nothing = { .name = NULL };
	const struct runtime *rt = agent->runtime ? agent->runtime : &nothing;
	const struct drain_recipe *own = &agent->drain;

	strvec_pushall(&out->keys,
	    own->keys.nr ? &own->keys : &rt->drain_keys);
	if (out->keys.nr == 0)
		strvec_push(&out->keys, "C-c");
	out->repeat = (int)first_given(own->repeat, rt->drain_repeat,
	    DEFAULT_REPEAT);
	out->gap_ms = first_given(own->gap_ms, rt->drain_gap_ms,
	    DEFAULT_GAP_MS);
	/* The agent may say 0: do not wait. */
	out->timeout_ms = own->timeout_ms >= 0 ? own->timeout_ms :
	    first_given(rt->drain_timeout_ms, 0, team->drain_timeout_ms);
	out->signal = (int)first_given(own->signal, rt->drain_signal, SIGTERM);
	out->kill_after_ms = first_given(own->kill_after_ms,
	    rt->drain_kill_after_ms, DEFAULT_KILL_AFTER_MS);
}

static void
name_spec(const struct team *team, const struct agent *agent,
    struct spec *spec)
{
	spec->id = xstrdup(agent->id);
	spec->project = xstrdup(agent->project->id);
	spec->agent = xstrdup(agent->name);
	spec->session = xstrdup(agent->session);
	spec->env_file = render_path(team->root, "envs", agent->stem, ".env");
	spec->mcp_file = render_path(team->root, "mcp", agent->stem, ".json");
	spec->launch_file = render_path(team->root, "launch", agent->stem,
	    ".launch");
	spec->record_file = render_path(team->root, "exits", agent->stem,
	    ".json");
	spec->cwd = xstrdup(agent->cwd_path);
}

static void
copy_settings(const struct agent *agent, struct spec *spec)
{
	size_t i;

	spec->limits = agent->limits;
	spec->logs = agent->logs;
	spec->restart = agent->restart;
	spec->create_cwd = agent->project->create_cwd;
	spec->cwd_pos = agent->cwd_pos;
	for (i = 0; i < agent->nr_depends_on; i++)
		strvec_push(&spec->depends_on, agent->depends_on[i].agent);
	spec->source = agent;
}

static void
fingerprint_spec(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	struct fingerprint_memo *memos = render->memos;
	int fp;

	spec->fp[FP_ENV] = fingerprint_text(spec->env_text);
	spec->fp[FP_MCP] = fingerprint_again(&memos[FP_MCP], spec->mcp_text);
	spec->fp[FP_COMMAND] = fingerprint_command(&memos[FP_COMMAND], spec,
	    agent->command.nr ? 0 : 1);
	spec->fp[FP_LIMITS] = fingerprint_limits(&spec->limits);
	spec->fp[FP_DRAIN] = fingerprint_drain(&memos[FP_DRAIN], &spec->drain);
	spec->fp[FP_ACL] = fingerprint_again(&memos[FP_ACL], agent->acl);
	spec->fp[FP_META] = fingerprint_again(&memos[FP_META], agent->meta);
	for (fp = 0; fp < FP_NR; fp++)
		if (!spec->fp[fp])
			spec->fp[fp] = xstrdup("none");
}

static void
render_agent(struct render *render, const struct agent *agent,
    struct spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	name_spec(render->team, agent, spec);
	copy_settings(agent, spec);
	spec->cgroup = render->team->cgroups;
	merge_drain(render->team, agent, &spec->drain);
	render_prompt(render, agent, spec);
	join_prompts(render, agent, spec);
	render_argv(render, agent, spec);
	render_mcp(render, agent, spec);
	render_env(render, agent, spec);
	fingerprint_spec(render, agent, spec);
}

/*
 * The original's MCP server is another program: $TEAMCTL_TEAM_MCP, else the
 * first team-mcp on PATH.  A configuration that names a program which is not
 * there makes each agent complain, so without one there is no such server.
 */
static char *
find_team_mcp(const struct source *source)
{
	const char *path = source->getenv(source->ctx, "TEAMCTL_TEAM_MCP");
	const char *end;
	char *program;

	if (path && *path)
		return xstrdup(path);
	path = source->getenv(source->ctx, "PATH");
	for (; path && *path; path = *end ? end + 1 : end) {
		end = path + strcspn(path, ":");
		if (*path != '/')
			continue;
		program = xasprintf("%.*s/team-mcp", (int)(end - path), path);
		if (source->kind(source->ctx, program) == SOURCE_FILE)
			return program;
		free(program);
	}
	return NULL;
}

/* What a secret is read from is for those only that have the secret. */
static void
pick_dotenv(struct render *render)
{
	const struct strvec *all = &render->team->dotenv;
	struct strvec secret = STRVEC_INIT;
	char *name;
	size_t i;

	if (all->nr)
		secrets_variables(render->team, &secret);
	for (i = 0; i < all->nr; i++) {
		name = xstrndup(all->v[i], strcspn(all->v[i], "="));
		if (!strvec_has(&secret, name))
			strvec_push(&render->dotenv, all->v[i]);
		free(name);
	}
	strvec_release(&secret);
}

void
render(const struct team *team, const struct source *source,
    bool (*pick)(void *ctx, const struct agent *agent), void *ctx,
    struct specs *specs, struct diags *diags)
{
	struct render render = { .team = team, .source = source,
		.diags = diags, .files = STRMAP_INIT,
		.dotenv = STRVEC_INIT,
		.secrets = { .source = source, .team = team } };
	size_t i;

	for (i = 0; i < nitems(render.memos); i++)
		strbuf_init(&render.memos[i].text);
	render.team_mcp = find_team_mcp(source);
	pick_dotenv(&render);
	specs->s = xreallocarray(specs->s, specs->nr + team->nr_agent,
	    sizeof(*specs->s));
	for (i = 0; i < team->nr_agent; i++) {
		if (pick && !pick(ctx, team->agents[i]))
			continue;
		render_agent(&render, team->agents[i],
		    &specs->s[specs->nr++]);
	}
	for (i = 0; i < nitems(render.memos); i++)
		fingerprint_memo_release(&render.memos[i]);
	strmap_release(&render.files, file_digest_free);
	secrets_release(&render.secrets);
	strvec_release(&render.dotenv);
	free(render.team_mcp);
}

static void
add_number(struct strbuf *out, const char *key, int64_t number)
{
	strbuf_addf(out, "%s=%" PRId64 "\n", key, number);
}

/*
 * What grows slowly is seen by the supervisor, which does what on_exceed says:
 * the kernel's limit is for what does not, and above that one.
 */
static void
add_cgroup(struct strbuf *out, const struct resource_limits *limits)
{
	int64_t mb = limits->max_memory_mb;

	add_number(out, "CGROUP", 1);
	if (mb > 0 && mb < INT64_MAX >> 21 &&
	    limits->on_exceed != ON_EXCEED_WARN)
		add_number(out, "MEMORY_MAX", (mb << 20) + (mb << 17));
}

void
render_launch(const struct spec *spec, const char *root, int64_t gen,
    int attempt, const char *notify_fifo, struct strbuf *out)
{
	size_t i;
	int fp;

	envfile_add(out, "CWD", spec->cwd);
	envfile_add(out, "RECORD", spec->record_file);
	envfile_add(out, "TEAM", root);
	add_number(out, "GENERATION", gen);
	add_number(out, "ATTEMPT", attempt);
	add_number(out, "KILL_SIGNAL", spec->drain.signal);
	add_number(out, "KILL_AFTER_MS", spec->drain.kill_after_ms);
	for (i = 0; i < spec->argv.nr; i++)
		envfile_add(out, "ARG", spec->argv.v[i]);
	if (notify_fifo)
		envfile_add(out, "NOTIFY", notify_fifo);
	if (spec->limits.max_file_descriptors)
		add_number(out, "NOFILE", spec->limits.max_file_descriptors);
	if (spec->limits.max_cpu_secs)
		add_number(out, "CPU_SECS", spec->limits.max_cpu_secs);
	if (spec->cgroup)
		add_cgroup(out, &spec->limits);
	for (fp = 0; fp < FP_NR; fp++)
		strbuf_addf(out, "FP=%s=%s\n", fingerprint_name(fp),
		    spec->fp[fp]);
}
