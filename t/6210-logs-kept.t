#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# logs: { keep: N }: what agents printed, kept run by run after their panes.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

QUICK='restart: { max_restarts: 30, within: 10m, backoff: { initial: 10ms } }'
logs=state/logs

# writers NUMBER: so many processes write logs of ours.
writers() {
	writers_got=$(pgrep -f "panelog $TRASH/" | wc -l)
	[ "$writers_got" -eq "$1" ] && return
	echo "$writers_got writers, not $1"
	return 1
}

# kept AGENT GENERATION...: exactly those runs are.
kept() {
	kept_stem=p-$1
	shift
	ls "$logs/$kept_stem" | sed -n 's/^\([0-9]*\)\.log\(\.gz\)\{0,1\}$/\1/p' |
		sort -un >kept.is &&
	printf '%s\n' "$@" >kept.want && test_cmp kept.want kept.is
}

test_expect_success 'off: no writer, no file' '
	team "$(fake a)" "$(fake b)" &&
	teamctl up >/dev/null && writers 0 &&
	ls $logs >out && test_must_be_empty out &&
	test_expect_code 1 teamctl logs a --run 0 2>err &&
	test_grep "nothing is kept of what p:a has printed" err &&
	teamctl down >/dev/null
'

test_expect_success 'on: a writer a pane, that ends with it' '
	TEAM_TOP="logs: { keep: 3 }" team "$(fake a --print "hello from a")" \
		"$(fake b), logs: { keep: 0 } }" 2>/dev/null &&
	sed -i "s/ }, logs/, logs/" team-compose.yaml &&
	teamctl up >/dev/null && writers 1 &&
	wait_for 20 grep -q "hello from a" $logs/p-a/2.log &&
	[ "$(stat -c %a $logs $logs/p-a $logs/p-a/2.log | xargs)" = "700 700 600" ] &&
	! [ -e $logs/p-b ] &&
	teamctl down >/dev/null && wait_for 20 writers 0
'

test_expect_success 'an agent that is down has its log' '
	teamctl logs a >out && test_grep "^hello from a$" out &&
	teamctl logs a --json >out &&
	test_grep "\"hello from a\"" out && test_grep "\"run\": 2" out &&
	test_expect_code 1 teamctl logs a --run -1 2>err &&
	test_grep "no run -1 of p:a is kept: there is only 2$" err
'

