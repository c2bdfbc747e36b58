#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# down when not everything is as it was at up: files deleted, the folder moved
# or copied, shims killed.  What was started is stopped, and nothing else.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# The shim of an agent.
shim() {
	ps -o ppid= "$(field "$1" pid)" | tr -d " "
}

# On a server of its own, and looked at at the end: it takes 15 s until a shim
# without a record is no longer taken for one that has just been started.
early() {
	teamctl -C early "$@"
}

test_expect_success 'only the records are deleted' '
	mkdir early && (cd early && team "$(fake a)" "$(fake b)") &&
	sed -i "s/autostart/tmux_socket: early, autostart/" early/team-compose.yaml &&
	early up && rm -r early/state/exits
'

test_expect_success 'W36: the compose file is deleted: down works all the same' '
	mkdir -p repo/.team repo/sub && (
		cd repo/.team && team "$(fake a)" "$(fake b --ignore all)"
		cd ../sub && teamctl up && rm ../.team/team-compose.yaml &&
		test_expect_code 3 teamctl up 2>err &&
		test_grep "team-compose.yaml: error: cannot open" err &&
		test_expect_code 3 teamctl reload &&
		is p:a state running &&
		teamctl down --timeout 200ms >out 2>err &&
		test_grep "^down: 2 agents: 1 drained, 1 killed$" out &&
		test_grep "going by what was applied" err
	) && sessions 0
'

test_expect_success 'so with -C' '
	team "$(fake a)" && teamctl up && rm team-compose.yaml &&
	mkdir -p elsewhere && cd elsewhere &&
	teamctl -C .. down && sessions 0 &&
	test_expect_code 3 teamctl -C . down 2>err &&
	test_grep "no team-compose.yaml in" err
'

test_expect_success 'so with -f' '
	team "$(fake a)" && mv team-compose.yaml my.yaml &&
	teamctl -f my.yaml up && rm my.yaml &&
	test_expect_code 3 teamctl -f my.yaml up 2>err &&
	test_grep "my.yaml: error: cannot open" err &&
	teamctl -f my.yaml status >out 2>err && test_grep "p:a *running" out &&
	teamctl -f "$PWD/my.yaml" down >out 2>err &&
	test_grep "going by what was applied" err &&
	test_grep "^down: 1 agent: 1 drained$" out && sessions 0 &&
	mkdir -p none && test_expect_code 3 teamctl -f none/my.yaml down 2>err &&
	test_grep "cannot open .none/my.yaml.: No such file" err &&
	test_expect_code 3 teamctl -f none down 2>err &&
	test_grep "it is a folder" err
'

test_expect_success 'the state folder is deleted: up records what runs anew' '
	team "$(fake a)" "$(fake b)" && teamctl up && first=$(field p:a pid) &&
	rm -r state &&
	is p:a state running &&
	for verb in "pause a" pause "pause --freeze a" "quarantine a" "remove a"; do
		test_expect_code 6 teamctl $verb 2>err &&
		test_grep "agent .p:a. runs, but nothing is recorded" err &&
		test_grep "hint: .teamctl up. records" err &&
		is p:a state running || return 1
	done &&
	{ teamctl doctor >out || :; } &&
	test_grep "2 run and are not in the state: p:a, p:b — teamctl up" out &&
	teamctl up >out && sessions 2 &&
	test_grep "^up · p:a (already running, recorded anew, outdated: env" out &&
	is p:a pid "$first" && is p:a state running &&
	teamctl up >out &&
	test_grep "^up · p:a (already running, outdated: env" out &&
	teamctl pause --freeze a && teamctl resume a && is p:a pid "$first" &&
	teamctl reload >out &&
	test_grep "^changed · p:a " out &&
	test_grep "^reload: 2 agents: 2 drained, 2 started$" out &&
	rm state/applied.json && teamctl up >out &&
	test_grep "^up · p:a (already running, recorded anew)$" out &&
	echo "no changes" >expect && teamctl reload >out && test_cmp expect out &&
	rm -r state && teamctl down >out &&
	test_grep "^down: 2 agents: 2 drained$" out &&
	sessions 0
'

test_expect_success 'so a supervisor looks after it again' '
	team "$(fake a)" && teamctl up && first=$(field p:a pid) &&
	rm -r state && teamctl up && supervisor &&
	kill -KILL "$first" && wait_for 20 is p:a restarts 1 &&
	wait_for 20 is p:a state running &&
	teamctl up >out && test_grep "^up · p:a (already running)$" out &&
	teamctl down && wait "$sup"
