#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The state folder: lock, modes, and what reaches the agent.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

test_expect_success 'W39: 0700 folders and 0600 files' '
	mkdir state && chmod 755 state &&
	team "$(fake a)" && teamctl up &&
	find state ! -type d ! -perm 600 >files && test_must_be_empty files &&
	find state -type d ! -perm 700 >dirs && test_must_be_empty dirs
'

test_expect_success 'W17: a second command waits for the lock, then gives up' '
	exec 9<>state/lock && flock 9 &&
	test_expect_code 6 teamctl down --lock-timeout 100ms 2>err 9>&- &&
	exec 9>&- && cat err &&
	test_grep "waiting for" err && test_grep "locked by" err &&
	is p:a state running
'

test_expect_success 'W17: two ups at once start each agent once' '
	teamctl down &&
	rm -f count &&
	team "$(fake a --count count.a)" "$(fake b --count count.b)" &&
	for i in 1 2 3 4 5 6; do
		teamctl up >up.$i 2>&1 &
	done && wait &&
	test "$(cat up.* | grep -c "^up · p:a$")" -eq 1 &&
	test "$(wc -l <count.a)" -eq 1 &&
	test "$(wc -l <count.b)" -eq 1 &&
	teamctl down
'

test_expect_success 'W17: one that waits asks a supervisor that came in between' '
	team "$(fake a)" && teamctl up && exec 9<>state/lock && flock 9 &&
	rm -f err && {
		"$TEAMCTL" reload --lock-timeout 1m >reloaded 2>err 9>&- &
		pid=$!
	} &&
	wait_for 20 grep "waiting for" err && kill -STOP $pid &&
	exec 9>&- && supervisor && kill -CONT $pid &&
	wait_for 30 test -s reloaded && wait $pid &&
	no_supervisor && teamctl down
'

test_expect_success 'status asks the right server, however the state begins' '
	teamctl down && team "$(fake a)" && teamctl up &&
	cp state/applied.json good.json &&
	{
		printf "{\n \"x\": {\"y\": 1,\n \"global\": {\n" &&
		printf "  \"tmux_socket\": \"nowhere\"\n }\n },\n" &&
		tail -n +2 good.json
	} >state/applied.json &&
	is p:a state running &&
	printf "{" | cat - good.json >state/applied.json &&
	teamctl status >out 2>err && test_grep "p:a  *running" out &&
	test_grep "applied.json:1" err &&
	cp good.json state/applied.json && is p:a state running &&
	teamctl down
'

test_expect_success 'a state that does not name its server: that of the team' '
	team "$(fake a)" &&
	sed -i "s/^supervisor: {/& tmux_socket: here-4005,/" \
	    team-compose.yaml && grep -q here-4005 team-compose.yaml &&
	teamctl up && is p:a state running &&
	cp state/applied.json good.json &&
	printf "{\"schema\": 2, \"agents\": {}}" >state/applied.json &&
	teamctl status >out 2>err && test_grep "p:a  *running" out &&
	teamctl up >out && test_grep "p:a (already running, recorded anew)" out &&
	printf "{\"schema\": 2, \"agents\": {}}" >state/applied.json &&
	teamctl down >out &&
	test_grep "p:a \[drained" out
'

test_expect_success 'restart writes what was rendered and is gone' '
	team "$(fake a)" && teamctl up && supervisor && rm -r state/envs &&
	teamctl restart a >out && is p:a state running &&
	test -s state/envs/p-a.env && no_supervisor && teamctl down
'

test_expect_success 'W6: every byte of a value arrives' '
	cat >team-compose.yaml <<-EOF &&
	version: 2
	projects:
	- id: p
	  cwd: .
	  workers:
	    a:
	      command: ["$FAKE_AGENT", --dump-env, env.dump, --ready, env.ready]
	      environment:
	        BLANK: "two words  here "
	        QUOTES: "a\"b" 
	        SINGLE: "it'\''s"
	        GLOB: "*"
	        EQUALS: "a=b=c"
	        LINES: "one\ntwo\n"
	        UTF8: "grün ✓"
	        DOLLAR: "\$\$HOME \$\$(id)"
	        QUOTED: "\"all\""
	        EMPTY: ""
	        TAB: "a\tb"
	EOF
	teamctl up && wait_for 20 test -s env.ready &&
	tr "\0" "\001" <env.dump | tr "\n" "\002" | tr "\001" "\n" >env &&
	test_grep "^BLANK=two words  here \$" env &&
	test_grep "^QUOTES=a\"b$" env &&
	test_grep "^SINGLE=it'\''s$" env &&
	test_grep "^GLOB=\*$" env &&
	test_grep "^EQUALS=a=b=c$" env &&
	printf "LINES=one\002two\002\n" >line && grep -xFf line env &&
	test_grep "^UTF8=grün ✓$" env &&
	test_grep "^DOLLAR=\$HOME \$(id)$" env &&
	test_grep "^QUOTED=\"all\"$" env &&
	test_grep "^EMPTY=$" env &&
	printf "TAB=a\tb\n" >line && grep -xFf line env &&
	teamctl down
'

test_expect_success 'W21: .env reaches the agent, on up and on reload' '
	echo "FROM_DOTENV=one" >.env &&
	team "$(fake a --dump-env env.dump --ready r)" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	tr "\0" "\n" <env.dump >env && test_grep "^FROM_DOTENV=one$" env &&
	echo "FROM_DOTENV=two" >.env && rm -f r &&
	teamctl reload >actual && test_grep "changed · p:a (env)" actual &&
	wait_for 20 test -s r &&
	tr "\0" "\n" <env.dump >env && test_grep "^FROM_DOTENV=two$" env &&
	teamctl down && rm .env
