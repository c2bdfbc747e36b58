/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See child.h.
 */
#include "child.h"

#include "os.h"
#include "util.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* Where no pidfd is to be had its end is looked for this often. */
	POLL_MS = 20,
	REAP_MS = 1000, /* killed, they need less than one */
	CHUNK = 16384,
	CHUNKS = 8, /* at a time, so that a flood leaves others their turn */
};

struct child {
	struct loop *loop;
	child_fn *done; /* NULL: it is only to be reaped */
	void *ctx;
	struct proc_result result;
	int64_t timeout_ms; /* 0: none */
	struct mono deadline;
	size_t max_output;
	bool (*is_all)(const struct strbuf *out);
	struct loop_watch *timer;
	bool is_running; /* and not been reaped */
	struct proc_child process;
	int pidfd;
	struct loop_watch *end, *out_watch, *err_watch, *in_watch;
	struct strbuf out, err, in;
	size_t written; /* of in */
	struct child *next; /* in the list of the dying */
};

/* Killed, reported, not yet reaped. */
static struct child *dying;

static void
drop_watch(struct loop_watch **watch)
{
	loop_watch_free(*watch);
	*watch = NULL;
}

/* All but what the reaping needs. */
static void
strip(struct child *child)
{
	drop_watch(&child->out_watch);
	drop_watch(&child->err_watch);
	drop_watch(&child->in_watch);
	proc_child_close(&child->process);
	strbuf_release(&child->out);
	strbuf_release(&child->err);
	strbuf_release(&child->in);
}

static void
child_free(struct child *child)
{
	strip(child);
	drop_watch(&child->timer);
	drop_watch(&child->end);
	if (child->pidfd >= 0)
		close(child->pidfd);
	free(child);
}

/* Its number stays taken until reap, so that its group can be killed safely. */
static bool
has_ended(const struct child *child)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)child->process.pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD;
	return info.si_pid != 0;
}

/* A status that somebody else has taken stays -1, of no signal. */
static void
reap(struct child *child)
{
	pid_t got;
	int status;

	do
		got = waitpid(child->process.pid, &status, 0);
	while (got < 0 && errno == EINTR);
	child->is_running = false;
	if (got < 0)
		return;
	if (WIFEXITED(status))
		child->result.exit_code = WEXITSTATUS(status);
	else
		child->result.signal = WTERMSIG(status);
}

/* Polls for its end where nothing tells of it. */
static void
set_timer(struct child *child)
{
	struct mono next = child->deadline;

	if (child->is_running && !child->end)
		next = mono_min(next, mono_add_ms(os_now(), POLL_MS));
	loop_timer_at(child->timer, next);
}

/* It is over: what is left is to reap it. */
static void
bury(struct child *child)
{
	if (child->is_running) {
		kill(-child->process.pid, SIGKILL);
		if (has_ended(child))
			reap(child);
	}
	if (!child->is_running) {
		child_free(child);
		return;
	}
	strip(child);
	child->done = NULL;
	child->deadline = MONO_NEVER;
	child->next = dying;
	dying = child;
	set_timer(child);
}

static void
unlink_dying(const struct child *child)
{
	struct child **at;

	for (at = &dying; *at; at = &(*at)->next) {
		if (*at == child) {
			*at = child->next;
			return;
		}
	}
}

static void
finish(struct child *child)
{
	struct proc_result result;
	struct strbuf out, err;
	child_fn *done = child->done;
	void *ctx = child->ctx;

	if (child->is_running && has_ended(child)) {
		kill(-child->process.pid, SIGKILL);
		reap(child);
	}
	result = child->result;
	out = child->out;
	err = child->err;
	strbuf_init(&child->out);
	strbuf_init(&child->err);
	bury(child);
	done(ctx, &result, &out, &err);
	strbuf_release(&out);
	strbuf_release(&err);
}

/* Takes what is there, at most so many chunks.  false: that was all. */
static bool
take(struct child *child, int fd, struct strbuf *text, int chunks)
{
	char buf[CHUNK];
	ssize_t n = 1;

	while (chunks-- > 0) {
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		strbuf_add(text, buf, (size_t)n);
		if (child->max_output &&
		    child->out.len + child->err.len > child->max_output) {
			child->result.flooded = true;
			return false;
		}
		if ((size_t)n < sizeof(buf))
			break;
	}
	return true;
}

/* The rest, once it has ended: no more than fits into a pipe is there. */
static void
take_rest(struct child *child)
{
	enum { PIPE_CHUNKS = (1 << 20) / CHUNK };

	if (child->out_watch)
		take(child, child->process.out, &child->out, PIPE_CHUNKS);
	if (child->err_watch)
		take(child, child->process.err, &child->err, PIPE_CHUNKS);
}

