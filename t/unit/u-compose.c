/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node interp dotenv keys keys-agent check compose compose-read */
/* objs: compose-project compose-agent compose-parts hookword event */
/* objs: compose-replicas key-json meta compose-dynamic manifest yaml-write */
/* objs: runtime runtime-read runtime-screens ere */
#include "compose.h"

#include "keys.h"
#include "units.h"

#include "fake-source.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>

#define TEAM "/team/team-compose.yaml"
#define RUNTIMES                                                              \
	{ "/share/runtimes/claude-code.yaml", "binary: claude\n" },           \
	{ "/share/runtimes/codex.yaml", "binary: codex\n" },                  \
	{ "/share/wrappers/command", "#!/bin/sh\n" }

struct fixture {
	struct fake_source fake;
	struct diags diags;
	struct team *team;
};

static void
load(struct fixture *fixture, const struct fake_pair *files,
    const struct fake_pair *vars)
{
	memset(fixture, 0, sizeof(*fixture));
	fake_init(&fixture->fake, files);
	fixture->fake.vars = vars;
	fixture->team = compose_load(&fixture->fake.source, &fixture->diags);
}

/* A team of one file. */
static void
load_text(struct fixture *fixture, const char *text)
{
	const struct fake_pair files[] = { { TEAM, text }, RUNTIMES,
		{ NULL, NULL } };

	load(fixture, files, NULL);
}

static void
teardown(struct fixture *fixture)
{
	compose_free(fixture->team);
	diags_release(&fixture->diags);
}

static const struct agent *
find(const struct fixture *fixture, const char *id)
{
	return strmap_get(&fixture->team->by_id, id);
}

static void
no_findings(struct fixture *fixture)
{
	struct strbuf out = STRBUF_INIT;

	diags_print(&fixture->diags, &out);
	is_str(out.buf, "", "nothing to say");
	strbuf_release(&out);
}

static void
test_compose__order_of_agents(void)
{
	static const char *const order[] = { "z:b", "z:c", "z:A", "z:a", "z:d",
		"a:x" };
	struct fixture fixture;
	size_t i;

	load_text(&fixture, "version: 2\nprojects:\n"
	    "- id: z\n  workers: {d: , a: }\n  managers: {c: , b: }\n"
	    "  agents: {A: }\n"
	    "- id: a\n  workers: {x: }\n");
	no_findings(&fixture);
	is_int((int64_t)fixture.team->nr_agent, nitems(order), "agents");
	for (i = 0; i < nitems(order); i++)
		is_str(fixture.team->agents[i]->id, order[i], "the order");
	ok(find(&fixture, "z:b")->is_manager, "a manager");
	ok(!find(&fixture, "z:A")->is_manager, "no manager");
	teardown(&fixture);
}

static void
test_compose__defaults_of_all_keys(void)
{
	const struct agent *agent;
	struct fixture fixture;

	load_text(&fixture, "version: 2\nprojects:\n"
	    "- {id: p, workers: {a: }}\n");
	no_findings(&fixture);
	agent = find(&fixture, "p:a");
	is_str(fixture.team->root, "/team", "root");
	is_str(fixture.team->broker_path, "/team/state/mailbox.db", "broker");
	is_str(fixture.team->tmux_prefix, "a-", "prefix");
	is_str(fixture.team->tmux_socket, NULL, "socket");
	is_int(fixture.team->drain_timeout_ms, 10000, "drain timeout");
	ok(fixture.team->autostart, "autostart");
	is_int(fixture.team->reconcile_ms, 30000, "reconcile");
	is_str(fixture.team->projects[0]->name, "p", "name is the id");
	is_str(agent->runtime_name, "claude-code", "runtime");
	is_str(agent->session, "a-p-a", "session");
	is_str(agent->stem, "p-a", "stem");
	is_str(agent->cwd, ".", "cwd");
	is_str(agent->cwd_path, "/team", "absolute cwd");
	is_str(agent->model, NULL, "model");
	is_int(agent->replicas, 1, "replicas");
	is_int(agent->restart.mode, RESTART_ALWAYS, "restart");
	is_int(agent->restart.max_restarts, 5, "max_restarts");
	is_int(agent->restart.within_ms, 60000, "within");
	is_int((int64_t)agent->restart.nr_success, 0, "success codes");
	is_int(agent->readiness.kind, PROBE_NONE, "no probe");
	is_int(agent->drain.timeout_ms, -1, "drain is not given");
	is_int(agent->drain.signal, 0, "nor its signal");
	is_str(agent->permissions.allowed_signals.v[0], "TERM", "signals");
	is_str(agent->meta, "{}", "meta");
	teardown(&fixture);
}

