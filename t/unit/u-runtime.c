/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec strmap arena diag units signame yaml yaml-node */
/* objs: runtime runtime-read runtime-screens ere */
#include "runtime.h"

#include "fake-source.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>

static const struct fake_pair bundled[] = {
	{ "/share/runtimes/other.yaml", "binary: other\n" },
	{ "/share/runtimes/tool.yaml",
	    "binary: tool\n"
	    "package: npm package tool\n"
	    "default_model: big\n"
	    "env: {A: '${SESSION_ID}', B: b}\n"
	    "args: [--fast, [--model, '${MODEL}']]\n"
	    "mcp_format: codex\n"
	    "supports_mcp: true\n"
	    "drain: {keys: [C-c, C-d], repeat: 3, gap: 250ms, timeout: 4s,"
	    " signal: SIGINT, kill_after: 1s}\n"
	    "ready_patterns: '^> '\n"
	    "waiting_patterns: [one, two]\n"
	    "rate_limit_patterns:\n"
	    "  - match: limit\n"
	    "    resets_in_capture: '([0-9]+s)'\n" },
	{ "/share/wrappers/command", "#!/bin/sh\n" },
	{ "/share/wrappers/tool", "#!/bin/sh\n" },
	{ NULL, NULL },
};

/* The findings for a team's runtimes/NAME.yaml, printed; runtimes to *out. */
static char *
findings(const char *path, const char *text, struct runtimes **out)
{
	struct fake_pair files[nitems(bundled) + 1];
	struct strbuf printed = STRBUF_INIT;
	struct diags diags = DIAGS_INIT;
	struct fake_source fake;

	memcpy(files + 1, bundled, sizeof(bundled));
	files[0] = (struct fake_pair){ path, text };
	fake_init(&fake, files);
	*out = runtimes_load(&fake.source, &diags);
	runtimes_find(*out, "tool"); /* while what it is read from is there */
	diags_print(&diags, &printed);
	diags_release(&diags);
	return strbuf_detach(&printed);
}

static void
test_runtime__every_key_arrives(void)
{
	struct diags diags = DIAGS_INIT;
	const struct runtime *rt;
	struct runtimes *all;
	struct fake_source fake;

	fake_init(&fake, bundled);
	all = runtimes_load(&fake.source, &diags);
	is_int(diags.nr, 0, "findings");
	is_int(all->nr, 2, "runtimes");
	is_str(all->r[1]->binary, NULL, "not read before it is asked for");
	rt = runtimes_find(all, "tool");
	is_int(diags.nr, 0, "findings");
	is_str(rt->binary, "tool", "binary");
	is_str(rt->package, "npm package tool", "package");
	is_str(rt->wrapper, "/share/wrappers/tool", "wrapper of that name");
	is_str(rt->default_model, "big", "default_model");
	is_str(rt->session_resume, NULL, "session_resume");
	ok(rt->supports_mcp, "supports_mcp");
	is_int(rt->mcp_format, MCP_CODEX, "mcp_format");
	is_int(rt->env.nr, 2, "env");
	is_str(rt->env.v[0], "A=${SESSION_ID}", "env is not expanded yet");
	is_int(rt->nr_arg, 2, "args");
	is_str(rt->args[0].v[0], "--fast", "an argument");
	is_str(rt->args[1].v[1], "${MODEL}", "an argument of a group");
	is_int(rt->drain_keys.nr, 2, "keys");
	is_int(rt->drain_repeat, 3, "repeat");
	is_int(rt->drain_gap_ms, 250, "gap");
	is_int(rt->drain_timeout_ms, 4000, "timeout");
	is_int(rt->drain_signal, SIGINT, "signal");
	is_int(rt->drain_kill_after_ms, 1000, "kill_after");
	is_str(rt->ready_patterns.v[0], "^> ", "ready");
	is_int(rt->waiting_patterns.nr, 2, "waiting");
	is_int(rt->nr_rate_limit, 1, "rate limits");
	is_str(rt->rate_limits[0].match, "limit", "match");
	is_str(rt->rate_limits[0].resets_at, NULL, "no clock");
	is_str(rt->rate_limits[0].resets_in, "([0-9]+s)", "duration");
	rt = runtimes_find(all, "other");
	is_str(rt->wrapper, "/share/wrappers/command", "of any command");
	ok(!runtimes_find(all, "none"), "an unknown name");
	runtimes_free(all);
	diags_release(&diags);
}

/* W27: a descriptor written for the original keeps a drain that works. */
static void
test_runtime__w27_team_replaces_what_the_original_knows(void)
{
	const struct runtime *rt;
	struct runtimes *all;
	char *text = findings("/team/runtimes/tool.yaml",
	    "binary: ./bin/mine\nenv: {B: c}\n", &all);

	rt = runtimes_find(all, "tool");
	is_str(text, "", "findings");
	is_str(rt->binary, "/team/./bin/mine", "binary below the root");
	is_str(rt->default_model, NULL, "default_model is gone");
	ok(!rt->supports_mcp, "supports_mcp is gone");
	is_int(rt->nr_rate_limit, 0, "rate limits are gone");
	is_int(rt->drain_repeat, 3, "drain stays");
	is_str(rt->wrapper, "/share/wrappers/tool", "wrapper stays");
	is_int(rt->env.nr, 3, "env stays");
	is_str(rt->env.v[2], "B=c", "and what is new comes later");
	is_str(rt->pos.file, "runtimes/tool.yaml", "place");
	runtimes_free(all);
	free(text);
}

