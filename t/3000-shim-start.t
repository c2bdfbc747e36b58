#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# The shim starts an agent: what reaches it, and what a failure says.

. "$(dirname "$0")/lib.sh"
. "$ROOT/t/lib-shim.sh"

test_expect_success 'it needs three arguments' '
	test_expect_code 2 "$TEAMCTL" shim p:a x
'

test_expect_success 'the exit code arrives, in the record and as its own' '
	shim_files code "$FAKE_AGENT" --exit 3 &&
	test_expect_code 3 shim_run code &&
	shim_is code state exited &&
	shim_is code exit_code 3 &&
	shim_is code asked false &&
	shim_is code survivors "[]"
'

test_expect_success 'a signal arrives, and 128 more than it as exit code' '
	shim_files signal "$FAKE_AGENT" --die USR1 &&
	test_expect_code 138 shim_run signal &&
	shim_is signal state signaled &&
	shim_is signal signal 10
'

test_expect_success 'the exit code arrives from a pane' '
	shim_files pane "$FAKE_AGENT" --exit 7 --after 50 &&
	shim_pane pane &&
	wait_for 20 shim_is pane state exited &&
	shim_is pane exit_code 7
'

test_expect_success 'the record names the run, and only we may read it' '
	SHIM_GENERATION=41 SHIM_KEYS="FP=env=sha256:12
FP=argv=none" &&
	shim_files run "$FAKE_AGENT" --pid-file run.pid &&
	SHIM_GENERATION= SHIM_KEYS= &&
	test_when_finished "tmux kill-session -t =run" &&
	shim_pane run &&
	wait_for 20 shim_is run state running &&
	wait_for 20 test -s run.pid &&
	shim_is run generation 41 &&
	shim_is run attempt 0 &&
	shim_is run pid "$(cat run.pid)" &&
	shim_is run shim_pid "$(tmux list-panes -t =run -F "#{pane_pid}")" &&
	shim_is run boot "$(cat /proc/sys/kernel/random/boot_id)" &&
	shim_is run start "$(sed "s/.*) //" "/proc/$(cat run.pid)/stat" |
	    cut -d" " -f20)" &&
	grep "\"fp\":\[\"env=sha256:12\",\"argv=none\"\]" run.record &&
	test "$(stat -c %a run.record)" = 600
'

test_expect_success 'the marker is in the agent and not in the shim' '
	shim_files mark "$FAKE_AGENT" --pid-file mark.pid &&
	test_when_finished "tmux kill-session -t =mark" &&
	shim_pane mark &&
	wait_for 20 test -s mark.pid &&
	wait_for 20 shim_is mark state running &&
	tr "\\0" "\\n" <"/proc/$(cat mark.pid)/environ" >marked &&
	grep -xF "TEAMCTL_RUN=$PWD/p:mark/1" marked &&
	tr "\\0" "\\n" <"/proc/$(shim_field mark shim_pid)/environ" >plain &&
	test_grep ! TEAMCTL_RUN plain
'

test_expect_success 'values arrive byte for byte' '
	shim_files bytes "$FAKE_AGENT" --dump-env bytes.got --exit 0 &&
	cat >bytes.env <<-\EOT &&
	# a comment

	SPACES=  two  and one at the end 
	QUOTES=it'\''s "said"
	DOLLAR=$HOME ${HOME} `id` $(id)
	GLOB=*
	SEMI=a; touch evil | b & c
	EQUALS=a=b=c
	EMPTY=
	UTF8=grüß dich 日本 🙂
	BACKSLASH=a\b\n
	PERCENT=%s%n
	LINES="one\ntwo\n\tthree\x01\\n\"x\""
	EOT
	printf "INVALID=\\377\\376\\n" >>bytes.env &&
	shim_run bytes &&
	{
		printf "%s\\0" "SPACES=  two  and one at the end " \
		    "QUOTES=it'\''s \"said\"" \
		    "DOLLAR=\$HOME \${HOME} \`id\` \$(id)" "GLOB=*" \
		    "SEMI=a; touch evil | b & c" "EQUALS=a=b=c" "EMPTY=" \
		    "UTF8=grüß dich 日本 🙂" "BACKSLASH=a\\b\\n" \
		    "PERCENT=%s%n" &&
		printf "LINES=one\\ntwo\\n\\tthree\\001\\\\n\"x\"\\0" &&
		printf "INVALID=\\377\\376\\0"
	} >bytes.want &&
	for name in SPACES QUOTES DOLLAR GLOB SEMI EQUALS EMPTY UTF8 \
	    BACKSLASH PERCENT LINES INVALID; do
		grep -zae "^$name=" bytes.want >want &&
		{ grep -zae "^$name=" bytes.got >got; test_cmp want got; } ||
			{ echo "$name differs"; return 1; }
	done &&
	! test -e evil
