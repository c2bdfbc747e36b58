#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# logs: what an agent's pane shows, exactly that agent's, also after its end.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

shows() { # TEXT TARGET
	teamctl logs "$2" >shown && test_grep "$1" shown
}

team "$(fake dev --print "i am dev" --ready dev.ready)" \
	"$(fake dev2 --print "i am dev2" --ready dev2.ready)" \
	"$(fake echo --prompt '> ' --ready echo.ready)" \
	"$(fake ends --print 'last words' --exit 3 --after 1000)" &&
teamctl up >/dev/null || exit 1

test_expect_success 'logs prints what the agent printed' '
	wait_for 20 shows "^i am dev$" p:dev &&
	teamctl logs dev >out 2>err &&
	test_must_be_empty err &&
	test_grep ! dev2 out
'

test_expect_success 'the screen of an agent that has ended is there' '
	wait_for 20 is p:ends pid null &&
	is p:ends last_exit 3 &&
	shows "^last words$" ends
'

test_expect_success 'W40: -n takes the last lines' '
	teamctl send echo one two >/dev/null &&
	wait_for 20 shows "got: one two" echo &&
	teamctl send echo three >/dev/null &&
	wait_for 20 shows "got: three" echo &&
	teamctl logs echo >all &&
	tail -2 all >expect &&
	teamctl logs -n 2 echo >actual &&
	test_cmp expect actual &&
	teamctl logs echo --lines=2 >actual &&
	test_cmp expect actual &&
	teamctl logs -n 0 echo >actual &&
	test_must_be_empty actual
'

