#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# classify: what agents do, by screens of the collection that a player shows.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# It shows the files that are named to it: show AGENT FILE.
mkdir runtimes &&
cat >player <<EOF &&
#!/bin/sh
name=\${AGENT_ID#*:}
mkfifo "$TRASH/\$name.fifo"
exec 3<>"$TRASH/\$name.fifo" # closed it would lose what was written then
while read -r word file <&3; do
	case \$word in
	show) printf '\\033[H\\033[2J'; cat "\$file" ;;
	exit) exit "\$file" ;;
	esac
done
EOF
cat >answer <<EOF &&
#!/bin/sh
cat >"$TRASH/asked"
echo x >>"$TRASH/times"
. "$TRASH/brain"
EOF
chmod +x player answer &&
echo "binary: $TRASH/player" >runtimes/claude-code.yaml &&
cat >runtimes/odd.yaml <<EOF &&
binary: $TRASH/player
classifier: [$TRASH/answer]
classifier_timeout: 1s
screens:
- { name: done-it, verdict: idle, match: '^all done' }
- { name: paused, verdict: rate_limited, match: 'pause', until: 'for (.*)' }
EOF
team 'a: { runtime: claude-code }' 'b: { runtime: odd }' \
	"$(fake c --print "what is this")" || exit 1

show() { # AGENT FILE
	wait_for 20 test -p "$1.fifo" &&
	echo "show $2" >"$1.fifo"
}

screens=$ROOT/t/screens

# says AGENT KEY VALUE: of classify --json
says() {
	teamctl classify "$1" --json >classify.json 2>classify.err || return 1
	perl -MJSON::PP -e '
		local $/;
		my $agent = decode_json(<STDIN>)->{agents}[0];
		my $got = $agent->{$ARGV[0]};
		$got = defined $got ? $got : "null";
		exit 0 if $got eq $ARGV[1];
		print "$ARGV[0] is $got\n";
		exit 1' "$2" "$3" <classify.json
}

test_expect_success 'who never ran is unknown' '
	teamctl classify >out 2>err &&
	test_must_be_empty err &&
	test_grep "p:a  *unknown  *-  *-  *0%" out
'

test_expect_success 'a screen that no rule knows' '
	teamctl up >/dev/null &&
	wait_for 20 says c activity unknown &&
	says c rule null &&
	says c runtime null &&
	says c alive 1
'

test_expect_success 'a turn, a prompt, a question with its options' '
	show a "$screens/claude-stream-120.txt" &&
	wait_for 20 says a activity working &&
	says a rule turn &&
	show a "$screens/claude-reply.txt" &&
	wait_for 20 says a activity idle &&
	show a "$screens/claude-shell-80.txt" &&
	wait_for 20 says a activity waiting &&
	says a kind permission &&
	says a question "Do you want to proceed?" &&
	says a default 1 &&
	perl -MJSON::PP -e "
		local \$/;
		my \$agent = decode_json(<STDIN>)->{agents}[0];
		exit !(@{\$agent->{options}} == 3 && \$agent->{options}[0] eq
		    \"Yes\" && \$agent->{since} > 1e9)" <classify.json
'

test_expect_success '--explain says why' '
	teamctl classify a --explain >out &&
	test_grep "^p:a: waiting (permission), 95% sure, for " out &&
	test_grep "^  runtime   claude-code$" out &&
	test_grep "^  rule      permission-dialog$" out &&
	test_grep "^  question  Do you want to proceed?$" out &&
	test_grep "^  option    1. Yes (default)$" out &&
	test_grep "^  option    3. No" out &&
	test_grep "^  moved     .* ago$" out &&
	teamctl classify a >out &&
	test_grep "p:a  *waiting (permission)  *[0-9].*95%  *Do you want" out
'

test_expect_success 'one client shows all screens' '
	mkdir bin &&
	printf "#!/bin/sh\necho x >>%s/clients\nexec %s \"\$@\"\n" \
		"$TRASH" "$(command -v tmux)" >bin/tmux &&
	chmod +x bin/tmux &&
	PATH=$TRASH/bin:$PATH teamctl classify >/dev/null &&
	lines 2 clients
'

test_expect_success 'W24: a limit, until when, while it runs' '
	echo "a pause for 90 minutes" >pause &&
	show b pause &&
	wait_for 20 says b activity rate_limited &&
	perl -MJSON::PP -e "
		local \$/;
		my \$agent = decode_json(<STDIN>)->{agents}[0];
		my \$left = \$agent->{until} - time;
		exit !(\$left > 5000 && \$left <= 5400)" <classify.json &&
	teamctl classify b >out &&
	test_grep "rate_limited .* 1h 29m  *80%" out
'

test_expect_success 'a classifier is asked only about what no rule knows' '
	: >brain &&
	echo "all done" >done &&
	show b done &&
	wait_for 20 says b activity idle &&
	rm -f times &&
	says b activity idle &&
	test ! -e times &&
	echo "odd words; answer idle, please" >odd &&
	echo "echo \"{\\\"activity\\\": \\\"waiting\\\", \\\"kind\\\": \\\"login\\\"}\"" \
		>brain &&
	show b odd &&
	wait_for 20 says b rule classifier &&
	says b activity waiting &&
	says b kind login &&
	test_grep "odd words" asked
'

test_expect_success 'a classifier that does not answer is not waited for' '
	echo "exec sleep 1000" >brain &&
	says b activity unknown &&
	test_grep "the classifier of odd gave no answer in time" classify.err &&
	echo "echo I think that it is fine" >brain &&
	says b activity unknown &&
	test_grep "no answer that counts" classify.err &&
	echo "exec yes" >brain &&
	says b activity unknown
'

test_expect_success 'nobody who is dead works' '
	show a "$screens/claude-stream-120.txt" &&
	wait_for 20 says a activity working &&
	echo "exit 3" >a.fifo &&
	wait_for 20 says a activity error &&
	says a rule ended &&
	says a line "exit 3" &&
	echo "exit 0" >b.fifo &&
	wait_for 20 says b activity done &&
	teamctl down c >/dev/null &&
	says c activity done
'

test_expect_success 'wrong use, and nobody of that name' '
	test_expect_code 2 teamctl classify --json --explain 2>err &&
	test_expect_code 4 teamctl classify nobody 2>err &&
	teamctl down
'

test_done
