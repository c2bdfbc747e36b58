#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# One look at what N agents do, that show screens of t/screens: tmux clients,
# time and instructions, and the same for the tmux client alone.  And a tick of
# the supervisor while all of them write: its clients, how long the slowest one
# was at it, and the longest turn of the supervisor's loop since its start.
#
# Targets: a tick over 200 agents takes one client and under 60 ms.
#
#	t/bench/p0005-classify.sh [N] [RUNS]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=${1:-200} runs=${2:-9}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
dir=$(mktemp -d) || exit 1
unset TMUX TMUX_PANE
export TMUX_TMPDIR=$dir/tmux TEAMCTL_QUIET=1 TEAMCTL_SHARE=$root/share
mkdir -m 700 "$TMUX_TMPDIR" && mkdir "$dir/count" "$dir/runtimes" || exit 1
trap 'cd "$dir" && "$teamctl" down --now >/dev/null 2>&1
	tmux -L bench kill-server 2>/dev/null; rm -rf "$dir"' EXIT

cat >"$dir/count/tmux" <<EOF
#!/bin/bash
echo x >>"$dir/clients"
begin=\${EPOCHREALTIME/./}
"$(command -v tmux)" "\$@"
code=\$?
echo \$(((\${EPOCHREALTIME/./} - begin) / 100)) >>"$dir/took"
exit \$code
EOF
cat >"$dir/player" <<EOF
#!/bin/sh
cat "$root/t/screens/\$SCREEN"
exec sleep 100000
EOF
chmod +x "$dir/count/tmux" "$dir/player"
mapfile -t screens < <(awk -F '\t' '$2 == "claude" && $6 == "live" {
	print $1 }' "$root/t/screens/INDEX")
echo "binary: $dir/player" >"$dir/runtimes/claude-code.yaml"
{
	echo 'version: 2'
	echo 'supervisor: { autostart: false, tmux_socket: bench, reconcile_secs: 3600 }'
	echo 'projects: [ { id: p, cwd: ., workers: {'
	for ((i = 0; i < n; i++)); do
		echo "a$i: { runtime: claude-code, environment: { SCREEN:" \
		    "${screens[i % ${#screens[@]}]} } },"
	done
	echo '} } ]'
} >"$dir/team-compose.yaml"
cd "$dir" || exit 1
"$teamctl" up >/dev/null || exit 1
# Until all have shown what they have to show.
end=$((SECONDS + 60))
until ! "$teamctl" classify | grep -q unknown || [ $SECONDS -ge $end ]; do
	sleep 0.5
done

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
timed() {
	local begin i

	for ((i = 0; i < runs; i++)); do
		begin=${EPOCHREALTIME/./}
		"$@" >"$dir/out" 2>&1
		echo $(((${EPOCHREALTIME/./} - begin) / 100))
	done | median
}
say() { printf '%s\t%s\t%s\n' "$@"; }

: >clients
PATH=$dir/count:$PATH "$teamctl" classify >out
say "classify-$n-clients" clients "$(wc -l <clients)"
say "classify-$n-known" agents "$(grep -cv 'AGENT\|unknown' out)"
say "classify-$n" ms/10 "$(timed "$teamctl" classify)"
say "status-$n" ms/10 "$(timed "$teamctl" status)"
tmux -L bench list-panes -a -F \
	'display-message -p -t #{pane_id} x ; capture-pane -p -J -t #{pane_id}' \
	>script
say "captures-$n" ms/10 "$(timed tmux -L bench source-file script)"
if command -v valgrind >/dev/null; then
	for verb in classify status; do
		valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		    "$teamctl" $verb 2>&1 >/dev/null |
			sed -n "s/.*Collected : \\([0-9]*\\).*/$verb-$n	Ir	\\1/p"
	done
fi

# All write all the time, and there is a look every second.
secs=6
PATH=$dir/count:$PATH "$teamctl" supervise 2>supervise.log &
pid=$!
mapfile -t ttys < <(tmux -L bench list-panes -a -F '#{pane_tty}')
sleep 5 # what follows from its start is over
: >clients
: >took
end=$((SECONDS + secs))
while ((SECONDS < end)); do
	for tty in "${ttys[@]}"; do
		echo "at $EPOCHREALTIME" >"$tty"
	done
	sleep 0.5
done
clients=$(wc -l <clients)
client=$(sort -n took | tail -1)
longest=$("$teamctl" metrics | awk '/^teamctl_supervisor_tick_max_seconds/ {
	print int($2 * 10000) }')
kill $pid && wait $pid 2>/dev/null
say "tick-$n-clients" "in $secs s" "$clients"
say "tick-$n-client-longest" ms/10 "${client:=0}"
say "tick-$n-loop-longest" ms/10 "${longest:=0}"
awk -v n="$n" -v c="$clients" -v s="$secs" -v ms="$((client + longest))" 'BEGIN {
	printf "a tick over %d: 1 client, at most %.1f ms, target 60 ms: %s\n", n,
	    ms / 10, (c && c <= s + 1 && ms < 600) ? "met" : "missed" }'
