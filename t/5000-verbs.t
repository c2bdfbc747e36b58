#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The verbs on agents, with a supervisor and without one: what each does, that
# repeats say so, that nothing else overrides them.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

# all_in STATE FILE: every process of that list, one pid a line.
all_in() {
	while read -r all_pid; do
		all_got=$(sed 's/.*) //' "/proc/$all_pid/stat") || return 1
		case $all_got in
		"$1"*) ;;
		*) echo "$all_pid is in ${all_got%% *}, not $1"; return 1 ;;
		esac
	done <"$2"
}

# none_in STATE FILE
none_in() {
	while read -r all_pid; do
		all_got=$(sed 's/.*) //' "/proc/$all_pid/stat") || return 1
		case $all_got in
		"$1"*) echo "$all_pid is in $1"; return 1 ;;
		esac
	done <"$2"
}

gone() {
	while read -r gone_pid; do
		test ! -d "/proc/$gone_pid" ||
			grep -q "^State:.Z" "/proc/$gone_pid/status" || return 1
	done <"$1"
}

# What the journal has of agents and commands; a supervisor may have come back.
told() {
	grep -e "\"event\":\"agent" -e "\"event\":\"command" state/journal.jsonl
}

older() { # SECONDS PID: it runs for longer than that
	test "$(ps -o etimes= -p "$2")" -gt "$1"
}

tree='--children kids --child plain --child group --child setsid --child daemon --child env-i'

# The supervisor, where there is one, has come back and said so.
at_rest() {
	test "$mode" = alone || wait_for 20 snapshot state running
}

