#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# kill -9 of the supervisor at random instants, while agents are killed all the
# time: whatever it was at, no agent ever runs twice (watched in /proc), none
# is forgotten, and a supervisor begins where the last one was killed.  KILLS
# instants (10), from SEED; `make check-long` takes 500.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

KILLS=${KILLS:-10} SEED=${SEED:-$$} AGENTS=12
# Every so many calls of the last test: all of them with many KILLS.
STEP=$((KILLS < 100 ? 9 : 1))
t_say "# SEED=$SEED KILLS=$KILLS"

fleet() { # POLICY
	set -- "$1" "$(seq "$AGENTS")"
	fleet_names=$2 fleet_policy=$1
	set --
	for fleet_i in $fleet_names; do
		set -- "$@" "n$fleet_i: { command: [\"$FAKE_AGENT\", --count, n$fleet_i.runs], restart: $fleet_policy }"
	done
	team "$@"
}

all_run() {
	teamctl status >status || return 1
	all_got=$(grep -c " running " status)
	test "$all_got" -eq "$AGENTS" && return
	cat status
	return 1
}

# Kills an agent or a shim every 5 to 50 ms, until the file "calm" exists.
storm() {
	perl -e '
		use Time::HiRes qw(sleep);
		my ($seed, $test) = @ARGV;
		sub environment {
			open my $f, "<", "/proc/$_[0]/environ" or return "";
			local $/;
			return <$f> // "";
		}
		srand $seed;
		until (-e "calm") {
			my (@agents, @shims);
			for my $dir (glob "/proc/[0-9]*") {
				my ($pid) = $dir =~ /(\d+)/;
				my $env = environment($pid);
				next unless $env =~ /TEAMCTL_TEST=\Q$test\E\0/;
				open my $g, "<", "$dir/cmdline" or next;
				my $line = <$g> // "";
				push @agents, $pid if $env =~ /\0TEAMCTL_RUN=/;
				push @shims, $pid if $line =~ /\0shim\0p:/;
			}
			my $of = rand() < 0.1 && @shims ? \@shims : \@agents;
			my $pid = @$of ? $of->[rand @$of] : 0;
			# Its number may be that of another by now.
			kill KILL => $pid if $pid &&
			    environment($pid) =~ /TEAMCTL_TEST=\Q$test\E\0/;
			sleep 0.005 + rand 0.045;
		}' "$SEED" "$TEAMCTL_TEST"
}

# crash N: so often a supervisor is begun and killed within 0 to 200 ms; every
# tenth is left until it supervises.
crash() {
	perl -e '
		use Time::HiRes qw(sleep);
		my ($n, $seed) = @ARGV;
		srand $seed + 1;
		for my $i (1 .. $n) {
			my $pid = fork;
			if (!$pid) {
				open STDERR, ">>", "sup.log";
				exec "teamctl", "supervise", "--interval",
				    "500ms" or exit 127;
			}
			sleep($i % 10 ? rand 0.2 : 1);
			kill KILL => $pid;
			waitpid $pid, 0;
			die "$i: it ended by itself: $?\n" if $? != 9;
		}' "$1" "$SEED"
}

# Commands of a person among all that, each of which has to go well.
commands() {
	commands_nr=0
	until test -e calm; do
		teamctl restart n1 >command.out 2>&1 &&
		teamctl down n2 >command.out 2>&1 &&
		teamctl up n2 >command.out 2>&1 || {
			echo "command $commands_nr: exit $?"
			cat command.out
			return 1
		}
		commands_nr=$((commands_nr + 1))
	done
}

sound() {
	test_must_be_empty copies &&
	# None may have lived long enough to write the supervisor's.
	perl -MJSON::PP -e 'for (@ARGV) {
		next if /supervisor/ && ! -e;
		open my $f, "<", $_ or die "$_: $!";
		local $/;
		eval { decode_json(<$f>) } or die "$_: $@";
	}' state/applied.json state/supervisor.json state/exits/*.json
}

