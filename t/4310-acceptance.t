#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What other fleet supervisors got wrong, each as it happened to somebody: what
# one sweep resumes and says, failures that pass, signals at any instant, panes
# of a person, strategies with every policy, windows that slide.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

QUICK='backoff: { initial: 1ms, max: 5ms }'

plain() { # NAME [KEYS]
	printf '%s: { command: ["%s"], restart: { max_restarts: 50, %s }%s }' \
	    "$1" "$FAKE_AGENT" "$QUICK" "${2:+, $2}"
}

of() { # AGENT KEY VALUE
	snapshot "agents/p:$1/$2" "$3"
}

# json FILE EXPRESSION: is true of it, as $d.
json() {
	perl -MJSON::PP -e 'local $/; open my $f, "<", $ARGV[0] or die;
		my $text = <$f>; my $d = decode_json($text);
		exit 0 if eval $ARGV[1]; print $text, $@; exit 1' "$1" "$2"
}

# Nothing is left of the test before.
afresh() {
	if [ -n "$sup" ]; then
		kill -KILL "$sup" 2>/dev/null
		wait "$sup"
		sup=
	fi
	teamctl down --now >/dev/null 2>&1
	rm -rf state sup.log
	: >sup.log
}

no_agent() { # no process of an agent is left
	no_process "^$FAKE_AGENT"
}

test_expect_success '12 agents gone: one sweep resumes 12, and says so' '
	set -- && for i in $(seq 12); do
		set -- "$@" "$(plain "n$i")" || return 1
	done &&
	team "$@" && teamctl up >out && tmux kill-server &&
	wait_for 20 no_agent &&
	teamctl supervise --once --json >report 2>err &&
	json report "\$d->{observed} == 12 && \$d->{running} == 12 &&
	    @{\$d->{resumed}} == 12 && !@{\$d->{skipped}} &&
	    \$d->{duration_ms} >= 0" &&
	cat report && test "$(pgrep -fc "^$FAKE_AGENT")" = 12 && teamctl down --now >out
'

test_expect_success 'only the right ones; who is skipped, and why' '
	afresh && mkdir gone &&
	team "$(plain live)" "$(plain dead)" "$(plain stopped)" \
	    "done: { command: [sh, -c, \"sleep 0.4\"], restart: on-failure }" \
	    "lost: { command: [\"$FAKE_AGENT\"], cwd: gone, restart: { max_restarts: 1, $QUICK } }" \
	    "$(plain quiet)" &&
	teamctl up >out && pid=$(field p:live pid) &&
	teamctl down stopped >out && teamctl quarantine quiet --reason x >out &&
	wait_for 20 is p:done pid null && rmdir gone &&
	kill -KILL "$(field p:dead pid)" "$(field p:lost pid)" &&
	wait_for 20 is p:dead pid null && wait_for 20 is p:lost pid null &&
	test_expect_code 1 teamctl supervise --once --json >report 2>err &&
	is p:live pid "$pid" && is p:dead state running &&
	is p:stopped pid null && is p:quiet pid null &&
	json report "join(q( ), @{\$d->{resumed}}) eq q(p:dead) &&
	    join(q( ), sort map { qq(\$_->{id}=\$_->{state}) }
	    @{\$d->{skipped}}) eq
	    q(p:done=done p:lost=failed p:quiet=quarantined p:stopped=stopped)" &&
	test_expect_code 1 teamctl supervise --once >report 2>err &&
	test_grep "^failed · p:lost: .*gone.*reset" report &&
	test_grep "^stopped · p:stopped: stopped by a person" report &&
	teamctl down --now >out
'

test_expect_success 'a failure that passes is tried again, with waits' '
	afresh && cp "$FAKE_AGENT" tool &&
	team "a: { command: [\"$TRASH/tool\"], restart: { max_restarts: 20, backoff: { initial: 100ms, max: 200ms } } }" &&
	teamctl up >out && supervisor &&
	mv tool away && kill -KILL "$(field p:a pid)" &&
	wait_for 20 grep "p:a: backoff: not started.*failure 3 of 20" sup.log &&
	mv away tool && wait_for 20 is p:a state running &&
	wait_for 20 of a state running
'

