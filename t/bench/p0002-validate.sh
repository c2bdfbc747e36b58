#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# validate and config of N agents, in one file and in a hundred.
#
#	t/bench/p0002-validate.sh [N] [RUNS]
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
n=${1:-10000} runs=${2:-5}
teamctl=${TEAMCTL_BIN:-$root/bin/teamctl}
export TEAMCTL_SHARE=$root/share
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

workers() { # COUNT INDENT
	awk -v n="$1" -v i="$2" 'BEGIN { while (n-- > 0) {
		printf "%s  a%05d:\n%s    model: claude-sonnet-4-6\n", i, n, i
		printf "%s    role_prompt: role.md\n%s    reports_to: m\n", i, i
		printf "%s    can_dm: [m]\n%s    can_broadcast: [all]\n", i, i
		printf "%s    environment: {A: x, B: \"${HOME}\"}\n", i
	} }'
}

project() { # COUNT INDENT
	printf '%schannels: [{name: all, members: "*"}]\n' "$2"
	printf '%smanagers: {m: }\n%sworkers:\n' "$2" "$2"
	workers "$1" "$2"
}

mkdir -p "$dir/one" "$dir/many/projects"
echo You. | tee "$dir/one/role.md" >"$dir/many/role.md"
{
	printf 'version: 2\nprojects:\n  - id: p\n'
	project "$((n - 1))" '    '
} >"$dir/one/team-compose.yaml"
printf 'version: 2\nprojects:\n' >"$dir/many/team-compose.yaml"
for ((p = 0; p < 100; p++)); do
	echo "  - file: projects/p$p.yaml" >>"$dir/many/team-compose.yaml"
	{
		printf 'version: 2\nproject: {id: p%d, name: P, cwd: .}\n' "$p"
		project "$((n / 100 - 1))" ''
	} >"$dir/many/projects/p$p.yaml"
done

# row NAME COMMAND...: the median in milliseconds
row() {
	local name=$1 begin

	shift
	for ((i = 0; i < runs; i++)); do
		begin=${EPOCHREALTIME/./}
		"$@" >/dev/null 2>&1 || echo "$name failed" >&2
		echo $(((${EPOCHREALTIME/./} - begin) / 1000))
	done | sort -n | awk -v name="$name" '{ v[NR] = $1 } END {
		printf "%s\tms\t%d\n", name, v[int((NR + 1) / 2)] }'
}

row "validate, $n agents in one file" "$teamctl" -C "$dir/one" validate
row "validate, $n agents in 100 files" "$teamctl" -C "$dir/many" validate
row "config, $n agents" "$teamctl" -C "$dir/one" config
