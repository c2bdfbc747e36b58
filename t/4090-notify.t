#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# notify: what an agent says of itself, from inside.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

team_digits=$(printf '%s' "$TRASH" | sha256sum | cut -c1-12)

# as ID GENERATION COMMAND...: with the environment that the agent has.
as() {
	as_run=$team_digits/$1/$2
	shift 2
	TEAMCTL_ROOT=$TRASH TEAMCTL_RUN=$as_run "$@"
}

team "$(fake a)" || exit 1

test_expect_success 'it is for agents' '
	test_expect_code 6 teamctl notify --ready 2>err &&
	test_grep "this is no agent" err &&
	test_grep "^teamctl: hint: " err &&
	! test -e state
'

test_expect_success 'usage: something has to be said' '
	test_expect_code 2 as p:a 1 teamctl notify 2>err &&
	test_grep "needs --ready, --heartbeat or --status" err &&
	test_expect_code 2 as p:a 1 teamctl notify ready
'

test_expect_success 'nobody supervises: exit 7, readiness is remembered' '
	mkdir -m 700 state &&
	test_expect_code 7 as p:a 3 teamctl notify --ready >out 2>err &&
	test_must_be_empty out &&
	test_grep "no supervisor listens to p:a" err &&
	echo 3 >expect && test_cmp expect state/ready/p-a &&
	test "$(find state/ready -printf "%f %m\n" | sort)" = "p-a 600
ready 700" &&
	test_expect_code 7 as p:a 3 teamctl notify --heartbeat &&
	test_expect_code 7 as p:a 3 teamctl notify --status text
'

test_expect_success 'a FIFO without a reader: the same, at once' '
	mkfifo -m 600 state/notify &&
	test_expect_code 7 as p:a 3 timeout 10 teamctl notify --heartbeat
'

test_expect_success 'a reader gets a line for each' '
	exec 8<>state/notify &&
	as p:a 4 teamctl notify --ready --heartbeat --status "reads mail" \
		>out 2>err &&
	for i in 1 2 3; do read -r line <&8 && echo "$line"; done >actual &&
	exec 8>&- &&
	cat >expect <<-\EOF &&
	ready p:a 4
	beat p:a 4
	note p:a 4 reads mail
	EOF
	test_cmp expect actual &&
	test_must_be_empty out && test_must_be_empty err &&
	echo 4 >expect && test_cmp expect state/ready/p-a
'

test_expect_success 'only readiness leaves a mark' '
	exec 8<>state/notify &&
	as p:b 1 teamctl notify --heartbeat --status x &&
	exec 8>&- &&
	! test -e state/ready/p-b
'

test_expect_success 'a status is one short line of text' '
	exec 8<>state/notify &&
	text=$(printf "a\n\033[2Jb\377") &&
	as p:a 4 teamctl notify --status "$text" &&
	read -r line <&8 &&
	printf "%s\n" "$line" >actual &&
	long=$(printf "%0300d" 0 | sed "s/0/ä/g") &&
	as p:a 4 teamctl notify --status "$long" &&
	read -r line <&8 &&
	printf "%s\n" "$line" >long &&
	exec 8>&- &&
	printf "%s\n" "note p:a 4 a\\n\\x1b[2Jb\\xff" >expect &&
	test_cmp expect actual &&
	test "$(wc -c <long)" -le 300 &&
	LC_ALL=C.UTF-8 grep -qx "note p:a 4 ä*" long
'

test_expect_success 'a reader that is stuck holds up nobody' '
	exec 8<>state/notify &&
	{ dd if=/dev/zero of=state/notify bs=4096 count=1000 \
		oflag=nonblock 2>/dev/null || :; } &&
	test_expect_code 7 as p:a 5 timeout 10 teamctl notify --heartbeat &&
	exec 8>&-
'

rss() { # of the supervisor, in kB
	sed -n "s/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$sup/status"
}

test_expect_success 'nor does one who floods the supervisor, and it grows no more' '
	team "$(fake a)" && supervisor && teamctl up >out && rss=$(rss) &&
	{ dd if=/dev/zero of=state/notify bs=4096 2>/dev/null & } &&
	flood=$! && teamctl restart a >out && teamctl restart a >out &&
	kill "$flood" && { wait "$flood" || :; } &&
	test $(($(rss) - rss)) -lt $((8000 * TEST_SLOW)) &&
	no_supervisor && teamctl down >out
'

test_expect_success 'another team is not told' '
	mkdir other && cp team-compose.yaml other &&
	test_expect_code 6 as p:a 1 teamctl -C other notify --ready 2>err &&
	test_grep "p:a does not belong to the team in .*/other" err &&
	! test -e other/state
'

test_expect_success 'nonsense in the environment is refused' '
	for run in "" x / // "$team_digits/p:a" "$team_digits/p:a/x" \
	    "$team_digits/pa/1" "$team_digits/p:../1" "$team_digits/..:a/1" \
	    "$team_digits/p:a b/1" "short/p:a/1" "$team_digits/../p:a/1"; do
		TEAMCTL_ROOT=$TRASH TEAMCTL_RUN=$run \
			test_expect_code 6 teamctl notify --ready || return 1
	done
'

test_expect_success 'a real agent: it is heard by who changes the team' '
	rm -rf state &&
	team "a: { command: \"teamctl notify --ready; echo \$\$? >$TRASH/code; exec sleep 1000\" }" &&
	teamctl up &&
	wait_for 20 test -s code &&
	echo 1 >expect && test_cmp expect state/ready/p-a &&
	teamctl down
'

test_expect_success 'a supervisor tells of a long status, too' '
	rm -rf state && long=$(printf "%0300d" 0 | sed "s/0/ä/g") &&
	team "a: { command: \"while sleep 0.2; do teamctl notify --status $long; done\" }" &&
	teamctl up >out && supervisor &&
	wait_for 20 snapshot agents/p:a/state running &&
	wait_for 20 grep "p:a: running: ." sup.log &&
	wait_for 20 grep "\"reason\": *\"ääää" state/supervisor.json &&
	teamctl state --json >actual && test_grep "\"reason\": *\"ääää" actual &&
	no_supervisor && teamctl down >out
'

test_expect_success 'wait --for ready sees it' '
	mkfifo go && mkdir runtimes &&
	cat >runtimes/mute.yaml <<-EOF &&
	binary: $TRASH/mute
	ready_patterns: ["never shown"]
	EOF
	cat >mute <<-EOF &&
	#!/bin/sh
	read -r go <$TRASH/go
	teamctl notify --ready
	echo \$? >$TRASH/code
	exec sleep 1000
	EOF
	chmod +x mute &&
	team "mute: { runtime: mute }" &&
	teamctl up &&
	test_expect_code 5 teamctl wait mute --for ready --timeout 200ms &&
	echo >go &&
	teamctl wait mute --for ready --timeout 20s &&
	wait_for 20 test -s code
'

test_expect_success 'its next run has to say it again' '
	teamctl restart mute &&
	test_expect_code 5 teamctl wait mute --for ready --timeout 200ms &&
	echo >go &&
	teamctl wait mute --for ready --timeout 20s &&
	teamctl down
'

test_done
