#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# SIGKILL while the journal is written: what is left is a whole chain, after
# the next event at the latest.  JOURNAL_KILLS: how often (40).
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

kills=${JOURNAL_KILLS:-40}
writer=$BUILD/t/journal-writer
export kills writer

# kill_writers MODE: kills it again and again, at any instant; lines that the
# head did not announce, or half of a batch, must never be left for verify.
cat >kill.pl <<'EOF'
use strict;
use warnings;
use Time::HiRes qw(usleep);
my ($writer, $mode, $kills) = @ARGV;
my %seen;
for my $i (1 .. $kills) {
	# To check a long one would take most of the time.
	system("rm -rf state && mkdir -m 700 state") if $i % 20 == 0;
	my $pid = fork // die;
	exec $writer, ".", 0, 1 + int rand 40, $mode, 50000 or die if !$pid;
	usleep(int rand 12000);
	kill KILL => $pid;
	waitpid $pid, 0;
	# Before the next writer: whole, or cut off where the next one cuts.
	my $out = `teamctl audit verify 2>&1`;
	$seen{$? == 0 ? "whole" : $out =~ /torn|not written any more/ ?
	    "cut" : die "kill $i: $out"}++;
	system($writer, ".", 1, 1, $mode) == 0 or die "kill $i: writer";
	system("teamctl audit verify >/dev/null") == 0 or die "kill $i";
}
print "$_ $seen{$_}\n" for sort keys %seen;
EOF

test_expect_success 'without fdatasync, where most of the time is in writing' '
	team "$(fake a)" && mkdir -m 700 state &&
	perl kill.pl "$writer" nosync $kills >out 2>/dev/null &&
	test_grep whole out
'

test_expect_success 'with it' '
	rm -rf state && mkdir -m 700 state &&
	perl kill.pl "$writer" sync $kills >out 2>/dev/null
'

test_expect_success 'numbers follow each other over all kills' '
	cat state/journal*.jsonl | sed "s/{\"seq\":\([0-9]*\),.*/\1/" | sort -n >actual &&
	seq 1 "$(wc -l <actual)" >expect && test_cmp expect actual
'

test_expect_success 'commands killed at any instant' '
	rm -rf state && teamctl up >out &&
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		perl -e "
			use Time::HiRes qw(usleep);
			my \$pid = fork;
			exec qw(teamctl restart a) or die if !\$pid;
			usleep(int rand 120000);
			kill KILL => \$pid;
			waitpid \$pid, 0;" >/dev/null 2>&1
		teamctl down a >/dev/null && teamctl audit verify >out ||
			return 1
	done
'

test_done
