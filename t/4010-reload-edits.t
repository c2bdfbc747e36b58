#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# One edit after the other, of everything that can matter to an agent: the dry
# run says what the run does, only what is concerned is restarted, and
# afterwards there are no changes.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

pids() {
	teamctl status --json >status.json &&
	perl -MJSON::PP -e '
		local $/;
		print "$_->{id} ", $_->{pid} // "-", "\n"
			for @{decode_json(<STDIN>)->{agents}}' <status.json | sort
}

# edited LINE [AGENT]: reload prints that line, with and without --dry-run, and
# AGENT has another pid afterwards, nobody else.
edited() {
	pids >before &&
	echo "$1 (dry run)" >expect &&
	teamctl reload --dry-run >actual &&
	test_cmp expect actual &&
	teamctl plan >actual &&
	echo "$1" >expect &&
	test_cmp expect actual &&
	teamctl reload >out &&
	sed '/^reload: /d; s/ \[.*//' out >actual &&
	test_cmp expect actual &&
	pids >after &&
	diff before after | sed -n 's/^> \([^ ]*\) .*/\1/p' >actual &&
	printf '%s' "${2:+$2
}" >expect &&
	test_cmp expect actual &&
	echo "no changes" >expect &&
	teamctl reload >actual &&
	test_cmp expect actual
}

edit() {
	sed "$1" team-compose.yaml >new && ! cmp -s new team-compose.yaml &&
	mv new team-compose.yaml
}

test_expect_success 'a team with a bit of everything' '
	mkdir -p w one two runtimes && echo one >a.md && echo two >b.md &&
	echo E=1 >extra.env && echo s1 >token &&
	printf "#!/bin/sh\nexec \"%s\"\n" "$FAKE_AGENT" >w/mine &&
	chmod +x w/mine &&
	cat >runtimes/mine.yaml <<-EOF &&
	binary: $FAKE_AGENT
	wrapper: ./w/mine
	supports_mcp: true
	env: { R: "1" }
	EOF
	cat >team-compose.yaml <<-EOF &&
	version: 2
	supervisor: { tmux_prefix: a-, autostart: false }
	projects:
	- id: p
	  cwd: one
	  managers:
	    boss:
	      runtime: mine
	      model: m1
	      effort: low
	      permission_mode: auto
	      role_prompt: [a.md, b.md]
	      mcps: { s: { command: srv, args: [x1], env: { K: v } } }
	      environment: { F: "1" }
	      env_file: extra.env
	      secrets: [ { name: T, from: "file:token" } ]
	      drain: { timeout: 5s }
	      resource_limits: { max_file_descriptors: 100 }
	  workers:
	    dev: { command: [$FAKE_AGENT], can_dm: [boss] }
	    other: { command: [$FAKE_AGENT] }
	EOF
	teamctl up
'

while IFS='|' read -r what how line agent; do
	test_expect_success "an edit of $what" "
		$how &&
		edited '$line' $agent
	"
done <<'EOF'
the second role prompt|echo more >>b.md|changed · p:boss (role_prompt)|p:boss
the model|edit "s/model: m1/model: m2/"|changed · p:boss (env)|p:boss
the effort|edit "s/: low/: max/"|changed · p:boss (env)|p:boss
the permission mode|edit "s/: auto/: plan/"|changed · p:boss (env)|p:boss
an MCP server|edit "s/\[x1\]/[x2]/"|changed · p:boss (mcp)|p:boss
a variable|edit "s/F: .1./F: two/"|changed · p:boss (env)|p:boss
an env_file|echo E=2 >extra.env|changed · p:boss (env)|p:boss
a secret|echo s2 >token|changed · p:boss (env)|p:boss
a limit|edit "s/: 100 /: 120 /"|changed · p:boss (limits)|p:boss
the wrapper|echo "# x" >>w/mine|changed · p:boss (wrapper)|p:boss
the descriptor|sed "s/R: .1./R: two/" runtimes/mine.yaml >new && mv new runtimes/mine.yaml|changed · p:boss (env)|p:boss
a command|edit "s/dev: { command: \[\(.*\)\], can/dev: { command: [\1, --trap, HUP], can/"|changed · p:dev (command)|p:dev
the drain|edit "s/timeout: 5s/timeout: 6s/"|updated · p:boss (drain)|
an access list|edit "s/\[boss\]/[boss, other]/"|updated · p:dev (acl)|
EOF

