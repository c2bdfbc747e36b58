#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The journal: what is written, and that nobody can change it unnoticed.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

journal=state/journal.jsonl

test_expect_success 'the life of an agent is written down' '
	team "$(fake a)" "$(fake b --exit 3)" &&
	test_expect_code 1 teamctl up &&
	teamctl down &&
	teamctl events >actual &&
	test_grep "p:a  *agent.start_requested  *up" actual &&
	test_grep "p:a  *agent.started" actual &&
	test_grep "p:b  *agent.start_failed  *ended at once: exit 3" actual &&
	test_grep "p:a  *agent.stop_requested  *down" actual &&
	test_grep "p:a  *agent.drained" actual &&
	teamctl audit verify >actual &&
	test_grep "^ok" actual
'

test_expect_success 'each step of a start and a stop has its line' '
	teamctl history a --json >lines &&
	sed "s/.*\"event\":\"\([a-z_.]*\)\".*/\1/" lines >actual &&
	cat >expect <<-EOF &&
	agent.start_requested
	agent.launched
	agent.running
	agent.started
	agent.stop_requested
	agent.keys_sent
	agent.drained
	EOF
	test_cmp expect actual
'

test_expect_success 'a line has the members that the manual names' '
	perl -MJSON::PP -ne "
		my \$e = decode_json(\$_);
		print join(\" \", grep { exists \$e->{\$_} } qw(seq time
		    mono_ns event agent gen attempt actor reason fields
		    correlation_id prev hash)), qq(\n);
		\$e->{time} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\$/ &&
		\$e->{seq} == \$. || die \"line \$.\";" $journal >members &&
	test_grep "^seq time mono_ns event agent gen attempt actor reason fields correlation_id prev hash\$" members
'

test_expect_success 'events --json are the lines, filters pick among them' '
	teamctl events --json >actual &&
	test_cmp $journal actual &&
	teamctl events --agent p:b --kind "agent.start*" --json >actual &&
	test "$(wc -l <actual)" -eq 2 &&
	teamctl events --agent b --kind agent.started,agent.start_f\* >actual &&
	test "$(wc -l <actual)" -eq 1 &&
	teamctl events --since 1h --json >actual &&
	test_cmp $journal actual &&
	teamctl events --until 1h >actual && test_cmp /dev/null actual &&
	teamctl events --since 1970-01-01 --until 2999-12-31T23:59 --json >actual &&
	test_cmp $journal actual &&
	teamctl history b -n 1 >actual &&
	test "$(wc -l <actual)" -eq 1 &&
	test_expect_code 2 teamctl events --since yesterday &&
	test_expect_code 4 teamctl history nobody &&
	test_expect_code 2 teamctl events --kind agent.strated 2>err &&
	test_grep "no kind .agent.strated" err &&
	test_grep "agent.started" err &&
	test_expect_code 2 teamctl events --kind "agent.\*,started" 2>err &&
	test_grep "agent.started" err &&
	teamctl events --kind "nothing.*" >out && test_must_be_empty out
'

test_expect_success 'events about an agent are also the commands for it' '
	teamctl events --agent p:a --kind command.\* >out &&
	teamctl events --kind command.\* >all && test_cmp all out &&
	test -s out && test_expect_code 4 teamctl events --agent nobody >out &&
	test_must_be_empty out
'

test_expect_success 'since and until meet at an instant' '
	at=$(sed -n "\$s/.*\"time\":\"\([^\"]*\)\".*/\1/p" $journal) &&
	teamctl events --json --until "$at" >before &&
	teamctl events --json --since "$at" >after &&
	sort -t: -n -k2 before after >actual && test_cmp $journal actual &&
	test -s before
'

test_expect_success 'hashes are those that sha256sum computes' '
	line=$(sed -n 2p $journal) &&
	printf "%s" "${line%,\"hash\":*}" | sha256sum | cut -c1-64 >expect &&
	printf "%s\n" "$line" | sed "s/.*\"hash\":\"\([0-9a-f]*\)\"}$/\1/" >actual &&
	test_cmp expect actual
'

test_expect_success 'a flipped byte in any field is found' '
	n=$(grep -n agent.stop_requested $journal | head -1 | cut -d: -f1) &&
	for field in seq time mono_ns event agent gen attempt actor reason \
	    fields correlation_id prev hash; do
		broken $n sed -i "${n}s/\"$field\":[\"{]\{0,1\}./&x/" $journal ||
			{ echo "$field"; return 1; }
	done
