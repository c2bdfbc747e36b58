#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# env: which variables the compose files refer to, and an agent's own; values
# are never shown whole by themselves.
. "${0%/*}/lib.sh"

mkdir projects
cat >team-compose.yaml <<'EOF'
version: 2
rate_limits:
  hooks:
    - { name: tell, action: webhook, url_env: HOOK_URL }
interfaces:
  - { type: discord, name: d, config: { token_env: DISCORD_TOKEN } }
projects:
  - file: projects/p.yaml
EOF
cat >projects/p.yaml <<'EOF'
version: 2
project: { id: p, name: P, cwd: .. }
managers:
  boss:
    command: [sleep, "1"]
    interfaces:
      telegram:
        bot_token_env: TG_TOKEN
        chat_ids_env: TG_CHATS
    environment:
      PLAIN: "a $$HOME b"
      GIVEN: "${GIVEN:-deflt}"
      API_KEY: "${API_KEY}"
      CHOICE: "${CHOICE:-${INNER}}"
    secrets:
      - { name: S, from: "env:SECRET_S", required: false }
EOF
cat >.env <<'EOF'
TG_CHATS=12345678
EMPTY=
EOF

# state NAME STATE
state() {
	awk -v name="$1" '$1 == name { $1 = ""; print }' actual >row &&
	test_grep "$2" row
}

test_expect_success 'every reference with its state, origin and place' '
	TG_TOKEN=123:secret-abcd HOOK_URL=abc teamctl env >actual 2>err &&
	test_must_be_empty err &&
	state TG_TOKEN "set (\*\*\*\*abcd) environment projects/p.yaml:8" &&
	state TG_CHATS "set (\*\*\*\*5678) .env projects/p.yaml:9" &&
	state HOOK_URL "set (\*\*\*\*) environment team-compose.yaml:4" &&
	state DISCORD_TOKEN "UNSET - team-compose.yaml:6" &&
	state GIVEN default &&
	state API_KEY UNSET &&
	state INNER UNSET &&
	state SECRET_S default
'

test_expect_success 'no value is shown, and a dollar sign is no variable' '
	test_grep ! "secret-" actual &&
	test_grep ! 12345678 actual &&
	test_grep ! "^HOME" actual
'

test_expect_success 'W42: --doctor knows the telegram variables' '
	(DISCORD_TOKEN=1 API_KEY=1 INNER=1 HOOK_URL=1 &&
	export DISCORD_TOKEN API_KEY INNER HOOK_URL &&
	test_expect_code 1 teamctl env --doctor >actual 2>err &&
	state TG_TOKEN UNSET &&
	test_grep "1 variable is not set" err &&
	TG_TOKEN=x teamctl env --doctor)
'

test_expect_success '--json' '
	TG_TOKEN=123:secret-abcd teamctl env --json >actual &&
	test_grep ! secret actual &&
	perl -MJSON::PP -e "local \$/; my \$e = decode_json(<>);
		my %v = map { \$_->{name} => \$_ } @{\$e->{variables}};
		exit !(\$e->{schema} == 1 && \$v{TG_TOKEN}{set} &&
		    !\$v{INNER}{set} && !\$v{GIVEN}{required} &&
		    \$v{TG_CHATS}{origin} eq \".env\")" actual
'

test_expect_success 'an agent: its environment with the secrets masked' '
	API_KEY=key-123456 teamctl env boss >actual 2>err &&
	test_grep "^AGENT_ID=p:boss$" actual &&
	test_grep "^PLAIN=a \$HOME b$" actual &&
	test_grep "^API_KEY=\*\*\*\*3456$" actual &&
	test_grep ! key-123456 actual &&
	API_KEY=key-123456 teamctl env boss --reveal >actual &&
	test_grep "^API_KEY=key-123456$" actual &&
	API_KEY=key-123456 teamctl env boss --json >actual &&
	test_grep "\"API_KEY\": \"\*\*\*\*3456\"" actual
'

test_expect_success 'it writes nothing' '
	test ! -e state
'

test_expect_success 'an unknown agent: exit 4' '
	test_expect_code 4 teamctl env bos 2>err &&
	test_grep "no such agent: bos" err &&
	test_grep "did you mean .boss." err
'

test_done
