#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# reload restarts what has changed, and only that; it knows what runs.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

three() {
	team "a: { command: [\"$FAKE_AGENT\"], environment: { X: \"$1\" } }" \
	    "b: { command: [\"$FAKE_AGENT\"]$2 }" "$(fake c)"
}

test_expect_success 'reload of what was never applied adds it' '
	three 1 &&
	teamctl reload --dry-run >dry &&
	cat >expect <<-\EOF &&
	added   · p:a (dry run)
	added   · p:b (dry run)
	added   · p:c (dry run)
	EOF
	test_cmp expect dry &&
	sessions 0 &&
	teamctl reload >out &&
	sed "s/ (dry run)//" dry | sort >expect &&
	grep "^added" out | sort >actual &&
	test_cmp expect actual &&
	sessions 3
'

test_expect_success 'no changes' '
	echo "no changes" >expect &&
	teamctl reload >actual &&
	test_cmp expect actual &&
	echo "no changes (dry run)" >expect &&
	teamctl reload --dry-run >actual &&
	test_cmp expect actual
'

test_expect_success 'only the changed agent is restarted' '
	a=$(field p:a pid) && b=$(field p:b pid) && c=$(field p:c pid) &&
	three 2 &&
	teamctl reload --dry-run >dry &&
	echo "changed · p:a (env) (dry run)" >expect &&
	test_cmp expect dry &&
	is p:a pid "$a" &&
	teamctl reload >actual &&
	test_grep "^changed · p:a (env) \[drained in" actual &&
	test_grep "^reload: 3 agents: 1 drained, 1 started, 2 kept$" actual &&
	is p:b pid "$b" && is p:c pid "$c" &&
	test "$(field p:a pid)" != "$a" &&
	tr "\0" "\n" <"/proc/$(field p:a pid)/environ" >environ &&
	test_grep "^X=2$" environ
'

test_expect_success 'a restart keeps the session: who is attached stays' '
	session=$(tmux display-message -p -t =a-p-a: "#{session_id}") &&
	three 3 && teamctl reload &&
	tmux display-message -p -t =a-p-a: "#{session_id}" >actual &&
	echo "$session" >expect &&
	test_cmp expect actual
'

test_expect_success 'W12: what needs no restart is noticed all the same' '
	a=$(field p:b pid) &&
	three 3 ", can_dm: [a]" &&
	teamctl reload >actual &&
	test_grep "^updated · p:b (acl)$" actual &&
	is p:b pid "$a" &&
	echo "no changes" >expect &&
	teamctl reload >actual &&
	test_cmp expect actual
'

test_expect_success 'W14: after down, reload does not say "no changes"' '
	teamctl down &&
	teamctl reload >actual &&
	test_grep "^started · p:a" actual &&
	test_grep ! "no changes" actual &&
	is p:a state running
'

test_expect_success 'W14: an agent that has crashed is started by reload' '
	kill -KILL "$(field p:b pid)" &&
	wait_for 20 is p:b state failed &&
	is p:b last_exit 137 &&
	teamctl reload >actual &&
	test_grep "^started · p:b" actual &&
	is p:b state running
'

test_expect_success 'W19: a removed agent is drained and forgotten' '
	team "$(fake c)" "a: { command: [\"$FAKE_AGENT\"], environment: { X: \"3\" } }" &&
	teamctl reload >actual &&
	test_grep "^removed · p:b \[drained in" actual &&
	sessions 2 &&
	test_must_fail field p:b state &&
	test ! -e state/envs/p-b.env
'

test_expect_success 'W19: removed agents are found when the prefix changed' '
	sed -i "s/drain_timeout_secs/tmux_prefix: z-, &/" team-compose.yaml &&
	sed -i "/^ *c:/d" team-compose.yaml &&
	teamctl reload >actual &&
	test_grep "^removed · p:c" actual &&
	sessions 1
'

test_expect_success 'W16: agents are found when the state is lost' '
	team "$(fake a)" "$(fake b)" &&
	teamctl reload &&
	rm state/applied.json &&
	team "$(fake a)" &&
	teamctl reload >actual &&
	test_grep "^removed · p:b" actual &&
	test_grep ! "p:a" actual &&
	sessions 1 &&
	teamctl down