'

test_expect_success 'arguments arrive byte for byte' '
	shim_files argv "$FAKE_AGENT" --exit 0 --dump-argv argv.got \
	    --print "two
lines \"q\" \\ * \$HOME é" &&
	shim_run argv &&
	printf "%s\\0" --exit 0 --dump-argv argv.got --print "two
lines \"q\" \\ * \$HOME é" >argv.want &&
	cmp argv.want argv.got
'

test_expect_success 'the env file overrides the pane and sets the PATH' '
	mkdir -p tools &&
	printf "#!/bin/sh\\necho \"\$PANE\" >path.got\\n" >tools/only-here &&
	chmod +x tools/only-here &&
	shim_files path only-here &&
	printf "PATH=%s:/bin:/usr/bin\\nPANE=inner\\n" "$PWD/tools" >path.env &&
	PANE=outer shim_run path &&
	test "$(cat path.got)" = inner
'

test_expect_success 'the agent runs in its folder' '
	mkdir -p "a folder" &&
	shim_files folder "$FAKE_AGENT" --dump-cwd folder.got --exit 0 &&
	sed "s,^CWD=.*,&/a folder," folder.launch >x && mv x folder.launch &&
	shim_run folder &&
	test "$(cat "a folder/folder.got")" = "$PWD/a folder"
'

