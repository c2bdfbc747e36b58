#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Nobody else's session is ever touched, and none is taken for another.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

test_expect_success 'W3: dev is not dev2' '
	team "$(fake dev)" "$(fake dev2)" &&
	teamctl up dev2 &&
	is p:dev state stopped &&
	teamctl up >actual &&
	test_grep "^up · p:dev$" actual &&
	teamctl down dev &&
	is p:dev state stopped &&
	is p:dev2 state running &&
	teamctl down --now dev &&
	is p:dev2 state running &&
	teamctl down
'

test_expect_success 'W3: a window of that name in another session' '
	wait_for 20 tmux new-session -d -s stranger -n a-p-dev "exec sleep 1000" &&
	test_when_finished "tmux kill-session -t =stranger" &&
	team "$(fake dev)" &&
	teamctl up && teamctl down &&
	tmux has-session -t =stranger
'

test_expect_success 'W4: dots in names' '
	cat >team-compose.yaml <<-EOF &&
	version: 2
	supervisor: { tmux_prefix: v1. }
	projects:
	- id: p.q
	  cwd: .
	  workers:
	    x.y: { command: ["$FAKE_AGENT"] }
	EOF
	teamctl up && is p.q:x.y state running &&
	pid=$(field p.q:x.y pid) &&
	teamctl up && is p.q:x.y pid "$pid" &&
	teamctl down >actual &&
	test_grep "\[drained" actual && sessions 0
'

test_expect_success 'a session of that name that is not ours' '
	tmux new-session -d -s a-p-dev "exec sleep 1000" &&
	team "$(fake dev)" "$(fake b)" &&
	test_expect_code 1 teamctl up >actual 2>err &&
	test_grep "not of this team" err &&
	test_grep "^up · p:b$" actual &&
	is p:dev state stopped &&
	teamctl down &&
	tmux has-session -t =a-p-dev &&
	tmux kill-session -t =a-p-dev
'

test_expect_success 'nor one that a person has split, without our pane' '
	team "$(fake dev)" && teamctl up &&
	ours=$(tmux list-panes -t =a-p-dev: -F "#{pane_id}") &&
	tmux split-window -d -t =a-p-dev: "exec sleep 1000" &&
	tmux kill-pane -t "$ours" &&
	wait_for 20 is p:dev state stopped &&
	test_expect_code 1 teamctl up 2>err &&
	sed -n "s/.*hint: nothing in it is ours; when nobody needs it: //p" err >end &&
	teamctl down 2>err && test_grep "it is left alone" err &&
	test_grep "hint: nothing in it is ours" err &&
	tmux has-session -t =a-p-dev && lines 1 end && sh end && sessions 0 &&
	teamctl up && is p:dev state running && teamctl down
'

test_expect_success 'W30: two checkouts with the same ids' '
	mkdir -p one two &&
	team "$(fake dev)" && cp team-compose.yaml one && cp team-compose.yaml two &&
	teamctl -C one up &&
	test_expect_code 1 teamctl -C two up 2>err &&
	test_grep "not of this team, but of that in .*/one.$" err &&
	teamctl -C two down 2>err &&
	test_grep "of that in .*/one.: it is left alone" err &&
	teamctl -C one status >actual &&
	test_grep "p:dev *running" actual &&
	teamctl -C one down && sessions 0
'

test_expect_success 'a renamed session is still the agent' '
	team "$(fake dev)" && teamctl up &&
	tmux rename-session -t =a-p-dev mine &&
	is p:dev state running && is p:dev session mine &&
	teamctl up >actual && test_grep "already running" actual &&
	teamctl down >actual && test_grep "\[drained" actual && sessions 0
'

test_expect_success 'a pane that a person has put into a session of theirs' '
	team "$(fake dev)" && teamctl up &&
	tmux new-session -d -s theirs "exec sleep 1000" &&
	tmux join-pane -d -s =a-p-dev: -t =theirs: &&
	is p:dev session theirs && teamctl restart && is p:dev state running &&
	tmux has-session -t =theirs &&
	teamctl down >actual && test_grep "\[drained" actual && sessions 1 &&
	test "$(tmux list-panes -s -t =theirs | wc -l)" = 1 &&
	tmux kill-session -t =theirs
'