'

test_expect_success 'any byte of a line may be the one' '
	cat >flip.pl <<-\EOF &&
	# Flips a bit of byte N of line L, or says that there is none.
	my ($file, $l, $n) = @ARGV;
	open my $in, "<", $file or die; my @lines = <$in>; close $in;
	exit 9 if $n >= length $lines[$l - 1];
	substr($lines[$l - 1], $n, 1) ^= "\x01";
	open my $out, ">", $file or die; print $out @lines; close $out;
	EOF
	last=$(wc -l <$journal) &&
	cp $journal saved &&
	for l in 1 3 $last; do
		n=0 &&
		while perl flip.pl $journal $l $n; do
			test_expect_code 1 teamctl audit verify 2>out &&
			test_grep "seq $l:" out || { echo "$l $n"; return 1; }
			cp saved $journal && n=$((n + 7))
		done
		test $n -gt 200 || return 1
	done
'

# forge: appends a line whose hashes fit.
forge() {
	perl -MDigest::SHA=sha256_hex -e '
		open my $in, "<", $ARGV[0] or die; my @lines = <$in>;
		my ($seq) = $lines[-1] =~ /^\{"seq":(\d+)/;
		my ($hash) = $lines[-1] =~ /"hash":"([0-9a-f]+)"\}$/;
		my $line = sprintf "{\"seq\":%d,\"time\":\"2026-01-01T00:00:00.000Z\",\"event\":\"agent.drained\",\"prev\":\"%s\"", $seq + 1, $hash;
		open my $out, ">>", $ARGV[0] or die;
		printf $out "%s,\"hash\":\"%s\"}\n", $line, sha256_hex($line);' \
	    $journal
}

test_expect_success 'a line deleted, swapped, doubled, put in or cut off' '
	last=$(wc -l <$journal) &&
	broken 1 sed -i 1d $journal &&
	broken 3 sed -i 3d $journal &&
	broken $last sed -i "\$d" $journal &&
	broken 1 sed -i "1{h;d};2G" $journal &&
	broken 3 sed -i "3{h;d};4G" $journal &&
	broken $((last - 1)) sed -i "$((last - 1)){h;d};\${G}" $journal &&
	broken 2 sed -i "1{p}" $journal &&
	broken 4 sed -i "3{p}" $journal &&
	broken $((last + 1)) sed -i "\${p}" $journal &&
	broken 4 sed -i "3a {}" $journal &&
	broken 4 sed -i "3a\\\\" $journal &&
	broken $((last + 1)) sed -i "\$a {}" $journal &&
	broken $((last + 1)) forge &&
	broken $last truncate -s -5 $journal &&
	broken 1 cp /dev/null $journal &&
	broken 1 rm $journal
'

test_expect_success 'a head that is gone, or names another line' '
	last=$(wc -l <$journal) &&
	broken $last rm state/journal.head &&
	broken $((last - 1)) perl -pi -e \
	    "s/^\{\"seq\":\d+/{\"seq\":$((last - 1))/" state/journal.head
'

test_expect_success 'a noted head is found again, another one is not' '
	teamctl audit head >head &&
	teamctl up a && teamctl down a &&
	teamctl audit verify --head "$(cat head)" &&
	test_expect_code 1 teamctl audit verify \
	    --head "2:$(cut -d: -f2 head)" 2>err && test_grep "seq 2:" err &&
	test_expect_code 1 teamctl audit verify \
	    --head "9999:$(cut -d: -f2 head)" 2>err &&
	test_grep "line 9999 was noted" err &&
	test_expect_code 2 teamctl audit verify --head 12 &&
	teamctl audit head --json >actual &&
	test_grep "\"hash\": \"$(teamctl audit head | cut -d: -f2)\"" actual
'

test_expect_success 'tail and export: the lines as they are' '
	teamctl audit tail -n 3 >actual &&
	tail -n 3 $journal >expect && test_cmp expect actual &&
	teamctl audit export >all 2>proof && test_cmp $journal all &&
	test_grep "exported lines 1 to $(wc -l <$journal): " proof &&
	test_grep "ends with $(teamctl audit head)" proof &&
	at=$(sed -n "4s/.*\"time\":\"\([^\"]*\)\".*/\1/p" $journal) &&
	teamctl audit export --since "$at" >some 2>proof &&
	teamctl audit verify some >actual && test_grep "^ok" actual &&
	sed -i "2s/event/evemt/" some &&
	test_expect_code 1 teamctl audit verify some
