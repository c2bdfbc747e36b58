/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node interp dotenv keys keys-agent check compose compose-read */
/* objs: rules compose-project compose-agent compose-parts hookword event */
/* objs: compose-replicas key-json meta compose-dynamic manifest yaml-write */
/* objs: validate validate-agent validate-graph runtime runtime-read */
/* objs: runtime-screens ere */
#include "manifest.h"

#include "compose.h"

#include "fake-source.h"
#include "tap.h"

#define TEAM "/team/team-compose.yaml"
#define RUNTIME                                                               \
	{ "/share/runtimes/claude-code.yaml", "binary: claude\n" },           \
	{ "/share/wrappers/command", "#!/bin/sh\n" }
#define ADDED "/team/state/dynamic/p-dev.yaml"

static const char team_text[] = "version: 2\nprojects:\n"
    "- {id: p, cwd: /tmp, create_cwd: true, workers: {cache: , zz: }}\n";

struct fixture {
	struct fake_source fake;
	struct candidate candidate;
	struct diags diags;
	struct team *team;
};

/* The team, with an agent that was added, and a candidate (or NULL each). */
static void
load(struct fixture *f, const char *added, const char *candidate)
{
	const struct fake_pair files[] = { { TEAM, team_text }, RUNTIME,
		{ added ? ADDED : "/nowhere", added ? added : "" },
		{ NULL, NULL } };

	memset(f, 0, sizeof(*f));
	fake_init(&f->fake, files);
	f->candidate = (struct candidate){ .file = "agent.yaml",
		.text = candidate, .len = candidate ? strlen(candidate) : 0 };
	if (candidate)
		f->fake.source.candidate = &f->candidate;
	f->team = compose_load(&f->fake.source, &f->diags);
	if (f->team)
		validate(f->team, &f->fake.source, &f->diags);
	diags_keep(&f->diags, DIAG_WARNING);
}

static void
teardown(struct fixture *f)
{
	compose_free(f->team);
	diags_release(&f->diags);
}

static void
says(struct fixture *f, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	diags_sort(&f->diags);
	diags_print(&f->diags, &out);
	is_str(out.buf, want, "findings");
	strbuf_release(&out);
}

static const struct agent *
agent(const struct fixture *f, const char *id)
{
	return strmap_get(&f->team->by_id, id);
}

static void
test_manifest__three_forms(void)
{
	static const char *const texts[] = {
		"name: dev\nmodel: opus\n",
		"dev:\n  model: opus\n",
		"workers: { dev: { model: opus } }\n",
		"{\"name\": \"dev\", \"model\": \"opus\"}",
	};
	struct fixture f;
	size_t i;

	for (i = 0; i < nitems(texts); i++) {
		load(&f, NULL, texts[i]);
		says(&f, "");
		ok(agent(&f, "p:dev") != NULL, "form %zu", i);
		is_str(agent(&f, "p:dev")->model, "opus", "its key");
		ok(agent(&f, "p:dev")->is_dynamic, "it is dynamic");
		ok(!agent(&f, "p:cache")->is_dynamic, "others are not");
		is_str(f.team->agents[1]->id, "p:dev", "in its place");
		teardown(&f);
	}
}

static void
test_manifest__keys_of_the_control_handle(void)
{
	const struct agent *dev;
	struct fixture f;

	load(&f, NULL, "name: dev\nkind: blocking_worker\n"
	    "criticality: critical\nrestart_policy: transient\n"
	    "dependencies: [cache]\n"
	    "readiness: {check_interval_secs: 5, timeout_secs: 3}\n"
	    "environment: [{name: T, secret_ref: \"${TOKEN}\"}]\n"
	    "secrets: [{name: TOKEN, key: a/b, required: true}]\n");
	says(&f, "");
	dev = agent(&f, "p:dev");
	ok(dev->critical, "criticality");
	is_int(dev->restart.mode, RESTART_ON_FAILURE, "restart_policy");
	is_int((int64_t)dev->nr_depends_on, 1, "dependencies");
	is_str(dev->depends_on[0].agent, "p:cache", "one of them");
	is_int(dev->drain.kill_after_ms, 5000, "a blocking worker has time");
	is_int(dev->readiness.kind, PROBE_WORD, "its own word");
	is_str(dev->env[0].secret_ref, "TOKEN", "secret_ref");
	is_str(dev->secrets[0].key, "a/b", "key");
	teardown(&f);
	load(&f, NULL, "{name: dev, kind: supervisor}");
	says(&f, "");
	ok(agent(&f, "p:dev")->is_manager, "a supervisor is a manager");
	teardown(&f);
}