test_expect_success 'no secret is in any argv or in the shim' '
	shim_files secret "$FAKE_AGENT" --pid-file secret.pid &&
	head -c 4096 /dev/urandom | sha256sum | cut -c1-32 >secret.txt &&
	sed "s/^/TOKEN=/" secret.txt >secret.env &&
	test_when_finished "tmux kill-session -t =secret" &&
	shim_pane secret &&
	wait_for 20 test -s secret.pid && wait_for 20 test -s secret.record &&
	grep -qaF -f secret.txt "/proc/$(cat secret.pid)/environ" &&
	{ cat /proc/[0-9]*/cmdline >argvs || test -s argvs; } &&
	test_must_fail grep -qaF -f secret.txt argvs &&
	tmux show-environment -g >tmux.env &&
	test_must_fail grep -qF -f secret.txt tmux.env &&
	shim=$(shim_field secret shim_pid) &&
	test_must_fail grep -qaF -f secret.txt "/proc/$shim/environ" &&
	for range in $(sed -n "s/ rw-p .*\(heap\|stack\).*//p" \
	    "/proc/$shim/maps"); do
		dd if="/proc/$shim/mem" bs=4096 iflag=skip_bytes,count_bytes \
		    skip=$((0x${range%-*})) \
		    count=$((0x${range#*-} - 0x${range%-*})) 2>/dev/null
	done >memory &&
	test -s memory &&
	test_must_fail grep -qaF -f secret.txt memory
'

# 32 and 33 are glibc's own: its posix_spawn, by which make starts us, leaves
# them ignored, and its sigaction does not change them.
test_expect_success 'signals and descriptors of the starter do not leak' '
	shim_files clean sh -c "exec >clean.fd; ls /proc/\$\$/fd" &&
	shim_files signals grep Sig /proc/self/status &&
	perl -e "\$SIG{\$_} = q(IGNORE) for qw(HUP INT QUIT TERM TSTP PIPE CHLD);
	    exec @ARGV" "$TEAMCTL" shim p:signals "$PWD/signals.env" \
	    "$PWD/signals.launch" >clean.sig &&
	shim_run clean 7</dev/null &&
	printf "0\\n1\\n2\\n" >want &&
	test_cmp want clean.fd &&
	grep -E "SigIgn:.0000000(00|18)0000000" clean.sig &&
	grep "SigBlk:.0000000000000000" clean.sig
'

test_expect_success 'limits are set' '
	SHIM_KEYS="NOFILE=99
CPU_SECS=30" &&
	shim_files limit sh -c "ulimit -Sn; ulimit -Hn; ulimit -St" &&
	SHIM_KEYS= &&
	shim_run limit >got &&
	printf "99\\n99\\n30\\n" >want &&
	test_cmp want got
'

test_expect_success 'a limit that may not be had is named' '
	SHIM_KEYS="NOFILE=2147483647" &&
	shim_files limit "$FAKE_AGENT" --exit 0 &&
	SHIM_KEYS= &&
	test_expect_code 125 shim_run limit 2>err &&
	grep "cannot set the limit NOFILE to 2147483647: " err &&
	shim_is limit state exec_failed
'

test_expect_success 'an agent that eats its processor time says so' '
	SHIM_KEYS=CPU_SECS=1 &&
	shim_files cpu "$FAKE_AGENT" --spin &&
	SHIM_KEYS= &&
	test_expect_code 152 shim_run cpu &&
	shim_is cpu signal 24
'

test_expect_success 'a program that is not there' '
	shim_files missing "$PWD/no/such program" &&
	test_expect_code 127 shim_run missing 2>err &&
	why="cannot run '\''$PWD/no/such program'\'': No such file or directory" &&
	grep -xF "teamctl: p:missing: $why" err &&
	grep -F "\"error\":\"$why\"" missing.record &&
	shim_is missing state exec_failed &&
	shim_is missing exit_code 127 &&
	shim_is missing pid 0
'

test_expect_success 'a program that is not on PATH' '
	shim_files nopath no-such-program &&
	test_expect_code 127 shim_run nopath 2>err &&
	grep "cannot run '\''no-such-program'\'': not found in PATH" err
'

test_expect_success 'a program that may not be run' '
	: >plain-file &&
	shim_files denied "$PWD/plain-file" &&
	test_expect_code 126 shim_run denied 2>err &&
	grep "cannot run '\''$PWD/plain-file'\'': Permission denied" err
'

test_expect_success 'a script whose interpreter is not there' '
	printf "#!/no/such/sh\\n" >script && chmod +x script &&
	shim_files script "$PWD/script" &&
	test_expect_code 127 shim_run script 2>err &&
	grep "the interpreter in its first line" err
'

test_expect_success 'a folder that is not there' '
	shim_files nodir "$FAKE_AGENT" &&
	sed "s,^CWD=.*,CWD=/no/such/folder," nodir.launch >x &&
	mv x nodir.launch &&
	test_expect_code 125 shim_run nodir 2>err &&
	grep "cannot change to '\''/no/such/folder'\'': No such file" err &&
	shim_is nodir state exec_failed
'

test_expect_success 'a failure is on the screen of the pane' '
	shim_files screen /no/such/program &&
	shim_pane screen &&
	wait_for 20 shim_shows screen "cannot run ./no/such/program" &&
	wait_for 20 shim_is screen state exec_failed
'

test_expect_success 'a malformed env file is refused, without its values' '
	shim_files bad "$FAKE_AGENT" --dump-env bad.got --exit 0 &&
	printf "A=1\\nmy secret words\\n" >bad.env &&
	test_expect_code 125 shim_run bad 2>err &&
	grep "malformed env file .*/bad.env.: line 2: " err &&
	test_grep ! "secret words" err &&
	grep "\"error\":\"malformed env file" bad.record &&
	! test -e bad.got &&
	rm bad.env &&
	test_expect_code 125 shim_run bad 2>err &&
	grep "bad.env.: No such file" err
'

test_expect_success 'a malformed launch file is refused' '
	shim_files launch "$FAKE_AGENT" --exit 0 &&
	cp launch.launch good &&
	try() {
		test_expect_code 125 shim_run launch 2>err &&
		grep -e "$1" err
	} &&
	{ cat good && echo COLOUR=red; } >launch.launch &&
	try "unknown key .COLOUR." &&
	shim_is launch state exec_failed &&
	{ cat good && echo TEAM=again; } >launch.launch &&
	try "TEAM. is given twice" &&
	sed "s/^ATTEMPT=.*/ATTEMPT=many/" good >launch.launch &&
	try "line 5: .*ATTEMPT. is not a number" &&
	sed "/^ARG=/d" good >launch.launch &&
	try "ARG. is missing" &&
	sed "/^RECORD=/d" good >launch.launch &&
	try "RECORD. is missing" &&
	rm launch.launch &&
	try "launch.launch.: No such file"
'

test_expect_success 'a FIFO is told of start and end' '
	mkfifo fifo &&
	SHIM_GENERATION=5 SHIM_KEYS="NOTIFY=$PWD/fifo" &&
	shim_files told "$FAKE_AGENT" --exit 0 &&
	shim_files failed /no/such/program &&
	SHIM_GENERATION= SHIM_KEYS= &&
	exec 8<>fifo &&
	shim_run told &&
	test_expect_code 127 shim_run failed &&
	printf "start p:told 5\\nexit p:told 5\\nfail p:failed 5\\n" >want &&
	head -n 3 <&8 >got && exec 8<&- &&
	test_cmp want got
'

test_expect_success 'a FIFO without reader, and none, do no harm' '
	test_expect_code 0 shim_run told &&
	rm fifo &&
	test_expect_code 0 shim_run told
'

test_expect_success 'what could not be recorded is not started' '
	shim_files norec "$FAKE_AGENT" --exit 4 --dump-cwd norec.got &&
	sed "s,^RECORD=.*,RECORD=/no/such/folder/x," norec.launch >x &&
	mv x norec.launch &&
	test_expect_code 125 shim_run norec 2>err &&
	grep "^teamctl: p:norec: cannot open ./no/such/folder" err &&
	! test -e norec.got
'

test_expect_success 'the generation may come with the command line' '
	shim_files given "$FAKE_AGENT" --exit 0 &&
	"$TEAMCTL" shim p:given given.env given.launch 77 &&
	shim_is given generation 77 &&
	test_expect_code 125 "$TEAMCTL" shim p:given given.env given.launch 7x \
	    2>err &&
	grep "generation .7x. is not a number" err
'

# Of which there may be none here: a file of ours stands for the kernel's.
! unshare -m true 2>/dev/null || test_set_prereq MOUNTS
test_expect_success MOUNTS 'what was killed before it began is no kill of its own' '
	printf "nr_free_pages 1\noom_kill 5\n" >vmstat &&
	shim_files oom "$FAKE_AGENT" --die KILL &&
	for kills in 4 5
	do
		test_expect_code 137 unshare -m sh -c "mount --bind vmstat \
		    /proc/vmstat && exec \"\$@\"" x "$TEAMCTL" shim p:oom \
		    oom.env oom.launch 1 $kills &&
		jq .oom oom.record || return 1
	done >got &&
	printf "true\nfalse\n" >want && cmp want got
'

# wait_turn NAME FILE: a second shim of the agent, in the background.
wait_turn() {
	"$TEAMCTL" shim "p:$1" "$PWD/$1.env" "$PWD/$1.launch" 2 \
	    </dev/null >/dev/null 2>"$2" &
	second=$!
}

test_expect_success 'a second shim waits for the end of the first' '
	shim_files turn "$FAKE_AGENT" --prompt "> " --count turn.count &&
	shim_pane turn &&
	wait_for 20 test -s turn.count &&
	wait_turn turn err &&
	wait_for 20 sh -c "ls -l /proc/$second/fd | grep turn.record.lock" &&
	test "$(wc -l <turn.count)" = 1 &&
	wait_for 20 shim_is turn generation 1 &&
	tmux send-keys -t "=turn:" -l "exit 3" \; \
	    send-keys -t "=turn:" Enter &&
	wait_for 20 shim_is turn generation 2 &&
	wait_for 20 sh -c "test \$(wc -l <turn.count) = 2" &&
	kill "$second" && { wait "$second" || :; }
'

test_expect_success 'one that is ended while it waits leaves the record' '
	shim_files rival "$FAKE_AGENT" &&
	test_when_finished "tmux kill-session -t =rival" &&
	shim_pane rival &&
	wait_for 20 shim_is rival state running &&
	wait_turn rival err &&
	wait_for 20 sh -c "ls -l /proc/$second/fd | grep rival.record.lock" &&
	kill "$second" &&
	test_expect_code 125 wait "$second" &&
	grep "told to end while its last run had not" err &&
	shim_is rival state running &&
	shim_is rival generation 1
'

test_done
