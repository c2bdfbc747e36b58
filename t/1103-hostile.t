#!/bin/sh
# Text that wants to break the reader: a clear error with a place, within a
# second and 100 MiB, and never a crash.
. "$(dirname "$0")/lib.sh"

# Memory in KiB and seconds that one run may take.  Sanitizers and valgrind
# need several times as much and are after other things.
MEMORY=102400
[ "$TEST_SLOW" -eq 1 ] || MEMORY=unlimited

# As one file of NUL times TEXT
repeat() { # N TEXT
	awk -v n="$1" -v s="$2" 'BEGIN { while (n-- > 0) printf "%s", s }'
}

# validate in those limits; its findings are in err
hostile() { # CODE
	# shellcheck disable=SC3045 # not in POSIX, but in every sh here
	(
		ulimit -v "$MEMORY" 2>/dev/null
		ulimit -t $((2 * TEST_SLOW))
		exec teamctl -C team validate >out 2>err
	)
	hostile_code=$?
	[ "$hostile_code" = "$1" ] && return
	echo "status $hostile_code:"
	head -c 2000 err
	return 1
}

mkdir "$TRASH/team"

for token in '[' '{a: ' '- ' '? ' '[{a: '; do
	test_expect_success "100,000 times '$token'" '
		repeat 100000 "$token" >team/team-compose.yaml &&
		hostile 3 &&
		test_grep "team-compose.yaml:1:[0-9]*: error: nested more than 64 levels deep" err
	'
done

test_expect_success 'an alias bomb' '
	{
		echo "a0: &a0 [x, x, x, x, x, x, x, x, x]" &&
		for i in 1 2 3 4 5 6 7 8 9; do
			p=$((i - 1)) &&
			echo "a$i: &a$i [*a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p]" ||
				return 1
		done
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:6:[0-9]*: error: aliases expand to more than" err
'

test_expect_success 'a long text with 100,000 aliases' '
	{
		printf "version: 2\nx-long: &a " && repeat 100000 z &&
		printf "\nprojects:\n- id: p\n  workers: {m: {command: [" &&
		repeat 100000 "*a," && echo "]}}"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:5:[0-9]*: error: aliases expand to more than" err
'

test_expect_success 'one project file 100,000 times' '
	echo "project: {id: p, name: P, cwd: .}" >team/p.yaml &&
	{
		printf "version: 2\nprojects:\n" &&
		repeat 100000 "- file: p.yaml
"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:[0-9]*:9: error: too many files" err
'

test_expect_success 'an anchor that holds itself' '
	printf "version: 2\nprojects: &a [*a]\n" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:2:15: error: alias .\*a. stands inside" err
'

test_expect_success 'regular expressions that regcomp cannot stand' '
	mkdir -p team/runtimes &&
	printf "%s\n" "version: 2" "projects:" "- id: p" "  cwd: ." \
	    "  workers:" "    a: { runtime: deep }" \
	    "    b: { command: x, readiness: { pane: \"((((a+){1,9}){1,99}){1,99})\" } }" \
	    >team/team-compose.yaml &&
	{
		echo "binary: sleep" && echo "rate_limit_patterns:" &&
		printf "%s" "- match: \"" && repeat 50000 "(" && echo "\"" &&
		echo "- match: \"(limit|quota) reached\""
	} >team/runtimes/deep.yaml &&
	hostile 3 &&
	test_grep "deep.yaml:3:10: warning: .* is left out: it is too large" err &&
	test_grep "compose.yaml:7:[0-9]*: error: .*expression: it is too large" err &&
	rm -r team/runtimes
'

test_expect_success 'more replicas than anybody has' '
	printf "%s\n" "version: 2" "projects:" "- id: p" "  cwd: ." \
	    "  workers: { a: { command: x, replicas: 2000000000 } }" \
	    >team/team-compose.yaml &&
	hostile 3 && test_grep "replicas. is 2000000000, must be within" err
'

test_expect_success 'more channels than anybody has' '
	{
		printf "%s\n" "version: 2" "projects:" "- id: p" "  cwd: ." \
		    "  workers: { a: { command: x } }" "  channels:" &&
		awk "BEGIN { while (n++ < 80000) print \"  - { name: c\" n \" }\" }"
	} >team/team-compose.yaml &&
	hostile 0
'

# As many agents as there may be, of which each takes what defaults say
with_defaults() { # TEXT
	printf "version: 2\ndefaults: {%s}\nprojects:\n- id: p\n  workers:\n" \
		"$1" &&
	awk 'BEGIN { while (n++ < 20000) print "    a" n ": { model: x }" }'
}

# TEXT with 1 to N for each @
numbered() { # N TEXT
	awk -v n="$1" -v s="$2" 'BEGIN {
		while (i++ < n) { t = s; gsub("@", i, t); printf "%s", t } }'
}

for item in 'environment: {#A@: "@",' 'env_file: [#f@,' 'role_prompt: [#r@,' \
    'links: [#a@,' 'mcps: {#m@: {command: x},' '#x-@: 1,'; do
	test_expect_success "defaults with 5,000 of '$item' for all agents" '
		tail=$(numbered 5000 "${item#*#}") &&
		case $item in
		*"{"\#*) tail="$tail}" ;;
		*"["\#*) tail="$tail]" ;;
		esac &&
		with_defaults "${item%%#*}$tail" >team/team-compose.yaml &&
		hostile 3 &&
		case $item in
		env_file*) ;; # there is none of them
		*) test_grep "yaml:[0-9]*:5: error: too much in all agents" err ;;
		esac
	'