verbs() { # MODE: "alone" or "supervised"
	mode=$1
	test_expect_success "$mode: pause freezes every process of the agent" '
		# shellcheck disable=SC2086
		team "$(fake a $tree)" "$(fake b)" &&
		teamctl up >out && wait_for 20 test -s kids &&
		wait_for 20 lines 5 kids &&
		field p:a pid >>kids && echo >>kids &&
		pid=$(field p:a pid) && none_in T kids &&
		teamctl pause a >actual && echo "paused · p:a [frozen]" >expect &&
		test_cmp expect actual && all_in T kids &&
		is p:a state frozen && is p:a operation paused &&
		is p:a pid "$pid" && is p:b state running
	'
	test_expect_success "$mode: paused again: says so" '
		teamctl pause a >actual &&
		echo "unchanged · p:a (it is frozen)" >expect &&
		test_cmp expect actual && all_in T kids
	'
	test_expect_success "$mode: no start touches it" '
		teamctl up >actual &&
		test_grep "up · p:a (left as it is: frozen)" actual &&
		test_expect_code 6 teamctl up a 2>err &&
		test_grep "cannot up .p:a.: it is frozen" err &&
		test_grep "hint: .teamctl resume p:a. comes first" err &&
		for verb in up restart "restart --dry-run" "up --dry-run"; do
			# shellcheck disable=SC2086
			test_expect_code 6 teamctl $verb a 2>err || return 1
		done &&
		test_expect_code 6 teamctl reload a 2>err &&
		teamctl reload >actual && all_in T kids
	'
	test_expect_success "$mode: what differs meanwhile is told, by plan too" '
		cp team-compose.yaml saved.yaml &&
		sed -i "s/ a: { / a: { model: other, /" team-compose.yaml &&
		line="reload · p:a (left as it is: frozen, outdated: env)" &&
		echo "$line" >expect && teamctl plan >actual &&
		test_cmp expect actual && teamctl reload --dry-run >actual &&
		test_cmp expect actual && teamctl reload >actual 2>err &&
		test_cmp expect actual &&
		test_expect_code 6 teamctl plan a 2>err &&
		test_expect_code 6 teamctl reload --dry-run a 2>err &&
		mv saved.yaml team-compose.yaml && all_in T kids
	'
	test_expect_success "$mode: resume continues the same processes" '
		teamctl resume a --json >actual &&
		json_is actual results/0/operation_before paused &&
		json_is actual results/0/operation_after active &&
		json_is actual results/0/decision accepted &&
		none_in T kids && is p:a state running && is p:a pid "$pid" &&
		teamctl resume a >actual &&
		echo "unchanged · p:a (it is running)" >expect &&
		test_cmp expect actual
	'
	test_expect_success "$mode: down of a frozen agent leaves nothing" '
		teamctl pause a >out && teamctl down a >actual &&
		test_grep "down · p:a \[" actual && wait_for 20 gone kids &&
		is p:a state stopped && rm kids &&
		teamctl up a >out && wait_for 20 lines 5 kids
	'
	test_expect_success "$mode: pause --stop drains, resume starts" '
		pid=$(field p:a pid) && teamctl pause --stop a >actual &&
		test_grep "paused · p:a \[drained in" actual &&
		wait_for 20 gone kids &&
		is p:a state paused && is p:a pid null &&
		test_expect_code 6 teamctl restart p:a 2>err &&
		rm kids && teamctl resume a >actual &&
		test_grep "resumed · p:a" actual &&
		is p:a operation active && new_pid p:a "$pid"
	'
	test_expect_success "$mode: a frozen one may be stopped instead" '
		teamctl pause a >out && teamctl pause --stop a >actual &&
		test_grep "paused · p:a \[" actual && is p:a state paused &&
		teamctl resume a >out && is p:a state running
	'
	test_expect_success "$mode: quarantine and release" '
		pid=$(field p:b pid) && teamctl quarantine b >actual &&
		test_grep "quarantined · p:b \[drained in" actual &&
		is p:b state quarantined && is p:b pid null &&
		teamctl quarantine b >actual && test_grep "unchanged" actual &&
		test_expect_code 6 teamctl pause b 2>err &&
		test_grep "teamctl release p:b" err &&
		test_grep "cannot pause .p:b.: it is quarantined" err &&
		teamctl down b >out && teamctl up >actual &&
		test_grep "up · p:b (left as it is: quarantined)" actual &&
		is p:b state quarantined &&
		teamctl release b >actual && test_grep "released · p:b" actual &&
		new_pid p:b "$pid"
	'
	test_expect_success "$mode: remove leaves nothing, until it is named" '
		pid=$(field p:b pid) && echo "$pid" >pids &&
		teamctl remove b >actual && test_grep "removed · p:b" actual &&
		wait_for 20 gone pids && test ! -e state/envs/p-b.env &&
		test ! -e state/exits/p-b.json && is p:b state removed &&
		test_must_fail tmux has-session -t =a-p-b &&
		teamctl remove b >actual && test_grep "unchanged" actual &&
		test_expect_code 6 teamctl restart b 2>err &&
		teamctl up >actual && teamctl reload >>actual &&
		test_grep "up · p:b (left as it is: removed)" actual &&
		is p:b state removed &&
		teamctl up b >actual && test_grep "up · p:b" actual &&
		is p:b state running && new_pid p:b "$pid"
	'
	test_expect_success "$mode: one that is not in the file goes for good" '
		team "$(fake a)" && teamctl remove b >actual &&
		test_grep "removed · p:b" actual &&
		test_must_fail field p:b state &&
		test_expect_code 4 teamctl remove b 2>err
	'
	test_expect_success "$mode: unknown names leave no trace" '
		at_rest && cp state/applied.json before &&
		told >journal &&
		for verb in pause resume quarantine release remove; do
			test_expect_code 4 teamctl $verb nobody 2>err ||
				return 1
			test_grep "no such agent: nobody" err || return 1
		done &&
		test_cmp before state/applied.json &&
		told >actual && test_cmp journal actual
	'
	test_expect_success "$mode: nor does a verb on one never started" '
		team "$(fake a)" "$(fake n)" && told >journal &&
		for verb in pause "pause --stop" resume quarantine release remove; do
			# shellcheck disable=SC2086
			test_expect_code 4 teamctl $verb n 2>err || return 1
			test_grep "has never been started" err || return 1
		done &&
		test_expect_code 4 teamctl pause n --json >actual &&
		json_is actual results/0/decision rejected &&
		told >actual && test_cmp journal actual &&
		teamctl release p >actual && test_grep "unchanged · p:n" actual &&
		teamctl down n --json >actual &&
		json_is actual results/0/decision unchanged &&
		json_is actual results/0/situation absent &&
		is p:n state stopped && teamctl restart n --json >actual &&
		json_is actual results/0/decision started_immediately &&
		is p:n state running && team "$(fake a)" && teamctl remove n
	'
	test_expect_success "$mode: --dry-run does nothing" '
		told >journal && pid=$(field p:a pid) &&
		for verb in pause "pause --stop" quarantine remove; do
			# shellcheck disable=SC2086
			teamctl $verb --dry-run a >actual || return 1
			test_grep "p:a.*(dry run)" actual || return 1
		done &&
		is p:a pid "$pid" && is p:a state running &&
		told >actual && test_cmp journal actual
	'
	test_expect_success "$mode: who, why and which command" '
		teamctl pause a --by "Ann" --reason "a \"b\": c" \
			--command-id n-1-$mode --json >actual &&
		json_is actual command_id n-1-$mode &&
		json_is actual requested_by "$(id -un)" &&
		json_is actual claimed_by Ann &&
		json_is actual reason "a \"b\": c" &&
		grep n-1-$mode state/journal.jsonl >found &&
		test_grep command.accepted found &&
		test_grep "\"claimed_by\":\"Ann\"" found &&
		test_grep agent.frozen found &&
		test_grep command.completed found &&
		test "$(grep -c command.accepted found)" = 1 &&
		test_expect_code 2 teamctl pause a --reason "  " 2>err &&
		test_grep "option .--reason.: it says nothing" err &&
		test_expect_code 2 teamctl pause a --by "" 2>err &&
		test_expect_code 2 teamctl pause a --command-id "a b" 2>err &&
		teamctl resume a >out
	'
	test_expect_success "$mode: several at once, some of them as they are" '
		team "$(fake a)" "$(fake b)" "$(fake c)" && teamctl up >out &&
		teamctl quarantine c >out && teamctl pause b >out &&
		teamctl pause p >actual &&
		test_grep "paused · p:a \[frozen\]" actual &&
		test_grep "unchanged · p:b" actual &&
		test_grep "unchanged · p:c (it is quarantined)" actual &&
		teamctl resume >actual && test_grep "resumed · p:a" actual &&
		test_grep "resumed · p:b" actual && is p:c state quarantined &&
		teamctl release c >out && teamctl down >out
	'
}

