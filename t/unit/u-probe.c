/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Probes and hooks on a real loop with real children.
 */
/* objs: util strbuf strvec units signame os proc loop child probe */
#include "probe.h"

#include "child.h"
#include "os.h"
#include "proc.h"
#include "tap.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How one of them ended. */
struct answer {
	struct loop *loop;
	int calls;
	bool is_ok;
	char *text;
	int64_t ms;
};

static void
take(void *ctx, bool is_ok, const char *text)
{
	struct answer *answer = ctx;

	answer->calls++;
	answer->is_ok = is_ok;
	free(answer->text);
	answer->text = xstrdup(text);
	loop_stop(answer->loop);
}

static void
give_up(void *ctx)
{
	loop_stop(ctx);
}

/* Until an answer stops the loop, at most for ms. */
static void
spin(struct loop *loop, int64_t ms)
{
	struct loop_watch *timer = loop_timer(loop, give_up, loop);

	loop_timer_at(timer, mono_add_ms(os_now(), ms));
	loop_run(loop);
	loop_watch_free(timer);
}

static bool
has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* The rest of a killed child's life. */
static void
no_child_is_left(struct loop *loop)
{
	struct mono end = mono_add_ms(os_now(), 10000);

	while (has_children() && mono_before(os_now(), end))
		spin(loop, 5);
	ok(!has_children(), "no child is left");
}

static void
run_probe(struct answer *answer, const struct probe *probe, const char *cwd,
    char *const *env)
{
	struct mono start = os_now();

	*answer = (struct answer){ .loop = loop_new() };
	probe_begin(answer->loop, probe, cwd, env, take, answer);
	is_int(answer->calls, 0, "no call before the loop runs");
	spin(answer->loop, 20000);
	answer->ms = mono_ms_until(start, os_now());
	is_int(answer->calls, 1, "one call");
	no_child_is_left(answer->loop);
	loop_free(answer->loop);
}

static void
run_sh(struct answer *answer, const char *script, int64_t timeout_ms)
{
	struct probe probe = { .kind = PROBE_COMMAND,
		.timeout_ms = timeout_ms };

	strvec_push(&probe.command, "sh");
	strvec_push(&probe.command, "-c");
	strvec_push(&probe.command, script);
	run_probe(answer, &probe, NULL, NULL);
	strvec_release(&probe.command);
}

static void
run_target(struct answer *answer, enum probe_kind kind, const char *target,
    const char *cwd)
{
	struct probe probe = { .kind = kind, .target = (char *)target,
		.timeout_ms = 5000 };

	run_probe(answer, &probe, cwd, NULL);
}

static void
test_probe__a_command_by_its_exit_status(void)
{
	struct answer a;

	run_sh(&a, "echo fine; echo too >&2", 10000);
	ok(a.is_ok, "ok");
	is_str(a.text, "fine\\ntoo", "both streams, on one line");
	free(a.text);
	run_sh(&a, "echo no route; exit 3", 10000);
	ok(!a.is_ok, "not ok");
	is_str(a.text, "exit 3: no route", "why");
	free(a.text);
	run_sh(&a, "exit 1", 10000);
	is_str(a.text, "exit 1", "without output");
	free(a.text);
	run_sh(&a, "kill -TERM $$", 10000);
	ok(!a.is_ok, "killed");
	is_str(a.text, "signal 15 (TERM)", "by whom");
	free(a.text);
}

static void
test_probe__a_command_that_cannot_be_run(void)
{
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 5000 };
	struct answer a;

	strvec_push(&probe.command, "/no-such-program-here");
	run_probe(&a, &probe, NULL, NULL);
	ok(!a.is_ok, "not ok");
	is_str(a.text, "cannot run '/no-such-program-here': No such file or "
	    "directory", "why");
	free(a.text);
	strvec_release(&probe.command);
}

static void
test_probe__a_command_has_folder_environment_and_no_input(void)
{
	char *env[] = { (char *)"PATH=/usr/bin:/bin", (char *)"ONLY=this",
		NULL };
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 5000 };
	struct answer a;

	strvec_push(&probe.command, "sh");
	strvec_push(&probe.command, "-c");
	strvec_push(&probe.command, "cat; pwd; echo $ONLY$HOME");
	run_probe(&a, &probe, "/", env);
	is_str(a.text, "/\\nthis", "all three");
	free(a.text);
	strvec_release(&probe.command);
}