enum kind { WHOLE, NUMBER, SECS, DURATION, TRUTH, TEXT };

/* A default as the key table tells it and as the loader has it. */
struct told {
	const char *path;
	enum kind kind;
	const void *loaded;
	int found;
};

static void
compare_default(void *ctx, const char *path, const struct key *key)
{
	struct told *told;
	int64_t ms = -1;

	for (told = ctx; told->path; told++) {
		if (strcmp(told->path, path) != 0)
			continue;
		told->found = 1;
		if (told->kind == WHOLE)
			is_int(*(const int *)told->loaded, atoi(key->def),
			    path);
		else if (told->kind == NUMBER)
			ok(*(const double *)told->loaded ==
			    strtod(key->def, NULL), "%s", path);
		else if (told->kind == SECS)
			is_int(*(const int64_t *)told->loaded,
			    atoi(key->def) * 1000, path);
		else if (told->kind == TRUTH)
			is_int(*(const bool *)told->loaded,
			    strcmp(key->def, "true") == 0, path);
		else if (told->kind == TEXT)
			is_str(*(char *const *)told->loaded, key->def, path);
		else if (units_parse_duration(key->def, &ms) == 0)
			is_int(*(const int64_t *)told->loaded, ms, path);
	}
}

static void
test_compose__defaults_are_those_of_the_key_table(void)
{
	const struct restart_policy *restart;
	const struct command_permissions *may;
	const struct probe *probe;
	const struct agent *agent;
	const struct team *team;
	struct fixture fixture;
	struct told *told;

	load_text(&fixture, "version: 2\nprojects:\n"
	    "- {id: p, workers: {a: }}\n");
	team = fixture.team;
	agent = find(&fixture, "p:a");
	restart = &agent->restart;
	probe = &agent->readiness;
	may = &agent->permissions;
	{
		struct told all[] = {
			{ "team.supervisor.type", TEXT,
			    &team->supervisor_type, 0 },
			{ "team.supervisor.tmux_prefix", TEXT,
			    &team->tmux_prefix, 0 },
			{ "team.supervisor.drain_timeout_secs", SECS,
			    &team->drain_timeout_ms, 0 },
			{ "team.supervisor.autostart", TRUTH,
			    &team->autostart, 0 },
			{ "team.supervisor.reconcile_secs", SECS,
			    &team->reconcile_ms, 0 },
			{ "team.supervisor.observe_secs", SECS,
			    &team->observe_ms, 0 },
			{ "team.trust_workspace", TRUTH,
			    &team->trust_workspace, 0 },
			{ "team.journal.max_age", DURATION,
			    &team->journal.max_age_ms, 0 },
			{ "team.journal.sync", TRUTH, &team->journal.sync, 0 },
			{ "project.cwd", TEXT, &team->projects[0]->cwd, 0 },
			{ "project.create_cwd", TRUTH,
			    &team->projects[0]->create_cwd, 0 },
			{ "agent.runtime", TEXT, &agent->runtime_name, 0 },
			{ "agent.replicas", WHOLE, &agent->replicas, 0 },
			{ "agent.restart.max_restarts", WHOLE,
			    &restart->max_restarts, 0 },
			{ "agent.restart.within", DURATION,
			    &restart->within_ms, 0 },
			{ "agent.restart.reset_after", DURATION,
			    &restart->reset_after_ms, 0 },
			{ "agent.restart.backoff.initial", DURATION,
			    &restart->backoff_initial_ms, 0 },
			{ "agent.restart.backoff.max", DURATION,
			    &restart->backoff_max_ms, 0 },
			{ "agent.restart.backoff.factor", NUMBER,
			    &restart->backoff_factor, 0 },
			{ "agent.restart.backoff.jitter", NUMBER,
			    &restart->backoff_jitter, 0 },
			{ "agent.readiness.check_interval_secs", SECS,
			    &probe->interval_ms, 0 },
			{ "agent.readiness.timeout_secs", SECS,
			    &probe->timeout_ms, 0 },
			{ "agent.readiness.max_retries", WHOLE,
			    &probe->max_retries, 0 },
			{ "agent.resource_limits.warn_at", NUMBER,
			    &agent->limits.warn_at, 0 },
			{ "agent.command_permissions.allow_restart", TRUTH,
			    &may->allow_restart, 0 },
			{ "agent.command_permissions.allow_shutdown", TRUTH,
			    &may->allow_shutdown, 0 },
			{ "agent.command_permissions.allowed_signals", TEXT,
			    may->allowed_signals.v, 0 },
			{ NULL, WHOLE, NULL, 0 },
		};

		keys_each(compare_default, all);
		for (told = all; told->path; told++)
			ok(told->found, "%s is in the table", told->path);
	}
	teardown(&fixture);
}

