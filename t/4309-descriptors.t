#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A supervisor that may open few files, and the shims that it cannot watch:
# agents that live are not taken for dead, and looking for ends by hand ends
# when nobody is left to be looked at.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

NR=40

# limited ULIMIT-OPTIONS...: a supervisor with that limit; sup.log is its own.
limited() {
	: >sup.log &&
	{ (ulimit "$@" && exec teamctl supervise) >sup.out 2>sup.log </dev/null & } &&
	sup=$! && wait_for 20 supervised
}

# lives: it runs, as the process that was started, and so do all.
lives() {
	test "$(teamctl status | grep -c " running ")" = $NR &&
	! grep "has ended" sup.log
}

# sleeps PID: how often it went to sleep.
sleeps() {
	sed -n 's/^voluntary_ctxt_switches:.//p' "/proc/$1/status"
}

# idle PID: it slept through most of a second.
idle() {
	idle_from=$(sleeps "$1") && teamctl wait --for stopped -t 1s p:a1
	idle_to=$(sleeps "$1") &&
	echo "$((idle_to - idle_from)) times asleep" &&
	test $((idle_to - idle_from)) -lt 8
}

test_expect_success 'setup' '
	set -- && n=0 &&
	while [ $((n += 1)) -le $NR ]; do
		set -- "$@" "$(fake "a$n")" || return 1
	done &&
	team "$@" && teamctl up
'

test_expect_success 'a low limit that may be raised is raised' '
	limited -S -n 32 && lives &&
	pid=$(field p:a7 pid) && kill -KILL "$pid" &&
	wait_for 20 new_pid p:a7 "$pid" && no_supervisor
'

test_expect_success 'below one that may not, all are seen to live, and to end' '
	limited -n 48 && lives &&
	for agent in p:a1 p:a$NR; do
		pid=$(field $agent pid) && kill -KILL "$pid" &&
		wait_for 20 new_pid $agent "$pid" || return 1
	done &&
	no_supervisor && teamctl down
'

# As many connections to $address as a supervisor takes, and then some, held.
cat >hold.pl <<'EOT'
use IO::Socket::INET;
my @held = map { IO::Socket::INET->new(PeerAddr => $ARGV[0]) || () } 1 .. 40;
open(my $out, ">", "held") or die;
print $out scalar(@held), "\n";
close($out);
sleep 300;
EOT

# It has all the files open that it may have.
out_of_files() {
	out_of_nr=$(ls "/proc/$sup/fd" | wc -l)
	echo "$out_of_nr are open"
	test "$out_of_nr" -ge 48
}

scraped() {
	perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(PeerAddr => '$address',
		    Timeout => 5) or die;
		print \$s qq{GET /metrics HTTP/1.0\r\n\r\n};
		print while <\$s>;" >scraped && grep "^HTTP/1.0 200 " scraped
}

# ticks PID: of a clock that has 100 a second, on the processor.
ticks() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# rests PID: for most of a second it does not use the processor.
rests() {
	rests_from=$(ticks "$1") && teamctl wait --for stopped -t 1s p:a1
	rests_to=$(ticks "$1") &&
	echo "$((rests_to - rests_from)) ticks" &&
	test $((rests_to - rests_from)) -lt 30
}

test_expect_success 'connections that it cannot take wait, and it does not spin' '
	teamctl up >out && : >sup.log &&
	{ (ulimit -n 48 && exec teamctl supervise --listen 127.0.0.1:0) \
		>sup.out 2>sup.log </dev/null & } &&
	sup=$! && wait_for 20 supervised &&
	address=$(sed -n "s,.*listening on http://,,p" sup.log) &&
	{ perl hold.pl "$address" & } && holder=$! &&
	wait_for 20 test -s held && wait_for 20 out_of_files && rests "$sup" &&
	kill "$holder" && wait_for 20 scraped &&
	test_grep ! "accept" sup.log && no_supervisor && teamctl down >out
'

# An agent that fails has ended, and its shim is reaped, before the supervisor
# hears of the start.
test_expect_success 'a shim that is gone before it is watched: then it is idle' '
	cat >"$TEST_DIR/bin/tmux" <<-END &&
	#!/bin/sh
	PATH=$t_path
	tmux "\$@"
	code=\$?
	[ ! -e "$TRASH/slow" ] || perl -e "select undef, undef, undef, 0.5"
	exit \$code
	END
	chmod +x "$TEST_DIR/bin/tmux" &&
	team "$(fake a1)" "b: { command: [sh, -c, \"test -e good || exit 3; exec $FAKE_AGENT\"], restart: { max_restarts: 1, backoff: { initial: 1ms } } }" &&
	touch good && teamctl up && supervisor && idle "$sup" &&
	rm good && touch slow && kill -KILL "$(field p:b pid)" &&
	wait_for 20 is p:b state failed && rm slow &&
	wait_for 20 idle "$sup" && no_supervisor &&
	teamctl down && rm "$TEST_DIR/bin/tmux"
'

test_done
