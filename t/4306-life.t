#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The supervisor's own life: one a team, how it ends and is replaced, and how
# commands and it share a team.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s"], restart: { max_restarts: 1000, backoff: { initial: 1ms, max: 10ms } } }' \
	    "$1" "$1" "$1" "$FAKE_AGENT"
}

never_twice() {
	test ! -e double || { echo "two copies:"; cat double; return 1; }
}

# The processor time of the supervisor, in ticks of 10 ms.
ticks() {
	sed 's/.*) //' "/proc/$sup/stat" | awk '{ print $12 + $13 }'
}

bare_supervisor() {
	env -i PATH=/usr/bin:/bin TMUX_TMPDIR="$TMUX_TMPDIR" LC_ALL=C \
	    TEAMCTL_TEST="$TEAMCTL_TEST" TEAMCTL_SHARE="$ROOT/share" \
	    "$TEAMCTL" supervise 2>>sup.log </dev/null &
	sup=$!
}

test_expect_success 'SIGTERM: agents run on, a last snapshot, exit 0' '
	team "$(guarded a)" "$(guarded b)" &&
	teamctl up &&
	supervisor &&
	pid=$(field p:a pid) &&
	no_supervisor &&
	snapshot state stopped &&
	is p:a pid "$pid" &&
	test ! -e state/control.sock
'

test_expect_success 'a second one is told who runs, and exits with 6' '
	supervisor &&
	test_expect_code 6 teamctl supervise 2>err &&
	test_grep "supervised by pid $sup" err &&
	test_expect_code 6 teamctl supervise --once 2>err
'

test_expect_success 'an interval of nothing is refused' '
	for interval in 0 0s -1 abc ""; do
		test_expect_code 2 teamctl supervise --interval "$interval" \
		    2>err && test_grep "interval" err || return 1
	done
'

test_expect_success '--replace takes over, and keeps the agents' '
	pid=$(field p:a pid) && old=$sup &&
	supervisor --replace &&
	wait "$old" &&
	test "$sup" != "$old" &&
	is p:a pid "$pid" &&
	kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" && never_twice
'

test_expect_success 'SIGINT ends it, too' '
	kill -INT "$sup" && wait "$sup"
'

test_expect_success 'SIGHUP: it reads the compose file again' '
	supervisor &&
	team "a: { command: [\"$FAKE_AGENT\"], restart: never }" \
	    "$(guarded b)" &&
	kill -HUP "$sup" &&
	wait_for 20 grep "reading the compose file again" sup.log &&
	wait_for 20 supervised &&
	pid=$(field p:a pid) &&
	kill -KILL "$pid" &&
	wait_for 20 grep "p:a: done: .*policy never" sup.log &&
	is p:a pid null
'

test_expect_success 'SIGHUP with a broken file: what was read before stays' '
	cp team-compose.yaml good && echo "  x: [" >>team-compose.yaml &&
	kill -HUP "$sup" &&
	wait_for 20 grep "compose file is invalid" sup.log &&
	pid=$(field p:b pid) &&
	kill -KILL "$pid" &&
	mv good team-compose.yaml &&
	wait_for 20 new_pid p:b "$pid"
'

test_expect_success 'commands go through it, and it takes over again' '
	teamctl up >actual &&
	test_grep "^up · p:a$" actual &&
	teamctl restart b >actual &&
	test_grep "restart" actual &&
	team "$(guarded a)" "$(guarded b)" "$(guarded c)" &&
	teamctl reload >actual &&
	test_grep "^added *· p:c$" actual &&
	teamctl down b >actual &&
	test_grep "^down · p:b" actual &&
	is p:b state stopped &&
	pid=$(field p:c pid) &&
	kill -KILL "$pid" &&
	wait_for 20 new_pid p:c "$pid" &&
	is p:b state stopped && never_twice
'

