#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What an agent may ask for from inside its own pane, and that it cannot be
# somebody else.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

! command -v python3 >/dev/null || test_set_prereq PYTHON

# An agent that does what it is told through a FIFO.
cat >agent.sh <<'EOF'
while test -p "in.$1"; do
	# Nothing: who wrote the last line had not closed it yet.
	read -r line <"in.$1" || continue
	sh -c "$line" >"out.$1.tmp" 2>&1
	echo "exit $?" >>"out.$1.tmp"
	mv "out.$1.tmp" "out.$1"
done
EOF

obeying() { # NAME [PERMISSIONS]
	mkfifo "in.$1"
	printf '%s: { command: [sh, agent.sh, %s]%s }' "$1" "$1" \
	    "${2:+, command_permissions: { $2 \}}"
}

begin_inside() { # NAME COMMAND
	rm -f "out.$1"
	timeout 20 sh -c "echo \"\$1\" >\"in.\$0\"" "$1" "$2"
}

# inside NAME CODE COMMAND: what it printed is in out.NAME then.
inside() {
	begin_inside "$1" "$3"
	wait_for 20 test -e "out.$1" || return 1
	tail -n 1 "out.$1" | grep -xF "exit $2" && return
	cat "out.$1"
	return 1
}

denied() { # LINES: so many are in the journal
	teamctl events --kind command.denied >denials &&
	lines "$1" denials
}

test_expect_success 'a team' '
	team "$(obeying none)" "$(obeying may \
	    "allow_restart: true, allow_shutdown: true, allowed_signals: [TERM, SIGSTOP]")" \
	    "$(obeying mute "allow_restart: true, allowed_signals: [HUP]")" \
	    "$(fake other)" &&
	teamctl up >out 2>err && supervisor && test_must_be_empty err
'

test_expect_success 'looking is always allowed, and notify' '
	inside none 0 "teamctl status" && inside none 0 "teamctl state --json" &&
	inside none 0 "teamctl events" && inside none 0 "teamctl plan" &&
	inside none 0 "teamctl validate" && inside none 0 "teamctl why p:none" &&
	inside none 0 "teamctl restart p:other --dry-run" &&
	inside none 0 "teamctl auto-resume status" &&
	inside none 0 "teamctl service print --systemd" &&
	inside none 0 "teamctl notify --ready" && denied 0
'

test_expect_success 'without permission nothing else is' '
	teamctl state --json >before &&
	for verb in up down reload restart "pause --stop" pause resume \
	    quarantine release remove reset; do
		inside none 6 "teamctl $verb p:other" || return 1
		inside none 6 "teamctl $verb p:none" || return 1
	done &&
	for verb in up down reload restart "pause --stop" pause resume reset; do
		inside none 6 "teamctl $verb" || return 1
	done &&
	inside none 6 "teamctl shutdown" &&
	inside none 6 "teamctl auto-resume off" &&
	inside none 6 "teamctl supervise --replace" &&
	inside none 6 "teamctl scale other=2" &&
	echo "name: x" >child.yaml && inside none 6 "teamctl add -f child.yaml -p p" &&
	for verb in install uninstall; do
		inside none 6 "XDG_CONFIG_HOME=$PWD HOME=$PWD teamctl service $verb --systemd" ||
			return 1
	done && test ! -e systemd && test ! -e .config &&
	inside none 6 "teamctl save" && denied 38 &&
	inside none 6 "teamctl restart p:none" &&
	test_grep "command_permissions lack allow_restart" out.none &&
	inside none 6 "teamctl restart p:other" &&
	test_grep "may not .restart. others from inside" out.none &&
	teamctl events --kind command.denied --json >denials &&
	tail -n 1 denials >last && json_is last agent p:none &&
	json_is last fields/verb restart &&
	is p:other state running && is p:none state running
'

test_expect_success 'an environment changes nothing about that' '
	inside none 6 "env -u TEAMCTL_TOKEN -u TEAMCTL_RUN teamctl down p:other" &&
	inside none 6 "env -i PATH=\"\$PATH\" TMUX_TMPDIR=\"\$TMUX_TMPDIR\" teamctl down p:other" &&
	inside none 6 "setsid teamctl down p:other" &&
	begin_inside none "(setsid sh -c \"sleep 0.3; env -i PATH=\$PATH TEAMCTL_TEST=\$TEAMCTL_TEST teamctl down p:other; echo exit \\\$? >orphan\" &)" &&
	wait_for 20 test -s orphan && grep "exit 6" orphan &&
	inside none 6 "sh -c \"exec -a teamctl true; :\"; teamctl down p:other"
'

test_expect_success 'the token of another is of no use' '
	inside may 0 "printenv TEAMCTL_TOKEN" && token=$(head -n 1 out.may) &&
	case $token in p:may/????????????????????????????????) ;; *) false ;; esac &&
	inside none 6 "TEAMCTL_TOKEN=$token teamctl restart p:may" &&
	test_grep "has the TEAMCTL_TOKEN of another agent" out.none &&
	test_expect_code 6 env TEAMCTL_TOKEN="$token" teamctl restart p:may 2>err &&
	test_grep "this process is not one of its own" err &&
	TEAMCTL_TOKEN=p:may/00 teamctl pause p:other >out &&
	TEAMCTL_TOKEN=rubbish teamctl resume p:other >out
'

