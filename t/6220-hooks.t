#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# on: { WORD: argv }: hooks of a team and of an agent, run by the supervisor.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

command -v curl >/dev/null && command -v python3 >/dev/null &&
	test_set_prereq WEBHOOK

cat >hook <<'EOF'
#!/bin/sh
# hook NAME: adds what it reads to NAME, as one line.
line=$(cat) && printf '%s\n' "$line" >>"$1"
EOF
chmod +x hook
QUICK='restart: { max_restarts: 1, within: 10m, backoff: { initial: 10ms } }'
crashes="command: [sh, -c, \"sleep 1; exit 3\"], $QUICK"

# told FILE NUMBER HOOK [PATTERN]: so many lines of that hook are in it.
told() {
	told_nr=$(grep "\"hook\":\"$3\"" "$1" 2>/dev/null | grep -c -e "${4:-.}")
	[ "$told_nr" -eq "$2" ] && return
	echo "$1: $told_nr of $3, not $2:"
	cat "$1"
	return 1
}

test_expect_success 'team and agent, one argv, several, and a line for sh' '
	TEAM_TOP="on:
  exit: [./hook, $TRASH/exits]
  failed: [[./hook, $TRASH/one], [./hook, $TRASH/two]]
  started: \"./hook \$HOME/started\"" \
	team "crashes: { $crashes, on: { failed: [./hook, $TRASH/own], restart: [$TRASH/hook, $TRASH/restarts] } }" \
		"other: { $crashes }" &&
	teamctl validate && teamctl up >/dev/null && supervisor &&
	for f in one two; do wait_for 20 told $f 2 failed || return 1; done &&
	wait_for 20 told own 1 failed && wait_for 20 told exits 4 exit &&
	wait_for 20 told restarts 1 restart && wait_for 20 told "$HOME/started" 4 started
'

test_expect_success 'what they read is the event' '
	perl -MJSON::PP -ne "
		my \$e = decode_json(\$_);
		die if \$e->{schema} != 1 || \$e->{hook} ne q(failed) ||
		    \$e->{event} ne q(agent.given_up) || \$e->{agent} ne q(p:crashes) ||
		    \$e->{gen} != 2 || \$e->{fields}{class} ne q(code) ||
		    \$e->{root} ne q($TRASH) || \$e->{reason} !~ /exit 3/ ||
		    exists \$e->{hash};" own &&
	teamctl events --json | grep "\"seq\":$(perl -ne "/\"seq\":(\d+)/ and print \$1" own)," >event &&
	test_grep "agent.given_up" event &&
	wait_for 20 sh -c "teamctl events --kind hook.ran | grep -c p:crashes | grep -qx 8"
'

test_expect_success 'what a command did is told, too' '
	no_supervisor && teamctl down >/dev/null && rm -rf state &&
	TEAM_TOP="on: { killed: [./hook, $TRASH/killed], stopped: [./hook, $TRASH/stopped] }" \
	TEAM_DRAIN=1 team "$(fake stubborn --ignore INT,TERM,HUP)" "$(fake meek)" &&
	teamctl up >/dev/null && supervisor && teamctl restart >/dev/null &&
	wait_for 20 told killed 1 killed p:stubborn &&
	wait_for 20 told stopped 1 stopped p:meek
'

test_expect_success 'once each, over the end of a supervisor' '
	kill -KILL $sup && { wait $sup || :; } && teamctl restart >/dev/null &&
	supervisor && wait_for 20 told killed 2 killed &&
	wait_for 20 told stopped 2 stopped && no_supervisor &&
	supervisor && teamctl restart meek >/dev/null &&
	wait_for 20 told stopped 3 stopped && told killed 2 killed &&
	no_supervisor && teamctl down >/dev/null
'

test_expect_success 'one that hangs, floods, fails or is not there holds nobody up' '
	rm -rf state one && cat >bad <<-\EOF &&
	#!/bin/sh
	case $1 in
	hang) sleep 1000 & wait ;;
	flood) yes ;;
	fail) echo "it is broken" >&2; exit 7 ;;
	esac
	EOF
	chmod +x bad &&
	TEAM_TOP="on: { failed: [[./bad, hang], [./bad, flood], [./bad, fail], [./absent], [./hook, $TRASH/one]] }" \
	team "crashes: { $crashes }" &&
	teamctl up >/dev/null && supervisor &&
	wait_for 20 told one 1 failed &&
	wait_for 20 sh -c "teamctl events --kind hook.failed | grep -q \"it is broken\"" &&
	wait_for 20 sh -c "teamctl events --kind hook.failed | grep -q \"absent\"" &&
	wait_for 20 sh -c "teamctl events --kind hook.failed | grep -q \"wrote more than\"" &&
	wait_for 40 sh -c "teamctl events --kind hook.failed | grep -q \"no answer within 10s\"" &&
	no_process "$TRASH/bad" &&
	teamctl metrics >metrics.txt &&
	test_grep "^teamctl_agent_hooks_total{agent=\"p:crashes\",result=\"ok\"} 1" metrics.txt &&
	test_grep "^teamctl_agent_hooks_total{agent=\"p:crashes\",result=\"failed\"} 4" metrics.txt &&
	no_supervisor
