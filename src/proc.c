/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See proc.h.
 */
#define _DEFAULT_SOURCE /* for vfork, which POSIX has dropped */
#include "proc.h"

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Without a pidfd the end of the process is looked for this often. */
enum { POLL_MS = 10 };

struct run {
	const struct proc_options *options;
	struct proc_result *result;
	struct proc_child child;
	int pidfd;
	size_t written; /* of options->input */
	struct strbuf *out_text, *err_text;
	size_t read; /* bytes of both */
	struct mono deadline;
};

/* The child's ends, and the pipe that tells of a failed exec. */
struct ends {
	int in, out, err, status;
};

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/*
 * The same file behind a descriptor above 2, so that no dup2 in the child can
 * overwrite it: ours may have been closed when we were started.
 */
static int
above_standard(int fd)
{
	int moved;

	if (fd == -1 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return moved;
}

/* Both ends close on exec, ours does not block. */
static int
make_pipe(int *ours, int *theirs, bool we_write)
{
	int fd[2];

	if (pipe(fd) == -1)
		return -1;
	*ours = above_standard(fd[we_write ? 1 : 0]);
	*theirs = above_standard(fd[we_write ? 0 : 1]);
	if (*ours == -1 || *theirs == -1)
		return -1;
	fcntl(*ours, F_SETFD, FD_CLOEXEC);
	fcntl(*theirs, F_SETFD, FD_CLOEXEC);
	fcntl(*ours, F_SETFL, O_NONBLOCK);
	return 0;
}

/* All that can fail before the fork.  -1 and errno. */
static int
open_pipes(const struct proc_options *options, struct proc_child *ours,
    struct ends *ends, int *status)
{
	if (options->input) {
		if (make_pipe(&ours->in, &ends->in, true) == -1)
			return -1;
	} else {
		ends->in = above_standard(open("/dev/null",
		    O_RDONLY | O_CLOEXEC));
		if (ends->in == -1)
			return -1;
	}
	if (make_pipe(&ours->out, &ends->out, false) == -1)
		return -1;
	if (options->merge_err)
		ends->err = fcntl(ends->out, F_DUPFD_CLOEXEC, 3);
	else if (!options->inherit_err &&
	    make_pipe(&ours->err, &ends->err, false) == -1)
		return -1;
	return make_pipe(status, &ends->status, false);
}

static void
close_ends(struct ends *ends)
{
	close_fd(&ends->in);
	close_fd(&ends->out);
	close_fd(&ends->err);
	close_fd(&ends->status);
}

static void
reset_signals(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	sigemptyset(&act.sa_mask);
	for (sig = 1; sig < 32; sig++)
		sigaction(sig, &act, NULL); /* KILL and STOP refuse */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * In the child: becomes argv, or writes errno to the status pipe.  parent: who
 * has forked it.  Until then the memory is the parent's, who waits: nothing
 * but the kernel's is changed here.
 */
NORETURN static void
become(char *const *argv, const struct proc_options *options,
    const struct ends *ends, pid_t parent)
{
	ssize_t n;
	int code;

	setpgid(0, 0);
	if (options->dies_with_us && os_die_with_parent(parent) < 0 &&
	    getppid() != parent)
		_exit(126);
	if (options->is_beside)
		os_leave_processor();
	if (dup2(ends->in, 0) != -1 && dup2(ends->out, 1) != -1 &&
	    (ends->err == -1 || dup2(ends->err, 2) != -1) &&
	    (!options->cwd || chdir(options->cwd) == 0)) {
		reset_signals();
		execvp(argv[0], argv);
	}
	code = errno;
	n = write(ends->status, &code, sizeof(code));
	_exit(n == sizeof(code) ? 127 : 126);
}

/* Not fork: copying our tables for an exec costs more than all the rest. */
static pid_t
fork_child(char *const *argv, const struct proc_options *options,
    const struct ends *ends)
{
	char **const ours = environ;
	const pid_t parent = getpid();
	sigset_t all, old;
	pid_t pid;
	int code;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if (options->env)
		environ = (char **)options->env;
	if (options->is_beside)
		os_keep_processor();
	pid = vfork();
	if (pid == 0)
		become(argv, options, ends, parent);
	code = errno;
	if (options->is_beside)
		os_free_processor();
	environ = ours;
	if (pid > 0)
		setpgid(pid, pid); /* whoever is first */
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = code;
	return pid;
}

static pid_t
reap(pid_t pid, int *status, int flags)
{
	pid_t got;

	do
		got = waitpid(pid, status, flags);
	while (got == -1 && errno == EINTR);
	return got;
}

/* 0 when the exec worked, else its errno: the pipe closed without a word. */
static int
exec_errno(int status)
{
	struct pollfd wait = { .fd = status, .events = POLLIN };
	int code = 0;
	ssize_t n;

	do {
		poll(&wait, 1, -1);
		n = read(status, &code, sizeof(code));
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	return n == sizeof(code) ? code : 0;
}

int
proc_spawn(char *const *argv, const struct proc_options *options,
    struct proc_child *child)
{
	struct ends ends = { -1, -1, -1, -1 };
	int status = -1, code = 0;

	*child = (struct proc_child){ -1, -1, -1, -1 };
	if (open_pipes(options, child, &ends, &status) == -1 ||
	    (child->pid = fork_child(argv, options, &ends)) == -1)
		code = errno;
	close_ends(&ends);
	if (code == 0) {
		code = exec_errno(status);
		if (code)
			reap(child->pid, NULL, 0);
	}
	close_fd(&status);
	if (code)
		proc_child_close(child);
	return code;
}

void
proc_child_close(struct proc_child *child)
{
	close_fd(&child->in);
	close_fd(&child->out);
	close_fd(&child->err);
}

/* Takes what is there.  false when the other end is closed. */
static bool
read_some(struct run *run, int fd, struct strbuf *text)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		run->read += (size_t)n;
		if (run->options->max_output &&
		    run->read > run->options->max_output) {
			run->result->flooded = true;
			return false;
		}
		strbuf_add(text, buf, (size_t)n);
		if ((size_t)n < sizeof(buf))
			break;
	}
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

static void
read_both(struct run *run)
{
	struct proc_child *child = &run->child;

	if (child->out != -1 && !read_some(run, child->out, run->out_text))
		close_fd(&child->out);
	if (child->err != -1 && !read_some(run, child->err, run->err_text))
		close_fd(&child->err);
}

ssize_t
proc_write(int fd, const void *data, size_t len)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	ssize_t n;
	int code;

	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, &old);
	n = write(fd, data, len);
	code = errno;
	sigaction(SIGPIPE, &old, NULL);
	errno = code;
	return n;
}