'

test_expect_success 'W21: .env reaches the agents without what a secret is read from' '
	printf "%s\n" MINE=canary-27182 OTHER=x >.env &&
	team "a: { command: [\"$FAKE_AGENT\", --ready, a.r, --dump-env, a.dump], secrets: [{ name: SEC, from: env:MINE }] }" \
	    "b: { command: [\"$FAKE_AGENT\", --ready, b.r, --dump-env, b.dump] }" &&
	rm -f a.r b.r && teamctl up &&
	wait_for 20 test -s a.r && wait_for 20 test -s b.r &&
	tr "\0" "\n" <a.dump >dump && test_grep "^SEC=canary-27182$" dump &&
	test_grep ! MINE dump && test_grep "^OTHER=x$" dump &&
	tr "\0" "\n" <b.dump >dump && test_grep ! canary dump &&
	test_grep "^OTHER=x$" dump &&
	team "$(fake a)" && rm .env && teamctl reload && teamctl down
'

test_expect_success 'W20: no secret in any argv' '
	team "a: { command: [\"$FAKE_AGENT\", --ready, r], environment: { TOKEN: canary-31415 } }" &&
	rm -f r && teamctl up && wait_for 20 test -s r &&
	for f in /proc/[0-9]*/cmdline; do
		! grep -qs "canary-[3]1415" "$f" || { echo "$f"; return 1; }
	done &&
	tmux show-environment -t =a-p-a: >shown && test_grep ! canary shown &&
	tmux show-environment -g >shown && test_grep ! canary shown &&
	teamctl down
'

test_expect_success 'W20: a server that is started has no variable of a secret' '
	{ tmux kill-server || :; } &&
	team "a: { command: [\"$FAKE_AGENT\", --pid-file, a.r], secrets: [{ name: SEC, from: env:MINE }, { name: THEIRS, key: w/k }], environment: { X: { secret_ref: UNTOLD } } }" \
	    "b: { command: [\"$FAKE_AGENT\", --ready, b.r, --dump-env, b.dump] }" &&
	MINE=canary-27182 W_K=canary-31415 UNTOLD=canary-14142 OTHER="a=b c" teamctl up &&
	wait_for 20 test -s a.r && wait_for 20 test -s b.r &&
	grep -qa canary-27182 "/proc/$(cat a.r)/environ" &&
	tr "\0" "\n" <b.dump >dump && test_grep ! canary dump &&
	test_grep "^OTHER=a=b c$" dump &&
	tmux show-environment -g >shown && test_grep ! canary shown &&
	pid=$(tmux display-message -p "#{pid}") &&
	tr "\0" "\n" <"/proc/$pid/environ" >dump && test_grep ! canary dump &&
	MINE=x W_K=y UNTOLD=z teamctl restart a &&
	team "$(fake a)" && teamctl reload && teamctl down
'

test_expect_success 'a damaged record: the agent runs all the same' '
	rm -f count && team "$(fake a --count count)" && teamctl up &&
	printf "{ \"v" >state/exits/p-a.json &&
	teamctl status >out 2>err && test_grep "p:a  *running" out &&
	test_grep "exits/p-a.json: line 1: .* record of p:a is damaged" err &&
	teamctl wait a --for running --timeout 10s 2>err && lines 1 err &&
	teamctl up >out && test_grep "p:a (already running)" out &&
	teamctl reload >out && test_grep "no changes" out &&
	{ teamctl doctor >out || :; } &&
	test_grep "1 have a damaged record: p:a — teamctl restart" out &&
	team "$(fake a --count count --ignore all --ready r)" && rm -f r &&
	teamctl reload >out && test_grep "p:a .*drained" out &&
	teamctl status 2>err && test_must_be_empty err &&
	lines 2 count && test "$(field p:a pid)" != null
'

test_expect_success 'a damaged record: what a killed shim has left is ended' '
	wait_for 20 test -s r && pid=$(field p:a pid) &&
	printf "{ \"v" >state/exits/p-a.json &&
	kill -KILL "$(tmux list-panes -aF "#{pane_pid}")" &&
	wait_for 20 is p:a state stopped &&
	lives "$pid" && teamctl up >out && test_grep "^up · p:a$" out &&
	wait_for 20 eval "! lives $pid" &&
	lines 3 count && teamctl down --now && sessions 0
'

# as_other COMMAND...: as somebody who may not read the state folder.
as_other() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		    env TMPDIR=/tmp "$@" # ours is closed to others
		return
	fi
	chmod 0 state && "$@"
	set -- $? && chmod 700 state && return "$1"
}

# Not where the program itself is in a folder that is closed to others.
if [ "$(id -u)" -ne 0 ] || as_other test -x "$TEAMCTL"; then
	test_set_prereq OTHER
fi

test_expect_success OTHER "another user's agents are unknown, not stopped" '
	team "$(fake a)" && teamctl up && chmod 711 . "$TEST_DIR" &&
	mkdir -m 755 elsewhere &&
	as_other env TMUX_TMPDIR="$PWD/elsewhere" teamctl status >out 2>err &&
	test_grep "p:a  *unknown" out && test_grep "Permission denied" err &&
	for verb in plan "reload --dry-run" "down --dry-run" "logs a" \
	    "send a hi" "wait a --for stopped" "exec a -- true"; do
		test_expect_code 1 as_other env \
		    TMUX_TMPDIR="$PWD/elsewhere" teamctl $verb >out 2>err &&
		test_must_be_empty out && lines 1 err &&
		test_grep "Permission denied" err || return 1
	done &&
	is p:a state running && teamctl down && sessions 0
'

test_done
