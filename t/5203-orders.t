#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Requests of the socket that render agents anew: add, scale, save, reload.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

test_expect_success 'add: an agent comes with its manifest' '
	team "$(fake a)" "$(fake web)" && teamctl up >out && supervisor &&
	ask "{\"op\":\"add\",\"id\":7,\"project\":\"p\",\"reason\":\"more\",\"by\":\"ann\",\"command_id\":\"c-1\",\"manifest\":\"name: w\\ncommand: [$FAKE_AGENT]\\nenvironment: [{name: A, value: \\\"\${WORD}\\\"}]\\n\",\"environment\":[\"WORD=b c\"]}" >actual &&
	json_is actual ok true && json_is actual id 7 &&
	json_is actual verb add && json_is actual command_id c-1 &&
	json_is actual results/0/decision started_immediately &&
	json_is actual exit_code 0 && is p:w state running &&
	test_grep "^A=b c" state/envs/p-w.env &&
	teamctl events --kind command.accepted --agent p:w --json >actual &&
	test_grep "\"claimed_by\":\"ann\"" actual &&
	test_grep "\"reason\":\"more\"" actual
'

test_expect_success 'what cannot be added says why, and where' '
	ask "{\"op\":\"add\",\"manifest\":\"name: x\\nkind: none\\n\"}" \
		"{\"op\":\"add\",\"manifest\":\"name: x\",\"environment\":[\"a b\"]}" \
		"{\"op\":\"add\",\"project\":\"nowhere\",\"manifest\":\"name: x\"}" \
		"{\"op\":\"add\"}" >actual &&
	sed -n 1p actual >one && json_is one ok false &&
	json_is one code invalid && test_grep "stdin:2:7: error:" one &&
	sed -n 2p actual >one && json_is one code bad_request &&
	sed -n 3p actual >one && json_is one code unknown_agent &&
	sed -n 4p actual >one && json_is one code bad_request &&
	test_must_fail field p:x state
'

test_expect_success 'an agent that is named twice is one' '
	ask "{\"op\":\"restart\",\"ids\":[\"p:w\",\"p:w\"]}" >actual &&
	json_is actual ok true && test "$(grep -o p:w actual | wc -l)" = 1
'

test_expect_success 'scale, save and reload' '
	ask "{\"op\":\"scale\",\"agents\":[\"p:web=2\"],\"dry_run\":true}" >actual &&
	json_is actual ok true && test_must_fail field p:web-1 state &&
	ask "{\"op\":\"scale\",\"agents\":[\"p:web=2\"]}" >actual &&
	json_is actual ok true && is p:web-2 state running &&
	ask "{\"op\":\"scale\",\"agents\":[\"--help\"]}" >actual &&
	json_is actual code bad_request &&
	ask "{\"op\":\"save\",\"ids\":[\"p:w\"]}" >actual &&
	json_is actual ok true && test_grep "^    w:" team-compose.yaml &&
	test ! -e state/dynamic/p-w.yaml &&
	sed -i "/^    a:/d" team-compose.yaml &&
	ask "{\"op\":\"reload\"}" >actual && json_is actual ok true &&
	test_must_fail field p:a state && is p:w state running
'

test_expect_success 'who asks is told also when others wait; state answers' '
	asked= && for i in 1 2 3 4; do
		ask "{\"op\":\"add\",\"manifest\":\"name: m$i\\ncommand: [$FAKE_AGENT]\\n\"}" >m$i &
		asked="$asked $!"
	done &&
	ask "{\"op\":\"state\"}" >actual && json_is actual ok true &&
	wait $asked &&
	for i in 1 2 3 4; do
		json_is m$i ok true && is p:m$i state running ||
			{ cat m$i; return 1; }
	done
'

test_expect_success 'the supervisor that ends lets one be done, or kills it whole' '
	{ ask "{\"op\":\"add\",\"manifest\":\"name: last\\ncommand: [$FAKE_AGENT]\\n\"}" >m5 & } &&
	asked=$! && teamctl shutdown >out && { wait $asked || :; } && teamctl down --now >out 2>&1 &&
	teamctl audit verify
'

test_done
