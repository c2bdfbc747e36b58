#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The real agent CLIs in turns: their questions are told and answered, texts
# arrive.  As t/7100, with t/tools/model-stand-in for their models, in a network
# namespace that has nothing but a loopback.
if [ -n "$TEAMCTL_REAL_CLIS" ] && [ -z "$REAL_TURNS_ISOLATED" ]; then
	REAL_TURNS_ISOLATED=1
	export REAL_TURNS_ISOLATED
	if unshare -n true 2>/dev/null; then
		exec unshare -n "$0" "$@"
	elif unshare -rn true 2>/dev/null; then
		exec unshare -rn "$0" "$@"
	fi
	echo '1..0 # SKIP no network namespace to be had'
	exit 0
fi
real_clis=$TEAMCTL_REAL_CLIS
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

[ -n "$real_clis" ] || skip_all 'TEAMCTL_REAL_CLIS is not set'
command -v python3 >/dev/null || skip_all 'no python3'
command -v git >/dev/null || skip_all 'no git'
ip link set lo up || skip_all 'no loopback'
for cli in claude codex gemini opencode; do
	[ ! -x "$real_clis/$cli" ] || test_set_prereq "$cli"
done
PATH=$real_clis:$PATH
export PATH

port=8901
mkdir work requests "$HOME/.gemini" "$HOME/.codex" &&
mkdir -p "$HOME/.config/opencode" || exit 1
"$ROOT/t/tools/model-stand-in" $port - requests >stand-in &
model=$!
git init -q work && wait_for 20 grep -q ready stand-in || exit 1

# What a person has answered before, but for the trust in the folder.
key=sk-ant-test-key-0123456789ab
cat >"$HOME/.claude.json" <<-EOF2
	{ "hasCompletedOnboarding": true, "theme": "dark",
	  "lastOnboardingVersion": "9.9.9", "numStartups": 5,
	  "customApiKeyResponses": {
	    "approved": ["est-key-0123456789ab"], "rejected": [] } }
EOF2
cat >"$HOME/.codex/config.toml" <<-EOF2
	check_for_update_on_startup = false
	model_provider = "standin"
	[analytics]
	enabled = false
	[features]
	plugins = false
	[tui]
	screen_reader_detection_done = true
	[model_providers.standin]
	name = "standin"
	base_url = "http://127.0.0.1:$port/v1"
	env_key = "STANDIN_KEY"
	wire_api = "responses"
EOF2
echo '{"security": {"auth": {"selectedType": "gemini-api-key"}},
    "general": {"disableAutoUpdate": true, "enableAutoUpdate": false}}' \
    >"$HOME/.gemini/settings.json"
cat >"$HOME/.config/opencode/opencode.json" <<-EOF2
	{ "autoupdate": false, "small_model": "standin/small",
	  "share": "disabled", "permission": { "bash": "ask", "edit": "ask" },
	  "provider": { "standin": {
	    "npm": "@ai-sdk/openai-compatible", "name": "Stand-in",
	    "options": { "baseURL": "http://127.0.0.1:$port/v1",
	      "apiKey": "none" },
	    "models": { "small": { "name": "Small" } } } } }
EOF2

# real RUNTIME MODEL [KEY: VALUE]: a team of one agent in ./work.
real() {
	cat >team-compose.yaml <<-EOF2
	version: 2
	supervisor: { drain_timeout_secs: $((20 * TEST_SLOW)), autostart: false }
	projects:
	- id: p
	  cwd: work
	  workers:
	    agent:
	      runtime: $1
	      model: $2
	      $3
	      environment:
	        ANTHROPIC_API_KEY: $key
	        ANTHROPIC_BASE_URL: "http://127.0.0.1:$port"
	        CLAUDE_CODE_MAX_RETRIES: "0"
	        DISABLE_AUTOUPDATER: "1"
	        DISABLE_TELEMETRY: "1"
	        GEMINI_API_KEY: $key
	        GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:$port"
	        IS_SANDBOX: "1"
	        OPENCODE_DISABLE_MODELS_FETCH: "1"
	        STANDIN_KEY: none
	EOF2
}

# asks KIND REGEX: that is its question now
asks() {
	teamctl decisions agent >asked && cat asked &&
	grep -q "^p:agent: $1" asked && grep -q -e "$2" asked
}

idle() {
	teamctl classify agent >is && cat is && grep -q "p:agent *idle" is
}

# requests REGEX: so many requests of models have that in them
requests() {
	find requests -name "*.json" -exec grep -l -e "$1" {} + | wc -l
}

