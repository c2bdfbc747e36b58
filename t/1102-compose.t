#!/bin/sh
# Teams as upstream writes them, in several files, and what validate does with
# its options.
. "$(dirname "$0")/lib.sh"

# A tree in the manner of upstream's examples: NAME
upstream_team() {
	mkdir -p "$1/projects" "$1/roles" "$1/workspace" &&
	echo "You lead." >"$1/roles/lead.md" &&
	cat >"$1/team-compose.yaml" <<-\EOT &&
	version: 2
	broker:
	  type: sqlite
	  path: state/mailbox.db
	supervisor:
	  type: tmux
	  tmux_prefix: up-
	budget:
	  daily_usd_limit: 10.0
	  message_ttl_hours: 72
	hitl:
	  globally_sensitive_actions:
	    - publish
	projects:
	  - file: projects/one.yaml
	EOT
	cat >"$1/projects/one.yaml" <<-\EOT
	version: 2
	project:
	  id: one
	  name: Number One
	  cwd: ./workspace
	channels:
	  - name: team
	    members: [lead, hand]
	  - name: all
	    members: "*"
	managers:
	  lead:
	    runtime: claude-code
	    model: claude-opus-4-7
	    role_prompt: roles/lead.md
	    permission_mode: auto
	    autonomy: low_risk_only
	    can_dm: [hand]
	    can_broadcast: [team, all]
	    interfaces:
	      telegram:
	        bot_token_env: TG_TOKEN
	        chat_ids_env: TG_CHATS
	workers:
	  hand:
	    role_prompt: roles/lead.md
	    reports_to: lead
	    can_dm:
	    can_broadcast: [team]
	  aide:
	EOT
}

test_expect_success 'an upstream tree validates with the line of upstream' '
	upstream_team team &&
	printf "ok \302\267 1 project \302\267 3 agents\n" >expect &&
	teamctl -C team validate >actual 2>err &&
	test_cmp expect actual &&
	test_grep ! "warning" err
'

test_expect_success 'its channels and the like are said to have no effect' '
	test_grep "note: accepted for compatibility, no effect: .*broker.*channels" err &&
	test "$(grep -c note: err)" = 1
'

test_expect_success 'a version that is a semver, and one for no project' '
	mkdir -p none &&
	printf "version: \"2.0.0\"\nprojects: []\n" >none/team-compose.yaml &&
	printf "ok \302\267 0 projects \302\267 0 agents\n" >expect &&
	teamctl -C none validate >actual &&
	test_cmp expect actual
'

test_expect_success 'W31: a typing error warns with the nearest key' '
	sed "s/can_dm: /can_dms: /" team/projects/one.yaml >new &&
	upstream_team typo && cp new typo/projects/one.yaml &&
	teamctl -C typo validate >out 2>err &&
	test_grep "projects/one.yaml:18:5: warning: unknown key .can_dms. is ignored" err &&
	test_grep "projects/one.yaml:18:5: hint: did you mean .can_dm.?" err
'

test_expect_success 'W31: --strict makes that an error' '
	test_expect_code 3 teamctl -C typo validate --strict >out 2>err &&
	test_must_be_empty out &&
	test_grep "one.yaml:18:5: error: unknown key" err &&
	test_grep "^1 error, 0 warnings" err
'

test_expect_success '--json has all findings and nothing on stderr' '
	test_expect_code 3 teamctl -C typo validate --strict --json >out 2>err &&
	test_must_be_empty err &&
	tr -d " \n" <out >flat &&
	test_grep "\"schema\":1" flat &&
	test_grep "\"ok\":false" flat &&
	test_grep "\"level\":\"error\",\"file\":\"projects/one.yaml\",\"line\":18,\"col\":5,\"rule\":\"unknown-key\"" flat &&
	teamctl -C team validate --json >out &&
	tr -d " \n" <out >flat &&
	test_grep "\"ok\":true" flat
'

test_expect_success 'W28: a malformed runtime descriptor is an error' '
	upstream_team w28 && mkdir w28/runtimes &&
	printf "binary: [x\n" >w28/runtimes/mine.yaml &&
	test_expect_code 3 teamctl -C w28 validate 2>err &&
	test_grep "^runtimes/mine.yaml:2:1: error: " err &&
	printf "default_model: x\n" >w28/runtimes/mine.yaml &&
	test_expect_code 3 teamctl -C w28 validate 2>err &&
	test_grep "^runtimes/mine.yaml:1:1: error: .*binary" err
'

test_expect_success 'W28: and the check of runtimes is not skipped for it' '
	sed "s/runtime: claude-code/runtime: nonesuch/" team/projects/one.yaml \
		>w28/projects/one.yaml &&
	test_expect_code 3 teamctl -C w28 validate 2>err &&
	test_grep "one.yaml:13:14: error: .*unknown runtime .nonesuch. \[runtime-unknown\]" err
