#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# state, alive, health and join, with a supervisor and without one.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

looks() { # MODE: "alone" or "supervised"
	mode=$1
	test_expect_success "$mode: state" '
		pid=$(field p:a pid) && teamctl state --json >actual &&
		json_is actual agents/0/agent p:a &&
		json_is actual agents/0/operation active &&
		json_is actual agents/0/state running &&
		json_is actual agents/0/alive true &&
		json_is actual agents/0/pid "$pid" &&
		json_is actual agents/0/attempt 1 &&
		teamctl pause a >out && teamctl state a >actual &&
		test_grep "p:a *paused *frozen *$pid" actual &&
		teamctl resume a >out &&
		teamctl pause --stop b >out && teamctl state p:b --json >actual &&
		json_is actual agents/0/operation paused &&
		json_is actual agents/0/alive false &&
		json_is actual agents/0/pid null && teamctl resume b >out &&
		test_expect_code 4 teamctl state nobody 2>err
	'
	test_expect_success "$mode: alive" '
		teamctl alive a b >actual && test_grep "p:a alive" actual &&
		teamctl pause a >out && teamctl alive a &&
		teamctl resume a >out && teamctl pause --stop b >out &&
		test_expect_code 1 teamctl alive a b >actual &&
		test_grep "p:b not alive" actual && teamctl resume b >out &&
		test_expect_code 4 teamctl alive nobody 2>err
	'
	test_expect_success "$mode: join" '
		test_expect_code 5 teamctl join --timeout 100ms a 2>err &&
		test_grep "p:a has not ended" err &&
		test_expect_code 5 teamctl join -t 0 a 2>err &&
		joined_by "$(field p:e pid)" &&
		test_grep "p:e: signal 9 (KILL)" actual &&
		teamctl join --json e >actual &&
		json_is actual agents/0/signal 9 &&
		teamctl up e >out && test_expect_code 4 teamctl join nobody 2>err
	'
}

joined_by() { # PID: join ends when it does
	teamctl join e >actual &
	join=$!
	kill -KILL "$1" && wait "$join"
}

# away LINE: while a supervisor has let go of the team
away() {
	perl -MIO::Socket::UNIX -e '
		my $socket = IO::Socket::UNIX->new("state/control.sock")
		    or die "cannot connect: $!";
		<$socket>;
		print $socket "{\"op\": \"yield\"}\n";
		$socket->flush;
		<$socket> =~ /"ok": *true/ or die "not yielded";
		exit(system("sh", "-c", $ARGV[0]) != 0);' "$1"
}

test_expect_success 'a team' '
	team "$(fake a)" "$(fake b)" \
	    "e: { command: [\"$FAKE_AGENT\"], restart: never }" &&
	teamctl up >out
'
looks alone
test_expect_success 'nobody checks health' '
	test_expect_code 7 teamctl health 2>err &&
	test_grep "no supervisor is running" err
'
test_expect_success 'with a supervisor' 'supervisor'
looks supervised
test_expect_success 'what was removed is called so' '
	teamctl remove b >out &&
	teamctl state b >actual &&
	test_grep "p:b *removed *removed " actual && teamctl up b >out &&
	wait_for 20 snapshot state running
'
test_expect_success 'what a command wants is told when it has ended' '
	teamctl pause --stop b >out &&
	away "teamctl down b >out; teamctl state b >actual" &&
	test_grep "p:b *stopped *stopped " actual && teamctl up b >out &&
	wait_for 20 snapshot state running
'
test_expect_success 'health' '
	wait_for 20 teamctl health >out &&
	teamctl health >actual && test_grep "p:a  *unknown  *yes  *running" actual &&
	teamctl quarantine b --reason why >out &&
	test_expect_code 1 teamctl health --json >actual &&
	json_is actual agents/1/state quarantined &&
	teamctl health a && no_supervisor && teamctl down >out
'

test_done