static void
test_compose__scalar_rules_of_upstream(void)
{
	const struct agent *agent;
	struct fixture fixture;

	load_text(&fixture, "version: 2\nprojects:\n"
	    "- id: 123\n  name: true\n  cwd: ~\n  workers:\n"
	    "    on:\n      model: 4\n      role_prompt: ~\n"
	    "      permission_mode: null\n      reports_to:\n"
	    "      display_name: '~'\n      can_dm:\n"
	    "      resource_limits: {max_cpu_secs: 0x10}\n");
	no_findings(&fixture);
	agent = find(&fixture, "123:on");
	is_str(agent->project->name, "true", "any scalar is text");
	is_str(agent->project->cwd, "~", "as written");
	is_str(agent->model, "4", "a number as text");
	is_int((int64_t)agent->role_prompts.nr, 0, "null is absent");
	is_str(agent->permission_mode, NULL, "null is absent");
	is_str(agent->reports_to, NULL, "nothing is absent");
	is_str(agent->display_name, "~", "quoted it is text");
	is_int((int64_t)agent->can_dm.nr, 0, "nothing is an empty list");
	is_int(agent->limits.max_cpu_secs, 16, "hexadecimal");
	teardown(&fixture);
}

static void
test_compose__every_key_of_an_agent(void)
{
	const struct agent *a;
	struct fixture fixture;

	load_text(&fixture, "version: 2\nprojects:\n- id: p\n  cwd: w\n"
	    "  workers:\n    b:\n    a:\n      runtime: codex\n"
	    "      command: [x, y]\n      cwd: ../v/./u\n"
	    "      role_prompt: [r1, r2]\n"
	    "      restart: {policy: transient, max_restarts: 7, within: 1m,"
	    " backoff: {initial: 1s, max: 1m, factor: 3, jitter: 0.5},"
	    " reset_after: 2m, success_exit_codes: [0, 9]}\n"
	    "      depends_on: {b: {condition: ready, timeout: 5s}}\n"
	    "      readiness: {pane: 'x|y', check_interval_secs: 0.5,"
	    " timeout_secs: 2, max_retries: 9, on_fail: notify}\n"
	    "      health_check: {command: 'a b'}\n"
	    "      drain: {keys: C-d, repeat: 3, gap: 0, timeout: 0,"
	    " signal: SIGINT, kill_after: 2s}\n"
	    "      resource_limits: {max_memory_mb: 1, max_cpu_percent: 2,"
	    " max_file_descriptors: 3, max_cpu_secs: 4, max_wall_secs: 5,"
	    " warn_at: 0.5, on_exceed: stop}\n"
	    "      criticality: critical\n"
	    "      command_permissions: {allow_restart: true,"
	    " allowed_signals: [HUP]}\n"
	    "      backend: {type: container, image: x}\n"
	    "      host: h\n      replicas: 4\n      links: [b]\n"
	    "      monitors: ['q:z']\n");
	no_findings(&fixture);
	a = find(&fixture, "p:a-4");
	is_str(a->runtime->name, "codex", "runtime");
	is_str(a->command.v[1], "y", "command");
	is_str(a->cwd, "../v/./u", "cwd as written");
	is_str(a->cwd_path, "/v/u", "cwd, absolute");
	is_int(a->cwd_pos.line, 10, "its place");
	is_str(a->role_prompts.v[1], "r2", "role prompts");
	is_int(a->restart.mode, RESTART_ON_FAILURE, "alias of on-failure");
	is_int(a->restart.max_restarts, 7, "max_restarts");
	is_int(a->restart.within_ms, 60000, "within");
	is_int(a->restart.backoff_initial_ms, 1000, "initial");
	is_int(a->restart.backoff_max_ms, 60000, "max");
	ok(a->restart.backoff_factor == 3, "factor");
	ok(a->restart.backoff_jitter == 0.5, "jitter");
	is_int(a->restart.reset_after_ms, 120000, "reset_after");
	is_int(a->restart.success_exit_codes[1], 9, "success_exit_codes");
	is_str(a->depends_on[0].agent, "p:b", "depends_on");
	is_int(a->depends_on[0].condition, CONDITION_READY, "condition");
	is_int(a->depends_on[0].timeout_ms, 5000, "timeout");
	is_int(a->readiness.kind, PROBE_PANE, "kind of probe");
	is_str(a->readiness.target, "x|y", "pattern");
	is_int(a->readiness.interval_ms, 500, "interval");
	is_int(a->readiness.timeout_ms, 2000, "timeout");
	is_int(a->readiness.on_fail, ON_FAIL_NOTIFY, "on_fail");
	is_str(a->health_check.command.v[2], "a b", "sh -c");
	is_str(a->drain.keys.v[0], "C-d", "keys");
	is_int(a->drain.gap_ms, 1, "0 is given, so it is not 0");
	is_int(a->drain.timeout_ms, 0, "timeout 0");
	is_int(a->drain.signal, SIGINT, "signal");
	is_int(a->limits.max_wall_secs, 5, "limits");
	is_int(a->limits.on_exceed, ON_EXCEED_STOP, "on_exceed");
	ok(a->critical, "critical");
	ok(a->permissions.allow_restart, "allow_restart");
	ok(!a->permissions.allow_shutdown, "allow_shutdown");
	is_int(a->replicas, 4, "replicas");
	is_str(a->links[0].agent, "p:b", "links");
	is_str(a->monitors[0].agent, "q:z", "monitors");
	teardown(&fixture);
}

