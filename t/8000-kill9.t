#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# kill -9 of up, reload and down at random instants: the next command
# converges, no agent ever runs twice, no state file is unreadable.
# KILLS instants each (10), from SEED.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

KILLS=${KILLS:-10} SEED=${SEED:-$$}
t_say "# SEED=$SEED KILLS=$KILLS"

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s --print %s"] }' \
	    "$1" "$1" "$1" "$FAKE_AGENT" "$2"
}

five() {
	team "$(guarded a "$1")" "$(guarded b x)" "$(guarded c "$1")" \
	    "$(guarded d x)" "e: { command: [\"$FAKE_AGENT\", --ignore, INT], drain: { timeout: 100ms } }"
}

all_run() {
	teamctl status >status || return 1
	test "$(grep -c " running " status)" -eq 5 && return
	cat status
	return 1
}

sound() {
	test ! -e double || { echo "two copies:"; cat double; return 1; }
	perl -MJSON::PP -e 'for (@ARGV) {
		open my $f, "<", $_ or die "$_: $!";
		local $/;
		eval { decode_json(<$f>) } or die "$_: $@";
	}' state/applied.json state/exits/*.json
}

test_expect_success 'up: killed at any instant, the next up converges' '
	five x &&
	for i in $(seq "$KILLS"); do
		instant 150000 && killed_at "$instant" teamctl up &&
		teamctl up >actual 2>&1 &&
		all_run && sound && teamctl down --now >actual || {
			cat actual
			return 1
		}
	done
'

test_expect_success 'reload: killed at any instant, the next reload converges' '
	five x && teamctl up &&
	for i in $(seq "$KILLS"); do
		five "$i" &&
		instant 400000 && killed_at "$instant" teamctl reload &&
		teamctl reload >actual 2>&1 &&
		all_run && sound &&
		teamctl reload >actual &&
		echo "no changes" >expect &&
		test_cmp expect actual || { cat actual; return 1; }
	done
'

test_expect_success 'down: killed at any instant, the next down converges' '
	for i in $(seq "$KILLS"); do
		instant 250000 && killed_at "$instant" teamctl down &&
		teamctl down >actual 2>&1 && sound && sessions 0 &&
		no_process "$FAKE_AGENT.*--print" &&
		teamctl up >actual && all_run || { cat actual; return 1; }
	done &&
	teamctl down --now
'

test_done
