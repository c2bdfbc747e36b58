#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Every stubborn kind of agent in one team: down reports each rightly, takes
# the longest deadline and at most a second more, and leaves nothing.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

NAP=$$ # seconds; by them its processes are known

# kind NAME OPTION...: an agent that says when it is ready.
kind() {
	kind_name=$1
	shift
	fake "$kind_name" --ready "$kind_name.ready" "$@"
}

ready() {
	for ready_name in $names; do
		test -s "$ready_name.ready" || return 1
	done
}

now_ms() {
	perl -MTime::HiRes=time -e 'printf "%d", time * 1000'
}

names='obeys slow int intterm all raw2 setsid daemon envi group plain stopped
	forker closes copymode split inputoff trap hup nohup'

test_expect_success 'twenty kinds start' '
	TEAM_DRAIN=3 team \
	    "$(kind obeys)" \
	    "$(kind slow --slow-stop 800)" \
	    "$(kind int --ignore INT)" \
	    "$(kind intterm --ignore INT,TERM,HUP)" \
	    "$(kind all --ignore all)" \
	    "raw2: { command: [\"$FAKE_AGENT\", --ready, raw2.ready, --presses, \"2\"],
	        drain: { repeat: 2, gap: 200ms } }" \
	    "$(kind setsid --child setsid --child-ignore HUP,TERM,INT)" \
	    "$(kind daemon --child daemon --child-ignore HUP)" \
	    "$(kind envi --child env-i --child-ignore HUP,TERM)" \
	    "$(kind group --child group --child-ignore INT,TERM,HUP)" \
	    "$(kind plain --child plain)" \
	    "$(kind stopped --stop-self)" \
	    "$(kind forker --ignore INT --fork-on-term 300)" \
	    "$(kind closes --close-terminal)" \
	    "$(kind copymode)" \
	    "$(kind split)" \
	    "$(kind inputoff)" \
	    "$(kind trap --trap INT,TERM,HUP)" \
	    "$(kind hup --ignore HUP)" \
	    "nohup: { command: [sh, -c, \"nohup sleep 7$NAP & echo >nohup.ready; wait\"] }" &&
	teamctl up >actual &&
	test "$(grep -c "^up · p:[a-z0-9]*$" actual)" -eq 20 &&
	wait_for 20 ready
'

test_expect_success 'a person meddles: copy mode, a split, input off' '
	tmux copy-mode -t =a-p-copymode: &&
	tmux split-window -t =a-p-split: "sleep 8$NAP" &&
	tmux select-pane -d -t =a-p-inputoff: &&
	teamctl status >actual &&
	test "$(grep -c " running " actual)" -eq 20
'

test_expect_success 'W7 W10: down asks all at once, nothing is left' '
	begin=$(now_ms) &&
	test_expect_code 0 teamctl down >actual 2>err &&
	took=$(($(now_ms) - begin)) &&
	cat actual &&
	test_must_be_empty err &&
	echo "took $took ms" &&
	test "$took" -le $((12000 * TEST_SLOW)) &&
	sessions 0 &&
	no_process "$TRASH.*--ready" &&
	no_process "sleep (7$NAP|8$NAP)" &&
	for name in $names; do
		test ! -s "$name.children" || cat "$name.children"
	done
'

test_expect_success 'those that obey were drained' '
	for name in obeys slow raw2 setsid daemon envi group plain closes \
	    copymode split inputoff hup nohup stopped; do
		test_grep "^down · p:$name \[drained in [0-9.]*s\]$" actual ||
		return 1
	done
'

test_expect_success 'those that do not were killed' '
	for name in int intterm all forker trap; do
		test_grep "^down · p:$name \[drain timed out — killed\]$" \
		    actual || return 1
	done &&
	test_grep "^down: 20 agents: 15 drained, 5 killed$" actual
'

test_expect_success 'a process that has lost its first thread is ended, too' '
	team "$(kind head --child headless --children head.children \
	    --child-ignore INT,TERM,HUP)" &&
	teamctl up && wait_for 20 test -s head.ready &&
	pid=$(cat head.children) &&
	wait_for 20 grep -q "^State:.Z" "/proc/$pid/status" &&
	teamctl down >actual && test_grep "p:head .drained" actual &&
	test_must_fail kill -0 "$pid"
'

test_expect_success 'a killed shim: its agent is found by the marker' '
	team "$(kind lost --ignore HUP)" &&
	teamctl up && wait_for 20 test -s lost.ready &&
	pid=$(field p:lost pid) &&
	kill -KILL "$(ps -o ppid= -p "$pid" | tr -d " ")" &&
	wait_for 20 is p:lost state lost &&
	teamctl down &&
	no_process "$TRASH.*--ready"
'

test_expect_success 'a killed shim with an immune agent: up starts no second' '
	team "$(kind lost --ignore all)" &&
	rm -f lost.ready && teamctl up && wait_for 20 test -s lost.ready &&
	pid=$(field p:lost pid) &&
	kill -KILL "$(ps -o ppid= -p "$pid" | tr -d " ")" &&
	wait_for 20 is p:lost state lost &&
	teamctl up &&
	is p:lost state running &&
	test "$(pgrep -fc "^$FAKE_AGENT.*lost.ready")" -eq 1 &&
	teamctl down --now &&
	no_process "$TRASH.*--ready"
'

times_asked() {
	grep -c agent.keys_sent state/journal.jsonl
}

test_expect_success 'a second interrupt kills, which is no time-out' '
	rm -f lost.ready && teamctl up && wait_for 20 test -s lost.ready &&
	asked=$(times_asked) && rm -f err &&
	{ teamctl down >actual 2>err & down=$!; } &&
	wait_for 20 eval "test \$(times_asked) -gt $asked" &&
	kill -INT "$down" && wait_for 20 grep -q "Ctrl-C again" err &&
	kill -INT "$down" && test_expect_code 130 wait "$down" &&
	test_grep "^down · p:lost \[killed\]$" actual &&
	no_process "$TRASH.*--ready"
'

test_expect_success 'the end on a terminal that Ctrl-S has stopped is noticed' '
	team "a: { command: [sh, -c, \"stty ixon; : >ready; until test -e end; do sleep 0.05; done; exit 3\"], restart: never }" &&
	teamctl up && wait_for 20 test -e ready &&
	tmux send-keys -t =a-p-a: C-s &&
	: >end &&
	wait_for 20 is p:a last_exit 3 &&
	teamctl down
'

test_done
