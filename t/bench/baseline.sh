# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What the original does with N agents, one after another, for comparison:
# a client that asks before each start, a client every 250 ms while it waits
# for an agent to stop.  Sourced by the benchmarks; needs $fake, $dir, $n.

baseline_tmux() {
	baseline_clients=$((baseline_clients + 1))
	tmux -L baseline -f /dev/null "$@"
}

baseline_has() {
	baseline_tmux has-session -t "b-$1" 2>/dev/null
}

baseline_up() {
	local i

	for ((i = 1; i <= n; i++)); do
		baseline_has "$i" && continue
		baseline_tmux new-session -d -s "b-$i" -c "$dir" sh -c \
			"env \$(cat '$dir/baseline.env') '$dir/wrapper'"
	done
}

baseline_status() {
	local i

	for ((i = 1; i <= n; i++)); do
		baseline_has "$i"
	done
}

# baseline_drain TIMEOUT_S
baseline_drain() {
	local i end

	for ((i = 1; i <= n; i++)); do
		baseline_tmux send-keys -t "b-$i" C-c 2>/dev/null
		end=$((SECONDS + $1))
		while baseline_has "$i"; do
			((SECONDS >= end)) && {
				baseline_tmux kill-session -t "b-$i"
				break
			}
			read -rt 0.25 <>"$dir/never"
		done
	done
}

# end_server NAME: until it has gone, for a start right after kill-server fails.
end_server() {
	local pid

	pid=$(tmux -L "$1" display-message -p '#{pid}')
	tmux -L "$1" kill-server
	while [ -d "/proc/$pid" ]; do
		read -rt 0.01 <>"$dir/never"
	done
}
