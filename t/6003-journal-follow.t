#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# events -f: what comes, across segments, until nobody reads any more.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

journal=state/journal.jsonl

has() { # FILE LINES
	test "$(wc -l <"$1")" -ge "$2"
}

test_expect_success 'what was and what comes, each line once' '
	TEAM_TOP="journal: { max_size: 4KiB }" team "$(fake a)" "$(fake b)" &&
	teamctl up >out && teamctl down >out &&
	{ teamctl events -f --json >followed & } && pid=$! &&
	wait_for 20 has followed "$(cat state/journal*.jsonl | wc -l)" &&
	for i in 1 2 3; do
		teamctl up && teamctl down || return 1
	done >out &&
	test "$(ls state/journal-*.jsonl | wc -l)" -ge 2 &&
	cat state/journal-*.jsonl $journal >expect &&
	wait_for 20 has followed "$(wc -l <expect)" &&
	kill -INT $pid && wait $pid && test_cmp expect followed
'

test_expect_success 'filters hold for what comes, too; -n for what was' '
	test "$(teamctl events -n 2 | wc -l)" = 2 &&
	teamctl events -n 0 >none && teamctl audit tail -n 0 >>none &&
	test_must_be_empty none &&
	rm followed && { teamctl events -f -n 1 --agent b --kind agent.st\* >followed & } &&
	pid=$! && wait_for 20 has followed 1 &&
	teamctl up b >out && teamctl down b >out && wait_for 20 has followed 4 &&
	kill -TERM $pid && wait $pid &&
	test "$(wc -l <followed)" -eq 4 && test_grep ! p:a followed
'

test_expect_success 'history follows one agent' '
	rm followed && { teamctl history a -f --json >followed & } && pid=$! &&
	nr=$(grep -c "\"agent\":\"p:a\"" expect) &&
	wait_for 20 has followed $nr &&
	teamctl up a >out && wait_for 20 has followed $((nr + 4)) &&
	kill -INT $pid && wait $pid && teamctl down a >out &&
	test_grep ! "p:b" followed
'

test_expect_success 'it ends when its reader has gone, also while nothing comes' '
	mkfifo pipe &&
	{ teamctl events -f >pipe 2>err & } && pid=$! &&
	head -n 1 <pipe >line && wait_for 20 test_must_fail lives $pid &&
	wait $pid && test_must_be_empty err && test -s line
'

test_expect_success 'it waits for a journal that is not there yet' '
	mkdir new && (cd new && team "$(fake c)") &&
	rm followed && { teamctl -C new events -f --json >followed & } && pid=$! &&
	teamctl -C new up >out && wait_for 20 has followed 5 &&
	kill -INT $pid && wait $pid && teamctl -C new down >out &&
	teamctl -C new events --json >all &&
	head -n "$(wc -l <followed)" all >expect && test_cmp expect followed
'

test_done
