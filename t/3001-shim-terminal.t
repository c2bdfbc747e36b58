#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The shim and the terminal: whose the keys are, and what a stop means.

. "$(dirname "$0")/lib.sh"
. "$ROOT/t/lib-shim.sh"

# The state letter of an agent.
agent_state() {
	ps -o stat= -p "$(shim_field "$1" pid)" | cut -c1
}

agent_is() { # NAME LETTERS
	case $2 in
	*$(agent_state "$1")*) ;;
	*) agent_state "$1"; return 1 ;;
	esac
}

# Field 8 of /proc/PID/stat: the foreground group of its terminal.
foreground() {
	sed 's/.*) //' "/proc/$(shim_field "$1" shim_pid)/stat" | cut -d' ' -f6
}

is_foreground() { # NAME
	test "$(foreground "$1")" = "$(shim_field "$1" pid)"
}

test_expect_success 'the agent is the foreground group of the terminal' '
	test_when_finished "tmux kill-session -t =front" &&
	shim_start front &&
	is_foreground front &&
	test "$(ps -o pgid= -p "$(shim_field front pid)" | tr -d " ")" = \
	    "$(shim_field front pid)" &&
	test "$(ps -o pgid= -p "$(shim_field front shim_pid)" | tr -d " ")" = \
	    "$(shim_field front shim_pid)"
'

test_expect_success 'Ctrl-C ends the agent and not the shim' '
	shim_start key &&
	tmux send-keys -t "=key:" C-c &&
	wait_for 20 shim_is key state signaled &&
	shim_is key signal 2 &&
	shim_is key asked false
'

test_expect_success 'an agent that ignores Ctrl-C goes on' '
	test_when_finished "tmux kill-session -t =deaf" &&
	shim_start deaf --trap INT,QUIT &&
	tmux send-keys -t "=deaf:" C-c "C-\\" &&
	wait_for 20 shim_shows deaf "caught INT" &&
	wait_for 20 shim_shows deaf "caught QUIT" &&
	shim_is deaf state running &&
	lives "$(shim_field deaf shim_pid)"
'

test_expect_success 'an agent in raw mode ends at the second Ctrl-C' '
	shim_start twice --presses 2 --within 5000 --slow-stop 50 --exit 9 &&
	tmux send-keys -t "=twice:" C-c &&
	wait_for 20 shim_shows twice "press Ctrl-C again" &&
	shim_is twice state running &&
	tmux send-keys -t "=twice:" C-c &&
	wait_for 20 shim_is twice state exited &&
	shim_is twice exit_code 9
'

test_expect_success 'two presses too far apart do not end it' '
	test_when_finished "tmux kill-session -t =apart" &&
	shim_start apart --presses 2 --within 0 &&
	tmux send-keys -t "=apart:" C-c &&
	wait_for 20 shim_shows apart "press Ctrl-C again" &&
	tmux send-keys -t "=apart:" C-c &&
	wait_for 20 sh -c "tmux capture-pane -p -t =apart: |
	    test \$(grep -c again) = 2" &&
	shim_is apart state running
'

test_expect_success 'lines reach the agent, and a paste as a paste' '
	test_when_finished "tmux kill-session -t =talk" &&
	shim_start talk --prompt "> " --raw --bytes talk.bytes &&
	tmux send-keys -t "=talk:" -l "hello you" \; \
	    send-keys -t "=talk:" Enter &&
	wait_for 20 shim_shows talk "got: hello you" &&
	tmux set-buffer "one
two" \; paste-buffer -p -r -t "=talk:" \; send-keys -t "=talk:" Enter &&
	wait_for 20 shim_shows talk "got pasted: one" &&
	printf "hello you\\r\\033[200~one\\ntwo\\033[201~\\r" >want &&
	test_cmp want talk.bytes
'

test_expect_success 'SIGSTOP to its group holds, and CONT ends it' '
	test_when_finished "tmux kill-session -t =stop" &&
	shim_start stop --child plain &&
	kill -STOP "-$(shim_field stop pid)" &&
	wait_for 20 agent_is stop T &&
	tmux send-keys -t "=stop:" x \; \
	    resize-window -t "=stop:" -x 90 -y 20 &&
	tmux list-panes -a &&
	agent_is stop T &&
	test "$(ps -o stat= -p "$(cat stop.children)" | cut -c1)" = T &&
	shim_is stop state running &&
	kill -CONT "-$(shim_field stop pid)" &&
	wait_for 20 agent_is stop SR
'

test_expect_success 'an agent that stops itself stays stopped' '
	test_when_finished "tmux kill-session -t =self" &&
	shim_start self --stop-self &&
	wait_for 20 agent_is self T &&
	shim_is self state running
'

test_expect_success 'Ctrl-Z does not leave it stopped' '
	test_when_finished "tmux kill-session -t =susp" &&
	shim_start susp --prompt "> " &&
	tmux send-keys -t "=susp:" C-z &&
	tmux send-keys -t "=susp:" -l still-there \; send-keys -t "=susp:" Enter &&
	wait_for 20 shim_shows susp "got: still-there" &&
	agent_is susp SR
'

test_expect_success 'an agent that lost the foreground gets it back' '
	test_when_finished "tmux kill-session -t =lost" &&
	shim_files lost perl -e "
		use POSIX;
		\$SIG{TTOU} = q(IGNORE);
		my \$pid = fork;
		if (\$pid == 0) { setpgid(0, 0); sleep 1000; exit }
		setpgid(\$pid, \$pid);
		tcsetpgrp(0, \$pid) or die;
		print qq(read \$_) while <STDIN>;
	" &&
	shim_pane lost &&
	wait_for 20 shim_is lost state running &&
	tmux send-keys -t "=lost:" -l hello \; send-keys -t "=lost:" Enter &&
	wait_for 20 shim_shows lost "^read hello" &&
	is_foreground lost
'

# tmux 3.3a loses the last output of some panes in a hundred; the loop is what
# it takes to see it.
test_expect_success 'the last words of an agent are on the screen' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		shim_files "last$i" sh -c "printf \"\\n\\nlast words\"; exit 3" &&
		shim_pane "last$i" || return 1
	done &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		wait_for 20 shim_is "last$i" state exited &&
		shim_shows "last$i" "last words" || return 1
	done
'

test_expect_success 'an unfinished sequence does not hold up its end' '
	shim_files torn sh -c "printf \"\\033]2;title\"; exit 3" &&
	shim_pane torn &&
	wait_for 20 shim_is torn state exited &&
	test "$(shim_field torn exit_code)" = 3
'

test_expect_success 'without a terminal it starts as well' '
	shim_files none "$FAKE_AGENT" --exit 0 --dump-cwd cwd &&
	setsid "$TEAMCTL" shim p:none "$PWD/none.env" "$PWD/none.launch" \
	    </dev/null >/dev/null 2>&1 &&
	shim_is none exit_code 0
'

test_done
