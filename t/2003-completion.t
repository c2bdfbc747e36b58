#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Completion: the scripts parse, and a shell that uses them offers the right
# words.
. "${0%/*}/lib.sh"

for shell in bash zsh fish; do
	! command -v $shell >/dev/null || test_set_prereq $shell
done

mkdir team
cat >team/team-compose.yaml <<'EOF'
version: 2
projects:
  - id: web
    cwd: .
    workers:
      dev: { command: [sleep, "1"] }
      dev2: { command: [sleep, "1"] }
      lead: { command: [sleep, "1"] }
  - id: api
    cwd: .
    workers:
      lead: { command: [sleep, "1"] }
EOF

# What zsh offers: its own parts of completion are taken out.
cat >offer.zsh <<'EOF'
compdef() { : }
compadd() { shift; print -l -- "$@" | grep "^$cur" }
source $1
words=(${=2})
[[ $2 != *' ' ]] || words+=('')
CURRENT=$#words
_teamctl
EOF

test_expect_success 'agents: projects, ids, and bare names that are unique' '
	cat >expect <<-\EOF &&
	web
	api
	web:dev
	web:dev2
	web:lead
	api:lead
	EOF
	teamctl -C team completion --list agents >actual &&
	test_cmp expect actual &&
	printf "%s\n" dev dev2 >expect &&
	teamctl -C team completion --list agents d >actual &&
	test_cmp expect actual &&
	printf "%s\n" web:dev web:dev2 web:lead >expect &&
	teamctl -C team completion --list agents web: >actual &&
	test_cmp expect actual &&
	printf "%s\n" web web:dev web:dev2 web:lead >expect &&
	teamctl -C team completion --list agents w >actual &&
	test_cmp expect actual
'

test_expect_success 'what is wrong stays silent while a person types' '
	teamctl -C gone completion --list agents >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err &&
	mkdir broken && echo "a: [" >broken/team-compose.yaml &&
	teamctl -C broken completion --list agents >out 2>err &&
	test_must_be_empty out &&
	test_must_be_empty err
'

test_expect_success 'lists of commands, options, keys and rules' '
	teamctl completion --list commands >out &&
	test_grep "^up$" out &&
	test_grep ! "^shim$" out &&
	teamctl completion --list options logs >out &&
	test_grep "^--follow$" out &&
	test_grep "^-f$" out &&
	teamctl completion --list options >out &&
	test_grep "^--root$" out &&
	teamctl completion --list keys >out &&
	test_grep "^agent.runtime$" out &&
	teamctl completion --list rules >out &&
	test_grep "^runtime-unknown	a runtime without " out &&
	test_expect_code 2 teamctl completion --list nonsense 2>err &&
	test_expect_code 2 teamctl completion ksh 2>err &&
	test_expect_code 2 teamctl completion 2>err
'

test_expect_success bash 'the script for bash parses' '
	teamctl completion bash >script.bash &&
	bash -n script.bash
'

test_expect_success zsh 'the script for zsh parses' '
	teamctl completion zsh >script.zsh &&
	zsh -n script.zsh
'

test_expect_success fish 'the script for fish parses' '
	teamctl completion fish >script.fish &&
	fish --no-execute script.fish
'

test_expect_success 'every command and option is in every script' '
	for shell in bash zsh fish; do
		teamctl completion $shell >script &&
		for command in $(teamctl completion --list commands); do
			test_grep "$command" script &&
			for option in $(teamctl completion --list options \
			    $command | sed -n "s/^--//p"); do
				test_grep "$option" script || return 1
			done || return 1
		done || return 1
	done
'

# What bash offers for a command line; readline cuts words at colons too.
cat >offer.bash <<'EOF'
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS <<<"$2"
_teamctl
printf '%s\n' "${COMPREPLY[@]}"
EOF

offers() { # COMMAND-LINE WORD...
	offers_line=$1
	shift
	printf '%s\n' "$@" >expect &&
	bash offer.bash script.bash "$offers_line" >actual &&
	test_cmp expect actual
}

test_expect_success bash 'bash: commands, options, choices, agents' '
	cd team && cp ../offer.bash ../script.bash . &&
	offers "teamctl statu" status &&
	offers "teamctl logs --fol" --follow &&
	offers "teamctl wait --for " running stopped ready &&
	offers "teamctl wait --for st" stopped &&
	offers "teamctl --color n" never &&
	offers "teamctl completion z" zsh &&
	offers "teamctl help compl" completion &&
	offers "teamctl logs de" dev dev2 &&
	offers "teamctl -q logs web:d" dev dev2 &&
	offers "teamctl logs -n 3 a" api api:lead &&
	offers "teamctl logs -f de" dev dev2 &&
	cd .. && offers "teamctl -C team logs de" dev dev2 &&
	offers "teamctl -q --file team/team-compose.yaml logs de" dev dev2 &&
	offers "teamctl --root=team logs de" dev dev2 &&
	offers "teamctl logs -f -Cteam de" dev dev2 &&
	offers "teamctl up -f team/team-compose.yaml de" dev dev2 &&
	offers "teamctl -C team scale de" dev dev2 &&
	offers "teamctl audit " verify tail export head
'

test_expect_success zsh 'zsh: commands, options, choices, agents' '
	cd team && cp ../script.zsh . &&
	zsh -f ../offer.zsh script.zsh "teamctl statu" >out &&
	echo status >expect &&
	test_cmp expect out &&
	zsh -f ../offer.zsh script.zsh "teamctl logs de" >out &&
	printf "%s\n" dev dev2 >expect &&
	test_cmp expect out &&
	zsh -f ../offer.zsh script.zsh "teamctl -q logs web:d" >out &&
	printf "%s\n" web:dev web:dev2 >expect &&
	test_cmp expect out &&
	zsh -f ../offer.zsh script.zsh "teamctl wait --for " >out &&
	printf "%s\n" running stopped ready >expect &&
	test_cmp expect out &&
	zsh -f ../offer.zsh script.zsh "teamctl logs --fol" >out &&
	echo --follow >expect &&
	test_cmp expect out && cd .. &&
	printf "%s\n" dev dev2 >expect &&
	for line in "-C team logs" "-Cteam logs" "logs -f --root=team" \
	    "up -f team/team-compose.yaml" "-f team/team-compose.yaml up"; do
		zsh -f offer.zsh script.zsh "teamctl $line de" >out &&
		test_cmp expect out || return 1
	done
'

test_expect_success fish 'fish: commands and agents' '
	cd team &&
	fish -c "source ../script.fish; complete -C\"teamctl statu\"" >out &&
	test_grep "^status" out &&
	printf "%s\n" dev dev2 >expect &&
	for line in "logs" "logs -f" "-q logs -n 3"; do
		fish -c "source ../script.fish; complete -C\"teamctl $line de\"" \
		    >out &&
		test_cmp expect out || return 1
	done && cd .. &&
	for line in "-C team logs" "-Cteam logs" "logs -f --root=team" \
	    "up -f team/team-compose.yaml" "-f team/team-compose.yaml up" \
	    "up -C team" "--color never --file team/team-compose.yaml up"; do
		fish -c "source script.fish; complete -C\"teamctl $line de\"" \
		    >out &&
		test_cmp expect out || return 1
	done &&
	fish -c "source script.fish; complete -C\"teamctl -C team statu\"" >out &&
	test_grep "^status" out &&
	fish -c "source script.fish; complete -C\"teamctl -f te\"" >out &&
	test_grep "^team/" out &&
	fish -c "source script.fish; complete -C\"teamctl add -f te\"" >out &&
	test_grep "^team/" out
'

test_done
