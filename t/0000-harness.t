#!/bin/sh
# The test library itself: each promise of t/lib.sh by a script that needs it.
. "$(dirname "$0")/lib.sh"

# An inner script has a folder of its own: by this it finds ours.
TEST_HERE=$TRASH
export TEST_HERE

# Runs a small script on the library: its TAP in out, its status in status.
run_script() {
	{
		echo '#!/bin/sh' &&
		echo ". '$ROOT/t/lib.sh'" &&
		cat
	} >1234-inner.t &&
	{ TEST_SLOW=0 sh 1234-inner.t "$@" >out 2>err; echo $? >status; }
}

leaks='no process of this script is left'

test_expect_success 'a success, a failure and the plan' '
	printf "%s\n" "# 1234-inner: bad" "#   said before" >expect.err &&
	cat >expect <<-EOF &&
	ok 1 - good
	not ok 2 - bad
	ok 3 - $leaks
	1..3
	EOF
	run_script <<-\EOF &&
	test_expect_success good true
	test_expect_success bad "echo said before && false"
	test_done
	EOF
	test_cmp expect out && test_cmp expect.err err &&
	test "$(cat status)" = 1
'

test_expect_success 'all good: status 0 and no folder is left' '
	run_script <<-\EOF &&
	test_expect_success "where it is" "pwd >&3"
	test_done
	EOF
	test "$(cat status)" = 0 &&
	dir=$(sed -n "/^\//p" out) &&
	test -n "$dir" &&
	! test -e "${dir%/trash}"
'

test_expect_success '-d keeps the folder' '
	run_script -d <<-\EOF &&
	test_expect_success one "echo kept >file"
	test_done
	EOF
	dir=$(sed -n "s/^# kept: //p" out) &&
	test_when_finished "rm -rf \"$dir\"" &&
	echo kept >expect &&
	test_cmp expect "$dir/trash/file"
'

test_expect_success 'a broken chain is a failure' '
	run_script <<-\EOF &&
	test_expect_success broken "
		false
		true
	"
	test_done
	EOF
	test_grep "^not ok 1 - broken" out &&
	test_grep "broken &&-chain" err
'

test_expect_success 'known breakage does not fail the script' '
	run_script <<-\EOF &&
	test_expect_failure later false
	test_done
	EOF
	test_grep "^not ok 1 - later # TODO known breakage" out &&
	test "$(cat status)" = 0
'

test_expect_success 'a missing prerequisite skips, one that is set does not' '
	run_script <<-\EOF &&
	test_set_prereq HERE
	test_expect_success HERE,THERE skipped false
	test_expect_success HERE run true
	test_done
	EOF
	test_grep "^ok 1 - skipped # SKIP needs THERE$" out &&
	test_grep "^ok 2 - run$" out &&
	test "$(cat status)" = 0
'

test_expect_success 'test_must_fail wants an orderly failure' '
	test_must_fail false &&
	! test_must_fail true &&
	! test_must_fail sh -c "kill -9 \$\$" &&
	! test_must_fail no-such-command-here
'

test_expect_success 'test_expect_code' '
	test_expect_code 3 sh -c "exit 3" &&
	test_expect_code 0 true &&
	! test_expect_code 3 sh -c "exit 4"
'

test_expect_success 'test_cmp, test_grep and test_must_be_empty can fail' '
	echo a >a && echo b >b && : >empty &&
	test_cmp a a && ! test_cmp a b &&
	test_grep a a && ! test_grep b a &&
	test_grep ! b a && ! test_grep ! a a &&
	test_must_be_empty empty && ! test_must_be_empty a &&
	! test_must_be_empty absent
'

test_expect_success 'test_when_finished runs last one first, also on failure' '
	printf "%s\n" two one >expect &&
	run_script <<-\EOF &&
	test_expect_success bad "
		test_when_finished \"echo one >>../order\" &&
		test_when_finished \"echo two >>../order\" &&
		false
	"
	cp ../order "$TEST_HERE"/order
	test_done
	EOF
	test_cmp expect order
'
test_expect_success 'wait_for waits, and gives up at its deadline' '
	{ (until test -e go; do :; done; echo >gone) & } &&
	: >go &&
	wait_for 5 test -e gone &&
	TEST_SLOW=1 &&
	! wait_for 0 test -e never
'

test_expect_success 'a script that ends early fails' '
	run_script <<-\EOF &&
	test_expect_success good true
	exit 0
	EOF
	test_grep "ended before test_done" err &&
	test "$(cat status)" = 1
'

test_expect_success 'a leaked process fails the script and is ended' '
	run_script <<-\EOF &&
	test_expect_success leak "{ setsid sleep 1000 & } && echo \$! >\$TEST_HERE/pid"
	test_done
	EOF
	test_grep "^# 1234-inner: left over: .*sleep 1000" err &&
	test_grep "^not ok 2 - $leaks" out &&
	test "$(cat status)" = 1 &&
	wait_for 5 test_must_fail lives "$(cat pid)"
'

test_expect_success 'a leak with an empty environment is found by its folder' '
	run_script <<-\EOF &&
	test_expect_success leak "{ env -i setsid sleep 1000 & }"
	test_done
	EOF
	test_grep "^# 1234-inner: left over: .*sleep 1000" err &&
	test_grep "^not ok 2 - $leaks" out
'

test_expect_success 'a tmux server and its panes are ended, not leaked' '
	run_script <<-\EOF &&
	TEST_SLOW=1
	test_expect_success server "
		tmux -L other -f /dev/null new-session -d -s x \"sleep 1000\" &&
		tmux -L other has-session -t =x
	"
	test_done
	EOF
	test_grep "^ok 2 - $leaks" out &&
	test "$(cat status)" = 0
'

test_expect_success 'the environment is ours alone' '
	TEAMCTL_ROOT=/nowhere && TMUX=/tmp/x,1,2 && NO_COLOR=1 &&
	CLAUDE_CONFIG_DIR=/nowhere && API_TOKEN="a
	b" && WATCHDOG_USEC=1 &&
	export TEAMCTL_ROOT TMUX NO_COLOR CLAUDE_CONFIG_DIR API_TOKEN &&
	export WATCHDOG_USEC &&
	run_script <<-\EOF &&
	test_expect_success clean "
		test -z \"\$TEAMCTL_ROOT\$TMUX\$NO_COLOR\" &&
		test -z \"\$CLAUDE_CONFIG_DIR\$API_TOKEN\$WATCHDOG_USEC\" &&
		test \"\$LC_ALL \$TZ\" = \"C UTC\" &&
		case \$HOME,\$TMUX_TMPDIR in
		\$TEST_DIR/*,\$TEST_DIR/*) ;;
		*) false ;;
		esac
	"
	test_done
	EOF
	unset TEAMCTL_ROOT TMUX NO_COLOR CLAUDE_CONFIG_DIR API_TOKEN &&
	unset WATCHDOG_USEC &&
	test "$(cat status)" = 0
'

test_expect_success 'a TMPDIR that no socket has room in is not used' '
	dir=$(mktemp -d /tmp/tt-0000.XXXXXX) && test_when_finished "rm -r $dir" &&
	mkdir "$dir/a b" && long=$dir/$(printf "%090d" 0) && mkdir "$long" &&
	for want in "$dir $dir/" "$dir/a b /tmp/" "$long /tmp/"; do
		echo "test_expect_success where \"pwd >&3\"; test_done" |
			TMPDIR=${want% *} run_script || return 1
		cat err && grep "^${want##* }tt-1234[^/]*/trash$" out || return 1
	done
'

test_done
