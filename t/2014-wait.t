#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# wait: level-triggered, with a deadline.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

mkdir runtimes &&
cat >runtimes/slow.yaml <<EOF &&
binary: $TRASH/slow-cli
ready_patterns: ['^ready to work']
EOF
cat >slow-cli <<EOF &&
#!/bin/sh
echo getting ready to work
read -r go <$TRASH/go
echo ready to work
exec sleep 1000
EOF
chmod +x slow-cli &&
mkfifo go &&
team "$(fake a --ready a.ready)" "$(fake b --ready b.ready)" \
	'slow: { runtime: slow }' || exit 1

test_expect_success 'stopped: already so' '
	teamctl wait --for stopped >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err
'

test_expect_success 'running: times out with exit 5 and names who is not' '
	test_expect_code 5 teamctl wait a b --for running --timeout 200ms 2>err &&
	test_grep "timed out: p:a is not running" err &&
	test_grep "timed out: p:b is not running" err
'

test_expect_success 'running: returns when they do, whoever starts them' '
	{ teamctl wait a b --timeout 20s & } &&
	waiter=$! &&
	teamctl up a b >/dev/null &&
	wait $waiter &&
	teamctl wait a b --timeout 0s
'

test_expect_success 'stopped: returns when they have' '
	{ teamctl wait a --for stopped --timeout 20s & } &&
	waiter=$! &&
	teamctl down a >/dev/null &&
	wait $waiter &&
	test_expect_code 5 teamctl wait a b --for stopped --timeout 0s 2>err &&
	test_grep "p:b is not stopped" err &&
	test_grep ! "p:a" err
'

test_expect_success 'ready: running is enough when the runtime does not say' '
	teamctl wait b --for ready --timeout 5s
'

test_expect_success 'ready: the screen has to show it' '
	teamctl up slow >/dev/null &&
	test_expect_code 5 teamctl wait slow --for ready --timeout 300ms 2>err &&
	test_grep "p:slow is not ready" err &&
	{ teamctl wait slow b --for ready --timeout 20s & } &&
	waiter=$! &&
	echo go >go &&
	wait $waiter &&
	teamctl wait slow --for ready --timeout 0s
'

test_expect_success 'no such agent: exit 4' '
	test_expect_code 4 teamctl wait nobody 2>err &&
	test_expect_code 2 teamctl wait --for happiness 2>err &&
	test_expect_code 2 teamctl wait --timeout soon 2>err
'

test_expect_success 'down' '
	teamctl down --now >/dev/null
'

test_done