done

test_expect_success 'replicas that all name all of others' '
	{
		printf "%s\n" "version: 2" "projects:" "- id: p" "  workers:" &&
		numbered 19 "    a@: { command: x, replicas: 990, links: [a@, a1],
      monitors: [a1], can_dm: [a1] }
"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "yaml:[0-9]*:5: error: too much in all agents" err
'

test_expect_success 'one long env_file of many agents, under many names' '
	numbered 60000 "A@=1
" >team/big.env &&
	{
		printf "%s\n" "version: 2" "projects:" "- id: p" "  workers:" &&
		numbered 200 "    a@: { command: x, env_file: [big.env, ./big.env] }
"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "yaml:[0-9]*:5: error: too much in all agents" err
'

test_expect_success 'too many long env_files' '
	for i in 1 2 3 4 5 6 7 8 9; do
		cp team/big.env team/b$i.env || return 1
	done &&
	{
		printf "%s\n" "version: 2" "projects:" "- id: p" "  workers:" &&
		numbered 9 "    a@: { command: x, env_file: b@.env }
"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:[0-9]*:33: error: too many files" err &&
	rm team/*.env
'

test_expect_success '.env of 2 MiB' '
	repeat 1000000 "A=
" >team/.env &&
	printf "%s\n" "version: 2" "projects: []" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "^\.env: error: .* is larger than 1 MiB" err &&
	rm team/.env
'

test_expect_success 'a file of 1 GiB is refused unread' '
	dd if=/dev/null of=team/team-compose.yaml bs=1 seek=1073741824 \
		2>/dev/null &&
	hostile 3 &&
	test_grep "team-compose.yaml: error: .* larger than 16 MiB" err
'

test_expect_success 'a file that is a folder, a FIFO, or cannot be read' '
	rm -rf team/team-compose.yaml && mkdir team/sub &&
	printf "version: 2\nprojects:\n- file: sub\n- file: fifo\n" \
		>team/team-compose.yaml &&
	mkfifo team/fifo &&
	hostile 3 &&
	test_grep "team-compose.yaml:3:9: error: " err &&
	test_grep "team-compose.yaml:4:9: error: " err
'

test_expect_success 'NUL bytes, in the text and as an escape' '
	printf "version: 2\nprojects: [\000]\n" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:2:12: error: not clean UTF-8" err &&
	printf "version: 2\nprojects: \"a\\\\0b\"\n" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:2:11: error: a NUL character" err
'

test_expect_success 'bad UTF-8, with the place counted in characters' '
	printf "version: 2\n# \303\251\303\251 \377\n" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:2:6: error: not clean UTF-8" err
'

test_expect_success 'UTF-16, with and without its mark; UTF-8 with one is fine' '
	printf "\377\376v\000e\000" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:1:1: error: UTF-16 text" err &&
	printf "v\000e\000r\000" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:1:1: error: UTF-16 text" err &&
	printf "\357\273\277version: 2\nprojects: []\n" >team/team-compose.yaml &&
	hostile 0
'

test_expect_success 'an anchor defined twice is legal YAML' '
	printf "version: 2\nx-a: &a 1\nx-b: &a p\nprojects:\n- id: *a\n" \
		>team/team-compose.yaml &&
	hostile 0
'

test_expect_success '100,000 agents' '
	{
		printf "version: 2\nprojects:\n- id: p\n  workers:\n" &&
		awk "BEGIN { for (i = 0; i < 100000; i++) printf \"    a%d:\n\", i }"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:[0-9]*:5: error: more than 20000 agents" err
'

test_expect_success '10,000 agents are fine, in one file and in a hundred' '
	{
		printf "version: 2\nprojects:\n- id: p\n  workers:\n" &&
		awk "BEGIN { for (i = 0; i < 10000; i++) printf \
			\"    a%d: {command: [x], environment: {A: b}}\n\", i }"
	} >team/team-compose.yaml &&
	hostile 0 &&
	test_grep "10000 agents" out &&
	{
		printf "version: 2\nprojects:\n" &&
		for p in $(seq 100); do
			echo "- file: p$p.yaml" &&
			{
				echo "version: 2" &&
				echo "project: {id: p$p, name: P, cwd: .}" &&
				echo "workers:" &&
				awk "BEGIN { for (i = 0; i < 100; i++) printf \
					\"  a%d: {command: [x]}\n\", i }"
			} >team/p$p.yaml || return 1
		done
	} >team/team-compose.yaml &&
	hostile 0 &&
	test_grep "100 projects .* 10000 agents" out
'

test_expect_success '8 million values' '
	{ printf "[" && repeat 8000000 "a,"; } >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "error: more than 1000000 values" err
'

test_expect_success 'a key with itself 300,000 times, and as many unknown ones' '
	repeat 300000 "a: 1
" >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:2:1: error: key .a. stands twice" err &&
	test_grep "^and [0-9]* more$" err &&
	awk "BEGIN { for (i = 0; i < 300000; i++) printf \"k%d: 1\n\", i }" \
		>team/team-compose.yaml &&
	hostile 3 &&
	test_grep "team-compose.yaml:1:1: warning: unknown key" err
'

test_expect_success 'variables that would fill the memory' '
	{
		printf "version: 2\nprojects:\n- id: p\n  name: \"" &&
		repeat 2000000 "\$LONG" &&
		echo "\""
	} >team/team-compose.yaml &&
	(LONG=$(repeat 9999 x) && export LONG && hostile 3) &&
	test_grep "team-compose.yaml:4:9: error: variables expand to more than" err
'

test_expect_success 'a chain of 20,000 that depend on each other' '
	{
		printf "version: 2\nprojects:\n- id: p\n  workers:\n" &&
		awk "BEGIN { for (i = 0; i < 20000; i++) printf \
			\"    a%d: {command: x, depends_on: [a%d]}\n\", i, (i + 1) % 20000 }"
	} >team/team-compose.yaml &&
	hostile 3 &&
	test_grep "error: agents depend on each other: p:a0 -> p:a1 -> .* -> p:a0" err
'

test_expect_success 'open channels times agents are no product' '
	{
		printf "version: 2\nprojects:\n- id: p\n  channels:\n" &&
		awk "BEGIN { for (i = 0; i < 5000; i++) printf \
			\"    - {name: c%d, members: \\\"*\\\"}\n\", i }" &&
		printf "  workers:\n" &&
		awk "BEGIN { for (i = 0; i < 10000; i++) printf \
			\"    a%d: {command: x}\n\", i }"
	} >team/team-compose.yaml &&
	hostile 0
'

test_done