'

test_expect_success 'W16: a broken state file is not overwritten' '
	team "$(fake a)" && teamctl up &&
	echo "{ rubbish" >state/applied.json &&
	cp state/applied.json before &&
	test_must_fail teamctl reload 2>err &&
	test_grep "applied.json:1:" err &&
	test_cmp before state/applied.json &&
	test_expect_code 1 teamctl restart 2>err && lines 2 err &&
	test_grep "hint: mend the file, or move it away" err &&
	for verb in "pause a" pause "scale a=2" "down --now" "quarantine a"; do
		test_expect_code 1 teamctl $verb 2>err && lines 2 err &&
		test_grep "hint: mend the file, or move it away" err ||
			return 1
	done &&
	teamctl wait --for running 2>err && lines 1 err &&
	test_cmp before state/applied.json &&
	test_expect_code 2 teamctl doctor >out &&
	test_grep "^failure  applied state .*applied.json:1:" out &&
	mv team-compose.yaml away.yaml && teamctl status >out 2>err &&
	test_grep "compose files cannot be used" err &&
	mv away.yaml team-compose.yaml &&
	teamctl status >actual &&
	test_grep "p:a  *running" actual &&
	rm state/applied.json &&
	teamctl down && sessions 0
'

test_expect_success 'W15: one that cannot start does not stop the others' '
	team "$(fake a)" "$(fake b)" &&
	teamctl up &&
	team "$(fake a --exit 3)" "$(fake b --print new)" &&
	test_expect_code 1 teamctl reload >actual 2>err &&
	test_grep "^changed · p:a .*\[failed: ended at once: exit 3\]" actual &&
	test_grep "^changed · p:b (command) \[drained" actual &&
	is p:b state running &&
	test_expect_code 1 teamctl reload >actual &&
	test_grep ! "p:b" actual
'

test_expect_success 'W8: where no time is given, nothing has timed out' '
	teamctl down --now && rm -f r &&
	team "$(fake a --ignore all --ready r)" && teamctl reload &&
	wait_for 20 test -s r &&
	test_expect_code 5 teamctl down --timeout 0 --fail-on-kill >actual &&
	test_grep "^down · p:a \[killed\]$" actual
'

test_expect_success 'W8: a drain that times out is told from one that works' '
	teamctl down --now &&
	TEAM_DRAIN=1 team "$(fake a --ignore INT --ready r)" "$(fake b)" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	TEAM_DRAIN=1 team "$(fake a --ignore INT --ready s)" "$(fake b --print x)" &&
	test_expect_code 5 teamctl reload --fail-on-kill >actual &&
	test_grep "^changed · p:a (command) \[drain timed out — killed\]$" actual &&
	test_grep "^changed · p:b (command) \[drained in" actual &&
	test_grep "^reload: 2 agents: 1 drained, 1 killed, 2 started$" actual
'

test_expect_success 'one that takes long to stop holds up nobody else' '
	teamctl down --now &&
	TEAM_DRAIN=5 team "$(fake a --ignore INT --ready r)" "$(fake b)" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	TEAM_DRAIN=5 team "$(fake a --ignore INT --print x)" "$(fake b --print x)" &&
	rm -f actual && { teamctl reload >actual & } &&
	wait_for 20 grep "^changed · p:b (command) .drained" actual &&
	test_grep ! "p:a" actual &&
	teamctl status >during &&
	test_grep "p:b  *running" during &&
	wait && test_grep "^changed · p:a (command) .drain timed out" actual
'

test_expect_success 'unknown members of the state survive' '
	sed -i "s/\"schema\"/\"future\": {\"x\": 1}, \"schema\"/" state/applied.json &&
	teamctl restart b &&
	test_grep "\"future\"" state/applied.json &&
	teamctl down --now
'

