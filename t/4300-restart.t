#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What the supervisor does about an end: policy, budget, waits, reset.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# stamped NAME RESTART COMMAND: each start adds its time in ms to NAME.
stamped() {
	printf '%s: { command: [sh, -c, "date +%%s%%3N >>%s; %s"], restart: %s }' \
	    "$1" "$1" "$3" "$2"
}

# at_least MS FILE: the gaps between the times in it, in order.
at_least() {
	awk -v want="$1" 'BEGIN { n = split(want, gap) }
		NR > 1 {
			print "gap", NR - 1, $1 - last
			if (NR - 1 <= n && $1 - last < gap[NR - 1]) bad = 1
		}
		{ last = $1 }
		END { exit bad || NR <= n }' "$2"
}

QUICK='backoff: { initial: 1ms, max: 1ms }'

test_expect_success 'policy and exit: who is started again' '
	team "$(stamped a0 "{ policy: always, max_restarts: 2, $QUICK }" "exit 0")" \
	    "$(stamped a3 "{ policy: always, max_restarts: 2, $QUICK }" "exit 3")" \
	    "$(stamped f0 "{ policy: on-failure, max_restarts: 2, $QUICK }" "sleep 0.3; exit 0")" \
	    "$(stamped f3 "{ policy: on-failure, max_restarts: 2, $QUICK }" "exit 3")" \
	    "$(stamped fk "{ policy: on-failure, max_restarts: 2, $QUICK }" "kill -9 \$\$\$\$")" \
	    "$(stamped fs "{ policy: on-failure, max_restarts: 2, success_exit_codes: [0, 42], $QUICK }" "sleep 0.3; exit 42")" \
	    "$(stamped fx "{ policy: on-failure, max_restarts: 2, success_exit_codes: [42], $QUICK }" "exit 0")" \
	    "$(stamped n0 "never" "exit 0")" \
	    "$(stamped n3 "never" "exit 3")" &&
	{ teamctl up >out 2>&1 || :; } &&
	supervisor &&
	for id in a0 a3 f3 fk fx; do
		wait_for 20 snapshot agents/p:$id/state failed &&
		lines 3 $id || return 1
	done &&
	for id in f0 fs n0 n3; do
		wait_for 20 snapshot agents/p:$id/state done &&
		lines 1 $id || return 1
	done
'

test_expect_success 'the reason has the numbers, and status shows it' '
	test_grep "p:a3: failed: exit 3 .*2 restarts in 60s used up (limit 2); failed until .teamctl reset." \
	    sup.log &&
	test_grep "p:f0: done: exit 0 .*policy on-failure" sup.log &&
	test_grep "p:n3: done: exit 3 .*policy never" sup.log &&
	test_grep "p:fk: failed: signal 9 (KILL)" sup.log &&
	is p:a3 state failed && is p:n3 state failed &&
	is p:fs state stopped && is p:n0 state stopped &&
	teamctl state p:fs >state.out && test_grep "stopped" state.out &&
	teamctl status >status &&
	test_grep "p:a3.*failed" status
'

test_expect_success 'failed stays failed with the next supervisor' '
	no_supervisor &&
	supervisor &&
	snapshot agents/p:a3/state failed &&
	lines 3 a3
'

test_expect_success 'reset: it starts anew, with a new budget' '
	teamctl reset a3 >actual &&
	echo "reset · p:a3" >expect &&
	test_cmp expect actual &&
	wait_for 20 sh -c "test \$(wc -l <a3) -eq 6" &&
	wait_for 20 snapshot agents/p:a3/state failed &&
	lines 6 a3 && lines 3 f3 &&
	test_expect_code 4 teamctl reset nobody &&
	no_supervisor &&
	test_expect_code 7 teamctl reset a3 2>err &&
	test_grep "no supervisor" err &&
	teamctl down >actual
'

test_expect_success 'W23: waits are waited for, grow, and have a maximum' '
	rm -f w &&
	team "$(stamped w "{ max_restarts: 4, backoff: { initial: 200ms, max: 500ms, factor: 2, jitter: 0 } }" "exit 1")" &&
	{ teamctl up >out 2>&1 || :; } &&
	supervisor &&
	wait_for 30 snapshot agents/p:w/state failed &&
	lines 5 w &&
	at_least "200 400 500 500" w &&
	no_supervisor
'

