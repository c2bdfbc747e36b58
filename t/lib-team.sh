# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# For the tests that run a team: source it after lib.sh.  The team is in the
# current folder; its sessions are on the script's own default tmux server.

# team [LINE...]: writes team-compose.yaml with project p; each LINE is that
# of a worker, "name: { ... }".  TEAM_TOP holds more lines of the top level.
team() {
	{
		echo 'version: 2'
		echo "supervisor: { drain_timeout_secs: ${TEAM_DRAIN:-5}, autostart: ${TEAM_AUTOSTART:-false} }"
		[ -z "$TEAM_TOP" ] || printf '%s\n' "$TEAM_TOP"
		echo 'projects:'
		echo '- id: p'
		echo '  cwd: .'
		echo '  workers:'
		for team_line; do
			printf '    %s\n' "$team_line"
		done
	} >team-compose.yaml
}

# fake NAME [OPTION...]: the line of a worker that is a fake agent.
fake() {
	fake_name=$1
	shift
	printf '%s: { command: ["%s"' "$fake_name" "$FAKE_AGENT"
	for fake_arg; do
		printf ', "%s"' "$fake_arg"
	done
	printf '] }'
}

# field AGENT KEY: of status --json; "null" when it is null.
field() {
	teamctl status --json >status.json || return 1
	perl -MJSON::PP -e '
		local $/;
		my ($id, $key) = @ARGV;
		my $status = decode_json(<STDIN>);
		for my $agent (@{$status->{agents}}) {
			next if $agent->{id} ne $id;
			print defined $agent->{$key} ? $agent->{$key} : "null";
			exit 0;
		}
		exit 1' "$1" "$2" <status.json
}

# is AGENT KEY VALUE
is() {
	is_got=$(field "$1" "$2")
	[ "$is_got" = "$3" ] && return
	echo "$1: $2 is '$is_got', not '$3'"
	return 1
}

# sessions NUMBER: there are so many on the server.
sessions() {
	sessions_got=$(tmux list-sessions 2>/dev/null | wc -l)
	[ "$sessions_got" -eq "$1" ] && return
	echo "there are $sessions_got sessions, not $1"
	return 1
}

# no_process PATTERN: nobody has it in its arguments (the shell apart).
no_process() {
	if pgrep -f "$1" >pids; then
		echo "still there:"
		ps -o pid=,stat=,args= -p "$(paste -sd, pids)"
		return 1
	fi
}

# supervisor [OPTION...]: starts one in the background and waits until it acts;
# what it says is in sup.log, its pid in $sup.
supervisor() {
	teamctl supervise "$@" >>sup.out 2>>sup.log </dev/null &
	sup=$!
	wait_for 20 supervised
}

# The supervisor $sup holds the team and has written its snapshot.
supervised() {
	snapshot state running && snapshot pid "$sup"
}

# snapshot KEY VALUE: of state/supervisor.json; KEY may be a path, "a/b".
snapshot() {
	perl -MJSON::PP -e '
		local $/;
		my ($path, $want) = @ARGV;
		my $at = decode_json(<STDIN>);
		$at = ref $at eq "ARRAY" ? $at->[$_] : $at->{$_}
		    for split "/", $path;
		exit 0 if defined $at && $at eq $want;
		print "$path is ", defined $at ? "\"$at\"" : "null", "\n";
		exit 1' "$1" "$2" <state/supervisor.json
}

# no_supervisor: ends that of supervisor(), which must be orderly.
no_supervisor() {
	kill -TERM "$sup" && wait "$sup" && return
	wait "$sup"
	echo "the supervisor $sup: exit $?"
	tail -n 20 sup.log
	return 1
}

# new_pid AGENT OLD: it runs, as another process.
new_pid() {
	is "$1" state running && new_pid_is=$(field "$1" pid) &&
	test "$new_pid_is" != null && test "$new_pid_is" != "$2"
}

# lines N FILE
lines() {
	lines_got=$(wc -l <"$2") && test "$lines_got" -eq "$1" && return
	echo "$2 has $lines_got lines, not $1"
	return 1
}

# instant HIGHEST: puts a number below it into $instant, from $SEED.
instant() {
	SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
	instant=$((SEED / 7 % $1))
}

# killed_at MICROSECONDS COMMAND...: runs it and kills it then.
killed_at() {
	perl -e '
		use Time::HiRes qw(usleep);
		my $after = shift;
		my $pid = fork;
		exec @ARGV or die if !$pid;
		usleep($after);
		kill KILL => $pid;
		waitpid $pid, 0;' "$@" >/dev/null 2>&1 || :
}

# broken SEQ COMMAND...: after the command `audit verify` names that line; the
# state is put back.
broken() {
	rm -rf saved && cp -a state saved
	broken_seq=$1
	shift
	"$@" || return 1
	teamctl audit verify >out 2>&1
	broken_code=$?
	rm -rf state && mv saved state
	cat out
	test $broken_code = 1 && grep -q "seq $broken_seq:" out
}
