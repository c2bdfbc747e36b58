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

test_expect_success 'unknown and ambiguous targets' '
	test_expect_code 4 teamctl logs ecko 2>err &&
	test_grep "did you mean .echo." err &&
	test_expect_code 2 teamctl logs "dev*" 2>err &&
	test_grep "names 2 agents, but one is needed" err
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

test_expect_success 'a broken compose file does not matter' '
	cp team-compose.yaml good &&
	echo "oops: [" >team-compose.yaml &&
	shows "^i am dev2$" p:dev2 &&
	cp good team-compose.yaml
'

test_expect_success 'logs takes two clients of tmux' '
	mkdir count &&
	cat >count/tmux <<-EOF &&
	#!/bin/sh
	echo x >>$TRASH/clients
	exec $(command -v tmux) "\$@"
	EOF
	chmod +x count/tmux &&
	PATH=$TRASH/count:$PATH teamctl logs dev2 >out &&
	test 2 -ge "$(grep -c x clients)"
'

test_done
