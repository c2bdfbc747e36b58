#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The disk of the state folder is full: what is said of it, and what follows
# when there is room again.
if [ -z "$TEST_OWN_MOUNTS" ] && unshare -m true 2>/dev/null; then
	TEST_OWN_MOUNTS=1 exec unshare -m "$0" "$@"
fi
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

[ -n "$TEST_OWN_MOUNTS" ] || skip_all 'needs a mount namespace of its own'

# small FOLDER OPTION: it is a file system of its own.
small() {
	mkdir -p "$1" && mount -t tmpfs -o "mode=700,$2" tmpfs "$1" &&
	test_when_finished "umount -l '$PWD/$1'"
}

fill() {
	test_must_fail dd if=/dev/zero of=state/fill bs=4k
}

test_expect_success 'down drains; what could not be saved is told as it is' '
	small state size=1m && team "$(fake a)" "$(fake b)" &&
	teamctl up && fill &&
	test_expect_code 1 teamctl down a >out 2>err &&
	test_grep "^down · p:a \[drained" out &&
	test_grep "applied.json.: No space left" err &&
	test_grep ! "mend the file" err &&
	test_grep "hint: .* not recorded: say it again" err &&
	rm state/fill && teamctl down a && is p:a state stopped &&
	teamctl up a && is p:a state running && teamctl down
'

# The screen of p:a has the words.
on_screen() {
	tmux capture-pane -p -t =a-p-a: | tr -d "\n" | grep -q "$1"
}

test_expect_success 'no room for the record of an agent: known when there is' '
	small state/exits nr_inodes=2 && team "$(fake a)" &&
	{ teamctl up >out 2>err & pid=$!; } &&
	wait_for 20 on_screen "No space left" &&
	mount -o remount,nr_inodes=100 state/exits &&
	wait "$pid" && test_grep "^up · p:a$" out &&
	is p:a state running && test_must_fail is p:a pid null &&
	teamctl down >out && test_grep "^down · p:a \[drained" out
'

# ends: p:a does, by itself, on a disk that is full.
ends() {
	teamctl up a >out && fill && tmux send-keys -t =a-p-a: x Enter &&
	wait_for 20 is p:a state failed && is p:a pid null &&
	is p:a last_exit 3 && is p:b state running
}

# The record of an end takes the place of that of the start.
test_expect_success 'an end is recorded, and told, also without room' '
	small state size=1m &&
	team "a: { command: [sh, -c, \"read x; exit 3\"], restart: never }" \
		"$(fake b)" &&
	teamctl up >out && ends && rm state/fill && is p:a last_exit 3 &&
	supervisor && teamctl up >out && ends &&
	teamctl why a >out && test_grep "exit 3 after" out && rm state/fill &&
	wait_for 20 test_grep "not_restarted.*exit 3" state/journal.jsonl &&
	is p:a last_exit 3 && no_supervisor && teamctl down >out
'

# No file can be made any more, also when the supervisor has ended the one that
# it was about to write.
crowd() {
	mkdir state/crowd && crowd_nr=0 &&
	for crowd_round in 1 2 3; do
		while (: >"state/crowd/$crowd_nr") 2>/dev/null; do
			crowd_nr=$((crowd_nr + 1))
		done
		field p:a state >crowded || return 1
	done
}

# refused VERB...: for want of room, and nothing has happened.
refused() {
	field p:a state >before && field p:a pid >>before && crowd &&
	test_expect_code 1 teamctl "$@" >out 2>err && test_grep ! " · " out &&
	test_grep "^teamctl: .*cannot create .*applied.json.*: No space" err &&
	rm -r state/crowd && field p:a state >now && field p:a pid >>now &&
	test_cmp before now
}

# forgotten PAST VERB...: done all the same, and that it is not saved is said.
forgotten() {
	forgotten_past=$1
	shift
	crowd && test_expect_code 1 teamctl "$@" >out 2>err &&
	test_grep "^$forgotten_past · p:a \[drained" out &&
	test_grep "^teamctl: cannot create .*applied.json.*: No space" err &&
	test_grep "hint: .* not recorded: say it again" err &&
	test_expect_code 1 teamctl "$@" --json >out &&
	rm -r state/crowd
}

verbs() { # MODE
	mode=$1
	test_expect_success "$1: what is to go on is not begun, and said to be so" '
		teamctl up a b >out && refused pause a && refused restart a &&
		teamctl pause a >out && refused resume a &&
		teamctl resume a >out && teamctl pause --stop a >out &&
		refused resume a && teamctl resume a >out &&
		teamctl quarantine a >out && refused release a &&
		teamctl release a >out && is p:a state running
	'
	test_expect_success "$1: what is to stop is stopped, and said to be forgotten" '
		forgotten paused pause --stop a && "saved_$mode" &&
		is p:a state running &&
		forgotten quarantined quarantine a &&
		crowd && { teamctl remove a >out 2>err; code=$?; } &&
		test_grep "^removed · p:a" out && { test "$code" = 0 ||
			test_grep "not recorded" err; } && rm -r state/crowd
	'
}

# Nobody knows of the pause any more.
saved_alone() {
	teamctl up a >out
}

# It is saved as soon as there is room.
saved_supervised() {
	wait_for 20 test_grep "is saved now" sup.log &&
	is p:a state paused && teamctl resume a >out
}

test_expect_success 'setup' '
	mount -t tmpfs -o mode=700,nr_inodes=100 tmpfs state &&
	team "$(fake a)" "$(fake b)" &&
	sed -i "s/^supervisor: {/& reconcile_secs: 1,/" team-compose.yaml
'
verbs alone
test_expect_success 'a supervisor' 'teamctl up a b >out && supervisor'
verbs supervised
test_expect_success 'it ends' 'no_supervisor && teamctl down >out'

test_expect_success 'a reload that could not start again what it stops' '
	teamctl up a >out && sed -i "s/ a: {/& model: x,/" team-compose.yaml &&
	refused reload && teamctl reload >out && teamctl down >out &&
	umount -l state
'

test_done
