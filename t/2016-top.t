#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# teamctl top on a real terminal: what it shows at 80x24 and 200x50, and what
# its keys do.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# The terminal is on a tmux server of its own: the team may have none.
outer() {
	tmux -L "top-$$" "$@"
}

screen() {
	outer capture-pane -p -t =top: >screen
}

shows() { # REGEX
	screen && grep -q -e "$1" screen
}

keys() {
	outer send-keys -t =top: "$@"
}

open_top() { # COLUMNS ROWS
	outer -f /dev/null new-session -d -s top -x "$1" -y "$2" \
	    "env -u TMUX teamctl top 2>top.err; echo \"top has ended: \$?\"; exec cat"
}

test_expect_success 'it needs a terminal' '
	team "a: { command: [sleep, \"9\"] }" &&
	test_expect_code 1 teamctl top </dev/null 2>err &&
	test_grep "needs a terminal" err
'

test_expect_success 'at 80x24: the list, a preview, the keys' '
	team "api: { command: \"echo hello from api; exec cat\" }" \
	    "db: { command: \"echo database; exec sleep 900\" }" \
	    "off: { command: [sleep, \"900\"] }" &&
	teamctl up p:api p:db && open_top 80 24 &&
	wait_for 20 shows "^  api *running .*hello from api" &&
	wait_for 20 shows "^── p:api ─" &&
	test_grep "3 agents: 2 running, 1 stopped" screen &&
	test_grep "no supervisor" screen &&
	test_grep "^  db *running .*database" screen &&
	test_grep "^  off *stopped" screen &&
	test_grep "^hello from api" screen &&
	test_grep "^q quit  ? help  Enter attach" screen &&
	wc -l <screen >rows && echo 24 >expect && test_cmp expect rows
'

test_expect_success 'keys and the mouse move the selection' '
	keys j && wait_for 20 shows "^── p:db ─" &&
	keys G && wait_for 20 shows "^── p:off ─" &&
	test_grep "it has no screen" screen &&
	keys Home && wait_for 20 shows "^── p:api ─" &&
	outer send-keys -t =top: -l "$(printf "\033[M \044\045")" &&
	wait_for 20 shows "^── p:db ─" && keys k &&
	wait_for 20 shows "^── p:api ─"
'

test_expect_success 's sends a line; Escape and Backspace mend it' '
	keys s && wait_for 20 shows "^send p:api:" &&
	keys Escape && wait_for 20 shows "^q quit" &&
	keys s && wait_for 20 shows "^send p:api:" &&
	keys -l "good mornink" && keys BSpace &&
	wait_for 20 shows "^send p:api: good mornin *\$" &&
	keys -l g && keys Enter && wait_for 20 shows "^sent · p:api" &&
	wait_for 20 shows "^good morning"
'

test_expect_success 'p pauses and lets go on, d drains when y is said' '
	keys p && wait_for 20 shows "^  api *frozen" &&
	keys p && wait_for 20 shows "^  api *running" &&
	keys d && wait_for 20 shows "^down p:api? y/n" && keys n &&
	wait_for 20 shows "^q quit" && is p:api state running &&
	keys d && wait_for 20 shows "^down p:api? y/n" && keys y &&
	wait_for 30 shows "^  api *stopped" &&
	keys r && wait_for 20 shows "^restart p:api? y/n" && keys y &&
	wait_for 30 shows "^  api *running"
'

test_expect_success 'what fails is said in the last line, the screen stays' '
	keys G && wait_for 20 shows "^── p:off ─" &&
	keys Enter && wait_for 20 shows "^it has no session"
'

test_expect_success 'it follows the size of its terminal' '
	outer resize-window -t =top: -x 200 -y 50 &&
	wait_for 20 shows "^── p:off \(─\)\{191\}" && wc -l <screen >rows &&
	echo 50 >expect && test_cmp expect rows &&
	outer resize-window -t =top: -x 40 -y 8 &&
	wait_for 20 shows "^trash  3 agent…" &&
	outer resize-window -t =top: -x 80 -y 24 &&
	wait_for 20 shows "^── p:off \(─\)\{71\}"
'

test_expect_success 'a attaches, and the way back is the one out of tmux' '
	keys g && wait_for 20 shows "^── p:api ─" && keys a &&
	wait_for 20 shows "^\[a-p-api" && keys C-b d &&
	wait_for 20 shows "^── p:api ─"
'

test_expect_success 'the only line of one that has failed' '
	team "a: { command: \"echo no key for the API; exit 3\", restart: never }" &&
	test_expect_code 1 teamctl up a &&
	wait_for 20 shows "^  a *failed .*no key for the API"
'

test_expect_success 'q leaves the terminal as it was, and the agents alone' '
	keys "?" && wait_for 20 shows "drain it: stop it" && keys Escape &&
	wait_for 20 shows "^── p:api ─" &&
	keys "?" && wait_for 20 shows "drain it: stop it" &&
	keys q && wait_for 20 shows "^── p:api ─" &&
	keys "?" && wait_for 20 shows "drain it: stop it" &&
	keys d && wait_for 20 shows "^── p:api ─" &&
	test_grep ! "p:api? y/n" screen &&
	keys d && wait_for 20 shows "^down p:api? y/n" && keys n &&
	keys q &&
	wait_for 20 shows "^top has ended: 0" && is p:api state running &&
	outer kill-server && teamctl down
'

test_expect_success 'it ends with its terminal' '
	outer -f /dev/null new-session -d -s top -x 80 -y 24 \
	    "trap \"\" HUP; env -u TMUX teamctl top; echo \$? >top.ended" &&
	wait_for 20 shows "^── p:a ─" && outer kill-server &&
	wait_for 20 test -s top.ended && test "$(cat top.ended)" = 0
'

test_expect_success 'a terminal that has no cursor to move' '
	outer -f /dev/null new-session -d -s top -x 80 -y 24 \
	    "TERM=dumb teamctl top; echo \"top has ended: \$?\"; exec cat" &&
	wait_for 20 shows "^top has ended: 8" &&
	test_grep "not able to use this terminal" screen &&
	outer kill-server
'

test_done
