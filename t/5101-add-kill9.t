#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# kill -9 of add at random instants: after the next command the agent is wholly
# there, or nothing of it is; never a second copy.  KILLS instants (10), from
# SEED.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

KILLS=${KILLS:-10} SEED=${SEED:-$$}
t_say "# SEED=$SEED KILLS=$KILLS"

# killed_after KIND COMMAND...: runs it and kills it as soon as the journal
# has one more event of that kind: between two phases.
killed_after() {
	perl -e '
		use Time::HiRes qw(usleep time);
		my $kind = shift;
		sub count {
			open my $f, "<", "state/journal.jsonl" or return 0;
			return scalar grep { /"event":"$kind"/ } <$f>;
		}
		my ($before, $end) = (count(), time + 10);
		my $pid = fork;
		exec @ARGV or die if !$pid;
		usleep(200) while count() == $before && time < $end;
		kill KILL => $pid;
		waitpid $pid, 0;' "$@" >/dev/null 2>&1 || :
}

# Wholly there, or nothing: what `status` and the files say after a crash.
whole() {
	teamctl status --json >status.json || return 1
	if [ -e state/dynamic/p-w.yaml ]; then
		echo there >>outcomes
		is p:w state running && is p:w dynamic 1 || return 1
	else
		echo absent >>outcomes
		test_grep ! "\"p:w\"" status.json || return 1
		tmux list-sessions -F "#S" >sessions
		test_grep ! "^a-p-w\$" sessions || return 1
		find state -name "p-w*" >left && test_must_be_empty left || return 1
	fi
	find state/dynamic -name "*.adding" >left && test_must_be_empty left &&
	test ! -e double && is p:cache state running
}

# A supervisor may be at it while we look.
soon_whole() {
	wait_for 20 whole
}

# Without a second copy: both would hold the same lock.
cat >w.yaml <<EOF
name: w
command: "exec 9>>lock; flock -n 9 || { echo >double; exit 9; }; exec $FAKE_AGENT"
dependencies: [cache]
EOF

away() {
	rm -f state/dynamic/p-w.yaml && teamctl reload
}

test_expect_success 'killed at any instant' '
	team "$(fake cache)" && teamctl up &&
	for i in $(seq "$KILLS"); do
		instant 350000 && killed_at "$instant" teamctl add -f w.yaml &&
		whole && away || return 1
	done
'

test_expect_success 'killed between each two phases' '
	for kind in add.validated add.registered agent.launched add.started \
	    add.committed; do
		killed_after "$kind" teamctl add -f w.yaml &&
		whole && away || { echo "after $kind"; return 1; }
	done &&
	teamctl audit verify
'

test_expect_success 'the next command may be an add of the same' '
	killed_after add.registered teamctl add -f w.yaml &&
	teamctl add -f w.yaml && whole && away
'

test_expect_success 'with a supervisor: killed at any instant' '
	supervisor &&
	for i in $(seq "$KILLS"); do
		instant 350000 && killed_at "$instant" teamctl add -f w.yaml &&
		soon_whole && away || return 1
	done
'

test_expect_success 'with a supervisor: between each two phases' '
	for kind in add.validated add.registered agent.launched add.started \
	    add.committed; do
		killed_after "$kind" teamctl add -f w.yaml &&
		soon_whole && away || { echo "after $kind"; return 1; }
	done &&
	no_supervisor && teamctl audit verify
'

test_expect_success 'both ends were met' '
	sort outcomes | uniq -c >&2 &&
	test_grep there outcomes && test_grep absent outcomes &&
	test_grep "\"add.rolled_back\"" state/journal.jsonl
'

test_done
