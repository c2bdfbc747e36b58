#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A cgroup for each run of an agent, where cgroup v2 may be written: what has
# thrown away all by which it could be known is in there, and comes down too.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# The base that doctor names, if one can be made there and can be killed.
base=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
base=$base${own%/}
probe=$base/teamctl-probe-$$
if [ -n "$base" ] && mkdir "$probe" 2>/dev/null; then
	[ ! -w "$probe/cgroup.kill" ] || test_set_prereq CGROUP
	rmdir "$probe"
fi

# cgroup_of PID: the path of it in cgroup v2.
cgroup_of() {
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

shim_of() { # AGENT
	ps -o ppid= -p "$(field "$1" pid)" | tr -d ' '
}

# leaves N: so many of this team's agents have one; $ours is how they begin.
leaves() {
	leaves_got=$(find "$base" -maxdepth 1 -name "$ours-p:esc*" | wc -l)
	test "$leaves_got" -eq "$1" && return
	echo "$leaves_got cgroups, not $1"
	return 1
}

alive() { # FILE: the processes in it are
	while read -r alive_pid; do
		lives "$alive_pid" || return 1
	done <"$1"
}

all_in() { # STATE FILE
	while read -r all_pid; do
		grep -q "^State:.$1" "/proc/$all_pid/status" || return 1
	done <"$2"
}

gone() { # FILE
	while read -r gone_pid; do
		test ! -d "/proc/$gone_pid" ||
			grep -q "^State:.Z" "/proc/$gone_pid/status" || return 1
	done <"$1"
}

escapes='--ignore HUP --child env-i --child-ignore all --children kids --ready ready'

# up_with_escapee [VERB]: an agent with a daemon that has no environment; its
# pid is in kids.
# shellcheck disable=SC2086 # words
up_with_escapee() {
	rm -f kids ready &&
	team "$(fake esc1 $escapes)" && teamctl ${1:-up} p:esc1 >out &&
	wait_for 20 test -s ready && wait_for 20 lines 1 kids && alive kids
}

test_expect_success CGROUP 'each run has one, and its shim is not in it' '
	up_with_escapee &&
	{ teamctl doctor >out || :; } &&
	test_grep "cgroups .*below .$base." out &&
	cgroup_of "$(field p:esc1 pid)" >actual &&
	test_grep "/teamctl-[0-9a-f]*-p:esc1$" actual &&
	ours=$(sed "s,.*/,,; s,-p:esc1$,," actual) &&
	cgroup_of "$(cat kids)" >of-kid && test_cmp actual of-kid &&
	cgroup_of "$(shim_of p:esc1)" >of-shim && test_grep ! esc1 of-shim &&
	leaves 1
'

test_expect_success CGROUP 'it goes with the run' '
	teamctl down >out && gone kids && leaves 0
'

test_expect_success CGROUP 'down finds what a killed shim has left' '
	up_with_escapee &&
	kill -KILL "$(shim_of p:esc1)" && wait_for 20 is p:esc1 state lost &&
	alive kids &&
	teamctl down >out && gone kids && leaves 0
'

test_expect_success CGROUP 'so does an up, before it starts another one' '
	up_with_escapee && mv kids old && rm ready &&
	kill -KILL "$(shim_of p:esc1)" && wait_for 20 is p:esc1 state lost &&
	teamctl up >out && wait_for 20 test -s ready &&
	gone old && alive kids && leaves 1 &&
	teamctl down >out && leaves 0
'

test_expect_success CGROUP 'and a start that knows of no former one' '
	up_with_escapee && mv kids old && rm ready &&
	kill -KILL "$(shim_of p:esc1)" "$(field p:esc1 pid)" &&
	tmux kill-server && rm -rf state && alive old &&
	teamctl up >out && wait_for 20 test -s ready &&
	gone old && leaves 1
'

test_expect_success CGROUP 'a supervisor ends them and starts the agent' '
	cp kids old && before=$(field p:esc1 pid) && supervisor &&
	kill -KILL "$(shim_of p:esc1)" &&
	wait_for 30 new_pid p:esc1 "$before" && gone old && leaves 1 &&
	no_supervisor && teamctl down >out && leaves 0
'

test_expect_success CGROUP 'what it makes below is removed as well' '
	up_with_escapee &&
	below=$base$(cgroup_of "$(cat kids)") && below=${below#"$base$own"} &&
	below=$base/${below#/} && mkdir -p "$below/inner/most" &&
	cat kids >"$below/inner/most/cgroup.procs" &&
	teamctl down --now >out && gone kids && leaves 0
'

leaf_of() { # PID
	printf '%s' "$base/$(cgroup_of "$1" | sed 's,.*/,,')"
}

pauses() { # HOW VERB
	verb=$2
	test_expect_success CGROUP "$1: paused, a CONT of another wakes nobody" '
		up_with_escapee $verb && head -1 kids >kid &&
		field p:esc1 pid >>kids && echo >>kids &&
		teamctl pause p:esc1 >out && all_in T kids &&
		kill -CONT "$(cat kid)" &&
		leaf=$(leaf_of "$(cat kid)") &&
		test_grep "frozen 1" "$leaf/cgroup.events" &&
		teamctl resume p:esc1 >out &&
		test_grep "frozen 0" "$leaf/cgroup.events" &&
		wait_for 20 all_in S kids
	'
	test_expect_success CGROUP "$1: paused, down drains it" '
		teamctl pause p:esc1 >out && teamctl down p:esc1 >out &&
		test_grep "drained in" out && gone kids && leaves 0
	'
}
pauses alone up
test_expect_success CGROUP 'with a supervisor' '
	teamctl up >out && supervisor
'
pauses supervised restart

test_expect_success CGROUP 'paused, its session killed: it ends by itself' '
	up_with_escapee && field p:esc1 pid >>kids && echo >>kids &&
	teamctl pause p:esc1 >out && tmux kill-session -t =a-p-esc1 &&
	wait_for 20 gone kids && wait_for 20 leaves 0 && teamctl down >out
'

test_expect_success CGROUP 'a supervisor removes what is old and empty' '
	mkdir "$base/teamctl-t$$-p:esc9" && mkdir "$base/teamctl-t$$-p:esc8" &&
	test_when_finished "rmdir $base/teamctl-t$$-p:esc*" &&
	touch -d "10 minutes ago" "$base/teamctl-t$$-p:esc9" &&
	team "$(fake esc1)" && teamctl up >out && supervisor &&
	wait_for 20 test ! -d "$base/teamctl-t$$-p:esc9" &&
	test -d "$base/teamctl-t$$-p:esc8" && no_supervisor &&
	teamctl down >out
'

test_expect_success 'supervisor.cgroups: false makes none' '
	team "$(fake esc2 --ready ready2)" &&
	sed "s/autostart/cgroups: false, autostart/" team-compose.yaml >new &&
	mv new team-compose.yaml && teamctl up >out &&
	wait_for 20 test -s ready2 &&
	cgroup_of "$(field p:esc2 pid)" >actual && test_grep ! esc2 actual &&
	teamctl pause p:esc2 >out && field p:esc2 pid >kids && echo >>kids &&
	all_in T kids && teamctl resume p:esc2 && all_in S kids &&
	{ teamctl doctor >out || :; } &&
	test_grep "cgroups .*not used" out &&
	teamctl down >out && gone kids
'

test_done
