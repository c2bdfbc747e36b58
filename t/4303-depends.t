#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The order in which a supervisor starts agents that depend on each other, and
# how many at a time.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# stamp NAME [KEYS...]: says when it starts.
stamp() {
	stamp_name=$1
	shift
	printf '%s: { command: [sh, -c, "echo %s >>order; exec %s"], restart: { max_restarts: 50, backoff: { initial: 1ms, max: 10ms } }' \
	    "$stamp_name" "$stamp_name" "$FAKE_AGENT"
	for stamp_key; do
		printf ', %s' "$stamp_key"
	done
	printf ' }'
}

# ordered NAME...: they were, since the last fresh; as the journal has it, for
# they may come to say so in another order.
from=0
ordered() {
	printf 'p:%s\n' "$@" >expect.order
	tail -n "+$((from + 1))" state/journal.jsonl | sed -n \
	    's/.*"event":"agent.running","agent":"\([^"]*\)".*/\1/p' >order.now
	cmp -s expect.order order.now || { cat order.now; return 1; }
}

fresh() {
	rm -f order go done.* && from=$(wc -l <state/journal.jsonl)
}

state() { # AGENT STATE
	snapshot "agents/p:$1/state" "$2"
}

# All is gone but the state: a reboot.  What was, has to be started in order.
reboot() {
	kill -KILL "$sup" && { wait "$sup" || :; } &&
	tmux kill-server &&
	wait_for 20 no_process "shim p:.*$TRASH" && fresh
}

test_expect_success 'started and ready: up waits for both' '
	team "$(stamp c "depends_on: { b: { condition: ready } }")" \
	    "$(stamp b "readiness: { file: go, check_interval_secs: 0.2, max_retries: 1000 }" "depends_on: [a]")" \
	    "$(stamp a)" &&
	supervisor && teamctl up >out &&
	test_grep "^up · p:c \[waits for .p:b. to be ready\]$" out &&
	wait_for 20 state b running &&
	wait_for 20 ordered a b &&
	wait_for 20 state c waiting &&
	is p:c state waiting &&
	teamctl status >status && test_grep "p:c .*waiting" status &&
	test_grep "p:c: waiting: waits for .p:b. to be ready" sup.log &&
	test_grep ! "agent.started.,.agent.:.p:c" state/journal.jsonl &&
	touch go &&
	wait_for 20 state c running && ordered a b c
'

test_expect_success 'the same order after a reboot' '
	reboot && supervisor &&
	wait_for 20 ordered a b && wait_for 20 state c waiting && touch go &&
	wait_for 20 state c running && ordered a b c
'

test_expect_success 'a stop ends the wait' '
	reboot && supervisor && wait_for 20 state c waiting &&
	teamctl down c >out && touch go &&
	wait_for 20 snapshot agents/p:b/ready 1 &&
	state c stopped && ordered a b
'

test_expect_success 'healthy, completed, and a time-out' '
	teamctl down >out && wait "$sup" && rm -f order go &&
	team "m: { command: [sh, -c, \"echo m >>order; until test -e done.m; do sleep 0.05; done\"], restart: on-failure }" \
	    "$(stamp h "health_check: { file: go, check_interval_secs: 0.1, on_fail: notify }")" \
	    "$(stamp x "depends_on: { m: { condition: completed } }")" \
	    "$(stamp y "depends_on: { h: { condition: healthy } }")" \
	    "$(stamp z "depends_on: { h: { condition: healthy, timeout: 300ms } }")" &&
	supervisor && teamctl up >out &&
	wait_for 20 state x waiting && wait_for 20 state y waiting &&
	wait_for 20 grep "p:z: waiting: .p:h. was not healthy within 0.3s" sup.log &&
	touch done.m &&
	wait_for 20 state x running && wait_for 20 state m done &&
	touch go &&
	wait_for 20 state y running && wait_for 20 state z running
'

