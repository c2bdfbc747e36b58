#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# add: a manifest becomes an agent of a team that runs, or nothing of it does.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

# manifest NAME [LINE...]: NAME.yaml, a fake agent.
manifest() {
	{
		printf 'name: %s\ncommand: ["%s"]\n' "$1" "$FAKE_AGENT"
		shift
		for manifest_line; do
			printf '%s\n' "$manifest_line"
		done
	} >"${manifest_to:-new}.yaml"
}

# events: the kinds in the journal that begin with add.
events() {
	sed -n 's/.*"event":"\(add\.[a-z_]*\)".*/\1/p' state/journal*.jsonl
}

# nothing_of AGENT: no file, no session, no entry and no process.
nothing_of() {
	find state -name "p-$1*" >left && test_must_be_empty left &&
	test_grep ! "\"p:$1\": {" state/applied.json &&
	{ tmux list-sessions -F "#S" >sessions || :; } &&
	test_grep ! "^a-p-$1\$" sessions
}

test_expect_success 'an agent is added to a team that runs' '
	team "$(fake cache)" && teamctl up &&
	cache=$(field p:cache pid) &&
	manifest w "dependencies: [cache]" "environment: [{name: A, value: b c}]" &&
	teamctl add -f new.yaml --reason "more work" >actual &&
	echo "added   · p:w" >expect &&
	test_cmp expect actual &&
	is p:w state running && is p:w dynamic 1 && is p:cache dynamic 0 &&
	is p:cache pid "$cache" &&
	test_grep "^A=b c$" state/envs/p-w.env
'

test_expect_success 'its phases are journalled, with the reason' '
	events >actual &&
	printf "%s\n" add.validated add.registered add.started \
		add.committed >expect &&
	test_cmp expect actual &&
	test_grep "\"add.committed\",\"agent\":\"p:w\".*\"reason\":\"more work\"" \
		state/journal.jsonl &&
	grep -c "\"command\.\(accepted\|completed\)\".*\"verb\":\"add\"" \
		state/journal.jsonl >actual &&
	echo 2 >expect && test_cmp expect actual &&
	teamctl audit verify
'

test_expect_success 'it belongs to the team: plan, reload, config, restart' '
	teamctl plan >actual && echo "no changes" >expect &&
	test_cmp expect actual &&
	teamctl reload >actual && test_cmp expect actual &&
	teamctl config >actual && test_grep "x-dynamic: true" actual &&
	mkdir elsewhere && teamctl config >elsewhere/team-compose.yaml &&
	teamctl -C elsewhere validate --strict &&
	teamctl restart p:w && is p:w state running &&
	is p:w dynamic 1
'

test_expect_success 'an edit of its manifest is reloaded as any other' '
	sed "s/b c/d/" state/dynamic/p-w.yaml >edited &&
	cat edited >state/dynamic/p-w.yaml &&
	teamctl reload >actual &&
	test_grep "^changed · p:w (env)" actual &&
	sed "s/\"d\"/\"b c\"/;s/: d$/: b c/" edited >state/dynamic/p-w.yaml &&
	teamctl reload
'

test_expect_success 'down and up take it along' '
	teamctl down >actual && test_grep "p:w" actual &&
	teamctl up >actual && test_grep "^up · p:w" actual &&
	is p:w state running
'

test_expect_success 'the same again is nothing new; another one is refused' '
	pid=$(field p:w pid) &&
	teamctl add -f new.yaml --json >actual &&
	test_grep "\"idempotent\": true" actual &&
	test_grep "\"decision\": \"unchanged\"" actual &&
	teamctl add -f new.yaml >actual &&
	test_grep "p:w (already added)" actual &&
	manifest_to=other manifest w &&
	test_expect_code 6 teamctl add -f other.yaml 2>err &&
	test_grep "p:w.*from another manifest" err &&
	manifest cache &&
	test_expect_code 6 teamctl add -f new.yaml 2>err &&
	test_grep "^new.yaml:1:7: error: .*duplicate agent id .cache., first at team-compose.yaml:[0-9]*:5 \[agent-duplicate\]" err &&
	is p:w pid "$pid"
'