# people MANAGERS WORKERS: each an agent's id, or nothing.
people() {
	cat >team-compose.yaml <<-END
	version: 2
	supervisor: { tmux_prefix: ${PREFIX:-a-}, autostart: false }
	projects:
	- id: q
	  cwd: .
	  managers: { ${1:+$1: { command: [$FAKE_AGENT] \}} }
	  workers: { ${2:+$2: { command: [$FAKE_AGENT] \}} }
	END
}

test_expect_success 'an agent that becomes a manager goes on' '
	teamctl down && rm -r state &&
	people "" x && teamctl up &&
	pids >before &&
	people x "" && teamctl reload &&
	pids >after &&
	test_cmp before after
'

test_expect_success 'up names who is not in the file any more' '
	people x y && teamctl up &&
	people x "" && teamctl up 2>err &&
	test_grep "q:y. runs, but is not in the compose file" err &&
	test_grep "hint: .teamctl reload" err &&
	teamctl --quiet up 2>err &&
	test_must_be_empty err &&
	is q:y state running &&
	edited "removed · q:y" &&
	people x y &&
	edited "added   · q:y" q:y
'

test_expect_success 'another tmux_prefix: the session stays, with a new name' '
	before=$(tmux display-message -p -t =a-q-x: "#{session_id}") &&
	PREFIX=b- people x y && teamctl reload &&
	tmux list-sessions -F "#{session_name}" >actual &&
	printf "b-q-x\nb-q-y\n" >expect &&
	test_cmp expect actual &&
	tmux display-message -p -t =b-q-x: "#{session_id}" >actual &&
	echo "$before" >expect &&
	test_cmp expect actual &&
	is q:x session b-q-x &&
	teamctl reload >actual &&
	echo "no changes" >expect &&
	test_cmp expect actual
'

order() {
	teamctl status | sed -n "s/^q:\([^ ]*\) .*/\1/p" | tr "\n" " "
}

test_expect_success 'an added agent is listed where the compose file has it' '
	teamctl down && rm -r state &&
	people "" y && teamctl up && people x y && teamctl reload &&
	test "$(order)" = "x y " &&
	teamctl down && rm -r state &&
	teamctl up y && teamctl up && test "$(order)" = "x y " &&
	teamctl restart x
'

test_expect_success 'how the run before ended is known after a restart' '
	is q:x last_signal 2 && is q:x last_exit 130 &&
	teamctl status x >out &&
	test_grep "signal 2 (INT)" out
'

test_expect_success 'a dry run fails as the run would' '
	printf "binary: no-such-cli\npackage: the box\n" >runtimes/none.yaml &&
	sed "s,command: \[.*/fake-agent\],runtime: none," team-compose.yaml \
	    >new &&
	mv new team-compose.yaml &&
	for verb in "reload --dry-run" plan "plan --json" reload; do
		test_expect_code 8 teamctl $verb >out 2>err &&
		test_must_be_empty out &&
		test_grep "needs .no-such-cli." err &&
		test_grep "the box" err || return 1
	done &&
	is q:x state running
'

test_expect_success 'a dry run leaves nothing behind' '
	mkdir -p new && cd new && people x y &&
	for verb in up reload restart down; do
		teamctl "$verb" --dry-run || return 1
	done &&
	echo team-compose.yaml >../expect && ls >../actual &&
	test_cmp ../expect ../actual
'

test_done
