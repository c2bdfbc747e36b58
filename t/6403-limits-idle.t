#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# rate_limit, idle_stop and nudge: what follows from what agents are seen to do.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-tui.sh"

# with NAME KEYS [OPTION...]: a worker with keys
with() {
	with_name=$1 with_keys=$2
	shift 2
	tui "$with_name" "$@" >/dev/null &&
	echo "$with_name: { runtime: tui, $with_keys }"
}

kind() { # KIND AGENT N: so many such events
	teamctl events --agent "$2" --kind "$1" >events && lines "$3" events
}

got() { # AGENT N
	test -e "$1.log" && lines "$2" "$1.log"
}

is_idle() {
	teamctl classify "$1" >is && grep -q idle is
}

quick='restart: { max_restarts: 1, within: 10m, backoff: { initial: 10ms } }'
team "$(with parks "$quick")" \
	"$(with resumes "$quick, rate_limit: { resume: true }")" \
	"$(with idles "idle_stop: { after: 2s, mode: enact }")" \
	"$(with told "idle_stop: { after: 1s, mode: report }" --turn 2500)" \
	"$(with nudged "nudge: { after: 1s, text: go on, max: 2 }")" \
	"$(with asks "nudge: { after: 1s, text: go on, max: 2 }, idle_stop: { after: 1s, mode: enact }" --trust 1)" \
	"$(with late "nudge: { after: 1s, text: go on, max: 1 }")" &&
sed -i 's/^supervisor: { /&observe_secs: 0.3, /' team-compose.yaml || exit 1

test_expect_success 'the keys are known, and what is wrong is told' '
	teamctl validate &&
	sed "s/mode: report/mode: maybe/" team-compose.yaml >bad.yaml &&
	test_expect_code 3 teamctl validate -f bad.yaml 2>err &&
	test_grep "off.*report.*enact" err
'

test_expect_success 'an end at a rate limit is no failure' '
	teamctl up parks resumes 2>/dev/null >/dev/null && supervisor &&
	teamctl send parks --timeout 20 ready &&
	test_expect_code 1 teamctl send parks "limit 2h" &&
	wait_for 20 is p:parks state limited &&
	teamctl status -o wide >out &&
	test_grep "p:parks *limited" out &&
	field p:parks reason >out && test_grep "rate limited until" out &&
	kind agent.restart_scheduled parks 0 &&
	kind agent.given_up parks 0
'

test_expect_success 'why tells it as one, and the score does not count it' '
	teamctl why parks >out &&
	test_grep "exit 1 after .*; rate limited until .*; .teamctl up. starts" out &&
	! grep -e failure -e "not restarted" out &&
	teamctl score parks >out && test_grep "p:parks *0.5000 .* 0  *0$" out
'

test_expect_success 'W25: one that names no time is taken for half an hour' '
	teamctl up parks 2>/dev/null >/dev/null &&
	teamctl send parks --timeout 20 ready &&
	test_expect_code 1 teamctl send parks "limit sometime" &&
	wait_for 20 is p:parks state limited &&
	teamctl status --json | perl -MJSON::PP -MPOSIX=strftime -e "local \$/;
		my (\$p) = grep { \$_->{id} eq \"p:parks\" }
		    @{decode_json(<STDIN>)->{agents}};
		my @near = map { strftime(\"%H:%M\", localtime(time + \$_ * 60)) }
		    28 .. 30;
		my \$want = join(\"|\", @near);
		print \$p->{reason}, \"\n\";
		exit(\$p->{reason} !~ /until (\$want):\d\d \(no time/)"
'

test_expect_success 'with resume it goes on after it, for free, time and again' '
	for n in 1 2 3; do
		teamctl send resumes --timeout 20 "ready $n" &&
		test_expect_code 1 teamctl send resumes "limit 3s" &&
		wait_for 20 is p:resumes state limited &&
		wait_for 20 is p:resumes state running || return 1
	done &&
	kind agent.budget_spent resumes 0 &&
	teamctl events --agent resumes --kind agent.restart_scheduled --json >events &&
	test_grep rate-limited events &&
	teamctl why resumes -n 20 >out &&
	test_grep "exit 1 after .*; rate limited until .*; goes on then" out &&
	! grep "failure [0-9]* of" out &&
	teamctl score resumes >out && test_grep "p:resumes *0.5000" out
'

test_expect_success 'idle for long: stopped, and that is deliberate' '
	teamctl up idles told >/dev/null 2>&1 &&
	wait_for 30 is p:idles state stopped &&
	kind agent.idle idles 1 &&
	kind agent.restart_scheduled idles 0 &&
	teamctl up told && is p:idles state stopped
'

test_expect_success 'or only told, once' '
	wait_for 20 kind agent.idle told 1 &&
	is p:told state running &&
	teamctl send told again && wait_for 20 kind agent.idle told 2
'

test_expect_success 'a nudge is typed, so often and no more' '
	teamctl up nudged asks >/dev/null 2>&1 &&
	wait_for 30 got nudged 2 &&
	test "$(sort -u nudged.log)" = 676f206f6e &&
	wait_for 20 kind agent.nudged nudged 2
'

test_expect_success 'never into a dialog, nor is that idle' '
	is p:asks state running &&
	test ! -e asks.log && test ! -e asks.answers &&
	got nudged 2 && kind agent.nudged asks 0 && kind agent.idle asks 0
'

test_expect_success 'nor while somebody else types into it' '
	{ perl -MFcntl -e "
		open my \$lock, q(+<), q(state/send.lock) or die;
		my \$all = pack q(s s l! l! i), F_WRLCK, 0, 0, 0, 0;
		fcntl \$lock, F_SETLK, \$all or die qq(no lock: \$!);
		open my \$told, q(>), q(locked);
		close \$told;
		sleep 1000" & typist=$!; } &&
	test_when_finished "kill $typist 2>/dev/null || :" &&
	wait_for 20 test -e locked &&
	teamctl up late >/dev/null 2>&1 &&
	test_expect_code 6 teamctl send late --timeout 2s hello 2>err &&
	test_grep "another command types into it" err &&
	wait_for 20 is_idle late && kind agent.nudged late 0 &&
	kill $typist && wait_for 30 got late 1 &&
	test "$(cat late.log)" = 676f206f6e &&
	no_supervisor
'

# A machine that sleeps: the wall clock goes on, the other one does not.
cat >ahead.c <<'EOF'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int (*real)(clockid_t, struct timespec *);
	int rc, ahead = 0;
	FILE *file;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, ts);
	file = id == CLOCK_REALTIME ? fopen(getenv("AHEAD"), "r") : NULL;
	if (file) {
		if (fscanf(file, "%d", &ahead) == 1)
			ts->tv_sec += ahead;
		fclose(file);
	}
	return rc;
}
EOF
${CC:-cc} -shared -fPIC -o ahead.so ahead.c -ldl 2>/dev/null &&
	test_set_prereq AHEAD

test_expect_success AHEAD 'with resume it goes on then, though the machine slept' '
	{ LD_PRELOAD=$PWD/ahead.so AHEAD=$PWD/ahead \
	    ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
	    teamctl supervise --interval 500ms >>sup.out 2>>sup.log </dev/null &
	sup=$!; } && wait_for 20 supervised &&
	teamctl up resumes >/dev/null 2>&1 && wait_for 20 supervised &&
	teamctl send resumes --timeout 20 ready &&
	test_expect_code 1 teamctl send resumes "limit 2h" &&
	wait_for 20 is p:resumes state limited &&
	echo 7210 >ahead && wait_for 20 is p:resumes state running &&
	no_supervisor
'

test_done
