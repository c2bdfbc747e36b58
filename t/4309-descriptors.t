#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A supervisor that may open few files, and the shims that it cannot watch:
# agents that live are not taken for dead, and looking for ends by hand ends
# when nobody is left to be looked at.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

NR=40

# limited ULIMIT-OPTIONS...: a supervisor with that limit; sup.log is its own.
limited() {
	: >sup.log &&
	{ (ulimit "$@" && exec teamctl supervise) >sup.out 2>sup.log </dev/null & } &&
	sup=$! && wait_for 20 supervised
}

# lives: it runs, as the process that was started, and so do all.
lives() {
	test "$(teamctl status | grep -c " running ")" = $NR &&
	! grep "has ended" sup.log
}

# sleeps PID: how often it went to sleep.
sleeps() {
	sed -n 's/^voluntary_ctxt_switches:.//p' "/proc/$1/status"
}

# idle PID: it slept through most of a second.
idle() {
	idle_from=$(sleeps "$1") && teamctl wait --for stopped -t 1s p:a1
	idle_to=$(sleeps "$1") &&
	echo "$((idle_to - idle_from)) times asleep" &&
	test $((idle_to - idle_from)) -lt 8
}

test_expect_success 'setup' '
	set -- && n=0 &&
	while [ $((n += 1)) -le $NR ]; do
		set -- "$@" "$(fake "a$n")" || return 1
	done &&
	team "$@" && teamctl up
'

test_expect_success 'a low limit that may be raised is raised' '
	limited -S -n 32 && lives &&
	pid=$(field p:a7 pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a7 "$pid" && no_supervisor
'

test_expect_success 'below one that may not, all are seen to live, and to end' '
	limited -n 48 && lives &&
	for agent in p:a1 p:a$NR; do
		pid=$(field $agent pid) && kill -KILL "$pid" &&
		wait_for 20 new_pid $agent "$pid" || return 1
	done &&
	no_supervisor && teamctl down
'

# An agent that fails has ended, and its shim is reaped, before the supervisor
# hears of the start.
test_expect_success 'a shim that is gone before it is watched: then it is idle' '
	cat >"$TEST_DIR/bin/tmux" <<-END &&
	#!/bin/sh
	PATH=$t_path
	tmux "\$@"
	code=\$?
	[ ! -e "$TRASH/slow" ] || perl -e "select undef, undef, undef, 0.5"
	exit \$code
	END
	chmod +x "$TEST_DIR/bin/tmux" &&
	team "$(fake a1)" "b: { command: [sh, -c, \"test -e good || exit 3; exec $FAKE_AGENT\"], restart: { max_restarts: 1, backoff: { initial: 1ms } } }" &&
	touch good && teamctl up && supervisor && idle "$sup" &&
	rm good && touch slow && kill -KILL "$(field p:b pid)" &&
	wait_for 20 is p:b state failed && rm slow &&
	wait_for 20 idle "$sup" && no_supervisor &&
	teamctl down && rm "$TEST_DIR/bin/tmux"
'

test_done
