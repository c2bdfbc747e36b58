# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The test library: source it first, call test_done last (t/README).
#
#	t/NNNN-topic.t [-v] [-d] [-i] [-x]
#
#	-v  show what the bodies print     -i  stop at the first failure
#	-d  keep the folder of the script  -x  trace the bodies
#
# TEST_OPTS in the environment holds more of these.

# The environment: of the caller's only where programs and libraries are, and
# what a person sets for a test.  A key of an agent CLI, say, or what systemd
# gives a service would be found by the program under test.  (The second line:
# what a shell may not let go.)
for t_arg in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
	case $t_arg in
	PATH | PWD | TMPDIR | LD_* | DYLD_* | PKG_CONFIG* | PERL5LIB | CC | NM) ;;
	SHELLOPTS | BASHOPTS | UID | EUID | PPID) ;;
	BUILD | TEAMCTL_BIN | TEST_* | GOLDEN | *SAN_OPTIONS) ;;
	*KILLS | SEED | CYCLES | STEPS | ROUNDS | FLEET | SENDS | TEAMS | SHARED) ;;
	*) unset "$t_arg" ;;
	esac
done

t_verbose='' t_keep='' t_immediate='' t_trace=''
for t_arg in $TEST_OPTS "$@"; do
	case $t_arg in
	-v) t_verbose=1 ;;
	-d) t_keep=1 ;;
	-i) t_immediate=1 ;;
	-x) t_trace=1 ;;
	*) echo "usage: $0 [-v] [-d] [-i] [-x]" >&2; exit 2 ;;
	esac
done

# Where things are.  make sets BUILD and TEAMCTL_BIN.
ROOT=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
TEAMCTL=${TEAMCTL_BIN:-$ROOT/bin/teamctl}
unset TEAMCTL_BIN
t_name=$(basename "$0" .t)
# A factor on all deadlines: sanitizers, valgrind and loaded machines.
TEST_SLOW=${TEST_SLOW:-1}

LC_ALL=C TZ=UTC TERM=xterm-256color SHELL=/bin/sh
export LC_ALL TZ TERM SHELL ROOT BUILD TEAMCTL
umask 022

# One folder a script, with a short name: a socket's path is 107 bytes at most.
# Where TMPDIR would make it long, or has what a shell splits at, it is /tmp.
case $TMPDIR in
*[!A-Za-z0-9/._-]* | [!/]* | '' | ???????????????????????????????*)
	TMPDIR=/tmp ;;
esac
TEST_DIR=$(mktemp -d "$TMPDIR/tt-${t_name%%-*}.XXXXXX") || exit 1
TEST_DIR=$(cd "$TEST_DIR" && pwd -P)
TRASH=$TEST_DIR/trash
HOME=$TEST_DIR/home
TMUX_TMPDIR=$TEST_DIR/tmux
XDG_CONFIG_HOME=$HOME/.config XDG_DATA_HOME=$HOME/.local/share
XDG_STATE_HOME=$HOME/.local/state XDG_CACHE_HOME=$HOME/.cache
XDG_RUNTIME_DIR=$TEST_DIR/run
TMPDIR=$TEST_DIR/tmp
# By this every process of the script is known, whatever becomes of it.
TEAMCTL_TEST=$TEST_DIR
export TRASH HOME TMUX_TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
export XDG_CACHE_HOME XDG_RUNTIME_DIR TMPDIR TEAMCTL_TEST FAKE_AGENT
mkdir "$TRASH" "$HOME" "$TEST_DIR/bin" "$TEST_DIR/tmp" &&
mkdir -m 700 "$TMUX_TMPDIR" "$XDG_RUNTIME_DIR" &&
ln -s "$TEAMCTL" "$TEST_DIR/bin/teamctl" &&
ln -s "$BUILD/t/fake-agent" "$TEST_DIR/bin/fake-agent" || exit 1
# By a name of this script's own: another's do not match `pgrep -f`.
FAKE_AGENT=$TEST_DIR/bin/fake-agent
t_path=$PATH
PATH=$TEST_DIR/bin:$PATH
export PATH
if [ "$TEAMCTL" != "$ROOT/bin/teamctl" ]; then
	TEAMCTL_SHARE=$ROOT/share
	export TEAMCTL_SHARE
fi

t_count=0 t_failed=0 t_done='' t_prereqs=' ' t_cleanup=:
t_out=$TEST_DIR/output
exec 3>&1 4>&2

t_say() {
	printf '%s\n' "$*" >&3
}

