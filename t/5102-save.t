#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# save: added agents move into the compose file; every other byte of it, and
# the team, stay as they are.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# add PROJECT:NAME [KEY: VALUE...]
add() {
	add_project=${1%:*}
	{
		printf 'name: %s\ncommand: [sleep, "1000"]\nrestart: never\n' \
			"${1#*:}"
		shift
		for add_line; do
			printf '%s\n' "$add_line"
		done
	} | teamctl add -f - --no-supervise --project="$add_project"
}

# saved_as FILE: after a save it is FILE, and nothing else has changed.
saved_as() {
	teamctl config | sed /x-dynamic/d >config.before &&
	teamctl plan >plan.before &&
	teamctl save >saved.out &&
	test_cmp "$1" team-compose.yaml &&
	teamctl config >config.after &&
	test_cmp config.before config.after &&
	find state/dynamic -type f >left && test_must_be_empty left &&
	teamctl plan >plan.after && test_cmp plan.before plan.after
}

fresh() {
	teamctl down --now 2>/dev/null
	rm -rf state
	:
}

test_expect_success 'with comments, odd indentation and order kept' '
	cat >team-compose.yaml <<-\EOF &&
	# The team.
	version:   2   # of the format

	projects:
	    - id: p      # the one
	      name: "P"
	      cwd: .
	      workers:
	         zed:
	             command: [sleep,  "1000"]   # as long as that
	             # restart: always

	         # between
	         abc: { command: [sleep, "1000"] }
	         # after the last

	    # about q
	    - id: q
	      cwd: .

	supervisor: { autostart: false }   # the end
	EOF
	teamctl up && add p:new "environment: {A: \"x y\", B: \"\${HOME}\"}" "depends_on: [zed]" &&
	awk "{ print } /abc:/ {
		print \"         new:\"
		print \"             command:\"
		print \"               - sleep\"
		print \"               - \\\"1000\\\"\"
		print \"             restart: never\"
		print \"             environment:\"
		print \"               A: \\\"x y\\\"\"
		print \"               B: \\\"\${HOME}\\\"\"
		print \"             depends_on:\"
		print \"               - zed\"
	}" team-compose.yaml >expect.yaml &&
	pid=$(field p:new pid) && teamctl plan >actual &&
	test_grep "^no changes$" actual &&
	teamctl save --dry-run >actual &&
	test_grep "^saved   · p:new (team-compose.yaml:15) (dry run)$" actual &&
	test_grep "^@@ -12,6 +12,16 @@$" actual &&
	test_grep "^+         new:$" actual &&
	test -e state/dynamic/p-new.yaml &&
	saved_as expect.yaml &&
	echo "saved   · p:new (team-compose.yaml:15)" >expect &&
	test_cmp expect saved.out &&
	is p:new pid "$pid" && is p:new dynamic 0 &&
	test_grep "\"agent.saved\",\"agent\":\"p:new\"" state/journal.jsonl
'

test_expect_success 'what was saved once is not saved again' '
	cp team-compose.yaml expect.yaml &&
	teamctl save >actual && echo "nothing to save" >expect &&
	test_cmp expect actual && test_cmp expect.yaml team-compose.yaml &&
	test_expect_code 4 teamctl save nobody
'

test_expect_success 'a project without workers, and one with none' '
	fresh && add q:one &&
	{ cat expect.yaml; } >team-compose.yaml &&
	awk "{ print } /^      cwd: .\$/ && ++n == 2 {
		print \"      workers:\"
		print \"        one:\"
		print \"          command:\"
		print \"            - sleep\"
		print \"            - \\\"1000\\\"\"
		print \"          restart: never\"
	}" team-compose.yaml >expect2.yaml &&
	saved_as expect2.yaml && fresh &&
	printf "version: 2\nprojects:\n- id: p\n  workers: {}  # none\n  managers:\n  cwd: ." >team-compose.yaml &&
	add p:a && add p:m "kind: supervisor" &&
	printf "version: 2\nprojects:\n- id: p\n  workers:  # none\n    a:\n      command:\n        - sleep\n        - \"1000\"\n      restart: never\n  managers:\n    m:\n      command:\n        - sleep\n        - \"1000\"\n      restart: never\n  cwd: ." >expect.yaml &&
	saved_as expect.yaml
'

test_expect_success 'at the end of a file without a newline; lines of DOS' '
	fresh && printf "version: 2\r\nprojects:\r\n- id: p\r\n  cwd: .\r\n  workers:\r\n    b:\r\n      command: sleep 1000" >team-compose.yaml &&
	add p:c &&
	{ cat team-compose.yaml && printf "\r\n    c:\r\n      command:\r\n        - sleep\r\n        - \"1000\"\r\n      restart: never\r\n"; } >expect.yaml &&
	saved_as expect.yaml && fresh
'