verbs alone
test_expect_success 'with a supervisor' '
	rm -rf state kids && team "$(fake a)" && supervisor
'
verbs supervised

test_expect_success 'a supervisor that starts keeps to what was asked for' '
	team "$(fake a --exit 3 --after 20000)" "$(fake b)" "$(fake c)" &&
	teamctl up >out && supervisor &&
	pid=$(field p:a pid) && teamctl pause a >out &&
	teamctl pause --stop b >out && teamctl quarantine c >out &&
	no_supervisor && supervisor && is p:a state frozen &&
	is p:b state paused && is p:c state quarantined &&
	snapshot agents/p:c/state quarantined &&
	snapshot agents/p:a/state frozen &&
	teamctl resume >out && is p:a pid "$pid" && is p:b state running &&
	is p:c state quarantined
'

test_expect_success 'a frozen agent fails no check, and its time stands still' '
	no_supervisor && teamctl down >out && : >sup.log &&
	team "h: { command: [\"$FAKE_AGENT\"], health_check: { file: well, check_interval_secs: 0.1, max_retries: 1 } }" \
	    "w: { command: [\"$FAKE_AGENT\"], resource_limits: { max_wall_secs: 5, on_exceed: stop } }" &&
	touch well && teamctl up >out && supervisor &&
	wait_for 20 snapshot agents/p:h/health ok && pid=$(field p:h pid) &&
	teamctl pause >out && rm well && is p:h state frozen &&
	wait_for 20 older 7 "$(field p:w pid)" &&
	is p:h pid "$pid" && is p:h state frozen && is p:w state frozen &&
	test_grep ! "health check failed" sup.log &&
	test_grep ! "over a resource limit" sup.log &&
	touch well && teamctl resume >out && is p:h pid "$pid" &&
	wait_for 20 snapshot agents/p:h/health ok &&
	rm well && wait_for 20 grep "health check failed" sup.log &&
	teamctl down >out
'

test_expect_success 'a stop with --now cuts a drain short, whoever wanted that' '
	team "$(fake a --ignore INT,TERM)" "$(fake b --ignore INT)" \
		"$(fake c --ignore INT)" &&
	sed -i "s/drain_timeout_secs: 5/drain_timeout_secs: 40/" \
		team-compose.yaml && teamctl up >out && supervisor &&
	for agent in a b c; do
		teamctl pause --stop $agent --no-wait >out || return 1
	done && is p:a state draining &&
	teamctl quarantine c --now >actual &&
	test_grep "quarantined · p:c \[killed\]" actual &&
	is p:b state draining && teamctl down --now >actual &&
	test_grep "5 agents: 5 already stopped" actual &&
	test "$(teamctl events --kind stop.hurried --agent p:b | wc -l)" = 1 &&
	wait "$sup"
'

test_expect_success 'a refusal is a document, too, and leaves no folder' '
	mkdir fresh && cd fresh && team "$(fake a)" &&
	for verb in up down reload restart pause resume quarantine release reset \
		remove "scale x=2" "pause --stop"; do
		# shellcheck disable=SC2086
		test_expect_code 4 teamctl $verb nobody --json >actual ||
			return 1
		json_is actual ok false && json_is actual decision rejected &&
		json_is actual exit_code 4 &&
		json_is actual results/0/decision rejected &&
		test_grep "no such agent" actual || return 1
	done &&
	test_expect_code 4 teamctl pause a --json >actual &&
	test_expect_code 2 teamctl pause a --reason " " --json >actual &&
	json_is actual decision rejected && test_grep "it says nothing" actual &&
	test_expect_code 2 teamctl pause a --json --nonsense >actual &&
	json_is actual exit_code 2 && test ! -e state
'

test_expect_success 'a state that was deleted: what runs is not absent' '
	teamctl up >out && rm -rf state && teamctl up --json >actual &&
	json_is actual results/0/situation running &&
	json_is actual results/0/operation_after active &&
	json_is actual results/0/idempotent true && teamctl down >out
'

test_done
