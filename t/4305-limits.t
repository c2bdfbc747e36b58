#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Limits of a process tree that are sampled: a warning, then one action.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

QUICK='restart: { max_restarts: 3, backoff: { initial: 1ms, max: 10ms } }'

limited() { # NAME LIMITS COMMAND
	printf '%s: { command: [sh, -c, "%s"], %s, resource_limits: { %s } }' \
	    "$1" "$3" "$QUICK" "$2"
}

of() { # AGENT KEY VALUE
	snapshot "agents/p:$1/$2" "$3"
}

uses_much() {
	uses_got=$(field p:free memory_bytes) && test "$uses_got" -gt 100000000
}

shows_use() {
	teamctl status -o wide >status && grep "p:free .*MiB *[0-9]*%" status
}

test_expect_success 'what is used is measured without limits and supervisor' '
	team "free: { command: [\"$FAKE_AGENT\", --eat, \"100\"] }" &&
	teamctl up >out && wait_for 20 uses_much && wait_for 20 shows_use &&
	teamctl down >out && rm -r state
'

test_expect_success 'memory, cpu, time: warn, stop, restart, quarantine' '
	team "$(limited warned "max_memory_mb: 64, warn_at: 0.5" "exec $FAKE_AGENT --eat 48")" \
	    "$(limited told "max_memory_mb: 64" "exec $FAKE_AGENT --eat 100")" \
	    "$(limited kids "max_memory_mb: 64, on_exceed: stop" "$FAKE_AGENT --eat 40 & exec $FAKE_AGENT --eat 40")" \
	    "$(limited again "max_memory_mb: 64, on_exceed: restart" "test -e ate && exec $FAKE_AGENT; touch ate; exec $FAKE_AGENT --eat 100")" \
	    "$(limited hot "max_cpu_percent: 5, on_exceed: quarantine" "exec $FAKE_AGENT --spin")" \
	    "$(limited late "max_wall_secs: 1, on_exceed: stop" "exec $FAKE_AGENT")" \
	    "$(limited free "max_memory_mb: 0, on_exceed: stop" "exec $FAKE_AGENT --eat 100")" &&
	teamctl up >out && pid=$(field p:again pid) &&
	supervisor --interval 500ms &&
	wait_for 30 of kids state failed &&
	wait_for 30 of hot state quarantined &&
	wait_for 30 of late state failed &&
	wait_for 30 new_pid p:again "$pid" &&
	wait_for 30 grep "p:told: it is over a resource limit: memory" sup.log &&
	wait_for 30 grep "p:warned: it comes near a resource limit: memory" sup.log
'

test_expect_success 'what is said has the numbers' '
	test_grep "p:kids: it is over a resource limit: memory [0-9]* MiB of 64 MiB" sup.log &&
	test_grep "p:kids: failed: stopped over its limit: memory" sup.log &&
	test_grep "p:late: failed: stopped over its limit: wall" sup.log &&
	test_grep "p:again: backoff: .*failure 1 of 3" sup.log
'

test_expect_success 'who was stopped is gone, with its children' '
	wait_for 20 is p:kids pid null && wait_for 20 is p:hot pid null &&
	wait_for 20 is p:late pid null &&
	wait_for 20 no_process "$FAKE_AGENT --eat 40"
'

test_expect_success 'who was only told about runs on, and is told once' '
	of told state running && of warned state running &&
	of free state running &&
	test "$(grep -c "p:told: it is over" sup.log)" = 1 &&
	test "$(grep -c "p:warned: it comes near" sup.log)" = 1
'

test_expect_success 'status shows what is used' '
	wait_for 20 uses_much &&
	teamctl status -o wide >status && test_grep "p:free .*MiB" status &&
	teamctl down >out && wait "$sup"
'

test_done