'

test_expect_success 'the folder is moved: its agents are still its own' '
	mkdir old && (cd old && team "$(fake a)" "$(fake b)" && teamctl up) &&
	mv old new && cd new &&
	is p:a state running &&
	teamctl up >out &&
	test_grep "^up · p:b (already running, outdated: env" out &&
	teamctl reload a >out &&
	test_grep "^changed · p:a " out &&
	teamctl up >out &&
	test_grep "^up · p:a (already running)$" out &&
	teamctl down >out &&
	test_grep "^down: 2 agents: 2 drained$" out &&
	sessions 0
'

test_expect_success 'the folder is copied: its agents are those of the first' '
	mkdir one && (cd one && team "$(fake a)" && teamctl up) &&
	cp -R one two && cd two &&
	test_must_fail is p:a state running && test_must_fail is p:a state lost &&
	test_expect_code 1 teamctl up 2>err &&
	test_grep "not of this team" err &&
	teamctl down >out &&
	test_grep "already stopped" out &&
	cd ../one && is p:a state running && teamctl down
'

test_expect_success 'down is killed while shims end their agents: up waits for that' '
	team "a: { command: [\"$FAKE_AGENT\", --ignore, all], drain: { kill_after: 3s } }" \
	    "$(fake b)" && teamctl up && first=$(field p:a pid) &&
	kill -TERM "$(shim p:a)" &&
	wait_for 20 grep -q "\"asked\": *true" state/exits/p-a.json &&
	teamctl up >out &&
	test_grep "^up · p:a$" out &&
	test_grep "^up · p:b (already running)$" out &&
	test_must_fail lives "$first" && is p:a state running &&
	second=$(field p:a pid) &&
	kill -TERM "$(shim p:a)" &&
	wait_for 20 grep -q "\"asked\": *true" state/exits/p-a.json &&
	teamctl reload >out &&
	test_grep "^started · p:a$" out &&
	test_must_fail lives "$second" && is p:a state running &&
	teamctl down --now
'

test_expect_success 'so where only what an agent has left behind is still being ended' '
	team "a: { command: [\"$FAKE_AGENT\", --child, setsid, --child-ignore, all, --children, kids, --ready, ready], drain: { kill_after: 3s } }" &&
	teamctl up && wait_for 20 test -s ready && first=$(field p:a pid) &&
	kill -KILL "$first" && wait_for 20 test ! -d "/proc/$first" &&
	teamctl up >out &&
	test_grep "^up · p:a$" out &&
	test_must_fail lives "$(cat kids)" && is p:a state running &&
	teamctl down --now
'

wants() { # OPERATION
	grep -q "\"operation\": \"$1\"" state/applied.json
}

test_expect_success 'down is killed while it drains: up and reload have it run on' '
	team "a: { command: [\"$FAKE_AGENT\", --ignore, INT], drain: { timeout: 10m } }" &&
	teamctl up &&
	for verb in up reload; do
		teamctl down >out & pid=$! &&
		wait_for 20 wants stopped && kill -9 "$pid" &&
		wait "$pid"
		teamctl "$verb" && wants active || return 1
	done &&
	is p:a state running && teamctl down --now
'

test_expect_success 'a shim is killed below an agent without environment' '
	team "a: { command: [env, -i, \"$FAKE_AGENT\", --ignore, all] }" &&
	teamctl up && first=$(field p:a pid) &&
	kill -9 "$(shim p:a)" && wait_for 20 is p:a state lost &&
	teamctl up && is p:a state running &&
	test_must_fail lives "$first" &&
	second=$(field p:a pid) &&
	kill -9 "$(shim p:a)" && wait_for 20 is p:a state lost &&
	teamctl down >out &&
	test_grep "^down · p:a \[killed\]$" out &&
	test_must_fail lives "$second"
'

test_expect_success 'those of whom only the records were deleted: so, too' '
	wait_for 30 eval "early status >out && grep \"p:b  *running\" out" &&
	early up >out && test_grep "^up · p:a (already running, recorded anew)$" out &&
	early up >out && test_grep "^up · p:a (already running)$" out &&
	early status >out && test_grep "p:b  *running .* [0-9][0-9]* .* a-p-b" out &&
	echo "no changes" >expect && early reload >out && test_cmp expect out &&
	early down >out && test_grep "^down: 2 agents: 2 drained$" out
'

test_done