static const struct env_item *
item(const struct agent *agent, const char *name)
{
	size_t i;

	for (i = 0; i < agent->nr_env; i++)
		if (strcmp(agent->env[i].name, name) == 0)
			return &agent->env[i];
	return NULL;
}

static void
test_compose__environment_in_all_its_forms(void)
{
	const struct fake_pair files[] = {
		{ TEAM, "version: 2\n"
		    "defaults: {environment: {A: default, D: default}}\n"
		    "projects:\n- id: p\n  workers:\n    m:\n"
		    "      env_file: [one.env, two.env]\n"
		    "      environment: {A: map, B: , C: {secret_ref: '${S}'},"
		    " E: '$PROC', F: 5}\n"
		    "    l:\n      environment: [A=x=y, B, {name: C, value: z},"
		    " {name: G, secret_ref: S}]\n" },
		{ "/team/one.env", "FILE=1\nA=file\nPROC\n" },
		{ "/team/two.env", "FILE=2\n" },
		RUNTIMES,
		{ NULL, NULL },
	};
	const struct fake_pair vars[] = { { "PROC", "process" },
		{ "B", "of ours" }, { NULL, NULL } };
	struct fixture fixture;
	const struct agent *m, *l;

	load(&fixture, files, vars);
	no_findings(&fixture);
	m = find(&fixture, "p:m");
	l = find(&fixture, "p:l");
	is_str(m->env[0].name, "FILE", "files come first");
	is_str(item(m, "FILE")->value, "2", "the later file wins");
	ok(item(m, "FILE")->from_file, "of a file");
	is_str(item(m, "PROC")->value, "process", "a bare name in a file");
	is_str(item(m, "A")->value, "map", "environment wins over files");
	ok(!item(m, "A")->from_file, "and is of no file");
	is_str(item(m, "B")->value, "of ours", "only named");
	ok(item(m, "B")->inherited, "so it is said");
	is_str(item(m, "C")->secret_ref, "S", "a reference");
	is_str(item(m, "C")->value, NULL, "has no value");
	is_str(item(m, "D")->value, "default", "of the defaults");
	is_str(item(m, "E")->value, "process", "a variable");
	is_str(item(m, "F")->value, "5", "a number as text");
	is_str(item(l, "A")->value, "x=y", "cut at the first =");
	is_str(item(l, "B")->value, "of ours", "only named");
	is_str(item(l, "C")->value, "z", "as in child manifests");
	is_str(item(l, "G")->secret_ref, "S", "as in child manifests");
	ok(strvec_has(&fixture.team->files, "/team/one.env"), "was read");
	teardown(&fixture);
}

