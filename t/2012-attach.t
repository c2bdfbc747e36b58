#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# attach: a terminal in front of the right session.  The terminal is a pane of
# another tmux server, "out".
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

team "$(fake dev --prompt '> ' --ready r1)" "$(fake dev2 --ready r2)" &&
sed 's/^supervisor: { /&tmux_socket: in, /' team-compose.yaml >new &&
mv new team-compose.yaml &&
teamctl up >/dev/null || exit 1

inner() {
	tmux -L in "$@"
}

outer() {
	tmux -L out -f /dev/null "$@"
}

outer_ended() {
	! lives "$outer_pid"
}

# Until it has gone: a client that comes meanwhile ends with it.
end_outer() {
	outer_pid=$(outer display-message -p "#{pid}")
	outer kill-server
	wait_for 20 outer_ended && wait_for 20 nobody
}

# looks SESSION READONLY: one client of the team's server, and so.
looks() {
	inner list-clients -F "#{session_name} #{client_readonly}" >clients &&
	echo "$1 $2" >clients.expect &&
	test_cmp clients.expect clients
}

nobody() {
	test -z "$(inner list-clients)"
}

test_expect_success 'without a terminal: exit 1 and what to do instead' '
	test_expect_code 1 teamctl attach dev 2>err &&
	test_grep "attach needs a terminal" err &&
	test_grep "teamctl logs p:dev" err
'

test_expect_success 'attach is for reading and writing, also inside tmux' '
	outer new-session -d -s a -x 90 -y 30 teamctl attach dev &&
	test_when_finished end_outer &&
	wait_for 20 looks a-p-dev 0 &&
	outer send-keys -t a: "typed here" Enter &&
	wait_for 20 sh -c "teamctl logs dev | grep \"got: typed here\""
'

test_expect_success '--ro looks only' '
	outer new-session -d -s a -x 90 -y 30 teamctl attach --ro dev &&
	test_when_finished end_outer &&
	wait_for 20 looks a-p-dev 1
'

test_expect_success 'inside the same server the client is switched' '
	outer new-session -d -s a -x 90 -y 30 \
		env -u TMUX tmux -L in new-session -s mine &&
	test_when_finished "end_outer; inner kill-session -t =mine" &&
	wait_for 20 looks mine 0 &&
	inner send-keys -t =mine: "\"$TEAMCTL\" attach dev2" Enter &&
	wait_for 20 looks a-p-dev2 0
'

test_expect_success 'W3: with dev down, attach dev is not that of dev2' '
	teamctl down dev >/dev/null &&
	test_expect_code 1 teamctl attach dev 2>err &&
	test_grep "agent p:dev is not running (tmux session a-p-dev absent)" \
		err
'

test_expect_success 'usage' '
	test_expect_code 2 teamctl attach --ro --rw dev2 2>err &&
	test_expect_code 2 teamctl attach 2>err &&
	test_expect_code 4 teamctl attach nobody 2>err
'

test_done
