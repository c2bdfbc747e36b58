#!/bin/sh
# What a script can check about the sources, as far as it needs no extra tool
# (make lint runs the rest), and that these checks can fail.
. "$(dirname "$0")/lib.sh"

lint=$ROOT/t/tools/lint
export lint

test_expect_success 'includes go down the layers' '
	"$lint" layers
'

test_expect_success 'an include that goes up is found' '
	printf "%s\n" "low base" "high cli" >layers &&
	printf "%s\n" "/* */" "#include \"high.h\"" >low.c &&
	: >high.h && : >low.h &&
	test_must_fail awk -f "$ROOT/t/tools/layers.awk" layers \
		low.c low.h high.h >out &&
	test_grep "low.c:2: error: low (base) may not include high (cli)" out
'

test_expect_success 'a file without a layer and a layer without a file too' '
	printf "%s\n" "/* */" >new.c &&
	printf "%s\n" "gone sys" >layers &&
	test_must_fail awk -f "$ROOT/t/tools/layers.awk" layers new.c >out &&
	test_grep "new.c:1: error: new has no layer" out &&
	test_grep "there is no src/gone" out
'

test_expect_success 'base, model and core are pure' '
	"$lint" purity
'

test_expect_success 'only the command line and the shim print and exit' '
	"$lint" output
'

test_expect_success 'no banned calls and habits' '
	"$lint" banned
'

test_expect_success 'no bare sleep in the tests' '
	"$lint" sleep
'

test_expect_success 'the map knows every file' '
	"$lint" map
'

test_expect_success 'no line is too wide' '
	"$lint" width
'

test_expect_success 'licence lines and guards' '
	"$lint" heads
'

test_expect_success 'the checks of the sources can fail' '
	mkdir -p tree/t/tools tree/src tree/b/obj &&
	cp "$lint" "$ROOT/t/tools/layers.awk" tree/t/tools/ &&
	cd tree &&
	echo "clock base" >src/layers &&
	cat >src/clock.c <<-\EOF &&
	#include <stdio.h>
	#include <time.h>
	int main(void) { char b[9]; sprintf(b, "%d", 1); return time(NULL) > 0; }
	EOF
	${CC:-cc} -w -c -o b/obj/clock.o src/clock.c &&
	printf "\tslee%s 1 &&\n" p >t/0001-x.t &&
	BUILD=$PWD/b && export BUILD &&
	test_must_fail t/tools/lint purity >out &&
	test_grep "error: clock.o uses time" out &&
	test_must_fail t/tools/lint banned >out &&
	test_grep "error: banned: .*sprintf" out &&
	test_must_fail t/tools/lint sleep >out &&
	test_grep "bare sleep: t/0001-x.t:1" out &&
	printf "%s\t/* %081d */\n" "" 1 >src/wide.h &&
	test_must_fail t/tools/lint width >out &&
	test_grep "src/wide.h:1: wider than 80 columns" out &&
	echo "time (util.h), and x-*" >src/README &&
	printf "%s\n" "clock base" "util base" "x-y base" >src/layers &&
	test_must_fail t/tools/lint map >out &&
	echo "error: src/README has no word on clock" >expect &&
	grep -v "^#" out >actual && test_cmp expect actual &&
	test_must_fail t/tools/lint heads >out &&
	test_grep "src/clock.c: no licence line" out
'

test_done
