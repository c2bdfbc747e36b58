#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# From the compose file to the program: env files, descriptors, secrets.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# A CLI that writes down how it was called and then waits to be ended.
mkdir bin
cat >bin/fake-cli <<-'EOF2'
	#!/bin/sh
	[ "$*" != --help ] || exit 0
	for word; do
		printf '%s\0' "$word"
	done >"$CALLS/$AGENT_ID.argv"
	env -0 >"$CALLS/$AGENT_ID.env.new"
	mv "$CALLS/$AGENT_ID.env.new" "$CALLS/$AGENT_ID.env"
	exec "$FAKE_AGENT"
EOF2
chmod +x bin/fake-cli
for cli in claude codex gemini opencode mycli; do
	ln -s fake-cli "bin/$cli"
done
CALLS=$TRASH/calls
PATH=$TRASH/bin:$PATH
export CALLS PATH
mkdir "$CALLS"

# called ID: the argv of an agent, a line each, once it runs.
called() {
	wait_for 20 test -f "$CALLS/$1.env" &&
	tr '\0' '\n' <"$CALLS/$1.argv"
}

# variable ID NAME: its value, in the process.
variable() {
	wait_for 20 test -f "$CALLS/$1.env" &&
	perl -0 -ne 'BEGIN { $name = shift } chomp; print $1 if /\A\Q$name\E=(.*)/s' \
		"$2" <"$CALLS/$1.env"
}

test_expect_success 'W27: each bundled runtime and one of the team'\''s own' '
	mkdir roles runtimes &&
	echo "You are dev." >roles/dev.md &&
	cat >runtimes/mine.yaml <<-\EOF &&
	binary: mycli
	default_model: small
	env: { MY_HOME: "${TEAMCTL_ROOT}/home", MY_EFFORT: "${EFFORT}" }
	args:
	- --fast
	- [--model, "${MODEL}"]
	- [--effort, "${EFFORT}"]
	drain: { keys: [C-c], repeat: 2, gap: 100ms }
	EOF
	team "claude: { runtime: claude-code, model: opus, role_prompt: roles/dev.md }" \
		"codex: { runtime: codex, role_prompt: [roles/dev.md, roles/dev.md] }" \
		"gemini: { runtime: gemini, permission_mode: plan }" \
		"opencode: { runtime: opencode, model: a/b }" \
		"mine: { runtime: mine }" &&
	teamctl up &&
	cat >expect <<-EOF &&
	--name
	teamctl:p:claude
	--session-id
	$(sed -n "s/^CLAUDE_SESSION_ID=//p" state/envs/p-claude.env)
	--model
	opus
	--mcp-config
	$TRASH/state/mcp/p-claude.json
	--append-system-prompt-file
	$TRASH/roles/dev.md
	EOF
	called p:claude >actual &&
	test_cmp expect actual &&
	cat >expect <<-\EOF &&
	-c
	developer_instructions="You are dev.\n\n\n—\n\nYou are dev.\n"
	EOF
	called p:codex >actual &&
	test_cmp expect actual &&
	printf "%s\n" --approval-mode plan >expect &&
	called p:gemini >actual &&
	test_cmp expect actual &&
	printf "%s\n" --model a/b >expect &&
	called p:opencode >actual &&
	test_cmp expect actual &&
	printf "%s\n" --fast --model small >expect &&
	called p:mine >actual &&
	test_cmp expect actual &&
	test "$(variable p:mine MY_HOME)" = "$TRASH/home" &&
	test -z "$(variable p:mine MY_EFFORT)"
'

test_expect_success 'W1, W2: down drains each of them' '
	teamctl down >actual &&
	test "$(grep -c "drained in" actual)" = 5
'

test_expect_success 'the env file is the original'\''s, in its order' '
	cat >expect <<-EOF &&
	AGENT_ID=p:claude
	PROJECT_ID=p
	RUNTIME=claude-code
	MODEL=opus
	TEAMCTL_MAILBOX=$TRASH/state/mailbox.db
	MCP_CONFIG=$TRASH/state/mcp/p-claude.json
	SYSTEM_PROMPT_PATH=$TRASH/roles/dev.md
	CLAUDE_PROJECT_DIR=.
	TEAMCTL_ROOT=$TRASH
	TMUX_SESSION=a-p-claude
	EOF
	head -n 10 state/envs/p-claude.env >actual &&
	test_cmp expect actual
