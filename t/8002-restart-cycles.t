#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Agents that crash and are restarted again and again: the supervisor's memory
# and descriptors, and those of the tmux server, stay what they were.  CYCLES
# restarts in all (300); `make check-long` takes 10000.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

CYCLES=${CYCLES:-300} AGENTS=20

# How often agents have been restarted by this supervisor.
restarts() {
	perl -MJSON::PP -e 'local $/;
		print decode_json(<STDIN>)->{restarts}' <state/supervisor.json
}

restarted() { # N
	restarted_got=$(restarts) && test "$restarted_got" -ge "$1"
}

# use PID FILE: its resident memory in KiB and its open descriptors.
use() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status" >"$2" &&
	find "/proc/$1/fd" -mindepth 1 | wc -l >>"$2" && cat "$2"
}

# flat BEFORE AFTER KIB: not more descriptors, and at most so much more memory;
# a sanitizer keeps for a while what was freed (256 MiB, its quarantine).
flat() {
	if grep -qa __asan_init "$TEAMCTL"; then
		set -- "$1" "$2" 262144
	fi
	paste -sd' ' "$1" "$2" | tr '\n' ' ' | awk -v kib="$3" '{
		exit $3 > $1 + kib || $4 > $2 }'
}


still() {
	teamctl status >status && test "$(grep -c " running " status)" = "$AGENTS"
}

test_expect_success 'a team of agents that exit at once' '
	set -- &&
	for i in $(seq "$AGENTS"); do
		set -- "$@" "n$i: { command: [sh, -c, \"test -e calm && exec $FAKE_AGENT; exit 1\"], restart: { max_restarts: 100000, within: 1s, backoff: { initial: 0ms, max: 0ms } } }" || return 1
	done &&
	team "$@" && touch calm && teamctl up >out && supervisor &&
	server=$(tmux display-message -p "#{pid}")
'

# begin: all agents crash from now on.
begin() {
	rm -f calm
	for begin_pid in $(tmux list-panes -a -F "#{pane_pid}"); do
		pkill -KILL -P "$begin_pid"
	done
}

test_expect_success 'the first of these restarts fill what is kept for reuse' '
	begin && wait_for 300 restarted $((CYCLES / 3)) &&
	touch calm && wait_for 60 still &&
	use "$sup" before && use "$server" server.before && first=$(restarts)
'

test_expect_success "the others change nothing any more" '
	begin && wait_for 3000 restarted "$((first + CYCLES))" &&
	touch calm && wait_for 60 still &&
	use "$sup" after && use "$server" server.after &&
	t_say "# $(restarts) restarts: supervisor $(paste -sd" " before) to $(paste -sd" " after), tmux $(paste -sd" " server.before) to $(paste -sd" " server.after) (KiB, descriptors)" &&
	flat before after 512 && flat server.before server.after 2048
'

test_expect_success 'all run, once each, and the supervisor is as quick as ever' '
	still && sessions "$AGENTS" && pid=$(field p:n7 pid) &&
	kill -KILL "$pid" && wait_for 20 new_pid p:n7 "$pid" &&
	teamctl down >out && wait "$sup"
'

test_done
