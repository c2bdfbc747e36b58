#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Teams in folders with odd names, commands run from odd places, and an
# applied.json that others have written.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# round FOLDER: up, status, a reload of one agent, down, in there.
round() {
	mkdir -p "$1" && (
		cd "$1" && mkdir w && echo 1 >role &&
		{
			team "$(fake a --dump-cwd cwd)" \
			    "b: { runtime: mine, role_prompt: role }" &&
			sed 's/cwd: \./cwd: w/' team-compose.yaml >new &&
			mv new team-compose.yaml
		} && mkdir runtimes &&
		echo "binary: \"$FAKE_AGENT\"" >runtimes/mine.yaml &&
		teamctl up && is p:a state running &&
		test "$(tr -d '\0' <w/cwd)" = "$(pwd -P)/w" &&
		echo "no changes" >expect &&
		teamctl reload >actual && test_cmp expect actual &&
		echo 2 >role && teamctl reload >out &&
		test_grep "^changed · p:b (role_prompt) .drained" out &&
		teamctl down >out &&
		test_grep "^down: 2 agents: 2 drained" out &&
		sessions 0
	)
}

n=0
while IFS= read -r folder; do
	n=$((n + 1))
	test_expect_success "a folder named $folder" "
		cat >name <<-\\END &&
		$folder
		END
		round \"$n \$(cat name)\"
	"
done <<'EOF'
with two  blanks
quote's "and" more
#(touch pwned)#{pid}#S#,
$HOME `id`; exit
glob[ab]*?{x}
back\slash\n
grüße — 日本
-dash %h ~ ! |
EOF

