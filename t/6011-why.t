#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# why: each state has its reason, with the numbers that it rests on.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# why AGENT STATE PATTERN: the two first lines.
why() {
	teamctl why "$1" >why.out || return 1
	sed -n 1p why.out >why.state && sed -n 2p why.out >why.cause
	test_grep "^p:$1: $2" why.state && test_grep "^  $3" why.cause
}

me=$(id -un)

test_expect_success 'never started, running, stopped: by whom' '
	team "$(fake a)" &&
	why a stopped "it was never started" &&
	teamctl up >out &&
	why a "running for [0-9.]* m*s, pid [0-9]" \
	    "started by $me: up; generation 1, attempt 1" &&
	teamctl down >out &&
	why a "stopped, ended .* ago; no supervisor runs" \
	    "asked to stop by $me: down; killed if it takes longer than 5 s; stopped when asked after .*: signal 2 (INT)" &&
	teamctl down >out &&
	why a stopped "to stay stopped, by $me; it had ended already: signal 2" &&
	test_expect_code 4 teamctl why nobody &&
	test_expect_code 2 teamctl why
'

test_expect_success 'failed at the start, without a supervisor' '
	team "$(fake a --exit 3)" &&
	test_expect_code 1 teamctl up >out 2>&1 &&
	why a failed "ended at once: exit 3" &&
	printf "#!/nonexistent/interpreter\n" >broken && chmod +x broken &&
	team "a: { command: [./broken] }" &&
	test_expect_code 1 teamctl up >out 2>&1 &&
	why a failed "not started: cannot run .*broken"
'

test_expect_success 'backoff: the decision with its numbers and its place' '
	mkdir projects &&
	cat >team-compose.yaml <<-EOF &&
	version: 2
	supervisor: { autostart: false }
	projects:
	- file: projects/hello.yaml
	EOF
	cat >projects/hello.yaml <<-EOF &&
	version: 2
	project: { id: p, name: P, cwd: . }
	workers:
	  slow:
	    command: ["$FAKE_AGENT", --after, "1500", --exit, "3"]
	    restart:
	      policy: on-failure
	      max_restarts: 5
	      within: 60s
	      backoff: { initial: 60s, max: 60s, jitter: 0 }
	  fast:
	    command: ["$FAKE_AGENT", --after, "1500", --exit, "3"]
	    restart: { policy: always, max_restarts: 2, backoff: { initial: 1ms, max: 1ms } }
	  once:
	    command: ["$FAKE_AGENT", --after, "1500"]
	    restart: never
	  waits:
	    command: ["$FAKE_AGENT"]
	    depends_on: { never: { condition: ready, timeout: 90s } }
	  never:
	    command: ["$FAKE_AGENT"]
	    readiness: { file: /nonexistent, check_interval_secs: 1, max_retries: 1000 }
	  stays:
	    command: ["$FAKE_AGENT"]
	EOF
	rm -rf state && supervisor && teamctl up >out &&
	wait_for 20 snapshot agents/p:slow/state backoff &&
	why slow "backoff, ended .* ago, starts again in [1-6][0-9] s" \
	    "exit 3 after [0-9.]* m*s; failure 1 of 5 in 60 s; restarting in 60 s; policy on-failure from projects/hello.yaml:6\$"
'

test_expect_success 'the numbers are fields of the event' '
	teamctl why slow --json >json &&
	perl -MJSON::PP -e "
		local \$/; my \$why = decode_json(<STDIN>);
		my \$f = \$why->{cause}{fields};
		print qq(\$f->{how} \$f->{used} \$f->{limit} \$f->{within_ms} \$f->{delay_ms} \$f->{policy} \$f->{class} \$why->{agent}{state} );
		print scalar @{\$why->{decisions}} > 2 ? q(many) : q(few), qq(\n);
		die if \$f->{ran_ms} < 1500 || \$why->{why} ne \$why->{cause}{text};" \
	    <json >actual &&
	echo "exit 3 0 5 60000 60000 on-failure code backoff many" >expect &&
	{ test_cmp expect actual || { cat json; false; }; }
'

test_expect_success 'given up: what was used' '
	wait_for 20 snapshot agents/p:fast/state failed &&
	why fast failed "exit 3 after .*; 2 restarts in 60 s used up (limit 2); failed until .teamctl reset.; policy always from projects/hello.yaml:[0-9]*\$" &&
	teamctl why fast -n 30 >all && test_grep "failure 1 of 2 in 60 s" all &&
	test_grep "failure 2 of 2 in 60 s" all &&
	teamctl why fast -n 1 >one && test "$(wc -l <one)" -eq 4
'

test_expect_success 'another supervisor says nothing of it anew' '
	kill -TERM $sup && wait $sup && supervisor &&
	why fast failed "exit 3 after .*; 2 restarts in 60 s used up" &&
	test "$(teamctl events --agent fast --kind agent.given_up | wc -l)" -eq 1
'

test_expect_success 'done: by its policy' '
	wait_for 20 snapshot agents/p:once/state done &&
	why once stopped "exit 0 after [0-9.]* m*s; not restarted; policy never from projects/hello.yaml"
'

test_expect_success 'waiting: for what, and how long' '
	wait_for 20 snapshot agents/p:waits/state waiting &&
	why waits waiting ".*p:never.* to be ready (at most 90 s)"
'

test_expect_success 'started again: by the supervisor, and after what' '
	pid=$(field p:stays pid) && kill -9 "$pid" &&
	again() {
		teamctl why stays >again && grep -q "attempt 2" again
	} &&
	wait_for 20 again && wait_for 20 is p:stays state running &&
	why stays running "started by the supervisor; generation 2, attempt 2; before that: signal 9 (KILL) after .*; failure 1 of 5 in 60 s; restarting in .*; policy always by default"
'

test_expect_success 'paused, quarantined: by whom, and why' '
	teamctl pause --stop stays --reason "new model" >out &&
	why stays paused "paused by $me: new model" &&
	teamctl resume stays >out &&
	teamctl quarantine stays --reason "it lies" >out &&
	why stays quarantined "quarantined by $me: it lies" &&
	teamctl release stays >out && teamctl down >out
'

test_expect_success 'its session was killed' '
	teamctl up stays never >out && supervisor && tmux kill-session -t =a-p-stays &&
	wait_for 20 snapshot agents/p:stays/state stopped &&
	why stays stopped "its session was killed while the tmux server lives" &&
	teamctl down >out
'

test_done