test_expect_success 'the question of the shim is no word of the agent' '
	teamctl logs a --run 0 >out && test_grep "hello from a" out &&
	! grep -F "$(printf "\033[5n")" out && ! grep "$(printf "\030")" out &&
	mkdir panelog && {
		printf "a\033[5n\030\033[5n\030\030\033[5nb\030\033[" &&
		head -c 65519 /dev/zero && printf "\030\033[5nend\030\033["
	} >in && "$TEAMCTL" panelog "$PWD/panelog/x" x 1 3 1000000 0 <in &&
	{
		printf "a\033[5n\030b\030\033[" && head -c 65519 /dev/zero &&
		printf "end\030\033["
	} >want && cmp want panelog/x/1.log
'

cat >talk.sh <<'EOF'
#!/bin/sh
n=$(cat count 2>/dev/null || echo 0)
n=$((n + 1))
echo $n >count
printf 'this is \033[1;32mrun %s\033[0m of it\r\n' "$n"
while [ ! -e "go$n" ]; do sleep 0.05; done
echo "last words of $n"
exit 3
EOF
chmod +x talk.sh

test_expect_success 'runs of before, by -1 and by generation' '
	team "a: { command: [./talk.sh], logs: { keep: 3 }, $QUICK }" &&
	teamctl up >/dev/null && supervisor &&
	for n in 1 2 3; do
		wait_for 20 grep -q "run.*$n.*of" $logs/p-a/$((n + 2)).log &&
		: >go$n || return 1
	done &&
	wait_for 20 grep -q "run 4" $logs/p-a/6.log &&
	teamctl logs a --run -1 >out &&
	test_grep "last words of 3" out && test_grep ! "run 2" out &&
	teamctl logs a --run 5 >same && test_cmp out same &&
	teamctl logs a --run 0 >out && test_grep "run 4" out &&
	teamctl logs a --run -2 --plain >out &&
	test_grep "^this is run 2 of it$" out &&
	teamctl logs a --run -2 >out && test_grep "1;32mrun 2" out &&
	teamctl logs a --run -2 --plain -n 1 >out &&
	echo "last words of 2" >expect && test_cmp expect out
'

test_expect_success 'only so many are kept, those of before packed' '
	wait_for 20 kept a 4 5 6 &&
	wait_for 20 test -e $logs/p-a/5.log.gz &&
	[ ! -e $logs/p-a/5.log ] && [ "$(stat -c %a $logs/p-a/5.log.gz)" = 600 ] &&
	test_expect_code 1 teamctl logs a --run 3 2>err &&
	test_grep "no run 3 of p:a is kept: there are 4 to 6" err &&
	test_expect_code 1 teamctl logs a --run -3 2>err &&
	test_expect_code 2 teamctl logs a --run x 2>err &&
	test_expect_code 2 teamctl logs a --run -1 -f 2>err
'

test_expect_success '--since: of all runs' '
	teamctl logs a --since 1h --plain >out &&
	grep -c "^last words" out >actual && echo 2 >expect &&
	test_cmp expect actual && test_grep "run 4 of it" out &&
	perl -i -pe "s/^(\d+) /(\$1 - 7200_000) . q( )/e" $logs/p-a/4.times $logs/p-a/5.times &&
	teamctl logs a --since 1h --plain >out &&
	echo "this is run 4 of it" >expect && test_cmp expect out
'

test_expect_success '-f goes on across restarts, until it is stopped' '
	rm -f go4 && no_supervisor && supervisor &&
	{ teamctl logs -f --plain a >followed 2>followed.err & } &&
	follower=$! &&
	wait_for 20 grep -q "run 4" followed &&
	teamctl restart a >/dev/null &&
	wait_for 20 grep -q "this is run 5 of it" followed &&
	: >go5 && wait_for 20 grep -q "this is run 6 of it" followed &&
	test_grep "^last words of 5" followed &&
	test_grep "p:a: run 8" followed.err &&
	teamctl down >/dev/null && wait $follower &&
	test_grep "p:a has ended" followed.err &&
	for n in 4 5 6; do
		[ "$(grep -c "this is run $n of it" followed)" = 1 ] || return 1
	done && wait_for 20 writers 0
'

test_expect_success 'an agent that is in no file any more' '
	team "$(fake b)" && teamctl reload >/dev/null &&
	teamctl logs a >out && test_grep "^this is run 6 of it$" out &&
	teamctl logs p:a --run -1 >out && test_grep "run 5" out &&
	test_expect_code 4 teamctl logs nobody 2>err &&
	teamctl down >/dev/null
'

test_expect_success 'several: --run and --since are of each, as with --plain' '
	mkdir several && cd several && cat >say <<-\EOF &&
	printf "%s, \033[1mrun\033[0m %s\r\n" "$1" "$TEAMCTL_GENERATION"
	exec sleep 1000
	EOF
	line="logs: { keep: 3 }, command: [sh, say" &&
	team "one: { $line, one] }" "three: { $line, three] }" "$(fake bare --print bare)" &&
	teamctl up >/dev/null && teamctl restart three >/dev/null &&
	three=$(ls state/logs/p-three | sed -n "s/\.log\$//p" | tail -1) &&
	wait_for 20 grep -q three state/logs/p-three/$three.log &&
	wait_for 20 grep -q one state/logs/p-one/*.log &&
	teamctl logs --run 0 | sed "s/run.*/run/" >actual &&
	printf "p:one   | one, run\np:three | three, run\n" >expect &&
	test_cmp expect actual &&
	teamctl logs --since 1h -n 1 p | sed "s/run.*/run/" >actual &&
	test_cmp expect actual &&
	teamctl logs --run -1 one three >out 2>err &&
	test_grep "^p:three | three, run" out && test_grep ! one out &&
	test_grep "no run -1 of p:one is kept" err &&
	test_expect_code 1 teamctl logs --run -7 one three >out 2>err &&
	test_expect_code 1 teamctl logs --run 0 bare 2>err &&
	test_grep "nothing is kept of what p:bare has printed" err &&
	test_expect_code 2 teamctl logs --run x 2>err &&
	echo 2 >expect && wc -l <err >actual && test_cmp expect actual
'

test_expect_success 'several: -f across restarts, with panes of which nothing is kept' '
	cd several && supervisor &&
	{ teamctl logs -f >followed 2>followed.err & } &&
	follower=$! &&
	wait_for 20 grep -q "^p:one   | one, run" followed &&
	wait_for 20 grep -q "^p:bare  | bare$" followed &&
	teamctl restart one >/dev/null &&
	wait_for 20 sh -c "grep -c \"^p:one   | one, run\" followed | grep -qx 2" &&
	test_grep "p:one: run" followed.err &&
	teamctl down >/dev/null && wait $follower &&
	for id in one three bare; do
		test_grep "p:$id has ended" followed.err || return 1
	done && test_grep ! "$(printf "\033")" followed
'

test_expect_success 'several: of those that have gone, only when asked for' '
	cd several && team "one: { $line, one] }" "$(fake bare --print bare)" &&
	teamctl reload >/dev/null && wait_for 20 is p:bare state running &&
	wait_for 20 sh -c "teamctl logs | grep -q \"^p:bare | bare\"" &&
	teamctl logs p >out && test_grep ! three out &&
	teamctl logs three >out && test_grep "^three, run" out &&
	teamctl logs one three >out && test_grep "^p:three | three, run" out &&
	teamctl down >/dev/null
'

test_expect_success 'a file that is too large goes on in another' '
	cat >many <<-\EOF &&
	i=0
	while [ $i -lt 3000 ]; do echo "line $i of many"; i=$((i + 1)); done
	: >many.done
	exec sleep 1000
	EOF
	team "many: { command: [sh, many], logs: { keep: 2, max_size: 8KiB } }" &&
	teamctl reload >/dev/null && wait_for 20 test -e many.done &&
	wait_for 20 sh -c "teamctl logs many --run 0 -n 1 --plain | grep -qx \"line 2999 of many\"" &&
	[ "$(stat -c %s $logs/p-many/1.log)" -lt 8192 ] &&
	wait_for 20 test -e $logs/p-many/1.old.log.gz &&
	teamctl logs many --run 0 --plain >out &&
	size=$(stat -c %s out) && [ $size -ge 7000 ] && [ $size -le 16400 ] &&
	perl -ne "BEGIN { \$n = -1 } next if \$. == 1;
		/^line (\d+) of many\$/ or die;
		\$n < 0 || \$1 == \$n + 1 or die qq(\$n then \$1); \$n = \$1" out &&
	teamctl logs many --since 1h --plain >since && test_cmp out since &&
	teamctl down >/dev/null
'

test_expect_success 'runs that are too old are removed at a start' '
	team "many: { command: [sleep, 1000], logs: { keep: 9, max_age: 1h } }" &&
	teamctl reload >/dev/null && teamctl up >/dev/null &&
	teamctl restart >/dev/null && wait_for 20 kept many 1 2 3 &&
	touch -d "2 hours ago" $logs/p-many/1.* &&
	teamctl restart >/dev/null && wait_for 20 kept many 2 3 4 &&
	! ls $logs/p-many/1.* 2>/dev/null && teamctl down >/dev/null
'

test_expect_success 'turned off: the next run is in no file of a former one' '
	team "$(fake many --print "once")" && sed -i "s/\"once\"\\]/&, logs: { keep: 2 }/" team-compose.yaml &&
	teamctl reload >/dev/null && teamctl up >/dev/null &&
	last=$(ls $logs/p-many | sed -n "s/\.log\$//p" | sort -n | tail -1) &&
	wait_for 20 grep -q once $logs/p-many/$last.log &&
	team "$(fake many --print "later")" &&
	teamctl reload >/dev/null && wait_for 20 is p:many state running &&
	teamctl restart >/dev/null &&
	wait_for 20 sh -c "teamctl logs many | grep -q later" &&
	! grep -q later $logs/p-many/$last.log && wait_for 20 writers 0 &&
	teamctl down >/dev/null
'

# Each burst is almost two files long, and is waited for: between two looks of
# the reader there are up to two rotations.
test_expect_success '-f: nothing is lost where two files end at once' '
	cat >bursts <<-\EOF &&
	$| = 1;
	select undef, undef, undef, 0.05 until -e "go";
	for my $burst (1 .. 12) {
		print map { "line $burst $_ of a burst\n" } 1 .. 600;
		my $seen = "";
		until ($seen =~ /^line $burst 600 /m) {
			select undef, undef, undef, 0.05;
			open my $in, "<", "followed" or next;
			local $/;
			$seen = <$in> // "";
		}
	}
	open my $done, ">", "bursts.done";
	sleep 1000;
	EOF
	team "bursts: { command: [perl, bursts], logs: { keep: 2, max_size: 8KiB } }" &&
	teamctl reload >/dev/null && wait_for 20 is p:bursts state running &&
	{ teamctl logs -f --plain bursts >followed 2>follow.err & reader=$!; } &&
	test_when_finished "kill $reader 2>/dev/null || :" &&
	: >go && wait_for 60 test -e bursts.done &&
	test_must_be_empty follow.err &&
	perl -e "for my \$b (1 .. 12) {
		print qq(line \$b \$_ of a burst\n) for 1 .. 600 }" >expect &&
	grep . followed >actual && test_cmp expect actual &&
	teamctl down >/dev/null
