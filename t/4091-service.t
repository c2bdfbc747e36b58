#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# service: files that systemd and launchd accept and read as meant.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

! command -v systemd-analyze >/dev/null || test_set_prereq SYSTEMD
! python3 -c 'import plistlib' 2>/dev/null || test_set_prereq PLIST

units=$XDG_CONFIG_HOME/systemd/user
teamctl_path=$(readlink -f "$TEAMCTL")

# systemd as it would be for a user, reading only: its manager refuses root.
systemd_dump() {
	as_user=
	if [ "$(id -u)" = 0 ]; then
		as_user='setpriv --reuid=65534 --clear-groups'
		chmod 755 "$TEST_DIR" && chmod -R a+rX "$TRASH" &&
		chown -R 65534 "$XDG_RUNTIME_DIR" || return 1
	fi
	SYSTEMD_UNIT_PATH=$TRASH/units: HOME=$XDG_RUNTIME_DIR \
		timeout 60 $as_user /lib/systemd/systemd --user --test \
		--unit="$1"
}

team "$(fake a)" || exit 1

test_expect_success 'print: a unit with absolute paths and the PATH' '
	teamctl service print --systemd >unit 2>err &&
	test_must_be_empty err &&
	test_grep "^ExecStart=$TEST_DIR/bin/teamctl -C $TRASH supervise$" unit &&
	test_grep "^Environment=\"PATH=$PATH\"$" unit &&
	test_grep "^Environment=\"TMUX_TMPDIR=$TMUX_TMPDIR\"$" unit &&
	for line in Type=notify NotifyAccess=main WatchdogSec=60 \
	    Restart=on-failure KillMode=process \
	    "ExecReload=/bin/kill -HUP \$MAINPID" \
	    WantedBy=default.target; do
		grep -qxF "$line" unit || { echo "no $line"; return 1; }
	done &&
	! test -e state && ! test -e "$units"
'

test_expect_success 'no relative folder and no unset variable gets into it' '
	PATH="bin:$PATH:." TMUX_TMPDIR= LANG=C.UTF-8 \
		teamctl service print --systemd >unit &&
	test_grep "^Environment=\"PATH=$PATH\"$" unit &&
	test_grep "^Environment=\"LANG=C.UTF-8\"$" unit &&
	test_grep ! TMUX_TMPDIR unit
'

test_expect_success 'run by its own path, it is that path' '
	PATH=/usr/bin:/bin "$teamctl_path" service print --systemd >unit &&
	test_grep "^ExecStart=\"*$teamctl_path\"* -C" unit
'

test_expect_success 'a team file of another name is named' '
	cp team-compose.yaml other.yaml &&
	teamctl -f other.yaml service print --systemd >unit &&
	test_grep "^ExecStart=.* -f $TRASH/other.yaml supervise$" unit
'

test_expect_success SYSTEMD 'systemd accepts it' '
	mkdir units &&
	teamctl service print --systemd >units/teamctl-x.service &&
	systemd-analyze verify --user "$TRASH/units/teamctl-x.service" \
		>out 2>&1 &&
	test_must_be_empty out
'

test_expect_success SYSTEMD 'systemd reads the words as they were meant' '
	dir="a %h \$HOME \${x} ; '\''\"\\ \\n b" &&
	mkdir "$dir" && cp team-compose.yaml "$dir" &&
	teamctl -C "$dir" service print --systemd >units/teamctl-x.service &&
	systemd-analyze verify --user "$TRASH/units/teamctl-x.service" &&
	systemd_dump teamctl-x.service >dump 2>&1 &&
	sed -n "s/^.*Command Line: \(.*supervise\)$/\1/p" dump >words &&
	test -s words &&
	tr -d "\\\\\"" <words >actual &&
	test_grep "a %h \$\$HOME \$\${x} ; '\''  *n b supervise$" actual
'

test_expect_success SYSTEMD 'a program at an odd place' '
	for dir in "b %n \$HOME ;c" "q \" %n \$HOME"; do
		mkdir "$dir" && cp "$teamctl_path" "$dir/teamctl" &&
		"$dir/teamctl" service print --systemd \
			>units/teamctl-x.service &&
		systemd-analyze verify --user \
			"$TRASH/units/teamctl-x.service" || return 1
	done
'

test_expect_success 'what no service file can hold is refused' '
	dir=$(printf "tab\there") && mkdir "$dir" &&
	cp team-compose.yaml "$dir" &&
	test_expect_code 1 teamctl -C "$dir" service print >out 2>err &&
	test_must_be_empty out &&
	test_grep "a service file cannot hold" err