# Diagnostics: prove shows these without being asked.
t_diag() {
	printf '# %s: %s\n' "$t_name" "$*" >&4
}

# A file as diagnostics.
t_show() {
	sed 's/^/#   /' "$1" >&4
}

t_result() { # STATUS TITLE [DIRECTIVE]
	t_count=$((t_count + 1))
	if [ "$1" = 0 ]; then
		t_say "ok $t_count - $2${3:+ # $3}"
		return
	fi
	t_say "not ok $t_count - $2${3:+ # $3}"
	case $3 in TODO*) return ;; esac
	t_failed=$((t_failed + 1))
	if [ -n "$t_immediate" ]; then
		t_keep=1
		exit 1
	fi
}

# Runs a body with its output in a file (with -v on stderr).
t_eval() {
	cd "$TRASH" || return 1
	if [ -n "$t_verbose" ]; then
		eval "${t_trace:+set -x;} $1" </dev/null >&2 2>&1
	else
		eval "${t_trace:+set -x;} $1" </dev/null >"$t_out" 2>&1
	fi
	t_status=$?
	{ set +x; } 2>/dev/null
	return $t_status
}

# A line of a body without && would have its failure forgotten: with a false
# command before it, no line of a proper chain is reached.
t_chained() {
	t_eval "(exit 117) && $1"
	[ "$t_status" = 117 ] && return
	echo "broken &&-chain (or || without { }) in the body" >"$t_out"
	return 1
}

t_run() { # BODY
	t_cleanup=:
	t_chained "$1" || return 1
	t_eval "$1"
	t_body_status=$t_status
	if [ "$t_cleanup" != : ]; then
		cp "$t_out" "$t_out.body" 2>/dev/null
		if ! t_eval "$t_cleanup" && [ "$t_body_status" = 0 ]; then
			t_body_status=1
			echo 'test_when_finished failed' >>"$t_out"
		fi
		cat "$t_out" >>"$t_out.body" 2>/dev/null
		mv "$t_out.body" "$t_out" 2>/dev/null
	fi
	return "$t_body_status"
}

# test_set_prereq NAME: tests that need NAME are not skipped.
test_set_prereq() {
	t_prereqs="$t_prereqs$1 "
}

t_missing() { # "A,B": prints what is not there
	for t_p in $(echo "$1" | tr ',' ' '); do
		case $t_prereqs in
		*" $t_p "*) ;;
		*) echo "$t_p" ;;
		esac
	done
}

t_skip() { # PREREQS TITLE
	[ -n "$1" ] || return 1
	t_need=$(t_missing "$1" | tr '\n' ' ')
	[ -n "$t_need" ] || return 1
	t_result 0 "$2" "SKIP needs ${t_need% }"
}

