#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A command beside the drain of another command, or of the supervisor.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

# drains [AGENT]: a drain of the team in the current folder has begun.
drains() {
	teamctl events --kind agent.stop_requested | grep "p:${1:-}"
}

# beside FOLDER COMMAND...: while `a` is drained there; its code is in `code`.
beside() {
	cd "$1" || return 1
	shift
	wait_for 20 drains && teamctl "$@" >out 2>err
	echo $? >code
}

test_expect_success 'who waits for a long drain outlasts it, and says for whom' '
	TEAM_DRAIN=11 &&
	for folder in with without; do
		mkdir $folder && cd $folder &&
		team "$(fake a --ignore INT)" "$(fake b)" &&
		sed -i "s/supervisor: {/& tmux_prefix: $folder-,/" \
			team-compose.yaml && teamctl up >out && cd .. || return 1
	done &&
	cd with && supervisor && teamctl pause --stop a --no-wait >out &&
	cd ../without && { teamctl pause --stop a >paused & } && cd .. &&
	{ beside with up b & } && pid=$! && beside without up b && cd .. &&
	wait $pid && for folder in with without; do
		cat $folder/err && echo 0 >expect &&
		test_cmp expect $folder/code &&
		test_grep "waiting for pid [0-9]* (teamctl" $folder/err &&
		lines 1 $folder/err || return 1
	done &&
	for folder in with without; do
		teamctl -C $folder down --now >out || return 1
	done && wait
'

# Stubborn agents that take 60 s to drain; c depends on b.
stubborn() {
	rm -rf state && TEAM_DRAIN=60 && team "$(fake a --ignore INT)" \
		"$(fake b --ignore INT)" "$(fake c --ignore INT |
		sed 's/}$/, depends_on: [b] }/')" && teamctl up
}

# cut_short AGENT FILE: that says so.
cut_short() {
	test_grep "p:$1 \[killed\]" "$2"
}

test_expect_success 'down --now cuts short what another command drains' '
	stubborn && for verb in down "pause --stop"; do
		teamctl up >out && { teamctl $verb >other & } && pid=$! &&
		wait_for 20 drains &&
		teamctl down --now --lock-timeout 30s >actual &&
		wait $pid && cat other actual && for agent in a b c; do
			cut_short $agent other || return 1
		done && rm -rf state || return 1
	done
'

test_expect_success 'but only of the agents that it names' '
	stubborn && { teamctl down >other & } && pid=$! &&
	wait_for 20 drains &&
	{ teamctl down --now b c >actual & } &&
	wait_for 20 drains b && is p:a state draining &&
	teamctl down --now a >out && wait && cat other && cut_short c other &&
	cut_short b other
'

test_expect_success 'restart tells the same with a supervisor and without' '
	TEAM_DRAIN=1 && rm -rf state &&
	team "$(fake a --ignore INT)" "$(fake b)" && teamctl up >out &&
	teamctl restart >alone && supervisor && teamctl restart >helped &&
	sed "s/in .*s\]/in T]/" alone | sort >expect &&
	sed "s/in .*s\]/in T]/" helped | sort >actual && test_cmp expect actual &&
	test_grep "p:a \[drain timed out — killed\]" actual &&
	test_grep "^restart: 2 agents: 1 drained, 1 killed, 2 started" actual &&
	teamctl restart a --json >actual &&
	json_is actual results/0/stop/timed_out true
'

test_expect_success 'a restart that comes during a down comes after it' '
	{ teamctl down >other & } && wait_for 20 is p:a state draining &&
	teamctl restart >actual && cat actual &&
	test_grep "started · p:a" actual && is p:a state running &&
	test_grep "down: 2 agents" other && wait
'

test_expect_success 'what a shutdown has kept from being done has failed' '
	supervisor && { teamctl restart --json >other & } && pid=$! &&
	wait_for 20 is p:a state draining && teamctl shutdown &&
	test_expect_code 1 wait $pid && json_is other ok false &&
	json_is other results/0/state failed &&
	test_grep "cut short by a shutdown" other &&
	teamctl events --kind command.completed --json | tail -n 2 >events &&
	test_grep "\"verb\": *\"restart\"" events && teamctl down --now
'

test_done