'

test_expect_success 'W39: nobody else can read what is rendered' '
	for f in envs mcp launch exits role_prompts
	do
		test "$(stat -c %a "state/$f")" = 700 || return 1
	done &&
	find state -type f ! -perm 600 -print >wide &&
	test_must_be_empty wide
'

test_expect_success 'W6: every value arrives byte for byte' '
	rm -f calls/* &&
	cat >team-compose.yaml <<-\EOF &&
	version: 2
	projects:
	- id: p
	  cwd: .
	  workers:
	    mine:
	      runtime: mine
	      environment:
	        BLANKS: "  two  words "
	        GLOB: "* ? [a-z]"
	        SHELL_TEXT: "$$HOME `id` $$(id) ; exit"
	        QUOTES: "\"double\" '\''single'\'' \\ back"
	        LEADING: "\"x"
	        LINES: "one\ntwo\n\n"
	        CONTROL: "tab\there\rand \x1b[0m"
	        EQUALS: a=b=c
	        UTF8: "grüße — 日本"
	        EMPTY: ""
	EOF
	teamctl up &&
	printf "  two  words " >want && variable p:mine BLANKS >got &&
	cmp want got &&
	printf "* ? [a-z]" >want && variable p:mine GLOB >got &&
	cmp want got &&
	printf "\$HOME \`id\` \$(id) ; exit" >want &&
	variable p:mine SHELL_TEXT >got && cmp want got &&
	printf "\"double\" '\''single'\'' %s back" "\\" >want &&
	variable p:mine QUOTES >got && cmp want got &&
	printf "\"x" >want && variable p:mine LEADING >got && cmp want got &&
	printf "one\ntwo\n\n" >want && variable p:mine LINES >got &&
	cmp want got &&
	printf "tab\there\rand \033[0m" >want && variable p:mine CONTROL >got &&
	cmp want got &&
	printf "a=b=c" >want && variable p:mine EQUALS >got && cmp want got &&
	printf "grüße — 日本" >want && variable p:mine UTF8 >got &&
	cmp want got &&
	grep -z "^EMPTY=$" calls/p:mine.env &&
	teamctl down
'

test_expect_success 'W21: .env reaches the agents' '
	rm -f calls/* &&
	echo "EFFORT=high" >.env &&
	test_when_finished "rm \"$TRASH/.env\"" &&
	team "mine: { runtime: mine }" &&
	teamctl up &&
	test "$(variable p:mine EFFORT)" = high &&
	printf "%s\n" --fast --model small --effort high >expect &&
	called p:mine >actual &&
	test_cmp expect actual &&
	teamctl down
'

test_expect_success 'secrets: in the env file, in no argument and no message' '
	rm -f calls/* &&
	echo "s3cret-file" >token &&
	cat >team-compose.yaml <<-\EOF &&
	version: 2
	projects:
	- id: p
	  cwd: .
	  workers:
	    mine:
	      runtime: mine
	      environment:
	      - { name: API_TOKEN, secret_ref: "${TOKEN}" }
	      secrets:
	      - { name: TOKEN, from: "file:token" }
	      - { name: FROM_CMD, from: "cmd:echo s3cret-cmd" }
	      - { name: FROM_ENV, from: "env:MY_SECRET" }
	EOF
	MY_SECRET=s3cret-env teamctl up >out 2>&1 &&
	test "$(variable p:mine API_TOKEN)" = s3cret-file &&
	test "$(variable p:mine FROM_CMD)" = s3cret-cmd &&
	test "$(variable p:mine FROM_ENV)" = s3cret-env &&
	MY_SECRET=s3cret-env teamctl status --json >>out &&
	test_must_fail grep s3cret out &&
	tmux show-environment -t =a-p-mine >tmux-env &&
	tmux show-environment -g >>tmux-env &&
	tmux list-panes -a -F "#{pane_start_command}" >>tmux-env &&
	test_must_fail grep -e s3cret-file -e s3cret-cmd tmux-env &&
	test_must_fail grep -rl -e s3cret-file -e s3cret-cmd -e s3cret-env \
		state --exclude-dir=envs &&
	teamctl down
'

test_expect_success 'a missing secret stops that agent only, not the others' '
	rm -f calls/* &&
	team "mine: { runtime: mine, secrets: [{ name: NOT_SET }] }" \
		"$(fake other)" &&
	test_expect_code 1 teamctl up >out 2>err &&
	test_grep "team-compose.yaml:[0-9:]* error: agent .p:mine. needs the secret .NOT_SET., which is not there: the variable .NOT_SET. is not set \[secret-missing\]" err &&
	test "$(grep -c "the secret .NOT_SET" err)" = 1 &&
	is p:other state running &&
	is p:mine state failed &&
	teamctl down
'

test_expect_success 'a missing binary: exit 8 and the package, nothing started' '
	mv bin/codex bin/codex.away &&
	test_when_finished "mv \"$TRASH/bin/codex.away\" \"$TRASH/bin/codex\"" &&
	team "codex: { runtime: codex }" "$(fake other)" &&
	test_expect_code 8 teamctl up >out 2>err &&
	test_grep codex err &&
	test_grep "npm package @openai/codex" err &&
	test_must_be_empty out &&
	sessions 0
'

test_expect_success 'W28: a malformed descriptor is an error with a place' '
	echo "drain: [" >runtimes/broken.yaml &&
	test_when_finished "rm \"$TRASH/runtimes/broken.yaml\"" &&
	team "mine: { runtime: mine }" &&
	test_expect_code 3 teamctl up 2>err &&
	test_grep "^runtimes/broken.yaml:[0-9]*:[0-9]*: error: " err
'

test_expect_success 'the bundled descriptors have no fault a team'\''s own could have' '
	cp "$ROOT"/share/runtimes/*.yaml runtimes/ &&
	test_when_finished "cd \"$TRASH/runtimes\" &&
		rm claude-code.yaml codex.yaml gemini.yaml opencode.yaml" &&
	team "mine: { runtime: mine }" &&
	teamctl up 2>err &&
	teamctl down &&
	test_must_be_empty err &&
	sed "s/Type your message/(/" "$ROOT/share/runtimes/gemini.yaml" \
		>runtimes/gemini.yaml &&
	teamctl up 2>err &&
	teamctl down &&
	test_grep "^runtimes/gemini.yaml:.*\[pattern\]" err
'

test_expect_success 'every key of a descriptor is in the man page, and no other' '
	sed -n "s/^	KEY(\"\([a-z_]*\)\".*/\1/p" \
		"$ROOT/src/runtime-read.c" "$ROOT/src/runtime-screens.c" |
		sort >expect &&
	sed -n "/^\.Sh DESCRIPTORS/,/^\.Ss Variables/s/^\.It Ic \([a-z_]*\)$/\1/p" \
		"$ROOT/man/teamctl-wrapper.7" | sort >actual &&
	test -s expect &&
	test_cmp expect actual