'

test_expect_success PLIST 'launchd: a property list with the words as meant' '
	dir="x & <y> \"z\" ]]> %h \$HOME" &&
	mkdir "$dir" && cp team-compose.yaml "$dir" &&
	teamctl -C "$dir" service print --launchd --name n.1 >plist &&
	cat >read.py <<-\EOF &&
	import plistlib, sys
	p = plistlib.load(open("plist", "rb"))
	for word in p["ProgramArguments"]: print(word)
	print(p["Label"], p["RunAtLoad"], p["KeepAlive"],
	    p["AbandonProcessGroup"])
	print(p["EnvironmentVariables"]["PATH"])
	print(p["StandardErrorPath"])
	EOF
	cat >expect <<-EOF &&
	$TEST_DIR/bin/teamctl
	-C
	$TRASH/$dir
	supervise
	com.teamctl.n.1 True {'\''SuccessfulExit'\'': False} True
	$PATH
	$TRASH/$dir/state/supervise.log
	EOF
	python3 read.py >actual &&
	test_cmp expect actual
'

test_expect_success 'install: writes the file and tells what to run' '
	teamctl service print --systemd --name x >expect &&
	teamctl service install --systemd --name x >out &&
	test_cmp expect "$units/teamctl-x.service" &&
	test_grep "^installed · $units/teamctl-x.service$" out &&
	test_grep "systemctl --user daemon-reload" out &&
	test_grep "systemctl --user enable --now teamctl-x.service" out &&
	test_grep "loginctl enable-linger" out
'

test_expect_success 'install: again is fine' '
	teamctl service install --systemd --name x
'

test_expect_success 'install: never over the file of somebody else' '
	echo "[Unit]" >"$units/teamctl-y.service" &&
	cp "$units/teamctl-y.service" before &&
	test_expect_code 6 teamctl service install --systemd --name y 2>err &&
	test_grep "was not written by teamctl" err &&
	test_expect_code 6 teamctl service uninstall --systemd --name y &&
	test_cmp before "$units/teamctl-y.service" &&
	teamctl service install --systemd --name y --force &&
	test_grep ExecStart "$units/teamctl-y.service"
'

test_expect_success 'install: nor over that of another team' '
	mkdir second && cp team-compose.yaml second &&
	test_expect_code 6 teamctl -C second service install --systemd \
		--name x 2>err &&
	test_grep "is of another team" err &&
	test_grep "another --name" err &&
	test_expect_code 6 teamctl -C second service uninstall --systemd \
		--name x &&
	test_grep "C $TRASH supervise" "$units/teamctl-x.service"
'

test_expect_success 'uninstall: removes it; twice is fine' '
	teamctl service uninstall --systemd --name x >out &&
	! test -e "$units/teamctl-x.service" &&
	test_grep "^uninstalled · $units/teamctl-x.service$" out &&
	test_grep "systemctl --user disable --now teamctl-x.service" out &&
	teamctl service uninstall --systemd --name x >out &&
	test_grep "^not installed · " out
'

test_expect_success 'the name is that of the folder, not of its .team' '
	mkdir -p "my repo/.team" && cp team-compose.yaml "my repo/.team" &&
	teamctl -C "my repo" service install --systemd >out &&
	test -e "$units/teamctl-my_repo.service" &&
	test_grep "enable --now teamctl-my_repo.service" out
'

test_expect_success 'launchd: the file goes where launchd looks' '
	teamctl service install --launchd --name x >out &&
	test -e "$HOME/Library/LaunchAgents/com.teamctl.x.plist" &&
	test_grep "launchctl bootstrap gui/$(id -u) " out &&
	teamctl service uninstall --launchd --name x >out &&
	! test -e "$HOME/Library/LaunchAgents/com.teamctl.x.plist" &&
	test_grep "launchctl bootout gui/$(id -u)/com.teamctl.x" out
'

test_expect_success 'usage' '
	test_expect_code 2 teamctl service &&
	test_expect_code 2 teamctl service start 2>err &&
	test_grep "is not print, install or uninstall" err &&
	test_expect_code 2 teamctl service print install &&
	test_expect_code 2 teamctl service print --systemd --launchd &&
	test_expect_code 2 teamctl service print --name ../x &&
	(unset HOME XDG_CONFIG_HOME &&
	test_expect_code 1 teamctl service install --systemd 2>err) &&
	test_grep "HOME is not set" err
'

test_done
