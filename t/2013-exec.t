#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# exec and shell: in the agent's folder, with its environment, and the exit
# status is that of the command.
. "${0%/*}/lib.sh"

mkdir work
cat >team-compose.yaml <<'EOF'
version: 2
projects:
  - id: p
    cwd: work
    workers:
      dev:
        command: [sleep, "1000"]
        environment:
          SPACED: "two  words"
          LINES_2: "one\ntwo"
      dev2: { command: [sleep, "1000"], environment: { WHO: dev2 } }
EOF

test_expect_success 'before the first up the environment is rendered' '
	echo "two  words" >expect &&
	teamctl exec dev -- sh -c "echo \"\$SPACED\"" >actual 2>err &&
	test_cmp expect actual &&
	test_grep "p:dev was never started" err &&
	test ! -e state/envs/p-dev.env
'

test_expect_success 'folder, identity and values, byte for byte' '
	teamctl up >/dev/null &&
	printf "%s\n" "$TRASH/work" p:dev "one" "two" >expect &&
	teamctl exec dev -- sh -c "pwd; echo \$AGENT_ID; echo \"\$LINES_2\"" \
		>actual 2>err &&
	test_cmp expect actual &&
	test_must_be_empty err
'

test_expect_success 'the -- may be left out, options of the command are its' '
	echo "-n x" >expect &&
	teamctl exec dev printf "%s %s\n" -n x >actual &&
	test_cmp expect actual &&
	teamctl exec -- dev printf "%s %s\n" -n x >actual &&
	test_cmp expect actual
'

test_expect_success 'own variables stay, the agent has the last word' '
	MINE=1 WHO=me teamctl exec dev2 sh -c "echo \$MINE \$WHO" >actual &&
	echo "1 dev2" >expect &&
	test_cmp expect actual
'

test_expect_success 'standard input is passed on' '
	echo through >expect &&
	teamctl exec dev cat <expect >actual &&
	test_cmp expect actual
'

test_expect_success 'the exit status is passed on' '
	test_expect_code 7 teamctl exec dev -- sh -c "exit 7" &&
	teamctl exec dev true
'

test_expect_success 'W11: death by a signal is not exit 0' '
	test_expect_code 137 teamctl exec dev -- sh -c "kill -KILL \$\$" &&
	test_expect_code 143 teamctl exec dev -- sh -c "kill -TERM \$\$"
'

test_expect_success 'a command that is not there: 127; that cannot run: 126' '
	test_expect_code 127 teamctl exec dev no-such-program 2>err &&
	test_grep "cannot run .no-such-program.: No such file" err &&
	test_expect_code 126 teamctl exec dev / 2>err
'

test_expect_success 'shell runs \$SHELL there and says so on stderr' '
	printf "%s\n" "$TRASH/work" >expect &&
	echo pwd >input &&
	SHELL=/bin/sh teamctl shell dev <input >actual 2>err &&
	test_cmp expect actual &&
	test_grep "a shell as p:dev has it" err &&
	test_expect_code 3 teamctl shell dev 2>err <<-\EOF &&
	exit 3
	EOF
	SHELL= teamctl shell dev <input >actual 2>err &&
	test_cmp expect actual
'

test_expect_success 'a folder that is gone is said' '
	mv work elsewhere &&
	test_expect_code 1 teamctl exec dev true 2>err &&
	mv elsewhere work &&
	test_grep "cannot enter .*/work.: No such file" err
'

test_expect_success 'a malformed env file is said, with what mends it' '
	cp state/envs/p-dev.env keep &&
	echo "no equals sign" >>state/envs/p-dev.env &&
	test_expect_code 1 teamctl exec dev true 2>err &&
	cp keep state/envs/p-dev.env &&
	test_grep "p-dev.env: line [0-9]*: " err &&
	test_grep "hint: .teamctl reload." err
'

test_expect_success 'usage and unknown agents' '
	test_expect_code 2 teamctl exec dev 2>err &&
	test_expect_code 2 teamctl exec dev -- 2>err &&
	test_expect_code 4 teamctl exec nobody true 2>err &&
	test_expect_code 2 teamctl exec p true 2>err &&
	test_expect_code 2 teamctl shell dev more 2>err
'

test -c /dev/full && test_set_prereq FULL

test_expect_success FULL 'no such program is 127, also where that cannot be said' '
	test_expect_code 127 teamctl exec dev no-such-program 2>/dev/full
'

# root may enter all of them.
[ "$(id -u)" = 0 ] || test_set_prereq USER

test_expect_success USER 'a folder of PATH that may not be entered hides nothing' '
	mkdir -m 0 shut &&
	test_expect_code 127 env PATH="$TRASH/shut:$PATH" "$TEAMCTL" \
		exec dev no-such-program 2>err &&
	test_grep "cannot run .no-such-program.: No such file" err &&
	rmdir shut
'

test_expect_success 'down' '
	teamctl down --now >/dev/null
'

# Lines of /proc/PID/status: the last five digits, up to signal 20; CHLD is 17.
chld='[13579bdf][0-9a-f]\{4\}$'

test_expect_success 'whoever started us with SIGCHLD ignored' '
	perl -e "\$SIG{CHLD} = q(IGNORE); exec @ARGV" \
		grep SigIgn /proc/self/status >ignored &&
	test_grep "$chld" ignored &&
	perl -e "\$SIG{CHLD} = q(IGNORE); exec @ARGV" \
		teamctl exec dev grep SigIgn /proc/self/status >actual &&
	test_grep ! "$chld" actual
'

test_expect_success 'whoever started us with signals blocked' '
	cat >blocked.pl <<-\EOF &&
	use POSIX ":signal_h";
	sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGINT, SIGTERM, SIGCHLD));
	exec @ARGV;
	EOF
	perl blocked.pl grep SigBlk /proc/self/status >blocked &&
	test_grep "14002$" blocked &&
	perl blocked.pl teamctl exec dev grep SigBlk /proc/self/status >actual &&
	test_grep "00000$" actual
'

test_done