test_expect_success 'Ctrl-C while it drains: whoever is not started has a line' '
	TEAM_DRAIN=5 team "$(fake a --ignore INT --ready r)" "$(fake b)" &&
	teamctl up && wait_for 20 test -s r && before=$(field p:b pid) &&
	TEAM_DRAIN=5 team "$(fake a --ignore INT --print x)" \
	    "$(fake b --print x)" "c: { command: [\"$FAKE_AGENT\"], depends_on: [a] }" &&
	for verb in reload restart; do
		{ teamctl "$verb" >out 2>err & pid=$!; } &&
		wait_for 20 new_pid p:b "$before" &&
		kill -INT "$pid" && test_expect_code 130 wait "$pid" &&
		test_grep "p:a .*killed\] \[not started: interrupted\]$" out &&
		test_grep "p:c .*which did not start\]$" out &&
		test_grep "^$verb: 3 agents: .*, 1 not started, 1 failed$" out &&
		is p:a state stopped && test_must_fail is p:c state running &&
		rm -f r && cp team-compose.yaml kept &&
		TEAM_DRAIN=5 team "$(fake a --ignore INT --ready r)" \
		    "$(fake b)" && teamctl reload && teamctl up &&
		wait_for 20 test -s r && before=$(field p:b pid) &&
		cp kept team-compose.yaml || { cat out err; return 1; }
	done && teamctl down --now
'

# late [KEYS]: an agent that takes 1 s to end, with exit status 0, when asked.
late() {
	TEAM_DRAIN=9 team "a: { command: [\"$FAKE_AGENT\", --slow-stop, \"1000\", --ready, r], restart: on-failure$1 }"
}

# cut VERB: it gets a Ctrl-C while it drains.
cut() {
	{ teamctl "$1" >out 2>err & pid=$!; } &&
	wait_for 20 grep agent.stop_requested state/journal.jsonl &&
	kill -INT "$pid" && test_expect_code 130 wait "$pid" &&
	test_grep "p:a .*\[drained .* \[not started: interrupted\]$" out
}

test_expect_success 'Ctrl-C while it drains: that is no end of its own' '
	rm -rf r state && late && teamctl up && wait_for 20 test -s r &&
	cut restart &&
	is p:a state stopped && teamctl why a >why &&
	test_grep ! "by itself" why &&
	teamctl reload >actual && test_grep "^started · p:a" actual &&
	teamctl down --now
'

test_expect_success 'Ctrl-C while it drains: a supervisor starts it, uncounted' '
	rm -rf r state && late && teamctl up && wait_for 20 test -s r &&
	supervisor &&
	late ", environment: { X: y }" && cut reload &&
	wait_for 20 is p:a state running &&
	teamctl events --json >events && test_grep ! agent.exited events &&
	teamctl status --json >status &&
	json_is status agents/0/budget_left 5 &&
	teamctl down --now
'

# job RESTART EXIT [KEYS]: it counts its runs, beside an agent that stays.
job() {
	team "$(fake a)" "job: { command: [\"$FAKE_AGENT\", --count, count, --exit, \"$2\"], restart: $1$3 }"
}

test_expect_success 'a job that is done is not done again' '
	rm -rf count state && job on-failure 0 && teamctl up >out &&
	test_grep "^up · p:job \[already done: exit 0\]$" out && lines 1 count &&
	echo "no changes" >expect && teamctl reload >out && test_cmp expect out &&
	job on-failure 0 ", drain: { gap: 1s }" && teamctl reload >out &&
	test_grep "^updated · p:job (drain)$" out && lines 1 count
'

test_expect_success '... unless it is another, or somebody wants it' '
	job on-failure 0 ", drain: { gap: 1s }, environment: { X: 1 }" &&
	teamctl reload --dry-run >out &&
	echo "started · p:job (env) (dry run)" >expect && test_cmp expect out &&
	teamctl reload >out && test_grep "^started · p:job (env)" out &&
	lines 2 count &&
	teamctl up >out && test_grep "^up · p:job \[already done" out &&
	lines 3 count &&
	teamctl down >out && teamctl reload >out &&
	test_grep "^started · p:job" out && lines 4 count &&
	job always 0 ", environment: { X: 1 }" &&
	{ teamctl reload >out 2>&1 || :; } && lines 5 count
'

test_expect_success 'one that has failed is started' '
	rm -f count && { job never 3 && teamctl reload >out 2>&1 || :; } &&
	lines 1 count && { teamctl reload >out 2>&1 || :; } &&
	test_grep "^started · p:job .*exit 3" out && lines 2 count &&
	teamctl down
'

test_done
