/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame envfile */
/* objs: digest yaml yaml-node runtime runtime-read runtime-screens uuid */
/* objs: secret spec fingerprint render render-env render-mcp ere */
#include "render.h"

#include "envfile.h"
#include "uuid.h"

#include "fake-source.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>

/* A literal as a member that is owned elsewhere. */
static char *
lit(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* One agent of one project in /team; a test changes what it is about. */
struct stage {
	struct fake_source fake;
	struct fake_pair files[4];
	struct runtime runtime;
	struct project project;
	struct agent agent;
	struct agent *agents[1];
	struct team team;
	struct specs specs;
	struct diags diags;
};

static void
set_up(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	s->files[0] = (struct fake_pair){ "/share/wrappers/tool", "#!/bin/sh" };
	s->files[1] = (struct fake_pair){ "/team/roles/dev.md",
		"You are dev." };
	s->files[2] = (struct fake_pair){ "/team/roles/b.md", "More." };
	fake_init(&s->fake, s->files);
	s->runtime.name = lit("tool");
	s->runtime.binary = lit("tool");
	s->runtime.package = lit("npm package tool");
	s->runtime.wrapper = lit("/share/wrappers/tool");
	s->project.id = lit("hello");
	s->agent.id = lit("hello:manager");
	s->agent.name = lit("manager");
	s->agent.session = lit("a-hello-manager");
	s->agent.stem = lit("hello-manager");
	s->agent.project = &s->project;
	s->agent.pos = (struct pos){ "p.yaml", 4, 3 };
	s->agent.runtime = &s->runtime;
	s->agent.runtime_name = lit("tool");
	s->agent.cwd = lit("../src");
	s->agent.cwd_path = lit("/team/../src");
	s->agent.drain.timeout_ms = -1;
	s->agent.acl = lit("{}");
	s->agents[0] = &s->agent;
	s->team.root = lit("/team");
	s->team.broker_path = lit("/team/state/mailbox.db");
	s->team.drain_timeout_ms = 10000;
	s->team.agents = s->agents;
	s->team.nr_agent = 1;
}

static struct spec *
run(struct stage *s)
{
	specs_release(&s->specs);
	diags_release(&s->diags);
	render(&s->team, &s->fake.source, NULL, NULL, &s->specs, &s->diags);
	return &s->specs.s[0];
}

static void
tear_down(struct stage *s)
{
	size_t i;

	specs_release(&s->specs);
	diags_release(&s->diags);
	strvec_release(&s->agent.role_prompts);
	strvec_release(&s->agent.command);
	strvec_release(&s->agent.drain.keys);
	strvec_release(&s->team.dotenv);
	strvec_release(&s->runtime.env);
	strvec_release(&s->runtime.drain_keys);
	for (i = 0; i < s->runtime.nr_arg; i++)
		strvec_release(&s->runtime.args[i]);
}

/* The line of the env file that begins with that, up to its end. */
static char *
line(const struct spec *spec, const char *start)
{
	const char *p = spec->env_text;

	for (; *p; p += strcspn(p, "\n") + 1)
		if (str_starts(p, start))
			return xstrndup(p, strcspn(p, "\n"));
	return NULL;
}

static void
is_line(const struct spec *spec, const char *start, const char *want)
{
	char *got = line(spec, start);

	is_str(got, want, start);
	free(got);
}

static void
test_render__env_is_the_originals(void)
{
	struct spec *spec;
	struct stage s;

	set_up(&s);
	s.agent.model = lit("opus");
	s.agent.permission_mode = lit("auto");
	s.agent.effort = lit("high");
	strvec_push(&s.agent.role_prompts, "roles/dev.md");
	strvec_push(&s.runtime.env, "CLAUDE_SESSION_ID=${SESSION_ID}");
	strvec_push(&s.runtime.env, "CLAUDE_SESSION_NAME=${SESSION_NAME}");
	spec = run(&s);
	is_str(spec->env_text,
	    "AGENT_ID=hello:manager\n"
	    "PROJECT_ID=hello\n"
	    "RUNTIME=tool\n"
	    "MODEL=opus\n"
	    "PERMISSION_MODE=auto\n"
	    "EFFORT=high\n"
	    "TEAMCTL_MAILBOX=/team/state/mailbox.db\n"
	    "MCP_CONFIG=/team/state/mcp/hello-manager.json\n"
	    "SYSTEM_PROMPT_PATH=/team/roles/dev.md\n"
	    "CLAUDE_PROJECT_DIR=../src\n"
	    "TEAMCTL_ROOT=/team\n"
	    "TMUX_SESSION=a-hello-manager\n"
	    "CLAUDE_SESSION_ID=44921b84-2133-5574-a9ff-aec8997f1ce2\n"
	    "CLAUDE_SESSION_NAME=teamctl:hello:manager\n"
	    "RUNTIME_BINARY=tool\n", "env file");
	is_int(s.diags.nr, 0, "findings");
	is_str(spec->error, NULL, "error");
	is_str(spec->env_file, "/team/state/envs/hello-manager.env", "path");
	is_str(spec->launch_file, "/team/state/launch/hello-manager.launch",
	    "path");
	is_str(spec->record_file, "/team/state/exits/hello-manager.json",
	    "path");
	is_str(spec->cwd, "/team/../src", "cwd");
	is_str(spec->binary, "tool", "binary");
	is_str(spec->package, "npm package tool", "package");
	tear_down(&s);
}

static void
test_render__session_id_vectors(void)
{
	char out[UUID_TEXT];

	uuid_of_session("teamctl:hello:manager", out);
	is_str(out, "44921b84-2133-5574-a9ff-aec8997f1ce2", "manager");
	uuid_of_session("teamctl:hello:mgr", out);
	is_str(out, "15533422-8bdb-5079-8420-efcdb81dd2e5", "mgr");
}

static void
test_render__unset_lines_are_left_out(void)
{
	struct spec *spec;
	struct stage s;

	set_up(&s);
	spec = run(&s);
	is_line(spec, "MODEL=", NULL);
	is_line(spec, "EFFORT=", NULL);
	is_line(spec, "SYSTEM_PROMPT_PATH=", "SYSTEM_PROMPT_PATH=");
	s.runtime.default_model = lit("big");
	spec = run(&s);
	is_line(spec, "MODEL=", "MODEL=big");
	tear_down(&s);
}

/* W21: .env arrives, below everything else. */
static void
test_render__w21_precedence(void)
{
	struct env_item items[] = {
		{ .name = lit("B"), .value = lit("env_file") },
		{ .name = lit("C"), .value = lit("env_file") },
		{ .name = lit("C"), .value = lit("environment") },
		{ .name = lit("AGENT_ID"), .value = lit("mine"),
		    .pos = { "p.yaml", 9, 1 } },
	};
	struct spec *spec;
	struct stage s;

	set_up(&s);
	strvec_push(&s.runtime.env, "A=descriptor");
	strvec_push(&s.runtime.env, "B=descriptor");
	strvec_push(&s.team.dotenv, "A=dotenv");
	strvec_push(&s.team.dotenv, "EFFORT=max");
	strvec_push(&s.team.dotenv, "TEAMCTL_ROOT=/elsewhere");
	s.agent.env = items;
	s.agent.nr_env = nitems(items);
	spec = run(&s);
	is_line(spec, "A=", "A=descriptor");
	is_line(spec, "B=", "B=env_file");
	is_line(spec, "C=", "C=environment");
	is_line(spec, "EFFORT=", "EFFORT=max");
	is_line(spec, "TEAMCTL_ROOT=", "TEAMCTL_ROOT=/team");
	is_line(spec, "AGENT_ID=", "AGENT_ID=hello:manager");
	is_int(s.diags.nr_warning, 1, "AGENT_ID is reserved");
	is_str(s.diags.d[0].rule, "env-reserved", "rule");
	tear_down(&s);
}

struct pair {
	const char *name, *value;
	char *found;
};

static int
remember(void *ctx, const char *key, const char *value)
{
	struct pair *pair = ctx;

	if (strcmp(key, pair->name) == 0) {
		free(pair->found);
		pair->found = xstrdup(value);
	}
	return 0;
}

/* W6: values that the original's shell took apart. */
static void
test_render__w6_any_value_survives(void)
{
	static const char *const values[] = {
		"two words", "*", "$HOME `id` $(id)", "\"quoted\"", "'q'",
		"a=b=c", "line\nline\n", "\ttab\r", "gr\xc3\xbc\xc3\x9f", "",
		" blanks ", "\\n", "\001",
	};
	struct env_item item = { .name = lit("X") };
	struct pair pair = { .name = "X" };
	struct strbuf err = STRBUF_INIT;
	struct spec *spec;
	struct stage s;
	size_t i;

	set_up(&s);
	s.agent.env = &item;
	s.agent.nr_env = 1;
	for (i = 0; i < nitems(values); i++) {
		item.value = lit(values[i]);
		spec = run(&s);
		is_int(envfile_parse(spec->env_text, strlen(spec->env_text),
		    remember, &pair, &err), 0, err.buf);
		is_str(pair.found, values[i], "value");
	}
	free(pair.found);
	strbuf_release(&err);
	tear_down(&s);
}

static void
test_render__secrets(void)
{
	static const struct fake_pair vars[] = {
		{ "TOKEN", "t0p" }, { "HOME", "/home/me" }, { NULL, NULL },
	};
	static const struct fake_pair commands[] = {
		{ "pass show x", "fr0m-cmd" }, { NULL, NULL },
	};
	struct secret secrets[] = {
		{ .name = lit("TOKEN"), .required = true },
		{ .name = lit("PASS"), .from = lit("cmd:pass show x"),
		    .required = true },
		{ .name = lit("FILE"), .from = lit("file:token"),
		    .required = true },
		{ .name = lit("KEYED"), .key = lit("file:~/key"),
		    .required = true },
		{ .name = lit("OPTIONAL"), .key = lit("some/key") },
		{ .name = lit("DOT"), .from = lit("env:FROM_DOTENV"),
		    .required = true },
	};
	struct env_item items[] = {
		{ .name = lit("API_TOKEN"), .secret_ref = lit("${TOKEN}") },
		{ .name = lit("OTHER"), .secret_ref = lit("OPTIONAL") },
	};
	struct spec *spec;
	struct stage s;

	set_up(&s);
	s.files[1] = (struct fake_pair){ "/team/token", "in file\n" };
	s.files[2] = (struct fake_pair){ "/home/me/key", "k" };
	s.fake.vars = vars;
	s.fake.commands = commands;
	strvec_push(&s.team.dotenv, "FROM_DOTENV=d");
	s.agent.secrets = secrets;
	s.agent.nr_secret = nitems(secrets);
	s.agent.env = items;
	s.agent.nr_env = nitems(items);
	spec = run(&s);
	is_int(s.diags.nr, 0, "findings");
	is_str(spec->error, NULL, "error");
	is_line(spec, "API_TOKEN=", "API_TOKEN=t0p");
	is_line(spec, "TOKEN=", NULL);
	is_line(spec, "PASS=", "PASS=fr0m-cmd");
	is_line(spec, "FILE=", "FILE=in file");
	is_line(spec, "KEYED=", "KEYED=k");
	is_line(spec, "OTHER=", NULL);
	is_line(spec, "OPTIONAL=", NULL);
	is_line(spec, "DOT=", "DOT=d");
	is_int(s.fake.runs, 1, "the command ran once");
	tear_down(&s);
}

static void
test_render__missing_secret_refuses_that_agent(void)
{
	static const struct fake_pair vars[] = {
		{ "OTHER", "s3cret-value" }, { NULL, NULL },
	};
	struct secret secrets[] = {
		{ .name = lit("OTHER"), .required = true },
		{ .name = lit("NONE"),
		    .required = true, .pos = { "p.yaml", 7, 9 } },
		{ .name = lit("CMD"), .from = lit("cmd:false"),
		    .required = true },
	};
	struct strbuf text = STRBUF_INIT;
	struct agent second;
	struct agent *both[2];
	struct spec *spec;
	struct stage s;

	set_up(&s);
	s.fake.vars = vars;
	second = s.agent;
	second.id = lit("hello:second");
	s.agent.secrets = secrets;
	s.agent.nr_secret = nitems(secrets);
	both[0] = &s.agent;
	both[1] = &second;
	s.team.agents = both;
	s.team.nr_agent = 2;
	spec = run(&s);
	diags_print(&s.diags, &text);
	ok(strstr(text.buf, "p.yaml:7:9: error: agent 'hello:manager' needs "
	    "the secret 'NONE', which is not there: the variable 'NONE' is "
	    "not set [secret-missing]\n"), "finding");
	ok(!strstr(text.buf, "s3cret-value"), "no value in it");
	is_int(s.diags.nr_error, 2, "errors");
	ok(spec->error && strstr(spec->error, "'NONE'"), "the agent has it");
	is_int(s.specs.nr, 2, "specs");
	is_str(s.specs.s[1].error, NULL, "the other agent is fine");
	strbuf_release(&text);
	tear_down(&s);
}

static void
test_render__mcp_file(void)
{
	static const struct fake_pair vars[] = {
		{ "TEAMCTL_TEAM_MCP", "/opt/team-mcp" }, { NULL, NULL },
	};
	static const struct fake_pair path[] = {
		{ "PATH", "relative:/bin:/opt/bin" }, { NULL, NULL },
	};
	char *env[] = { lit("KEY=a=b"), NULL };
	char *args[] = { lit("-v"), NULL };
	struct mcp_server mcp = {
		.name = lit("docs"), .command = lit("docs-mcp"),
		.args = { .v = args, .nr = 1 }, .env = { .v = env, .nr = 1 },
	};
	struct spec *spec;
	struct stage s;

	set_up(&s);
	s.runtime.supports_mcp = true;
	spec = run(&s);
	is_str(spec->mcp_text, "{\n  \"mcpServers\": {}\n}", "no server");
	s.fake.vars = vars;
	s.agent.mcps = &mcp;
	s.agent.nr_mcp = 1;
	spec = run(&s);
	is_str(spec->mcp_text,
	    "{\n"
	    "  \"mcpServers\": {\n"
	    "    \"docs\": {\n"
	    "      \"args\": [\n"
	    "        \"-v\"\n"
	    "      ],\n"
	    "      \"command\": \"docs-mcp\",\n"
	    "      \"env\": {\n"
	    "        \"KEY\": \"a=b\"\n"
	    "      }\n"
	    "    },\n"
	    "    \"team\": {\n"
	    "      \"args\": [\n"
	    "        \"--agent-id\",\n"
	    "        \"hello:manager\",\n"
	    "        \"--mailbox\",\n"
	    "        \"/team/state/mailbox.db\"\n"
	    "      ],\n"
	    "      \"command\": \"/opt/team-mcp\",\n"
	    "      \"env\": {}\n"
	    "    }\n"
	    "  }\n"
	    "}", "both servers");
	is_line(spec, "KEY=", NULL);
	is_int(s.diags.nr, 0, "findings");
	s.agent.nr_mcp = 0;
	s.fake.vars = path;
	s.files[1] = (struct fake_pair){ "/opt/bin/team-mcp", "" };
	spec = run(&s);
	ok(strstr(spec->mcp_text, "\"/opt/bin/team-mcp\""), "found on PATH");
	s.agent.nr_mcp = 1;
	s.runtime.supports_mcp = false;
	run(&s);
	is_str(s.diags.d[0].rule, "mcp-unsupported", "a runtime without MCP");
	tear_down(&s);
}

static void
test_render__mcp_of_other_runtimes(void)
{
	char *env[] = { lit("KEY=it's \"k\""), NULL };
	char *args[] = { lit("a b"), NULL };
	struct mcp_server mcp = {
		.name = lit("docs"), .command = lit("docs-mcp"),
		.args = { .v = args, .nr = 1 }, .env = { .v = env, .nr = 1 },
	};
	struct env_item clash = { .name = lit("KEY"), .value = lit("other") };
	struct spec *spec;
	struct stage s;

	set_up(&s);
	s.runtime.supports_mcp = true;
	s.runtime.mcp_format = MCP_CODEX;
	s.agent.mcps = &mcp;
	s.agent.nr_mcp = 1;
	spec = run(&s);
	is_str(spec->mcp_text,
	    "mcp_servers.docs.command=\"docs-mcp\"\n"
	    "mcp_servers.docs.args=[\"a b\"]\n"
	    "mcp_servers.docs.env_vars=[\"KEY\"]\n", "codex");
	is_line(spec, "KEY=", "KEY=it's \"k\"");
	s.agent.env = &clash;
	s.agent.nr_env = 1;
	spec = run(&s);
	ok(spec->error != NULL, "codex knows one value of a variable");
	s.agent.nr_env = 0;
	s.runtime.mcp_format = MCP_OPENCODE;
	strvec_push(&s.agent.role_prompts, "/abs/dev.md");
	spec = run(&s);
	is_str(spec->mcp_text,
	    "{\n"
	    "  \"$schema\": \"https://opencode.ai/config.json\",\n"
	    "  \"instructions\": [\n"
	    "    \"/abs/dev.md\"\n"
	    "  ],\n"
	    "  \"mcp\": {\n"
	    "    \"docs\": {\n"
	    "      \"command\": [\n"
	    "        \"docs-mcp\",\n"
	    "        \"a b\"\n"
	    "      ],\n"
	    "      \"enabled\": true,\n"
	    "      \"environment\": {\n"
	    "        \"KEY\": \"it's \\\"k\\\"\"\n"
	    "      },\n"
	    "      \"type\": \"local\"\n"
	    "    }\n"
	    "  }\n"
	    "}", "opencode");
	tear_down(&s);
}

static void
test_render__argv(void)
{
	struct strvec args[3] = { STRVEC_INIT, STRVEC_INIT, STRVEC_INIT };
	struct spec *spec;
	struct stage s;

	set_up(&s);
	strvec_push(&args[0], "--name");
	strvec_push(&args[0], "${AGENT_ID}");
	strvec_push(&args[1], "--effort");
	strvec_push(&args[1], "${EFFORT}");
	strvec_push(&args[2], "--session=${SESSION_NAME}");
	s.runtime.args = args;
	s.runtime.nr_arg = nitems(args);
	spec = run(&s);
	is_int(spec->argv.nr, 5, "words");
	is_str(spec->argv.v[0], "/share/wrappers/tool", "wrapper");
	is_str(spec->argv.v[1], "hello:manager", "id");
	is_str(spec->argv.v[2], "--name", "argument");
	is_str(spec->argv.v[3], "hello:manager", "value");
	is_str(spec->argv.v[4], "--session=teamctl:hello:manager", "value");
	strvec_push(&s.agent.command, "my-agent");
	strvec_push(&s.agent.command, "-x");
	spec = run(&s);
	is_int(spec->argv.nr, 2, "the command as it is");
	is_str(spec->argv.v[0], "my-agent", "command");
	is_str(spec->binary, "my-agent", "binary");
	is_str(spec->package, NULL, "package");
	is_str(spec->fp[FP_WRAPPER], "none", "wrapper's fingerprint");
	s.agent.runtime = NULL;
	s.agent.runtime_name = NULL;
	spec = run(&s);
	is_line(spec, "RUNTIME=", "RUNTIME=command");
	is_str(spec->error, NULL, "error");
	strvec_release(&s.agent.command);
	spec = run(&s);
	ok(spec->error != NULL, "neither runtime nor command");
	s.runtime.nr_arg = 0;
	tear_down(&s);
	strvec_release(&args[0]);
	strvec_release(&args[1]);
	strvec_release(&args[2]);
}

static void
test_render__drain_is_merged_key_by_key(void)
{
	const struct drain_recipe *d;
	struct stage s;

	set_up(&s);
	d = &run(&s)->drain;
	is_int(d->keys.nr, 1, "keys");
	is_str(d->keys.v[0], "C-c", "default key");
	is_int(d->repeat, 1, "default repeat");
	is_int(d->gap_ms, 300, "default gap");
	is_int(d->timeout_ms, 10000, "the team's timeout");
	is_int(d->signal, SIGTERM, "default signal");
	is_int(d->kill_after_ms, 500, "default kill_after");
	strvec_push(&s.runtime.drain_keys, "C-d");
	s.runtime.drain_repeat = 4;
	s.runtime.drain_timeout_ms = 3000;
	d = &run(&s)->drain;
	is_str(d->keys.v[0], "C-d", "the runtime's key");
	is_int(d->repeat, 4, "the runtime's repeat");
	is_int(d->timeout_ms, 3000, "the runtime's timeout");
	strvec_push(&s.agent.drain.keys, "q");
	s.agent.drain.timeout_ms = 0;
	s.agent.drain.signal = SIGINT;
	d = &run(&s)->drain;
	is_str(d->keys.v[0], "q", "the agent's key");
	is_int(d->repeat, 4, "the runtime's repeat still");
	is_int(d->timeout_ms, 0, "the agent may say 0");
	is_int(d->signal, SIGINT, "the agent's signal");
	tear_down(&s);
}

static void
test_render__several_role_prompts_are_joined(void)
{
	struct spec *spec;
	struct stage s;

	set_up(&s);
	strvec_push(&s.agent.role_prompts, "roles/dev.md");
	spec = run(&s);
	is_str(spec->prompt_file, NULL, "one needs no file of ours");
	strvec_push(&s.agent.role_prompts, "roles/b.md");
	spec = run(&s);
	is_str(spec->prompt_text, "You are dev.\n\n\xe2\x80\x94\n\nMore.",
	    "text");
	is_line(spec, "SYSTEM_PROMPT_PATH=", "SYSTEM_PROMPT_PATH="
	    "/team/state/role_prompts/hello-manager.md");
	tear_down(&s);
}

/* Which fingerprints differ from those in have, as bits; have is replaced. */
static unsigned
changed(struct stage *s, char *have[FP_NR])
{
	struct spec *spec = run(s);
	unsigned bits = 0;
	int fp;

	for (fp = 0; fp < FP_NR; fp++) {
		if (have[fp] && strcmp(have[fp], spec->fp[fp]) != 0)
			bits |= 1u << fp;
		free(have[fp]);
		have[fp] = xstrdup(spec->fp[fp]);
	}
	return bits;
}

/* W12, W13: whatever matters to a run has a fingerprint, and only that. */
static void
test_render__w12_fingerprints(void)
{
	static const struct fake_pair vars[] = {
		{ "TEAMCTL_TEAM_MCP", "/opt/team-mcp" }, { NULL, NULL },
	};
	char *have[FP_NR] = { NULL };
	struct stage s;
	int fp;

	set_up(&s);
	changed(&s, have);
	is_str(have[FP_ROLE_PROMPT], "none", "no role prompt");
	is_str(have[FP_LIMITS], "none", "no limits");
	is_str(have[FP_META], "none", "no meta");
	ok(str_starts(have[FP_ENV], "sha256:"), "a digest");
	is_int(changed(&s, have), 0, "nothing");
	s.agent.model = lit("opus");
	is_int(changed(&s, have), 1u << FP_ENV, "model");
	s.files[0].text = "#!/bin/sh -x";
	is_int(changed(&s, have), 1u << FP_WRAPPER, "the wrapper's bytes");
	s.files[0].name = "/moved/wrappers/tool";
	s.runtime.wrapper = lit("/moved/wrappers/tool");
	is_int(changed(&s, have), 0, "where the wrapper lies");
	s.agent.cwd_path = lit("/elsewhere");
	is_int(changed(&s, have), 1u << FP_COMMAND, "cwd");
	s.fake.vars = vars;
	is_int(changed(&s, have), 1u << FP_MCP, "mcp");
	s.agent.limits.max_memory_mb = 1;
	is_int(changed(&s, have), 1u << FP_LIMITS, "limits");
	s.agent.drain.repeat = 7;
	is_int(changed(&s, have), 1u << FP_DRAIN, "drain");
	s.agent.acl = lit("{\"can_dm\":[]}");
	is_int(changed(&s, have), 1u << FP_ACL, "acl");
	s.agent.meta = lit("{}");
	is_int(changed(&s, have), 1u << FP_META, "meta");
	strvec_push(&s.agent.role_prompts, "roles/dev.md");
	is_int(changed(&s, have), 1u << FP_ENV | 1u << FP_ROLE_PROMPT,
	    "a role prompt");
	s.files[1].text = "You are dev!";
	is_int(changed(&s, have), 1u << FP_ROLE_PROMPT, "its text");
	s.files[1].name = lit("/gone");
	is_int(changed(&s, have), 1u << FP_ROLE_PROMPT, "no such file");
	is_str(have[FP_ROLE_PROMPT], "missing", "missing");
	is_int(s.diags.nr, 0, "validate has said so");
	for (fp = 0; fp < FP_NR; fp++)
		free(have[fp]);
	tear_down(&s);
}

static void
test_render__launch_file(void)
{
	struct strbuf out = STRBUF_INIT;
	struct spec *spec;
	struct stage s;
	char *cut;

	set_up(&s);
	strvec_push(&s.agent.command, "sh");
	strvec_push(&s.agent.command, "-c");
	strvec_push(&s.agent.command, "echo a\necho b");
	s.agent.limits.max_file_descriptors = 64;
	s.agent.limits.max_cpu_secs = 5;
	spec = run(&s);
	render_launch(spec, "/team", 3, 2, "/team/state/notify", &out);
	cut = strstr(out.buf, "FP=");
	ok(cut && str_starts(cut, "FP=env=sha256:"), "fingerprints");
	if (cut)
		*cut = '\0';
	is_str(out.buf,
	    "CWD=/team/../src\n"
	    "RECORD=/team/state/exits/hello-manager.json\n"
	    "TEAM=/team\n"
	    "GENERATION=3\n"
	    "ATTEMPT=2\n"
	    "KILL_SIGNAL=15\n"
	    "KILL_AFTER_MS=500\n"
	    "ARG=sh\n"
	    "ARG=-c\n"
	    "ARG=\"echo a\\necho b\"\n"
	    "NOTIFY=/team/state/notify\n"
	    "NOFILE=64\n"
	    "CPU_SECS=5\n", "launch file");
	strbuf_release(&out);
	tear_down(&s);
}

static bool
pick_none(void *ctx, const struct agent *agent)
{
	(void)ctx;
	(void)agent;
	return false;
}

static void
test_render__pick(void)
{
	struct stage s;

	set_up(&s);
	run(&s);
	render(&s.team, &s.fake.source, pick_none, NULL, &s.specs, &s.diags);
	is_int(s.specs.nr, 1, "none was picked");
	is_int(s.fake.reads, 1, "the wrapper was read once");
	tear_down(&s);
}