static void
test_compose__command_and_runtime_exclude_each_other(void)
{
	struct fixture fixture;

	load_text(&fixture, "version: 2\n"
	    "defaults: {runtime: codex}\nprojects:\n- id: p\n  workers:\n"
	    "    plain:\n    program: {command: x}\n"
	    "    both: {command: x, runtime: claude-code}\n");
	no_findings(&fixture);
	is_str(find(&fixture, "p:plain")->runtime_name, "codex", "default");
	is_str(find(&fixture, "p:program")->runtime_name, NULL, "a command");
	is_str(find(&fixture, "p:both")->runtime_name, "claude-code", "both");
	teardown(&fixture);
	load_text(&fixture, "version: 2\n"
	    "defaults: {command: x}\nprojects:\n- id: p\n  workers:\n"
	    "    plain:\n    agent: {runtime: codex}\n");
	no_findings(&fixture);
	is_str(find(&fixture, "p:plain")->command.v[2], "x", "default");
	is_int((int64_t)find(&fixture, "p:agent")->command.nr, 0, "a runtime");
	teardown(&fixture);
}

static void
test_compose__dotenv_never_overrides_the_process(void)
{
	const struct fake_pair files[] = {
		{ TEAM, "version: 2\nprojects:\n"
		    "- {id: p, workers: {a: {model: '$A $B $C'}}}\n" },
		{ "/team/.env", "A=inner\nB=inner\n" },
		{ "/.env", "B=outer\nC=outer\n" },
		RUNTIMES,
		{ NULL, NULL },
	};
	const struct fake_pair vars[] = { { "A", "process" },
		{ NULL, NULL } };
	struct fixture fixture;

	load(&fixture, files, vars);
	no_findings(&fixture);
	is_str(find(&fixture, "p:a")->model, "process inner outer", "values");
	is_int((int64_t)fixture.team->dotenv.nr, 3, "all of .env");
	is_str(fixture.team->dotenv.v[0], "A=process", "as they are in force");
	is_str(fixture.team->dotenv.v[1], "B=inner", "the inner one wins");
	teardown(&fixture);
}

static void
test_compose__project_files(void)
{
	const struct fake_pair files[] = {
		{ TEAM, "version: 2\nprojects:\n- file: ./sub/p.yaml\n"
		    "- {file: /else/q.yaml, create_cwd: true}\n" },
		{ "/team/sub/p.yaml", "version: 2\n"
		    "project: {id: p, name: P, cwd: ./w}\n"
		    "channels: [{name: c, members: '*'}]\n"
		    "workers: {a: {can_dms: []}}\n" },
		{ "/else/q.yaml", "version: 2\nid: q\nname: Q\ncwd: /abs\n" },
		RUNTIMES,
		{ NULL, NULL },
	};
	struct fixture fixture;
	struct strbuf out = STRBUF_INIT;

	load(&fixture, files, NULL);
	diags_print(&fixture.diags, &out);
	is_str(out.buf, "./sub/p.yaml:4:15: warning: unknown key 'can_dms' is "
	    "ignored [unknown-key]\n"
	    "./sub/p.yaml:4:15: hint: did you mean 'can_dm'?\n", "place");
	is_int((int64_t)fixture.team->nr_project, 2, "projects");
	is_str(find(&fixture, "p:a")->cwd_path, "/team/w", "of the root");
	is_str(fixture.team->projects[0]->channels[0].members.v[0], "*",
	    "channels");
	ok(fixture.team->projects[1]->create_cwd, "beside file");
	is_str(fixture.team->files.v[1], "/team/sub/p.yaml", "was read");
	strbuf_release(&out);
	teardown(&fixture);
}

