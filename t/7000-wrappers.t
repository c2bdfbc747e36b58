#!/bin/sh
# The runtime wrappers: which arguments and variables reach each CLI.
. "$(dirname "$0")/lib.sh"

WRAPPERS=$ROOT/share/wrappers
PATH=$TRASH/bin:$PATH
export WRAPPERS RECORD

# A CLI that writes down how it was called, and what --help it has.
mkdir bin
cat >bin/fake <<-'EOF2'
	#!/bin/sh
	if [ "$*" = --help ]; then
		cat "$TRASH/help"
		exit
	fi
	for word; do
		printf '%s\0' "$word"
	done >"$TRASH/argv"
	env >"$TRASH/environment"
EOF2
chmod +x bin/fake
for cli in claude codex gemini opencode mine; do
	ln -s fake "bin/$cli"
done
: >help

# wrapper NAME [VARIABLE=VALUE...]: the argv that it makes, a line each, with
# "~" for a newline inside.
wrapper() {
	name=$1
	shift
	rm -f argv
	env -i PATH="$PATH" TRASH="$TRASH" "$@" "$WRAPPERS/$name" p:a &&
	tr '\n\0' '~\n' <argv >actual
}

printf 'You are "Dev".\nUse C:\\new.\n' >role.md
: >empty.md
cat >mcp.json <<\EOF2
{
  "mcpServers": {
    "docs": {
      "command": "x"
    }
  }
}
EOF2
sed 's/"docs"/"team"/' mcp.json >team.json
cat >mcp.toml <<\EOF2
mcp_servers.docs.command="docs mcp"
mcp_servers.docs.args=["a b"]
EOF2

test_expect_success 'claude-code: all there is to say' '
	cat >expect <<-EOF &&
	--permission-mode
	plan
	--model
	opus 5
	--effort
	high
	--mcp-config
	$TRASH/mcp.json
	--append-system-prompt-file
	$TRASH/role.md
	--
	-hello * \$HOME
	EOF
	wrapper claude-code PERMISSION_MODE=plan MODEL="opus 5" EFFORT=high \
		MCP_CONFIG="$TRASH/mcp.json" SYSTEM_PROMPT_PATH="$TRASH/role.md" \
		BOOTSTRAP_PROMPT="-hello * \$HOME" &&
	test_cmp expect actual
'

test_expect_success 'claude-code: what is unset, empty or not there is left out' '
	wrapper claude-code &&
	test_must_be_empty actual &&
	wrapper claude-code MODEL= EFFORT= PERMISSION_MODE= MCP_CONFIG= \
		SYSTEM_PROMPT_PATH= BOOTSTRAP_PROMPT= &&
	test_must_be_empty actual &&
	wrapper claude-code PERMISSION_MODE=attended \
		MCP_CONFIG="$TRASH/none" SYSTEM_PROMPT_PATH="$TRASH/empty.md" &&
	test_must_be_empty actual
'

test_expect_success 'claude-code: the mail channel only with the team server' '
	cat >expect <<-EOF &&
	--mcp-config
	$TRASH/team.json
	--dangerously-load-development-channels
	server:team
	EOF
	wrapper claude-code MCP_CONFIG="$TRASH/team.json" &&
	test_cmp expect actual
'

test_expect_success 'codex: all there is to say' '
	cat >expect <<-\EOF &&
	-a
	on-request
	-s
	workspace-write
	-m
	gpt-5
	-c
	model_reasoning_effort="high"
	-c
	mcp_servers.docs.args=["a b"]
	-c
	mcp_servers.docs.command="docs mcp"
	-c
	developer_instructions="You are \"Dev\".\nUse C:\\new.\n"
	--
	hello
	EOF
	wrapper codex PERMISSION_MODE=acceptEdits MODEL=gpt-5 EFFORT=high \
		MCP_CONFIG="$TRASH/mcp.toml" \
		SYSTEM_PROMPT_PATH="$TRASH/role.md" BOOTSTRAP_PROMPT=hello &&
	test_cmp expect actual
'

test_expect_success 'codex: nothing to say; no daemon where there is one' '
	wrapper codex &&
	test_must_be_empty actual &&
	echo "      --no-daemon" >help &&
	test_when_finished ": >\"$TRASH/help\"" &&
	wrapper codex MODEL=m &&
	printf "%s\n" --no-daemon -m m >expect &&
	test_cmp expect actual