'

test_expect_success 'every variable of descriptors is in the man page' '
	sed -n "/^const char \*const runtime_variables/,/NULL/p" \
		"$ROOT/src/runtime.c" | grep -o "\"[A-Z_]*\"" | tr -d "\"" |
		sort >expect &&
	sed -n "/^\.Ss Variables/,/^\.Sh WRAPPERS/p" \
		"$ROOT/man/teamctl-wrapper.7" | grep "^\.Ev" |
		grep -o "[A-Z][A-Z_]*[A-Z]" | sort >actual &&
	test_cmp expect actual
'

test_expect_success 'the example of the man page is a descriptor that works' '
	sed -n "/^\.Bd -literal/,/^\.Ed/p" "$ROOT/man/teamctl-wrapper.7" |
		sed -e "/^\./d" -e "s/\\\\(aq/'\''/g" >runtimes/aider.yaml &&
	test_when_finished "rm \"$TRASH/runtimes/aider.yaml\"" &&
	ln -sf fake-cli bin/aider &&
	team "aider: { runtime: aider, model: big }" &&
	teamctl up 2>err &&
	test_must_be_empty err &&
	printf "%s\n" --no-auto-commits --model big >expect &&
	called p:aider >actual &&
	test_cmp expect actual &&
	teamctl down
'

test_done
