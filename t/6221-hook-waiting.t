#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# on: { waiting: argv }: told once for each question that an agent shows.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

screens=$ROOT/t/screens

# What it shows is in the file that it is told.
mkdir runtimes &&
cat >player <<EOF &&
#!/bin/sh
mkfifo "$TRASH/fifo"
exec 3<>"$TRASH/fifo" # closed in between it would lose what was written then
while read -r file <&3; do
	printf '\\033[H\\033[2J'
	cat "\$file"
done
EOF
cat >hook <<'EOF' &&
#!/bin/sh
line=$(cat) && printf '%s\n' "$line" >>told
EOF
chmod +x player hook &&
echo "binary: $TRASH/player" >runtimes/claude-code.yaml &&
cat >team-compose.yaml <<EOF || exit 1
version: 2
supervisor: { autostart: false, observe_secs: 0.2 }
on: { waiting: [./hook] }
projects:
- id: p
  cwd: .
  workers:
    a: { runtime: claude-code }
    b: { command: [sleep, "1000"] }
EOF

show() { # FILE
	wait_for 20 test -p fifo && echo "$screens/$1" >fifo
}

asked() { # NUMBER: of questions in the journal
	asked_nr=$(grep -c '"event":"agent.asks"' state/journal.jsonl)
	[ "$asked_nr" -eq "$1" ] && return
	echo "$asked_nr questions, not $1"
	return 1
}

measured() { # REGEX
	teamctl metrics >metrics.txt && test_grep "$1" metrics.txt
}

test_expect_success 'a question is told, with its kind' '
	teamctl up >/dev/null && supervisor &&
	show claude-shell-80.txt &&
	wait_for 20 test -s told &&
	test_grep "\"hook\":\"waiting\"" told &&
	test_grep "\"reason\":\"Do you want to proceed?\"" told &&
	test_grep "\"kind\":\"permission\"" told
'

test_expect_success 'once, also for a further supervisor' '
	no_supervisor && supervisor &&
	wait_for 20 sh -c "teamctl status --json | grep -q Do.you.want" &&
	show claude-shell-80.txt && asked 1 && lines 1 told
'

test_expect_success 'the next one is told again' '
	show claude-hold-80.txt &&
	wait_for 20 sh -c "teamctl status --json | grep -q \"\\\"working\\\"\"" &&
	show claude-shell-80.txt && wait_for 20 lines 2 told && asked 2 &&
	measured "^teamctl_agent_questions_total{agent=\"p:a\",kind=\"permission\"} 2" &&
	wait_for 20 measured "^teamctl_agent_activity{agent=\"p:a\",activity=\"waiting\"} 1"
'

gone() { # NUMBER
	teamctl events --kind decision.gone >events && lines "$1" events
}

test_expect_success 'with the end of its agent it is gone' '
	gone 1 &&
	teamctl down --now a && wait_for 20 gone 2 &&
	wait_for 20 measured "^teamctl_events_total{event=\"decision.gone\"} 2" &&
	no_supervisor && supervisor && no_supervisor && gone 2
'

test_done
