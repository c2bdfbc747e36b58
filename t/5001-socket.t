#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Verbs through the supervisor's socket: what is merged, queued and refused,
# what is remembered, and that looking never waits for doing.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

# The line of an agent that takes 2 s to end, and notices a second copy.
slow() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; echo >>starts.%s; exec %s --slow-stop 2000 --ready ready.$$$$"] }' \
	    "$1" "$1" "$1" "$1" "$FAKE_AGENT"
}

# listens AGENT: this run of it takes its 2 s from now on, and has settled.
listens() {
	test -e "ready.$(field "p:$1" pid)" &&
	teamctl events --agent "$1" --json >listens &&
	grep -o "agent\.launched\|agent\.started" listens | tail -n 1 |
		grep started
}

three_restarts() {
	teamctl restart a --json >r1 &
	first=$!
	teamctl restart a --json >r2 &
	second=$!
	teamctl restart a --json >r3 &
	wait $first && wait $second && wait $!
}

decided() { # FILE...: the decisions in them, sorted, on one line
	for decided_file; do
		json "$decided_file" results/0/decision && echo
	done | sort | paste -sd' '
}

test_expect_success 'three restarts at a time are one' '
	team "$(slow a)" "$(fake b)" && teamctl up >out && supervisor &&
	pid=$(field p:a pid) &&
	three_restarts &&
	echo "already_pending already_pending queued_after_stop" >expect &&
	decided r1 r2 r3 >actual && test_cmp expect actual &&
	new_pid p:a "$pid" && lines 2 starts.a && test ! -e double
'

test_expect_success 'each of them returns when it runs again' '
	for file in r1 r2 r3; do
		json_is "$file" results/0/state done &&
		json_is "$file" results/0/stop/outcome drained || return 1
	done &&
	pid=$(field p:a pid) && teamctl restart --no-wait a >out &&
	teamctl restart a >actual && new_pid p:a "$pid" &&
	test_grep "^restarted · p:a \[drained in .*\] (a start of it was under way)$" actual &&
	lines 3 starts.a
'

test_expect_success 'a stop during a restart wins; no copy comes' '
	teamctl restart --no-wait a >actual &&
	test_grep "restarted · p:a \[queued_after_stop\]" actual &&
	teamctl pause --stop a >actual && test_grep "paused · p:a" actual &&
	is p:a state paused && lines 3 starts.a &&
	grep agent.command_superseded state/journal.jsonl
'

test_expect_success 'a start during a stop comes after it' '
	teamctl resume a >out && lines 4 starts.a &&
	teamctl pause --stop --no-wait a --json >r1 &&
	json_is r1 results/0/state pending &&
	json_is r1 results/0/cancel_delivered true &&
	json_is r1 results/0/stop/state cancel_delivered &&
	teamctl resume a --json >r2 &&
	json_is r2 results/0/decision queued_after_stop &&
	json_is r2 results/0/state done &&
	is p:a state running && lines 5 starts.a && test ! -e double
'

test_expect_success 'restart in a wait: one copy; pause in a wait: none' '
	team "c: { command: [sh, -c, \"echo >>n; test -e stay && exec $FAKE_AGENT; exit 1\"], restart: { backoff: { initial: 60s, max: 60s, jitter: 0 } } }" &&
	{ teamctl up --no-supervise c >out 2>&1 || :; } &&
	wait_for 20 is p:c state backoff &&
	pending=$(wc -l <n) && teamctl pause c >actual &&
	test_grep "paused · p:c" actual && is p:c state paused &&
	touch stay && teamctl resume c >out && is p:c state running &&
	lines $((pending + 1)) n
'

test_expect_success '--wait=T gives up waiting, not the work' '
	team "$(slow a)" "$(fake b)" && pid=$(field p:a pid) &&
	wait_for 20 listens a &&
	test_expect_code 5 teamctl restart --wait=100ms a 2>err &&
	test_grep "does not answer in time" err &&
	test_grep "hint: the supervisor goes on with it" err &&
	wait_for 20 new_pid p:a "$pid" && pid=$(field p:a pid) &&
	wait_for 20 listens a &&
	test_expect_code 5 teamctl restart --wait=100ms a --json >actual &&
	json_is actual decision null && json_is actual exit_code 5 &&
	wait_for 20 new_pid p:a "$pid"
'

test_expect_success 'a repeat while it is being stopped says that, and waits' '
	wait_for 20 listens a &&
	teamctl pause --stop --no-wait a >out && teamctl pause --stop a >actual &&
	test_grep "^unchanged · p:a .*(it is being stopped already)$" actual &&
	is p:a state paused &&
	teamctl resume a >out && wait_for 20 listens a &&
	teamctl pause --stop --no-wait a >out &&
	teamctl pause --stop --no-wait a --json >r1 &&
	json_is r1 results/0/decision unchanged &&
	json_is r1 results/0/stop/state cancel_delivered &&
	teamctl pause --stop --wait=20 a --json >r2 &&
	json_is r2 results/0/idempotent true &&
	json_is r2 results/0/cancel_delivered false &&
	json_is r2 results/0/stop/state completed &&
	is p:a state paused && teamctl resume a >out