test_expect_success 'one that will not come by itself is named' '
	teamctl down >out && wait "$sup" && rm -f order go done.* &&
	team "m: { command: [sh, -c, \"exit 1\"], restart: never }" \
	    "$(stamp x "depends_on: { m: { condition: completed } }")" &&
	supervisor && { teamctl up >out || :; } &&
	wait_for 20 grep "p:x: waiting: .*p:m.* does not run and will not by itself" sup.log &&
	no_supervisor &&
	{ teamctl supervise --once >once 2>>sup.log || :; } &&
	test_grep "^supervise: .*: 0 running" once
'

test_expect_success 'without a supervisor up says that it does not wait' '
	teamctl down >out && fresh &&
	team "$(stamp c "depends_on: { b: { condition: ready } }")" \
	    "$(stamp b "readiness: { file: go, check_interval_secs: 0.2 }")" &&
	teamctl up >out 2>err && ordered b c &&
	test_grep "no supervisor" err &&
	teamctl down >out
'

# Each is starting until its wrapper lets the shim report.
test_expect_success 'no more than max_parallel_starts at a time' '
	set -- &&
	for i in 1 2 3 4 5 6 7 8; do
		set -- "$@" "$(stamp "n$i")" || return 1
	done &&
	team "$@" &&
	sed "s/autostart: false/autostart: false, max_parallel_starts: 2/" \
	    team-compose.yaml >t && mv t team-compose.yaml &&
	rm -f order && teamctl up >out && lines 8 order &&
	supervisor && reboot &&
	mkdir -p count && real=$(command -v tmux) &&
	cat >count/tmux <<-EOF &&
	#!/bin/sh
	for f; do :; done
	test ! -f "\$f" || grep -c new-session "\$f" >>$TRASH/batches
	exec $real "\$@"
	EOF
	chmod +x count/tmux && old=$PATH && PATH=$TRASH/count:$PATH &&
	supervisor && PATH=$old &&
	wait_for 30 lines 8 order &&
	test_grep "[12]" batches && test_grep ! "[3-9]" batches &&
	teamctl down >out && wait "$sup"
'

# most_launched JOURNAL LINES: how many at most were on their way at a time in
# what was added to the journal behind so many lines.
most_launched() {
	tail -n "+$(($2 + 1))" "$1" | perl -ne '
		$now{$1} = 1 if /"event":"agent.launched","agent":"([^"]+)/;
		delete $now{$1} if /"event":"agent.running","agent":"([^"]+)/;
		$most = keys %now if keys %now > $most;
		END { print $most + 0 }'
}

launched() { # LINES NUMBER: so many were, behind so many lines
	test "$(tail -n "+$(($1 + 1))" state/journal.jsonl |
	    grep -c "\"event\":\"agent.launched\"")" -eq "$2"
}

all_new() { # BEFORE: every agent of that list runs as another process
	while read -r all_id all_pid; do
		new_pid "$all_id" "$all_pid" || return 1
	done <"$1"
}

test_expect_success 'nor after 20 crashes at once, and all come back' '
	set -- &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		set -- "$@" "n$i: { command: [sleep, \"1000\"], restart: { backoff: { initial: 1ms, max: 1ms } } }" ||
		return 1
	done &&
	team "$@" &&
	sed "s/autostart: false/autostart: false, max_parallel_starts: 3/" \
	    team-compose.yaml >t && mv t team-compose.yaml &&
	teamctl up >out && supervisor && >before &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		echo "p:n$i $(field "p:n$i" pid)" >>before || return 1
	done &&
	had=$(wc -l <state/journal.jsonl) &&
	# shellcheck disable=SC2046
	kill -KILL $(cut -d" " -f2 before) &&
	wait_for 60 all_new before && wait_for 20 launched "$had" 20 &&
	most=$(most_launched state/journal.jsonl "$had") &&
	echo "$most at a time" && test "$most" -ge 1 && test "$most" -le 3 &&
	launched "$had" 20 &&
	teamctl down --now >out && wait "$sup"
'

test_done
