#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What a supervisor of N idle agents costs in SECS seconds: memory, processor,
# processes it makes; beside supervisord and pm2 with the same N processes, of
# those that are installed.  And the time from a crash to the restarted process.
#
#	t/bench/p0003-supervise.sh [N] [SECS] [CRASHES]
#
# Targets: at most a quarter of supervisord's memory and 8 MiB, 0.1 % of a
# core, no processes but for reconciles, 50 ms from crash to restart.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=${1:-200} secs=${2:-60} crashes=${3:-20}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
fake=${BUILD:-$root/build}/t/fake-agent
pm2=${PM2:-$(command -v pm2)}
dir=$(mktemp -d) || exit 1
unset TMUX TMUX_PANE
export TMUX_TMPDIR=$dir/tmux TEAMCTL_QUIET=1 TEAMCTL_SHARE=$root/share
export PM2_HOME=$dir/pm2 HOME=$dir
mkdir -m 700 "$TMUX_TMPDIR"
mkfifo "$dir/never" "$dir/ready"
exec 8<>"$dir/ready"
pids=()
finish() {
	[ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	[ ! -d "$dir/pm2" ] || "$pm2" kill >/dev/null 2>&1
	tmux -L bench kill-server 2>/dev/null
	wait
	rm -rf "$dir"
}
trap finish EXIT

pause() { read -rt "$1" <>"$dir/never"; }

# until_running N PATTERN: for so many processes, for a minute at most.
until_running() {
	local i

	for ((i = 0; i < 600; i++)); do
		[ "$(pgrep -fc "$2")" -ge "$1" ] && return
		pause 0.1
	done
	echo "only $(pgrep -fc "$2") of $1 processes run" >&2
	return 1
}

# Nanoseconds on a processor; its children's, in ticks.
cpu() { awk '{ print $1 }' "/proc/$1/schedstat"; }
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $14 + $15 }'; }
kib() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

# idle NAME PID: measures, prints a row.
idle() {
	local before children rss

	pause 5 # what follows from its start is over
	before=$(cpu "$2") children=$(ticks "$2") made=0
	[ ! -f "$dir/made" ] || : >"$dir/made"
	pause "$secs"
	rss=$(kib "$2" VmRSS)
	[ ! -f "$dir/made" ] || made=$(wc -l <"$dir/made")
	awk -v name="$1" -v rss="$rss" -v ns=$(($(cpu "$2") - before)) \
	    -v ticks=$(($(ticks "$2") - children)) -v secs="$secs" \
	    -v hz="$(getconf CLK_TCK)" -v made="$made" -v base="${base:-0}" '
	BEGIN {
		printf "%-20s %8.1f MiB %8.3f %% %8.3f %% of children", name,
		    rss / 1024, ns / 1e7 / secs, ticks / hz * 100 / secs
		if (base)
			printf "   %5.1f x our memory", rss / base
		else
			printf "   %d processes made", made
		print ""
	}'
	: "${base:=$rss}"
}

echo "N=$n idle for $secs s: resident memory, processor"

{
	echo 'version: 2'
	echo "supervisor: { tmux_socket: bench, autostart: false }"
	echo 'projects:'
	echo '- id: b'
	echo '  cwd: .'
	echo '  workers:'
	for ((i = 1; i <= n; i++)); do
		echo "    a$i: { command: [$fake, --print, $dir/team, --ready, $dir/ready], restart: { max_restarts: 1000, backoff: { initial: 0ms } } }"
	done
} >"$dir/team-compose.yaml"
mkdir "$dir/count"
: >"$dir/made"
printf '#!/bin/sh\necho x >>"%s/made"\nexec "%s" "$@"\n' "$dir" \
	"$(command -v tmux)" >"$dir/count/tmux"
chmod +x "$dir/count/tmux"
"$teamctl" -C "$dir" up >/dev/null || exit 1
timeout 60 head -c $((n * 6)) <&8 >/dev/null # "ready" of each
PATH=$dir/count:$PATH "$teamctl" -C "$dir" supervise 2>"$dir/log" &
pids=($!)
idle 'teamctl supervise' $!

# From the kill of an agent to the first word of the process that follows it.
now() { echo "${EPOCHREALTIME/./}"; }
mapfile -t agents < <(pgrep -f "print $dir/team")
for ((c = 0; c < crashes && c < n; c++)); do
	begin=$(now)
	kill -KILL "${agents[c]}"
	read -rt 20 <&8
	echo $((($(now) - begin) / 100))
	pause 0.5
done | sort -n | awk '{ v[NR] = $1 } END {
	median = v[int((NR + 1) / 2)] / 10
	printf "crash to restarted process, of %d: median %.1f ms, most %.1f " \
	    "ms, target 50 ms: %s\n", NR, median, v[NR] / 10,
	    median <= 50 ? "met" : "missed" }'
rm -f "$dir/made"
"$teamctl" -C "$dir" down --now >/dev/null
pids=()

if command -v supervisord >/dev/null; then
	{
		printf '[supervisord]\nnodaemon=true\nminfds=2048\n'
		printf 'logfile=%s/supervisord.log\npidfile=%s/supervisord.pid\n' \
			"$dir" "$dir"
		printf 'childlogdir=%s\nuser=root\n' "$dir"
		for ((i = 1; i <= n; i++)); do
			printf '[program:a%d]\ncommand=%s --print %s/sd\n' \
				"$i" "$fake" "$dir"
		done
	} >"$dir/supervisord.conf"
	supervisord -c "$dir/supervisord.conf" >/dev/null 2>&1 &
	pids=($!)
	until_running "$n" "print $dir/sd" && idle supervisord $!
	kill "${pids[0]}" && wait
	pids=()
else
	echo 'no supervisord here'
fi

if [ -x "$pm2" ]; then
	{
		echo '{ "apps": ['
		for ((i = 1; i <= n; i++)); do
			printf '{ "name": "a%d", "script": "%s", "interpreter": "none", "args": "--print %s/pm" }%s\n' \
				"$i" "$fake" "$dir" "$( ((i < n)) && echo ,)"
		done
		echo '] }'
	} >"$dir/apps.json"
	"$pm2" start "$dir/apps.json" >/dev/null 2>&1
	until_running "$n" "print $dir/pm" && idle pm2 "$(cat "$dir/pm2/pm2.pid")"
else
	echo 'no pm2 here (PM2=PATH names one)'
fi