test_expect_success 'status during a down of its: draining' '
	cp team-compose.yaml quick &&
	team "$(guarded a)" "$(guarded b)" \
	    "c: { command: [\"$FAKE_AGENT\", --ignore, INT], drain: { timeout: 60s } }" &&
	teamctl reload >out && teamctl up >out && pid=$(field p:c pid) &&
	{ teamctl down c >out 2>&1 & down=$!; } &&
	wait_for 20 is p:c state draining && is p:a state running &&
	kill -KILL "$pid" && wait "$down" && is p:c state stopped &&
	mv quick team-compose.yaml && teamctl reload >out && teamctl up >out
'

test_expect_success 'two commands at once: both are done' '
	{ teamctl up b >b.out 2>&1 & one=$!; } &&
	{ teamctl restart c >c.out 2>&1 & two=$!; } &&
	wait "$one" && wait "$two" &&
	is p:b state running && is p:c state running && never_twice
'

test_expect_success 'a command that is killed does not keep it away' '
	{ teamctl restart >out 2>&1 & one=$!; } &&
	wait_for 20 test -e state/lock &&
	kill -KILL "$one" && { wait "$one" || :; } &&
	teamctl up >actual &&
	wait_for 20 snapshot state running &&
	pid=$(field p:c pid) &&
	kill -KILL "$pid" &&
	wait_for 20 new_pid p:c "$pid" && never_twice
'

test_expect_success 'down during a wait: nothing starts when it is over' '
	team "a: { command: [\"$FAKE_AGENT\", --count, n, --exit, \"1\", --after, \"1500\"], restart: { backoff: { initial: 1s, max: 1s, jitter: 0 } } }" \
	    "$(guarded b)" &&
	teamctl reload >actual &&
	wait_for 20 snapshot agents/p:a/state backoff &&
	teamctl down a >actual &&
	wait_for 20 snapshot agents/p:a/state stopped &&
	nr=$(wc -l <n) && before=$(ticks) && start=$(date +%s) &&
	wait_for 20 sh -c "test \$(date +%s) -gt $((start + 2))" &&
	lines "$nr" n &&
	after=$(ticks) &&
	echo "ticks: $before $after" &&
	test $((after - before)) -lt 50
'

test_expect_success 'down of the whole team ends it' '
	teamctl down >actual &&
	wait "$sup" &&
	sessions 0
'

test_expect_success 'when down returns, nothing of it is there any more' '
	TEAM_AUTOSTART=true team "$(fake a)" &&
	for i in 1 2 3 4 5 6 7 8; do
		teamctl up >out &&
		wait_for 20 test -e state/control.sock && teamctl down >out &&
		flock -n state/supervisor.lock true &&
		test ! -e state/control.sock && sessions 0 || return 1
	done
'

test_expect_success 'a dead socket and a stale lock file do not matter' '
	team "$(guarded a)" && teamctl up &&
	supervisor && kill -KILL "$sup" && { wait "$sup" || :; } &&
	test -S state/control.sock &&
	echo "pid $$" >state/supervisor.lock &&
	pid=$(field p:a pid) &&
	test_expect_code 7 teamctl reset &&
	supervisor &&
	is p:a pid "$pid" && teamctl reset && no_supervisor
'

test_expect_success '--once: one sweep, a report, and agents run on' '
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 is p:a pid null &&
	teamctl supervise --once >actual 2>err &&
	test_grep "^supervise: .*: 1 running, 1 restarted, 0 failed$" actual &&
	new_pid p:a "$pid" &&
	teamctl supervise --once --json >actual &&
	test_grep "\"running\": *1" actual && never_twice
'

test_expect_success '--observe: looks and tells, does nothing' '
	supervisor --observe &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 grep "p:a has ended" sup.log &&
	before=$(ticks) && start=$(date +%s) &&
	wait_for 20 sh -c "test \$(date +%s) -gt $((start + 1))" &&
	after=$(ticks) &&
	echo "ticks: $before $after" &&
	test $((after - before)) -lt 50 &&
	is p:a pid null && no_supervisor &&
	teamctl supervise --observe --once >actual 2>err &&
	test_grep "0 running, 0 restarted" actual
