#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# status -w on a terminal: nothing of older lines is left, nothing scrolls.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

screen() {
	tmux capture-pane -p -t =watch: >screen
}

shows() { # REGEX
	screen && grep -q "$1" screen
}

test_expect_success 'what longer lines have left is cleared' '
	team "a-name-that-is-rather-long: { command: [sleep, \"9\"] }" &&
	tmux new-session -d -s watch -x 90 -y 8 "teamctl status -w" &&
	wait_for 20 shows "^p:a-name-that-is-rather-long  *stopped" &&
	team "b: { command: [sleep, \"9\"] }" &&
	wait_for 20 shows "^p:b" &&
	printf "AGENT  STATE    FOR  PID  RESTARTS  LAST EXIT  SESSION\n%s\n" \
	    "p:b    stopped  -    -    0         -          -" >expect &&
	sed "/^\$/d" screen >actual &&
	test_cmp expect actual
'

test_expect_success 'more agents than rows: the first, and how many more' '
	set -- && for n in 1 2 3 4 5 6 7 8 9; do
		set -- "$@" "c$n: { command: [sleep, \"9\"] }" || return 1
	done &&
	team "$@" && wait_for 20 shows "^p:c5" &&
	head -1 screen >actual && test_grep "^AGENT" actual &&
	test_grep "^p:c5" screen && test_grep ! "^p:c6" screen &&
	test_grep "^\.\.\. 4 more" screen
'

refresh() {
	teamctl status -w >refreshed &
	pid=$!
}

refreshed() { # TIMES
	[ "$(grep -c ^AGENT refreshed)" -ge "$1" ]
}

test_expect_success 'the clients it has asked do not pile up' '
	refresh && wait_for 30 refreshed 4 &&
	{ ps -o stat= --ppid "$pid" >children || :; } && kill "$pid" &&
	[ "$(grep -c Z children)" -le 1 ]
'

test_expect_success 'it ends by Ctrl-C' '
	tmux send-keys -t =watch: C-c && wait_for 20 sessions 0
'

test_done