test_expect_success 'SIGTERM in a start: it is finished, and known' '
	afresh && team "$(plain a "readiness: { file: never, check_interval_secs: 0.1, max_retries: 1000 }")" "$(plain b)" &&
	teamctl up >out &&
	for i in 1 2 3 4 5 6 7 8; do
		supervisor &&
		kill -KILL "$(field p:a pid)" &&
		perl -e "select undef, undef, undef, $i * 0.015" &&
		no_supervisor && snapshot state stopped &&
		json state/applied.json 1 && supervisor &&
		wait_for 20 is p:a state running && no_supervisor || return 1
	done &&
	test "$(pgrep -fc "^$FAKE_AGENT")" = 2
'

test_expect_success 'SIGTERM as early as can be' '
	perl -e "
		for my \$ms (1 .. 30) {
			my \$pid = fork;
			exec qw(teamctl supervise) or exit 127 if !\$pid;
			select undef, undef, undef, \$ms / 1000;
			kill TERM => \$pid;
			waitpid \$pid, 0;
			next if \$? == 0 || \$? == 15;
			print \"\$ms ms: \$?\n\";
			exit 1;
		}" &&
	supervisor && is p:a state running && is p:b state running &&
	test "$(pgrep -fc "^$FAKE_AGENT")" = 2
'

# Both at an instant: how often the supervisor has looked, and the time in ms.
looks() {
	perl -MJSON::PP -MTime::HiRes=time -e '
		local $/;
		printf "looks=%d ms=%d", decode_json(<>)->{reconciles},
		    1000 * time' state/supervisor.json
}

# Awake it looks each 200 ms; the looks it has missed would be ten and more.
test_expect_success 'stopped for a while, it looks once, and agents are well' '
	no_supervisor && supervisor --interval 200ms &&
	wait_for 20 test -s state/supervisor.json &&
	eval "$(looks)" && before=$looks awake=-$ms &&
	kill -STOP "$sup" && eval "$(looks)" && awake=$((awake + ms)) &&
	start=$(date +%s) &&
	kill -KILL "$(field p:b pid)" &&
	wait_for 20 sh -c "test \$(date +%s) -gt $((start + 2))" &&
	test_must_fail teamctl doctor >out 2>&1 &&
	eval "$(looks)" && kill -CONT "$sup" && awake=$((awake - ms)) &&
	wait_for 20 is p:b state running &&
	eval "$(looks)" && awake=$((awake + ms)) &&
	echo "$before to $looks, $awake ms awake" &&
	test $((looks - before)) -lt $((awake / 200 + 5)) &&
	no_supervisor
'

test_expect_success 'a pane beside the agent is nobody else'"'"'s' '
	afresh && team "$(plain a)" && teamctl up >out && supervisor &&
	tmux split-window -d -t =a-p-a: "exec cat" &&
	tmux select-pane -t =a-p-a:.1 && pid=$(field p:a pid) &&
	side=$(tmux display-message -p -t =a-p-a:.1 "#{pane_pid}") &&
	kill -KILL "$pid" && wait_for 20 new_pid p:a "$pid" &&
	teamctl restart a >out && teamctl send a hello >out &&
	is p:a state running && kill -0 "$side" &&
	tmux capture-pane -p -t =a-p-a:.1 | tr -d "\n" >screen &&
	test_must_be_empty screen
'

test_expect_success 'a state that cannot be parsed is refused, and left alone' '
	afresh && team "$(plain a)" "$(plain b)" && teamctl up >out &&
	supervisor && pid=$(field p:a pid) && no_supervisor &&
	cp state/applied.json good && echo "{ oh" >state/applied.json &&
	cp state/applied.json broken &&
	{ teamctl supervise --once >out 2>err; code=$?; } &&
	test_cmp broken state/applied.json && test_grep applied.json err &&
	test "$code" != 0 && kill -0 "$pid" &&
	test_expect_code 1 teamctl up 2>err && test_cmp broken state/applied.json &&
	cp good state/applied.json &&
	echo "{ oh" >state/supervisor.json && supervisor &&
	test_grep "cannot parse .*supervisor.json" sup.log &&
	is p:a pid "$pid"
'

