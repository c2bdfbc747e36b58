#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# supervise under a service manager: what it tells on $NOTIFY_SOCKET.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# A service manager: what it is told goes to a file.
cat >manager.pl <<'EOF'
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "notify.sock")
    or die $!;
open(my $up, ">", "listening") or die $!;
while (1) {
	$socket->recv(my $words, 4096);
	open(my $said, ">>", "said") or die $!;
	print $said "$words\n";
}
EOF

watchdogs() {
	test "$(grep -cx WATCHDOG=1 said)" -ge "$1"
}

test_expect_success 'READY, WATCHDOG as often as asked for, STOPPING' '
	team "$(fake a)" && teamctl up --no-supervise &&
	{ perl manager.pl & } && manager=$! &&
	test_when_finished "kill $manager; wait $manager; :" &&
	wait_for 20 test -e listening &&
	{ NOTIFY_SOCKET=$TRASH/notify.sock WATCHDOG_USEC=1000000 \
		teamctl supervise 2>log & } && supervisor=$! &&
	wait_for 20 grep -qx READY=1 said &&
	test "$(head -1 said)" = READY=1 &&
	wait_for 20 watchdogs 3 &&
	test_grep ! STOPPING said &&
	kill -TERM $supervisor && wait $supervisor &&
	wait_for 20 grep -qx STOPPING=1 said &&
	is p:a state running
'

test_expect_success 'a watchdog of another process is not fed that often' '
	rm -f said listening notify.sock &&
	{ perl manager.pl & } && manager=$! &&
	test_when_finished "kill $manager; wait $manager; :" &&
	wait_for 20 test -e listening &&
	{ NOTIFY_SOCKET=$TRASH/notify.sock WATCHDOG_USEC=2000 WATCHDOG_PID=1 \
		teamctl supervise 2>log & } && supervisor=$! &&
	wait_for 20 grep -qx READY=1 said &&
	kill -TERM $supervisor && wait $supervisor &&
	wait_for 20 grep -qx STOPPING=1 said &&
	test "$(grep -cx WATCHDOG=1 said)" -le 2 &&
	teamctl down
'

test_done