/* The first number in the text. */
static pid_t
pid_in(const char *text)
{
	return (pid_t)strtol(text + strcspn(text, "0123456789"), NULL, 10);
}

static bool
has_gone(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct mono end = mono_add_ms(os_now(), 10000);

	while (pid > 0 && os_start_time(pid) != 0 &&
	    mono_before(os_now(), end))
		nanosleep(&pause, NULL);
	return pid > 0 && os_start_time(pid) == 0;
}

static void
test_probe__is_killed_with_its_group_at_the_deadline(void)
{
	struct answer a;

	run_sh(&a, "trap '' TERM HUP INT; (trap '' TERM; sleep 100) & "
	    "echo $!; wait", 3000);
	ok(!a.is_ok, "not ok");
	ok(strstr(a.text, "no answer within 3.0s: ") == a.text, "%s", a.text);
	ok(a.ms >= 3000 && a.ms < 60000, "after %jd ms", (intmax_t)a.ms);
	ok(has_gone(pid_in(a.text + strcspn(a.text, ":"))), "its child too");
	free(a.text);
}

static void
test_probe__what_a_command_leaves_behind_is_killed(void)
{
	struct answer a;

	run_sh(&a, "sleep 100 & echo $!", 10000);
	ok(a.is_ok, "ok");
	ok(a.ms < 60000, "after %jd ms", (intmax_t)a.ms);
	ok(has_gone(pid_in(a.text)), "it is gone");
	free(a.text);
}

static void
test_probe__output_is_bounded(void)
{
	struct answer a;

	run_sh(&a, "head -c 100000 /dev/zero | tr '\\0' x", 10000);
	ok(a.is_ok, "ok");
	is_int((intmax_t)strlen(a.text), PROBE_KEPT_OUTPUT, "bytes are kept");
	free(a.text);
	run_sh(&a, "exec cat /dev/zero", 10000);
	ok(!a.is_ok, "a flood is not");
	is_str(a.text, "wrote more than 1024 KiB", "why");
	free(a.text);
	run_sh(&a, "printf 'a\\033[2J\\377b\\n'", 10000);
	is_str(a.text, "a\\x1b[2J\\xffb", "nothing that moves a cursor");
	free(a.text);
	run_sh(&a, "exec >&- 2>&-; exit 5", 10000);
	is_str(a.text, "exit 5", "one that closes its output");
	free(a.text);
}

static void
test_probe__cancel_calls_nobody_and_leaves_no_child(void)
{
	struct answer a = { .loop = loop_new() };
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 60000 };
	struct probe_run *run;
	int i;

	probe_cancel(NULL);
	strvec_push(&probe.command, "sleep");
	strvec_push(&probe.command, "100");
	for (i = 0; i < 20; i++) {
		run = probe_begin(a.loop, &probe, NULL, NULL, take, &a);
		probe_cancel(run);
	}
	run = probe_begin(a.loop, &probe, NULL, NULL, take, &a);
	spin(a.loop, 20);
	probe_cancel(run);
	no_child_is_left(a.loop);
	is_int(a.calls, 0, "no call");
	children_forget(a.loop);
	loop_free(a.loop);
	strvec_release(&probe.command);
}

static void
test_probe__forget_before_the_children_have_ended(void)
{
	struct loop *loop = loop_new();
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 60000 };
	struct answer a = { .loop = loop };

	strvec_push(&probe.command, "sleep");
	strvec_push(&probe.command, "100");
	probe_cancel(probe_begin(loop, &probe, NULL, NULL, take, &a));
	children_forget(loop);
	loop_free(loop);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	ok(!has_children(), "it was killed");
	strvec_release(&probe.command);
}

