/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Which rules a text breaks, and which not.  The words of the findings are in
 * t/1100.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node interp dotenv keys keys-agent check compose compose-read */
/* objs: compose-project compose-agent compose-parts hookword event */
/* objs: compose-replicas key-json meta compose-dynamic manifest yaml-write */
/* objs: validate validate-agent validate-graph runtime runtime-read */
/* objs: runtime-screens ere */
#include "compose.h"

#include "fake-source.h"
#include "tap.h"

#include <stdlib.h>

/* "rule@line rule@line ..." of a team of one file, notes left out. */
static char *
findings(const char *text, bool strict)
{
	const struct fake_pair files[] = {
		{ "/team/team-compose.yaml", text },
		{ "/team/role.md", "You." },
		{ "/share/runtimes/claude-code.yaml", "binary: claude\n" },
		{ "/share/wrappers/command", "#!/bin/sh\n" },
		{ NULL, NULL },
	};
	struct diags diags = { .strict = strict };
	struct strbuf out = STRBUF_INIT;
	struct fake_source fake;
	struct team *team;
	size_t i;

	fake_init(&fake, files);
	team = compose_load(&fake.source, &diags);
	validate(team, &fake.source, &diags);
	validate_folders(team, &fake.source, &diags);
	diags_sort(&diags);
	for (i = 0; i < diags.nr; i++)
		if (diags.d[i].level != DIAG_NOTE)
			strbuf_addf(&out, "%s%s%s@%d", out.len ? " " : "",
			    diags.d[i].level == DIAG_ERROR ? "" : "warning:",
			    diags.d[i].rule, diags.d[i].pos.line);
	compose_free(team);
	diags_release(&diags);
	return strbuf_detach(&out);
}

/* One project p, whose cwd need not be there, from line 4 on. */
static void
check(const char *text, const char *want)
{
	char *whole = xasprintf("version: 2\nprojects:\n"
	    "- id: p\n  create_cwd: true\n%s", text), *got;

	got = findings(whole, false);
	is_str(got, want, text);
	free(got);
	free(whole);
}

static void
test_validate__upstream(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "  workers: {a: }", "" },
		{ "  workers: {a: }\n  managers: {a: }", "agent-duplicate@5" },
		{ "  channels: [{name: c, members: [a]}]\n  workers: {a: }",
		    "" },
		{ "  channels: [{name: c, members: [b]}]\n  workers: {a: }",
		    "channel-member@5" },
		{ "  workers: {a: {can_dm: [a]}}", "" },
		{ "  workers: {a: {can_dm: [b]}}", "can-dm@5" },
		{ "  workers: {a: {can_dm: ['p:a']}}", "can-dm@5" },
		{ "  workers: {a: {can_broadcast: [c]}}", "can-broadcast@5" },
		{ "  workers: {a: {reports_to: m}}\n  managers: {m: }", "" },
		{ "  workers: {a: {reports_to: b}, b: }", "reports-to@5" },
		{ "  workers: {a: {reports_to: 'p:m'}}\n  managers: {m: }",
		    "reports-to@5" },
		{ "  workers: {a: {runtime: x}}", "runtime-unknown@5" },
		{ "  workers: {a: {interfaces: {telegram: {bot_token_env: A,"
		    " chat_ids_env: B}}}}", "telegram-worker@5" },
		{ "  workers: {a: {interfaces: {telegram: }}}", "" },
		{ "  managers: {a: {interfaces: {telegram: {bot_token_env: A,"
		    " chat_ids_env: B}}}}", "" },
		{ "  workers: {a: {role_prompt: []}}", "role-prompt@5" },
		{ "  workers: {a: {role_prompt: ' '}}", "role-prompt@5" },
		{ "  workers: {a: {role_prompt: role.md}}", "" },
		{ "  workers: {a: {mcps: {team: {command: x}}}}",
		    "mcp-reserved@5" },
		{ "  workers: {a: {display_name: ''}}", "display-name@5" },
		{ "  workers: {'a:b': }", "name-charset@5" },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		check(rows[i].text, rows[i].want);
}