test_expect_success 'what is wrong is told with its place, and nothing is done' '
	before=$(cat state/applied.json) &&
	manifest x "dependencies: [x, nobody]" "restart_polcy: never" &&
	test_expect_code 3 teamctl add -f new.yaml 2>err &&
	test_grep "^new.yaml:3:16: error: .*\[depends-on-cycle\]" err &&
	test_grep "^new.yaml:3:19: error: .*\[depends-on\]" err &&
	test_grep "^new.yaml:4:1: hint: did you mean .restart_policy.?" err &&
	printf "name: [x]\n" | test_expect_code 3 teamctl add -f - 2>err &&
	test_grep "^stdin:1:7: error: .name. must be text" err &&
	test_expect_code 3 teamctl add -f nowhere.yaml &&
	test_expect_code 2 teamctl add &&
	manifest x &&
	test_expect_code 4 teamctl add -f new.yaml --project q 2>err &&
	test_grep "no such project: q" err &&
	test "$before" = "$(cat state/applied.json)" && nothing_of x
'

test_expect_success 'a dry run checks, and does nothing' '
	manifest x &&
	echo "commnd: 1" >>new.yaml && teamctl add -f new.yaml --dry-run >actual 2>err &&
	test "$(grep -c "unknown key" err)" = 1 && sed -i "/commnd/d" new.yaml &&
	teamctl add -f new.yaml --dry-run >actual &&
	echo "added   · p:x (dry run)" >expect &&
	test_cmp expect actual &&
	teamctl add -f new.yaml --dry-run --json >actual &&
	test_grep "\"dry_run\": true" actual &&
	nothing_of x
'

test_expect_success 'a secret that is required and missing is no syntax error' '
	manifest x "environment: [{name: T, secret_ref: \"\${T_OKEN}\"}]" \
		"secrets: [{name: T_OKEN, key: x/token, required: true}]" &&
	test_expect_code 6 teamctl add -f new.yaml 2>err &&
	test_grep "^new.yaml:4:11: error: .*T_OKEN.*\[secret-missing\]" err &&
	test_grep "X_TOKEN" err && nothing_of x
'

test_expect_success 'which the answer and the record say, too' '
	test_expect_code 6 teamctl add -f new.yaml --json >actual 2>err &&
	json_is actual results/0/decision rejected &&
	json_is actual results/0/state refused &&
	test_grep "\"message\": \"agent .p:x. needs the secret .T_OKEN" actual &&
	grep command.completed state/journal.jsonl | tail -n 1 >last &&
	test_grep "\"p:x\":\"refused\"" last &&
	test_grep "\"why\":{\"p:x\":\"agent .p:x. needs the secret" last &&
	manifest y "resource_limits: 3" &&
	test_expect_code 3 teamctl add -f new.yaml --json >actual 2>err &&
	test_grep "new.yaml:3:18: .resource_limits. must be a ma" actual &&
	manifest x "environment: [{name: T, secret_ref: \"\${T_OKEN}\"}]" \
		"secrets: [{name: T_OKEN, key: x/token, required: true}]"
'

test_expect_success 'a key of a secret stays in the folder of secrets' '
	for key in ../token x/../../token /etc/passwd x/..; do
		printf "name: k\nsecrets:\n- {name: K, key: %s}\n" $key >k.yaml &&
		test_expect_code 3 teamctl add -f k.yaml 2>err &&
		test_grep "^k.yaml:3:3: error: .*outside of the folder.*\[secret\]" \
			err || return 1
	done &&
	for key in x/token ..x/a..b "file:../token" "env:K"; do
		printf "name: k\nsecrets:\n- {name: K, key: \"%s\"}\n" "$key" \
			>k.yaml &&
		{ teamctl add -f k.yaml --dry-run >out 2>err || :; } &&
		test_grep ! "outside" err || return 1
	done
'

test_expect_success 'a variable stands once in a list' '
	for two in "{name: A, value: b}, {name: B, value: c}, {name: A, value: d}" \
	    "A=b, {name: B, value: c},                       A=d"; do
		printf "name: k\nenvironment: [%s]\n" "$two" >k.yaml &&
		test_expect_code 3 teamctl add -f k.yaml 2>err &&
		test_grep "^k.yaml:2:[1-9][0-9]*: error: .*.A. stands twice in one list, first at k.yaml:2:15 \[yaml-duplicate\]" \
			err || return 1
	done
'

