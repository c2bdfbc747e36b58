#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# replicas, and scale: only the difference is started or stopped.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# replicated NUMBER
replicated() {
	team "a: { command: [\"$FAKE_AGENT\"], replicas: $1 }" "$(fake b)"
}

# agents NAME...: exactly these are there.
agents() {
	teamctl status --json >status.json || return 1
	perl -MJSON::PP -e 'local $/; my $s = decode_json(<STDIN>);
		print "$_->{id}\n" for @{$s->{agents}}' <status.json | sort >actual
	printf 'p:%s\n' "$@" >expect
	test_cmp expect actual
}

# not_pid PID: p:a-2 runs, as another process.
not_pid() {
	is p:a-2 state running && [ "$(field p:a-2 pid)" != "$1" ]
}

test_expect_success 'each replica is an agent of its own' '
	replicated 3 &&
	teamctl up >actual &&
	test_grep "^up · p:a-1$" actual && test_grep "^up · p:a-3$" actual &&
	agents a-1 a-2 a-3 b &&
	test_grep "^TEAMCTL_SLOT=2$" state/envs/p-a-2.env &&
	test_grep ! TEAMCTL_SLOT state/envs/p-b.env
'

test_expect_success 'the name of all of them is a target' '
	teamctl status a >actual &&
	test_grep p:a-1 actual && test_grep p:a-3 actual &&
	test_grep ! p:b actual &&
	teamctl status p:a >actual && test_grep p:a-2 actual
'

test_expect_success 'up: only what is missing starts' '
	field p:a-1 pid >before &&
	teamctl scale a=5 >actual &&
	test_grep "^added   · p:a-4$" actual &&
	test_grep "^added   · p:a-5$" actual &&
	test_grep "^scale: 2 agents: 2 started$" actual &&
	field p:a-1 pid >after && test_cmp before after &&
	agents a-1 a-2 a-3 a-4 a-5 b
'

test_expect_success 'down: the idle go first, then the highest numbers' '
	teamctl down a-2 >/dev/null &&
	teamctl scale p:a=3 --dry-run >actual &&
	test_grep "^removed · p:a-2 (dry run)$" actual &&
	agents a-1 a-2 a-3 a-4 a-5 b &&
	teamctl scale p:a=3 >actual &&
	test_grep "^removed · p:a-2 \[already stopped\]$" actual &&
	test_grep "^removed · p:a-5 \[drained" actual &&
	field p:a-1 pid >after && test_cmp before after &&
	agents a-1 a-3 a-4 b &&
	sessions 4
'

test_expect_success 'the number is kept: config, up, reload' '
	teamctl config >actual &&
	test_grep "^      a-4:$" actual && test_grep ! "a-2:" actual &&
	teamctl reload >actual && test_grep "^no changes$" actual &&
	teamctl up >actual && test_grep ! "p:a-2" actual
'

test_expect_success 'up again: free numbers are used first' '
	teamctl scale a=4 >actual &&
	test_grep "^added   · p:a-2$" actual &&
	agents a-1 a-2 a-3 a-4 b
'

test_expect_success 'as many as there are: nothing to do' '
	teamctl scale a=4 >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "as many already" err
'

test_expect_success 'several at once; one becomes two' '
	teamctl scale a=1 b=2 >actual &&
	test_grep "^removed · p:b " actual && test_grep "p:b-2" actual &&
	agents a-1 b-1 b-2 &&
	is p:a-1 state running && is p:b-2 state running
'

test_expect_success 'default: the file counts again, also without numbers' '
	teamctl scale b=default >actual &&
	test_grep "^removed · p:b-1 " actual &&
	test_grep "^removed · p:b-2 " actual &&
	test_grep "^added   · p:b$" actual &&
	agents a-1 b && is p:b state running &&
	test_grep ! "p:b" state/scale.json &&
	teamctl scale b=default 2>err && test_grep "as many already" err &&
	teamctl scale a=default >actual && test_grep ! "p:a\"" state/scale.json &&
	teamctl scale a=1 b=2 >actual && agents a-1 b-1 b-2
'

test_expect_success 'scaled to what the file says: the file counts again' '
	teamctl scale a=3 >/dev/null &&
	test_grep ! "p:a" state/scale.json &&
	replicated 2 &&
	teamctl reload >actual &&
	test_grep "^removed · p:a-3" actual &&
	agents a-1 a-2 b-1 b-2
