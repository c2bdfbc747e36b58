#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# doctor: a team that runs, or should.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

LC_ALL=C.UTF-8
export LC_ALL

# finds STATE CHECK TEXT
finds() {
	teamctl doctor >out
	grep -q "^$1  *$2  *.*$3" out
}

test_expect_success 'no supervisor where one is wanted' '
	TEAM_AUTOSTART=true team "$(fake a)" "$(fake b)" &&
	teamctl up --no-supervise >/dev/null &&
	test_expect_code 1 teamctl doctor >out &&
	test_grep "^warning *supervisor *none runs.*— teamctl up$" out
'

test_expect_success 'and where none is' '
	team "$(fake a)" "$(fake b)" &&
	teamctl doctor >out && test_grep "^ok *supervisor *none runs" out
'

test_expect_success 'one that runs, and one that has stopped to look' '
	{ teamctl supervise --interval 300ms 2>log & pid=$!; } &&
	wait_for 20 finds ok supervisor "runs with pid $pid" &&
	kill -STOP $pid &&
	wait_for 20 finds warning supervisor "pid $pid has not looked .* — teamctl supervise --replace" &&
	kill -CONT $pid &&
	wait_for 20 finds ok supervisor "runs with pid $pid" &&
	kill $pid && wait $pid
'

test_expect_success 'a session without record' '
	mv state/applied.json kept &&
	finds warning agents "2 run and are not in the state: p:a, p:b — teamctl up" &&
	mv kept state/applied.json && teamctl doctor >out
'

test_expect_success 'records without session, unless they were stopped' '
	teamctl down b >/dev/null &&
	tmux kill-server &&
	wait_for 20 finds warning agents "1 should run and have no session: p:a — teamctl up" &&
	teamctl down >/dev/null && teamctl doctor >out
'

test_done
