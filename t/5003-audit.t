#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up, down, reload, restart and scale say who wanted them and why, once when
# they are taken and once when they are over, and answer with JSON.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

# record ID: the journal's lines about the command are complete.
record() {
	grep "\"correlation_id\":\"$1\"" state/journal.jsonl >record &&
	test "$(grep -c command.accepted record)" = 1 &&
	test "$(grep -c command.completed record)" = 1 &&
	head -1 record | grep -q command.accepted &&
	test_grep "\"reason\":\"why $1\"" record &&
	test_grep "\"claimed_by\":\"Ann\"" record &&
	test_grep "\"actor\":\"$(id -un)\"" record
}

audited() { # ID COMMAND...: with all that is recorded, as JSON
	audited_id=$1
	shift
	teamctl "$@" --by Ann --reason "why $audited_id" \
		--command-id "$audited_id" --json >actual &&
	json_is actual schema 1 && json_is actual ok true &&
	json_is actual verb "$1" && json_is actual command_id "$audited_id" &&
	json_is actual requested_by "$(id -un)" &&
	json_is actual claimed_by Ann
}

test_expect_success 'up' '
	team "$(fake a)" "$(fake b)" && audited u-1 up &&
	json_is actual results/0/decision started_immediately &&
	json_is actual results/0/operation_after active && record u-1 &&
	test_grep agent.started record && teamctl audit verify &&
	teamctl up --json >actual &&
	json_is actual results/1/decision unchanged &&
	json_is actual results/1/idempotent true
'

test_expect_success 'one that has nothing to do is recorded when it has a reason' '
	cp state/journal.jsonl before && teamctl up >out &&
	test_grep "up · p:a (already running)" out &&
	cmp before state/journal.jsonl && teamctl up --reason "just so" >out &&
	grep "just so" state/journal.jsonl >record &&
	test_grep command.accepted record && test_grep command.completed record
'

test_expect_success 'the same id: the same answer, and nothing is done' '
	teamctl down a >out && audited u-1 up &&
	json_is actual results/0/decision started_immediately &&
	is p:a state stopped && teamctl up --command-id u-1 >actual &&
	test_grep "up · p:a (told before: done)" actual &&
	test_expect_code 6 teamctl down --command-id u-1 2>err && record u-1
'

test_expect_success 'restart, here and by the supervisor' '
	audited r-1 restart a && record r-1 &&
	json_is actual results/0/decision started_immediately &&
	audited r-2 restart a && record r-2 &&
	json_is actual results/0/decision queued_after_stop &&
	json_is actual results/0/stop/outcome drained &&
	supervisor && audited r-3 restart a && record r-3 &&
	json_is actual results/0/decision queued_after_stop
'

test_expect_success 'reload' '
	team "$(fake a)" "$(fake b --print x)" &&
	teamctl reload --dry-run --json >actual &&
	json_is actual results/0/decision unchanged &&
	json_is actual results/1/decision queued_after_stop &&
	json_is actual dry_run true && audited l-1 reload && record l-1 &&
	json_is actual results/0/decision unchanged &&
	json_is actual results/1/decision queued_after_stop
'

test_expect_success 'scale' '
	audited s-1 scale a=2 && record s-1 &&
	teamctl scale a=2 --json >actual && json_is actual verb scale
'

test_expect_success 'down, and a pause refused' '
	audited d-1 down && record d-1 &&
	json_is actual results/0/decision accepted &&
	json_is actual results/0/operation_after stopped &&
	json_is actual results/0/stop/outcome drained
'

test_expect_success 'a failure is one in the answer, too' '
	team "f: { command: [\"$FAKE_AGENT\", --exit, \"3\"] }" &&
	test_expect_code 1 teamctl up --json >actual 2>err &&
	json_is actual ok false && json_is actual results/0/state failed
'

test_expect_success 'reasons that must be given' '
	{ echo "control: { require_reason: [up, down, reload, restart, scale, pause] }" &&
	cat team-compose.yaml; } >new && mv new team-compose.yaml &&
	cp state/journal.jsonl before &&
	for verb in up down reload restart "scale f=2" pause; do
		# shellcheck disable=SC2086
		test_expect_code 2 teamctl $verb 2>err || return 1
		test_grep "needs a reason in this team" err || return 1
	done &&
	test_expect_code 2 teamctl up --reason " " 2>err &&
	test_expect_code 1 teamctl up --reason x 2>err