test_expect_success 'folders named with control characters and bad UTF-8' '
	round "$(printf "new\nline")" &&
	round "$(printf "tab\tand \033[31m")" &&
	round "$(printf "latin\377")"
'

# Whoever writes more than 512 bytes there is killed, as by default.
too_large='(ulimit -f 1; exec dd if=/dev/zero of=zeros bs=4k count=1 2>/dev/null)'

test_expect_success 'a limit of the size of files is an error of writing' '
	team "a: { command: \"$too_large; echo \$\$? >code; exec $FAKE_AGENT\" }" &&
	mkdir -m 700 limited && # a server that is begun has the limit, too
	code=0 && { err=$(ulimit -f 1; TMUX_TMPDIR=$TRASH/limited
		export TMUX_TMPDIR; teamctl up 2>&1) || code=$?; } &&
	echo "$err" >err && test_grep "cannot write .*File too large" err &&
	test "$code" = 1 && (TMUX_TMPDIR=$TRASH/limited && sessions 0) &&
	sessions 0 && teamctl up
'

# They begin on another processor than up (os_leave_processor).
test_expect_success 'its server and its agents may use the processors that up may' '
	teamctl down >out && wait_for 20 sh -c "! tmux list-sessions" &&
	teamctl up >out && grep Cpus_allowed: "/proc/$$/status" >expect &&
	for pid in $(tmux display-message -p "#{pid}") $(field p:a pid); do
		grep Cpus_allowed: "/proc/$pid/status" >actual &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'agents and programs of exec do not ignore its signal' '
	kill -l "$(cat code)" >actual && echo XFSZ >expect &&
	test_cmp expect actual && rm code &&
	teamctl exec a -- sh -c "$too_large; echo \$? >code" &&
	kill -l "$(cat code)" >actual && test_cmp expect actual &&
	teamctl down
'

test_expect_success 'a path longer than any socket may have' '
	long=$(printf "%0100d" 7) &&
	round "$long/$long/$long"
'

test_expect_success 'nothing of the names was run' '
	find . -name pwned >actual &&
	test_must_be_empty actual
'

test_expect_success 'without HOME, TERM and a locale, with closed descriptors' '
	team "$(fake a)" &&
	(unset HOME TERM LC_ALL && teamctl up </dev/null) &&
	is p:a state running &&
	teamctl status <&- &&
	test_expect_code 1 teamctl status >&- &&
	env -i TMUX_TMPDIR="$TMUX_TMPDIR" TEAMCTL_SHARE="$TEAMCTL_SHARE" \
	    PATH="$PATH" "$TEAMCTL" down <&- 2>&- >out &&
	test_grep "^down: 1 agent: 1 drained" out
'

test_expect_success 'down although nobody reads what it says' '
	team "$(fake a)" "$(fake b)" && teamctl up &&
	{ teamctl down >&- 2>&-; test $? != 134; } &&
	sessions 0
'

test_expect_success 'a reader that goes away does not stop a down half-way' '
	team "$(fake a)" "$(fake b --slow-stop 300)" && teamctl up &&
	mkfifo pipe && { (: <pipe) & reader=$!; } &&
	{ teamctl down >pipe; wait $reader; } &&
	is p:b state stopped && sessions 0
'

test_expect_success 'from within the pane of an agent' '
	mkdir -p pane && cd pane &&
	team "$(fake a)" "sh: { command: [sh], restart: never, command_permissions: { allow_shutdown: true } }" &&
	teamctl up &&
	teamctl send sh "\"$TEAMCTL\" down p:sh >out 2>&1; echo \$? >code" &&
	wait_for 20 is p:sh state stopped && is p:a state running &&
	teamctl down && sessions 0
'

test_expect_success 'a file of the original, of schema 2 and of schema 3' '
	b=blake3:$(printf "%064d" 5) && mkdir -p rust && cd rust &&
	for schema in 2 3; do
		rm -rf state && mkdir state &&
		team "$(fake a)" "$(fake b)" &&
		cat >state/applied.json <<-END &&
		{ "schema": $schema, "applied_at": "2026-05-05T10:00:00Z",
		  "compose_digest": "$b",
		  "global": { "supervisor_type": "tmux", "tmux_prefix": "a-",
		    "broker_path": "state/mailbox.db",
		    "teamctl_version": "0.11.0" },
		  "agents": { "p:a": { "tmux_session": "a-p-a",
		      "env_file": "$PWD/state/envs/p-a.env",
		      "fingerprints": { "env": "$b", "mcp": "$b",
		        "role_prompt": { "kind": "none" },
		        "settings": "none" } },
		    "p:old": { "tmux_session": "a-p-old", "env_file": "x",
		      "fingerprints": { "env": "$b", "mcp": "$b",
		        "role_prompt": { "kind": "present", "hash": "$b" } } } },
		  "of_others": [1, 2] }
		END
		teamctl reload --dry-run >actual &&
		cat >expect <<-\END &&
		started · p:a (dry run)
		added   · p:b (dry run)
		removed · p:old (dry run)
		END
		test_cmp expect actual &&
		teamctl reload && is p:a state running &&
		test_grep of_others state/applied.json &&
		teamctl down || return 1
	done
'

test_expect_success 'a session that another program made is named, not touched' '
	team "$(fake a)" && teamctl up && teamctl down &&
	tmux new-session -d -s a-p-a &&
	test_when_finished "tmux kill-session -t =a-p-a" &&
	test_expect_code 1 teamctl up 2>err &&
	test_grep "not of this team" err &&
	teamctl down 2>err &&
	test_grep "warning: tmux has a session .a-p-a. that is not of this" err &&
	sessions 1
'

test_expect_success 'members of applied.json that cannot be agents are ignored' '
	mkdir -p outer/inner/state && cd outer/inner && team "$(fake a)" &&
	echo "{\"schema\":2,\"agents\":{\"x\":{},\"../../y:z\":{}}}" \
	    >state/applied.json &&
	mkdir -p ../../y-z && : >../y-z.env && : >../../y-z.json &&
	teamctl status --json >out && test_grep ! "\.\./y" out &&
	teamctl up && teamctl reload && teamctl down &&
	test -f ../y-z.env && test_grep "\.\./y:z" state/applied.json
'

test_expect_success 'a generation that no next one could follow' '
	team "$(fake a)" && teamctl up && teamctl down &&
	for gen in 9223372036854775807 -5; do
		sed -i "s/\"generation\": [0-9-]*/\"generation\": $gen/" \
			state/applied.json &&
		rm -f state/exits/* && teamctl up && is p:a state running &&
		teamctl down >actual && test_grep "p:a \[drained" actual &&
		sessions 0 || return 1
	done
'

# As on a full disk; a name that tmux would glob keeps the script out of state/.
test_expect_success 'no file for tmux can be written: it is done all the same' '
	mkdir "full*" && cd "full*" && team "$(fake a)" "$(fake b)" &&
	(TMPDIR=/nonexistent && export TMPDIR && teamctl up &&
	teamctl restart p:a && teamctl down >actual) &&
	test_grep "^down: 2 agents: 2 drained" actual &&
	sessions 0
'

test_expect_success 'applied.json of a later teamctl is left as it is' '
	echo "{\"schema\":9,\"agents\":{}}" >state/applied.json &&
	cp state/applied.json before &&
	test_expect_code 1 teamctl up 2>err &&
	test_grep "schema 9 is newer" err &&
	test_grep "^teamctl: hint: mend the file, or move it away" err &&
	teamctl status && test_cmp before state/applied.json
'

test_done