'

test_expect_success 'so it does when the start that it ends has yet to settle' '
	teamctl pause --stop b >out &&
	server=$(tmux display-message -p "#{pid}") && kill -STOP "$server" &&
	test_when_finished "kill -CONT $server" &&
	teamctl resume --no-wait b >out &&
	teamctl pause --stop --no-wait b >out &&
	teamctl pause --stop --no-wait b >actual &&
	test_grep "^unchanged · p:b \[unchanged\] (it is being stopped already)$" actual &&
	{ teamctl pause --stop b >actual & waiting=$!; } &&
	kill -CONT "$server" && wait "$waiting" &&
	test_grep "^unchanged · p:b .*(it is being stopped already)$" actual &&
	is p:b state paused && is p:b pid null && teamctl resume b >out
'

test_expect_success 'and when those that depend on it go down before it' '
	cp team-compose.yaml saved.yaml &&
	team "$(slow a)" "$(fake b)" "$(fake d)" \
		"$(slow e | sed "s/ }$/, depends_on: [d] }/")" &&
	teamctl up >out && wait_for 20 listens e &&
	teamctl pause --stop --no-wait d e >out &&
	teamctl pause --stop d >actual &&
	test_grep "^unchanged · p:d .*(it is being stopped already)$" actual &&
	is p:d state paused && is p:d pid null &&
	mv saved.yaml team-compose.yaml && teamctl reload >out
'

test_expect_success 'so does a repeated remove' '
	cp team-compose.yaml saved.yaml &&
	team "$(slow a)" "$(fake b)" "$(slow g)" && teamctl up >out &&
	wait_for 20 listens g && teamctl remove --no-wait g >out &&
	teamctl remove g >actual &&
	test_grep "^unchanged · p:g .*(it is being stopped already)$" actual &&
	is p:g pid null && mv saved.yaml team-compose.yaml &&
	teamctl reload >out
'

test_expect_success 'a request that is too long is not begun' '
	pid=$(field p:b pid) && long=$(printf "%066000d" 0) &&
	test_expect_code 6 teamctl pause --stop b --reason "$long" 2>err &&
	test_grep "a request of 66[0-9]* bytes is too long for the supervisor" \
		err &&
	test_grep "hint: name fewer agents at a time" err &&
	is p:b state running && is p:b pid "$pid"
'

test_expect_success 'a command id: the same answer, one effect' '
	pid=$(field p:b pid) &&
	teamctl restart b --command-id again --json >r1 &&
	wait_for 20 new_pid p:b "$pid" && pid=$(field p:b pid) &&
	teamctl restart b --command-id again --json >r2 &&
	test_cmp r1 r2 && is p:b pid "$pid" &&
	test_expect_code 6 teamctl pause b --command-id again 2>err &&
	test_grep "was used for another command" err &&
	no_supervisor && supervisor &&
	teamctl restart b --command-id again --json >r2 &&
	test_cmp r1 r2 && is p:b pid "$pid"
'

test_expect_success 'who asks is what the kernel says' '
	ask "{\"op\": \"pause\", \"ids\": [\"p:b\"], \"by\": \"mallory\", \"id\": 7}" >actual &&
	json_is actual requested_by "$(id -un)" &&
	json_is actual claimed_by mallory && json_is actual id 7 &&
	ask "{\"op\": \"resume\", \"ids\": [\"p:b\"], \"id\": {\"a\": 1}}" >actual &&
	json_is actual id/a 1 && json_is actual claimed_by null
'

test_expect_success 'what is wrong with a request is said' '
	ask "{\"op\": \"fly\"}" >actual && json_is actual code unknown_op &&
	ask "{\"op\": \"pause\"}" >actual &&
	json_is actual code bad_request &&
	ask "{\"op\": \"pause\", \"ids\": [\"p:x\"]}" >actual &&
	json_is actual code unknown_agent &&
	ask "{\"op\": \"pause\", \"ids\": [1]}" >actual &&
	json_is actual code bad_request &&
	ask "{\"op\": \"pause\", \"ids\": [\"p:b\"], \"reason\": \" \"}" >actual &&
	json_is actual code bad_request &&
	ask "{\"op\": \"pause\", \"ids\": [\"p:b\"], \"command_id\": \"/\"}" >actual &&
	json_is actual code bad_request && is p:b state running
'

test_expect_success 'the team may want reasons' '
	{ echo "control: { require_reason: [pause, quarantine, shutdown] }" &&
	cat team-compose.yaml; } >new && mv new team-compose.yaml &&
	teamctl reload >out &&
	test_expect_code 2 teamctl pause b 2>err &&
	test_grep "pause needs a reason in this team" err &&
	test_expect_code 2 teamctl shutdown 2>err &&
	teamctl pause b --reason why >out && teamctl resume b >out &&
	echo "control: { require_reason: [pauze] }" >bad.yaml &&
	cat team-compose.yaml >>bad.yaml && sed 2d bad.yaml >bad &&
	test_must_fail teamctl -f bad validate
'

