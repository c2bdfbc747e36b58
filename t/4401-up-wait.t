#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up --wait, and wait --for ready of an agent with a readiness probe: the
# supervisor's word counts.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

TEAM_AUTOSTART=true
PROBE="{ file: $TRASH/here, check_interval_secs: 0.1 }"

# probed NAME MORE: a worker that is ready once the file is there.
probed() {
	printf '%s: { command: ["%s"], readiness: %s%s }' "$1" "$FAKE_AGENT" \
		"$PROBE" "$2"
}

test_expect_success 'without a probe it returns at once' '
	team "$(fake a)" &&
	teamctl up --wait --wait-timeout 20s >actual &&
	test_grep "^up · p:a$" actual &&
	teamctl down >/dev/null
'

test_expect_success 'it waits for the probe, and names who is not ready' '
	team "$(probed slow)" "$(fake quick)" &&
	test_expect_code 5 teamctl up --wait --wait-timeout 1s >actual 2>err &&
	test_grep "^up · p:slow$" actual &&
	test_grep "timed out: p:slow is not ready" err &&
	test_grep ! "p:quick is" err
'

test_expect_success 'wait --for ready asks the supervisor, too' '
	test_expect_code 5 teamctl wait slow --for ready --timeout 300ms 2>err &&
	test_grep "p:slow is not ready" err &&
	{ teamctl wait slow --for ready --timeout 20s & } &&
	waiter=$! &&
	touch here &&
	wait $waiter &&
	teamctl up --wait --wait-timeout 20s >actual &&
	test_grep "p:slow (already running)" actual
'

test_expect_success 'what ran before does not count for a new run' '
	rm here &&
	teamctl restart slow >/dev/null &&
	test_expect_code 5 teamctl wait slow --for ready --timeout 1s 2>err &&
	touch here &&
	teamctl wait slow --for ready --timeout 20s &&
	teamctl down >/dev/null
'

test_expect_success 'healthy, where that is checked' '
	rm -f well &&
	team "$(probed a ", health_check: { file: $TRASH/well, check_interval_secs: 0.1, max_retries: 1000 }")" &&
	touch here &&
	test_expect_code 5 teamctl up --wait --wait-timeout 2s 2>err &&
	test_grep "p:a is not healthy" err &&
	touch well &&
	teamctl up --wait --wait-timeout 20s >/dev/null &&
	teamctl down >/dev/null
'

test_expect_success 'one that is given up is named at once' '
	rm -f here &&
	team "$(probed a ", restart: { policy: always, max_restarts: 0 }")" &&
	sed -i "s/fake-agent\"/&, \"--exit\", \"3\", \"--after\", \"1500\"/" \
		team-compose.yaml &&
	test_expect_code 1 teamctl up --wait --wait-timeout 60s 2>err &&
	test_grep "p:a is not ready: .*exit 3" err &&
	teamctl down >/dev/null
'

test_expect_success 'what has done its work need not be ready' '
	team "a: { command: [\"true\"], restart: on-failure }" &&
	teamctl up --wait --wait-timeout 20s >actual &&
	test_grep "already done" actual &&
	teamctl down >/dev/null
'

test_expect_success 'nobody asks the probe: exit 7' '
	team "$(probed a)" &&
	touch here &&
	test_expect_code 7 teamctl up --no-supervise --wait 2>err &&
	test_grep "p:a is not ready" err &&
	test_grep "no.* runs: .teamctl supervise" err &&
	teamctl down >/dev/null
'

test_done
