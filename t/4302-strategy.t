#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What else restarts with an agent: one_for_all, rest_for_one, and never two
# copies of anyone.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# Each start and stop adds a line to the file order; two copies leave a trace.
member() { # NAME
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || echo %s >>double; echo +%s >>order; trap \\"echo -%s >>order; exit 0\\" INT TERM HUP; while :; do sleep 0.05; done"], restart: { max_restarts: 20, backoff: { initial: 1ms, max: 10ms } } }' \
	    "$1" "$1" "$1" "$1" "$1"
}

project() { # ID STRATEGY NAME...
	printf '%s\n' "- id: $1" "  cwd: ." "  strategy: $2" "  workers:"
	shift 2
	for project_name; do
		printf '    %s\n' "$(member "$project_name")"
	done
}

teams() { # STRATEGY
	{
		printf '%s\n' 'version: 2' 'supervisor: { autostart: false }' \
		    'projects:'
		project p "$1" a b c d
		project q "$1" x y
	} >team-compose.yaml
}

pids() {
	for id in p:a p:b p:c p:d q:x q:y; do
		echo "$id $(field "$id" pid)"
	done >"$1"
}

# changed BEFORE NAME...: exactly these run as other processes.
changed() {
	pids now
	changed_file=$1
	shift
	for id in p:a p:b p:c p:d q:x q:y; do
		was=$(sed -n "s/^$id //p" "$changed_file")
		is=$(sed -n "s/^$id //p" now)
		case " $* " in
		*" $id "*) test "$is" != null && test "$is" != "$was" ;;
		*) test "$is" = "$was" ;;
		esac || { echo "$id: $was $is"; return 1; }
	done
}

never_twice() {
	test ! -e double || { cat double; return 1; }
}

killed() { # ID: and its shell, so that it cannot say that it ends
	kill -KILL "$(field "$1" pid)"
}

settled() {
	for id in a b c d; do
		snapshot "agents/p:$id/state" "$1" || return 1
	done
}

test_expect_success 'one_for_one: only itself' '
	teams one_for_one && teamctl up >out &&
	supervisor && wait_for 20 settled running &&
	pids before && killed p:b &&
	wait_for 30 changed before p:b && never_twice
'

test_expect_success 'rest_for_one: those after it, stopped last to first' '
	teams rest_for_one && kill -HUP "$sup" &&
	wait_for 20 grep "reading the compose" sup.log &&
	wait_for 20 supervised &&
	pids before && >order && killed p:b &&
	wait_for 30 changed before p:b p:c p:d &&
	wait_for 20 settled running &&
	printf "%s\n" -d -c +b +c +d >expect &&
	test_cmp expect order && never_twice
'

test_expect_success 'rest_for_one: a second time the scope is the same' '
	pids before && >order && killed p:b &&
	wait_for 30 changed before p:b p:c p:d &&
	wait_for 20 settled running &&
	test_cmp expect order && never_twice
'

test_expect_success 'one_for_all: all, stopped last to first' '
	no_supervisor && teams one_for_all && supervisor &&
	wait_for 20 settled running &&
	pids before && >order && killed p:b &&
	wait_for 30 changed before p:a p:b p:c p:d &&
	wait_for 20 settled running &&
	printf "%s\n" -d -c -a +a +b +c +d >expect &&
	test_cmp expect order && never_twice
'

test_expect_success 'two that end together: each comes back once' '
	pids before && >order &&
	kill -KILL "$(field p:b pid)" "$(field p:d pid)" &&
	wait_for 30 changed before p:a p:b p:c p:d &&
	wait_for 20 settled running &&
	test "$(grep -c + order)" -le 8 && never_twice
'

test_expect_success 'one that was stopped by a person stays so' '
	teamctl down c >out && pids before && >order && killed p:a &&
	wait_for 30 changed before p:a p:b p:d &&
	is p:c state stopped && test_grep ! c order && never_twice &&
	teamctl up c >out
'

test_expect_success 'those that a person has paused stay as they are' '
	for strategy in one_for_all rest_for_one; do
		no_supervisor && teams $strategy && supervisor &&
		wait_for 20 settled running &&
		teamctl pause d >out && teamctl pause --stop c >out &&
		is p:d state frozen && is p:c state paused &&
		pids before && >order && killed p:a &&
		wait_for 30 changed before p:a p:b &&
		wait_for 20 snapshot agents/p:b/state running &&
		test_grep ! -e "[+-][cd]" order &&
		is p:d state frozen && is p:c state paused &&
		grep "^State:.T" "/proc/$(field p:d pid)/status" &&
		teamctl resume c d >out && wait_for 20 settled running &&
		never_twice || return 1
	done &&
	no_supervisor && teams one_for_all && supervisor &&
	wait_for 20 settled running
'

test_expect_success 'a command in the middle: all run afterwards' '
	wait_for 20 settled running &&
	pids before && >order && killed p:b &&
	wait_for 20 grep -e -d order &&
	teamctl up x >out &&
	wait_for 30 changed before p:a p:b p:c p:d &&
	wait_for 20 settled running && never_twice
'

test_expect_success 'one that fails for good leaves the others running' '
	teamctl down >out && wait "$sup" && rm -f order &&
	{
		printf "%s\n" "version: 2" "supervisor: { autostart: false }" \
		    "projects:"
		project p one_for_all a b
		echo "    c: { command: [sh, -c, \"sleep 0.4; exit 1\"], restart: { max_restarts: 2, backoff: { initial: 1ms } } }"
	} >team-compose.yaml &&
	teamctl reload >out && supervisor &&
	wait_for 40 snapshot agents/p:c/state failed &&
	wait_for 20 snapshot agents/p:a/state running &&
	wait_for 20 snapshot agents/p:b/state running &&
	never_twice && teamctl down >out && wait "$sup"
'

test_done
