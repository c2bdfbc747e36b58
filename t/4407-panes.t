#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The panes of the supervisor and of agents: the names of their sessions, and
# what is left of them where a command is run in one of them.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

TEAM_AUTOSTART=true

# names NAME...: these sessions are there, and no others.
names() {
	printf '%s\n' "$@" >names.expect
	tmux list-sessions -F '#{session_name}' 2>/dev/null | sort >names.got
	cmp -s names.expect names.got && return
	echo "sessions:" && cat names.got
	return 1
}

no_session() {
	test_must_fail tmux list-sessions
}

shell='sh: { command: [sh], command_permissions: { allow_shutdown: true }, drain: { timeout: 500ms } }'

test_expect_success 'reload renames the session of the supervisor as well' '
	team "$(fake a)" "$shell" && teamctl up >out &&
	wait_for 20 names a-p-a a-p-sh a-supervisor &&
	sed "s/autostart/tmux_prefix: b-, autostart/" team-compose.yaml >new &&
	mv new team-compose.yaml && wait_for 20 snapshot state running &&
	pid=$(tmux list-panes -t =a-supervisor -F "#{pane_pid}") &&
	teamctl reload >out && names b-p-a b-p-sh b-supervisor &&
	wait_for 20 snapshot state running && snapshot pid "$pid"
'

test_expect_success 'down of an agent from its own pane leaves no session' '
	tmux send-keys -t =b-p-sh: "teamctl down p:sh" Enter &&
	wait_for 30 names b-p-a b-supervisor &&
	wait_for 20 is p:sh state stopped && is p:a state running
'

test_expect_success 'down from beside an agent goes on without its terminal' '
	tmux split-window -t =b-p-a: sh &&
	tmux send-keys -t =b-p-a: "teamctl down" Enter &&
	wait_for 30 no_session && wait_for 20 snapshot state stopped &&
	is p:a state stopped
'

test_expect_success 'down from beside the supervisor leaves the person there' '
	teamctl up >out && wait_for 20 snapshot state running &&
	tmux split-window -t =b-supervisor: sh &&
	tmux send-keys -t =b-supervisor: "teamctl down >down.out" Enter &&
	wait_for 30 grep "^down: 2 agents" down.out &&
	wait_for 20 snapshot state stopped && names b-supervisor &&
	wait_for 20 eval "tmux list-panes -a >panes && lines 1 panes"
'

# beside_supervisor: a person's pane in the supervisor's session.
beside_supervisor() {
	tmux list-panes -a -F "#{@teamctl} #{pane_id}" >panes &&
	tmux split-window -d -t "$(sed -n "s/^0 supervisor .* //p" panes)" \
	    "exec sleep 1000"
}

test_expect_success 'such sessions are not in the way of another supervisor' '
	for stays in 2 3; do
		teamctl up >out && wait_for 20 snapshot state running &&
		{ teamctl doctor >found || :; } &&
		test_grep "^ok *supervisor" found &&
		beside_supervisor && teamctl down >out &&
		wait_for 20 eval "tmux list-panes -a >panes &&
		    lines $stays panes" || return 1
	done &&
	teamctl up >out && wait_for 20 snapshot state running &&
	teamctl down >out && tmux kill-server
'

test_expect_success 'a user who keeps panes that have ended' '
	echo "set -g remain-on-exit on" >"$HOME/.tmux.conf" &&
	teamctl up >out && wait_for 20 snapshot state running &&
	teamctl down >out && wait_for 20 no_session
'

test_expect_success 'a dead pane of a supervisor makes room for the next' '
	teamctl up >out && wait_for 20 snapshot state running &&
	pane=$(tmux list-panes -t =b-supervisor -F "#{pane_id}") &&
	tmux set-option -p -t "$pane" remain-on-exit on &&
	kill -KILL "$(tmux list-panes -t =b-supervisor -F "#{pane_pid}")" &&
	wait_for 20 eval "tmux list-panes -t =b-supervisor -F \
	    \"#{pane_dead}\" | grep -q 1" &&
	teamctl up >out && wait_for 20 snapshot state running &&
	names b-p-a b-p-sh b-supervisor &&
	test "$(tmux list-panes -t =b-supervisor -F "#{pane_dead}")" = 0 &&
	teamctl down >out && rm "$HOME/.tmux.conf"
'

test_done
