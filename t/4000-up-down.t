#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up, status and down of a team that behaves.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

test_expect_success 'up starts every agent and says so' '
	team "$(fake b --ready b.ready)" "$(fake a --ready a.ready)" &&
	cat >expect <<-\EOF &&
	up · p:a
	up · p:b
	EOF
	teamctl up >out &&
	sort out >actual &&
	test_cmp expect actual &&
	wait_for 20 test -s a.ready &&
	wait_for 20 test -s b.ready &&
	sessions 2 &&
	is p:a state running &&
	is p:b session a-p-b
'

test_expect_success 'the pid of status is the agent, not its shim' '
	pid=$(field p:a pid) &&
	tr "\0" " " <"/proc/$pid/cmdline" >cmdline &&
	test_grep "^$FAKE_AGENT" cmdline
'

test_expect_success 'W35: up on a running team changes nothing and says so' '
	pid=$(field p:a pid) &&
	cat >expect <<-\EOF &&
	up · p:a (already running)
	up · p:b (already running)
	EOF
	teamctl up >actual &&
	test_cmp expect actual &&
	is p:a pid "$pid"
'

test_expect_success 'W13: up names agents with an outdated configuration' '
	team "$(fake b --ready b.ready)" "$(fake a --ready a.ready --print x)" &&
	cat >expect <<-\EOF &&
	up · p:a (already running, outdated: command)
	up · p:b (already running)
	EOF
	teamctl up >actual &&
	test_cmp expect actual &&
	teamctl reload --dry-run >actual &&
	echo "changed · p:a (command) (dry run)" >expect &&
	test_cmp expect actual
'

test_expect_success 'targets: an agent, a project, a glob' '
	teamctl down a >actual &&
	test_grep "^down · p:a \[drained in [0-9.]*s\]$" actual &&
	test_grep ! "p:b" actual &&
	is p:a state stopped &&
	is p:b state running &&
	teamctl up "p:[a]" &&
	is p:a state running &&
	test_expect_code 4 teamctl down p:c
'

test_expect_success 'down drains every agent and leaves nothing' '
	teamctl down >actual &&
	test_grep "^down · p:a \[drained in" actual &&
	test_grep "^down · p:b \[drained in" actual &&
	test_grep "^down: 2 agents: 2 drained$" actual &&
	sessions 0 &&
	no_process "$TRASH.*--ready" &&
	no_process "shim p:.*$TRASH"
'

test_expect_success 'W35: down of a stopped team says that it was stopped' '
	teamctl down >actual &&
	test_grep "^down · p:a \[already stopped\]$" actual &&
	is p:a state stopped
'

test_expect_success 'down --now kills without asking' '
	team "$(fake a --ignore INT --trap INT --ready a.ready)" &&
	teamctl up &&
	wait_for 20 test -s a.ready &&
	teamctl down --now >actual &&
	test_grep "^down · p:a \[killed\]$" actual &&
	sessions 0
'

test_expect_success 'W2: two presses for those that need two' '
	team "a: { command: [\"$FAKE_AGENT\", --presses, \"2\", --ready, r],
	    drain: { repeat: 2, gap: 100ms } }" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	teamctl down >actual &&
	test_grep "\[drained in 0\.[0-9]s\]" actual
'

test_expect_success 'W36: down works with a broken compose file' '
	team "$(fake a)" "$(fake b)" &&
	teamctl up &&
	echo "version: [" >team-compose.yaml &&
	teamctl down >actual 2>err &&
	test_grep "2 drained" actual &&
	test_grep "going by what was applied" err &&
	sessions 0
'

# The last two that were started: not what they say, which takes its time.
started() {
	teamctl events --json --kind agent.launched -n 2 |
		sed -n 's/.*"agent":"p:\([a-z]*\)".*/\1/p'
}

test_expect_success 'depends_on: started in order, stopped in reverse' '
	team "a: { command: [sleep, \"99\"], depends_on: [b] }" \
	    "b: { command: [sleep, \"99\"] }" &&
	teamctl up &&
	printf "b\na\n" >expect.order && started >order &&
	test_cmp expect.order order &&
	teamctl down >actual &&
	sed -n "1s/ \[.*//p" actual >first &&
	echo "down · p:a" >expect &&
	test_cmp expect first
'

test_expect_success 'depends_on: up of one starts what it needs' '
	teamctl up a >actual && test_grep "^up · p:b$" actual &&
	started >order && test_cmp expect.order order &&
	teamctl down
'

test_expect_success 'depends_on: what needs a failed agent is not started' '
	printf "#!/no/such/interpreter\n" >nope && chmod +x nope &&
	team "a: { command: [sleep, \"99\"], depends_on: [b] }" \
	    "b: { command: [./nope] }" &&
	test_expect_code 1 teamctl up >actual &&
	test_grep "^up · p:a \[failed: it depends on .p:b., which did not start\]$" actual &&
	teamctl down
'

test_expect_success 'W9: who was killed is counted, and an error if wanted' '
	team "$(fake a)" "$(fake b --ignore all)" &&
	for verb in restart reload down; do
		teamctl up &&
		team "$(fake a --print "$verb")" \
		    "$(fake b --ignore all --print "$verb")" &&
		test_expect_code 5 teamctl "$verb" --timeout 200ms \
		    --fail-on-kill >out &&
		test_grep "p:b.*killed" out &&
		test_grep "^$verb: 2 agents: 1 drained, 1 killed" out || return 1
	done &&
	teamctl up && teamctl down --timeout 200ms
'

test_expect_success 'the live line of a drain fits a narrow terminal' '
	TEAM_DRAIN=2 team "$(fake a-name-that-is-far-too-long --ignore all)" \
	    "$(fake another-that-is-no-shorter --ignore all)" &&
	for term in screen dumb; do
		rm -f end && teamctl up &&
		tmux new-session -d -s narrow -x 40 -y 20 \
		    "TERM=$term teamctl down; echo >end; exec cat" &&
		wait_for 20 test -e end &&
		tmux capture-pane -p -t =narrow: >screen &&
		tmux kill-session -t =narrow &&
		test_grep "^down: .* 2 killed" screen &&
		test_grep ! draining screen || return 1
	done
'

test_expect_success 'W11: how an agent ended is kept' '
	team "$(fake a --exit 7 --after 1500)" &&
	{ teamctl up || :; } &&
	wait_for 20 is p:a state failed &&
	is p:a last_exit 7 &&
	teamctl logs p:a &&
	teamctl down &&
	is p:a state stopped
'

test_done
