#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# init: what it makes is a team, and it never destroys anything.
. "${0%/*}/lib.sh"

test_expect_success 'the default is solo, and it validates' '
	mkdir "My First Team!" &&
	(cd "My First Team!" && teamctl init >../out 2>../err &&
	teamctl validate --strict >../ok) &&
	test_must_be_empty err &&
	echo "ok · 1 project · 2 agents" >expect &&
	test_cmp expect ok &&
	test_grep "id: my-first-team$" "My First Team!/.team/projects/main.yaml" &&
	test_grep "name: My First Team$" \
		"My First Team!/.team/projects/main.yaml"
'

test_expect_success 'each file is named, and what comes next' '
	for file in team-compose.yaml projects/main.yaml roles/manager.md \
	    roles/dev.md .gitignore .env.example; do
		test_grep "^created · .*/.team/$file$" out &&
		test -f "My First Team!/.team/$file" || return 1
	done &&
	test_grep "teamctl up" out
'

test_expect_success 'nothing is left to fill in, the socket is of its own' '
	test_must_fail grep -r "{{" "My First Team!" &&
	test_grep "tmux_socket: my-first-team$" \
		"My First Team!/.team/team-compose.yaml" &&
	test_grep "^state/$" "My First Team!/.team/.gitignore" &&
	test_grep "^.env$" "My First Team!/.team/.gitignore"
'

test_expect_success 'blank, a name, an id' '
	teamctl init sub/folder --template blank --project x.y_z &&
	teamctl validate -C sub/folder >actual &&
	echo "ok · 1 project · 0 agents" >expect &&
	test_cmp expect actual &&
	test_grep "id: x.y_z$" sub/folder/.team/projects/main.yaml
'

test_expect_success '-C says where' '
	mkdir there &&
	teamctl init -C there &&
	test -f there/.team/team-compose.yaml
'

test_expect_success 'a team that exists is refused and not touched' '
	echo mine >there/.team/roles/dev.md &&
	test_expect_code 1 teamctl init -C there >out 2>err &&
	test_must_be_empty out &&
	test_grep "there/.team. exists" err &&
	test_grep "hint: --force" err &&
	test_grep "^mine$" there/.team/roles/dev.md
'

test_expect_success '--force replaces what the template has and no more' '
	echo kept >there/.team/roles/other.md &&
	mkdir there/.team/state && echo kept >there/.team/state/file &&
	teamctl init -C there --force >out &&
	test_grep "^replaced · there/.team/roles/dev.md$" out &&
	test_grep ! "^mine$" there/.team/roles/dev.md &&
	test_grep "^kept$" there/.team/roles/other.md &&
	test_grep "^kept$" there/.team/state/file
'

test_expect_success '--dry-run writes nothing and prints the same lines' '
	mkdir dry &&
	teamctl init -C dry --dry-run >out &&
	test ! -e dry/.team &&
	sed -n "s/ (dry run)$//p" out >expect &&
	teamctl init -C dry >out &&
	grep "^created" out >actual &&
	test_cmp expect actual
'

test_expect_success 'names that cannot be' '
	test_expect_code 2 teamctl init n1 --project "a:b" 2>err &&
	test_grep "cannot be a project.s id" err &&
	test_expect_code 2 teamctl init n1 --template nope 2>err &&
	test_grep "unknown template .nope. — known: blank, .*solo" err &&
	test_expect_code 2 teamctl init n1 --template ../../src 2>err &&
	test_expect_code 2 teamctl init n1 n2 2>err &&
	test ! -e n1
'

test_expect_success 'a folder without a usable letter becomes main' '
	mkdir "___" &&
	(cd ___ && teamctl init >/dev/null) &&
	test_grep "id: main$" ___/.team/projects/main.yaml
'

test_expect_success 'a folder that cannot be written' '
	mkdir shut && echo file >shut/.team.file &&
	echo >not-a-folder &&
	test_expect_code 1 teamctl init not-a-folder/x 2>err &&
	test_grep "not-a-folder" err
'

test_done