'

test_expect_success 'export as csv can be read as such' '
	teamctl audit export --format csv >csv &&
	head -1 csv >head && test_grep "^seq,time,mono_ns,event," head &&
	test "$(wc -l <csv)" -eq $(($(wc -l <$journal) + 1)) &&
	test_grep ",\"{\"\"ms\"\":" csv
'

test_expect_success 'a torn last line is cut, and that is written down' '
	printf "{\"seq\":999,\"time\":\"20" >>$journal &&
	test_expect_code 1 teamctl audit verify 2>err &&
	test_grep "torn" err &&
	teamctl up a && teamctl down a &&
	teamctl audit verify &&
	teamctl events >actual &&
	test_grep "journal.recovered" actual
'

test_expect_success 'a damaged journal is left alone, and work goes on' '
	cp $journal saved &&
	sed -i "\$s/event/evemt/" $journal && cp $journal damaged &&
	teamctl up a 2>err && test_grep "warning.*journal.jsonl" err &&
	teamctl down a &&
	test_cmp damaged $journal && mv saved $journal && teamctl audit verify
'

test_expect_success 'with a damaged head: all say so, and what mends it' '
	cp $journal saved && cp state/journal.head saved.head && echo garbage >state/journal.head &&
	for c in "up a" "restart a" "pause a" "resume a" down; do
		teamctl $c >out 2>err || return 1
		test_grep "journal.head. is damaged; nothing is journalled" \
		    err || return 1
	done &&
	test_cmp saved $journal && echo garbage >expect &&
	test_cmp expect state/journal.head &&
	mkdir away && mv state/journal* away && teamctl up a 2>err &&
	test_must_be_empty err && teamctl down && teamctl audit verify &&
	rm state/journal* && mv away/* state && cp saved.head state/journal.head &&
	teamctl audit verify && rmdir away
'

test_expect_success 'a journal that cannot be read is not an empty one' '
	mv $journal away.jsonl && mkdir $journal &&
	for c in events "history a" "audit tail" "audit export" metrics; do
		test_expect_code 1 teamctl $c >out 2>err &&
		test_grep "journal.jsonl" err || return 1
	done &&
	rmdir $journal && mv away.jsonl $journal && teamctl audit verify
'

test_expect_success 'a supervisor begins anew when the journal is moved away' '
	mkdir away && supervisor && mv state/journal* away &&
	teamctl down a && teamctl audit verify && no_supervisor &&
	teamctl audit verify && test_grep ! damaged sup.log &&
	test_grep ! "what was written" sup.log &&
	rm state/journal* && mv away/* state && rmdir away
'

test_expect_success 'to a forged line nothing is appended' '
	cp $journal saved && forge && cp $journal damaged &&
	teamctl up a 2>err && test_grep "warning.*not written by teamctl" err &&
	teamctl down a &&
	test_cmp damaged $journal && mv saved $journal && teamctl audit verify
'

test_expect_success 'teamctl-events(7) lists the kinds, both ways' '
	teamctl completion --list events | sort >expect &&
	test "$(wc -l <expect)" -ge 60 &&
	sed -n "/^.Sh KINDS/,/^.Sh EX/s/^.It Cm //p" \
	    "$ROOT/man/teamctl-events.7" >kinds &&
	sed -n "/^.Sh KINDS/,/^.Sh EX/{/^.It Cm /{n;s/\.\$//;p}}" \
	    "$ROOT/man/teamctl-events.7" | perl -pe "\$_ = lcfirst" >texts &&
	paste kinds texts | sort >actual &&
	perl -pe "s/\t(.)/\t\l\$1/" expect >lower &&
	test_cmp lower actual
'

test_expect_success 'each kind is told somewhere' '
	sed -n "s/^\t\(EVENT_[A-Z_]*\),\$/\1/p" "$ROOT/src/event.h" |
		grep -v "^EVENT_NR\$" >kinds && test -s kinds &&
	grep -ow "EVENT_[A-Z_]*" "$ROOT"/src/*.c |
		sed -n "/event\.c:/!s/.*://p" | sort -u >told &&
	sort -u kinds >sorted && comm -23 sorted told >never &&
	test_cmp /dev/null never
'

test_done
