#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# supervise --listen and --textfile: the same figures, by other ways.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

command -v promtool >/dev/null && test_set_prereq PROMTOOL
python3=/usr/bin/python3
$python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null &&
	test_set_prereq OPENMETRICS

# get PATH [HEADER...]: the body; the head is in the file `head`.
get() {
	perl -MIO::Socket::INET -e '
		my ($address, $path, @headers) = @ARGV;
		my $s = IO::Socket::INET->new(PeerAddr => $address, Timeout => 20)
		    or die "connect: $!";
		print $s join "\r\n", "GET $path HTTP/1.1",
		    (grep { /^host:/i } @headers) ? () : "Host: localhost",
		    @headers, "", "";
		local $/;
		my ($head, $body) = split /\r\n\r\n/, <$s>, 2;
		open my $out, ">", "head" or die;
		print $out "$head\n";
		print $body;' "$address" "$@"
}

# listening: a supervisor with its address in $address.
listening() {
	supervisor --listen 127.0.0.1:0 --textfile "$TRASH/team.prom" "$@" &&
	address=$(perl -MJSON::PP -e 'local $/;
		print decode_json(<STDIN>)->{listen}' <state/supervisor.json) &&
	test_grep "listening on http://$address" sup.log
}

# What changes by itself between two looks.
steady() {
	grep -v -e uptime_seconds -e heartbeat -e cpu_ -e memory_bytes -e tick \
	    -e reconciles_total -e tmux_clients "$1"
}

# served CODE PATH [HEADER...]
served() {
	served_code=$1
	shift
	get "$@" >body && test_grep "^HTTP/1.1 $served_code " head
}

QUICK='restart: { max_restarts: 2, within: 10m, backoff: { initial: 10ms } }'

test_expect_success 'setup' '
	team "crashes: { command: [sh, -c, \"sleep 1; exit 3\"], $QUICK }" \
		"$(fake a)" "$(fake b)" &&
	teamctl up >/dev/null && listening
'

test_expect_success 'HTTP, textfile and command say the same' '
	wait_for 30 is p:crashes state failed &&
	wait_for 20 test_grep "given_up_total{agent=\"p:crashes\",cause=\"code\"} 1" team.prom &&
	get /metrics >http.txt && teamctl metrics >command.txt &&
	steady http.txt >http && steady command.txt >command &&
	steady team.prom >textfile &&
	test_grep "^teamctl_agent_restarts_total.*} 2$" http &&
	test_cmp http command && test_cmp http textfile &&
	test_grep "^Content-Type: text/plain; version=0.0.4" head &&
	[ "$(stat -c %a team.prom)" = 644 ]
'

test_expect_success 'what the journal has, at once' '
	n=$(teamctl events --json | grep -c "\"agent.exited\"") &&
	kill -KILL "$(field p:a pid)" &&
	wait_for 20 test_grep "\"agent.exited\",\"agent\":\"p:a\"" state/journal.jsonl &&
	get /metrics >body &&
	test_grep "^teamctl_events_total{event=\"agent.exited\"} $((n + 1))\$" body &&
	test_grep "^teamctl_agent_exits_total{agent=\"p:a\",class=\"signal\"} 1\$" body
'

test_expect_success PROMTOOL 'promtool accepts it' '
	get /metrics >body && promtool check metrics <body
'

test_expect_success OPENMETRICS 'OpenMetrics for who asks for it' '
	get /metrics "Accept: application/openmetrics-text; version=1.0.0" >body &&
	test_grep "^Content-Type: application/openmetrics-text" head &&
	$python3 -c "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(len(list(text_string_to_metric_families(sys.stdin.read()))))" <body
'

# The members that change by themselves are left out, agents by their ids.
sorted_status() {
	perl -MJSON::PP -e 'local $/;
		my $s = decode_json(<STDIN>);
		delete @$_{"memory_bytes", "cpu_percent"} for @{$s->{agents}};
		$s->{agents} = [sort { $a->{id} cmp $b->{id} } @{$s->{agents}}];
		print JSON::PP->new->canonical->pretty->encode($s)'
}

# same_status: at both doors; the supervisor may be about to see something.
same_status() {
	served 200 /status && sorted_status <body >actual &&
	teamctl status --json >expect.json &&
	sorted_status <expect.json >expect && test_cmp expect actual
}

test_expect_success '/status is status --json' '
	wait_for 20 is p:a state running && wait_for 20 same_status &&
	test_grep "^Content-Type: application/json" head
'

test_expect_success '/health has reasons, and is well again after a reset' '
	served 503 /health &&
	test_grep "p:crashes: failed: .*exit 3" body &&
	test_grep "\"healthy\": false" body &&
	team "crashes: { command: [\"$FAKE_AGENT\"], $QUICK }" "$(fake a)" "$(fake b)" &&
	teamctl reload >/dev/null && teamctl reset >/dev/null &&
	wait_for 20 is p:crashes state running &&
	wait_for 20 served 200 /health && test_grep "\"healthy\": true" body
'

test_expect_success 'an agent that was never up is in it' '
	team "$(fake crashes)" "$(fake a)" "$(fake b)" "$(fake new)" &&
	kill -HUP $sup &&
	wait_for 20 sh -c "teamctl status --json | grep -q p:new" &&
	wait_for 20 same_status
'

# say BYTES: what is answered to them, as printf has them; they may be refused
# before all was said.
say() {
	printf "$1" >said &&
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new($ARGV[0]) or die;
		$SIG{PIPE} = "IGNORE";
		local $/;
		print $s <STDIN>;
		$s->flush;
		shutdown $s, 1;
		my $answer = <$s>;
		print $answer // ""' "$address" <said >answer
}

test_expect_success 'nothing else is served' '
	served 404 / && served 404 /../../etc/passwd &&
	served 403 /metrics "Host: evil.example" &&
	served 200 /metrics "Host: 127.0.0.1:1" &&
	say "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" &&
	test_grep "^HTTP/1.1 405 " answer && test_grep "^Allow: GET, HEAD" answer &&
	for method in PUT DELETE OPTIONS TRACE PATCH; do
		say "$method /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" &&
		test_grep "^HTTP/1.1 405 " answer || return 1
	done &&
	say "BREW /metrics HTTP/1.1\r\n\r\n" &&
	test_grep "^HTTP/1.1 [45]" answer
'

test_expect_success 'HEAD has no body, one request a connection, 1.0 as well' '
	say "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" &&
	test_grep "^HTTP/1.1 200 " answer && test_grep ! ^teamctl answer &&
	say "GET /metrics HTTP/1.0\r\n\r\n" &&
	test_grep "^HTTP/1.[01] 200 " answer && test_grep ^teamctl_agents answer &&
	say "GET /health HTTP/1.1\r\nConnection: keep-alive\r\n\r\nGET /status HTTP/1.1\r\n\r\n" &&
	test "$(grep -c "^HTTP/" answer)" = 1 &&
	test_grep "^Connection: close" answer
'

test_expect_success 'what is no request, or too long' '
	head -c 100000 /dev/zero | tr "\000" x >long &&
	say "GET /metrics HTTP/1.1\r\nX: $(cat long)\r\n\r\n" &&
	test_grep ! "^HTTP/1.1 200" answer &&
	say "GET /$(cat long) HTTP/1.1\r\n\r\n" &&
	test_grep ! "^HTTP/1.1 200" answer &&
	say "POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\nabc" &&
	test_grep ! "^HTTP/1.1 200" answer &&
	say "\001\002\377\r\n\r\n" && test_grep ! "^HTTP/1.1 200" answer &&
	say "" && served 200 /metrics
'

test_expect_success 'slow clients are let go, and hold nobody up' '
	perl -MIO::Socket::INET -MTime::HiRes=sleep,time -e "
		\$SIG{PIPE} = q(IGNORE);
		my \$begin = time;
		my @open = map {
			my \$s = IO::Socket::INET->new(\"$address\") or die;
			print \$s \"GET /metrics HTTP/1.1\r\nX: \" if \$_ % 2;
			\$s->autoflush(1);
			\$s } 1 .. 50;
		while (time - \$begin < 40 * $TEST_SLOW) {
			my @left;
			for my \$s (@open) {
				\$s->blocking(0);
				my \$n = sysread \$s, my \$buf, 100;
				push @left, \$s if !defined \$n && \$!{EAGAIN};
				print \$s q(a);
			}
			@open = @left or exit 0;
			sleep 0.2;
		}
		die scalar(@open) . q( are still open)" &&
	served 200 /metrics
'

test_expect_success 'an address that cannot be listened on' '
	no_supervisor &&
	test_grep "^teamctl_supervisor_up 0" team.prom &&
	test_grep ! "^teamctl_supervisor_uptime" team.prom &&
	for bad in "" x:1 example.org:80 127.0.0.1: 127.0.0.1:99999 1.2.3.4:5:6; do
		test_expect_code 1 teamctl supervise --once --listen "$bad" 2>err &&
		test_grep "cannot listen on .$bad." err || return 1
	done &&
	listening &&
	! supervise_other=$(cd "$TRASH" && mkdir -p other && cd other &&
		cp ../team-compose.yaml . &&
		teamctl supervise --once --listen "$address" 2>&1) &&
	echo "$supervise_other" >err &&
	test_grep "cannot listen on .$address.: Address already in use" err &&
	no_supervisor && teamctl down >/dev/null
'

test_done
