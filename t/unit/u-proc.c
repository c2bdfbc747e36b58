/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec os proc */
#include "proc.h"

#include "os.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct outcome {
	struct strbuf out, err;
	struct proc_result result;
	int64_t ms; /* how long it took */
};

static void
run(struct outcome *o, const struct proc_options *options, char *const *argv)
{
	struct mono start = os_now();

	strbuf_init(&o->out);
	strbuf_init(&o->err);
	proc_run(argv, options, &o->out, &o->err, &o->result);
	o->ms = mono_ms_until(start, os_now());
}

static void
run_sh(struct outcome *o, const struct proc_options *options,
    const char *script)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

	run(o, options, argv);
}

static void
drop(struct outcome *o)
{
	strbuf_release(&o->out);
	strbuf_release(&o->err);
}

static const struct proc_options plain;

static void
test_proc__collects_both_streams(void)
{
	struct outcome o;

	run_sh(&o, &plain, "echo out; echo err >&2; exit 3");
	ok(o.result.spawned, "spawned");
	is_str(o.out.buf, "out\n", "stdout");
	is_str(o.err.buf, "err\n", "stderr");
	is_int(o.result.exit_code, 3, "exit code");
	is_int(o.result.signal, 0, "no signal");
	drop(&o);
}

static void
test_proc__collects_more_than_a_pipe_holds(void)
{
	struct outcome o;

	run_sh(&o, &plain, "head -c 3000000 /dev/zero");
	is_int((intmax_t)o.out.len, 3000000, "bytes");
	is_int(o.result.exit_code, 0, "exit code");
	drop(&o);
}

static void
test_proc__names_a_failed_exec(void)
{
	char *absent[] = { (char *)"/no-such-program-here", NULL };
	char *folder[] = { (char *)"/", NULL };
	struct outcome o;

	run(&o, &plain, absent);
	ok(!o.result.spawned, "not spawned");
	is_int(o.result.spawn_errno, ENOENT, "absent");
	is_int(o.result.exit_code, -1, "no exit code");
	drop(&o);
	run(&o, &plain, folder);
	is_int(o.result.spawn_errno, EACCES, "a folder");
	drop(&o);
}

static void
test_proc__tells_a_signal_from_an_exit(void)
{
	struct outcome o;

	run_sh(&o, &plain, "kill -TERM $$");
	is_int(o.result.signal, SIGTERM, "signal");
	is_int(o.result.exit_code, -1, "no exit code");
	drop(&o);
}

static void
test_proc__feeds_input(void)
{
	struct proc_options options = { .input = NULL };
	struct strbuf text = STRBUF_INIT;
	struct outcome o;
	int i;

	for (i = 0; i < 100000; i++)
		strbuf_addstr(&text, "line\n");
	options.input = text.buf;
	options.input_len = text.len;
	run_sh(&o, &options, "cat");
	ok(o.out.len == text.len && strcmp(o.out.buf, text.buf) == 0,
	    "%zu of %zu bytes came back", o.out.len, text.len);
	drop(&o);
	run_sh(&o, &options, "exec <&-; exit 4");
	is_int(o.result.exit_code, 4, "input that nobody reads is no error");
	drop(&o);
	run_sh(&o, &plain, "cat; echo end");
	is_str(o.out.buf, "end\n", "without input there is none");
	drop(&o);
	strbuf_release(&text);
}

/* Killed is not yet ended: waits for that, at most 10 s. */
static bool
has_ended(pid_t pid)
{
	struct mono end = mono_add_ms(os_now(), 10000);
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (pid > 0 && os_start_time(pid) != 0) {
		if (!mono_before(os_now(), end))
			return false;
		nanosleep(&pause, NULL);
	}
	return pid > 0;
}

static void
test_proc__kills_the_group_at_the_deadline(void)
{
	const struct proc_options options = { .timeout_ms = 3000 };
	struct outcome o;

	run_sh(&o, &options, "sleep 100 & echo $!; wait");
	ok(o.result.timed_out, "timed out");
	is_int(o.result.signal, SIGKILL, "killed");
	ok(o.ms >= 3000 && o.ms < 60000, "after %jd ms", (intmax_t)o.ms);
	ok(has_ended((pid_t)strtol(o.out.buf, NULL, 10)), "its child too");
	drop(&o);
}

static void
test_proc__kills_a_flood(void)
{
	const struct proc_options options = { .max_output = 100000 };
	struct outcome o;

	run_sh(&o, &options, "exec cat /dev/zero");
	ok(o.result.flooded && !o.result.timed_out, "flooded");
	ok(o.out.len <= 100000, "%zu bytes were kept", o.out.len);
	drop(&o);
}

static void
test_proc__does_not_wait_for_a_stranger_with_the_pipe(void)
{
	struct outcome o;

	run_sh(&o, &plain, "setsid sleep 100 & echo $!");
	ok(o.ms < 60000, "back after %jd ms", (intmax_t)o.ms);
	ok(o.out.len > 0, "with the output");
	kill((pid_t)strtol(o.out.buf, NULL, 10), SIGKILL);
	drop(&o);
}

static void
test_proc__folder_and_environment(void)
{
	char *env[] = { (char *)"PATH=/usr/bin:/bin", (char *)"ONLY=this",
		NULL };
	struct proc_options options = { .cwd = "/", .env = env };
	struct outcome o;

	run_sh(&o, &options, "pwd; echo $ONLY$HOME");
	is_str(o.out.buf, "/\nthis\n", "both");
	drop(&o);
	options.cwd = "/no/such/folder";
	run_sh(&o, &options, "pwd");
	is_int(o.result.spawn_errno, ENOENT, "a folder that is not there");
	drop(&o);
}

static void
test_proc__child_has_default_signals(void)
{
	struct outcome o;
	sigset_t set, old;

	signal(SIGINT, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	run_sh(&o, &plain, "kill -INT $$");
	is_int(o.result.signal, SIGINT, "one that we ignore");
	drop(&o);
	run_sh(&o, &plain, "kill -TERM $$");
	is_int(o.result.signal, SIGTERM, "one that we block");
	drop(&o);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGINT, SIG_DFL);
}

static void
test_proc__works_without_standard_descriptors(void)
{
	int in = dup(0), out;
	struct outcome o;

	fflush(stdout);
	out = dup(1);
	close(0);
	close(1);
	run_sh(&o, &plain, "cat; echo out; echo err >&2");
	dup2(in, 0);
	dup2(out, 1);
	close(in);
	close(out);
	is_str(o.out.buf, "out\n", "stdout");
	is_str(o.err.buf, "err\n", "stderr");
	drop(&o);
}

static void
test_proc__leaves_no_descriptor(void)
{
	int before = dup(0), after;
	struct outcome o;
	int i;

	close(before);
	for (i = 0; i < 20; i++) {
		run_sh(&o, &plain, "true");
		drop(&o);
	}
	run(&o, &plain, (char *[]){ (char *)"/no-such-program", NULL });
	drop(&o);
	after = dup(0);
	close(after);
	is_int(after, before, "the next free descriptor");
}
