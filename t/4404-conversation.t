#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# An agent goes on with its conversation; where that fails it begins a new one,
# once, and says so.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# A claude that keeps conversations, and refuses to resume them when told so.
cat >"$TEST_DIR/bin/claude" <<EOF
#!/bin/sh
echo "\$*" >>$TRASH/calls
id=
while [ \$# -gt 0 ]; do
	case \$1 in
	--resume)
		[ ! -e $TRASH/broken ] || exit 1
		;;
	--session-id)
		mkdir -p "\$HOME/.claude/projects/here"
		echo "{}" >"\$HOME/.claude/projects/here/\$2.jsonl"
		;;
	esac
	shift
done
exec "$FAKE_AGENT"
EOF
# A codex whose conversations lie where codex keeps them; and an opencode.
cat >"$TEST_DIR/bin/codex" <<EOF
#!/bin/sh
[ "\$1" != --help ] || exit 0
echo "\$*" >>$TRASH/calls
mkdir -p "\$HOME/.codex/sessions/2026"
echo '{"payload":{"id":"x","cwd":"'"\$PWD"'"}}' \
	>"\$HOME/.codex/sessions/2026/rollout-x.jsonl"
exec "$FAKE_AGENT"
EOF
cat >"$TEST_DIR/bin/opencode" <<EOF
#!/bin/sh
echo "opencode \$*" >>$TRASH/calls
exec "$FAKE_AGENT"
EOF
chmod +x "$TEST_DIR/bin/claude" "$TEST_DIR/bin/codex" "$TEST_DIR/bin/opencode"

# called TEXT: the last call was so.
called() {
	tail -n 1 calls >last && test_grep "$1" last
}

QUICK='restart: { policy: always, backoff: { initial: 10ms } }'

pid() {
	field "p:$1" pid
}

renewed() {
	is "p:$1" state running && [ "$(pid "$1")" != "$2" ]
}

# begun NUMBER: so many conversations.
begun() {
	[ "$(grep -c -e --session-id calls)" -eq "$1" ]
}

test_expect_success 'the first start begins a conversation' '
	team "a: { runtime: claude-code, $QUICK }" &&
	teamctl up >actual &&
	test_grep "^up · p:a$" actual &&
	id=$(sed -n "s/^CLAUDE_SESSION_ID=//p" state/envs/p-a.env) &&
	called "[-]-session-id $id" && called "[-]-name teamctl:p:a" &&
	test_grep "^fresh claude-code $id$" state/resume/p-a &&
	is p:a conversation "fresh start"
'

test_expect_success 'the next goes on with it, and says so' '
	teamctl restart >actual &&
	test_grep "^restarted · p:a .*\[resumed conversation\]$" actual &&
	is p:a conversation "resumed conversation" &&
	called "[-]-resume $id" &&
	teamctl down >/dev/null &&
	teamctl up >actual &&
	test_grep "^up · p:a \[resumed conversation\]$" actual
'

test_expect_success 'a stop that comes soon is no failure to resume' '
	teamctl restart >actual &&
	test_grep "resumed conversation" actual
'

test_expect_success 'resuming that fails is followed by one new conversation' '
	: >broken &&
	test_must_fail teamctl restart >actual 2>err &&
	called "[-]-resume $id" &&
	teamctl up >actual &&
	test_grep "^up · p:a \[fresh start\]$" actual &&
	called "[-]-session-id" && test_grep ! "$id" last &&
	new=$(sed -n "s/^fresh claude-code //p" state/resume/p-a) &&
	called "[-]-session-id $new" &&
	rm broken
'

test_expect_success '... which is the one that is resumed from then on' '
	teamctl restart >actual &&
	test_grep "resumed conversation" actual &&
	called "[-]-resume $new"
'

test_expect_success 'up --fresh, restart --fresh' '
	teamctl restart --fresh >actual &&
	test_grep "\[fresh start\]$" actual &&
	called "[-]-session-id" && test_grep ! "$new" last &&
	teamctl down >/dev/null && teamctl up --fresh >actual &&
	test_grep "^up · p:a \[fresh start\]$" actual &&
	teamctl restart >actual && test_grep "resumed conversation" actual &&
	teamctl down >/dev/null