'

test_expect_success 'W29: ids that a shell or tmux would take apart are errors' '
	upstream_team w29 &&
	sed "s/^  aide:/  \"x; touch pwned\":/" team/projects/one.yaml \
		>w29/projects/one.yaml &&
	test_expect_code 3 teamctl -C w29 validate 2>err &&
	test_grep "one.yaml:30:3: error: agent id .x; touch pwned. .*\[name-charset\]" err
'

test_expect_success 'W30: agents that would share a session are errors' '
	upstream_team w30 &&
	cat >>w30/team-compose.yaml <<-\EOT &&
	  - id: one-lead
	    workers: {x: }
	  - id: one
	    workers: {b: }
	  - id: on
	    workers: {e-lead: , e.lead: , e_lead: }
	EOT
	test_expect_code 3 teamctl -C w30 validate 2>err &&
	test_grep "error: duplicate project id .one., first at projects/one.yaml:3:7" err &&
	test_grep "error: agents .on:e.lead. and .on:e_lead. would share" err &&
	printf "version: 2\nprojects:\n- {id: a, workers: {b-c: }}\n- {id: a-b, workers: {c: }}\n" \
		>w30/team-compose.yaml &&
	test_expect_code 3 teamctl -C w30 validate 2>err &&
	test_grep "4:23: error: agents .a:b-c. and .a-b:c. would share the tmux session .a-a-b-c. \[session-collision\]" err
'

test_expect_success 'W32: members that are a word and not "*" are an error' '
	upstream_team w32 &&
	sed "s/members: \"\*\"/members: lead/" team/projects/one.yaml \
		>w32/projects/one.yaml &&
	test_expect_code 3 teamctl -C w32 validate 2>err &&
	test_grep "one.yaml:10:14: error: .*\[channel-members\]" err
'

test_expect_success 'W38: another supervisor is accepted with a warning' '
	upstream_team w38 &&
	sed "s/type: tmux/type: systemd/" team/team-compose.yaml \
		>w38/team-compose.yaml &&
	teamctl -C w38 validate 2>err &&
	test_grep "team-compose.yaml:6:9: warning: .*systemd.*tmux.*\[supervisor-unused\]" err
'

test_expect_success 'files that are not there are warnings, with their places' '
	upstream_team gone && rm -r gone/workspace gone/roles &&
	teamctl -C gone validate 2>err &&
	test_grep "one.yaml:5:8: warning: .*workspace.*\[cwd-missing\]" err &&
	test_grep "one.yaml:15:18: warning: .*lead.md.*\[role-prompt-missing\]" err &&
	sed "s,cwd: ./workspace,&\n  create_cwd: true," team/projects/one.yaml \
		>gone/projects/one.yaml &&
	teamctl -C gone validate 2>err &&
	test_grep ! "cwd-missing" err
'

test_expect_success 'a project file needs its version, name and cwd' '
	upstream_team bare &&
	printf "project: {id: one}\n" >bare/projects/one.yaml &&
	test_expect_code 3 teamctl -C bare validate 2>err &&
	test_grep "projects/one.yaml:1:1: error: .version. is missing" err &&
	test_grep "projects/one.yaml:1:1: error: the project.s .name. is missing" err &&
	test_grep "projects/one.yaml:1:1: error: the project.s .cwd. is missing" err
'

test_expect_success 'all errors of all files are reported, sorted by place' '
	upstream_team many &&
	sed "s/runtime: claude-code/runtime: x/; s/can_dm: .hand./can_dm: [y]/" \
		team/projects/one.yaml >many/projects/one.yaml &&
	sed "s/sqlite/mysql/" team/team-compose.yaml >many/team-compose.yaml &&
	test_expect_code 3 teamctl -C many validate 2>err &&
	sed -n "s/: error:.*//p" err >actual &&
	printf "%s\n" projects/one.yaml:13:14 projects/one.yaml:18:14 \
		team-compose.yaml:3:9 >expect &&
	test_cmp expect actual &&
	test_grep "^3 errors, 0 warnings" err
'

# Real teams of upstream, where they are at hand: TEAMS names their folder.
TEAMS=${TEAMS:-$ROOT/../shared/teams}
[ -d "$TEAMS" ] && test_set_prereq TEAMS
for dir in "$TEAMS"/*/.team; do
	[ -d "$dir" ] || continue
	name=$(basename "${dir%/.team}")
	test_expect_success TEAMS "the team $name of upstream" '
		rm -rf copy && cp -R "$dir" copy && chmod -R u+w copy &&
		teamctl -C copy validate >out 2>err &&
		test_grep "^ok " out &&
		test_grep ! "unknown-key" err &&
		teamctl -C copy -q config >first &&
		cp first copy/team-compose.yaml &&
		teamctl -C copy -q config >second &&
		test_cmp first second
	'
done

test_done
