#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# up believes nothing: what did not start is named, with its screen.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

test_expect_success 'W34: an agent that ends at once, with its last words' '
	team "$(fake a --print "no such flag: --frob" --exit 64)" "$(fake b)" &&
	test_expect_code 1 teamctl up >actual 2>err &&
	test_grep "^up · p:a \[failed: ended at once: exit 64\]$" actual &&
	test_grep "^up · p:b$" actual &&
	test_grep "no such flag: --frob" err &&
	is p:a state failed && is p:a last_exit 64 &&
	is p:b state running &&
	teamctl down
'

test_expect_success 'W34: the last words are those of the last run' '
	team "a: { command: [sh, -c, \"echo x >>count; printf 1st; wc -l <count; echo 2nd; exit 3\"] }" &&
	for n in 1 2 3; do
		test_expect_code 1 teamctl up 2>err &&
		sed -n "s/^    | //p" err >actual &&
		printf "%s\n" "1st$n" 2nd >expect &&
		test_cmp expect actual || return 1
	done &&
	teamctl down
'

# On a machine with much to do one may live for so long that it has started.
all_fail() {
	teamctl down >out && test_expect_code 1 teamctl up 2>err &&
	test "$(grep -c "did not start" err)" = 15
}

test_expect_success 'W34: the last words of each of fifteen' '
	set -- &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		set -- "$@" "$(fake "a$n" --print "word-$n-" --exit 1)" ||
			return 1
	done &&
	team "$@" && wait_for 60 all_fail && cat err &&
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		sed -n "/.p:a$n. did not start/{n;p;}" err >actual &&
		test_grep "| word-$n-$" actual || return 1
	done &&
	teamctl down
'

test_expect_success 'the tmux server keeps descriptors for its clients' '
	set -- && n=0 &&
	while [ $((n += 1)) -le 70 ]; do
		set -- "$@" "$(fake "a$n")" || return 1
	done &&
	team "$@" && {
		(ulimit -n 64 && teamctl up >out 2>err)
		test $? = 1
	} &&
	test_grep "may open no more files" err &&
	is p:a1 state running &&
	teamctl down && sessions 0
'

test_expect_success 'W34: one that ends as it may is not a failure' '
	team "a: { command: [\"true\"], restart: never }" &&
	teamctl up >actual && cat actual &&
	is p:a state stopped && is p:a last_exit 0 &&
	teamctl down
'

test_expect_success 'a program that is missing: exit 8, nothing is started' '
	team "a: { command: [no-such-program] }" "$(fake b)" &&
	test_expect_code 8 teamctl up >actual 2>err &&
	test_must_be_empty actual &&
	test_grep "needs .no-such-program., which is not on PATH" err &&
	team "a: { command: [/no/such/program] }" &&
	test_expect_code 8 teamctl up 2>err &&
	test_grep "/no/such/program., which is no program" err &&
	sessions 0
'

test_expect_success 'a runtime that is missing: the package is named' '
	team "a: { runtime: codex }" &&
	mkdir -p "$TEST_DIR/min" &&
	for p in tmux sh; do
		ln -sf "$(command -v $p)" "$TEST_DIR/min" || return 1
	done &&
	(
		PATH=$TEST_DIR/bin:$TEST_DIR/min &&
		test_expect_code 8 teamctl up 2>err
	) &&
	test_grep "@openai/codex" err
'

test_expect_success 'W22: a cwd that does not exist, with its place' '
	team "a: { command: [\"$FAKE_AGENT\"], cwd: ./nowhere }" &&
	test_expect_code 3 teamctl up 2>err &&
	test_grep "^team-compose.yaml:7:.*nowhere" err &&
	sessions 0 &&
	grep -c "cwd-missing" err >count && echo 1 >expect && test_cmp expect count &&
	teamctl validate 2>err && test_grep "warning: .*cwd-missing" err
'

test_expect_success 'W22: create_cwd makes it' '
	team "a: { command: [\"$FAKE_AGENT\"], cwd: ./made }" &&
	sed -i "s/^  cwd: \./&\n  create_cwd: true/" team-compose.yaml &&
	teamctl up && test -d made && is p:a state running && teamctl down
'

test_expect_success 'a missing tmux: exit 8 and a sentence' '
	team "$(fake a)" && mkdir -p "$TEST_DIR/none" && teamctl up &&
	(
		PATH=$TEST_DIR/bin:$TEST_DIR/none &&
		test_expect_code 8 teamctl up 2>err &&
		test_expect_code 8 teamctl alive a 2>err2 &&
		test_expect_code 8 teamctl status >out 2>>err2
	) &&
	test_grep "p:a  *unknown" out && lines 2 err2 &&
	test_grep "tmux is not installed" err && teamctl down
'

test_expect_success 'an old tmux: exit 8 and a sentence' '
	mkdir -p "$TEST_DIR/old" &&
	printf "#!/bin/sh\n[ \"\$1\" = -V ] && echo tmux 2.9a && exit\nexit 1\n" \
	    >"$TEST_DIR/old/tmux" && chmod +x "$TEST_DIR/old/tmux" &&
	wait_for 20 sh -c "! tmux list-sessions" &&
	(
		PATH=$TEST_DIR/bin:$TEST_DIR/old:$PATH &&
		test_expect_code 8 teamctl up 2>err
	) &&
	test_grep "tmux 2.9a is too old" err
'

test_expect_success 'a required secret that is missing: that agent only' '
	team "a: { command: [\"$FAKE_AGENT\"], secrets: [ { name: NO_SUCH_KEY } ], environment: [ { name: K, secret_ref: \"\${NO_SUCH_KEY}\" } ] }" \
	    "$(fake b)" &&
	test_expect_code 1 teamctl up >actual 2>err &&
	test_grep "secret" err &&
	test_grep "^up · p:b$" actual &&
	teamctl down
'

# told PAST CODE VERB: how a start of p:a that fails is told of.
told() {
	test_expect_code "$2" teamctl "$3" a >out 2>err &&
	test_grep "^$1 · p:a.* \[failed: ended at once: exit 3\]$" out &&
	test_grep "agent .p:a. did not start: ended at once: exit 3" err &&
	test_grep "| last words" err
}

starts() { # MODE
	test_expect_success "$1: restart, resume and release tell of a failure as up" '
		touch fine && teamctl up >out && rm fine &&
		told restarted 1 restart && touch fine && teamctl up >out &&
		teamctl pause --stop a >out && rm fine &&
		told resumed 1 resume && touch fine && teamctl up >out &&
		teamctl quarantine a >out && rm fine &&
		told released 1 release && touch fine && teamctl up >out &&
		is p:a state running
	'
	test_expect_success "$1: a restart that cannot be leaves it as it runs" '
		teamctl up >out &&
		pid=$(field p:b pid) && chmod -x prog &&
		test_expect_code 8 teamctl restart b 2>err &&
		test_grep "which is no program that can be run" err &&
		is p:b state running && is p:b pid "$pid" && chmod +x prog
	'
}

test_expect_success 'setup' '
	cp "$FAKE_AGENT" prog &&
	team "a: { command: [sh, -c, \"test -e fine && exec $FAKE_AGENT; echo last words; exit 3\"], restart: never }" \
		"b: { command: [\"$PWD/prog\"] }"
'
starts alone
test_expect_success 'a supervisor' 'supervisor'
starts supervised
test_expect_success 'it ends' 'no_supervisor && teamctl down >out'

test_done
