#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# links: who ends together; monitors: who is told.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

TEAM_AUTOSTART=true
QUICK='restart: { policy: always, backoff: { initial: 10ms } }'

# agent NAME MORE [OPTION...]
agent() {
	agent_more=$2
	agent_line=$(agent_name=$1; shift 2; fake "$agent_name" "$@")
	printf '%s, %s }' "${agent_line% \}}" "$agent_more"
}

pid() {
	field "p:$1" pid
}

# renewed NAME PID: it runs, but not as that process.
renewed() {
	is "p:$1" state running && [ "$(pid "$1")" != "$2" ]
}

# shows NAME TEXT: in its pane.
shows() {
	teamctl logs "$1" >screen 2>/dev/null && grep -q -- "$2" screen
}

crash() {
	kill -KILL "$(pid "$1")"
}

test_expect_success 'an unknown agent is an error, and so is half an entry' '
	team "a: { command: [x], links: [nobody] }" \
		"b: { command: [x], monitors: [{ agent: nobody }] }" \
		"c: { command: [x], monitors: [{ on: crash }] }" &&
	test_expect_code 3 teamctl validate 2>err &&
	test_grep ".links. of agent .p:a. names unknown agent" err &&
	test_grep ".monitors. of agent .p:b. names unknown agent" err &&
	test_grep "agent .p:c.: one of .agent. and .hook. is needed" err
'

test_expect_success 'a crash takes the linked ones along, both ways' '
	team "$(agent a "links: [b], $QUICK")" "$(agent b "$QUICK")" \
		"$(agent c "links: [b], $QUICK")" "$(agent d "$QUICK")" &&
	teamctl up >/dev/null &&
	a=$(pid a) && b=$(pid b) && c=$(pid c) && d=$(pid d) &&
	crash a &&
	wait_for 20 renewed a $a && wait_for 20 renewed b $b &&
	wait_for 20 renewed c $c &&
	[ "$(pid d)" = "$d" ]
'

test_expect_success '... once: who came back stays' '
	wait_for 20 test_grep "^ \"restarts\": 3,$" state/supervisor.json &&
	teamctl status --json >/dev/null &&
	test_grep "^ \"restarts\": 3,$" state/supervisor.json
'

test_expect_success 'a requested stop takes nobody along' '
	a=$(pid a) && c=$(pid c) &&
	teamctl down b >/dev/null &&
	wait_for 20 is p:b state stopped &&
	[ "$(pid a)" = "$a" ] && [ "$(pid c)" = "$c" ] &&
	teamctl down >/dev/null
'

# a ends a second time as soon as b has been started anew.
test_expect_success 'also one that is only just being started' '
	cat >a.sh <<-EOF &&
	echo x >>a.runs
	if test "\$(wc -l <a.runs)" = 2; then
		until test "\$(wc -l <b.runs)" = 2; do :; done
		exit 1
	fi
	exec $FAKE_AGENT
	EOF
	team "a: { command: [sh, a.sh], links: [b], $QUICK }" \
		"b: { command: [$FAKE_AGENT, --count, b.runs], $QUICK }" &&
	teamctl up >/dev/null && crash a &&
	wait_for 20 lines 3 b.runs && wait_for 20 lines 3 a.runs &&
	wait_for 20 is p:b state running && teamctl down >/dev/null
'

test_expect_success 'a clean end: only where any end counts' '
	team "$(agent a "restart: on-failure, links: [b, { agent: c, on: any }]" \
		--prompt "a>")" \
		"$(agent b "$QUICK")" "$(agent c "$QUICK")" &&
	teamctl up >/dev/null &&
	b=$(pid b) && c=$(pid c) &&
	teamctl send p:a "exit 0" >/dev/null &&
	wait_for 20 renewed c $c &&
	[ "$(pid b)" = "$b" ] &&
	teamctl down >/dev/null
'

test_expect_success 'a linked one comes back by its own policy' '
	team "$(agent a "links: [b], $QUICK")" "$(agent b "restart: never")" &&
	teamctl up >/dev/null &&
	a=$(pid a) && crash a &&
	wait_for 20 renewed a $a &&
	wait_for 20 is p:b state failed &&
	teamctl down >/dev/null
