#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# send: text arrives as it is, at the agents named and no others.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

shows() { # TEXT TARGET
	teamctl logs "$2" >shown && test_grep "$1" shown
}

team "$(fake dev --prompt '> ' --raw --bytes dev.bytes --ready dev.ready)" \
	"$(fake dev2 --prompt '> ' --raw --bytes dev2.bytes --ready r2)" \
	"$(fake line --prompt '> ' --bytes line.bytes --ready r3)" &&
teamctl up >/dev/null || exit 1

test_expect_success 'the text arrives as one paste, then Enter' '
	wait_for 20 test -s dev.ready &&
	echo "sent · p:dev" >expect &&
	teamctl send dev "hello  world" >actual 2>err &&
	test_cmp expect actual &&
	test_must_be_empty err &&
	wait_for 20 shows "got pasted: hello  world" dev &&
	printf "\033[200~hello  world\033[201~\r" >expect &&
	test_cmp expect dev.bytes
'

test_expect_success 'words are joined by a blank' '
	wait_for 20 test -s r3 &&
	teamctl send line a b c >/dev/null &&
	wait_for 20 shows "got: a b c" line
'

test_expect_success 'what a shell or tmux would change arrives unchanged' '
	>dev.bytes &&
	cat >text <<-\EOF &&
	$HOME `id` "double" #{pane_id} #(id) %1; \n \; ~ * é 日本
	second line;
	EOF
	teamctl send dev - <text >/dev/null &&
	printf "\033[200~%s\033[201~\r" "$(cat text)" >expect &&
	wait_for 20 cmp expect dev.bytes
'

test_expect_success '--no-enter' '
	>dev.bytes &&
	teamctl send --no-enter dev abc >/dev/null &&
	printf "\033[200~abc\033[201~" >expect &&
	wait_for 20 cmp expect dev.bytes &&
	teamctl send dev "" >/dev/null &&
	wait_for 20 shows "got pasted: abc" dev
'

test_expect_success 'nothing of the text is in an argv, no buffer is left' '
	mkdir count &&
	cat >count/tmux <<-EOF &&
	#!/bin/sh
	printf "%s\n" "\$*" >>$TRASH/argv
	exec $(command -v tmux) "\$@"
	EOF
	chmod +x count/tmux &&
	PATH=$TRASH/count:$PATH teamctl send "p:dev*" s3cret-text >out &&
	test_grep "^sent · p:dev$" out &&
	test_grep "^sent · p:dev2$" out &&
	test_grep ! s3cret argv &&
	test 2 = "$(wc -l <argv)" &&
	tmux list-buffers >buffers &&
	test_must_be_empty buffers &&
	ls "$TMPDIR" >left &&
	test_must_be_empty left &&
	wait_for 20 shows "got pasted: s3cret-text" dev &&
	wait_for 20 shows "got pasted: s3cret-text" dev2
'

test_expect_success 'W5: an agent in copy mode gets the text all the same' '
	tmux copy-mode -t "=a-p-dev:" &&
	teamctl send dev "in copy mode" >/dev/null &&
	wait_for 20 shows "got pasted: in copy mode" dev
'

test_expect_success 'W5: a pane that the user opened does not get it' '
	tmux split-window -t "=a-p-line:" "cat >other.txt" &&
	teamctl send line "not for cat" >/dev/null &&
	wait_for 20 shows "got: not for cat" line &&
	test_must_fail grep "not for cat" other.txt
'

test_expect_success 'a long text' '
	>line.bytes &&
	perl -e "print join(\"\n\", map { \"line \$_ \" . \"x\" x 60 } 1..300)" \
		>text &&
	teamctl send line - <text >/dev/null &&
	{ cat text && printf "\n"; } | tr "\r" "\n" >expect &&
	wait_for 20 cmp expect line.bytes
'

test_expect_success 'control characters are refused' '
	printf "a\033[201~b" | test_expect_code 1 teamctl send dev - 2>err &&
	test_grep "control character, byte 2: 0x1b" err &&
	printf "a\r\nb\n" >text &&
	>dev.bytes &&
	teamctl send dev - <text >/dev/null &&
	printf "\033[200~a\nb\033[201~\r" >expect &&
	wait_for 20 cmp expect dev.bytes
'

test_expect_success '--dry-run sends nothing' '
	>dev.bytes &&
	echo "sent · p:dev (dry run)" >expect &&
	teamctl send --dry-run dev x >actual &&
	test_cmp expect actual &&
	teamctl send dev marker >/dev/null &&
	printf "\033[200~marker\033[201~\r" >expect &&
	wait_for 20 cmp expect dev.bytes
'

test_expect_success 'W3: with dev down, send dev does not reach dev2' '
	teamctl down dev >/dev/null &&
	>dev2.bytes &&
	test_expect_code 1 teamctl send dev wrong >out 2>err &&
	test_must_be_empty out &&
	test_grep "agent p:dev is not running" err &&
	teamctl send dev2 right >/dev/null &&
	printf "\033[200~right\033[201~\r" >expect &&
	wait_for 20 cmp expect dev2.bytes
'

test_expect_success 'some of several do not run: exit 1, the others get it' '
	test_expect_code 1 teamctl send p hello >out 2>err &&
	test_grep "agent p:dev is not running" err &&
	printf "%s\n" "sent · p:dev2" "sent · p:line" >expect &&
	test_cmp expect out
'

test_expect_success 'usage' '
	test_expect_code 2 teamctl send dev 2>err &&
	test_expect_code 2 teamctl send dev --oops 2>err &&
	teamctl send --dry-run -- dev2 --oops >out
'

test_done