test_expect_success 'the budget survives the supervisor' '
	teamctl down >out &&
	team "$(stamped b "{ max_restarts: 3, backoff: { initial: 400ms, max: 400ms, jitter: 0 } }" "sleep 0.3; exit 1")" &&
	teamctl up >out &&
	supervisor &&
	wait_for 20 at_least 400 b &&
	kill -KILL "$sup" && { wait "$sup" || :; } &&
	supervisor &&
	wait_for 30 snapshot agents/p:b/state failed &&
	lines 4 b && no_supervisor && teamctl down >out
'

test_expect_success 'a stable run begins the waits anew' '
	rm -f s &&
	team "$(stamped s "{ max_restarts: 100, reset_after: 300ms, backoff: { initial: 50ms, max: 60s, factor: 100, jitter: 0 } }" "sleep 0.6; exit 1")" &&
	teamctl up >out && supervisor &&
	wait_for 30 sh -c "test \$(wc -l <s) -ge 4" &&
	no_supervisor && teamctl down >out
'

test_expect_success 'a requested stop spends nothing' '
	team "c: { command: [\"$FAKE_AGENT\"], restart: { max_restarts: 1, $QUICK } }" &&
	teamctl up >out && supervisor &&
	for i in 1 2 3; do
		teamctl down c >out && teamctl up c >out &&
		teamctl restart c >out || return 1
	done &&
	pid=$(field p:c pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:c "$pid" &&
	pid=$(field p:c pid) && kill -KILL "$pid" &&
	wait_for 20 snapshot agents/p:c/state failed
'

test_expect_success 'RESTARTS are those that nobody asked for' '
	is p:c restarts 1 && teamctl up c >out && is p:c restarts 0 &&
	teamctl restart c >out && is p:c restarts 0 &&
	pid=$(field p:c pid) && teamctl reset c >out && kill -KILL "$pid" &&
	wait_for 20 new_pid p:c "$pid" && is p:c restarts 1 &&
	pid=$(field p:c pid) && kill -KILL "$pid" &&
	wait_for 20 snapshot agents/p:c/state failed
'

test_expect_success 'up starts what had been given up' '
	teamctl up c >actual &&
	echo "up · p:c" >expect && test_cmp expect actual &&
	wait_for 20 snapshot agents/p:c/state running &&
	is p:c state running
'

test_expect_success 'restart in a wait: one copy, and no other start later' '
	rm -f n &&
	team "c: { command: [sh, -c, \"echo x >>n; test -e stay && exec $FAKE_AGENT; exit 1\"], restart: { backoff: { initial: 1s, max: 1s, jitter: 0 } } }" &&
	{ teamctl reload >out 2>&1 || :; } &&
	wait_for 20 snapshot agents/p:c/state backoff &&
	touch stay && teamctl up c >out && lines_before=$(wc -l <n) &&
	wait_for 20 snapshot agents/p:c/state running &&
	pid=$(field p:c pid) && start=$(date +%s) &&
	wait_for 20 sh -c "test \$(date +%s) -gt $((start + 2))" &&
	is p:c pid "$pid" && lines "$lines_before" n
'

test_expect_success 'W23: a program that vanishes: exec-failed, then failed' '
	cp "$FAKE_AGENT" agent &&
	team "v: { command: [\"$TRASH/agent\"], restart: { max_restarts: 2, $QUICK } }" &&
	teamctl reload >out &&
	wait_for 20 snapshot agents/p:v/state running &&
	pid=$(field p:v pid) && rm agent && kill -KILL "$pid" &&
	wait_for 20 snapshot agents/p:v/state failed &&
	test_grep "p:v: failed: not started" sup.log &&
	teamctl down >out && wait "$sup"
'

test_expect_success 'who has left the compose file is restarted as it said' '
	team "$(fake stay)" \
	    "n: { command: [\"$FAKE_AGENT\"], restart: never }" \
	    "f: { command: [\"$FAKE_AGENT\"], restart: { policy: on-failure, max_restarts: 0, $QUICK } }" &&
	teamctl up >out && never=$(field p:n pid) && team "$(fake stay)" &&
	supervisor && kill -KILL "$never" &&
	wait_for 20 snapshot agents/p:n/state done &&
	is p:n pid null &&
	kill -KILL "$(field p:f pid)" &&
	wait_for 20 snapshot agents/p:f/state failed &&
	no_supervisor && test_grep "\"policy\": \"never\"" state/applied.json &&
	teamctl reload >out && teamctl down >out
'

test_done