static void
test_probe__many_at_once_take_the_time_of_one(void)
{
	enum { MANY = 20 };
	struct loop *loop = loop_new();
	struct answer a[MANY];
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 30000 };
	struct mono start = os_now(), end = mono_add_ms(start, 20000);
	int i, nr = 0;

	strvec_push(&probe.command, "sleep");
	strvec_push(&probe.command, "0.3");
	for (i = 0; i < MANY; i++) {
		a[i] = (struct answer){ .loop = loop };
		probe_begin(loop, &probe, NULL, NULL, take, &a[i]);
	}
	while (nr < MANY && mono_before(os_now(), end)) {
		spin(loop, 1000);
		for (i = nr = 0; i < MANY; i++)
			nr += a[i].calls;
	}
	is_int(nr, MANY, "answers");
	for (i = 0; i < MANY; i++) {
		ok(a[i].is_ok, "ok");
		free(a[i].text);
	}
	ok(mono_ms_until(start, os_now()) < 20 * 300, "side by side");
	children_forget(loop);
	loop_free(loop);
	strvec_release(&probe.command);
}

/* proc_run and a probe each get their own child's status. */
static void
test_probe__gets_on_with_proc_run(void)
{
	struct loop *loop = loop_new();
	struct answer a = { .loop = loop };
	struct probe probe = { .kind = PROBE_COMMAND, .timeout_ms = 10000 };
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	struct proc_result result;

	strvec_push(&probe.command, "sh");
	strvec_push(&probe.command, "-c");
	strvec_push(&probe.command, "exit 7");
	probe_begin(loop, &probe, NULL, NULL, take, &a);
	proc_run((char *[]){ (char *)"sh", (char *)"-c",
	    (char *)"sleep 0.2; exit 9", NULL },
	    &(struct proc_options){ .timeout_ms = 10000 }, &out, &err,
	    &result);
	is_int(result.exit_code, 9, "of proc_run");
	spin(loop, 10000);
	is_str(a.text, "exit 7", "of the probe");
	free(a.text);
	strbuf_release(&out);
	strbuf_release(&err);
	strvec_release(&probe.command);
	loop_free(loop);
}

static void
test_probe__leaves_no_descriptor(void)
{
	int before = dup(0), after, i;
	struct answer a;

	close(before);
	for (i = 0; i < 10; i++) {
		run_sh(&a, "echo x", 10000);
		free(a.text);
		run_target(&a, PROBE_TCP, "127.0.0.1:1", NULL);
		free(a.text);
		run_target(&a, PROBE_FILE, "/", NULL);
		free(a.text);
	}
	after = dup(0);
	close(after);
	is_int(after, before, "the next free descriptor");
}

static void
test_probe__a_file(void)
{
	struct answer a;

	run_target(&a, PROBE_FILE, "/dev/null", NULL);
	ok(a.is_ok, "%s", a.text);
	free(a.text);
	run_target(&a, PROBE_FILE, "null", "/dev");
	ok(a.is_ok, "relative: %s", a.text);
	free(a.text);
	run_target(&a, PROBE_FILE, "none", "/dev");
	ok(!a.is_ok, "not ok");
	is_str(a.text, "/dev/none: No such file or directory", "why");
	free(a.text);
}

/* Listens on a port that the system picks, or only has it without listening. */
static int
bind_port(bool listens, uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    (listens && listen(fd, 5) != 0) ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	*port = ntohs(address.sin_port);
	return fd;
}

static void
run_port(struct answer *answer, const char *host, uint16_t port)
{
	char *target = xasprintf("%s:%u", host, (unsigned)port);

	run_target(answer, PROBE_TCP, target, NULL);
	free(target);
}

static void
test_probe__tcp(void)
{
	struct answer a;
	uint16_t port;
	int fd = bind_port(true, &port);

	run_port(&a, "127.0.0.1", port);
	ok(a.is_ok, "a number: %s", a.text);
	free(a.text);
	run_port(&a, "localhost", port);
	ok(a.is_ok, "localhost: %s", a.text);
	free(a.text);
	close(fd);
	fd = bind_port(false, &port);
	run_port(&a, "127.0.0.1", port);
	ok(!a.is_ok && strstr(a.text, "Connection refused"),
	    "nobody there: %s", a.text);
	free(a.text);
	run_port(&a, "localhost", port);
	ok(!a.is_ok, "nor by the other name: %s", a.text);
	free(a.text);
	close(fd);
}