'

test_expect_success 'a second signal ends it at once' '
	team "a: { command: [\"$FAKE_AGENT\", --ignore, all], drain: { timeout: 30s }, health_check: { command: \"exit 1\", check_interval_secs: 0.1, max_retries: 1 } }" &&
	teamctl reload --timeout 100ms >actual &&
	supervisor &&
	wait_for 20 grep "p:a: its health check failed" sup.log &&
	kill -TERM "$sup" && kill -INT "$sup" &&
	start=$(date +%s) && wait "$sup" &&
	test $(($(date +%s) - start)) -lt 15 &&
	teamctl down --now >actual
'

test_expect_success 'up starts one, but not with --no-supervise' '
	TEAM_AUTOSTART=true team "$(guarded a)" &&
	teamctl up --no-supervise >actual &&
	sessions 1 && teamctl down >actual &&
	teamctl up >actual &&
	sessions 2 &&
	wait_for 20 snapshot state running &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" &&
	teamctl up >actual && sessions 2 &&
	teamctl down >actual && sessions 0 && never_twice
'

test_expect_success 'nor for agents that are never restarted' '
	TEAM_AUTOSTART=true team "a: { command: [\"$FAKE_AGENT\"], restart: never }" &&
	teamctl up >actual && sessions 1 && teamctl down >actual
'

test_expect_success 'a command just when it ends is not refused' '
	TEAM_AUTOSTART=false team "$(guarded a)" "$(guarded b)" &&
	teamctl reload >out 2>&1 && teamctl up >out &&
	for i in 1 2 3 4 5 6; do
		supervisor && kill -TERM "$sup" &&
		teamctl restart a >out 2>err && wait "$sup" || {
			cat out err
			return 1
		}
	done && never_twice && teamctl down >out
'

test_expect_success 'a restart that it has begun when a signal ends it is done, too' '
	TEAM_AUTOSTART=false TEAM_DRAIN=2 team "$(fake slow --ignore INT)" &&
	teamctl reload >out 2>&1 && teamctl up >out && supervisor &&
	pid=$(field p:slow pid) && { teamctl restart slow >out 2>err & } &&
	restart=$! && wait_for 20 is p:slow state draining &&
	kill -TERM "$sup" && wait "$sup" && wait "$restart" &&
	is p:slow state running && new_pid p:slow "$pid" && teamctl down >out
'

test_expect_success 'two teams on one server have one each' '
	mkdir other &&
	TEAM_AUTOSTART=true team "$(guarded a)" &&
	sed "s/id: p/id: q/" team-compose.yaml >other/team-compose.yaml &&
	teamctl up >actual && teamctl -C other up >actual 2>err &&
	sessions 4 &&
	teamctl -C other down >actual &&
	wait_for 20 sessions 2 &&
	teamctl down >actual && sessions 0
'

test_expect_success 'works with an empty environment and a minimal PATH' '
	TEAM_AUTOSTART=false team "$(guarded a)" && teamctl up &&
	bare_supervisor &&
	wait_for 20 supervised &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" && no_supervisor &&
	teamctl down >actual
'

test_expect_success 'without its state folder it ends, and starts nothing' '
	rm -f counted && TEAM_AUTOSTART=false team "$(fake a --count counted)" &&
	teamctl up && supervisor && mv state gone &&
	teamctl status && teamctl down >actual && test_grep "p:a \[drained" actual &&
	wait_for 30 grep "state. was removed or moved: the agents go" sup.log &&
	{
		wait "$sup"
		test $? = 1
	} &&
	lines 1 counted && sessions 0 &&
	teamctl up && supervisor && is p:a state running && no_supervisor &&
	teamctl down && lines 2 counted && rm -r gone
'

test_done