test_expect_success 'into the file of the project, with its mode, through a link' '
	mkdir -p projects real &&
	printf "version: 2\nproject: {id: p, name: P, cwd: .}\nagents:\n  old: {command: sleep 1000}\n" >real/p.yaml &&
	chmod 640 real/p.yaml && ln -s ../real/p.yaml projects/p.yaml &&
	printf "version: 2\nprojects:\n- file: ./projects/p.yaml\n- {id: q, cwd: .}\n" >team-compose.yaml &&
	cp team-compose.yaml expect.yaml &&
	add p:one && add p:two && teamctl save p:two &&
	test_cmp expect.yaml team-compose.yaml &&
	test_grep "^  two:$" real/p.yaml && test_grep ! "one:" real/p.yaml &&
	test -h projects/p.yaml &&
	test "$(stat -c %a real/p.yaml)" = 640 &&
	test -e state/dynamic/p-one.yaml && test ! -e state/dynamic/p-two.yaml &&
	teamctl save --json >actual && test_grep "\"file\": \"./projects/p.yaml\"" actual
'

test_expect_success 'flow style is refused, with what to put there' '
	fresh && rm -rf projects &&
	for text in "projects: [{id: p, cwd: .}]" \
	    "projects:
	- {id: p, cwd: .}" "projects:
	- id: p
	  cwd: .
	  workers: {b: {command: sleep 1000}}" "projects:
	- id: p
	  cwd: .
	  workers: {
	    b: {command: sleep 1000} }"; do
		printf "version: 2\n%s\n" "$text" | sed "s/^	//" >team-compose.yaml &&
		cp team-compose.yaml expect.yaml && add p:x &&
		test_expect_code 6 teamctl save 2>err &&
		test_grep "flow style" err && test_grep "^    x:$" err &&
		test_cmp expect.yaml team-compose.yaml &&
		test -e state/dynamic/p-x.yaml && fresh || return 1
	done
'

test_expect_success 'the hint names the key that the file has' '
	for key in agents workers; do
		printf "version: 2\nprojects:\n- id: p\n  cwd: .\n  %s: {b: {command: sleep 1000}}\n" $key >team-compose.yaml &&
		add p:x && test_expect_code 6 teamctl save 2>err &&
		test_grep "hint: put this below the project.s .$key:." err &&
		fresh || return 1
	done
'

test_expect_success 'JSON is flow style' '
	printf "{\"version\": 2, \"projects\": [\n{\"id\": \"p\", \"cwd\": \".\", \"workers\": {\n\"b\": {\"command\": \"sleep 1000\"}\n}}]}\n" >team-compose.yaml &&
	cp team-compose.yaml expect.yaml && add p:x &&
	test_expect_code 6 teamctl save && test_cmp expect.yaml team-compose.yaml &&
	fresh
'

test_expect_success 'an edit that would change the team is not made' '
	printf "version: 2\nprojects:\n- id: p\n  cwd: .\n  workers: &w\n    b: {command: sleep 1000}\n- id: q\n  cwd: .\n  workers: *w\n" >team-compose.yaml &&
	cp team-compose.yaml expect.yaml && add p:x &&
	test_expect_code 6 teamctl save 2>err &&
	test_grep "would not be the same" err &&
	test_cmp expect.yaml team-compose.yaml && fresh
'

test_expect_success 'what a person has put there, save clears away' '
	printf "version: 2\nprojects:\n- id: p\n  cwd: .\n" >team-compose.yaml &&
	add p:x && printf "  workers:\n    x: {command: sleep 1001}\n" >>team-compose.yaml &&
	cp team-compose.yaml expect.yaml &&
	teamctl validate 2>err && test_grep "\[manifest-unused\]" err &&
	teamctl config >actual && test_grep "sleep 1001" actual &&
	teamctl save >actual 2>&1 && test_grep "saved   · p:x" actual &&
	test_cmp expect.yaml team-compose.yaml &&
	test ! -e state/dynamic/p-x.yaml && fresh
'

test_expect_success 'killed at any instant: in one place, and in none twice' '
	printf "version: 2\nprojects:\n- id: p\n  cwd: .\n" >base.yaml &&
	for us in 0 2000 4000 6000 8000 10000 12000 14000 17000 20000 25000 30000; do
		cp base.yaml team-compose.yaml && rm -rf state &&
		mkdir -p -m 700 state/dynamic &&
		printf "project: p\nname: x\ncommand: sleep 1000\n" >state/dynamic/p-x.yaml &&
		killed_at "$us" teamctl save &&
		teamctl config >actual 2>err && test_grep "sleep 1000" actual &&
		teamctl save 2>err && test ! -e state/dynamic/p-x.yaml &&
		test "$(grep -c "  x:" team-compose.yaml)" = 1 || { echo "after $us"; return 1; }
	done
'

test_done
