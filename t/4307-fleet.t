#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A fleet that falls at once, a tmux that hangs, and a critical agent.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s"], restart: { max_restarts: 1000, backoff: { initial: 1ms, max: 10ms } } }' \
	    "$1" "$1" "$1" "$FAKE_AGENT"
}

never_twice() {
	test ! -e double || { echo "two copies:"; cat double; return 1; }
}

fleet() { # N
	set -- "$(seq "$1")"
	fleet_names=$1
	set --
	for fleet_i in $fleet_names; do
		set -- "$@" "$(guarded "n$fleet_i")"
	done
	team "$@"
}

all_run() { # N
	teamctl status >status || return 1
	all_got=$(grep -c " running " status)
	test "$all_got" -eq "$1" && return
	cat status
	return 1
}

test_expect_success 'a fleet of 12 comes back when its server is killed' '
	fleet 12 && teamctl up >out && supervisor && all_run 12 &&
	for i in 1 2 3; do
		tmux kill-server &&
		wait_for 30 snapshot agents/p:n12/state running &&
		wait_for 30 all_run 12 && never_twice || return 1
	done && sessions 12
'

test_expect_success 'all agents killed at once: all come back, once each' '
	for pid in $(tmux list-panes -a -F "#{pane_pid}"); do
		pkill -KILL -P "$pid" || return 1
	done &&
	wait_for 30 all_run 12 && never_twice &&
	no_supervisor && teamctl down >out
'

test_expect_success 'a tmux that hangs holds nothing up for long' '
	mkdir -p fake && real=$(command -v tmux) &&
	cat >fake/tmux <<-EOF &&
	#!/bin/sh
	test ! -e $TRASH/hang || exec sleep 1000
	exec $real "\$@"
	EOF
	chmod +x fake/tmux &&
	fleet 2 && teamctl reload >out &&
	old=$PATH && PATH=$TRASH/fake:$PATH && supervisor && PATH=$old &&
	pid=$(field p:n1 pid) && touch hang && kill -KILL "$pid" &&
	wait_for 30 grep "tmux did not answer within 3 s" sup.log &&
	wait_for 20 snapshot agents/p:n1/state backoff &&
	test_expect_code 0 teamctl auto-resume status &&
	rm hang && wait_for 30 new_pid p:n1 "$pid" && never_twice &&
	no_supervisor && teamctl down >out
'

critical() { # WHAT
	TEAM_TOP="escalation: { critical: $1 }" team \
	    "boss: { command: [sh, -c, \"sleep 0.4; exit 1\"], criticality: critical, restart: { max_restarts: 1, backoff: { initial: 1ms } } }" \
	    "$(guarded a)" "$(guarded b)"
}

test_expect_success 'escalation: a critical agent that fails stops the team' '
	critical stop_team && teamctl reload >out && supervisor &&
	wait_for 30 snapshot agents/p:boss/state failed &&
	wait_for 30 snapshot agents/p:a/state stopped &&
	wait_for 30 snapshot agents/p:b/state stopped &&
	wait_for 20 is p:a pid null && wait_for 20 is p:b pid null &&
	test_grep "p:a: draining: the critical agent p:boss has failed" sup.log &&
	no_supervisor && supervisor && snapshot agents/p:a/state stopped &&
	no_supervisor
'

test_expect_success 'escalation: a hook has it once, as JSON' '
	critical stop_team && printf "%s\n" "on:" \
	    "  failed: [sh, -c, \"cat >>hook.json; echo >>hook.json\"]" \
	    >>team-compose.yaml && teamctl down >out && teamctl up >out &&
	supervisor && wait_for 30 snapshot agents/p:a/state stopped &&
	wait_for 30 test -s hook.json && no_supervisor && supervisor &&
	no_supervisor && perl -MJSON::PP -e "
		my @lines = grep { /\S/ } <STDIN>;
		my \$event = decode_json(\$lines[0]);
		exit !(@lines == 1 && \$event->{agent} eq q(p:boss) &&
		    \$event->{hook} eq q(failed));" <hook.json
'

test_expect_success 'escalation: or is only told about' '
	critical notify && teamctl down >out && teamctl up >out &&
	>sup.log && supervisor && teamctl reset boss >out &&
	wait_for 30 grep "p:boss is critical and has failed" sup.log &&
	is p:a state running && teamctl down >out && wait "$sup"
'

test_expect_success 'escalation: one that is stopped over its limit has failed' '
	TEAM_TOP="escalation: { critical: stop_team }" team \
	    "boss: { command: [\"$FAKE_AGENT\"], criticality: critical, resource_limits: { max_wall_secs: 1, on_exceed: stop } }" \
	    "$(guarded a)" &&
	teamctl up >out && supervisor &&
	wait_for 30 snapshot agents/p:a/state stopped &&
	wait_for 20 is p:a pid null && teamctl down >out && wait "$sup"
'

test_done
