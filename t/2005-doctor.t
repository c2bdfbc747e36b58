#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# doctor: one line for each thing that could keep the team from running.
. "${0%/*}/lib.sh"

cat >team-compose.yaml <<'EOF'
version: 2
projects:
  - id: p
    cwd: .
    workers:
      dev: { command: [sleep, "1"] }
EOF
LC_ALL=C.UTF-8
export LC_ALL

finds() { # STATE CHECK TEXT
	awk -v state="$1" 'index($0, state) == 1' out >rows &&
	test_grep "^$1  *$2  *.*$3" rows
}

test_expect_success 'all is well: exit 0' '
	teamctl doctor >out 2>err &&
	test_must_be_empty err &&
	test_grep ! "^warning" out &&
	test_grep ! "^failure" out &&
	finds ok tmux "tmux [0-9]" &&
	finds ok "compose files" "1 agent$" &&
	finds ok "state folder" "not there yet" &&
	finds ok "tmux server" "none runs yet"
'

test_expect_success 'it changes nothing and starts no server' '
	test ! -e state &&
	test_must_fail tmux list-sessions
'

test_expect_success 'a warning: exit 1, with what mends it' '
	LC_ALL=C test_expect_code 1 teamctl doctor >out &&
	finds warning locale "not UTF-8.*— export LC_ALL=C.UTF-8" &&
	mkdir -m 755 state &&
	test_expect_code 1 teamctl doctor >out &&
	finds warning "state folder" "— chmod 700 .$TRASH/state" &&
	chmod 700 state &&
	teamctl doctor >out &&
	finds ok "state folder" "$TRASH/state"
'

test_expect_success 'terminals, where the system says how many there are' '
	teamctl doctor >out && finds ok terminals "[0-9]* of [0-9]* are taken"
'

test_expect_success 'a service: its PATH, and whether it outlives a logout' '
	mkdir runtimes svc && cat >runtimes/mine.yaml <<-EOF &&
	binary: mine-cli
	EOF
	sed "s/command: .*/runtime: mine }/" team-compose.yaml >svc.yaml &&
	printf "#!/bin/sh\nexec sleep 9\n" >svc/mine-cli && chmod +x svc/mine-cli &&
	XDG_CONFIG_HOME=$TRASH/config && export XDG_CONFIG_HOME &&
	PATH=$TRASH/svc:$PATH teamctl -f svc.yaml service install --systemd >/dev/null &&
	{ PATH=$TRASH/svc:$PATH teamctl -f svc.yaml doctor >out || :; } &&
	finds ok service "$TRASH/config/systemd/user/teamctl-.*service" &&
	grep -q "^[a-z]* *lingering " out &&
	sed -i "s|$TRASH/svc:||" config/systemd/user/teamctl-*.service &&
	PATH=$TRASH/svc:$PATH test_expect_code 1 teamctl -f svc.yaml doctor >out &&
	finds warning service ".mine-cli. is not on the PATH of .*— teamctl service install" &&
	rm -r config runtimes svc svc.yaml && unset XDG_CONFIG_HOME
'

test_expect_success 'no tmux: exit 2' '
	mkdir none &&
	PATH=none test_expect_code 2 "$TEAMCTL" doctor >out &&
	finds failure tmux "not on PATH.*— install the package tmux"
'

test_expect_success 'a tmux that is too old' '
	mkdir old && printf "#!/bin/sh\necho tmux 2.9a\n" >old/tmux &&
	chmod +x old/tmux &&
	PATH=$TRASH/old:$PATH test_expect_code 2 teamctl doctor >out &&
	finds failure tmux "tmux 2.9a. is older than 3.0"
'

test_expect_success 'a path that is too long for a socket' '
	mkdir -p long && long=$(printf "%0100d" 0) && mkdir "long/$long" &&
	TMUX_TMPDIR=$TRASH/long/$long \
	    test_expect_code 2 teamctl doctor >out 2>err &&
	finds failure "tmux server" "too long a path — set TMUX_TMPDIR"
'

test_expect_success 'a development version is new enough' '
	printf "#!/bin/sh\necho tmux next-3.9\n" >old/tmux &&
	PATH=$TRASH/old:$PATH teamctl doctor >out &&
	printf "#!/bin/sh\necho tmux master\n" >old/tmux &&
	PATH=$TRASH/old:$PATH teamctl doctor >out
'

test_expect_success 'a runtime whose program is not there' '
	mkdir -p other/runtimes &&
	cat >other/team-compose.yaml <<-\EOF &&
	version: 2
	projects:
	  - id: p
	    cwd: .
	    workers:
	      dev: { runtime: codex }
	EOF
	PATH=/usr/bin:/bin test_expect_code 2 "$TEAMCTL" -C other doctor >out &&
	finds failure runtime "codex: .codex. is not on PATH — install the"
'

test_expect_success 'W43: a server with exit-unattached' '
	tmux new-session -d -s x sleep 100 &&
	test_when_finished tmux kill-server &&
	teamctl doctor >out &&
	finds ok "tmux server" "runs with pid" &&
	tmux -L outer new-session -d env -u TMUX tmux attach-session &&
	test_when_finished tmux -L outer kill-server &&
	wait_for 20 sh -c "tmux list-clients | grep -q x" &&
	tmux set-option -s exit-unattached on &&
	test_expect_code 2 teamctl doctor >out &&
	finds failure "tmux server" "exit-unattached is on.*— tmux set -s" &&
	tmux set-option -s exit-unattached off
'

test_expect_success 'without a team' '
	mkdir ../alone && cd ../alone &&
	test_expect_code 1 teamctl doctor >../trash/out 2>../trash/err &&
	cd ../trash &&
	finds warning team "none was found — teamctl init"
'

test_expect_success '--json' '
	teamctl doctor --json >out &&
	perl -MJSON::PP -e "local \$/; my \$d = decode_json(<>);
		my (\$tmux) = grep { \$_->{check} eq \"tmux\" } @{\$d->{checks}};
		exit !(\$d->{schema} == 1 && \$tmux->{state} eq \"ok\")" out
'

test_done
