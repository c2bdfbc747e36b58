/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See probe.h.
 */
#include "probe.h"

#include "os.h"
#include "proc.h"
#include "signame.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where no pidfd is to be had the end of the child is looked for this often. */
enum { POLL_MS = 20 };

struct probe_run {
	struct loop *loop;
	probe_fn *done;
	void *ctx;
	struct mono deadline;
	int64_t timeout_ms;
	struct loop_watch *timer;
	bool is_decided; /* done is called as soon as the loop runs */
	bool is_ok;
	struct strbuf text; /* a command's output, or why it is not ok */
	/* A command: its child. */
	bool has_child; /* which has not been reaped */
	struct proc_child child;
	int pidfd;
	struct loop_watch *end, *out, *in;
	char *input;
	size_t input_len, written;
	size_t read; /* bytes of its output, of which text has the first */
	struct probe_run *next; /* in the list of the dying */
	/* tcp: the hosts that are left to try. */
	struct strvec hosts;
	size_t next_host;
	char *port;
	int socket;
	struct loop_watch *connected;
};

/* Killed, reported, not yet reaped. */
static struct probe_run *dying;

static void on_timer(void *ctx);

static struct probe_run *
run_new(struct loop *loop, int64_t timeout_ms, probe_fn *done, void *ctx)
{
	struct probe_run *run = xcalloc(1, sizeof(*run));

	run->loop = loop;
	run->done = done;
	run->ctx = ctx;
	run->timeout_ms = timeout_ms;
	run->deadline = mono_add_ms(os_now(), timeout_ms);
	run->child = (struct proc_child){ -1, -1, -1, -1 };
	run->pidfd = run->socket = -1;
	strbuf_init(&run->text);
	run->timer = loop_timer(loop, on_timer, run);
	return run;
}

static void
drop_watch(struct loop_watch **watch)
{
	loop_watch_free(*watch);
	*watch = NULL;
}

static void
drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* All but what the reaping of the child needs. */
static void
run_strip(struct probe_run *run)
{
	drop_watch(&run->out);
	drop_watch(&run->in);
	drop_watch(&run->connected);
	proc_child_close(&run->child);
	drop_fd(&run->socket);
	strbuf_release(&run->text);
	strvec_release(&run->hosts);
	free(run->port);
	free(run->input);
	run->port = run->input = NULL;
}

static void
run_free(struct probe_run *run)
{
	run_strip(run);
	drop_watch(&run->timer);
	drop_watch(&run->end);
	drop_fd(&run->pidfd);
	free(run);
}

/* Its number stays taken until reap, so that its group can be killed safely. */
static bool
has_ended(const struct probe_run *run)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)run->child.pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD;
	return info.si_pid != 0;
}

/* Its wait status; -1 when somebody else has taken that. */
static int
reap(struct probe_run *run)
{
	pid_t got;
	int status;

	do
		got = waitpid(run->child.pid, &status, 0);
	while (got < 0 && errno == EINTR);
	run->has_child = false;
	return got < 0 ? -1 : status;
}

/* Polls for the end of the child where nothing tells of it. */
static void
set_timer(struct probe_run *run)
{
	struct mono next = run->deadline;

	if (run->has_child && !run->end)
		next = mono_min(next, mono_add_ms(os_now(), POLL_MS));
	loop_timer_at(run->timer, next);
}

/* The run is over: what is left of it is to reap its child. */
static void
bury(struct probe_run *run)
{
	if (run->has_child) {
		kill(-run->child.pid, SIGKILL);
		if (has_ended(run))
			reap(run);
	}
	if (!run->has_child) {
		run_free(run);
		return;
	}
	run_strip(run);
	run->done = NULL;
	run->deadline = MONO_NEVER;
	run->next = dying;
	dying = run;
	set_timer(run);
}

static void
unlink_dying(const struct probe_run *run)
{
	struct probe_run **at;

	for (at = &dying; *at; at = &(*at)->next) {
		if (*at == run) {
			*at = run->next;
			return;
		}
	}
}

static void
finish(struct probe_run *run)
{
	struct strbuf safe = STRBUF_INIT;
	probe_fn *done = run->done;
	void *ctx = run->ctx;
	bool is_ok = run->is_ok;

	strbuf_rtrim(&run->text);
	strbuf_addsafe(&safe, run->text.buf);
	bury(run);
	done(ctx, is_ok, safe.buf);
	strbuf_release(&safe);
}

PRINTF_LIKE(2, 3)
static void
set_text(struct probe_run *run, const char *fmt, ...)
{
	va_list ap;

	strbuf_reset(&run->text);
	va_start(ap, fmt);
	strbuf_vaddf(&run->text, fmt, ap);
	va_end(ap);
}

/* For what is known before the loop runs. */
static void
decide(struct probe_run *run, bool is_ok)
{
	run->is_decided = true;
	run->is_ok = is_ok;
	loop_timer_at(run->timer, os_now());
}