static void
on_end(void *ctx)
{
	struct child *child = ctx;

	if (!has_ended(child))
		return;
	if (!child->done) {
		unlink_dying(child);
		reap(child);
		child_free(child);
		return;
	}
	take_rest(child);
	finish(child);
}

static void
on_pipe(struct child *child, int *fd, struct loop_watch **watch,
    struct strbuf *text)
{
	bool is_open = take(child, *fd, text, CHUNKS);

	if (child->result.flooded) {
		finish(child);
	} else if (text == &child->out && child->is_all &&
	    child->is_all(text)) {
		child->result.exit_code = 0;
		finish(child);
	} else if (!is_open) {
		drop_watch(watch);
		close(*fd);
		*fd = -1;
	}
}

static void
on_out(void *ctx)
{
	struct child *child = ctx;

	on_pipe(child, &child->process.out, &child->out_watch, &child->out);
}

static void
on_err(void *ctx)
{
	struct child *child = ctx;

	on_pipe(child, &child->process.err, &child->err_watch, &child->err);
}

static void
on_in(void *ctx)
{
	struct child *child = ctx;
	ssize_t n = proc_write(child->process.in, child->in.buf +
	    child->written, child->in.len - child->written);

	if (n > 0)
		child->written += (size_t)n;
	if (child->written < child->in.len &&
	    (n >= 0 || errno == EAGAIN || errno == EINTR))
		return;
	drop_watch(&child->in_watch);
	close(child->process.in);
	child->process.in = -1;
}

static void
on_timer(void *ctx)
{
	struct child *child = ctx;

	if (!child->result.spawned) {
		finish(child);
	} else if (has_ended(child)) {
		on_end(child);
	} else if (mono_before(os_now(), child->deadline)) {
		set_timer(child);
	} else {
		child->result.timed_out = true;
		finish(child);
	}
}

static void
watch(struct child *child)
{
	struct proc_child *process = &child->process;

	child->pidfd = os_pidfd_open(process->pid);
	if (child->pidfd >= 0)
		child->end = loop_read(child->loop, child->pidfd, on_end,
		    child);
	child->out_watch = loop_read(child->loop, process->out, on_out, child);
	if (process->err >= 0)
		child->err_watch = loop_read(child->loop, process->err, on_err,
		    child);
}

void
child_feed(struct child *child, const char *text, size_t len)
{
	strbuf_add(&child->in, text, len);
	if (child->process.in >= 0)
		child->in_watch = loop_write(child->loop, child->process.in,
		    on_in, child);
}

struct child *
child_begin(struct loop *loop, char *const *argv,
    const struct proc_options *options, child_fn *done, void *ctx)
{
	struct child *child = xcalloc(1, sizeof(*child));

	child->loop = loop;
	child->done = done;
	child->ctx = ctx;
	child->result.exit_code = -1;
	child->max_output = options->max_output;
	child->is_all = options->is_all;
	child->timeout_ms = options->timeout_ms;
	child->pidfd = -1;
	strbuf_init(&child->out);
	strbuf_init(&child->err);
	strbuf_init(&child->in);
	child->timer = loop_timer(loop, on_timer, child);
	child->result.spawn_errno = proc_spawn(argv, options, &child->process);
	if (child->result.spawn_errno) {
		loop_timer_at(child->timer, os_now());
		return child;
	}
	child->result.spawned = child->is_running = true;
	watch(child);
	if (options->input && !options->is_fed)
		child_feed(child, options->input, options->input_len);
	child_grant_time(child, 0);
	return child;
}

void
child_grant_time(struct child *child, int64_t more_ms)
{
	child->timeout_ms += more_ms;
	child->deadline = child->timeout_ms ?
	    mono_add_ms(os_now(), child->timeout_ms) : MONO_NEVER;
	if (child->is_running)
		set_timer(child);
}

void
child_cancel(struct child *child)
{
	if (child)
		bury(child);
}

/* Waits so long for each of them. */
static void
reap_forgotten(int ms)
{
	struct child **at = &dying, *child;

	while ((child = *at)) {
		struct pollfd end = { .fd = child->pidfd, .events = POLLIN };

		if (!child->loop && ms && child->pidfd >= 0)
			poll(&end, 1, ms);
		if (child->loop || !has_ended(child)) {
			at = &child->next;
			continue;
		}
		*at = child->next;
		reap(child);
		child_free(child);
	}
}

void
children_forget(struct loop *loop)
{
	struct child *child;

	for (child = dying; child; child = child->next) {
		if (child->loop != loop)
			continue;
		drop_watch(&child->timer);
		drop_watch(&child->end);
		child->loop = NULL;
	}
	reap_forgotten(0);
}

void
children_reap(void)
{
	reap_forgotten(REAP_MS);
}