'

test_expect_success 'other verbs say so, too, and through a supervisor' '
	teamctl up >out && teamctl pause --stop >out &&
	teamctl resume >actual &&
	test_grep "^resumed · p:a \[resumed conversation\]$" actual &&
	{ teamctl supervise 2>log & } && sup=$! &&
	wait_for 20 test -S state/control.sock &&
	wait_for 20 snapshot state running &&
	teamctl restart >actual &&
	test_grep "^restarted · p:a .*\[resumed conversation\]$" actual &&
	teamctl quarantine a >out && teamctl release a >actual &&
	test_grep "^released · p:a \[resumed conversation\]$" actual &&
	kill "$sup" && wait "$sup" && teamctl down >out
'

test_expect_success 'CLAUDE_CONFIG_DIR is where it looks' '
	team "a: { runtime: claude-code, environment: { CLAUDE_CONFIG_DIR: $TRASH/config } }" &&
	teamctl up >/dev/null &&
	called "[-]-session-id" &&
	teamctl down >/dev/null
'

test_expect_success 'the supervisor does the same, and logs it' '
	team "a: { runtime: claude-code, $QUICK }" &&
	rm -r state "$HOME/.claude" && : >calls &&
	teamctl up >/dev/null &&
	{ teamctl supervise 2>log & } &&
	wait_for 20 test -S state/control.sock &&
	a=$(pid a) && kill -KILL $a && wait_for 20 renewed a $a &&
	wait_for 20 test_grep "p:a: resumed conversation" log &&
	: >broken && a=$(pid a) && kill -KILL $a &&
	wait_for 20 test_grep "p:a: fresh start" log &&
	wait_for 20 begun 2 && wait_for 20 renewed a $a &&
	a=$(pid a) && kill -KILL $a &&
	wait_for 20 begun 3 && wait_for 20 renewed a $a &&
	[ "$(grep -c -e --resume calls)" -eq 2 ] &&
	rm broken &&
	teamctl down >/dev/null
'

test_expect_success 'codex: the last conversation of the folder' '
	rm -r state && : >calls &&
	team "a: { runtime: codex }" &&
	teamctl up >/dev/null && test_grep ! resume calls &&
	teamctl restart >actual &&
	called "^resume --last" && test_grep "resumed conversation" actual &&
	teamctl restart --fresh >/dev/null &&
	tail -n 1 calls >last && test_grep ! resume last &&
	teamctl down >/dev/null
'

test_expect_success 'opencode: --continue' '
	rm -r state && : >calls &&
	team "a: { runtime: opencode }" &&
	teamctl up >/dev/null && test_grep ! continue calls &&
	teamctl restart >actual &&
	called "^opencode --continue" && teamctl down >/dev/null
'

test_expect_success 'two in one folder cannot tell whose is the last' '
	rm -r state && : >calls &&
	team "a: { runtime: opencode }" "b: { runtime: opencode }" \
		"c: { runtime: codex }" "d: { runtime: codex }" &&
	teamctl up >/dev/null && teamctl restart >actual &&
	test_grep ! resume calls && test_grep ! continue calls &&
	teamctl down >/dev/null
'

test_expect_success 'another runtime does not take its note for one of its own' '
	team "a: { runtime: claude-code }" &&
	teamctl reload >/dev/null && called "[-]-resume $id" &&
	team "a: { runtime: opencode }" &&
	teamctl reload >/dev/null && called "^opencode $" &&
	teamctl restart >/dev/null && called "^opencode --continue" &&
	team "a: { runtime: claude-code }" &&
	teamctl reload >/dev/null && called "[-]-resume $id" &&
	teamctl down >/dev/null
'

test_expect_success 'a command has no conversation' '
	rm -r state && team "$(fake a)" &&
	teamctl up >actual && teamctl restart >>actual &&
	test_grep ! conversation actual && test_grep ! fresh actual &&
	teamctl down >/dev/null
'

test_done