'

# mode FLAGS...: codex with that permission mode.
codex_mode() {
	mode=$1
	shift
	wrapper codex PERMISSION_MODE="$mode" &&
	printf '%s\n' "$@" >expect &&
	test_cmp expect actual
}

test_expect_success 'codex: permission modes' '
	codex_mode plan -s read-only &&
	codex_mode default -a on-request &&
	codex_mode auto -a never -s workspace-write &&
	codex_mode dontAsk -a never -s workspace-write &&
	codex_mode bypassPermissions \
		--dangerously-bypass-approvals-and-sandbox &&
	codex_mode never -a never &&
	wrapper codex PERMISSION_MODE=attended &&
	test_must_be_empty actual
'

test_expect_success 'gemini: all there is to say' '
	cat >expect <<-\EOF &&
	--approval-mode
	yolo
	--model
	pro
	--prompt-interactive=-hello
	EOF
	wrapper gemini PERMISSION_MODE=auto MODEL=pro EFFORT=high \
		MCP_CONFIG="$TRASH/mcp.json" \
		SYSTEM_PROMPT_PATH="$TRASH/role.md" BOOTSTRAP_PROMPT=-hello &&
	test_cmp expect actual &&
	grep -x "GEMINI_SYSTEM_MD=$TRASH/role.md" environment &&
	grep -x "GEMINI_CLI_SYSTEM_DEFAULTS_PATH=$TRASH/mcp.json" environment
'

test_expect_success 'gemini: nothing to say; the user goes first' '
	printf "{\n  \"mcpServers\": {}\n}" >none.json &&
	wrapper gemini SYSTEM_PROMPT_PATH="$TRASH/none" \
		MCP_CONFIG="$TRASH/none.json" &&
	test_must_be_empty actual &&
	test_must_fail grep GEMINI environment &&
	wrapper gemini PERMISSION_MODE=acceptEdits GEMINI_SYSTEM_MD=1 \
		SYSTEM_PROMPT_PATH="$TRASH/role.md" &&
	printf "%s\n" --approval-mode auto_edit >expect &&
	test_cmp expect actual &&
	grep -x GEMINI_SYSTEM_MD=1 environment
'

test_expect_success 'opencode: all there is to say, and nothing' '
	printf "%s\n" --auto --model a/b --prompt=-hello >expect &&
	wrapper opencode PERMISSION_MODE=auto MODEL=a/b \
		MCP_CONFIG="$TRASH/mcp.json" BOOTSTRAP_PROMPT=-hello &&
	test_cmp expect actual &&
	grep -x "OPENCODE_CONFIG=$TRASH/mcp.json" environment &&
	wrapper opencode PERMISSION_MODE=plan OPENCODE_CONFIG=mine \
		MCP_CONFIG="$TRASH/mcp.json" &&
	printf "%s\n" --agent plan >expect &&
	test_cmp expect actual &&
	grep -x OPENCODE_CONFIG=mine environment &&
	wrapper opencode &&
	test_must_be_empty actual
'

test_expect_success 'the descriptor decides which program, and adds to its end' '
	for w in claude-code codex gemini opencode command
	do
		rm -f argv &&
		RUNTIME_BINARY="$TRASH/bin/mine" "$WRAPPERS/$w" p:a "two words" "" &&
		printf "two words\0\0" >expect &&
		test_cmp expect argv || return 1
	done
'

test_expect_success 'command: needs a program' '
	test_must_fail "$WRAPPERS/command" p:a 2>err &&
	grep RUNTIME_BINARY err &&
	test_must_fail "$WRAPPERS/command" 2>err &&
	grep usage err
'

test_expect_success 'the pid of a wrapper becomes that of its CLI' '
	cat >bin/pid <<-\EOF &&
	#!/bin/sh
	echo $$
	EOF
	chmod +x bin/pid &&
	for w in "$WRAPPERS"/*
	do
		RUNTIME_BINARY=pid sh -c "echo \$\$; exec \"\$1\" p:a" sh "$w" \
			>pids 2>&1 &&
		test "$(sort -u pids | wc -l)" = 1 || return 1
	done
'

test_done
