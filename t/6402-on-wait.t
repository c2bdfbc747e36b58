#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Somebody is told of each question of an agent's, once, and nobody answers.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-tui.sh"

cat >hook <<'EOF' &&
#!/bin/sh
line=$(cat) && printf '%s\n' "$line" >>"$1"
EOF
chmod +x hook &&
TEAM_TOP="on: { waiting: [./hook, $TRASH/team] }" \
	team "$(tui a --ask a.ask)" "$(tui b --ask b.ask)" &&
sed -i 's/^supervisor: { /&observe_secs: 60, reconcile_secs: 3600, /' \
	team-compose.yaml || exit 1

# told FILE N
told() {
	test -e "$1" && lines "$2" "$1"
}

kind() { # KIND N: so many such events
	teamctl events --kind "$1" >events && lines "$2" events
}

test_expect_success 'a question is told once, to all who want to know' '
	teamctl up >/dev/null &&
	supervisor --on-wait "cat >>$TRASH/line; echo >>$TRASH/line" &&
	wait_for 20 teamctl send a ready -q &&
	echo "Do you want it?" >a.ask &&
	wait_for 20 told team 1 && wait_for 20 grep -q . line &&
	test_grep "\"hook\":\"waiting\"" team &&
	test_grep "\"agent\":\"p:a\"" team &&
	test_grep "\"reason\":\"Do you want it?\"" team &&
	test_grep "\"question_id\":\"[0-9a-f]\{8\}\"" team &&
	test_grep "Yes, always" line &&
	test ! -e a.answers
'

test_expect_success 'the next one as well' '
	teamctl answer a 2 &&
	wait_for 20 kind decision.gone 1 &&
	echo "Do you want it?" >a.ask &&
	wait_for 20 told team 2 &&
	echo "Do you mean it?" >b.ask &&
	wait_for 20 told team 3 &&
	test_grep "\"agent\":\"p:b\"" team
'

outer() {
	tmux -L "top-$$" "$@"
}

shows() { # REGEX
	outer capture-pane -p -t =top: >screen && grep -q -e "$1" screen
}

test_expect_success 'top: who waits is seen, w answers' '
	outer -f /dev/null new-session -d -s top -x 100 -y 24 \
	    "env -u TMUX teamctl top 2>top.err; exec cat" &&
	wait_for 20 shows "2 agents, 2 wait for you: 2 running" &&
	test_grep "^  a *running *waiting" screen &&
	outer send-keys -t =top: w && wait_for 20 shows "^answer p:a:" &&
	outer send-keys -t =top: 3 Enter &&
	wait_for 20 told a.answers 2 &&
	printf "2\n3\n" >expect && test_cmp expect a.answers &&
	wait_for 20 shows ", 1 waits for you:" &&
	outer kill-server
'

test_expect_success 'not again after the end of a supervisor' '
	no_supervisor && supervisor &&
	teamctl answer b 1 && wait_for 20 kind decision.gone 2 &&
	echo "Do you mean it, then?" >b.ask &&
	wait_for 20 told team 4 &&
	test_cmp expect a.answers &&
	no_supervisor
'

test_done