'

test_expect_success 'a folder of any name' '
	odd="$TRASH/it'"'"'s #[fg=red]#{pid}#(id) 100%d %% \$HOME \"q\" ; é" &&
	mkdir "$odd" && cd "$odd" &&
	team "$(fake a --print "odd indeed")" && sed -i "s/\"odd indeed\"\\]/&, logs: { keep: 2 }/" team-compose.yaml &&
	teamctl up >/dev/null &&
	wait_for 20 grep -q "odd indeed" state/logs/p-a/1.log &&
	teamctl restart >/dev/null &&
	wait_for 20 grep -q "odd indeed" state/logs/p-a/2.log &&
	teamctl down >/dev/null
'

# The calls that a shell in tmux place counts are those of teamctl itself; on a
# busy machine it looks once more, but for four agents four would be more.
test_expect_success 'no more clients of tmux for it' '
	mkdir count.d && cd count.d && mkdir bin &&
	real=$(command -v tmux) &&
	printf "#!/bin/sh\necho >>%s/calls\nexec %s \"\$@\"\n" "$PWD" "$real" >bin/tmux &&
	chmod +x bin/tmux &&
	for keep in 0 2; do
		TEAM_TOP="logs: { keep: $keep }" team "$(fake a)" "$(fake b)" "$(fake c)" "$(fake d)" &&
		: >calls && PATH=$PWD/bin:$PATH teamctl up >/dev/null &&
		PATH=$PWD/bin:$PATH teamctl restart a >/dev/null &&
		wc -l <calls >calls.$keep && teamctl down >/dev/null || return 1
	done &&
	cat calls.0 calls.2 &&
	[ "$(cat calls.2)" -le $(($(cat calls.0) + 3)) ]
'

test_done