/* ---- commands ---- */

/* Takes what is there, up to a limit.  false when there will be no more. */
static bool
read_output(struct probe_run *run)
{
	char buf[16384];
	size_t room;
	ssize_t n;

	while (run->read <= PROBE_MAX_OUTPUT) {
		n = read(run->child.out, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		room = run->text.len < PROBE_KEPT_OUTPUT ?
		    PROBE_KEPT_OUTPUT - run->text.len : 0;
		strbuf_add(&run->text, buf, (size_t)n < room ? (size_t)n :
		    room);
		run->read += (size_t)n;
		if ((size_t)n < sizeof(buf))
			break;
	}
	return true;
}

/* Puts what happened before the output. */
PRINTF_LIKE(2, 3)
static void
add_reason(struct probe_run *run, const char *fmt, ...)
{
	char *output = strbuf_detach(&run->text);
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&run->text, fmt, ap);
	va_end(ap);
	if (*output)
		strbuf_addf(&run->text, ": %s", output);
	free(output);
}

static void
judge(struct probe_run *run, int status)
{
	if (status == -1)
		add_reason(run, "its exit status is lost");
	else if (WIFSIGNALED(status))
		add_reason(run, "signal %d (%s)", WTERMSIG(status),
		    signame(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		add_reason(run, "exit %d", WEXITSTATUS(status));
	else
		run->is_ok = true;
}

static void
on_end(void *ctx)
{
	struct probe_run *run = ctx;

	if (!has_ended(run))
		return;
	if (!run->done) {
		unlink_dying(run);
		reap(run);
		run_free(run);
		return;
	}
	kill(-run->child.pid, SIGKILL);
	if (run->out)
		read_output(run);
	judge(run, reap(run));
	finish(run);
}

static void
on_output(void *ctx)
{
	struct probe_run *run = ctx;
	bool is_open = read_output(run);

	if (run->read > PROBE_MAX_OUTPUT) {
		set_text(run, "wrote more than %d KiB", PROBE_MAX_OUTPUT / 1024);
		finish(run);
	} else if (!is_open) {
		drop_watch(&run->out);
		drop_fd(&run->child.out);
	}
}

static void
on_input(void *ctx)
{
	struct probe_run *run = ctx;
	ssize_t n = proc_write(run->child.in, run->input + run->written,
	    run->input_len - run->written);

	if (n > 0)
		run->written += (size_t)n;
	if (run->written < run->input_len &&
	    (n >= 0 || errno == EAGAIN || errno == EINTR))
		return;
	drop_watch(&run->in);
	drop_fd(&run->child.in);
}

static void
begin_command(struct probe_run *run, char *const *argv,
    const struct proc_options *options)
{
	int code = proc_spawn(argv, options, &run->child);

	if (code) {
		set_text(run, "cannot run '%s': %s", argv[0], strerror(code));
		decide(run, false);
		return;
	}
	run->has_child = true;
	run->pidfd = os_pidfd_open(run->child.pid);
	if (run->pidfd >= 0)
		run->end = loop_read(run->loop, run->pidfd, on_end, run);
	run->out = loop_read(run->loop, run->child.out, on_output, run);
	if (run->child.in >= 0)
		run->in = loop_write(run->loop, run->child.in, on_input, run);
	set_timer(run);
}

/* ---- tcp ---- */

static void connect_next(struct probe_run *run);

/*
 * A connect to a port of ours that nobody listens on may be given that very
 * port for its own end, and TCP connects the socket to itself (RFC 9293,
 * simultaneous open).
 */
static bool
is_connected_to_itself(int fd)
{
	struct sockaddr_storage here = { .ss_family = 0 },
	    there = { .ss_family = 0 };
	socklen_t len = sizeof(here), len_there = sizeof(there);

	return getsockname(fd, (struct sockaddr *)&here, &len) == 0 &&
	    getpeername(fd, (struct sockaddr *)&there, &len_there) == 0 &&
	    len == len_there && memcmp(&here, &there, len) == 0;
}

/* 0, or why there is no connection. */
static int
connect_result(int fd)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		return errno;
	return code == 0 && is_connected_to_itself(fd) ? ECONNREFUSED : code;
}

static void
on_connected(void *ctx)
{
	struct probe_run *run = ctx;
	const char *host = run->hosts.v[run->next_host - 1];
	int code = connect_result(run->socket);

	drop_watch(&run->connected);
	drop_fd(&run->socket);
	if (code == 0) {
		set_text(run, "%s port %s answers", host, run->port);
		decide(run, true);
		return;
	}
	set_text(run, "cannot connect to %s port %s: %s", host, run->port,
	    strerror(code));
	connect_next(run);
}

/* Begins to connect.  0, or why not. */
static int
connect_to(struct probe_run *run, const struct addrinfo *address)
{
	run->socket = socket(address->ai_family, SOCK_STREAM, 0);
	if (run->socket < 0)
		return errno;
	fcntl(run->socket, F_SETFD, FD_CLOEXEC);
	fcntl(run->socket, F_SETFL, O_NONBLOCK);
	if (connect(run->socket, address->ai_addr, address->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		return errno;
	run->connected = loop_write(run->loop, run->socket, on_connected, run);
	return 0;
}

/* With these flags getaddrinfo asks nobody. */
static struct addrinfo *
numeric_address(const char *host, const char *port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *address = NULL;

	if (!*port || getaddrinfo(host, port, &hints, &address) != 0)
		return NULL;
	return address;
}

/* Goes on with the next host; with none left the last failure is the answer. */
static void
connect_next(struct probe_run *run)
{
	struct addrinfo *address;
	const char *host;
	int code;

	while (run->next_host < run->hosts.nr) {
		host = run->hosts.v[run->next_host++];
		address = numeric_address(host, run->port);
		if (!address) {
			set_text(run, "'%s' port '%s' is no numeric address and "
			    "not localhost", host, run->port);
			continue;
		}
		code = connect_to(run, address);
		freeaddrinfo(address);
		if (code == 0)
			return;
		drop_fd(&run->socket);
		set_text(run, "cannot connect to %s port %s: %s", host, run->port,
		    strerror(code));
	}
	decide(run, false);
}

static void
begin_tcp(struct probe_run *run, const char *target)
{
	const char *colon = strrchr(target, ':');
	size_t len = colon ? (size_t)(colon - target) : strlen(target);

	run->port = xstrdup(colon ? colon + 1 : "");
	if (len > 2 && target[0] == '[' && target[len - 1] == ']')
		strvec_take(&run->hosts, xstrndup(target + 1, len - 2));
	else
		strvec_take(&run->hosts, xstrndup(target, len));
	if (strcmp(run->hosts.v[0], "localhost") == 0) {
		strvec_release(&run->hosts);
		strvec_push(&run->hosts, "127.0.0.1");
		strvec_push(&run->hosts, "::1");
	}
	set_timer(run);
	connect_next(run);
}

/* ---- all of them ---- */

static void
begin_file(struct probe_run *run, const char *target, const char *cwd)
{
	char *path = *target == '/' || !cwd ? xstrdup(target) :
	    xasprintf("%s/%s", cwd, target);
	struct stat st;
	bool is_there = stat(path, &st) == 0;

	set_text(run, "%s: %s", path, is_there ? "is there" : strerror(errno));
	decide(run, is_there);
	free(path);
}

static void
time_out(struct probe_run *run)
{
	struct strbuf limit = STRBUF_INIT;

	units_add_duration(&limit, run->timeout_ms);
	add_reason(run, "no answer within %s", limit.buf);
	strbuf_release(&limit);
	finish(run);
}

static void
on_timer(void *ctx)
{
	struct probe_run *run = ctx;

	if (run->is_decided) {
		finish(run);
	} else if (run->has_child && has_ended(run)) {
		on_end(run);
	} else if (mono_before(os_now(), run->deadline)) {
		set_timer(run);
	} else {
		time_out(run);
	}
}

struct probe_run *
probe_begin(struct loop *loop, const struct probe *probe, const char *cwd,
    char *const *env, probe_fn *done, void *ctx)
{
	const struct proc_options options = { .cwd = cwd, .env = env,
		.merge_err = true };
	struct probe_run *run = run_new(loop, probe->timeout_ms, done, ctx);

	switch (probe->kind) {
	case PROBE_COMMAND:
		begin_command(run, probe->command.v, &options);
		break;
	case PROBE_TCP:
		begin_tcp(run, probe->target);
		break;
	case PROBE_FILE:
		begin_file(run, probe->target, cwd);
		break;
	case PROBE_NONE:
	case PROBE_PANE:
		BUG("probe of kind %d", probe->kind);
	}
	return run;
}

struct probe_run *
hook_begin(struct loop *loop, char *const *argv, const char *input,
    int64_t timeout_ms, probe_fn *done, void *ctx)
{
	const struct proc_options options = { .input = input,
		.merge_err = true };
	struct probe_run *run = run_new(loop, timeout_ms, done, ctx);

	run->input = xstrdup_null(input);
	run->input_len = input ? strlen(input) : 0;
	begin_command(run, argv, &options);
	return run;
}

void
probe_cancel(struct probe_run *run)
{
	if (run)
		bury(run);
}

void
probes_forget(struct loop *loop)
{
	struct probe_run **at = &dying, *run;

	while ((run = *at)) {
		if (run->loop != loop) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		if (has_ended(run))
			reap(run);
		run_free(run);
	}
}

bool
probe_pane_matches(const char *regex, const char *screen)
{
	regex_t compiled;
	bool found;

	if (regcomp(&compiled, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
		return false;
	found = regexec(&compiled, screen, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}