'

test_expect_success 'a number that does not fit changes nothing' '
	cp state/scale.json before &&
	test_expect_code 2 teamctl scale a=0 &&
	test_expect_code 2 teamctl scale a=1001 &&
	test_expect_code 2 teamctl scale a &&
	test_expect_code 2 teamctl scale &&
	test_expect_code 4 teamctl scale nobody=2 &&
	test_cmp before state/scale.json
'

test_expect_success 'a name that is taken: exit 3, and nothing is recorded' '
	team "a: { command: [\"$FAKE_AGENT\"], replicas: 2 }" \
		"$(fake a-3)" "$(fake b)" &&
	cp state/scale.json before &&
	test_expect_code 3 teamctl scale a=3 2>err &&
	test_grep "duplicate agent id .a-3." err &&
	test_cmp before state/scale.json
'

test_expect_success 'without a team that runs it is only recorded' '
	replicated 2 &&
	teamctl down >/dev/null &&
	teamctl scale a=3 >actual &&
	test_grep "recorded" actual &&
	sessions 0 &&
	agents a-1 a-2 a-3 b-1 b-2 &&
	teamctl up >actual && test_grep "^up · p:a-3$" actual &&
	teamctl down >/dev/null
'

test_expect_success 'never applied: recorded, too' '
	mkdir fresh &&
	(
		cd fresh && replicated 2 &&
		teamctl scale a=3 >/dev/null &&
		agents a-1 a-2 a-3 b
	)
'

test_expect_success 'a broken file is named, and not replaced' '
	echo "{" >state/scale.json &&
	test_expect_code 3 teamctl validate 2>err &&
	test_grep "state/scale.json.* is no JSON" err &&
	test_must_fail teamctl scale b=2 2>err &&
	test_grep "state/scale.json" err &&
	echo "{" >expect && test_cmp expect state/scale.json
'

test_expect_success 'under a supervisor: no one comes back that was scaled away' '
	rm -r state && TEAM_AUTOSTART=true && replicated 3 &&
	teamctl up >/dev/null &&
	teamctl scale a=1 >/dev/null &&
	agents a-1 b &&
	teamctl scale a=2 >/dev/null &&
	pid=$(field p:a-2 pid) && kill -9 "$pid" &&
	wait_for 20 not_pid "$pid" &&
	agents a-1 a-2 b &&
	teamctl down >/dev/null
'

hold_numbers() {
	mkfifo held go
	flock state/scale.lock sh -c 'echo $$ >held; read -r x <go' &
	held=$!
	read -r pid <held
}

# Each rests on the numbers that it has seen; none may be taken back by another.
test_expect_success 'several people at a time: one after another' '
	rm -rf state && TEAM_AUTOSTART=false &&
	team "$(fake a)" "$(fake b)" "$(fake c)" && teamctl up >/dev/null &&
	for n in 2 4 3; do
		for name in a b c; do
			teamctl scale $name=$n >out.$name 2>&1 &
			eval "$name=\$!"
		done
		{ wait "$a" && wait "$b" && wait "$c"; } || return 1
		teamctl status >actual &&
		test "$(grep -c "^p:.*running" actual)" = $((3 * n)) || return 1
	done &&
	teamctl reload >actual && test_grep "no changes" actual
'

# Before there is a state folder, too.
test_expect_success 'so it is in a team that was never up' '
	mkdir several && (
		cd several && team "$(fake a)" "$(fake b)" "$(fake c)" &&
		for n in 2 3 4 5 6; do
			for name in a b c; do
				teamctl scale $name=$n >out.$name 2>&1 &
				eval "$name=\$!"
			done
			{ wait "$a" && wait "$b" && wait "$c"; } || return 1
			test "$(grep -c "\"p:" state/scale.json)" = 3 || return 1
			rm -r state
		done &&
		test_expect_code 4 teamctl scale x=2 && test ! -e state &&
		teamctl scale a=2 --dry-run >out && test ! -e state
	)
'

test_expect_success 'who has waited for long enough is told why' '
	hold_numbers &&
	test_expect_code 6 teamctl scale a=2 --lock-timeout 0s 2>err &&
	test_grep "numbers of replicas are being changed by" err &&
	teamctl scale a=2 --dry-run >actual && echo >go && wait "$held" &&
	teamctl scale a=2 >actual && teamctl down >/dev/null
'

test_done