test_expect_success PYTHON 'nor does the socket ask anybody else' '
	cat >raw.py <<-\EOF &&
	import json, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.connect("state/control.sock")
	f = s.makefile("rw")
	f.readline()
	print(sys.argv[1], file=f, flush=True)
	print(json.loads(f.readline()).get("code", "none"))
	EOF
	for op in "{\"op\":\"restart\",\"ids\":[\"p:other\"]}" \
	    "{\"op\":\"down\",\"ids\":[\"p:none\",\"p:other\"]}" \
	    "{\"op\":\"down\",\"ids\":[]}" "{\"op\":\"shutdown\"}" \
	    "{\"op\":\"yield\",\"verb\":\"reload\"}" "{\"op\":\"yield\"}"; do
		echo "$op" >request &&
		inside none 0 "python3 raw.py \"\$(cat request)\"" &&
		test_grep "^denied$" out.none || return 1
	done
'

# Whom the kernel has told of may have ended since: that is no way out.
test_expect_success PYTHON 'one that has gone is nobody' '
	cat >gone.py <<-\EOF &&
	import json, os, socket, sys, time
	s = socket.socket(socket.AF_UNIX)
	s.connect("state/control.sock")
	f = s.makefile("rw")
	f.readline()
	me = os.getpid()
	if os.fork():
	    os._exit(0)
	while os.path.exists("/proc/%d" % me):
	    time.sleep(0.01)
	print(sys.argv[1], file=f, flush=True)
	reply = json.loads(f.readline())
	open("reply.tmp", "w").write(reply.get("code", "none") + "\n")
	os.rename("reply.tmp", "reply")
	EOF
	echo "{\"op\":\"state\"}" >request &&
	inside none 0 "python3 gone.py \"\$(cat request)\"" &&
	wait_for 20 grep -x none reply && rm reply &&
	echo "{\"op\":\"down\",\"ids\":[\"p:other\"]}" >request &&
	inside none 0 "python3 gone.py \"\$(cat request)\"" &&
	wait_for 20 grep -x denied reply && is p:other state running
'

# They are carried out by a teamctl that the supervisor runs.
test_expect_success PYTHON 'nor does a supervisor run for it what it brings' '
	cat >request <<-EOF &&
	{"op":"add","dry_run":true,"manifest":"name: x\\ncommand: [$FAKE_AGENT]\\nsecrets: [{name: A, from: \"cmd:touch $PWD/owned\"}]"}
	EOF
	inside none 0 "python3 raw.py \"\$(cat request)\"" &&
	test_grep "^denied$" out.none && test ! -e owned
'

test_expect_success 'it may do to itself what it is allowed to' '
	pid=$(field p:may pid) &&
	begin_inside may "teamctl restart p:may --no-wait --reason tired" &&
	wait_for 20 new_pid p:may "$pid" &&
	inside may 6 "teamctl restart p:other" &&
	inside may 6 "teamctl down p:may --now" &&
	test_grep "allowed_signals lack KILL" out.may &&
	inside mute 6 "teamctl restart p:mute" &&
	test_grep "allowed_signals lack TERM" out.mute &&
	inside may 0 "printenv TEAMCTL_TOKEN" && ! grep -F "$token" out.may &&
	begin_inside may "teamctl pause --freeze p:may" &&
	wait_for 20 is p:may operation paused && teamctl resume p:may >out &&
	begin_inside may "teamctl pause --stop p:may" &&
	wait_for 20 is p:may operation paused &&
	wait_for 20 is p:may pid null && teamctl resume p:may >out &&
	begin_inside may "teamctl down p:may" &&
	wait_for 20 is p:may operation stopped &&
	wait_for 20 is p:may pid null
'

test_expect_success 'and the record says that it was the agent itself' '
	teamctl events --kind command.accepted --json >list &&
	grep "\"reason\":\"tired\"" list >one &&
	json_is one fields/from_agent p:may &&
	tail -n 1 list >last && json_is last fields/verb down &&
	json_is last fields/from_agent p:may &&
	grep "\"verb\":\"resume\"" list >persons && ! grep from_agent persons &&
	teamctl restart p:other --json --dry-run >actual &&
	json_is actual from_agent null
'

test_expect_success 'a restart after an edit comes back' '
	teamctl up p:may >out && pid=$(field p:may pid) &&
	sed "s/other: {/&  restart: never,/" team-compose.yaml >new &&
	mv new team-compose.yaml &&
	begin_inside may "teamctl restart p:may" &&
	wait_for 20 new_pid p:may "$pid"
'

test_expect_success 'a team in a folder of this one is another team' '
	mkdir below && cd below && cp ../agent.sh . && team "$(obeying deep)" &&
	teamctl up --no-supervise >out && cd .. &&
	(cd below && inside deep 0 "teamctl -C .. pause p:other") &&
	teamctl resume p:other >out &&
	(cd below && inside deep 6 "teamctl down p:deep" && teamctl down >out)
'

test_expect_success 'reload sees no token' '
	teamctl reload >out && teamctl reload >actual &&
	test_grep "no changes" actual
'

test_expect_success 'without a supervisor' '
	no_supervisor && pid=$(field p:may pid) &&
	inside none 6 "teamctl down p:other" &&
	inside may 7 "teamctl restart p:may" && is p:may pid "$pid" &&
	teamctl audit verify >out && teamctl down >out
'

test_done