'

test_expect_success 'no more than 8 run at a time; the others wait' '
	rm -rf state && mkdir -p running && cat >busy <<-\EOF &&
	#!/bin/sh
	: >running/$$
	ls running | wc -l >>most
	perl -e "select undef, undef, undef, 0.3"
	rm running/$$
	EOF
	chmod +x busy &&
	hooks=$(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf "[./busy], "; done) &&
	TEAM_TOP="on: { exit: [${hooks%, }] }" \
	team "a: { command: [sh, -c, \"sleep 1; exit 1\"], restart: never }" &&
	teamctl up >/dev/null && supervisor &&
	wait_for 40 lines 20 most &&
	most=$(sort -n most | tail -1) && [ "$most" -le 8 ] && [ "$most" -ge 2 ] &&
	no_supervisor && teamctl down >/dev/null
'

test_expect_success 'an unknown word warns, a wrong value is an error' '
	TEAM_TOP="on: { fialed: [x] }" team "$(fake a)" &&
	teamctl validate 2>err && test_grep "unknown key .fialed." err &&
	test_grep "did you mean .failed." err &&
	TEAM_TOP="on: { failed: { a: b } }" team "$(fake a)" &&
	test_expect_code 3 teamctl validate 2>err
'

cat >server.py <<'EOF'
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("posted", "ab") as f:
            f.write(self.path.encode() + b" " + self.headers["Content-Type"].encode() +
                b" " + self.headers.get("X-Token", "-").encode() + b" " + body + b"\n")
        self.send_response(204 if self.path == "/hook" else 500)
        self.end_headers()
    def log_message(self, *args): pass
s = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open("port.tmp", "w") as f: f.write(str(s.server_port))
os.rename("port.tmp", "port")
s.serve_forever()
EOF

test_expect_success 'a team that has nothing but hooks has a supervisor' '
	rm -rf state && TEAM_AUTOSTART=true team "a: { command: [sleep, \"9\"], restart: never }" &&
	teamctl up >/dev/null && { teamctl doctor >out 2>&1 || :; } &&
	test_grep "none runs, and none is needed" out && teamctl down >/dev/null &&
	TEAM_AUTOSTART=true team "a: { command: [sleep, \"1\"], restart: never, on: { exit: [./hook, $TRASH/alone] } }" &&
	teamctl up >/dev/null && wait_for 20 told alone 1 exit && teamctl down >/dev/null
'

test_expect_success WEBHOOK 'the wrapper posts to a URL that is in a file' '
	{ python3 server.py >server.log 2>&1 & } && server=$! &&
	test_when_finished "kill $server" &&
	wait_for 20 test -e port && port=$(cat port) &&
	printf "http://127.0.0.1:%s/hook\nX-Token: s3cret\n" "$port" >url &&
	rm -rf state &&
	TEAM_TOP="on: { failed: [webhook, url] }" team "crashes: { $crashes }" &&
	teamctl up >/dev/null && supervisor &&
	wait_for 30 test -s posted &&
	test_grep "^/hook application/json s3cret {.*\"hook\":\"failed\"" posted &&
	wait_for 20 sh -c "teamctl events --kind hook.ran | grep -q p:crashes" &&
	no_supervisor && teamctl down >/dev/null &&
	webhook=$ROOT/share/hooks/webhook &&
	echo "{}" | TEAMCTL_WEBHOOK_URL=http://127.0.0.1:$port/hook "$webhook" &&
	test_grep "^/hook application/json - {}" posted &&
	echo "http://127.0.0.1:$port/broken" >url &&
	test_must_fail "$webhook" url <url 2>err && test_grep "500" err
'

test_expect_success WEBHOOK 'the wrapper says what is wrong' '
	webhook=$ROOT/share/hooks/webhook &&
	test_must_fail "$webhook" 2>err && test_grep "TEAMCTL_WEBHOOK_URL" err &&
	test_must_fail "$webhook" absent 2>err && test_grep "cannot read" err &&
	echo "file:///etc/passwd" >url &&
	test_must_fail "$webhook" url 2>err && test_grep "is none" err &&
	echo "http://x/\"" >url &&
	test_must_fail "$webhook" url 2>err && test_grep "quote" err
'

test_done
