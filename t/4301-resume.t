#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What ended although it should run comes back; what a person ended does not.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

quick() { # NAME
	printf '%s: { command: ["%s"], restart: { max_restarts: 50, backoff: { initial: 1ms, max: 10ms } } }' \
	    "$1" "$FAKE_AGENT"
}

pids_of() { # FILE: the pids of all agents
	teamctl status --json | perl -MJSON::PP -e 'local $/;
		print "$_->{id} ", $_->{pid} // "null", "\n"
		    for @{decode_json(<STDIN>)->{agents}}' >"$1"
}

# all_new FILE: all agents of it run, as other processes.
all_new() {
	pids_of pids.now
	while read -r all_id all_pid; do
		all_got=$(sed -n "s/^$all_id //p" pids.now)
		case $all_got in
		''|null|"$all_pid") echo "$all_id: $all_got"; return 1 ;;
		esac
	done <"$1"
}

gone() { # PID: it has ended, whether init has noticed or not
	! grep -v "^State:.Z" "/proc/$1/status" 2>/dev/null | grep "^State:"
}

reconciled() { # N: the present supervisor has reconciled so often
	perl -MJSON::PP -e 'local $/;
		exit(decode_json(<STDIN>)->{reconciles} < shift)' "$1" \
	    <state/supervisor.json
}

test_expect_success 'an agent that is killed comes back' '
	team "$(quick a)" "$(quick b)" "$(quick c)" &&
	teamctl up >out &&
	supervisor --interval 200ms &&
	pid=$(field p:a pid) && other=$(field p:b pid) &&
	kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" &&
	is p:b pid "$other"
'

test_expect_success 'a shim that is killed: its agent is ended, then comes back' '
	pid=$(field p:a pid) &&
	shim=$(tmux display-message -p -t =a-p-a: "#{pane_pid}") &&
	kill -KILL "$shim" &&
	wait_for 20 new_pid p:a "$pid" &&
	wait_for 20 gone "$pid"
'

test_expect_success 'a session that is killed was meant to be' '
	tmux kill-session -t =a-p-a &&
	wait_for 20 snapshot agents/p:a/state stopped &&
	test_grep "p:a: stopped: deliberate" sup.log &&
	is p:a state stopped &&
	wait_for 20 reconciled 3 &&
	sessions 2
'

test_expect_success 'it stays so with the next supervisor, until up' '
	no_supervisor && supervisor --interval 200ms &&
	wait_for 20 reconciled 2 && sessions 2 &&
	teamctl up a >actual && is p:a state running
'

test_expect_success 'a killed window or pane was meant to be, too' '
	tmux kill-pane -t =a-p-a: &&
	wait_for 20 snapshot agents/p:a/state stopped &&
	teamctl up a >actual
'

test_expect_success 'a server that is killed was not: all come back' '
	pids_of before && tmux kill-server &&
	wait_for 30 all_new before && sessions 3
'

test_expect_success 'a server that is killed by KILL: all come back' '
	pids_of before &&
	kill -KILL "$(tmux display-message -p "#{pid}")" &&
	wait_for 30 all_new before && sessions 3
'

test_expect_success 'an old server and a new one of somebody else' '
	pids_of before && tmux kill-server &&
	wait_for 20 tmux new-session -d -s mine "exec sleep 1000" &&
	wait_for 30 all_new before &&
	tmux kill-session -t =mine
'

test_expect_success 'a stop stays a stop: down, kill-server, a new supervisor' '
	teamctl down b >out &&
	tmux kill-server &&
	wait_for 20 is p:a state running && wait_for 20 is p:c state running &&
	no_supervisor && supervisor --interval 200ms &&
	wait_for 20 reconciled 2 &&
	is p:b state stopped && sessions 2 && teamctl up >out
'

test_expect_success 'a reboot: nothing is left but the state' '
	pids_of before &&
	kill -KILL "$sup" && { wait "$sup" || :; } &&
	for pid in $(tmux list-panes -a -F "#{pane_pid}"); do
		kill -KILL "$pid" || return 1
	done &&
	for pid in $(sed "s/.* //" before); do
		kill -KILL "$pid" || :
	done &&
	kill -KILL "$(tmux display-message -p "#{pid}")" &&
	wait_for 20 sessions 0 &&
	supervisor --interval 200ms &&
	wait_for 30 all_new before && sessions 3
'

test_expect_success 'the same with an orderly end of the old server' '
	kill -KILL "$sup" && { wait "$sup" || :; } &&
	pids_of before && tmux kill-server &&
	wait_for 20 no_process "shim p:.*$TRASH" &&
	tmux new-session -d -s mine "exec sleep 1000" &&
	supervisor --interval 200ms &&
	wait_for 30 all_new before && tmux kill-session -t =mine