static void
write_input(struct run *run)
{
	const struct proc_options *options = run->options;
	ssize_t n;

	n = proc_write(run->child.in, options->input + run->written,
	    options->input_len - run->written);
	if (n > 0)
		run->written += (size_t)n;
	if (run->written == options->input_len ||
	    (n == -1 && errno != EAGAIN && errno != EINTR))
		close_fd(&run->child.in);
}

/* Waits until something can be done, at most until the deadline. */
static void
wait_for_work(struct run *run)
{
	struct pollfd fds[4] = {
		{ .fd = run->pidfd, .events = POLLIN },
		{ .fd = run->child.out, .events = POLLIN },
		{ .fd = run->child.err, .events = POLLIN },
		{ .fd = run->child.in, .events = POLLOUT },
	};
	int64_t ms = mono_ms_until(os_now(), run->deadline);

	if (ms < 0)
		ms = 0;
	if (run->pidfd == -1 && ms > POLL_MS)
		ms = POLL_MS;
	poll(fds, nitems(fds), ms > 60000 ? 60000 : (int)ms);
	if (run->child.in != -1 && fds[3].revents)
		write_input(run);
}

/* Serves the pipes until the process has ended; its wait status. */
static int
serve(struct run *run)
{
	struct proc_result *result = run->result;
	int status;

	while (reap(run->child.pid, &status, WNOHANG) == 0) {
		wait_for_work(run);
		read_both(run);
		if (!mono_before(os_now(), run->deadline))
			result->timed_out = true;
		if (result->timed_out || result->flooded) {
			kill(-run->child.pid, SIGKILL);
			reap(run->child.pid, &status, 0);
			break;
		}
	}
	if (!result->flooded)
		read_both(run);
	return status;
}

static void
finish(struct run *run)
{
	int status = serve(run);

	if (WIFEXITED(status))
		run->result->exit_code = WEXITSTATUS(status);
	else
		run->result->signal = WTERMSIG(status);
}

void
proc_run(char *const *argv, const struct proc_options *options,
    struct strbuf *out, struct strbuf *err, struct proc_result *result)
{
	struct run run = { .options = options, .result = result, .pidfd = -1,
		.out_text = out, .err_text = err, .deadline = MONO_NEVER };

	*result = (struct proc_result){ .exit_code = -1 };
	if (options->timeout_ms)
		run.deadline = mono_add_ms(os_now(), options->timeout_ms);
	result->spawn_errno = proc_spawn(argv, options, &run.child);
	result->spawned = result->spawn_errno == 0;
	if (result->spawned) {
		run.pidfd = os_pidfd_open(run.child.pid);
		finish(&run);
	}
	close_fd(&run.pidfd);
	proc_child_close(&run.child);
}