'

test_expect_success 'a dry run needs none, nor does what --replace takes over' '
	rm -rf state && TEAM_TOP="control: { require_reason: [restart, reset, shutdown] }" &&
	team "$(fake a)" && TEAM_TOP= && teamctl up >out &&
	teamctl restart --dry-run >out && supervisor &&
	for verb in restart reset shutdown; do
		teamctl $verb --dry-run >out || return 1
	done &&
	test_expect_code 2 teamctl restart 2>err &&
	test_expect_code 2 teamctl shutdown 2>err && old=$sup &&
	supervisor --replace && wait "$old" && test "$sup" != "$old" &&
	teamctl events --kind supervisor.shutdown_requested >record &&
	test_grep "another supervisor takes its place" record &&
	teamctl down >out &&
	test_expect_code 7 teamctl shutdown --reason "none is left" &&
	wait "$sup" &&
	teamctl events --kind supervisor.shutdown_requested >record &&
	test_grep "the team was taken down" record
'

test_expect_success 'a shutdown while a command has the team, too' '
	rm -rf state && TEAM_DRAIN=60 team "$(fake a --ignore INT)" &&
	teamctl up >out && supervisor && old=$sup &&
	{ teamctl down >down 2>&1 & } && down=$! &&
	wait_for 20 sh -c "teamctl status | grep -q draining" &&
	{ echo "control: { require_reason: [shutdown] }" &&
	cat team-compose.yaml; } >new && mv new team-compose.yaml &&
	test_expect_code 2 teamctl shutdown 2>err &&
	test_grep "shutdown needs a reason in this team" err &&
	teamctl shutdown --reason "in between" >out && wait "$old" &&
	kill -KILL "$down" && { wait "$down" || :; } &&
	teamctl events --json --kind supervisor.shutdown_requested >record &&
	test_grep "in between" record &&
	teamctl events --json --kind command.completed >record &&
	test_grep "\"verb\":\"shutdown\"" record && teamctl audit verify &&
	teamctl down --now >out
'

test_expect_success 'send and exec, too' '
	rm -rf state && team "$(fake a)" && teamctl up >out &&
	teamctl send --by Ann --reason "why send" a hello >out &&
	grep agent.sent state/journal.jsonl >record &&
	test_grep "\"reason\":\"why send\"" record &&
	test_grep "\"claimed_by\":\"Ann\"" record &&
	teamctl exec --reason "why exec" a true &&
	grep agent.executed state/journal.jsonl >record &&
	test_grep "\"reason\":\"why exec\"" record &&
	test_grep "\"program\":\"true\"" record &&
	{ echo "control: { require_reason: [send, exec] }" &&
	cat team-compose.yaml; } >new && mv new team-compose.yaml &&
	test_expect_code 2 teamctl send a hello 2>err &&
	test_expect_code 2 teamctl exec a true 2>err &&
	test_grep "exec needs a reason" err && teamctl down >out
'

test_expect_success 'save' '
	team "$(fake a)" && printf "name: late\ncommand: [\"%s\"]\n" "$FAKE_AGENT" >late.yaml &&
	teamctl add -f late.yaml >out && audited s-9 save late &&
	json_is actual results/0/agent p:late &&
	json_is actual saved/0/agent p:late && record s-9 &&
	test_grep agent.saved record
'

# The commands whose help tells of an option.  What exec needs, a shell needs.
commands_with() {
	teamctl help | sed -n 's/^  \([a-z-]*\) .*/\1/p' | sort -u |
		while read -r word; do
			teamctl help "$word" | grep -q -e "$1" && echo "$word"
		done
	:
}

test_expect_success 'every verb that takes a reason can be made to need it' '
	commands_with --reason | grep -v -x shell >takes && test -s takes &&
	teamctl schema --keys | sed -n "s/^.*require_reason\[\][^a-z]*one of \([a-z, ]*\).*/\1/p" |
		sed "s/, /\n/g" | sort >names && test_cmp takes names &&
	commands_with --command-id >ids &&
	grep -v -x -e answer -e exec -e send takes >expect &&
	test_cmp expect ids
