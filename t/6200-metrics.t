#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# teamctl metrics: the figures are those of the journal, and tools read them.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

command -v promtool >/dev/null && test_set_prereq PROMTOOL
python3=/usr/bin/python3
$python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null &&
	test_set_prereq OPENMETRICS

# metric LINE: it is printed so.
metric() {
	teamctl metrics >metrics.txt && grep -qxF -e "$1" metrics.txt && return
	echo "no '$1' in:"
	grep -v '^#' metrics.txt
	return 1
}

# counted KIND: as often as the journal says.
counted() {
	counted_nr=$(cat state/journal*.jsonl | grep -c "\"event\":\"$1\"")
	[ "$counted_nr" -gt 0 ] &&
	metric "teamctl_events_total{event=\"$1\"} $counted_nr"
}

test_expect_success 'a team that was never up has figures' '
	team "$(fake a --exit 3)" "$(fake b)" &&
	metric "teamctl_agents{state=\"stopped\"} 2" &&
	metric "teamctl_supervisor_up 0" &&
	metric "teamctl_journal_events 0" &&
	[ ! -e state ]
'

test_expect_success 'without a supervisor: from the journal and tmux' '
	test_expect_code 1 teamctl up &&
	metric "teamctl_agent_starts_total{agent=\"p:b\"} 1" &&
	metric "teamctl_agent_start_failures_total{agent=\"p:a\"} 1" &&
	metric "teamctl_agent_state{agent=\"p:b\",state=\"running\"} 1" &&
	teamctl down >/dev/null &&
	metric "teamctl_agent_drains_total{agent=\"p:b\"} 1" &&
	for kind in agent.started agent.drained agent.start_requested; do
		counted $kind || return 1
	done
'

test_expect_success 'with one: restarts, budgets, and what it uses itself' '
	team "crashes: { command: [sh, -c, \"sleep 1; exit 3\"], restart: { max_restarts: 2, within: 10m, backoff: { initial: 10ms } } }" \
		"$(fake b)" &&
	teamctl up >/dev/null && supervisor --interval 1s &&
	wait_for 30 metric "teamctl_agent_given_up_total{agent=\"p:crashes\",cause=\"code\"} 1" &&
	metric "teamctl_agent_restarts_total{agent=\"p:crashes\",cause=\"code\"} 2" &&
	metric "teamctl_agent_exits_total{agent=\"p:crashes\",class=\"code\"} 3" &&
	metric "teamctl_agents{state=\"failed\"} 1" &&
	metric "teamctl_agent_restart_budget_left{agent=\"p:crashes\"} 0" &&
	metric "teamctl_agent_restart_budget_left{agent=\"p:b\"} 5" &&
	metric "teamctl_supervisor_up 1" &&
	test_grep "^teamctl_supervisor_cpu_seconds_total 0" metrics.txt &&
	test_grep "^teamctl_supervisor_memory_bytes [1-9]" metrics.txt &&
	test_grep "^teamctl_supervisor_tick_seconds_count [1-9]" metrics.txt &&
	counted agent.exited && counted supervisor.started
'

test_expect_success PROMTOOL 'promtool accepts them' '
	teamctl metrics >metrics.txt &&
	promtool check metrics <metrics.txt
'

cat >parse.py <<'EOF'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for s in family.samples:
        print(s.name, sorted(s.labels.items()), s.value)
EOF

test_expect_success OPENMETRICS 'as OpenMetrics a strict reader accepts them' '
	teamctl metrics --format openmetrics >om.txt &&
	$python3 parse.py <om.txt >parsed &&
	test_grep "^teamctl_agent_restarts_total \[(.agent., .p:crashes.), (.cause., .code.)\] 2" parsed &&
	grep -vc "^#" om.txt >expect && wc -l <parsed >actual &&
	test_cmp expect actual
'

# What changes by itself between two looks.
steady() {
	grep -v -e uptime_seconds -e heartbeat -e cpu_ -e memory_bytes -e tick_ \
	    -e reconciles_total -e tmux_clients "$1"
}

test_expect_success '--textfile replaces a file at once' '
	teamctl metrics >metrics.txt && steady metrics.txt >expect &&
	echo old >team.prom && exec 4<team.prom &&
	teamctl metrics --textfile team.prom >out && test_must_be_empty out &&
	steady team.prom >actual && test_cmp expect actual &&
	[ "$(cat <&4)" = old ] && exec 4<&- &&
	[ "$(stat -c %a team.prom)" = 644 ] &&
	test_expect_code 1 teamctl metrics --textfile /proc/no/file 2>err &&
	test_grep "/proc/no/file" err
'

test_expect_success 'counts go on after a restart of the supervisor' '
	no_supervisor && supervisor --interval 1s &&
	metric "teamctl_supervisor_starts_total 2" &&
	metric "teamctl_agent_restarts_total{agent=\"p:crashes\",cause=\"code\"} 2"
