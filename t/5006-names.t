#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A name that nobody knows: exit 4 in the same words everywhere, with a
# supervisor and without, and the journal does not tell of it.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# What a person's command leaves behind there.
traces() {
	grep -c '"event":"\(command\|lock\|supervisor.yield\|compose\)' \
		state/journal.jsonl
}

# unknown WORDS COMMAND...: NAME in the command is the name.
unknown() {
	unknown_words=$1
	shift
	traces >before
	teamctl "$@" >out 2>err </dev/null
	unknown_code=$?
	traces >after
	test $unknown_code = 4 && grep -q "$unknown_words" err &&
		cmp before after && return
	echo "teamctl $*: exit $unknown_code"
	cat err
	return 1
}

everything() {
	for word in nobody nop:x 'zz*'; do
		words="no such agent: $word"
		test "$word" != 'zz*' || words="no agent matches 'zz\\*'"
		for json in '' --json; do
			for verb in up down 'down --now' reload restart pause \
				'pause --stop' resume quarantine release reset \
				remove save config plan status logs env state \
				alive health join history why score decisions \
				classify 'events --agent'; do
				# shellcheck disable=SC2086
				unknown "$words" $verb "$word" $json ||
					return 1
			done
			# shellcheck disable=SC2086
			unknown "$words" send "$word" hello $json &&
			unknown "$words" answer "$word" 1 1 $json &&
			unknown "$words" exec "$word" true || return 1
		done
		unknown "$words" attach "$word" &&
		unknown "$words" shell "$word" &&
		unknown "$words" wait "$word" || return 1
	done
	for json in '' --json; do
		# shellcheck disable=SC2086
		unknown "no such agent: nobody" scale nobody=2 $json ||
			return 1
	done
}

test_expect_success 'without a supervisor' '
	team "$(fake a)" "$(fake b)" && teamctl up >out && everything
'

test_expect_success 'with a supervisor' '
	supervisor && everything
'

test_expect_success 'who is in the team or in the journal is known' '
	teamctl events --agent a >out && test -s out &&
	team "$(fake b)" "$(fake c)" && teamctl events --agent c >out &&
	test_must_be_empty out && teamctl history c >out &&
	teamctl reload >out && teamctl history a >out && test -s out &&
	teamctl events --agent "p:a" >out && test -s out &&
	no_supervisor && teamctl down >out
'

test_done
