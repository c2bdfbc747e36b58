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

test_done
