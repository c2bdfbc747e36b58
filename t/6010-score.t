#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The score: what ends make of it, and what does not.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# scored AGENT SCORE: in `score`, wide status and JSON.
scored() {
	teamctl score --json >score.json && teamctl status -o wide >wide &&
	perl -MJSON::PP -e '
		local $/;
		my ($id, $want) = @ARGV;
		for (@{decode_json(<STDIN>)->{agents}}) {
			next if $_->{id} ne $id;
			my $got = sprintf "%.4f", $_->{score};
			print "$id: $got, not $want\n" if $got ne $want;
			exit $got ne $want;
		}
		exit 1' "$1" "$2" <score.json && grep -q "^$1 .* $2 " wide
}

test_expect_success 'an agent whose end was never seen is in the middle' '
	team "$(fake a)" &&
	teamctl score >out && test_grep "^p:a  *0.5000  *0.5000  *0  *0" out &&
	teamctl up >out && scored p:a 0.5000 && teamctl down >out
'

test_expect_success 'clean and bad ends, by the kernel'\''s numbers' '
	rm -rf state && team "good: { command: [\"$FAKE_AGENT\", --after, \"1500\"], restart: never }" \
	    "bad: { command: [\"$FAKE_AGENT\", --after, \"1500\", --exit, \"3\"], restart: never }" \
	    "thrice: { command: [\"$FAKE_AGENT\", --after, \"1500\", --exit, \"3\"], restart: { policy: on-failure, max_restarts: 2, backoff: { initial: 1ms, max: 1ms } } }" \
	    "$(fake stays)" "$(fake killed)" &&
	teamctl up >out && supervisor &&
	wait_for 20 snapshot agents/p:good/state done &&
	wait_for 20 snapshot agents/p:bad/state done &&
	wait_for 20 snapshot agents/p:thrice/state failed &&
	scored p:good 0.5615 && scored p:bad 0.4295 &&
	scored p:thrice 0.3456 && scored p:stays 0.5000 &&
	is p:good score 0.5615
'

test_expect_success 'what is asked for does not count' '
	teamctl restart stays >out && teamctl down stays >out &&
	tmux kill-session -t =a-p-killed &&
	wait_for 20 snapshot agents/p:killed/state stopped &&
	wait_for 20 scored p:stays 0.5000 && wait_for 20 scored p:killed 0.5000
'

test_expect_success 'the best first, ties by name' '
	teamctl score >out && awk "NR > 1 { print \$1 }" out >actual &&
	printf "%s\n" p:good p:killed p:stays p:bad p:thrice >expect &&
	test_cmp expect actual &&
	teamctl score bad good >out && test "$(wc -l <out)" -eq 3 &&
	test_expect_code 4 teamctl score nobody
'

test_expect_success 'it survives the supervisor, and an end counts once' '
	kill -TERM $sup && wait $sup && scored p:thrice 0.3456 &&
	supervisor && scored p:good 0.5615 && scored p:thrice 0.3456 &&
	teamctl up stays >out && scored p:good 0.5615 &&
	teamctl up good >out &&
	wait_for 20 scored p:good 0.6046 &&
	teamctl down >out
'

test_done