test_expect_success 'a variable of its name or its key, or a file, supplies it' '
	T_OKEN=by-name X_TOKEN=by-key teamctl add -f new.yaml &&
	test_grep "^T=by-name$" state/envs/p-x.env &&
	pid=$(field p:x pid) && for verb in reload restart; do
		test_expect_code 6 teamctl $verb p:x 2>err &&
		test_grep "needs the secret .T_OKEN" err &&
		test_grep "could not be started again: nothing is done" err &&
		is p:x pid "$pid" || return 1
	done && test_grep "^T=by-name$" state/envs/p-x.env &&
	X_TOKEN=by-key teamctl reload p:x &&
	test_grep "^T=by-key$" state/envs/p-x.env &&
	mkdir -p secrets/x && echo in-file >secrets/x/token &&
	teamctl reload p:x && test_grep "^T=in-file$" state/envs/p-x.env &&
	echo elsewhere >"$TEST_DIR/token" && mkdir "$TEST_DIR/x" &&
	mv "$TEST_DIR/token" "$TEST_DIR/x" &&
	TEAMCTL_SECRETS=$TEST_DIR teamctl reload p:x &&
	test_grep "^T=elsewhere$" state/envs/p-x.env &&
	test_grep ! elsewhere state/journal.jsonl
'

test_expect_success 'an agent that does not start is undone' '
	printf "name: bad\ncommand: [sh, -c, exit 3]\nrestart_policy: transient\n" |
		test_expect_code 1 teamctl add -f - >actual 2>err &&
	test_grep "^added   · p:bad \[failed" actual &&
	test_grep "p:bad. was not added" err &&
	nothing_of bad &&
	events | tail -n 1 >actual && echo add.rolled_back >expect &&
	test_cmp expect actual &&
	printf "name: bad\ncommand: [no-such-program]\n" |
		test_expect_code 8 teamctl add -f - && nothing_of bad &&
	teamctl reload p:cache p:w >actual && test_grep "^no changes" actual
'

test_expect_success 'replicas are added and undone together' '
	manifest r "replicas: 3" &&
	teamctl add -f new.yaml --json >actual &&
	test_grep "\"agent\": \"p:r-3\"" actual &&
	is p:r-1 state running && is p:r-3 state running &&
	printf "name: s\nreplicas: 2\ncommand: \"[ \$TEAMCTL_SLOT = 1 ] && exec $FAKE_AGENT; exit 3\"\nrestart: never\n" |
		test_expect_code 1 teamctl add -f - &&
	nothing_of s-1 && nothing_of s-2
'

test_expect_success 'agents as they stand in a compose file, and JSON' '
	printf "named:\n  command: [\"%s\"]\n" "$FAKE_AGENT" | teamctl add -f - &&
	is p:named state running &&
	printf "{\"name\": \"json\", \"kind\": \"supervisor\", \"command\": [\"%s\"]}" \
		"$FAKE_AGENT" | teamctl add -f - -p p &&
	is p:json state running && teamctl config >actual &&
	test_grep "managers:" actual && teamctl down --now
'

test_expect_success 'a name that runs is not added' '
	team "$(fake cache)" "$(fake old)" && teamctl up &&
	team "$(fake cache)" && manifest old &&
	test_expect_code 6 teamctl add -f new.yaml 2>err &&
	test_grep "an agent of that name runs" err && is p:old state running &&
	teamctl down --now
'

test_expect_success 'remove takes an added agent away, and its manifest' '
	rm -rf state && team "$(fake cache)" "$(fake idle)" && teamctl up &&
	manifest w && teamctl add -f new.yaml &&
	manifest r "replicas: 2" && teamctl add -f new.yaml &&
	teamctl remove p:w >actual && test_grep "removed · p:w" actual &&
	test ! -e state/dynamic/p-w.yaml && nothing_of w &&
	teamctl remove p:w >actual &&
	echo "unchanged · p:w (it is removed)" >expect &&
	test_cmp expect actual && test_expect_code 4 teamctl pause p:w &&
	teamctl remove p:r-1 && test -e state/dynamic/p-r.yaml &&
	teamctl reload && is p:r-1 state removed && is p:r-2 state running &&
	teamctl remove p:r-2 && test ! -e state/dynamic/p-r.yaml &&
	nothing_of r-1 && nothing_of r-2 && teamctl remove r >actual &&
	test "$(grep -c "unchanged · p:r-[12]" actual)" = 2 &&
	teamctl reload >actual && echo "no changes" >expect &&
	test_cmp expect actual
'

