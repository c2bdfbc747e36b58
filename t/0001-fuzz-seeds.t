#!/bin/sh
# Each fuzzer runs its seeds: what a fuzzer once found stays found.
. "$(dirname "$0")/lib.sh"

for source in "$ROOT"/t/fuzz/f-*.c; do
	fuzzer=$(basename "$source" .c)
	seeds=$ROOT/t/fuzz/seeds/${fuzzer#f-}
	test_expect_success "$fuzzer" '
		"$BUILD/$fuzzer" "$seeds"/* >out &&
		test_grep "^[1-9][0-9]* inputs$" out
	'
done

test_done