# test_expect_success [PREREQ,...] TITLE BODY
test_expect_success() {
	t_need=''
	[ $# -lt 3 ] || { t_need=$1; shift; }
	t_skip "$t_need" "$1" && return
	if t_run "$2"; then
		t_result 0 "$1"
		return
	fi
	[ -n "$t_verbose" ] || { t_diag "$1"; t_show "$t_out"; }
	t_result 1 "$1"
}

# test_expect_failure [PREREQ,...] TITLE BODY: something known to be broken.
test_expect_failure() {
	t_need=''
	[ $# -lt 3 ] || { t_need=$1; shift; }
	t_skip "$t_need" "$1" && return
	if t_run "$2"; then
		t_result 0 "$1" 'TODO known breakage is gone'
	else
		t_result 1 "$1" 'TODO known breakage'
	fi
}

# test_must_fail COMMAND...: fails in an orderly way, not by a signal.
test_must_fail() {
	"$@"
	t_code=$?
	if [ "$t_code" = 0 ]; then
		echo "test_must_fail: succeeded: $*"
		return 1
	elif [ "$t_code" -gt 125 ]; then
		echo "test_must_fail: status $t_code: $*"
		return 1
	fi
}

# test_expect_code N COMMAND...
test_expect_code() {
	t_want=$1
	shift
	"$@"
	t_code=$?
	[ "$t_code" = "$t_want" ] && return
	echo "test_expect_code: wanted $t_want, got $t_code: $*"
	return 1
}

# test_cmp EXPECT ACTUAL
test_cmp() {
	diff -u "$1" "$2"
}

# test_grep [!] PATTERN FILE: shows the file when it is not as wanted.
test_grep() {
	if [ "$1" = ! ]; then
		shift
		grep -e "$1" -- "$2" || return 0
		echo "test_grep: '$1' was found in $2:"
	else
		grep -e "$1" -- "$2" && return
		echo "test_grep: '$1' was not found in $2:"
	fi
	cat -- "$2"
	return 1
}

# test_must_be_empty FILE
test_must_be_empty() {
	[ -e "$1" ] || { echo "test_must_be_empty: no $1"; return 1; }
	[ -s "$1" ] || return 0
	echo "test_must_be_empty: $1:"
	cat -- "$1"
	return 1
}

# test_when_finished COMMAND...: at the end of this body, last one first.
test_when_finished() {
	t_cleanup="{ $*
	} && $t_cleanup"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails at the deadline.  Looks
# less often after a second, for the looking keeps others from their work.
wait_for() {
	t_secs=$(($1 * TEST_SLOW))
	shift
	t_deadline=$(($(date +%s) + t_secs + 1))
	t_looks=0
	until "$@" >"$TEST_DIR/wait" 2>&1; do
		if [ "$(date +%s)" -ge "$t_deadline" ]; then
			echo "wait_for: not within $t_secs s: $*"
			cat "$TEST_DIR/wait"
			return 1
		fi
		t_looks=$((t_looks + 1))
		[ "$t_looks" -le 20 ] && sleep 0.05 || sleep 0.2
	done
}

# lives PID: and is more than a zombie, which some init leaves for a while.
lives() {
	case $(ps -o stat= -p "$1") in
	'' | Z*) return 1 ;;
	esac
}

# Pids whose environment, arguments or folder name this script's folder.  The
# helpers run with an empty environment so that they do not find themselves.
t_processes() {
	cd / && printf '%s\n' "$TEST_DIR" | env -i PATH="$t_path" sh -c '
		IFS= read -r dir
		{
			printf "%s\n" "$dir" | grep -lsaF -f - \
			    /proc/[0-9]*/environ /proc/[0-9]*/cmdline
			find /proc -maxdepth 2 -path "/proc/[0-9]*/cwd" \
			    -exec ls -l {} + 2>/dev/null |
			    sed -n "s,.* \(/proc/[0-9]*/cwd\) -> $dir.*,\1,p"
		} | cut -d/ -f3 | sort -un
	'
}

# First of all: it would bring back what is ended below.
t_kill_supervisors() {
	for t_pid in $(t_processes); do
		case $(tr '\0' ' ' <"/proc/$t_pid/cmdline" 2>/dev/null) in
		*teamctl*" supervise "*) kill -KILL "$t_pid" 2>/dev/null ;;
		esac
	done
}

t_kill_tmux() {
	for t_socket in "$TMUX_TMPDIR"/*/*; do
		if [ -S "$t_socket" ]; then
			tmux -S "$t_socket" kill-server 2>/dev/null
		fi
	done
}

# Succeeds when nothing is left; otherwise names the leaks and ends them.
t_no_leaks() {
	cd /
	t_deadline=$(($(date +%s) + 5 * TEST_SLOW + 1))
	while t_left=$(t_processes) && [ -n "$t_left" ]; do
		[ "$(date +%s)" -lt "$t_deadline" ] || break
		sleep 0.05
	done
	[ -n "$t_left" ] || return 0
	for t_pid in $t_left; do
		t_diag "left over: $(ps -o pid=,ppid=,stat=,args= -p "$t_pid")"
		kill -KILL "$t_pid" 2>/dev/null
	done
	return 1
}

t_exit() {
	t_code=$?
	trap - EXIT
	cd /
	t_kill_supervisors
	t_kill_tmux
	if t_no_leaks; then
		t_leak=0
	else
		t_leak=1
	fi
	t_immediate=
	t_result "$t_leak" 'no process of this script is left'
	if [ -n "$t_done" ]; then
		t_say "1..$t_count"
		[ "$t_failed" = 0 ] && t_code=0 || t_code=1
	else
		t_diag 'the script ended before test_done'
		[ "$t_code" != 0 ] || t_code=1
	fi
	if [ -n "$t_keep" ]; then
		t_say "# kept: $TEST_DIR"
	else
		chmod -R u+rwX "$TEST_DIR" 2>/dev/null
		rm -rf "$TEST_DIR"
	fi
	exit "$t_code"
}
trap t_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# skip_all REASON: the whole script.
skip_all() {
	trap - EXIT
	rm -rf "$TEST_DIR"
	echo "1..0 # SKIP $*"
	exit 0
}

test_done() {
	t_done=1
	exit 0
}

cd "$TRASH" || exit 1