/* What is kept is read as the same, and kept the same again. */
static void
test_manifest__round_trip(void)
{
	static const char given[] = "# words\nname: dev\nproject: p\n"
	    "kind: blocking_worker\n"
	    "restart: {policy: transient, max_restarts: 2}\n"
	    "dependencies: [cache, zz]\nx-mine: [[1, {a: }], {}, []]\n"
	    "environment: {A: \"${HOME:-x y}\", B: \"a\\nb\\t\\u00e9\", C: ,\n"
	    "  D: 'it''s', \"E\": \"10\"}\n"
	    "command: [sh, -c, \"exit  3\", two\n  lines]\n"
	    "readiness: ${UNSET:-}\n",
	kept[] = "# p:dev, by 'teamctl add'; 'teamctl save' moves it into "
	    "the compose file.\n"
	    "project: \"p\"\nname: \"dev\"\n"
	    "restart:\n  policy: transient\n  max_restarts: 2\n"
	    "depends_on:\n  - cache\n  - zz\n"
	    "x-mine:\n  - - 1\n    - a:\n  - {}\n  - []\n"
	    "environment:\n  A: \"${HOME:-x y}\"\n  B: \"a\\nb\\t\xc3\xa9\"\n"
	    "  C:\n  D: \"it's\"\n  E: \"10\"\n"
	    "command:\n  - sh\n  - -c\n  - \"exit  3\"\n  - two lines\n"
	    "readiness: ${UNSET:-}\n"
	    "drain:\n  kill_after: 5s\n";
	struct strbuf out = STRBUF_INIT;
	struct fixture f;
	int turn;

	for (turn = 0; turn < 2; turn++) {
		load(&f, NULL, turn ? kept : given);
		says(&f, "");
		strbuf_reset(&out);
		is_int(manifest_write(f.team->added, f.team->added_to->id,
		    &out), 0, "written");
		is_str(out.buf, kept, turn ? "the same again" : "kept");
		teardown(&f);
	}
	load(&f, kept, NULL);
	says(&f, "");
	is_int(agent(&f, "p:dev")->drain.kill_after_ms, 5000, "read again");
	teardown(&f);
	strbuf_release(&out);
}

