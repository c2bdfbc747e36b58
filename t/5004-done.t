#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# An agent that has ended and is not started again: told once, and failed to
# every verb, whatever else happens to the team.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# events NUMBER KIND AGENT [PATTERN]
events() {
	[ "$(teamctl events --json --kind "$2" --agent "$3" |
	    grep -c -e "${4:-.}")" -eq "$1" ] && return
	teamctl events --agent "$3"
	return 1
}

# yields NUMBER: the supervisor has let go of the team so often, and has it.
yields() {
	[ "$(teamctl events --json --kind supervisor.resumed |
	    grep -c .)" -ge "$1" ]
}

test_expect_success 'its end is told once, also by a later supervisor' '
	TEAM_TOP="on: { failed: [sh, -c, \"cat >>$TRASH/hooks\"] }" team \
	    "a: { command: [\"$FAKE_AGENT\", --after, \"1500\", --exit, \"3\"], restart: never }" \
	    "$(fake b)" &&
	supervisor && teamctl up >out && wait_for 20 yields 1 &&
	wait_for 20 events 1 agent.not_restarted a &&
	for i in 2 3 4; do
		teamctl reload b >out && wait_for 20 yields $i || return 1
	done &&
	events 1 agent.not_restarted a && events 1 agent.exited a &&
	no_supervisor && supervisor && teamctl reload b >out &&
	wait_for 20 yields 5 && events 1 agent.not_restarted a &&
	events 1 agent.exited a && wait_for 20 test -s hooks &&
	read -r line <hooks && test "$(wc -l <hooks)" -eq 1
'

test_expect_success 'state and health say failed, as status does' '
	teamctl state a >out && test_grep "^p:a  *active  *failed" out &&
	test_expect_code 1 teamctl health a >out && test_grep failed out &&
	teamctl status a >out && test_grep failed out
'

test_expect_success 'for the verbs it is failed' '
	teamctl resume a --json >out && test_grep "\"situation\": \"failed\"" out &&
	test_grep "it is failed" out &&
	teamctl reset a --json >out && test_grep "\"situation\": \"failed\"" out &&
	test_grep "\"decision\": \"started_immediately\"" out &&
	wait_for 20 events 2 agent.not_restarted a
'

test_expect_success 'events: what a command was, and how it went' '
	teamctl events --kind "command.*" >out &&
	test_grep "command.accepted  *reload p:b  *(" out &&
	test_grep "command.completed  *reset done in [0-9]* ms  *(" out
'

test_expect_success 'one that ends while nobody looks has its end told' '
	teamctl up a >out && wait_for 20 yields 6 &&
	teamctl shutdown --wait >out && wait $sup &&
	wait_for 20 test_expect_code 1 teamctl alive a &&
	supervisor && wait_for 20 events 3 agent.not_restarted a &&
	events 3 agent.exited a && no_supervisor
'

test_expect_success 'nor is a freeze told again by who takes it over' '
	supervisor && teamctl pause b >out && teamctl reload a >out &&
	no_supervisor && supervisor && teamctl reload a >out &&
	events 1 agent.frozen b && teamctl resume b >out && no_supervisor
'

test_expect_success 'what was stopped by a person is no end' '
	teamctl down b >out && supervisor && teamctl reload a >out &&
	events 0 agent.exited b &&
	no_supervisor && teamctl down >out
'

test_done
