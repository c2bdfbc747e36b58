#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The journal: events a second and how long a flush takes, with and without
# fdatasync, alone and in batches; what reading and checking it takes.  Beside
# them dd, which appends and syncs the same bytes.
#
#	t/bench/p0004-journal.sh [FLUSHES]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
flushes=${1:-1000}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
writer=${BUILD:-$root/build}/t/journal-writer
export TEAMCTL_SHARE=$root/share
dir=$(mktemp -d "${TMPDIR:-/tmp}/p0004.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
echo 'version: 2' >"$dir/team-compose.yaml"

fresh() {
	rm -rf "$dir/state" && mkdir -m 700 "$dir/state"
}

# row MODE EVENTS
row() {
	fresh
	"$writer" "$dir" "$flushes" "$2" "$1" |
		awk -v name="$1, $2 events a flush" -F '\t' '{
			printf "%s\tevents/s\t%d\n", name, $1
			printf "%s\tus/flush p50\t%.1f\n", name, $2
			printf "%s\tus/flush p99\t%.1f\n", name, $3
			printf "%s\tus/flush max\t%.1f\n", name, $4
		}'
}

for mode in sync nosync; do
	for events in 1 10 100; do
		row "$mode" "$events"
	done
done

begin=${EPOCHREALTIME/./}
dd if=/dev/zero of="$dir/dd" bs=400 count="$flushes" oflag=dsync status=none
printf 'baseline: dd, 400 bytes synced\tus/write mean\t%d\n' \
	$(((${EPOCHREALTIME/./} - begin) / flushes))

# read_row NAME COMMAND...: of the 100 * FLUSHES events that are there now.
read_row() {
	local name=$1

	shift
	begin=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1 || echo "$name failed" >&2
	printf '%s of %d events\tms\t%d\n' "$name" $((flushes * 100)) \
		$(((${EPOCHREALTIME/./} - begin) / 1000))
}

read_row 'audit verify' "$teamctl" -C "$dir" audit verify
read_row 'events -n 10' "$teamctl" -C "$dir" events -n 10
read_row 'events --json' "$teamctl" -C "$dir" events --json
read_row 'history -n 10' "$teamctl" -C "$dir" history p:agent -n 10
begin=${EPOCHREALTIME/./}
cat "$dir"/state/journal*.jsonl | sha256sum >/dev/null
printf 'baseline: sha256sum of all\tms\t%d\n' \
	$(((${EPOCHREALTIME/./} - begin) / 1000))