'

test_expect_success 'save and answer, too' '
	rm -rf state && TEAM_TOP="control: { require_reason: [save, answer] }" &&
	team "$(fake a)" && TEAM_TOP= && teamctl up >out &&
	test_expect_code 2 teamctl save 2>err && test_grep "needs a reason" err &&
	test_expect_code 2 teamctl answer a 1 2>err &&
	test_grep "needs a reason" err && teamctl save --reason tidy >out &&
	test_expect_code 2 teamctl answer a 1 --reason " " && teamctl down >out
'

# repeats CODE VERB...: with an id; said again after $between it changes
# nothing, and answers and ends as it did.
repeats() {
	repeats_code=$1 repeats_nr=$((repeats_nr + 1))
	shift
	test_expect_code "$repeats_code" \
		teamctl "$@" --command-id "again-$repeats_nr" --json >expect &&
	eval "$between" >out && states >states.before &&
	test_expect_code "$repeats_code" \
		teamctl "$@" --command-id "again-$repeats_nr" --json >actual &&
	test_cmp expect actual && states >states &&
	test_cmp states.before states &&
	test_expect_code "$repeats_code" \
		teamctl "$@" --command-id "again-$repeats_nr" >out &&
	states >states && test_cmp states.before states &&
	test "$(grep "\"correlation_id\":\"again-$repeats_nr\"" state/journal.jsonl |
		grep -c command.accepted)" -le 1
}

states() {
	teamctl status --json >status.json &&
	perl -MJSON::PP -e "local \$/; print join(q{ }, map { \$_ // 0 }
		@\$_{qw(id state pid)}), qq{\n}
		for sort { \$a->{id} cmp \$b->{id} }
		@{decode_json(<STDIN>)->{agents}}" <status.json
}

repeated() { # MODE
	test_expect_success "$1: who repeats scale, save, add or reload" '
		team "$(fake a)" "$(fake b)" && teamctl up >out &&
		between="teamctl scale b=1" repeats 0 scale b=3 &&
		between="teamctl scale b=2" repeats 0 scale b=1 &&
		between="teamctl scale b=2" repeats 0 scale b=default &&
		teamctl scale b=default >out &&
		printf "name: d\ncommand: [\"%s\"]\n" "$FAKE_AGENT" >d.yaml &&
		between= repeats 0 add -f d.yaml &&
		between="teamctl remove d" repeats 0 save &&
		between="teamctl add -f e.yaml" &&
		sed "s/: d/: e/" d.yaml >e.yaml && repeats 0 save &&
		team "$(fake a)" && between="teamctl down a" repeats 0 reload &&
		teamctl quarantine a >out && between= repeats 6 up a &&
		between= repeats 6 reload a && teamctl release a >out &&
		teamctl remove e >out
	'
	test_expect_success "$1: and who repeats what did not go well" '
		team "$(fake a --ignore INT,TERM | sed "s/ }$/, drain: { timeout: 100ms, kill_after: 100ms } }/")" \
			"f: { command: [sh, -c, \"exit 3\"], restart: never }" &&
		{ teamctl reload >out 2>&1 || :; } && between= repeats 1 up f &&
		between= repeats 5 restart --fail-on-kill a &&
		between="teamctl up a" repeats 5 down --fail-on-kill a
	'
}

repeated alone
test_expect_success 'a supervisor for the same' 'supervisor'
repeated supervised
test_expect_success 'it goes' 'no_supervisor && teamctl down >out && rm -r state'

test_expect_success 'a shutdown that is repeated ends no other supervisor' '
	team "$(fake a)" && teamctl up >out && supervisor && old=$sup &&
	teamctl shutdown --command-id once --json >expect && wait $old &&
	json_is expect command_id once &&
	teamctl shutdown --command-id once --json >actual &&
	test_cmp expect actual && supervisor &&
	teamctl shutdown --command-id once --json >actual &&
	test_cmp expect actual && lives "$sup" &&
	test_expect_code 6 teamctl down --command-id once 2>err &&
	test_grep "used for another command" err &&
	test_expect_code 6 teamctl restart --command-id once &&
	no_supervisor && teamctl down >out
'

test_done
