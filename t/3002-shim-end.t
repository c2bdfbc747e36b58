#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The shim ends whatever its agent has started, and says how it ended.  Where
# kill-after is 10 s (lib-shim.sh) an end within 5 s was not by KILL.

. "$(dirname "$0")/lib.sh"
. "$ROOT/t/lib-shim.sh"

# shim_hangup NAME SECONDS: kill-session, and nothing is left in time.
shim_hangup() {
	tmux kill-session -t "=$1" &&
	wait_for "$2" shim_gone "$1" &&
	shim_is "$1" survivors '[]' &&
	shim_is "$1" asked true
}

# shim_signal NAME SIGNAL: to the shim.
shim_signal() {
	kill "-$2" "$(shim_field "$1" shim_pid)"
}

# Two signals of a kind that are pending at once are one: the first was taken.
is_taken() { # NAME
	grep "ShdPnd:.0000000000000000" "/proc/$(shim_field "$1" shim_pid)/status"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

for kind in plain group setsid daemon env-i; do
	test_expect_success "kill-session ends a child: $kind" "
		shim_start $kind --child $kind &&
		shim_hangup $kind 5 &&
		shim_is $kind state signaled
	"

	test_expect_success "and one immune to HUP: $kind" "
		shim_start $kind --child $kind --child-ignore HUP,INT &&
		shim_hangup $kind 5
	"

	test_expect_success "and one immune to all, by KILL: $kind" "
		SHIM_KILL_AFTER=200 &&
		shim_start $kind --child $kind --child $kind \
		    --child-ignore all &&
		SHIM_KILL_AFTER= &&
		shim_hangup $kind 5
	"

	test_expect_success "an agent that ends by itself leaves none: $kind" "
		SHIM_KILL_AFTER=200 &&
		shim_start $kind --child $kind --child $kind \
		    --child-ignore HUP,INT,TERM --prompt '>' &&
		SHIM_KILL_AFTER= &&
		tmux send-keys -t =$kind: -l 'exit 6' \; \
		    send-keys -t =$kind: Enter &&
		wait_for 20 shim_gone $kind &&
		shim_is $kind state exited &&
		shim_is $kind exit_code 6 &&
		shim_is $kind asked false
	"
done

test_expect_success 'what it left is asked first, and the end is the agents' '
	shim_start left --child setsid --prompt ">" &&
	tmux send-keys -t =left: -l "exit 6" \; send-keys -t =left: Enter &&
	wait_for 20 shim_gone left &&
	shim_is left exit_code 6 &&
	test "$(shim_field left ended_ms)" -le "$(now_ms)"
'

test_expect_success 'an agent immune to HUP is ended by TERM' '
	shim_start hup --ignore HUP,INT &&
	shim_hangup hup 5 &&
	shim_is hup signal 15
'

test_expect_success 'an agent immune to all is killed after kill-after' '
	SHIM_KILL_AFTER=700 &&
	shim_start deaf --ignore all --child plain --child-ignore all &&
	SHIM_KILL_AFTER= &&
	before=$(now_ms) &&
	shim_hangup deaf 6 &&
	test $(($(shim_field deaf ended_ms) - before)) -ge 690 &&
	shim_is deaf signal 9
'

test_expect_success 'the kill signal is the one of the launch file' '
	SHIM_KILL_SIGNAL=10 &&
	shim_start sig --ignore HUP,TERM --child setsid \
	    --child-ignore HUP,TERM &&
	SHIM_KILL_SIGNAL= &&
	shim_hangup sig 5 &&
	shim_is sig signal 10
'

test_expect_success 'an orderly end after TERM keeps its exit code' '
	shim_start orderly --slow-stop 200 --exit 5 &&
	shim_hangup orderly 5 &&
	shim_is orderly state exited &&
	shim_is orderly exit_code 5
'

test_expect_success 'a second TERM kills at once' '
	shim_start hurry --ignore all --child daemon --child-ignore all &&
	shim_signal hurry TERM &&
	wait_for 20 is_taken hurry &&
	shim_is hurry state running &&
	shim_signal hurry TERM &&
	wait_for 20 shim_gone hurry &&
	shim_is hurry signal 9 &&
	shim_is hurry asked true
'

test_expect_success 'a TERM after the hangup does as well' '
	shim_start hasty --ignore all --child daemon --child-ignore all &&
	tmux kill-session -t =hasty &&
	shim_signal hasty TERM &&
	wait_for 20 shim_gone hasty &&
	shim_is hasty signal 9
'

test_expect_success 'a second hangup does not' '
	shim_start twice --ignore INT --slow-stop 600 --exit 8 &&
	shim_signal twice HUP &&
	shim_signal twice HUP &&
	wait_for 20 shim_gone twice &&
	shim_is twice exit_code 8
'

test_expect_success 'the shim lives through INT, QUIT, TSTP and PIPE' '
	test_when_finished "tmux kill-session -t =calm" &&
	shim_start calm &&
	for signal in INT QUIT TSTP TTIN TTOU PIPE; do
		shim_signal calm "$signal" || return 1
	done &&
	shim_is calm state running &&
	lives "$(shim_field calm shim_pid)"
'

test_expect_success 'a stopped agent is ended' '
	shim_start frozen --stop-self --child setsid &&
	wait_for 20 sh -c "ps -o stat= -p $(shim_field frozen pid) | grep T" &&
	kill -STOP "$(cat frozen.children)" &&
	shim_hangup frozen 5
'

test_expect_success 'a stopped agent that is immune is killed' '
	SHIM_KILL_AFTER=100 &&
	shim_start ice --stop-self --ignore all &&
	SHIM_KILL_AFTER= &&
	shim_hangup ice 5 &&
	shim_is ice signal 9
'

test_expect_success 'an agent that forks while it dies loses' '
	SHIM_KILL_AFTER=300 &&
	shim_start hydra --fork-on-term 8000 --child setsid \
	    --child-ignore all &&
	SHIM_KILL_AFTER= &&
	tmux kill-session -t =hydra &&
	wait_for 20 test -n "$(shim_field hydra shim_pid)" &&
	wait_for 20 test_must_fail lives "$(shim_field hydra shim_pid)" &&
	shim_is hydra survivors "[]" &&
	shim_gone hydra &&
	test "$(wc -l <hydra.children)" -gt 20
'

test_expect_success 'an agent that closes its terminal is watched on' '
	shim_start closed --close-terminal --child setsid &&
	shim_is closed state running &&
	lives "$(shim_field closed pid)" &&
	shim_hangup closed 5
'

test_expect_success 'the end of the tmux server ends them' '
	shim_start server --child daemon --child-ignore HUP,INT &&
	kill -KILL "$(tmux display-message -p "#{pid}")" &&
	wait_for 20 shim_gone server &&
	shim_is server asked true
'

# As root only: what a user's sudo could start.
# Not with no_new_privs, nor where the folder is mounted nosuid.
can_rise() {
	mkdir -m 777 shared && chmod 711 "$TEST_DIR" "$TRASH" &&
	cp "$(command -v setpriv)" shared/rise && chmod 4755 shared/rise &&
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	    shared/rise --reuid=0 --regid=0 --clear-groups true
}

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && can_rise 2>/dev/null; then
	test_set_prereq SETPRIV
fi

test_expect_success SETPRIV 'what it may not signal is recorded and left' '
	cp "$TEAMCTL" shared/teamctl && cp "$FAKE_AGENT" shared/fake-agent &&
	cd shared &&
	SHIM_KILL_AFTER=50 &&
	shim_files other sh -c "
		$PWD/rise --reuid=0 --regid=0 --clear-groups \
		    $PWD/fake-agent --ready $PWD/ready --pid-file $PWD/pid &
		until test -s $PWD/ready; do test -d /proc/\$! && sleep 0.01 ||
		    exit 9; done; exit 4" &&
	SHIM_KILL_AFTER= &&
	chmod 644 other.env other.launch &&
	test_when_finished "kill -KILL \$(cat $PWD/pid)" &&
	test_expect_code 4 setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$PWD/teamctl" shim p:other "$PWD/other.env" \
	    "$PWD/other.launch" &&
	lives "$(cat pid)" &&
	shim_is other state exited &&
	grep "\"survivors\":\[\"$(cat pid)\"\]" other.record
'

test_done
