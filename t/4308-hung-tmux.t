#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A tmux that hangs or floods does not stop the supervisor, and a fleet (FLEET,
# 200) that falls at once does not keep it busy for long.  How long its loop
# did nothing else is in its snapshot (ticks).
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

FLEET=${FLEET:-200}

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s"], restart: { max_restarts: 1000, backoff: { initial: 1ms, max: 10ms } } }' \
	    "$1" "$1" "$1" "$FAKE_AGENT"
}

never_twice() {
	test ! -e double || { echo "two copies:"; cat double; return 1; }
}

ticks() { # KEY
	perl -MJSON::PP -e 'local $/;
		print decode_json(<STDIN>)->{ticks}{$ARGV[0]}' "$1" \
	    <state/supervisor.json
}

own() { # KEY
	perl -MJSON::PP -e 'local $/;
		print decode_json(<STDIN>)->{$ARGV[0]}' "$1" \
	    <state/supervisor.json
}

tell_ticks() {
	t_say "# longest tick $(ticks longest_us) us, on the processor at most $(ticks most_cpu_us) us"
}

# served: the supervisor was never away for as long as a client may take (3 s).
served() {
	tell_ticks && test "$(ticks longest_us)" -lt $((2900000 * TEST_SLOW))
}

# quick: nor did it take long over anything, whatever else the machine has to do.
quick() {
	tell_ticks && test "$(ticks most_cpu_us)" -lt $((100000 * TEST_SLOW))
}

# answers: it does so at its socket; the slowest of 20 answers is told.
answers() {
	perl -MIO::Socket::UNIX -MTime::HiRes=time -e '
		my $most = 0;
		for (1 .. 20) {
			my $begin = time;
			my $s = IO::Socket::UNIX->new("state/control.sock")
			    or die "connect: $!\n";
			print $s qq({"op":"auto-resume","value":"status"}\n);
			$s->flush;
			my $hello = <$s>;
			my $line = <$s>;
			die "no answer\n" if $line !~ /"auto_resume": ?true/;
			my $took = time - $begin;
			$most = $took if $took > $most;
		}
		printf "%d\n", $most * 1000;
		exit($most < 2.5 * $ARGV[0] ? 0 : 1)' "$TEST_SLOW" >slowest &&
	t_say "# slowest of 20 answers: $(cat slowest) ms"
}

stop_server() {
	server=$(tmux display-message -p "#{pid}") &&
	test_when_finished "kill -CONT $server" &&
	kill -STOP "$server"
}

# The pids of all agents, as they are; old.runs is which runs those are of.
pids() {
	runs >old.runs && sed "s/ .*//" old.runs
}

runs() {
	teamctl status --json >all.json &&
	perl -MJSON::PP -e 'local $/;
		for (@{decode_json(<STDIN>)->{agents}}) {
			print "$_->{pid} $_->{id} $_->{generation}\n"
			    if $_->{pid};
		}' <all.json
}

# Pids come again; generations do not.
all_new() {
	runs >new.runs && cut -d" " -f2- old.runs new.runs | sort |
		uniq -d >same.runs &&
	test ! -s same.runs && lines "$(wc -l <old.runs)" new.runs
}

test_expect_success 'a server that hangs: it answers, and sees what ends' '
	team "$(guarded a)" "$(guarded b)" "$(guarded c)" &&
	teamctl up >out && supervisor --interval 300ms &&
	pid=$(field p:a pid) && stop_server &&
	wait_for 30 grep "tmux did not answer within 3 s" sup.log &&
	kill -KILL "$pid" &&
	wait_for 20 grep "p:a has ended: signal 9" sup.log &&
	answers && snapshot agents/p:b/state running &&
	wait_for 30 grep "p:a did not start: .*did not answer" sup.log &&
	wait_for 20 snapshot agents/p:a/state backoff && answers && served
'

test_expect_success 'once it goes on, so does all the rest' '
	wait_for 30 is p:a state running && never_twice && sessions 3 &&
	wait_for 20 grep "tmux.*reachable" state/journal.jsonl &&
	no_supervisor
'

test_expect_success 'SIGTERM while it hangs' '
	supervisor --interval 300ms && pid=$(field p:b pid) && stop_server &&
	kill -KILL "$pid" &&
	wait_for 20 grep "p:b has ended: signal 9" sup.log &&
	no_supervisor && snapshot state stopped
