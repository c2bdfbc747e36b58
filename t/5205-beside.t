#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A command beside the drain of another command, or of the supervisor.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

# A drain of the team in the current folder has begun.
drains() {
	teamctl events --kind agent.stop_requested | grep .
}

# beside FOLDER COMMAND...: while `a` is drained there; its code is in `code`.
beside() {
	cd "$1" || return 1
	shift
	wait_for 20 drains && teamctl "$@" >out 2>err
	echo $? >code
}

test_expect_success 'who waits for a long drain outlasts it, and says for whom' '
	TEAM_DRAIN=11 &&
	for folder in with without; do
		mkdir $folder && cd $folder &&
		team "$(fake a --ignore INT)" "$(fake b)" &&
		sed -i "s/supervisor: {/& tmux_prefix: $folder-,/" \
			team-compose.yaml && teamctl up >out && cd .. || return 1
	done &&
	cd with && supervisor && teamctl pause --stop a --no-wait >out &&
	cd ../without && { teamctl pause --stop a >paused & } && cd .. &&
	{ beside with up b & } && pid=$! && beside without up b && cd .. &&
	wait $pid && for folder in with without; do
		cat $folder/err && echo 0 >expect &&
		test_cmp expect $folder/code &&
		test_grep "waiting for pid [0-9]* (teamctl" $folder/err &&
		lines 1 $folder/err || return 1
	done &&
	for folder in with without; do
		teamctl -C $folder down --now >out || return 1
	done && wait
'

test_done
