# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# For the tests of the shim: source it after lib.sh.  An agent NAME has the
# files NAME.env, NAME.launch and NAME.record here, and a session NAME on the
# tmux server of the script.

# The value of a line as it stands in env and launch files: quoted, so that
# anything can be carried.
shim_quote() {
	printf '"'
	printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g' |
		awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
	printf '"'
}

# shim_files NAME ARGV...: both files.  Keys from SHIM_KEYS (lines) come
# first; kill-after is SHIM_KILL_AFTER, 10 s unless given, so that an end by
# KILL shows.
shim_files() {
	shim_name=$1
	shift
	: >"$shim_name.env"
	rm -f "$shim_name.record"
	{
		[ -z "$SHIM_KEYS" ] || printf '%s\n' "$SHIM_KEYS"
		cat <<-KEYS
		CWD=$PWD
		RECORD=$PWD/$shim_name.record
		TEAM=$PWD
		GENERATION=${SHIM_GENERATION:-1}
		ATTEMPT=0
		KILL_SIGNAL=${SHIM_KILL_SIGNAL:-15}
		KILL_AFTER_MS=${SHIM_KILL_AFTER:-10000}
		KEYS
		for shim_arg; do
			printf 'ARG=%s\n' "$(shim_quote "$shim_arg")"
		done
	} >"$shim_name.launch"
}

# shim_run NAME: without a terminal, until its end.
shim_run() {
	"$TEAMCTL" shim "p:$1" "$PWD/$1.env" "$PWD/$1.launch"
}

# shim_pane NAME: in a session, which stays when it has ended.
shim_pane() {
	tmux new-session -d -s "$1" -x 100 -y 30 -c "$PWD" "$TEAMCTL" shim \
	    "p:$1" "$PWD/$1.env" "$PWD/$1.launch" \; \
	    set-option -w -t "=$1:" remain-on-exit on
}

# shim_start NAME ARGV...: a fake agent with these options in a pane, up to
# its --ready.
shim_start() {
	shim_agent=$1
	shift
	rm -f "$shim_agent.ready" "$shim_agent.children"
	shim_files "$shim_agent" "$FAKE_AGENT" --ready "$shim_agent.ready" \
	    --children "$shim_agent.children" "$@" &&
	shim_pane "$shim_agent" &&
	wait_for 20 shim_is "$shim_agent" state running &&
	wait_for 20 test -s "$shim_agent.ready"
}

# shim_field NAME MEMBER: of the record, text without its quotes.
shim_field() {
	sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$1.record"
}

# shim_is NAME MEMBER VALUE
shim_is() {
	test -f "$1.record" || return 1
	shim_got=$(shim_field "$1" "$2")
	test "$shim_got" = "$3" && return
	echo "$1.record: $2 is '$shim_got', wanted '$3':"
	cat "$1.record"
	return 1
}

# shim_gone NAME: neither the shim nor any child of the agent lives.
shim_gone() {
	for shim_pid in $(shim_field "$1" shim_pid) $(cat "$1.children"); do
		! lives "$shim_pid" || { ps -o pid,stat,args \
		    -p "$shim_pid"; return 1; }
	done
}

# shim_shows NAME PATTERN: on its screen.
shim_shows() {
	tmux capture-pane -p -t "=$1:" | tee "$1.screen" | grep -e "$2"
}