'

test_expect_success 'what we stop for good has failed, too' '
	team "$(agent a "links: [b], monitors: [lead], resource_limits: { max_wall_secs: 1, on_exceed: stop }")" \
		"$(agent b "$QUICK")" "$(fake lead --prompt "lead>")" \
		"$(agent c "links: [d], monitors: [{ agent: lead, on: crash }], health_check: { command: [test, ! , -e, ill], check_interval_secs: 1, max_retries: 1, on_fail: quarantine }")" \
		"$(agent d "$QUICK")" &&
	teamctl up >/dev/null && b=$(pid b) && d=$(pid d) &&
	wait_for 30 renewed b $b && is p:a state failed &&
	wait_for 20 shows p:lead "p:a is down: stopped over its limit" &&
	touch ill && wait_for 30 renewed d $d && is p:c state quarantined &&
	wait_for 20 shows p:lead "p:c is down: unhealthy" &&
	teamctl down >/dev/null && rm ill
'

test_expect_success 'a monitor reads it in its pane' '
	team "$(agent worker "$QUICK, monitors: [lead]" --prompt "w>")" \
		"$(fake lead --prompt "lead>")" &&
	teamctl up >/dev/null &&
	worker=$(pid worker) &&
	teamctl send p:worker "exit 3" >/dev/null &&
	wait_for 20 shows p:lead "got: \[teamctl\] p:worker is down: exit 3" &&
	wait_for 20 renewed worker $worker
'

test_expect_success '... each time, and of a stop' '
	crash worker &&
	wait_for 20 shows p:lead "p:worker is down: .*KILL" &&
	teamctl down worker >/dev/null &&
	wait_for 20 shows p:lead "p:worker is down: stopped by a person" &&
	teamctl down >/dev/null
'

test_expect_success 'without auto-resume the links stay, and monitors are told' '
	team "$(agent worker "links: [mate], monitors: [lead]")" \
		"$(fake mate)" "$(fake lead --prompt "lead>")" &&
	teamctl reload >/dev/null && teamctl up >/dev/null &&
	teamctl auto-resume off >/dev/null &&
	mate=$(pid mate) && crash worker &&
	wait_for 20 shows p:lead "p:worker is down: it has ended" &&
	[ "$(pid mate)" = "$mate" ] &&
	teamctl auto-resume on >/dev/null && teamctl down >/dev/null
'

test_expect_success 'who does not run when it begins is reported at once' '
	team "$(agent worker "$QUICK, monitors: [lead]")" \
		"$(fake lead --prompt "lead>")" &&
	teamctl reload >/dev/null && teamctl down >/dev/null &&
	rm -r state &&
	teamctl up lead >/dev/null &&
	wait_for 20 shows p:lead "p:worker is down: it was never started" &&
	teamctl down >/dev/null
'

test_expect_success 'a hook gets JSON; of failures only where it says so' '
	cat >hook <<-EOF &&
	#!/bin/sh
	cat >$TRASH/\$1.tmp && mv $TRASH/\$1.tmp $TRASH/\$1
	EOF
	chmod +x hook &&
	team "$(agent w "restart: on-failure, monitors: [{ hook: [$TRASH/hook, any.json] }, { hook: [$TRASH/hook, crash.json], on: crash }]" --prompt "w>")" &&
	teamctl up >/dev/null &&
	teamctl send p:w "exit 0" >/dev/null &&
	wait_for 20 test -s any.json &&
	test_grep "\"event\":\"down\"" any.json &&
	test_grep "\"agent\":\"p:w\"" any.json &&
	test_grep "\"class\":\"clean\"" any.json &&
	[ ! -e crash.json ] &&
	teamctl up >/dev/null &&
	crash w &&
	wait_for 20 test -s crash.json &&
	test_grep "\"class\":\"signal\"" crash.json &&
	teamctl down >/dev/null
'

test_done