test_expect_success 'shutdown: the supervisor ends, agents live on' '
	pid=$(field p:b pid) && old=$sup &&
	teamctl pause --stop --no-wait a --reason x >out &&
	teamctl shutdown --dry-run --json --reason may >actual &&
	test_grep "\"ok\": true" actual && test_grep "\"reason\": \"may\"" actual &&
	teamctl shutdown --no-wait --reason enough >actual &&
	test_grep "shutdown · supervisor $sup" actual &&
	test_expect_code 6 teamctl restart b 2>err &&
	test_grep "the supervisor is about to end" err &&
	teamctl shutdown --reason twice >actual &&
	test_grep "about to end already" actual &&
	wait "$sup" && is p:b pid "$pid" &&
	teamctl events --kind "command.*" >record &&
	test "$(grep -c "command.accepted  *shutdown  enough" record)" = 1 &&
	test "$(grep -c "command.completed  *shutdown done in .*  enough" record)" = 1 &&
	test_expect_code 7 teamctl shutdown --reason x 2>err &&
	test_grep "no supervisor is running" err &&
	teamctl down >out
'

test_expect_success 'a restart that a shutdown cuts short says so' '
	teamctl up >out && supervisor && wait_for 20 listens a &&
	{ teamctl restart a >out 2>err & restart=$!; } &&
	wait_for 20 is p:a state draining && teamctl shutdown --reason x &&
	test_expect_code 1 wait "$restart" &&
	test_grep "p:a: cut short by a shutdown of the supervisor; .teamctl up. starts it" err &&
	test_grep "cut short by a shutdown" state/journal.jsonl &&
	teamctl up >out && is p:a state running && teamctl down >out
'

# As many connections as fit into its queue.
cat >fill.pl <<'EOT'
use IO::Handle;
use Socket;
my @held;
while (socket(my $s, PF_UNIX, SOCK_STREAM, 0)) {
	$s->blocking(0);
	connect($s, pack_sockaddr_un("state/control.sock")) or last;
	push @held, $s;
}
open(my $out, ">", "filled") or die;
print $out scalar(@held), "\n";
close($out);
sleep 300;
EOT

# To have that many of them open.
# shellcheck disable=SC3045 # not in POSIX, but in every sh here
(ulimit -S -n 4096) 2>/dev/null && test_set_prereq FILES

answers() {
	teamctl auto-resume status | grep -q "(on)"
}

test_expect_success FILES 'one that hangs makes no command hang' '
	teamctl up >out && supervisor && kill -STOP "$sup" &&
	test_when_finished "kill -CONT $sup" &&
	{ (ulimit -S -n 4096 && exec perl fill.pl) & } && filler=$! &&
	test_when_finished "kill $filler" &&
	wait_for 20 test -s filled && test "$(cat filled)" -gt 10 &&
	timeout 60 teamctl auto-resume status >out &&
	test_grep "no supervisor" out
'

test_expect_success FILES 'and goes on when it does not hang any more' '
	wait_for 20 answers && no_supervisor && teamctl down >out
'

# The median of 30 questions for the state, in microseconds.
median() {
	perl -MIO::Socket::UNIX -MTime::HiRes=time,sleep -e '
		my $socket = IO::Socket::UNIX->new("state/control.sock")
		    or die "cannot connect: $!";
		<$socket>;
		my @took;
		for (1 .. 30) {
			my $begun = time;
			print $socket "{\"op\": \"state\"}\n";
			$socket->flush;
			my $line = <$socket> // exit 1;
			$line =~ /"ok":true/ or die $line;
			push @took, time - $begun;
			sleep 0.05;
		}
		@took = sort { $a <=> $b } @took;
		printf "%d\n", 1e6 * $took[15];
		printf STDERR "# state: median %.2f ms, worst %.2f ms\n",
		    1e3 * $took[15], 1e3 * $took[-1]'
}

many() {
	for many_i in $(seq 50); do
		fake "m$many_i" --ignore INT
		echo
	done
}

begin_down() {
	teamctl down >out 2>&1 &
	down=$!
}

test_expect_success 'looking does not wait for a drain of 50 agents' '
	mkdir many && cd many && TEAM_DRAIN=20 &&
	many >list && { set --; while read -r line; do
		set -- "$@" "$line"; done; team "$@"; } <list &&
	teamctl up >out && supervisor &&
	teamctl pause --stop --no-wait >out &&
	median >us 2>said && cat said && test "$(cat us)" -lt 100000 &&
	ask "{\"op\": \"state\"}" >actual &&
	json_is actual agents/0/state draining &&
	json_is actual agents/49/operation paused &&
	teamctl down --now --lock-timeout 120s >out 2>&1 &&
	cat said >&3
'

test_expect_success 'nor for that of a command which has the team' '
	cd many && teamctl up >out && supervisor && begin_down &&
	wait_for 20 sh -c "teamctl status | grep -q draining" &&
	median >us 2>said && test "$(cat us)" -lt 100000 && cat said >&3 &&
	ask "{\"op\": \"state\"}" >actual &&
	json_is actual supervisor/yielded true &&
	kill -KILL "$down" && { wait "$down" || :; } &&
	teamctl down --now --lock-timeout 120s >out 2>&1
'

test_done