# Every policy with every strategy, for an end with 0 and with 1.
combined() { # STRATEGY
	{
		echo "version: 2"
		echo "supervisor: { autostart: false }"
		echo "projects:"
		for policy in always on-failure never; do
			for code in 0 1; do
				id=$1-$policy-$code
				printf "%s\n" "- id: $id" "  cwd: ." \
				    "  strategy: $1" "  workers:" \
				    "    x: { command: [\"$FAKE_AGENT\", --count, $id.x], restart: { max_restarts: 9, $QUICK } }" \
				    "    e: { command: [\"$FAKE_AGENT\", --count, $id.e, --exit, \"$code\", --after, \"1500\"], restart: { policy: $policy, max_restarts: 1, $QUICK } }" \
				    "    y: { command: [\"$FAKE_AGENT\", --count, $id.y], restart: { max_restarts: 9, $QUICK } }"
			done
		done
	} >team-compose.yaml
}

# restarts ID: how often x, e and y have been started again.
starts() {
	echo "$(wc -l <"$1.x") $(wc -l <"$1.e") $(wc -l <"$1.y")"
}

started() { # ID X E Y
	starts_got=$(starts "$1") && test "$starts_got" = "$2 $3 $4" && return
	echo "$1: $starts_got, not $2 $3 $4"
	return 1
}

test_expect_success 'all policies with all strategies, ends with 0 and 1' '
	for strategy in one_for_one one_for_all rest_for_one; do
		case $strategy in
		one_for_one) x=1 y=1 ;;
		one_for_all) x=2 y=2 ;;
		rest_for_one) x=1 y=2 ;;
		esac &&
		afresh && combined $strategy && { teamctl up >out 2>&1 || :; } &&
		supervisor &&
		wait_for 40 started $strategy-always-0 $x 2 $y &&
		wait_for 40 started $strategy-always-1 $x 2 $y &&
		wait_for 40 started $strategy-on-failure-1 $x 2 $y &&
		wait_for 40 snapshot agents/$strategy-always-0:e/state failed &&
		wait_for 40 snapshot agents/$strategy-always-1:e/state failed &&
		wait_for 40 snapshot agents/$strategy-on-failure-1:e/state failed &&
		wait_for 40 snapshot agents/$strategy-never-1:e/state done &&
		wait_for 40 snapshot agents/$strategy-on-failure-0:e/state done &&
		started $strategy-always-0 $x 2 $y &&
		started $strategy-on-failure-0 1 1 1 &&
		started $strategy-never-0 1 1 1 &&
		started $strategy-never-1 1 1 1 || return 1
	done
'

test_expect_success 'the window of a budget slides' '
	afresh && team "a: { command: [sh, -c, \"date +%s%3N >>times; exit 1\"], restart: { max_restarts: 3, within: 2s, backoff: { initial: 550ms, max: 550ms, jitter: 0 } } }" \
	    "b: { command: [sh, -c, \"date +%s%3N >>quick; exit 1\"], restart: { max_restarts: 3, within: 2s, backoff: { initial: 1ms, max: 1ms, jitter: 0 } } }" &&
	{ teamctl up >out 2>&1 || :; } && supervisor &&
	wait_for 20 of b state failed && lines 4 quick &&
	wait_for 20 sh -c "test \$(wc -l <times) -ge 7 || grep a:.failed sup.log" &&
	awk "{ t[NR] = \$1 } NR > 4 && t[NR] - t[NR - 3] < 1900 {
		print \"4 restarts in\", t[NR] - t[NR - 3]; bad = 1 }
		END { exit bad }" times &&
	lines 4 quick && teamctl reset b >out &&
	wait_for 20 lines 8 quick && wait_for 20 of b state failed
'

test_expect_success 'two with jitter do not start together' '
	jitter() {
		printf "%s: { command: [sh, -c, \"date +%%s%%3N >>j.%s; exit 1\"], restart: { max_restarts: 4, backoff: { initial: 400ms, max: 400ms, factor: 1, jitter: 0.9 } } }" "$1" "$1"
	} &&
	afresh && team "$(jitter a)" "$(jitter b)" &&
	{ teamctl up >out 2>&1 || :; } &&
	supervisor && wait_for 40 of a state failed &&
	wait_for 40 of b state failed &&
	awk "FNR > 1 { gap[FILENAME, FNR] = \$1 - last } { last = \$1 }
	    END { for (i = 2; i <= 5; i++) {
		d = gap[\"j.a\", i] - gap[\"j.b\", i]; print d
		far += d > 20 || d < -20 } exit far == 0 }" j.a j.b
'

test_done