# The text of FILE is a part of what was asked, as it is.
arrived() {
	perl -MJSON::PP -e '
		local $/;
		open my $in, "<:encoding(UTF-8)", shift or die;
		my $want = <$in>;
		sub has { my $x = shift;
			ref $x eq "HASH" ? grep { has($_) } values %$x :
			ref $x eq "ARRAY" ? grep { has($_) } @$x :
			defined $x && index($x, $want) >= 0 }
		for my $file (glob "requests/*.json") {
			open my $json, "<", $file or die;
			exit 0 if has(decode_json(<$json>));
		}
		exit 1' "$1"
}

# Letters of many kinds, what a shell or tmux would take for its own.
perl -CS -e 'my @w = ("gr\x{f6}\x{df}e", "\x{65e5}\x{672c}", "\$(id)", "`x`",
	"#{pane_id}", "%d", "\x27q\x27", "\"d\"", "a;b", "\\n", "--opt");
	my $n = 0; my $s = "";
	$s .= $w[$n % @w] . ($n++ % 9 ? " " : "\n") while length $s < 90000;
	print $s, "Say hello."' >big

# permission ANSWER KIND REGEX: it asks, as that says, and is answered.
permission() {
	teamctl send agent "Please run the tests." &&
	wait_for 60 asks "$2" "$3" &&
	test_expect_code 6 teamctl send agent "not now" 2>err &&
	test_grep "it shows a dialog" err &&
	teamctl answer agent "$1" &&
	wait_for 60 idle
}

# talk: texts go in, and are ended turns when send says so.
talk() {
	teamctl send agent --wait=60s "Say hello." &&
	before=$(requests "Say hello") && test "$before" -ge 1 &&
	teamctl send agent --wait=100s - <big && arrived big &&
	test_expect_code 6 \
	    teamctl send agent --wait=60s "I have a question back." >out &&
	cat out && test_grep "then: waiting (question)" out &&
	teamctl answer agent "Say hello, the short way." &&
	wait_for 60 idle && test "$(requests "the short way")" -ge 1
}

# trust DEFAULT: the folder is trusted, as the dialog proposes
trust() {
	wait_for 60 asks trust "(default)" &&
	teamctl answer agent --default && wait_for 60 idle &&
	teamctl decisions agent --check
}

# end: in an orderly way, for what it has said last
end() {
	teamctl down >out && cat out && test_grep "p:agent.*drained" out
}

test_expect_success claude 'claude: trust, permission, texts' '
	test_when_finished "teamctl logs agent >last-screen; cp asked last-asked; teamctl down --now" &&
	real claude-code sonnet && teamctl up && trust &&
	permission 1 permission "curl -s http" &&
	permission No permission "1. Yes (default)" &&
	talk && end
'

test_expect_success codex 'codex: trust, permission, texts' '
	test_when_finished "teamctl logs agent >last-screen; cp asked last-asked; teamctl down --now" &&
	real codex gpt-5-codex && teamctl up && trust &&
	permission 1 permission "curl -s http" &&
	permission 3 permission "1. Yes, proceed (y) (default)" &&
	talk && end
'

test_expect_success gemini 'gemini: trust, permission, texts' '
	test_when_finished "teamctl logs agent >last-screen; cp asked last-asked; teamctl down --now" &&
	real gemini gemini-2.5-flash && teamctl up && trust &&
	permission "Allow once" permission "curl -s http" &&
	permission No permission "1. Allow once (default)" &&
	talk && end
'

test_expect_success opencode 'opencode: permission, one question after the other, texts' '
	test_when_finished "teamctl logs agent >last-screen; cp asked last-asked; teamctl down --now" &&
	real opencode standin/small && teamctl up && wait_for 60 idle &&
	permission --default permission "curl -s http" &&
	permission Reject permission "1. Allow once (default)" &&
	teamctl send agent "Please run the tests." &&
	wait_for 60 asks permission "2. Allow always" &&
	teamctl answer agent 2 &&
	wait_for 20 asks permission "1. Confirm (default)" &&
	teamctl answer agent Cancel &&
	wait_for 20 asks permission "2. Allow always" &&
	teamctl answer agent 1 && wait_for 60 idle &&
	teamctl send agent "Please ask me." &&
	wait_for 60 asks choice "1. Red (default)" &&
	teamctl answer agent Blue && wait_for 60 idle &&
	test "$(requests "Blue")" -ge 1 &&
	talk && end
'

kill $model
wait $model 2>/dev/null

test_done