test_expect_success 'add brings a removed agent back, anew' '
	manifest w "environment: {NEW: yes}" &&
	teamctl add -f new.yaml && is p:w state running &&
	test_grep NEW=yes state/envs/p-w.env &&
	test_grep ! "\"p:w\"$" state/applied.json && teamctl remove w &&
	teamctl down --now && test_expect_code 4 teamctl remove w
'

test_expect_success 'many at once, and the same one twice' '
	rm -rf state && team "$(fake cache)" && teamctl up &&
	for i in 1 2 3 4 5; do
		manifest_to=m$i manifest "n$i" "dependencies: [cache]" ||
			return 1
	done &&
	pids= && for i in 1 2 3 4 5 5; do
		{ teamctl add -f m$i.yaml & } && pids="$pids $!"
	done &&
	for pid in $pids; do wait "$pid" || return 1; done &&
	for i in 1 2 3 4 5; do is p:n$i state running || return 1; done &&
	teamctl plan >actual && test_grep "^no changes" actual &&
	teamctl audit verify && teamctl down --now
'

test_expect_success '--wait: until it is ready' '
	supervisor && teamctl up &&
	manifest slow "readiness: {file: is-ready, check_interval_secs: 0.1}" &&
	{ teamctl add -f new.yaml --wait >out & } && adder=$! &&
	wait_for 20 is p:slow state running && kill -0 "$adder" &&
	touch is-ready && wait "$adder" && is p:slow state ready &&
	test_expect_code 2 teamctl add -f new.yaml --wait --no-wait &&
	no_supervisor && teamctl down --now
'

test_expect_success 'a supervisor knows a former agent of the name from a new one' '
	supervisor && teamctl up && manifest again &&
	teamctl add -f new.yaml && teamctl remove p:again &&
	teamctl add -f new.yaml && pid=$(field p:again pid) &&
	kill -KILL "$pid" && wait_for 20 new_pid p:again "$pid" &&
	no_supervisor && teamctl down --now
'

test_expect_success 'a reason that is wanted, and the id of a command' '
	rm -rf state && TEAM_TOP="control: { require_reason: [add] }" team "$(fake cache)" &&
	teamctl up && manifest w &&
	test_expect_code 2 teamctl add -f new.yaml 2>err &&
	test_grep "add needs a reason" err && nothing_of w &&
	teamctl add -f new.yaml --reason so --command-id c1 --json >first &&
	teamctl remove p:w &&
	teamctl add -f new.yaml --reason so --command-id c1 --json >second &&
	test_grep "started_immediately" second && nothing_of w &&
	teamctl down --now
'

test_expect_success 'a team that is not up: its needs come with it' '
	rm -rf state && team "$(fake cache)" "$(fake idle)" &&
	manifest w "dependencies: [cache]" &&
	teamctl add -f new.yaml >actual &&
	printf "%s\n" "up · p:cache" "added   · p:w" >expect &&
	test_cmp expect actual &&
	is p:cache state running && is p:idle state stopped &&
	teamctl down
'

test_expect_success 'what was refused is on record, with who and why' '
	printf "name: z\nresource_limits: 3\n" >new.yaml &&
	rejections() { teamctl events --kind add.rejected --json >rejected; } &&
	before=$(cat state/applied.json) && rejections &&
	nr=$(grep -c . rejected || :) && seen=$(teamctl audit head) &&
	test_expect_code 3 teamctl add -f new.yaml --by ann --reason why \
		2>err &&
	rejections && lines $((nr + 1)) rejected && tail -n 1 rejected >last &&
	json_is last fields/result rejected &&
	json_is last fields/claimed_by ann && json_is last reason why &&
	json_is last actor "$(id -un)" &&
	test_grep "new.yaml:2:18: .resource_limits. must be a ma" last &&
	test $((${seen%%:*} + 1)) = "$(teamctl audit head | cut -d: -f1)" &&
	test_expect_code 3 teamctl add -f new.yaml --dry-run &&
	test_expect_code 2 teamctl add -f new.yaml --reason " " &&
	rejections && lines $((nr + 1)) rejected &&
	test "$before" = "$(cat state/applied.json)" && nothing_of z &&
	teamctl audit verify
'

test_expect_success 'with a supervisor, too' '
	supervisor && rejections && nr=$(grep -c . rejected) &&
	test_expect_code 3 teamctl add -f new.yaml 2>err &&
	rejections && lines $((nr + 1)) rejected &&
	teamctl audit verify && nothing_of z && no_supervisor
'

test_done
