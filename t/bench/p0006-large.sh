#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up, up again and status of a large team of plain sleeps, beside what the
# original asks for its status: a client for each.  (It starts in 3 s for a
# thousand on a machine at rest).
#
#	t/bench/p0006-large.sh [N] [RUNS]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=${1:-1000} runs=${2:-9}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
dir=$(mktemp -d) || exit 1
unset TMUX TMUX_PANE
export TMUX_TMPDIR=$dir/tmux TEAMCTL_QUIET=1 TEAMCTL_SHARE=$root/share
mkdir -m 700 "$TMUX_TMPDIR"
trap 'timeout 60 "$teamctl" -C "$dir" down --now >/dev/null 2>&1
	tmux -L bench kill-server 2>/dev/null; rm -rf "$dir"' EXIT
ulimit -n "$(ulimit -Hn)" # the server needs one for each session

{
	echo 'version: 2'
	echo 'supervisor: { tmux_socket: bench, autostart: false }'
	echo 'defaults: { command: [sleep, "1000000"] }'
	echo 'projects:'
	echo '- id: b'
	echo '  cwd: .'
	echo '  workers:'
	for ((i = 1; i <= n; i++)); do
		echo "    a$i: {}"
	done
} >"$dir/team-compose.yaml"

# row NAME RUNS TARGET_MS COMMAND...: the median in milliseconds
row() {
	local name=$1 nr=$2 target=$3 begin i

	shift 3
	for ((i = 0; i < nr; i++)); do
		begin=${EPOCHREALTIME/./}
		"$@" >"$dir/out" 2>&1 || { cat "$dir/out" >&2; exit 1; }
		echo $(((${EPOCHREALTIME/./} - begin) / 100))
	done | sort -n | awk -v name="$name" -v target="$target" '
	{ v[NR] = $1 } END {
		ms = v[int((NR + 1) / 2)] / 10
		printf "%-24s %9.1f ms", name, ms
		if (target)
			printf ", target %d: %s", target,
			    ms <= target ? "met" : "missed"
		print ""
	}'
}

echo "N=$n, plain sleeps; medians of $runs"
row 'up, all settled' 1 0 "$teamctl" -C "$dir" up
row status "$runs" "$((n == 1000 ? 20 : 0))" "$teamctl" -C "$dir" status
[ "$(grep -c running "$dir/out")" -ge "$n" ] || echo "not all run" >&2
row 'up again' "$runs" 0 "$teamctl" -C "$dir" up
row 'a bare tmux list-panes' "$runs" 0 tmux -L bench list-panes -a
row 'one has-session of N' "$runs" 0 tmux -L bench has-session -t =a-b-a1
row version "$runs" 3 "$teamctl" version
