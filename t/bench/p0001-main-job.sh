#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up, up again, status, drain and reload of N agents, beside the original's
# algorithm in the same run.  Machines are noisy: only the ratios count.  The
# floor is one bare tmux client that starts the same wrappers in N sessions,
# without a shim, an env file, a record or a lock.
#
#	t/bench/p0001-main-job.sh [N] [STOP_MS] [RUNS]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=${1:-50} stop_ms=${2:-1000} runs=${3:-5}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
fake=${BUILD:-$root/build}/t/fake-agent
dir=$(mktemp -d) || exit 1
unset TMUX TMUX_PANE
export TMUX_TMPDIR=$dir/tmux TEAMCTL_QUIET=1 TEAMCTL_SHARE=$root/share
mkdir -m 700 "$TMUX_TMPDIR"
mkfifo "$dir/ready" "$dir/never"
exec 8<>"$dir/ready"
trap 'tmux -L baseline kill-server 2>/dev/null
	tmux -L floor kill-server 2>/dev/null
	tmux -L bench kill-server 2>/dev/null; rm -rf "$dir"' EXIT
# shellcheck source=t/bench/baseline.sh
. "$here/baseline.sh"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# measure NAME WAIT_READY COMMAND...: adds the milliseconds to $dir/NAME
measure() {
	local name=$1 wait=$2 begin

	shift 2
	begin=${EPOCHREALTIME/./}
	if [ "$wait" = ready ]; then
		"$@" >"$dir/out" 2>&1 &
		# "ready\n" of each agent: until the last of them runs
		timeout 60 head -c $((n * 6)) <&8 >/dev/null || {
			echo "$name: not all agents run:" >&2
			cat "$dir/out" >&2
			exit 1
		}
		echo $(((${EPOCHREALTIME/./} - begin) / 100)) >>"$dir/$name"
		wait $!
	else
		"$@" >"$dir/out" 2>&1
		echo $(((${EPOCHREALTIME/./} - begin) / 100)) >>"$dir/$name"
	fi
}

# clients COMMAND...: how many tmux processes it ran.  Not by strace -f, which
# would wait for the server, too.
mkdir "$dir/count"
printf '#!/bin/sh\necho x >>"%s/clients"\nexec "%s" "$@"\n' "$dir" \
	"$(command -v tmux)" >"$dir/count/tmux"
chmod +x "$dir/count/tmux"
clients() {
	: >"$dir/clients"
	PATH=$dir/count:$PATH "$@" >/dev/null 2>&1
	wc -l <"$dir/clients"
}

# row NAME TEXT CLIENTS BASELINE_CLIENTS TARGET: a ratio, or milliseconds
row() {
	local ours theirs

	ours=$(median <"$dir/$1")
	theirs=$(median <"$dir/baseline-$1")
	awk -v name="$2" -v o="$ours" -v t="$theirs" -v c="$3" -v b="$4" \
	    -v target="$5" 'BEGIN {
		met = target ~ /x$/ ? t / o >= target + 0 : o / 10 <= target + 0
		printf "%-24s %9.1f ms %9.1f ms %7.1fx   %s / %s clients" \
		    "   target %s: %s\n", name, o / 10, t / 10, t / o, c, b,
		    target, met ? "met" : "missed" }'
}

# What tmux itself takes for N sessions, in one client.
floor_script() {
	local i

	for ((i = 1; i <= n; i++)); do
		echo "new-session -d -s f-$i -c '$dir' '$dir/wrapper'"
	done
}
floor_up() {
	tmux -L floor -f /dev/null start-server \; source-file "$dir/floor"
}

seq 12 | sed 's/.*/VAR_&=value-&/' >"$dir/baseline.env"
printf '#!/bin/sh\nexec "%s" --ready "%s" --slow-stop %s\n' "$fake" \
	"$dir/ready" "$stop_ms" >"$dir/wrapper"
chmod +x "$dir/wrapper"
{
	echo 'version: 2'
	echo "supervisor: { tmux_socket: bench, drain_timeout_secs: 10, autostart: false }"
	echo 'projects:'
	echo '- id: b'
	echo '  cwd: .'
	echo '  workers:'
	for ((i = 1; i <= n; i++)); do
		echo "    a$i: { command: [$dir/wrapper], environment: { X: \"\${X:-1}\" } }"
	done
} >"$dir/team-compose.yaml"
t() { "$teamctl" -C "$dir" "$@"; }
floor_script >"$dir/floor"

for ((r = 0; r < runs; r++)); do
	# drain is measured in the first run only: the original takes a minute
	baseline_clients=0
	measure floor-up ready floor_up
	end_server floor
	measure baseline-up ready baseline_up
	measure up ready t up
	for _ in 1 2 3 4 5; do
		measure again '' t up
		measure status '' t status
		measure baseline-status '' baseline_status
	done
	cp "$dir/baseline-status" "$dir/baseline-again"
	if ((r == 0)); then
		measure baseline-drain '' baseline_drain 10
		X=2 measure reload '' t reload
		head -c $((n * 6)) <&8 >/dev/null
		c_status=$(clients "$teamctl" -C "$dir" status)
		c_idle=$(X=2 clients "$teamctl" -C "$dir" reload)
		c_reload=$(X=3 clients "$teamctl" -C "$dir" reload)
		head -c $((n * 6)) <&8 >/dev/null
		measure drain '' t down
		c_up=$(clients "$teamctl" -C "$dir" up)
		head -c $((n * 6)) <&8 >/dev/null
		c_down=$(clients "$teamctl" -C "$dir" down)
	else
		t down --now >/dev/null
		end_server baseline
	fi
done
# A reload of the original is a drain and a start, one agent at a time.
paste "$dir/baseline-drain" <(median <"$dir/baseline-up") |
	awk '{ print $1 + $2 }' >"$dir/baseline-reload"
echo "N=$n, an agent stops within $stop_ms ms, $runs runs: teamctl, original, ratio"
row up 'up, to the last running' "$c_up" $((2 * n)) 3x
row again 'up again' 1 "$n" 30x
row status status "$c_status" "$n" 30x
row drain 'down, draining' "$c_down" '~6 each' "$((stop_ms + 150)) ms"
row reload 'reload of all' "$c_reload" '~8 each' "$((stop_ms + 400)) ms"
echo "idle reload: $c_idle client(s)"
awk -v o="$(median <"$dir/up")" -v t="$(median <"$dir/baseline-up")" \
    -v f="$(median <"$dir/floor-up")" 'BEGIN {
	printf "up is %.1fx the floor of %.1f ms; the original is %.1fx\n",
	    o / f, f / 10, t / f }'
