#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The supervisor sees what agents do, and needs no tmux client while none of
# them moves.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

screens=$ROOT/t/screens

# What it shows is in the file that it is told.
mkdir runtimes bin &&
cat >player <<EOF &&
#!/bin/sh
name=\${AGENT_ID#*:}
mkfifo "$TRASH/\$name.fifo"
exec 3<>"$TRASH/\$name.fifo" # closed it would lose what was written then
while read -r file <&3; do
	printf '\\033[H\\033[2J'
	cat "\$file"
done
EOF
cat >answer <<EOF &&
#!/bin/sh
cat >"$TRASH/asked"
echo x >>"$TRASH/times"
echo '{"activity": "waiting", "kind": "login", "confidence": 33}'
EOF
printf '#!/bin/sh\necho x >>%s/clients\nexec %s "$@"\n' \
	"$TRASH" "$(command -v tmux)" >bin/tmux &&
chmod +x player answer bin/tmux &&
echo "binary: $TRASH/player" >runtimes/claude-code.yaml &&
cat >runtimes/odd.yaml <<EOF &&
binary: $TRASH/player
classifier: [$TRASH/answer]
ready_patterns: ['^at your service']
EOF
cat >team-compose.yaml <<EOF || exit 1
version: 2
supervisor: { autostart: false, reconcile_secs: 3600, observe_secs: 0.2 }
projects:
- id: p
  cwd: .
  workers:
    a: { runtime: claude-code }
    b: { runtime: odd }
    c: { command: ["$FAKE_AGENT"] }
EOF

show() { # AGENT FILE
	wait_for 20 test -p "$1.fifo" &&
	echo "$2" >"$1.fifo"
}

# does AGENT KEY VALUE: of status --json, activity
does() {
	teamctl status "$1" --json >status.json || return 1
	perl -MJSON::PP -e '
		local $/;
		my $is = decode_json(<STDIN>)->{agents}[0]{activity};
		my $got = $is ? $is->{$ARGV[0]} : "nothing";
		$got = "null" if !defined $got;
		exit 0 if $got eq $ARGV[1];
		print "$ARGV[0] is $got\n";
		exit 1' "$2" "$3" <status.json
}

# No tmux client of the supervisor for so many seconds.
quiet() {
	test -z "$(find clients -newermt "-$1 seconds")"
}

test_expect_success 'nobody looks without a supervisor' '
	teamctl up >/dev/null &&
	does a activity nothing
'

test_expect_success 'it sees a question, and its answers' '
	show a "$screens/claude-shell-80.txt" &&
	PATH=$TRASH/bin:$PATH supervisor &&
	wait_for 20 does a activity waiting &&
	does a kind permission &&
	does a default 1 &&
	does a question "Do you want to proceed?" &&
	teamctl status -o wide >out &&
	test_grep "ACTIVITY" out &&
	test_grep "p:a .*waiting (permission)" out &&
	does c activity nothing
'

test_expect_success 'it sees what follows' '
	show a "$screens/claude-hold-80.txt" &&
	wait_for 20 does a activity working &&
	show a "$screens/claude-reply.txt" &&
	wait_for 20 does a activity idle
'

test_expect_success 'since is when that began' '
	perl -MJSON::PP -e "
		local \$/;
		my \$is = decode_json(<STDIN>)->{agents}[0]{activity};
		exit !(\$is->{since} > time - 100 && \$is->{since} <= time)" \
		<status.json
'

test_expect_success 'a classifier is asked once about a screen' '
	echo "odd words" >odd &&
	rm -f times &&
	show b odd &&
	wait_for 20 test_grep "odd words" asked &&
	wait_for 20 does b rule classifier &&
	does b kind login &&
	does b confidence 33
'

test_expect_success 'no client while nothing moves' '
	wait_for 60 quiet 4 &&
	does a activity idle &&
	does b rule classifier &&
	times=$(wc -l <times) &&
	test "$times" -le 2
'

test_expect_success 'and at once again when something does' '
	show a "$screens/claude-shell-80.txt" &&
	wait_for 20 does a activity waiting
'

test_expect_success 'of who has ended nothing is said' '
	show a "$screens/claude-hold-80.txt" &&
	wait_for 20 does a activity working &&
	teamctl down a >/dev/null &&
	does a activity nothing
'

test_expect_success 'observe_secs: 0 looks at nothing' '
	no_supervisor &&
	sed "s/observe_secs: 0.2/observe_secs: 0/" team-compose.yaml >new &&
	mv new team-compose.yaml &&
	supervisor &&
	teamctl up a >/dev/null &&
	show a "$screens/claude-hold-80.txt" &&
	wait_for 20 is p:a state running &&
	does a activity nothing &&
	no_supervisor &&
	teamctl down
'

test_done
