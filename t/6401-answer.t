#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# decisions and answer: who waits for a person, and nobody else answers.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-tui.sh"

cat >asker <<'EOF' &&
#!/bin/sh
while :; do
	printf 'Shall I go on? [Y/n] '
	read -r answer || exit
	echo "$answer" >>asker.answers
	[ "$answer" != stop ] || break
done
echo "all done"
exec sleep 1000
EOF
chmod +x asker &&
cat >runtimes/line.yaml <<EOF || exit 1
binary: $TRASH/asker
screens:
- { name: yes-no, verdict: waiting, kind: question, last: 1, match: 'go on\?' }
- { name: done, verdict: idle, last: 1, match: '^all done' }
EOF
team "$(tui a --trust 1 --ask a.ask)" "$(tui b)" 'c: { runtime: line }' ||
	exit 1

# ids AGENT: the name of its question
ids() {
	teamctl decisions "$1" --json | perl -MJSON::PP -e '
		local $/;
		print decode_json(<STDIN>)->{decisions}[0]{question_id}, "\n"'
}

asks() {
	test_expect_code 1 teamctl decisions "$1" --check >asked
}

test_expect_success 'nobody waits' '
	teamctl decisions --check >out &&
	test_must_be_empty out
'

test_expect_success 'who waits, and for what' '
	teamctl up >/dev/null 2>&1 &&
	wait_for 20 asks a && wait_for 20 asks c &&
	test_expect_code 1 teamctl decisions --check >out &&
	test_grep "^p:a: choice.* \[[0-9a-f]\{8\}\]$" out &&
	test_grep "^  Do you trust this place?$" out &&
	test_grep "^  1. Yes (default)$" out &&
	test_grep "^  2. Yes, always$" out &&
	test_grep "^p:c: question" out &&
	test_grep "^  Shall I go on? \[Y/n\]$" out &&
	test_grep ! p:b out &&
	teamctl decisions >out &&
	teamctl decisions --json >out &&
	test_grep "\"default\": 1" out &&
	test_grep "\"question\": \"Do you trust this place?\"" out
'

test_expect_success 'another question, another agent, another answer: refused' '
	test_expect_code 6 teamctl answer a 1 --question-id 00000000 2>err &&
	test_grep "its question is not 00000000 but $(ids a)" err &&
	test_expect_code 6 teamctl answer b 1 2>err &&
	test_grep "it asks nothing, it is idle" err &&
	test_expect_code 2 teamctl answer a 4 2>err &&
	test_expect_code 2 teamctl answer a Maybe 2>err &&
	test_grep "none of its 3 answers" err &&
	test_expect_code 2 teamctl answer a &&
	test_expect_code 4 teamctl answer nobody 1 &&
	test_expect_code 6 teamctl answer b --json 1 >out &&
	outcome out refused &&
	teamctl answer a 2 --dry-run >out &&
	test_grep "answered · p:a (dry run)" out &&
	test ! -e a.answers && test ! -e b.log
'

test_expect_success 'the Nth answer, and only that' '
	teamctl answer a 3 --question-id "$(ids a)" >out &&
	test_grep "^answered · p:a$" out &&
	echo 3 >expect && test_cmp expect a.answers &&
	teamctl decisions a --check &&
	test_expect_code 6 teamctl answer a 3
'

test_expect_success 'by its text, by default' '
	echo "Do you like it?" >a.ask && wait_for 20 asks a &&
	teamctl answer a "yes, ALWAYS" --json >out && outcome out answered &&
	echo "Do you like it?" >a.ask && wait_for 20 asks a &&
	teamctl answer a --default >out &&
	printf "3\n2\n1\n" >expect && test_cmp expect a.answers &&
	test ! -e a.log
'

test_expect_success 'a question is not the same for its words alone' '
	echo "Do you like it?" >a.ask && wait_for 20 asks a &&
	ids a >first && ids a >again && test_cmp first again &&
	teamctl answer a 1 && teamctl send a "hello" &&
	wait_for 20 grep -q 68656c6c6f a.log &&
	echo "Do you like it?" >a.ask && wait_for 20 asks a &&
	ids a >second && ! cmp -s first second &&
	teamctl answer a 1
'

test_expect_success 'a text, where there is no answer to choose' '
	test_expect_code 6 teamctl answer c --default 2>err &&
	test_grep "shows no default" err &&
	teamctl answer c stop &&
	echo stop >expect && wait_for 20 test_cmp expect asker.answers
'

test_expect_success 'it is in the journal' '
	echo "Do you like it?" >a.ask && wait_for 20 asks a &&
	teamctl answer a 2 --by boss --reason "it is fine" &&
	teamctl events --kind decision.answered --json >events &&
	tail -1 events >last &&
	test_grep "\"reason\":\"it is fine\"" last &&
	test_grep "\"claimed_by\":\"boss\"" last &&
	test_grep "\"option\":2" last &&
	nr=$(wc -l <events) &&
	teamctl metrics >metrics &&
	test_grep "^teamctl_events_total{event=\"decision.answered\"} $nr$" metrics &&
	test_grep "^teamctl_agent_answers_total{agent=\"p:a\"} $((nr - 1))$" metrics
'

test_done