static void
test_compose__what_is_good_stays_when_there_are_errors(void)
{
	struct fixture fixture;

	load_text(&fixture, "version: 7\nbroker: []\nprojects:\n- {}\n"
	    "- id: p\n  workers:\n    'a b': {}\n    good: {replicas: x}\n"
	    "- id: p\n- text\n");
	is_int((int64_t)fixture.team->nr_project, 1, "one project is good");
	is_int((int64_t)fixture.team->nr_agent, 1, "one agent is");
	is_int(find(&fixture, "p:good")->replicas, 1, "default for a bad one");
	ok(fixture.diags.nr_error >= 6, "all errors are there");
	teardown(&fixture);
	load_text(&fixture, "- a\n");
	ok(!fixture.team, "no team without a mapping");
	teardown(&fixture);
}

static void
test_compose__session_names_as_tmux_makes_them(void)
{
	struct fixture fixture;

	load_text(&fixture, "version: 2\nsupervisor: {tmux_prefix: 'x.y-'}\n"
	    "projects:\n- {id: p.q, workers: {a.b: }}\n");
	is_str(find(&fixture, "p.q:a.b")->session, "x_y-p_q-a_b", "W4");
	is_str(find(&fixture, "p.q:a.b")->stem, "p.q-a.b", "files keep dots");
	teardown(&fixture);
}

static void
test_compose__meta_and_acl_are_canonical(void)
{
	struct fixture fixture;
	const struct agent *a;
	char *acl, *meta;

	load_text(&fixture, "version: 2\nprojects:\n- id: p\n  channels:\n"
	    "  - {name: y, members: [a, b]}\n  - {name: x, members: [a]}\n"
	    "  workers:\n    b:\n    a: {can_dm: [b, a], restart: never,"
	    " autonomy: full, model: m}\n");
	a = find(&fixture, "p:a");
	is_str(a->acl, "{\"can_broadcast\":[],\"can_dm\":[\"a\",\"b\"],"
	    "\"channels\":[\"x\",\"y\"],\"open_channels\":0,"
	    "\"reports_to\":null}", "sorted");
	is_str(a->meta, "{\"autonomy\":\"full\",\"restart\":\"never\"}",
	    "only what no other fingerprint holds");
	acl = xstrdup(a->acl);
	meta = xstrdup(a->meta);
	teardown(&fixture);
	load_text(&fixture, "version: 2\nprojects:\n- id: p\n  channels:\n"
	    "  - {name: x, members: [a]}\n  - {name: y, members: [b, a]}\n"
	    "  workers:\n    b:\n    a: {autonomy: full, restart: never,"
	    " can_dm: [a, b], model: n}\n");
	a = find(&fixture, "p:a");
	is_str(a->acl, acl, "order does not matter");
	is_str(a->meta, meta, "order does not matter");
	free(acl);
	free(meta);
	teardown(&fixture);
	load_text(&fixture, "version: 2\nprojects:\n- id: p\n  channels:\n"
	    "  - {name: x, members: '*'}\n  workers: {a: }\n");
	ok(!strstr(find(&fixture, "p:a")->acl, "open_channels\":0"),
	    "open channels count");
	teardown(&fixture);
}

static void
test_compose__keys_without_an_effect_are_remembered(void)
{
	struct fixture fixture;

	load_text(&fixture, "version: 2\nbroker: {}\ncontrol: {}\n"
	    "defaults: {host: h}\nprojects:\n"
	    "- {id: p, workers: {a: {host: i, backend: native},"
	    " b: {backend: container}}}\n");
	is_int((int64_t)fixture.team->later.nr, 2, "later");
	is_str(fixture.team->later.v[0], "backend", "1: not its default");
	is_str(fixture.team->later.v[1], "host", "2: once");
	is_int((int64_t)fixture.team->compat.nr, 1, "compat");
	is_str(fixture.team->compat.v[0], "broker", "broker");
	teardown(&fixture);
}

