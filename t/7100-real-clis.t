#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The real agent CLIs, without an account, in a network namespace without a
# network.  TEAMCTL_REAL_CLIS names the folder with their programs, as in
#
#	npm install --prefix DIR @anthropic-ai/claude-code @openai/codex \
#		@google/gemini-cli opencode-ai
#	TEAMCTL_REAL_CLIS=DIR/node_modules/.bin prove t/7100-real-clis.t
real_clis=$TEAMCTL_REAL_CLIS
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

[ -n "$real_clis" ] || skip_all 'TEAMCTL_REAL_CLIS is not set'
if unshare -n true 2>/dev/null; then
	ISOLATE='unshare -n'
elif unshare -rn true 2>/dev/null; then
	ISOLATE='unshare -rn'
else
	skip_all 'no network namespace to be had'
fi
for cli in claude codex gemini opencode; do
	[ ! -x "$real_clis/$cli" ] || test_set_prereq "$cli"
done
PATH=$real_clis:$PATH
export PATH

# What a person has answered before: a key that nobody knows, no tour.
key=sk-ant-test-key-0123456789ab
mkdir work "$HOME/.gemini" "$HOME/.codex"
cat >"$HOME/.claude.json" <<-EOF2
	{
	  "hasCompletedOnboarding": true,
	  "theme": "dark",
	  "customApiKeyResponses": {
	    "approved": ["est-key-0123456789ab"], "rejected": []
	  }
	}
EOF2
echo '{"security": {"auth": {"selectedType": "gemini-api-key"}}}' \
	>"$HOME/.gemini/settings.json"
echo "{\"$TRASH/work\": \"TRUST_FOLDER\"}" >"$HOME/.gemini/trustedFolders.json"
# Without a network codex takes five seconds more to end when it has analytics
# to send.
cat >"$HOME/.codex/config.toml" <<-EOF2
	check_for_update_on_startup = false
	[analytics]
	enabled = false
	[features]
	plugins = false
	[tui]
	screen_reader_detection_done = true
	[projects."$TRASH/work"]
	trust_level = "trusted"
EOF2
[ ! -x "$real_clis/codex" ] || echo "$key" |
	$ISOLATE "$real_clis/codex" login --with-api-key >/dev/null 2>&1
echo 'You are a test. Say "no" to all.' >role.md

# real RUNTIME MODEL [KEY: VALUE...]: a team of one agent in ./work.
real() {
	real_runtime=$1 real_model=$2
	shift 2
	cat >team-compose.yaml <<-EOF2
	version: 2
	trust_workspace: true
	supervisor: { drain_timeout_secs: $((20 * TEST_SLOW)) }
	projects:
	- id: p
	  cwd: work
	  workers:
	    agent:
	      runtime: $real_runtime
	      model: $real_model
	      role_prompt: role.md
		EOF2
	for real_line; do
		printf '      %s\n' "$real_line" >>team-compose.yaml
	done
}

mcps='mcps: { echo: { command: cat, args: ["-u"], env: { A_B: "c d" } } }'

# Its screen has a match of each pattern, now.
shows() {
	teamctl logs agent >screen 2>&1 || return 1
	for shows_pattern; do
		grep -Ei -e "$shows_pattern" screen || { cat screen; return 1; }
	done
}

# The screen shows that the CLI is ready, as its descriptor has it.
ready() {
	sed -n "/^ready_patterns/,/^[a-z]/s/^  - '\(.*\)'$/\1/p" \
		"$ROOT/share/runtimes/$1.yaml" | paste -sd'|' >pattern
	wait_for 60 shows "$(cat pattern)"
}

# drained FILE: reload or down has said so, and it was by keys: at half the
# time-out comes a signal.  On a busy machine gemini, and codex without a
# network, take seconds.
drained() {
	perl -ne 'exit !($1 < 10 * $ENV{TEST_SLOW}) if
		/agent.*\[drained in ([0-9.]+)s\]/; END { $? = 1 if $. == 0 }' \
		"$1" && test_grep "agent.*drained in" "$1"
}
export TEST_SLOW

# cycle RUNTIME MODEL2: an edit, reload, down; nothing is left.
cycle() {
	sed "s,^      model: .*,      model: $2," team-compose.yaml >new &&
	mv new team-compose.yaml &&
	$ISOLATE teamctl reload >out &&
	cat out &&
	drained out &&
	ready "$1" &&
	is p:agent state running &&
	teamctl down >out &&
	cat out &&
	drained out &&
	sessions 0
}

test_expect_success claude 'claude takes our arguments, drains, comes back' '
	test_when_finished "teamctl down --now" &&
	real claude-code sonnet "effort: high" "permission_mode: plan" "$mcps" \
		"environment: { ANTHROPIC_API_KEY: $key }" &&
	$ISOLATE teamctl up &&
	ready claude-code &&
	wait_for 20 shows "Sonnet.*high" "plan mode on" &&
	cycle claude-code haiku
'

test_expect_success codex 'codex takes our arguments, drains, comes back' '
	test_when_finished "teamctl down --now" &&
	real codex gpt-5-codex "effort: low" "permission_mode: auto" "$mcps" &&
	$ISOLATE teamctl up &&
	ready codex &&
	cycle codex gpt-5
'

test_expect_success gemini 'gemini takes our arguments, drains, comes back' '
	test_when_finished "teamctl down --now" &&
	real gemini gemini-2.5-pro "permission_mode: auto" \
		"environment: { GEMINI_API_KEY: $key }" &&
	$ISOLATE teamctl up &&
	ready gemini &&
	wait_for 20 shows "gemini-2.5-pro" "YOLO" &&
	cycle gemini gemini-2.5-flash
'

test_expect_success opencode 'opencode takes our arguments, drains, comes back' '
	test_when_finished "teamctl down --now" &&
	real opencode opencode/big-pickle "permission_mode: auto" "$mcps" &&
	$ISOLATE teamctl up &&
	ready opencode &&
	wait_for 20 shows "Build auto" &&
	cycle opencode opencode/other
'

test_expect_success claude 'claude is drained in the middle of a turn too' '
	test_when_finished "teamctl down --now" &&
	real claude-code sonnet \
		"environment: { ANTHROPIC_API_KEY: $key, BOOTSTRAP_PROMPT: hello }" &&
	$ISOLATE teamctl up &&
	wait_for 60 shows "hello" &&
	teamctl down >out &&
	cat out &&
	drained out
'

test_done