'

test_expect_success 'a session killed while nobody watched was meant to be' '
	no_supervisor && tmux kill-session -t =a-p-c &&
	wait_for 20 is p:c pid null &&
	supervisor --interval 200ms &&
	wait_for 20 snapshot agents/p:c/state stopped &&
	teamctl up >out
'

test_expect_success 'auto-resume off: what ends stays down' '
	teamctl auto-resume off >actual &&
	echo "auto-resume: off (off)" >expect && test_cmp expect actual &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 grep "p:a: stopped: auto-resume is off" sup.log &&
	wait_for 20 reconciled 3 && is p:a pid null && is p:a state stopped
'

test_expect_success 'auto-resume on: it comes back, without a restart' '
	teamctl auto-resume on >actual &&
	echo "auto-resume: on (on)" >expect && test_cmp expect actual &&
	wait_for 20 is p:a state running
'

test_expect_success 'a switch that cannot be read leaves things as they are' '
	echo sometimes >state/auto-resume &&
	wait_for 20 grep "says neither on nor off" sup.log &&
	wait_for 20 reconciled 4 &&
	test "$(grep -c "says neither" sup.log)" = 1 &&
	snapshot auto_resume 1 &&
	teamctl auto-resume status >actual 2>err &&
	echo "auto-resume: unreadable (on)" >expect && test_cmp expect actual &&
	test_grep "says neither on nor off" err &&
	rm state/auto-resume && mkdir state/auto-resume &&
	teamctl auto-resume status >actual 2>err && test_cmp expect actual &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" && rmdir state/auto-resume
'

test_expect_success 'unset: as the supervisor was started' '
	no_supervisor && supervisor --interval 200ms --no-auto-resume &&
	teamctl auto-resume status >actual &&
	echo "auto-resume: unset (off)" >expect && test_cmp expect actual &&
	teamctl auto-resume on >actual && teamctl auto-resume unset >actual &&
	test_cmp expect actual &&
	teamctl auto-resume status --json >actual &&
	test_grep "\"effective\": *\"off\"" actual &&
	no_supervisor && teamctl auto-resume status >actual &&
	echo "auto-resume: unset (no supervisor)" >expect &&
	test_cmp expect actual &&
	test_expect_code 2 teamctl auto-resume maybe
'

# A tmux that answers nobody, until the file "broken" is gone.
test_expect_success 'a tmux that cannot be asked changes nothing' '
	mkdir -p fake && real=$(command -v tmux) &&
	cat >fake/tmux <<-EOF &&
	#!/bin/sh
	test ! -e $TRASH/broken || { echo "lost my mind" >&2; exit 2; }
	exec $real "\$@"
	EOF
	chmod +x fake/tmux &&
	old=$PATH && PATH=$TRASH/fake:$PATH &&
	supervisor --interval 200ms && PATH=$old &&
	pids_of before && touch broken &&
	wait_for 20 grep "lost my mind" sup.log &&
	pids_of now && test_cmp before now &&
	snapshot agents/p:a/state running &&
	snapshot agents/p:b/state running
'

test_expect_success 'and what has to wait for it, is done once it can be asked' '
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 snapshot agents/p:a/state backoff &&
	wait_for 20 grep "p:a: backoff: .*trying again" sup.log &&
	rm broken &&
	wait_for 30 new_pid p:a "$pid" &&
	teamctl down >out && wait "$sup"
'

# Without a word of a person it starts nothing more, and says why.
test_expect_success 'an agent that dies quickly after each start is parked' '
	team "f: { command: [\"$FAKE_AGENT\", --count, n, --exit, \"1\", --after, \"1500\"], restart: { max_restarts: 2, backoff: { initial: 1ms, max: 1ms } } }" &&
	teamctl up >out && supervisor &&
	wait_for 30 snapshot agents/p:f/state failed && lines 3 n &&
	teamctl status >actual &&
	test_grep "p:f .*failed" actual &&
	test_grep "teamctl reset" sup.log &&
	teamctl down >out && wait "$sup"
'

test_expect_success 'a session killed just before: its end is waited for' '
	team "s: { command: [\"$FAKE_AGENT\", --ignore, all], drain: { kill_after: 3s } }" &&
	teamctl up >out && pid=$(field p:s pid) &&
	tmux new-session -d -s mine "exec sleep 1000" &&
	tmux kill-session -t =a-p-s && supervisor &&
	wait_for 20 snapshot agents/p:s/state stopped &&
	test_grep "p:s: stopped: deliberate" sup.log && gone "$pid" &&
	sessions 1 && teamctl down >out && wait "$sup" &&
	tmux kill-session -t =mine
'

test_done
