#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The journal: what is written, and that nobody can change it unnoticed.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

journal=state/journal.jsonl

test_expect_success 'the life of an agent is written down' '
	team "$(fake a)" "$(fake b --exit 3)" &&
	test_expect_code 1 teamctl up &&
	teamctl down &&
	teamctl events >actual &&
	test_grep "p:a  *agent.start_requested  *up" actual &&
	test_grep "p:a  *agent.started" actual &&
	test_grep "p:b  *agent.start_failed  *ended at once: exit 3" actual &&
	test_grep "p:a  *agent.stop_requested  *down" actual &&
	test_grep "p:a  *agent.drained" actual &&
	teamctl audit verify >actual &&
	test_grep "^ok" actual
'

test_expect_success 'events --json are the lines, filters pick among them' '
	teamctl events --json >actual &&
	test_cmp $journal actual &&
	teamctl events --agent p:b --kind "agent.start*" --json >actual &&
	test "$(wc -l <actual)" -eq 2 &&
	teamctl history b -n 1 >actual &&
	test "$(wc -l <actual)" -eq 1 &&
	test_expect_code 4 teamctl history nobody
'

test_expect_success 'hashes are those that sha256sum computes' '
	line=$(sed -n 2p $journal) &&
	printf "%s" "${line%,\"hash\":*}" | sha256sum | cut -c1-64 >expect &&
	printf "%s\n" "$line" | sed "s/.*\"hash\":\"\([0-9a-f]*\)\"}$/\1/" >actual &&
	test_cmp expect actual
'

# broken SEQ PATTERN COMMAND...: after the command verify names that line.
broken() {
	cp $journal saved && cp state/journal.head saved.head
	seq=$1
	shift
	"$@" || return 1
	teamctl audit verify >out 2>&1
	code=$?
	mv saved $journal && mv saved.head state/journal.head
	cat out
	test $code = 1 && grep -q "seq $seq:" out
}

test_expect_success 'a flipped byte in any field is found' '
	n=$(grep -n agent.stop_requested $journal | head -1 | cut -d: -f1) &&
	for field in seq time mono_ns event agent gen attempt actor reason \
	    fields correlation_id prev hash; do
		broken $n sed -i "${n}s/\"$field\":[\"{]\{0,1\}./&x/" $journal ||
			{ echo "$field"; return 1; }
	done
'

test_expect_success 'a line deleted, swapped, doubled, put in or cut off' '
	last=$(wc -l <$journal) &&
	broken 3 sed -i 3d $journal &&
	broken 3 sed -i "3{h;d};4G" $journal &&
	broken 4 sed -i "3{p}" $journal &&
	broken 4 sed -i "3a {}" $journal &&
	broken $last sed -i "\$d" $journal
'

test_expect_success 'a torn last line is cut, and that is written down' '
	printf "{\"seq\":999,\"time\":\"20" >>$journal &&
	teamctl up a && teamctl down a &&
	teamctl audit verify &&
	teamctl events >actual &&
	test_grep "journal.recovered" actual
'

test_expect_success 'a damaged journal is left alone, and work goes on' '
	cp $journal saved &&
	sed -i "\$s/agent/agemt/" $journal && cp $journal damaged &&
	teamctl up a 2>err && test_grep "warning.*journal.jsonl" err &&
	teamctl down a &&
	test_cmp damaged $journal && mv saved $journal
'

test_expect_success 'SIGKILL at any instant leaves a whole chain' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		perl -e "
			use Time::HiRes qw(usleep);
			my \$pid = fork;
			exec qw(teamctl restart a) or die if !\$pid;
			usleep(int rand 120000);
			kill KILL => \$pid;
			waitpid \$pid, 0;" >/dev/null 2>&1
		teamctl down a >/dev/null && teamctl audit verify || return 1
	done
'

test_expect_success 'teamctl-events(7) lists the kinds, both ways' '
	teamctl completion --list events | cut -f1 | sort >expect &&
	test -s expect &&
	sed -n "/^.Sh KINDS/,/^.Sh EX/s/^.It Cm //p" \
	    "$ROOT/man/teamctl-events.7" | sort >actual &&
	test_cmp expect actual
'

test_done
