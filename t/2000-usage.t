#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Usage, help, streams and exit codes of the command line itself.
. "${0%/*}/lib.sh"

commands=$(teamctl completion --list commands)
export commands

test_expect_success 'alone: help on stderr, exit 2' '
	test_expect_code 2 teamctl >out 2>err &&
	test_must_be_empty out &&
	test_grep "^usage: teamctl" err
'

test_expect_success 'help, -h and --help: the same on stdout, exit 0' '
	teamctl help >out 2>err &&
	test_must_be_empty err &&
	test_grep "^usage: teamctl" out &&
	teamctl -h >actual &&
	test_cmp out actual &&
	teamctl --help >actual &&
	test_cmp out actual
'

test_expect_success 'help names every command, and none that is hidden' '
	teamctl help >out &&
	for command in $commands; do
		test_grep "[ ,]$command\\( \\|,\\)" out || return 1
	done &&
	test_grep ! "shim" out
'

test_expect_success 'each command: help VERB, VERB --help, VERB -h' '
	for command in $commands; do
		teamctl help "$command" >help 2>err &&
		test_must_be_empty err &&
		test_grep "^usage: teamctl " help &&
		teamctl "$command" --help >actual 2>err &&
		test_must_be_empty err &&
		test_cmp help actual &&
		teamctl "$command" -h >actual &&
		test_cmp help actual || return 1
	done
'

test_expect_success 'no line of help is longer than a terminal is wide' '
	for command in "" $commands; do
		teamctl help $command >help &&
		test_grep ! "^.\{81\}" help || return 1
	done
'

test_expect_success 'an alias is the command' '
	teamctl help status >help &&
	teamctl ps --help >actual &&
	test_cmp help actual
'

test_expect_success 'an unknown command: exit 2 and the nearest one' '
	cat >expect <<-\EOF &&
	teamctl: unknown command '"'statsu'"'
	teamctl: hint: did you mean '"'status'"'?
	EOF
	test_expect_code 2 teamctl statsu >out 2>err &&
	test_must_be_empty out &&
	test_cmp expect err &&
	test_expect_code 2 teamctl frobnicate 2>err &&
	test_grep "hint: see .teamctl help." err &&
	test_expect_code 2 teamctl help frobnicate 2>err
'

test_expect_success 'W41: a usage error is exit 2, one line and a hint' '
	cat >expect <<-\EOF &&
	teamctl: logs: unknown option '"'--bogus'"'
	teamctl: hint: see '"'teamctl help logs'"'
	EOF
	test_expect_code 2 teamctl logs --bogus >out 2>err &&
	test_must_be_empty out &&
	test_cmp expect err &&
	test_expect_code 2 teamctl attach 2>err &&
	test_grep "^teamctl: attach: needs" err &&
	test_expect_code 2 teamctl version x 2>err &&
	test_grep "^teamctl: version: takes no operands" err &&
	test_expect_code 2 teamctl --bogus 2>err &&
	test_expect_code 2 teamctl -C 2>err &&
	test_grep "needs a value" err &&
	test_expect_code 2 teamctl --color purple version 2>err
'

test_expect_success 'what a message quotes cannot move the cursor' '
	test_expect_code 2 teamctl "$(printf "a\033[2Jb\nc")" 2>err &&
	test_grep "unknown command .a.x1b\[2Jb.nc." err &&
	test 1 = "$(grep -c "unknown command" err)"
'

test_expect_success 'version: a line, or a document' '
	teamctl version >out 2>err &&
	test_must_be_empty err &&
	test_grep "^teamctl [0-9]" out &&
	teamctl --version >actual &&
	test_cmp out actual &&
	teamctl -V >actual &&
	test_cmp out actual &&
	teamctl logs --version >actual &&
	test_cmp out actual &&
	teamctl version --json >out &&
	perl -MJSON::PP -e "local \$/; my \$v = decode_json(<>);
		exit !(\$v->{schema} == 1 && \$v->{version})" out
'

test -c /dev/full && test_set_prereq FULL

test_expect_success FULL 'an answer that cannot be written is exit 1' '
	for command in "help" "help up" "version" "version --json" \
	    "completion bash"; do
		test_expect_code 1 teamctl $command >/dev/full 2>err &&
		test_grep "cannot write to standard output" err || return 1
	done
'

test_expect_success 'a reader that has gone wants no complaint' '
	test_expect_code 1 perl -e "
		pipe R, W; close R; open STDOUT, q(>&W);
		\$SIG{PIPE} = q(IGNORE);
		exec @ARGV" "$TEAMCTL" version --json 2>err &&
	test_must_be_empty err
'

test_expect_success 'so it is when stdout is closed' '
	test_expect_code 1 teamctl help >&- 2>err &&
	test_grep "cannot write to standard output" err &&
	test_expect_code 1 teamctl version >&- 2>err
'

test_expect_success 'what is printed then does not go into a file of ours' '
	cat >team-compose.yaml <<-\EOF &&
	version: 2
	projects:
	  - { id: p, cwd: ., workers: { dev: { command: [sleep, "1000"] } } }
	EOF
	test_when_finished teamctl down --now &&
	test_expect_code 1 teamctl up >&- 2>err &&
	test_must_fail grep -r "up ·" state
'

test_expect_success 'a failure keeps its code when stdout fails too' '
	test_expect_code 2 teamctl frobnicate >&- 2>err
'

test_expect_success 'stdin and stderr may be closed' '
	teamctl version <&- 2>&- >out &&
	test_grep "^teamctl [0-9]" out
'

esc=$(printf '\033')
export esc

test_expect_success 'colour: asked for, refused, and by the environment' '
	test_expect_code 1 teamctl doctor --color always >out 2>err &&
	test_grep "$esc\[3" out &&
	NO_COLOR=1 test_expect_code 1 teamctl doctor --color=always >out 2>err &&
	test_grep "$esc\[3" out &&
	TEAMCTL_COLOR=always test_expect_code 1 teamctl doctor >out 2>err &&
	test_grep "$esc\[3" out &&
	TEAMCTL_COLOR=always \
		test_expect_code 1 teamctl --color never doctor >out 2>err &&
	test_grep ! "$esc" out &&
	test_expect_code 1 teamctl doctor >out 2>err &&
	test_grep ! "$esc" out
'

# on_terminal VARIABLE=VALUE...: what doctor prints on one, with its colours.
on_terminal() {
	tmux new-session -d -s t -x 70 -y 20 \
		"cd $TRASH/empty; $* teamctl doctor; echo printed; cat" &&
	wait_for 20 screen_shows printed &&
	tmux kill-session -t =t
}

screen_shows() {
	tmux capture-pane -e -p -t =t: >screen && grep -q "$1" screen
}

test_expect_success 'colour: on a terminal that can, unless NO_COLOR is set' '
	mkdir empty &&
	# A server that ends with its last session answers the next one badly.
	tmux -f /dev/null new-session -d -s keep cat &&
	test_when_finished "tmux kill-server" &&
	on_terminal env &&
	test_grep "$esc\[3.mwarning" screen &&
	on_terminal env NO_COLOR= &&
	test_grep "$esc\[3.mwarning" screen &&
	on_terminal env NO_COLOR=1 &&
	test_grep ! "$esc\[3.mwarning" screen &&
	on_terminal env TERM=dumb &&
	test_grep ! "$esc\[3.mwarning" screen
'

test_expect_success 'a wrong TEAMCTL_COLOR is said and ignored' '
	TEAMCTL_COLOR=purple teamctl version >out 2>err &&
	test_grep "^teamctl: warning: TEAMCTL_COLOR is .purple." err
'

test_done