static void
test_runtime__new_runtime_is_a_file_only(void)
{
	const struct runtime *rt;
	struct runtimes *all;
	char *text = findings("/team/runtimes/aider.yaml",
	    "binary: aider\nargs: [[--model, '${MODEL}'], 'cost: $$5']\n",
	    &all);

	rt = runtimes_find(all, "aider");
	is_str(text, "", "findings");
	is_str(rt->wrapper, "/share/wrappers/command", "wrapper");
	is_str(rt->args[1].v[0], "cost: $$5", "text with a dollar sign");
	runtimes_free(all);
	free(text);
}

/* W28: a malformed descriptor is an error with a place. */
static void
test_runtime__w28_findings(void)
{
	static const struct {
		const char *text, *want; /* want: beginning of the findings */
	} rows[] = {
		{ "binary: x\nargs: [{a: b}]\n",
		    "runtimes/x.yaml:2:8: error: expected text that is not "
		    "empty, found a mapping [key-type]\n" },
		{ "supports_mcp: true\n",
		    "runtimes/x.yaml:1:1: error: runtime 'x' needs the key "
		    "'binary' [key-required]\n" },
		{ "binary: x\nargs: ['${HOME}']\n",
		    "runtimes/x.yaml:2:8: error: '${HOME}' names a variable "
		    "that descriptors do not have [runtime-variable]\n" },
		{ "binary: x\nenv: {A: 'a$'}\n",
		    "runtimes/x.yaml:2:10: error: 'a$' names a variable" },
		{ "binary: x\nwrapper: nosuch\n",
		    "runtimes/x.yaml:2:10: error: there is no wrapper "
		    "'/share/wrappers/nosuch' [runtime-wrapper]\n" },
		{ "binary: x\ndrain: {repeat: 0}\n",
		    "runtimes/x.yaml:2:17: error: expected a number from 1 "
		    "to 20" },
		{ "binary: x\ndrain: {signal: NOPE}\n",
		    "runtimes/x.yaml:2:17: error: unknown signal 'NOPE'" },
		{ "binary: x\ndrain: {gap: soon}\n",
		    "runtimes/x.yaml:2:14: error: expected a duration" },
		{ "binary: x\nmcp_format: xml\n",
		    "runtimes/x.yaml:2:13: error: unknown MCP format 'xml'" },
		{ "binary: x\nready_pattern: a\n",
		    "runtimes/x.yaml:2:1: warning: unknown key "
		    "'ready_pattern' in a runtime descriptor [unknown-key]\n"
		    "runtimes/x.yaml:2:1: hint: did you mean "
		    "'ready_patterns'?\n" },
		{ "binary: x\nready_patterns: ['(?i)ok', '(']\n",
		    "runtimes/x.yaml:2:28: warning: '(' is not a POSIX "
		    "extended regular expression and is left out" },
		{ "[]\n", "runtimes/x.yaml:1:1: error: " },
		{ "binary: [\n", "runtimes/x.yaml:" },
		{ "", "runtimes/x.yaml:1:1: error: " },
	};
	struct runtimes *all;
	char *text;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		text = findings("/team/runtimes/x.yaml", rows[i].text, &all);
		if (!ok(str_starts(text, rows[i].want), "row %zu", i)) {
			tap_lines("got:  ", text);
			tap_lines("want: ", rows[i].want);
		}
		runtimes_free(all);
		free(text);
	}
	text = findings("/team/runtimes/a b.yaml", "binary: x\n", &all);
	ok(strstr(text, "'a b' is not a runtime's name [name-charset]"),
	    "a name with a blank");
	runtimes_free(all);
	free(text);
}

static const char *
lookup(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "A") == 0 ? "1" :
	    strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static void
test_runtime__expand(void)
{
	static const struct {
		const char *in, *out; /* out NULL: not complete */
	} rows[] = {
		{ "", "" }, { "x${A}y${A}", "x1y1" }, { "$$${A}$$", "$1$" },
		{ "${EMPTY}", NULL }, { "${B}", NULL }, { "$", NULL },
		{ "$A", NULL }, { "${A", NULL }, { "${}", NULL },
	};
	struct strbuf out = STRBUF_INIT;
	bool complete;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&out);
		complete = runtime_expand(rows[i].in, lookup, NULL, &out);
		is_int(complete, rows[i].out != NULL, rows[i].in);
		if (complete)
			is_str(out.buf, rows[i].out, rows[i].in);
	}
	strbuf_release(&out);
}