static void
test_probe__tcp_takes_no_names(void)
{
	static const char *const bad[] = { "example.invalid:80", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:http", "[::1:80", ":80" };
	struct answer a;
	size_t i;

	for (i = 0; i < nitems(bad); i++) {
		run_target(&a, PROBE_TCP, bad[i], NULL);
		ok(!a.is_ok && strstr(a.text, "no numeric address"), "%s: %s",
		    bad[i], a.text);
		free(a.text);
	}
	run_target(&a, PROBE_TCP, "[::1]:1", NULL);
	ok(!a.is_ok && strstr(a.text, "cannot connect to ::1 port 1: "),
	    "%s", a.text);
	free(a.text);
}

/* Its queue is full, so that nothing answers the next to come. */
/* Whether who listens there, and accepts nobody, had room for another one. */
static bool
is_let_in(uint16_t port, int *fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct pollfd connected = { .events = POLLOUT };

	*fd = connected.fd = socket(AF_INET, SOCK_STREAM, 0);
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	connect(*fd, (struct sockaddr *)&address, sizeof(address));
	return poll(&connected, 1, 200) > 0;
}

static void
test_probe__tcp_has_a_deadline(void)
{
	struct probe probe = { .kind = PROBE_TCP, .timeout_ms = 200 };
	struct answer a;
	uint16_t port;
	int fd = bind_port(false, &port), fill[8];
	size_t i, nr = 0;

	if (listen(fd, 0) != 0)
		abort();
	while (nr < nitems(fill) && is_let_in(port, &fill[nr++]))
		;
	probe.target = xasprintf("127.0.0.1:%u", (unsigned)port);
	run_probe(&a, &probe, NULL, NULL);
	ok(!a.is_ok, "not ok");
	is_str(a.text, "no answer within 0.2s", "why");
	ok(a.ms >= 150 && a.ms < 60000, "after %jd ms", (intmax_t)a.ms);
	for (i = 0; i < nr; i++)
		close(fill[i]);
	close(fd);
	free(a.text);
	free(probe.target);
}

static void
run_hook(struct answer *answer, const char *script, const char *input)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

	*answer = (struct answer){ .loop = loop_new() };
	hook_begin(answer->loop, argv, NULL, NULL, input, 10000, take, answer);
	spin(answer->loop, 20000);
	is_int(answer->calls, 1, "one call");
	no_child_is_left(answer->loop);
	loop_free(answer->loop);
}

static void
test_probe__hooks_are_told_on_stdin(void)
{
	struct strbuf text = STRBUF_INIT;
	struct answer a;
	int i;

	run_hook(&a, "cat", "{\"event\": \"exit\"}\n");
	ok(a.is_ok, "ok");
	is_str(a.text, "{\"event\": \"exit\"}", "came back");
	free(a.text);
	run_hook(&a, "cat", "");
	is_str(a.text, "", "nothing at all");
	free(a.text);
	run_hook(&a, "cat", NULL);
	is_str(a.text, "", "nor without input");
	free(a.text);
	for (i = 0; i < 100000; i++)
		strbuf_addstr(&text, "line\n");
	run_hook(&a, "wc -l | tr -d ' '", text.buf);
	is_str(a.text, "100000", "more than a pipe holds");
	free(a.text);
	run_hook(&a, "exec <&-; sleep 0.1; exit 4", text.buf);
	is_str(a.text, "exit 4", "one that does not read");
	free(a.text);
	strbuf_release(&text);
}

static void
test_probe__screens(void)
{
	static const char screen[] = "Welcome\n\n> ready (2)\nfooter\n";

	ok(probe_pane_matches("ready", screen), "somewhere");
	ok(probe_pane_matches("^> ready \\([0-9]+\\)$", screen), "a line");
	ok(!probe_pane_matches("^ready", screen), "not at its beginning");
	ok(!probe_pane_matches("Welcome.*ready", screen),
	    ". is no end of line");
	ok(!probe_pane_matches("(", screen), "not a pattern");
	ok(!probe_pane_matches("x", ""), "an empty screen");
}
