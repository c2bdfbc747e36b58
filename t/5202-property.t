#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Verbs and crashes at random against a small model: STEPS of them (40), from
# SEED, some of them at once after a crash.  After each step: no agent runs twice, each one's operation is what
# the model says, nothing runs that is not to, what is to run does, and the
# journal is whole.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

STEPS=${STEPS:-40} SEED=${SEED:-$$}
t_say "# SEED=$SEED STEPS=$STEPS"

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s"], restart: { max_restarts: 1000, within: 1s, backoff: { initial: 20ms, max: 50ms, jitter: 0 } } }' \
	    "$1" "$1" "$1" "$FAKE_AGENT"
}

# ---- the model: op_a is what is wanted of a: active, stopped, paused, frozen,
# quarantined or removed; and unsure, when a crash may have been before the
# freeze: nothing of it, or all, is there ----

wanted() {
	eval "echo \"\$op_$1\""
}

# step_model VERB AGENT: the operation after, or nothing: it is refused.
model() {
	case $1:$(wanted "$2") in
	up:paused | up:frozen | up:unsure | up:quarantined) ;;
	up:*) echo active ;;
	down:active) echo stopped ;;
	down:frozen | down:unsure | down:paused) echo stopped ;;
	down:*) wanted "$2" ;;
	restart:active | restart:stopped) echo active ;;
	restart:*) ;;
	freeze:active) test -n "$just_crashed" && echo unsure || echo frozen ;;
	freeze:frozen | freeze:unsure) wanted "$2" ;;
	freeze:stopped | freeze:paused) echo paused ;;
	freeze:*) ;;
	pause:quarantined | pause:removed) ;;
	pause:*) echo paused ;;
	resume:quarantined | resume:removed) ;;
	resume:stopped) echo stopped ;;
	resume:*) echo active ;;
	quarantine:removed) ;;
	quarantine:*) echo quarantined ;;
	release:removed) ;;
	release:quarantined) echo active ;;
	release:*) wanted "$2" ;;
	remove:*) echo removed ;;
	esac
}

verb() { # VERB AGENT
	case $1 in
	freeze) set -- "$1" "$2" pause --freeze ;;
	pause) set -- "$1" "$2" pause --stop ;;
	*) set -- "$1" "$2" "$1" ;;
	esac
	verb_name=$1 verb_agent=$2
	shift 2
	verb_after=$(model "$verb_name" "$verb_agent")
	timeout 60 teamctl "$@" --reason property "p:$verb_agent" >verb.out 2>&1
	verb_code=$?
	if [ -n "$verb_after" ]; then
		eval "op_$verb_agent=\$verb_after"
		[ "$verb_code" -eq 0 ]
	else
		[ "$verb_code" -eq 6 ]
	fi && return
	echo "$* of $verb_agent: exit $verb_code, wanted '$verb_after'"
	cat verb.out
	return 1
}

# ---- crashes ----

of_record() { # AGENT KEY
	perl -MJSON::PP -e 'local $/; my $r = decode_json(<STDIN>);
		print $r->{$ARGV[0]} // "" if $r->{state} eq "running"' \
	    "$2" <"state/exits/p-$1.json" 2>/dev/null
}

crash() { # agent|shim|supervisor AGENT
	case $1 in
	agent) crash_pid=$(of_record "$2" pid) ;;
	shim) crash_pid=$(of_record "$2" shim_pid) ;;
	supervisor)
		kill -KILL "$sup" && { wait "$sup" 2>/dev/null || :; }
		supervisor
		return
		;;
	esac
	[ -z "$crash_pid" ] || kill -KILL "$crash_pid" 2>/dev/null || :
	# Held all the same, but there is nothing to go on with.
	case $(wanted "$2") in
	frozen | unsure) eval "op_$2=paused" ;;
	esac
}

# ---- what always holds ----

# Succeeds when each agent is as the model wants it.
as_modelled() {
	teamctl status --json >status.json || return 1
	# shellcheck disable=SC2154
	perl -MJSON::PP -e '
		local $/;
		my %want = map { split /=/ } @ARGV;
		my %is = map { $_->{id} => $_ }
		    @{decode_json(<STDIN>)->{agents}};
		for my $name (sort keys %want) {
			my $agent = $is{"p:$name"} or do {
				next if $want{$name} eq "removed";
				die "$name is not there\n";
			};
			my $want = $want{$name};
			my $operation = $want eq "frozen" ||
			    $want eq "unsure" ? "paused" : $want;
			die "$name: operation $agent->{operation}, not " .
			    "$operation\n" if $agent->{operation} ne $operation;
			my $runs = defined $agent->{pid};
			$want = $runs ? "frozen" : "paused"
			    if $want eq "unsure";
			my $must = $want eq "active" || $want eq "frozen";
			die "$name: wanted $want, but ", $runs ? "" : "not ",
			    "running ($agent->{state})\n" if $runs != $must;
			next if !$runs;
			open my $f, "<", "/proc/$agent->{pid}/stat"
			    or die "$name: pid $agent->{pid} is gone\n";
			my ($state) = <$f> =~ /\) (.)/;
			die "$name: wanted $want, its process is in $state\n"
			    if ($state eq "T") != ($want eq "frozen");
		}' "a=$op_a" "b=$op_b" "c=$op_c" <status.json
}

# What runs by its locks: nobody has one who is not to run.
nothing_else() {
	for nothing_name in a b c; do
		case $(wanted "$nothing_name") in
		active | frozen | unsure) continue ;;
		esac
		flock -n "lock.$nothing_name" true && continue
		echo "$nothing_name holds its lock: $(wanted "$nothing_name")"
		return 1
	done
}

holds() {
	test ! -e double || { echo "two copies:"; cat double; return 1; }
	wait_for 60 as_modelled && nothing_else && test ! -e double &&
	teamctl audit verify >audit.out 2>&1 || { cat audit.out; return 1; }
}

pick() { # WORD...: one of them into $picked
	instant $#
	shift "$instant"
	picked=$1
}

# A verb may come before anybody has seen what a crash has done.
rest() {
	just_crashed=
	case $step_what in
	agent | shim | supervisor)
		pick '' '' yes && just_crashed=$picked
		;;
	esac
	[ -n "$just_crashed" ] || holds
}

step() {
	[ -n "$just_crashed" ] || { pick a b c && step_agent=$picked; } &&
	pick up down restart freeze pause resume resume release quarantine \
	    release up restart remove agent agent shim supervisor &&
	step_what=$picked &&
	echo "$step_at $step_what $step_agent (a $op_a, b $op_b, c $op_c)" \
	    >>steps &&
	case $step_what in
	agent | shim | supervisor) crash "$step_what" "$step_agent" ;;
	*) verb "$step_what" "$step_agent" ;;
	esac
}

test_expect_success 'as the model says, after each step' '
	team "$(guarded a)" "$(guarded b)" "$(guarded c)" &&
	touch lock.a lock.b lock.c audit.out && teamctl up >out && supervisor &&
	op_a=active op_b=active op_c=active just_crashed= && holds &&
	for step_at in $(seq "$STEPS"); do
		step && rest || {
			echo "the last steps:"
			tail -n 8 steps
			tail -n 12 sup.log
			return 1
		}
	done &&
	holds && no_supervisor && teamctl down >out 2>&1
'

test_done