'

test_expect_success '... and over segments, which are read once' '
	no_supervisor && teamctl down >/dev/null &&
	last=$(wc -l <state/journal.jsonl) &&
	teamctl metrics >before &&
	perl -e "printf qq({\"seq\":%d,\"event\":\"agent.noted\",\"agent\":\"p:b\"}\n), $last + \$_ for 1 .. 1000" >>state/journal.jsonl &&
	last=$((last + 1000)) &&
	mv state/journal.jsonl state/journal-$(printf %012d $last).jsonl &&
	perl -e "printf qq({\"seq\":%d,\"event\":\"journal.rotated\"}\n), $last + 1" >state/journal.jsonl &&
	metric "teamctl_events_total{event=\"agent.noted\"} 1000" &&
	metric "teamctl_journal_events $((last + 1))" &&
	test_grep "\"seq\": $last,$" state/metrics.json &&
	[ "$(stat -c %a state/metrics.json)" = 600 ] &&
	rm state/journal-*.jsonl &&
	metric "teamctl_events_total{event=\"agent.noted\"} 1000" &&
	metric "teamctl_agent_restarts_total{agent=\"p:crashes\",cause=\"code\"} 2" &&
	metric "teamctl_events_total{event=\"journal.rotated\"} 1"
'

test_expect_success 'a broken metrics.json, a torn line: counted from what is there' '
	echo "{ broken" >state/metrics.json &&
	printf "{\"seq\":99999,\"event\":\"agent.no" >>state/journal.jsonl &&
	metric "teamctl_events_total{event=\"journal.rotated\"} 1" &&
	test_grep ! agent.noted metrics.txt &&
	test_expect_code 2 teamctl metrics p:b
'

test_expect_success 'teamctl-metrics(7) lists them, both ways' '
	teamctl completion --list metrics | cut -f1 | sort >expect &&
	test -s expect &&
	sed -n "/^.Sh METRICS/,/^.Sh FILES/s/^.It Cm //p" \
	    "$ROOT/man/teamctl-metrics.7" | sort >actual &&
	test_cmp expect actual &&
	sed -n "s/^# TYPE \([^ ]*\) .*/\1/p" before | sort >printed &&
	comm -13 expect printed >unknown && test_must_be_empty unknown
'

# Names of ours that a file uses, without what a summary adds.
used() {
	grep -o "teamctl_[a-z_]*" "$1" | sed "s/_\(sum\|count\)\$//" | sort -u
}

test_expect_success 'alert rules and dashboard name only what there is' '
	teamctl completion --list metrics | cut -f1 | sort >expect &&
	for f in prometheus/teamctl-rules.yml grafana/teamctl.json; do
		used "$ROOT/share/$f" >used && test -s used &&
		comm -13 expect used >unknown && test_must_be_empty unknown || return 1
	done &&
	perl -MJSON::PP -e "local \$/; my \$d = decode_json(<>);
		my %ids = map { \$_->{id} => 1 } @{\$d->{panels}};
		exit !(@{\$d->{panels}} > 10 && keys %ids == @{\$d->{panels}})" \
		"$ROOT/share/grafana/teamctl.json"
'

test_expect_success PROMTOOL 'promtool accepts the rules, and they fire' '
	promtool check rules "$ROOT/share/prometheus/teamctl-rules.yml" &&
	cat >rules-test.yml <<-EOF &&
	rule_files: [$ROOT/share/prometheus/teamctl-rules.yml]
	evaluation_interval: 1m
	tests:
	- interval: 1m
	  input_series:
	  - series: teamctl_agent_state{agent="p:a",state="failed",instance="i",job="teamctl"}
	    values: 1x10
	  - series: teamctl_agent_restarts_total{agent="p:b",cause="code",instance="i",job="teamctl"}
	    values: 0+1x20
	  - series: teamctl_supervisor_up{instance="i",job="teamctl"}
	    values: 0x10
	  alert_rule_test:
	  - eval_time: 5m
	    alertname: TeamctlAgentFailed
	    exp_alerts:
	    - exp_labels: { severity: critical, agent: "p:a", state: failed, instance: i, job: teamctl }
	      exp_annotations:
	        summary: "p:a is failed"
	        description: "Nobody starts it again by itself: teamctl history p:a, then teamctl reset."
	  - eval_time: 15m
	    alertname: TeamctlAgentRestarts
	    exp_alerts:
	    - exp_labels: { severity: warning, agent: "p:b", instance: i, job: teamctl }
	      exp_annotations:
	        summary: "p:b was restarted 15 times in 15 minutes"
	  - eval_time: 5m
	    alertname: TeamctlSupervisorDown
	    exp_alerts:
	    - exp_labels: { severity: critical, instance: i, job: teamctl }
	      exp_annotations:
	        summary: "no supervisor of i runs"
	EOF
	promtool test rules rules-test.yml
'

test_done
