#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# What a shim costs while its agent runs, which is for days.

. "$(dirname "$0")/lib.sh"
. "$ROOT/t/lib-shim.sh"

# The figures of a sanitizer's build or of valgrind are not the shim's.
if ! grep -qa __asan_init "$TEAMCTL" && [ "$TEST_SLOW" = 1 ]; then
	test_set_prereq PLAIN
fi

# How often the shim went to sleep.
sleeps() {
	sed -n 's/^voluntary_ctxt_switches:.//p' \
	    "/proc/$(shim_field "$1" shim_pid)/status"
}

test_expect_success 'setup' '
	shim_start small
'

test_expect_success PLAIN 'less than 1 MiB of private memory' '
	awk "/^Private_(Clean|Dirty)/ { kb += \$2 }
	    END { print kb \" kB private\"; exit !(kb > 0 && kb < 1024) }" \
	    "/proc/$(shim_field small shim_pid)/smaps_rollup"
'

test_expect_success 'no descriptors but the standard ones and its lock' '
	ls "/proc/$(shim_field small shim_pid)/fd" >got &&
	printf "0\n1\n2\n3\n" >want &&
	test_cmp want got
'

test_expect_success 'it sleeps until something happens' '
	before=$(sleeps small) &&
	shim_start other --exit 0 --after 1200 &&
	wait_for 20 shim_is other state exited &&
	test "$(sleeps small)" = "$before" &&
	tmux kill-session -t =small
'

test_done
