#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Readiness and health: probes, heartbeats, and what follows when they fail.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

QUICK='restart: { max_restarts: 50, backoff: { initial: 1ms, max: 10ms } }'

# agent NAME KEYS: that runs for ever
agent() {
	printf '%s: { command: ["%s"], %s, %s }' "$1" "$FAKE_AGENT" \
	    "$QUICK" "$2"
}

of() { # AGENT KEY VALUE
	snapshot "agents/p:$1/$2" "$3"
}

# A port, and a time to sleep, that nobody else is likely to have.
PORT=$((20000 + $$ % 20000)) NAP=7$$

listen() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
		    LocalPort => shift, Listen => 5, ReuseAddr => 1) or exit 1;
		while (my $c = $s->accept) { close $c }' "$1" >listen.out 2>&1 3>&1 &
	listener=$!
}

test_expect_success 'readiness: command, tcp, file, pane' '
	team "$(agent c "readiness: { command: test -e c.go, check_interval_secs: 0.1, max_retries: 10000 }")" \
	    "$(agent t "readiness: { tcp: \"localhost:$PORT\", check_interval_secs: 0.1, max_retries: 10000 }")" \
	    "$(agent f "readiness: { file: f.go, check_interval_secs: 0.1, max_retries: 10000 }")" \
	    "p: { command: [sh, -c, \"until test -e p.go; do sleep 0.05; done; echo I am up; exec $FAKE_AGENT\"], readiness: { pane: \"^I am up\", check_interval_secs: 0.1, max_retries: 10000 } }" &&
	teamctl up >out && supervisor &&
	for id in c t f p; do
		wait_for 20 of $id state running && of $id ready 0 || return 1
	done &&
	touch c.go f.go p.go && listen $PORT &&
	for id in c t f p; do
		wait_for 20 of $id ready 1 || return 1
	done &&
	kill "$listener" &&
	teamctl status >status && test_grep "p:c .*ready" status
'

test_expect_success 'notify --ready from inside, also while nobody supervises' '
	no_supervisor &&
	team "n: { command: [sh, -c, \"until test -e n.go; do sleep 0.05; done; teamctl notify --ready; touch n.said; exec $FAKE_AGENT\"], readiness: { file: never, check_interval_secs: 100 } }" &&
	teamctl reload >out && supervisor &&
	wait_for 20 of n state running && of n ready 0 &&
	touch n.go && wait_for 20 of n ready 1 &&
	no_supervisor && rm -f n.go n.said && teamctl restart n >out &&
	touch n.go && wait_for 20 test -e n.said &&
	supervisor && wait_for 20 of n ready 1
'

test_expect_success 'health: unhealthy after max_retries, then restarted' '
	team "$(agent h "health_check: { command: test ! -e h.sick, check_interval_secs: 0.1, max_retries: 3 }")" &&
	teamctl reload >out && wait_for 20 of h health ok &&
	pid=$(field p:h pid) && touch h.sick &&
	wait_for 20 grep "p:h: its health check failed: 3 failures in a row" sup.log &&
	rm h.sick && wait_for 20 new_pid p:h "$pid" &&
	test_grep "p:h: backoff: .*failure 1 of 50" sup.log &&
	wait_for 20 of h health ok
'

test_expect_success 'fewer failures than that are nothing' '
	printf "%s\n" "n=\$((\$(cat nr) + 1)); echo \$n >nr; test \$((n % 3)) -ne 0" \
	    >check && echo 0 >nr &&
	team "$(agent h "health_check: { command: [sh, check], check_interval_secs: 0.1, max_retries: 2 }")" &&
	teamctl reload >out && wait_for 20 of h health ok &&
	pid=$(field p:h pid) &&
	wait_for 30 sh -c "test \$(cat nr) -gt 12" &&
	is p:h pid "$pid"
'

test_expect_success 'on_fail: quarantine stops it until reset' '
	rm -f sick && team "$(agent q "health_check: { file: well, check_interval_secs: 0.1, max_retries: 1, on_fail: quarantine }")" &&
	touch well && teamctl reload >out && wait_for 20 of q health ok &&
	rm well && wait_for 20 of q state quarantined &&
	wait_for 20 is p:q pid null &&
	test_grep "p:q: quarantined: unhealthy" sup.log &&
	is p:q state quarantined &&
	no_supervisor && supervisor && of q state quarantined &&
	touch well && teamctl reset q >actual &&
	test_grep "reset · p:q" actual && wait_for 20 of q health ok
'

test_expect_success 'on_fail: notify only tells, once' '
	team "$(agent w "health_check: { file: well, check_interval_secs: 0.1, max_retries: 1, on_fail: notify }")" &&
	teamctl reload >out && wait_for 20 of w health ok &&
	pid=$(field p:w pid) && rm well &&
	wait_for 20 of w health unhealthy &&
	touch well && wait_for 20 of w health ok &&
	is p:w pid "$pid" &&
	test "$(grep -c "p:w: its health check failed" sup.log)" = 1
'

test_expect_success 'heartbeats that stop' '
	team "b: { command: [sh, -c, \"while test ! -e b.stop; do teamctl notify --heartbeat; sleep 0.1; done; rm b.stop; exec $FAKE_AGENT\"], $QUICK, health_check: { check_interval_secs: 0.5, max_retries: 4 } }" &&
	teamctl reload >out && wait_for 20 of b health ok &&
	pid=$(field p:b pid) && touch b.stop &&
	wait_for 30 grep "p:b: its health check failed: no heartbeat for" sup.log &&
	wait_for 20 new_pid p:b "$pid" && wait_for 20 of b health ok
'

test_expect_success 'a probe that hangs is ended with all its children' '
	team "$(agent k "health_check: { command: \"trap : TERM HUP; echo x >>k.n; sleep $NAP & sleep $NAP; sleep $NAP\", check_interval_secs: 0.1, timeout_secs: 0.2, max_retries: 2, on_fail: notify }")" &&
	teamctl reload >out &&
	wait_for 30 grep "p:k: its health check failed: .*timed out" sup.log &&
	wait_for 20 sh -c "test \$(wc -l <k.n) -ge 3" &&
	test "$(pgrep -cx -f "sleep $NAP")" -le 4 &&
	no_supervisor && wait_for 20 no_process "^sleep $NAP"
'

count() { # N: so many of the sleeps of the next test are there
	count_got=$(pgrep -cx -f "sleep 8$NAP")
	test "$count_got" -eq "$1" && return
	echo "$count_got, not $1"
	return 1
}

none_of() { # FILE
	none_got=$(ps -o stat= -p "$(paste -sd, "$1")" | grep -v Z) || return 0
	echo "$none_got"
	return 1
}

test_expect_success 'a probe ends with a supervisor that is killed' '
	team "$(agent k "health_check: { command: \"sleep 8$NAP & sleep 8$NAP\", check_interval_secs: 0.1, timeout_secs: 1000 }")" \
	    "$(agent e "health_check: { command: [sleep, \"8$NAP\"], check_interval_secs: 0.1, timeout_secs: 1000 }")" &&
	teamctl reload >out && supervisor &&
	wait_for 20 count 3 &&
	kill -KILL "$sup" && { wait "$sup" || :; } &&
	wait_for 20 count 2 && pgrep -x -f "sleep 8$NAP" >left
'

test_expect_success 'and what it has started, with the next supervisor' '
	supervisor --observe && ps -p "$(paste -sd, left)" && no_supervisor &&
	supervisor && wait_for 20 none_of left &&
	no_supervisor &&
	test "$(grep -c "left by a check of a former supervisor" sup.log)" = 2
'

test_expect_success 'a probe that floods is ended, and the supervisor well' '
	team "$(agent o "health_check: { command: yes, check_interval_secs: 0.1, timeout_secs: 30, max_retries: 2, on_fail: notify }")" &&
	supervisor && teamctl reload >out &&
	wait_for 30 grep "p:o: its health check failed" sup.log &&
	of o state running && teamctl down >out && wait "$sup"
'

told() { # NUMBER EVENT AGENT
	test "$(grep "\"event\":\"$2\"" state/journal.jsonl |
	    grep -c "\"agent\":\"$3\"")" -eq "$1"
}

test_expect_success 'commands to others change nothing of what is known' '
	rm -rf state && team \
	    "r: { command: [\"$FAKE_AGENT\", --eat, \"86\"], readiness: { command: \"true\", check_interval_secs: 0.1 }, health_check: { command: \"true\", check_interval_secs: 0.1 }, resource_limits: { max_memory_mb: 100, on_exceed: warn } }" \
	    "$(agent o "depends_on: []")" &&
	teamctl up >out && supervisor &&
	wait_for 20 of r ready 1 && wait_for 20 of r health ok &&
	wait_for 20 told 1 agent.limit_warned p:r &&
	for i in 1 2 3; do
		teamctl down o >out && teamctl health r >actual &&
		test_grep "^p:r  *ok  *yes  *running" actual &&
		teamctl up o >out && teamctl health >actual &&
		test_grep "^p:r  *ok  *yes  *running" actual &&
		test_grep "^p:o  *unknown .* running" actual &&
		wait_for 20 snapshot state running || return 1
	done &&
	wait_for 20 of o state running &&
	told 1 agent.ready p:r && told 1 agent.healthy p:r &&
	told 1 agent.limit_warned p:r
'

test_expect_success 'nor does another supervisor tell it again' '
	kill -KILL "$sup" && { wait "$sup" || :; } && supervisor &&
	of r ready 1 && of r health ok &&
	rm -f probed && sed "s/command: \"true\"/command: touch probed/g" \
	    team-compose.yaml >new && mv new team-compose.yaml &&
	kill -HUP "$sup" && wait_for 20 test -e probed &&
	told 1 agent.ready p:r && told 1 agent.healthy p:r &&
	told 1 agent.limit_warned p:r
'

healthy() { # the supervisor may not be there yet
	teamctl health >actual
}

test_expect_success 'what is asked right after up is true' '
	teamctl down >out && wait "$sup" && TEAM_AUTOSTART=true team \
	    "$(agent a "readiness: { file: never, check_interval_secs: 0.1 }")" &&
	rm -rf state && teamctl up >out && wait_for 20 healthy &&
	test_grep "^p:a .*no  *running" actual &&
	teamctl state >actual && test_grep "^p:a  *active  *running" actual &&
	teamctl alive a && teamctl down >out && teamctl up >out &&
	wait_for 20 healthy && test_grep "^p:a .*no  *running" actual &&
	teamctl state >actual && test_grep "^p:a  *active  *running" actual &&
	teamctl down >out
'

test_done