test_expect_success 'a window that a person has linked to a session of theirs' '
	team "$(fake dev)" && teamctl up &&
	tmux new-session -d -s Theirs "exec sleep 1000" &&
	tmux link-window -d -s =a-p-dev: -t =Theirs: &&
	tmux new-window -d -t =a-p-dev: "exec sleep 1000" &&
	is p:dev session a-p-dev && teamctl restart &&
	teamctl down >actual && test_grep "\[drained" actual && sessions 1 &&
	tmux kill-session -t =Theirs
'

test_expect_success 'W5: a session grouped by a person' '
	team "$(fake dev --ignore INT,HUP --ready r)" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	tmux new-session -d -t =a-p-dev -s watching &&
	teamctl down --timeout 200ms >actual &&
	test_grep "killed" actual &&
	no_process "$TRASH.*--ready" && is p:dev state stopped
'

test_expect_success 'W43: the configuration of a person cannot break it' '
	{ tmux kill-server 2>/dev/null || :; } &&
	cat >"$HOME/.tmux.conf" <<-\EOF &&
	set -g destroy-unattached on
	set -g base-index 1
	set -g pane-base-index 1
	set -g remain-on-exit off
	set -g default-command "false"
	set -g default-shell /bin/false
	EOF
	test_when_finished "rm \"$HOME/.tmux.conf\"" &&
	team "$(fake dev)" && teamctl up && is p:dev state running &&
	teamctl restart dev && is p:dev state running &&
	teamctl down >actual && test_grep "\[drained" actual
'

test_expect_success 'W43: hooks of a person, and a server that ends unattended' '
	{ tmux kill-server 2>/dev/null || :; } &&
	test_when_finished "rm \"$HOME/.tmux.conf\"" &&
	team "$(fake a)" "$(fake b --presses 2)" &&
	while IFS= read -r line; do
		echo "$line" >"$HOME/.tmux.conf" &&
		teamctl up && is p:a state running && is p:b state running &&
		teamctl down >out &&
		test_grep "^down: .* 2 drained" out || return 1
	done <<-\EOF
	set -g exit-unattached on
	set-hook -g after-new-session new-window
	set-hook -g session-created split-window
	set -g prefix C-c
	set-hook -g session-created "rename-session mine#{session_id}"
	EOF
'

test_expect_success 'W5: a pane that a person has split does not hinder a start' '
	{ tmux kill-server 2>/dev/null || :; } &&
	team "$(fake a)" "$(fake b)" && teamctl up &&
	tmux split-window -d -t =a-p-a: "exec sleep 1000" &&
	tmux split-window -b -t =a-p-b: "exec sleep 1000" &&
	teamctl restart && is p:a state running && is p:b state running &&
	teamctl down 2>err && test_must_be_empty err && sessions 0
'

test_expect_success 'inside another tmux, and under a C locale' '
	tmux -L outer new-session -d -s o "exec sleep 1000" &&
	team "$(fake dev)" &&
	TMUX=$(tmux -L outer display-message -p "#{socket_path}"),1,0 &&
	export TMUX && teamctl up && is p:dev state running &&
	tmux -L outer has-session -t =a-p-dev &&
	teamctl down &&
	tmux -L outer kill-server &&
	unset TMUX
'

test_expect_success 'agents that run are found from inside another tmux' '
	tmux -L second new-session -d -s o "exec sleep 1000" &&
	team "$(fake a)" "$(fake b)" && teamctl up &&
	pid=$(field p:a pid) &&
	TMUX=$(tmux -L second display-message -p "#{socket_path}"),1,0 &&
	export TMUX && is p:a state running &&
	teamctl up >out && test_grep "p:a (already running)" out &&
	teamctl restart p:b >out && test_grep "p:b \[drained" out &&
	test "$(field p:a pid)" = "$pid" &&
	test "$(tmux -L second list-sessions | wc -l)" -eq 1 &&
	teamctl down >out && test_grep "p:a \[drained" out &&
	test_grep ! killed out && teamctl up &&
	tmux -L second has-session -t =a-p-a &&
	unset TMUX && is p:a state running && teamctl down >out &&
	test_grep "p:a \[drained" out &&
	test "$(tmux -L second list-sessions | wc -l)" -eq 1 &&
	tmux -L second kill-server
'

test_expect_success 'a root with blanks, quotes, # and a bar' '
	mkdir "r o\"o#{pid}|t" && team "$(fake dev)" &&
	mv team-compose.yaml "r o\"o#{pid}|t" &&
	cd "r o\"o#{pid}|t" && teamctl up && is p:dev state running &&
	teamctl restart && is p:dev state running &&
	teamctl down >actual && test_grep "\[drained" actual
'

test_done
