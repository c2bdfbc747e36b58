#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The journal in segments, with a key, and with several writers.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

journal=state/journal.jsonl

# Segments of a few lines each.
test_expect_success 'a segment ends at its size, and the chain goes on' '
	TEAM_TOP="journal: { max_size: 4KiB }" team "$(fake a)" &&
	for i in 1 2 3 4 5; do
		teamctl up && teamctl down || return 1
	done >out &&
	ls state/journal-*.jsonl >segments &&
	test "$(wc -l <segments)" -ge 3 &&
	while read -r segment; do
		last=$(tail -n 1 "$segment" | sed "s/{\"seq\":\([0-9]*\),.*/\1/") &&
		test "$segment" = "state/journal-$(printf %012d "$last").jsonl" &&
		test "$(wc -c <"$segment")" -le 4096 || return 1
	done <segments &&
	head -n 1 $journal >first && test_grep "journal.rotated" first &&
	teamctl audit verify &&
	cat state/journal-*.jsonl $journal >all &&
	teamctl events --json >actual && test_cmp all actual &&
	teamctl audit export >actual 2>/dev/null && test_cmp all actual &&
	teamctl audit tail -n 30 >actual && tail -n 30 all >expect &&
	test_cmp expect actual
'

# seq_at FILE LINE: the number of a line; LINE as sed has it.
seq_at() {
	sed -n "$2s/{\"seq\":\([0-9]*\),.*/\1/p" "$1"
}

test_expect_success 'what is done to segments is found' '
	first=$(sed -n 1p segments) && second=$(sed -n 2p segments) &&
	b=$(seq_at "$second" 1) && e=$(seq_at "$second" "\$") &&
	broken $e sed -i "\$d" "$second" &&
	broken $b sed -i 1d "$second" &&
	broken $b rm "$second" &&
	broken 1 rm "$first" &&
	broken $e sed -i "\$s/event/evemt/" "$second" &&
	broken $((e + 1)) sed -i "\${p}" "$second" &&
	broken $b sed -i "1{h;d};2G" "$second" &&
	broken $(seq_at $journal 1) sed -i 1d $journal &&
	broken $b mv "$second" state/journal-999999999999.jsonl &&
	broken $b cp "$first" "$second" &&
	broken $(seq_at $journal 1) cp /dev/null $journal &&
	broken $(seq_at $journal 1) rm $journal
'

test_expect_success 'a segment ends at its age' '
	before=$(wc -l <segments) &&
	TEAM_TOP="journal: { max_age: 1ms }" team "$(fake a)" &&
	teamctl up && teamctl down &&
	ls state/journal-*.jsonl >segments &&
	test "$(wc -l <segments)" -gt "$before" &&
	teamctl audit verify
'

test_expect_success 'what up has read holds for a down without a compose file' '
	TEAM_TOP="journal: { max_size: 4KiB }" team "$(fake a)" &&
	teamctl up && mv team-compose.yaml kept && echo "}" >team-compose.yaml &&
	before=$(ls state/journal-*.jsonl | wc -l) &&
	for i in 1 2 3 4 5 6 7 8 9; do
		teamctl down 2>err || return 1
	done &&
	test "$(ls state/journal-*.jsonl | wc -l)" -gt "$before" &&
	teamctl audit verify && mv kept team-compose.yaml
'

test_expect_success 'several writers at once share one chain' '
	TEAM_TOP="journal: { max_size: 16KiB, sync: false }" \
	    team "$(fake a)" "$(fake b)" "$(fake c)" "$(fake d)" &&
	teamctl up >out &&
	pids= &&
	for agent in a b c d; do
		for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
			teamctl exec $agent true || exit 1
		done 2>err.$agent &
		pids="$pids $!"
	done &&
	for pid in $pids; do wait "$pid" || return 1; done &&
	test "$(teamctl events --kind agent.executed | wc -l)" -eq 48 &&
	teamctl audit verify && teamctl down >out
'

test_expect_success 'a signed head: an end that was rewritten is found' '
	rm -rf state && head -c 24 /dev/urandom | base64 >key && chmod 600 key &&
	TEAM_TOP="audit: { hmac_key_file: key }" team "$(fake a)" &&
	teamctl up 2>err && test_cmp /dev/null err && teamctl down &&
	teamctl audit verify >actual && test_grep "signed since line 2" actual &&
	test_grep "\"mac\":\"[0-9a-f]\{64\}\"" state/journal.head &&
	cp -a state saved &&
	perl -e "
		open my \$in, q(<), q($journal); my @lines = <\$in>; pop @lines;
		my (\$seq) = \$lines[-1] =~ /\"seq\":(\d+)/;
		my (\$hash) = \$lines[-1] =~ /\"hash\":\"([0-9a-f]+)\"\}\$/;
		open my \$out, q(>), q($journal); print \$out @lines;
		open my \$head, q(>), q(state/journal.head);
		printf \$head qq({\"seq\":%d,\"hash\":\"%s\"}\n), \$seq, \$hash;" &&
	last=$(wc -l <$journal) &&
	test_expect_code 1 teamctl audit verify 2>err &&
	test_grep "seq $last: journal.head is not signed" err &&
	rm -rf state && mv saved state && teamctl audit verify
'

test_expect_success 'another key, a short one, one in the state folder' '
	head -c 24 /dev/urandom | base64 >other && chmod 600 other &&
	test_expect_code 1 teamctl audit verify --key-file other 2>err &&
	test_grep "not signed with this key" err &&
	teamctl audit verify --key-file key &&
	echo short >short &&
	test_expect_code 1 teamctl audit verify --key-file short 2>err &&
	test_grep "shorter than 16 bytes" err &&
	test_expect_code 1 teamctl audit verify --key-file none 2>err &&
	test_grep "none" err &&
	TEAM_TOP="audit: { hmac_key_file: state/key }" team "$(fake a)" &&
	test_expect_code 3 teamctl validate 2>err &&
	test_grep "in the state folder" err
'

test_expect_success 'with a key that is not that of the head nothing is appended' '
	cp $journal before &&
	TEAM_TOP="audit: { hmac_key_file: other }" team "$(fake a)" &&
	teamctl up 2>err && test_grep "warning.*not signed with the key" err &&
	teamctl down 2>err && test_cmp before $journal
'

test_expect_success 'a key that others may read is told about' '
	TEAM_TOP="audit: { hmac_key_file: key }" team "$(fake a)" &&
	chmod 644 key && teamctl up 2>err && test_grep "chmod 600" err &&
	chmod 600 key && teamctl down && teamctl audit verify
'

test_expect_success 'without the key: unsigned from there on, and signed again' '
	team "$(fake a)" && teamctl up && teamctl down &&
	teamctl audit verify &&
	test_expect_code 1 teamctl audit verify --key-file key 2>err &&
	TEAM_TOP="audit: { hmac_key_file: other }" team "$(fake a)" &&
	teamctl up && teamctl down && teamctl audit verify >actual &&
	test_grep ! "since line 2$" actual && test_grep "signed since" actual &&
	test "$(teamctl events --kind "journal.*keyed" | wc -l)" -eq 3
'

test_done
