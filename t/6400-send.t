#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# send to agents with a screen: slow welcomes, dialogs, turns, dropped Enters.
# SENDS=1000 sends that many messages.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-tui.sh"
command -v perl >/dev/null || skip_all 'no perl'
SENDS=${SENDS:-30}

# got AGENT N: it was sent so many messages.
got() {
	lines "$2" "$1.log"
}

# last AGENT FILE: the last message it was sent is the file.
last() {
	tail -n 1 "$1.log" | perl -ne 'chomp; print pack("H*", $_)' >last.got &&
	cmp last.got "$2"
}

team "$(tui plain)" "$(tui slow --welcome 3000)" "$(tui never --welcome 9000000)" "$(tui shy --trust 1)" \
	"$(tui drop --drop 2 --turn 1)" "$(tui long --turn 4000)" \
	"$(tui asks --dialog 1)" "$(tui deaf --deaf 9000)" \
	"$(tui swallows --swallow 3000 --turn 500)" || exit 1

test_expect_success 'the text arrives, and that is seen' '
	teamctl up >/dev/null &&
	echo "sent · p:plain" >expect &&
	teamctl send plain "hello  world" >actual 2>err &&
	test_cmp expect actual &&
	test_must_be_empty err &&
	got plain 1 &&
	printf "hello  world" >expect &&
	last plain expect
'

test_expect_success 'a slow welcome is waited for' '
	teamctl send slow one --json >out &&
	outcome out sent && got slow 1 &&
	test_expect_code 5 teamctl send never --timeout 0.2 one --json >out &&
	outcome out not_ready && test ! -e never.log &&
	test_expect_code 5 teamctl send never --timeout 0.2 one 2>err &&
	test_grep "hint: .--force. types at once, whatever" err
'

test_expect_success 'what was dropped is never said to be sent' '
	teamctl restart deaf >/dev/null 2>&1 &&
	test_expect_code 5 teamctl send deaf lost --json >out &&
	outcome out unconfirmed && test ! -e deaf.log
'

test_expect_success 'a dialog is not typed into' '
	test_expect_code 6 teamctl send shy --timeout 0 hello 2>err &&
	test_grep "p:shy: not sent: it shows a dialog" err &&
	test_expect_code 6 teamctl send shy --timeout 0 hello --json >out &&
	outcome out dialog &&
	test ! -e shy.log && test ! -e shy.answers
'

test_expect_success 'a dropped Enter is pressed again, the text not pasted' '
	teamctl send drop a1 && teamctl send drop a2 &&
	teamctl send drop a3 && teamctl send drop a3 &&
	printf "%s\n" 6131 6132 6133 6133 >expect &&
	test_cmp expect drop.log
'

test_expect_success 'busy: waits for the end of the turn, or refuses' '
	teamctl send long first &&
	test_expect_code 6 teamctl send long --timeout 0 second --json >out &&
	outcome out busy &&
	got long 1 &&
	teamctl send long third &&
	got long 2
'

test_expect_success '--wait returns when the turn has ended' '
	teamctl send long --wait fourth --json >out &&
	outcome out sent &&
	test_grep "\"turn_ended\": true" out &&
	test_grep "\"activity\": \"idle\"" out &&
	got long 3 &&
	test_expect_code 5 teamctl send long --wait=0.5s fifth 2>err &&
	test_grep "its turn has not ended in time" err
'

test_expect_success '--wait: a turn that begins late is waited for, too' '
	teamctl send swallows --wait=30s hello --json >out &&
	got swallows 1 && test_grep "\"turn_ended\": true" out
'

test_expect_success '--wait: a turn that ends in a question' '
	test_expect_code 6 teamctl send asks --wait=20s hello >out &&
	test_grep "^sent · p:asks, then: waiting (choice)$" out &&
	test_grep "^  Do you want to go on?$" out &&
	test_grep "^  3. No$" out
'

test_expect_success '100 kB arrive byte for byte' '
	perl -e "srand 7; for (1 .. 1400) { print join(\"\", map { chr(33 + int rand 94) }
	    1 .. 66), \"\\t\\xc3\\xa9\\xe6\\x97\\xa5\\n\" } print \"x\" x 5000, \"end\"" >text &&
	test "$(wc -c <text)" -gt 100000 &&
	teamctl send plain - <text >out &&
	last plain text
'

test_expect_success 'who has gone is told' '
	teamctl down plain >/dev/null &&
	test_expect_code 1 teamctl send plain x --json >out 2>err &&
	test_grep "agent p:plain is not running" err &&
	outcome out gone &&
	test_expect_code 1 teamctl send slow exit --json >out &&
	outcome out gone
'

test_expect_success "$SENDS messages: none lost, doubled or falsely confirmed" '
	team "$(tui w0 --welcome 700 --drop 3 --turn 30)" \
		"$(tui w1 --dialog 7 --drop 5 --turn 80)" \
		"$(tui w2 --drop 2 --turn 1)" \
		"$(tui w3 --dialog 4 --turn 200)" &&
	teamctl down >/dev/null && teamctl up >/dev/null &&
	"$ROOT/t/tools/send-many" "$SENDS" w0 w1 w2 w3 >report &&
	cat report && test_grep "lost 0, doubled 0, false 0" report
'

test_done
