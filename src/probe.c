/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See probe.h.
 */
#include "probe.h"

#include "child.h"
#include "os.h"
#include "signame.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct probe_run {
	struct loop *loop;
	probe_fn *done;
	void *ctx;
	int64_t timeout_ms;
	struct loop_watch *timer;
	bool is_decided; /* done is called as soon as the loop runs */
	bool is_ok;
	struct strbuf text; /* what there is to say about it */
	struct child *child; /* a command */
	char *program;
	/* tcp: the hosts that are left to try. */
	struct strvec hosts;
	size_t next_host;
	char *port;
	int socket;
	struct loop_watch *connected;
};

static void on_timer(void *ctx);

static struct probe_run *
run_new(struct loop *loop, int64_t timeout_ms, probe_fn *done, void *ctx)
{
	struct probe_run *run = xcalloc(1, sizeof(*run));

	run->loop = loop;
	run->done = done;
	run->ctx = ctx;
	run->timeout_ms = timeout_ms;
	run->socket = -1;
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

static void
run_free(struct probe_run *run)
{
	child_cancel(run->child);
	drop_watch(&run->connected);
	drop_watch(&run->timer);
	drop_fd(&run->socket);
	strbuf_release(&run->text);
	strvec_release(&run->hosts);
	free(run->program);
	free(run->port);
	free(run);
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
	run_free(run);
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
say_timeout(struct probe_run *run)
{
	struct strbuf limit = STRBUF_INIT;

	units_add_duration(&limit, run->timeout_ms);
	add_reason(run, "no answer within %s", limit.buf);
	strbuf_release(&limit);
}

static void
on_command(void *ctx, const struct proc_result *result, struct strbuf *out,
    struct strbuf *err)
{
	struct probe_run *run = ctx;

	(void)err; /* is merged into out */
	run->child = NULL;
	strbuf_add(&run->text, out->buf, out->len < PROBE_KEPT_OUTPUT ?
	    out->len : PROBE_KEPT_OUTPUT);
	if (!result->spawned)
		add_reason(run, "cannot run '%s': %s", run->program,
		    strerror(result->spawn_errno));
	else if (result->flooded)
		set_text(run, "wrote more than %d KiB",
		    PROBE_MAX_OUTPUT / 1024);
	else if (result->timed_out)
		say_timeout(run);
	else if (result->signal)
		add_reason(run, "signal %d (%s)", result->signal,
		    signame(result->signal));
	else if (result->exit_code == -1)
		add_reason(run, "its exit status is lost");
	else if (result->exit_code != 0)
		add_reason(run, "exit %d", result->exit_code);
	else
		run->is_ok = true;
	finish(run);
}

static void
begin_command(struct probe_run *run, char *const *argv,
    struct proc_options *options)
{
	options->merge_err = options->dies_with_us = true;
	options->timeout_ms = run->timeout_ms;
	options->max_output = PROBE_MAX_OUTPUT;
	run->program = xstrdup(argv[0]);
	run->child = child_begin(run->loop, argv, options, on_command, run);
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
			set_text(run, "'%s' port '%s' is no numeric address "
			    "and not localhost", host, run->port);
			continue;
		}
		code = connect_to(run, address);
		freeaddrinfo(address);
		if (code == 0)
			return;
		drop_fd(&run->socket);
		set_text(run, "cannot connect to %s port %s: %s", host,
		    run->port, strerror(code));
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
	loop_timer_at(run->timer, mono_add_ms(os_now(), run->timeout_ms));
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

/* Of all but commands. */
static void
on_timer(void *ctx)
{
	struct probe_run *run = ctx;

	if (!run->is_decided)
		say_timeout(run);
	finish(run);
}

struct probe_run *
probe_begin(struct loop *loop, const struct probe *probe, const char *cwd,
    char *const *env, probe_fn *done, void *ctx)
{
	struct proc_options options = { .cwd = cwd, .env = env };
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
	case PROBE_WORD:
		BUG("probe of kind %d", probe->kind);
	}
	return run;
}

struct probe_run *
hook_begin(struct loop *loop, char *const *argv, const char *cwd,
    char *const *env, const char *input, int64_t timeout_ms, probe_fn *done,
    void *ctx)
{
	struct proc_options options = { .cwd = cwd, .env = env, .input = input,
		.input_len = input ? strlen(input) : 0 };
	struct probe_run *run = run_new(loop, timeout_ms, done, ctx);

	begin_command(run, argv, &options);
	return run;
}

void
probe_cancel(struct probe_run *run)
{
	if (run)
		run_free(run);
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