static void
test_validate__what_upstream_does_not_check(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* W32 */
		{ "  channels: [{name: c, members: a}]\n  workers: {a: }",
		    "channel-members@5" },
		{ "  channels: [{name: c, members: ['*']}]\n"
		    "  workers: {a: }", "channel-member@5" },
		{ "  channels: [{name: c}, {name: c}]",
		    "warning:channel-duplicate@5" },
		/* W30 */
		{ "  workers: {a.b: , a_b: }", "session-collision@5" },
		{ "  workers: {a: }\n- {id: q, workers: {a: }, cwd: /}",
		    "warning:cwd-missing@6" },
		{ "  managers: {a: {reports_to: a}}",
		    "warning:reports-to-cycle@5" },
		{ "  workers: {a: {role_prompt: gone.md}}",
		    "warning:role-prompt-missing@5" },
		{ "  workers: {a: {on_rate_limit: [wait, x]}}",
		    "warning:rate-limit-hook@5" },
		{ "  workers: {a: {depends_on: [a]}}", "depends-on-cycle@5" },
		{ "  workers: {a: {depends_on: [b]}, b: {depends_on: [c]},"
		    " c: {depends_on: [b]}}", "depends-on-cycle@5" },
		{ "  workers: {a: {depends_on: [b, c]}, b: {depends_on: [c]},"
		    " c: }", "" },
		{ "  workers: {a: {depends_on: [z]}}", "depends-on@5" },
		{ "  workers: {a: {links: [z], monitors: [a]}}", "link@5" },
		{ "  workers: {a: {readiness: {tcp: 'x:y'}}}", "address@5" },
		{ "  workers: {a: {readiness: {tcp: 'x:70000'}}}",
		    "address@5" },
		{ "  workers: {a: {readiness: {tcp: '[::1]:80'}}}", "" },
		{ "  workers: {a: {readiness: {tcp: '127.0.0.1:80'}}}", "" },
		{ "  workers: {a: {readiness: {tcp: 'localhost:80'}}}", "" },
		{ "  workers: {a: {readiness: {tcp: 'db.example:80'}}}",
		    "address@5" },
		{ "  workers: {a: {readiness: {tcp: 'localhostx:80'}}}",
		    "address@5" },
		{ "  workers: {a: {readiness: {pane: '['}}}", "pattern@5" },
		{ "  workers: {a: {command: ['']}}", "key-value@5" },
		{ "  workers: {a: {secrets: [{name: A, from: 'x:y'}]}}",
		    "secret@5" },
		{ "  workers: {a: {secrets: [{name: a-b}]}}", "env-name@5" },
		{ "  workers: {a: {secrets: [{name: a-b}],"
		    " environment: {X: {secret_ref: a-b}}}}", "" },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++)
		check(rows[i].text, rows[i].want);
}

static void
test_validate__the_team(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "version: 2", "" },
		{ "version: '2.0.0'", "" },
		{ "version: 2.1", "" },
		{ "version: 1", "version@1" },
		{ "version: 2.x", "version@1" },
		{ "version: 2.0.0.0", "version@1" },
		{ "version: 2\nbroker: {type: x}", "broker-type@2" },
		{ "version: 2\nsupervisor: {type: x}", "supervisor-type@2" },
		{ "version: 2\nsupervisor: {type: launchd}",
		    "warning:supervisor-unused@2" },
		{ "version: 2\nsupervisor: {drain_timeout_secs: 600}", "" },
		{ "version: 2\nsupervisor: {drain_timeout_secs: 601}",
		    "drain-timeout@2" },
		{ "version: 2\nsupervisor: {tmux_prefix: 'a:'}",
		    "tmux-name@2" },
		{ "version: 2\nsupervisor: {tmux_prefix: ''}", "" },
		{ "version: 2\nsupervisor: {tmux_socket: a/b}",
		    "tmux-name@2" },
		{ "version: 2\nprojects: [{id: p, create_cwd: true},"
		    " {id: p}]", "project-duplicate@2" },
		{ "version: 2\nprojects: [{id: p, cwd: gone}]",
		    "warning:cwd-missing@2" },
		{ "version: 2\nrate_limits: {default_on_hit: [x],"
		    " hooks: [{name: y, action: z}]}",
		    "warning:rate-limit-hook@2 warning:rate-limit-hook@2" },
	};
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		got = findings(rows[i].text, false);
		is_str(got, rows[i].want, rows[i].text);
		free(got);
	}
}

static void
test_validate__strict_makes_errors_of_warnings(void)
{
	char *got = findings("version: 2\nx: 1\n", true);

	is_str(got, "unknown-key@2", "no warning any more");
	free(got);
}