'

test_expect_success 'one that begins while it hangs waits for it' '
	>sup.log && stop_server &&
	{ teamctl supervise >>sup.out 2>>sup.log </dev/null & sup=$!; } &&
	wait_for 30 grep "tmux did not answer within 3 s" sup.log &&
	answers && kill -CONT "$server" &&
	wait_for 30 supervised && wait_for 30 is p:b state running &&
	never_twice && sessions 3
'

test_expect_success 'a command gets the team from one that begins' '
	stop_server && kill -HUP "$sup" &&
	wait_for 20 grep "reading the compose file again" sup.log &&
	{ teamctl down b >out 2>err & down=$!; } && answers &&
	kill -CONT "$server" && wait "$down" &&
	test_grep "^down · p:b" out && wait_for 20 supervised &&
	teamctl up >out && wait_for 20 is p:b state running &&
	never_twice && no_supervisor
'

test_expect_success 'a tmux that floods is cut' '
	mkdir -p fake && real=$(command -v tmux) &&
	cat >fake/tmux <<-EOF &&
	#!/bin/sh
	test ! -e $TRASH/flood || exec yes
	exec $real "\$@"
	EOF
	chmod +x fake/tmux &&
	old=$PATH && PATH=$TRASH/fake:$PATH && supervisor && PATH=$old &&
	pid=$(field p:c pid) && touch flood && kill -KILL "$pid" &&
	wait_for 30 grep "tmux wrote more than 64 MiB" sup.log &&
	answers && served && rm flood &&
	wait_for 30 new_pid p:c "$pid" && never_twice && sessions 3 &&
	no_supervisor && teamctl down >out
'

# unread COMMAND...: its stderr is a pipe that is full and that nobody reads; its
# pid is in the file pid.
unread() {
	perl -MFcntl -e '
		pipe my $r, my $w;
		my $pid = fork;
		if (!$pid) {
			open STDERR, ">&", $w;
			exec @ARGV or exit 127;
		}
		open my $f, ">", "pid"; print $f $pid; close $f;
		my $flags = fcntl $w, F_GETFL, 0;
		fcntl $w, F_SETFL, $flags | O_NONBLOCK;
		1 while syswrite $w, "x" x 4096;
		fcntl $w, F_SETFL, $flags & ~O_NONBLOCK;
		waitpid $pid, 0;
		exit $? >> 8' "$@"
}

test_expect_success 'nobody reads what it says: it goes on' '
	rm -f state/supervisor.json &&
	team "$(guarded a)" && teamctl up >out &&
	{ unread teamctl supervise & unread=$!; } &&
	wait_for 20 test -s pid && sup=$(cat pid) && wait_for 20 supervised &&
	pid=$(field p:a pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a "$pid" && answers &&
	kill -TERM "$sup" && wait "$unread" && teamctl down >out
'

test_expect_success "a fleet of $FLEET that falls at once is back" '
	set -- &&
	for i in $(seq "$FLEET"); do
		set -- "$@" "n$i: { command: [sleep, \"100000\"], restart: { backoff: { initial: 0ms, max: 0ms } } }" || return 1
	done &&
	team "$@" && teamctl up >out && >sup.log && supervisor &&
	pids >old.pids && lines "$FLEET" old.pids &&
	clients=$(own tmux_clients) &&
	xargs kill -KILL <old.pids && wait_for 60 all_new &&
	wait_for 20 snapshot restarts "$FLEET" &&
	clients=$(($(own tmux_clients) - clients)) &&
	t_say "# $clients clients for $FLEET restarts" &&
	test "$clients" -lt $((FLEET / 5 + 5)) &&
	quick
'

test_expect_success 'and so it is when the shims are killed' '
	pids >old.pids && for pid in $(cat old.pids); do
		ps -o ppid= -p "$pid" || return 1
	done >shims && lines "$FLEET" shims &&
	xargs kill -KILL <shims && wait_for 60 all_new &&
	quick &&
	{ ps -o stat=,args= -p "$(paste -sd, old.pids)" >old.ps || :; } &&
	test_grep ! "^[^Z].* sleep 100000$" old.ps && teamctl down --now >out && wait "$sup"
'

test_done