static size_t
count_of(const struct fixture *fixture, const char *text)
{
	const struct team *team = fixture->team;
	size_t i, nr = 0;

	for (i = 0; i < team->nr_agent; i++)
		nr += str_eq(team->agents[i]->replica_of, text);
	return nr;
}

void
test_compose__replicas_are_agents_of_their_own(void)
{
	struct fixture fixture;
	const struct agent *b, *a;

	load_text(&fixture, "version: 2\nprojects:\n- id: p\n"
	    "  channels: [{name: c, members: [b, a]}]\n"
	    "  workers:\n"
	    "    a: {command: x, replicas: 3, links: [a, b]}\n"
	    "    b: {command: x, depends_on: [a], can_dm: [a], monitors: "
	    "[a]}\n");
	is_int(fixture.diags.nr_error, 0, "no error");
	is_int(fixture.team->nr_agent, 4, "agents");
	is_int(count_of(&fixture, "p:a"), 3, "of them replicas");
	is_str(fixture.team->agents[1]->id, "p:a-2", "in order");
	a = find(&fixture, "p:a-2");
	is_int(a->slot, 2, "slot");
	is_str(a->name, "a-2", "name");
	is_str(a->session, "a-p-a-2", "session");
	is_str(a->stem, "p-a-2", "stem");
	is_int(a->nr_link, 3, "no link to itself");
	is_str(a->links[0].agent, "p:a-1", "to the first");
	is_str(a->links[1].agent, "p:a-3", "and the third");
	b = find(&fixture, "p:b");
	is_int(b->slot, 0, "no slot");
	is_int(b->nr_depends_on, 3, "depends on all");
	is_str(b->depends_on[2].agent, "p:a-3", "the last of them");
	is_int(b->nr_monitor, 3, "monitors");
	is_str(b->can_dm.v[1], "a-2", "can_dm has names");
	is_int(fixture.team->projects[0]->channels[0].members.nr, 4,
	    "members");
	teardown(&fixture);
}

void
test_compose__the_names_of_replicas_may_be_taken(void)
{
	struct fixture fixture;

	load_text(&fixture, "version: 2\nprojects:\n- id: p\n"
	    "  workers:\n"
	    "    a: {command: x, replicas: 2}\n"
	    "    a-2: {command: x}\n");
	is_int(fixture.diags.nr_error, 1, "one error");
	is_int(fixture.team->nr_agent, 2, "the others are good");
	teardown(&fixture);
}

void
test_compose__scale_changes_which_there_are(void)
{
	const struct fake_pair files[] = {
		{ TEAM, "version: 2\nprojects:\n- id: p\n  workers:\n"
		    "    a: {command: x}\n    b: {command: x, replicas: 3}\n"
		    "    c: {command: x, replicas: 2}\n" },
		{ "/team/state/scale.json", "{\"slots\": {\"p:a\": [7, 2, 2], "
		    "\"p:b\": [3], \"p:c\": [0, 1001, \"x\"], \"p:gone\": "
		    "[1]}}" },
		RUNTIMES, { NULL, NULL } };
	struct fixture fixture;

	load(&fixture, files, NULL);
	is_int(fixture.diags.nr_error, 0, "no error");
	ok(find(&fixture, "p:a-2") && find(&fixture, "p:a-7"), "their slots");
	is_int(count_of(&fixture, "p:a"), 2, "each once");
	ok(find(&fixture, "p:b-3"), "a slot that was left");
	is_int(count_of(&fixture, "p:b"), 1, "and no other");
	is_int(count_of(&fixture, "p:c"), 2, "no slots: as the text says");
	is_int(fixture.team->nr_agent, 5, "nothing else");
	teardown(&fixture);
}

void
test_compose__a_broken_scale_file_is_an_error(void)
{
	const struct fake_pair files[] = {
		{ TEAM, "version: 2\nprojects: []\n" },
		{ "/team/state/scale.json", "{\"slots\": " },
		RUNTIMES, { NULL, NULL } };
	struct fixture fixture;

	load(&fixture, files, NULL);
	is_int(fixture.diags.nr_error, 1, "one error");
	teardown(&fixture);
}