static void
test_manifest__findings(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "name: dev\nrestart_polcy: never\n",
		    "agent.yaml:2:1: warning: unknown key 'restart_polcy' is "
		    "ignored [unknown-key]\n"
		    "agent.yaml:2:1: hint: did you mean 'restart_policy'?\n" },
		{ "name: dev\nkind: async\nrestart_policy: often\n",
		    "agent.yaml:2:7: error: 'kind' cannot be 'async' "
		    "[key-value]\n"
		    "agent.yaml:2:7: hint: expected one of 'async_worker', "
		    "'blocking_worker', 'supervisor'\n"
		    "agent.yaml:3:17: error: 'restart_policy' cannot be "
		    "'often' [key-value]\n"
		    "agent.yaml:3:17: hint: expected one of 'always', "
		    "'on-failure', 'never', 'permanent', 'transient', "
		    "'temporary'\n" },
		{ "name: dev\nrestart: never\nrestart_policy: transient\n",
		    "agent.yaml:3:1: error: 'restart_policy' beside "
		    "'restart', which is the same [key-conflict]\n" },
		{ "name: dev\ndependencies: [dev, nobody]\n",
		    "agent.yaml:2:16: error: agents depend on each other: "
		    "p:dev -> p:dev [depends-on-cycle]\n"
		    "agent.yaml:2:21: error: agent 'p:dev' depends on unknown "
		    "agent 'p:nobody' [depends-on]\n" },
		{ "name: cache\n",
		    "agent.yaml:1:7: error: project 'p': duplicate agent id "
		    "'cache', first at team-compose.yaml:3:50 "
		    "[agent-duplicate]\n" },
		{ "name: dev\nname: dev\n",
		    "agent.yaml:2:1: error: key 'name' stands twice in one "
		    "mapping, first at agent.yaml:1:1 [yaml-duplicate]\n" },
		{ "name: dev\nproject: q\n",
		    "agent.yaml:1:7: error: no project 'q' in the team "
		    "[manifest-project]\n"
		    "agent.yaml:1:7: hint: 'teamctl config' shows all "
		    "projects\n" },
		{ "name: 1/2\n",
		    "agent.yaml:1:7: error: agent id '1/2' cannot be used "
		    "[name-charset]\n"
		    "agent.yaml:1:7: hint: 1 to 64 of A-Z a-z 0-9 . _ -, the "
		    "first no . or -; ':' is reserved for PROJECT:AGENT\n" },
		{ "name: dev\nenvironment: [{name: T, secret_ref: \"${T\"}]\n",
		    "agent.yaml:2:15: error: 'T': secret_ref '${T' is no name "
		    "[secret]\n"
		    "agent.yaml:2:15: hint: expected NAME or ${NAME}\n" },
		{ "model: opus\nkind: async_worker\n",
		    "agent.yaml:1:1: error: 'name' is missing "
		    "[key-required]\n"
		    "agent.yaml:1:1: hint: a manifest is 'name: NAME' and the "
		    "keys of an agent, or 'NAME: { KEYS }'\n" },
		{ "workers: {a: , b: }\n",
		    "agent.yaml:1:10: error: not one agent in it "
		    "[key-required]\n"
		    "agent.yaml:1:10: hint: a manifest is 'name: NAME' and the "
		    "keys of an agent, or 'NAME: { KEYS }'\n" },
		{ "- name: dev\n",
		    "agent.yaml:1:1: error: the file must hold a mapping, not "
		    "a list [key-type]\n" },
		{ "name: a\n---\nname: b\n",
		    "agent.yaml:2:1: error: a second document in one file "
		    "[yaml-documents]\n" },
	};
	struct fixture f;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		load(&f, NULL, rows[i].text);
		says(&f, rows[i].want);
		teardown(&f);
	}
}

/* The compose file comes first, and a project may be gone. */
static void
test_manifest__what_is_kept_and_not_used(void)
{
	struct fixture f;

	load(&f, "project: p\nname: cache\nmodel: opus\n", NULL);
	says(&f, "state/dynamic/p-dev.yaml:2:7: warning: the added agent "
	    "'cache' is not used: the compose file has one of that name "
	    "[manifest-unused]\n"
	    "state/dynamic/p-dev.yaml:2:7: hint: 'teamctl save' removes "
	    "state/dynamic/p-dev.yaml\n");
	is_str(f.team->shadowed.v[0], "p:cache", "and told of");
	is_str(agent(&f, "p:cache")->model, NULL, "that of the file");
	teardown(&f);
	load(&f, "project: q\nname: dev\n", NULL);
	says(&f, "state/dynamic/p-dev.yaml:2:7: warning: the added agent "
	    "'dev' is not used: its project 'q' is gone [manifest-project]\n"
	    "state/dynamic/p-dev.yaml:2:7: hint: remove "
	    "state/dynamic/p-dev.yaml\n");
	is_int((int64_t)f.team->nr_agent, 2, "no more agents");
	teardown(&f);
}

/* Aliases must not make a small text a huge one. */
static void
test_manifest__too_long_to_be_kept(void)
{
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct fixture f;
	int i;

	strbuf_addstr(&text, "name: dev\nx-a: &a \"");
	for (i = 0; i < 100000; i++)
		strbuf_addch(&text, 'a');
	strbuf_addstr(&text, "\"\nx-b: [");
	for (i = 0; i < 1000; i++)
		strbuf_addstr(&text, "*a,");
	strbuf_addstr(&text, "]\n");
	load(&f, NULL, text.buf);
	says(&f, "");
	is_int(manifest_write(f.team->added, "p", &out), -1, "too long");
	ok(out.len < 5 << 20, "and given up early");
	teardown(&f);
	strbuf_release(&text);
	strbuf_release(&out);
}