test_expect_success 'several: one after the other, each line with its agent' '
	wait_for 20 shows "^i am dev2$" dev2 &&
	{
		teamctl logs dev | sed "s/^/p:dev  | /" &&
		teamctl logs dev2 | sed "s/^/p:dev2 | /"
	} >expect &&
	teamctl logs dev2 dev >actual 2>err && test_cmp expect actual &&
	test_must_be_empty err &&
	teamctl logs "dev*" >actual && test_cmp expect actual &&
	test_grep "^p:dev2 | i am dev2$" actual &&
	teamctl --color always logs "dev*" >colored &&
	test_grep "^$(printf "\033\\[36m")p:dev  |$(printf "\033\\[0m") i am" colored &&
	sed "s/$(printf "\033")\\[[0-9]*m//g" colored >actual &&
	test_cmp expect actual
'

test_expect_success 'several: without a target the whole team, as with its project' '
	teamctl logs >out && test_grep "^p:ends | last words" out &&
	test_grep "^p:dev  | i am dev$" out &&
	teamctl logs p >actual && test_cmp out actual
'

test_expect_success 'several: -n is of each' '
	teamctl logs -n 1 dev ends >actual &&
	printf "p:dev  | i am dev\np:ends | last words\n" >expect &&
	test_cmp expect actual
'

test_expect_success 'several: --json' '
	teamctl logs --json "dev*" >actual &&
	perl -MJSON::PP -e "local \$/; my \$d = decode_json(<>);
		my (\$one, \$two) = @{\$d->{agents}};
		exit !(\$d->{schema} == 1 && @{\$d->{agents}} == 2 &&
		    \$one->{agent} eq \"p:dev\" &&
		    \$two->{lines}[0] eq \"i am dev2\")" actual
'

test_expect_success 'several: one unknown name, and nothing is shown' '
	test_expect_code 4 teamctl logs dev ecko >out 2>err &&
	test_must_be_empty out && test_grep "no such agent: ecko" err &&
	test_expect_code 4 teamctl logs "x*" >out 2>err &&
	test_grep "no agent matches" err
'

test_expect_success 'W40: -f goes on until the agent ends' '
	{ teamctl logs -f echo >followed 2>follow-err & } &&
	follower=$! &&
	wait_for 20 grep -q "got: three" followed &&
	teamctl send echo four >/dev/null &&
	wait_for 20 grep -q "got: four" followed &&
	teamctl send echo "exit 7" >/dev/null &&
	wait $follower &&
	test_grep "p:echo has ended: exit 7" follow-err &&
	test 1 = "$(grep -c "got: three" followed)"
'

test_expect_success '--json' '
	teamctl logs dev --json >actual &&
	perl -MJSON::PP -e "local \$/; my \$l = decode_json(<>);
		exit !(\$l->{schema} == 1 && \$l->{agent} eq \"p:dev\" &&
		    grep { \$_ eq \"i am dev\" } @{\$l->{lines}})" actual
'

test_expect_success 'W3: with dev down, logs dev is not that of dev2' '
	teamctl down dev >/dev/null &&
	cat >expect <<-\EOF &&
	teamctl: agent p:dev is not running (tmux session a-p-dev absent)
	teamctl: hint: '"'teamctl up p:dev'"' starts it
	EOF
	test_expect_code 1 teamctl logs dev >out 2>err &&
	test_must_be_empty out &&
	test_cmp expect err
'

test_expect_success 'unknown targets' '
	test_expect_code 4 teamctl logs ecko 2>err &&
	test_grep "did you mean .echo." err
'

test_expect_success 'the last lines of one that ended are its own' '
	mkdir short && (
		cd short && team "s: { restart: never, command: [sh, -c,
		    \"echo one; echo two; echo three; sleep 0.5\"] }" &&
		teamctl up && wait_for 20 is p:s state stopped &&
		printf "two\nthree\n" >expect &&
		shows three p:s && teamctl logs -n 2 s >actual &&
		test_cmp expect actual && teamctl down
	)
'

test_expect_success 'several: -f as it comes, until all have ended' '
	mkdir both && (
		cd both && team "$(fake one --prompt "> ")" \
		    "$(fake two --prompt "> ")" "$(fake not)" &&
		teamctl up >/dev/null && teamctl down not >/dev/null &&
		{ teamctl logs -f >followed 2>err & } && follower=$! &&
		for n in 1 2 3; do
			teamctl send one "a$n" >/dev/null &&
			wait_for 20 grep -q "^p:one | got: a$n$" followed &&
			teamctl send two "b$n" >/dev/null &&
			wait_for 20 grep -q "^p:two | got: b$n$" followed ||
			exit 1
		done &&
		grep -o "got: .*" followed >actual &&
		printf "got: %s\n" a1 b1 a2 b2 a3 b3 >expect &&
		test_cmp expect actual && test_must_be_empty err &&
		teamctl send one "exit 7" >/dev/null &&
		wait_for 20 grep -q "p:one has ended: exit 7" err &&
		teamctl send two b4 >/dev/null &&
		wait_for 20 grep -q "^p:two | got: b4$" followed &&
		kill -0 $follower && teamctl send two "exit 3" >/dev/null &&
		wait $follower && test_grep "p:two has ended: exit 3" err
	)
'

test_expect_success 'several: those that do not run are left out' '
	cd both && teamctl down >/dev/null && teamctl up one >/dev/null &&
	teamctl send one here >/dev/null &&
	wait_for 20 sh -c "teamctl logs | grep -q \"^p:one | got: here$\"" &&
	teamctl logs >out 2>err && test_must_be_empty err &&
	! grep -v "^p:one | " out &&
	teamctl down >/dev/null && cat >expect <<-\EOF &&
	teamctl: none of these 3 agents is running
	teamctl: hint: '"'teamctl up'"' starts them
	EOF
	test_expect_code 1 teamctl logs >out 2>err &&
	test_must_be_empty out && test_cmp expect err
'

test_expect_success 'a broken compose file does not matter' '
	cp team-compose.yaml good &&
	echo "oops: [" >team-compose.yaml &&
	shows "^i am dev2$" p:dev2 &&
	cp good team-compose.yaml
'

test_expect_success 'logs takes two clients of tmux, for any number of agents' '
	mkdir count &&
	cat >count/tmux <<-EOF &&
	#!/bin/sh
	echo x >>$TRASH/clients
	exec $(command -v tmux) "\$@"
	EOF
	chmod +x count/tmux &&
	PATH=$TRASH/count:$PATH teamctl logs dev2 >out &&
	test 2 -ge "$(grep -c x clients)" && rm clients &&
	PATH=$TRASH/count:$PATH teamctl logs >out &&
	test_grep "^p:dev2 | " out && test_grep "^p:ends | " out &&
	test 2 -ge "$(grep -c x clients)"
'

test_done