test_expect_success 'at any instant, in a storm of crashes' '
	fleet "{ max_restarts: 100000, within: 1s, backoff: { initial: 1ms, max: 5ms } }" &&
	teamctl up >out &&
	{ "$ROOT/t/tools/watch-copies" copies & watch=$!; } &&
	{ storm & storm=$!; } &&
	test_when_finished "touch calm; wait $storm; rm -f calm" &&
	crash "$KILLS" && touch calm && wait "$storm" && sound
'

test_expect_success 'the next one has all of them run, each once' '
	supervisor && wait_for 60 all_run && sessions "$AGENTS" && sound &&
	no_supervisor
'

test_expect_success 'the same while a person gives commands' '
	{ commands & commands=$!; } &&
	crash "$(((KILLS + 4) / 5))" && touch calm && wait "$commands" &&
	rm calm && supervisor && wait_for 60 all_run && sound
'

test_expect_success 'its watcher has seen it all' '
	touch copies.stop && wait "$watch" && cat copies.looks &&
	t_say "# $(cat copies.looks)" &&
	test_grep "^[1-9][0-9]* looks, [1-9][0-9]* runs" copies.looks &&
	test_must_be_empty copies
'

test_expect_success 'those that were not hurt are adopted, not started' '
	pid=$(field p:n3 pid) && kill -KILL "$sup" && { wait "$sup" || :; } &&
	supervisor && is p:n3 pid "$pid"
'

# One start by `up`, and as many restarts as are allowed; two may have been made
# without being written down.
test_expect_success 'what restarts cost is not forgotten by kill -9' '
	teamctl down >out && wait "$sup" && rm -rf state *.runs &&
	fleet "{ max_restarts: 3, within: 1h, backoff: { initial: 50ms, max: 50ms } }" &&
	teamctl up >out && { storm & storm=$!; } &&
	test_when_finished "touch calm; wait $storm; rm -f calm" &&
	crash "$((KILLS / 10 + 20))" && supervisor &&
	wait_for 240 snapshot agents/p:n1/state failed &&
	touch calm && wait "$storm" && no_supervisor && wc -l *.runs &&
	for file in *.runs; do
		test "$(wc -l <"$file")" -le 6 || return 1
	done &&
	teamctl down --now >out
'

! command -v strace >/dev/null || test_set_prereq STRACE

CALLS=rename,renameat,renameat2,fdatasync,fsync,write,unlink,clone,fork,vfork

# killed_before N: a supervisor that is killed at the Nth of these calls.
killed_before() {
	teamctl down --now >out 2>&1
	rm -rf state n sup.log trace
	{ teamctl up >out 2>&1 || :; }
	strace -o trace -e "trace=$CALLS,clone3" \
	    -e "inject=$CALLS,clone3:signal=KILL:when=$1" \
	    teamctl supervise >sup.out 2>sup.log </dev/null &
	sup=$!
	wait_for 60 sh -c "grep -q killed trace ||
	    grep -q \"p:a: failed\" sup.log" || return 1
	grep -q killed trace && killed_nr=$((killed_nr + 1))
	kill "$(tr -dc 0-9 <state/supervisor.lock)" 2>/dev/null
	wait "$sup"
	supervisor
}

test_expect_success STRACE 'killed before any call that changes something' '
	team "a: { command: [sh, -c, \"echo x >>n; exit 1\"], restart: { max_restarts: 3, within: 1h, backoff: { initial: 1ms } } }" &&
	killed_nr=0 &&
	for at in $(seq "$((SEED % STEP + 1))" "$STEP" 60); do
		killed_before "$at" &&
		wait_for 20 snapshot agents/p:a/state failed &&
		no_supervisor && lines 4 n || {
			echo "at call $at"
			cat trace sup.log
			return 1
		}
	done &&
	t_say "# killed at $killed_nr of its calls" &&
	test "$killed_nr" -ge 1 && teamctl down --now >out
'

test_done
