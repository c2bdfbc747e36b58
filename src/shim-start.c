/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-start.h.  Child and parent share a pipe that exec closes: the child
 * first writes its start time, and on failure an exit code and a text behind
 * it.  The start time comes from the child because /proc no longer tells it
 * when an agent has ended at once.
 */
#include "shim-start.h"

#include "envfile.h"
#include "fs.h"
#include "os.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENV_MAX ((size_t)8 << 20)

/*
 * Seconds from SIGXCPU to SIGKILL: with one limit for both, Linux sends only
 * the second, and the record could not say that it was the limit.
 */
#define CPU_GRACE_SECS 5

extern char **environ;

static int
set_variable(void *ctx, const char *key, const char *value)
{
	(void)ctx;
	return setenv(key, value, 1);
}

static int
load_environment(const char *id, const char *path, const struct launch *launch,
    struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT, wrong = STRBUF_INIT;
	char *marker;

	if (fs_read(path, ENV_MAX, &text, err) != 0)
		return -1;
	if (envfile_parse(text.buf, text.len, set_variable, NULL, &wrong) !=
	    0) {
		strbuf_addf(err, "malformed env file '%s': %s", path,
		    wrong.buf);
		return -1;
	}
	marker = xasprintf("%s/%s/%" PRId64, launch->team, id,
	    launch->generation);
	return setenv(SHIM_MARKER, marker, 1) == 0 ?
	    setenv(SHIM_TOKEN, launch->token, 1) : -1;
}

/* A hard limit below grace seconds more than value is kept as it is. */
static int
set_limit(int resource, const char *name, int64_t value, int64_t grace,
    struct strbuf *err)
{
	struct rlimit limit;
	rlim_t want = (rlim_t)value, hard = (rlim_t)(value + grace);

	if (value == 0)
		return 0;
	if (getrlimit(resource, &limit) != 0)
		limit.rlim_max = RLIM_INFINITY;
	if (hard > limit.rlim_max && want <= limit.rlim_max)
		hard = limit.rlim_max;
	limit = (struct rlimit){ .rlim_cur = want, .rlim_max = hard };
	if (setrlimit(resource, &limit) == 0)
		return 0;
	strbuf_addf(err, "cannot set the limit %s to %" PRId64 ": %s", name,
	    value, strerror(errno));
	return -1;
}

/* Needs SIGTTOU ignored: we are still in the background. */
static int
take_terminal(struct strbuf *err)
{
	/* ENOTTY: it is a terminal, but not the one of this session. */
	if (!isatty(STDIN_FILENO) || tcsetpgrp(STDIN_FILENO, getpid()) == 0 ||
	    errno == ENOTTY)
		return 0;
	strbuf_addf(err, "cannot take the terminal: %s", strerror(errno));
	return -1;
}

static void
reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	for (sig = 1; sig <= SIGRTMAX; sig++)
		sigaction(sig, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returns only on failure. */
static int
run(char *const *argv, struct strbuf *err)
{
	const char *path = argv[0];
	int saved;

	if (!strchr(path, '/'))
		path = fs_which(path, getenv("PATH"));
	if (!path) {
		strbuf_addf(err, "cannot run '%s': not found in PATH", argv[0]);
		return START_NOT_FOUND;
	}
	execve(path, argv, environ);
	saved = errno;
	strbuf_addf(err, "cannot run '%s': %s", path, strerror(saved));
	if (saved != ENOENT)
		return START_NOT_RUNNABLE;
	if (access(path, F_OK) == 0)
		strbuf_addstr(err, " (the interpreter in its first line)");
	return START_NOT_FOUND;
}

/* The child: an enum start_failure, or it does not return. */
static int
become_agent(const char *id, const char *env_path, const struct launch *launch,
    struct strbuf *err)
{
	setpgid(0, 0);
	if (load_environment(id, env_path, launch, err) != 0 ||
	    set_limit(RLIMIT_NOFILE, "NOFILE", launch->nofile, 0, err) != 0 ||
	    set_limit(RLIMIT_CPU, "CPU_SECS", launch->cpu_secs, CPU_GRACE_SECS,
	    err) != 0)
		return START_REFUSED;
	if (chdir(launch->cwd) != 0) {
		strbuf_addf(err, "cannot change to '%s': %s", launch->cwd,
		    strerror(errno));
		return START_REFUSED;
	}
	if (take_terminal(err) != 0)
		return START_REFUSED;
	reset_signals();
	return run(launch->argv.v, err);
}

NORETURN static void
child(int fd, const char *id, const char *env_path, const struct launch *launch)
{
	uint64_t start = os_start_time(getpid());
	struct strbuf err = STRBUF_INIT;
	unsigned char failure;

	fs_write_all(fd, &start, sizeof(start));
	failure = (unsigned char)become_agent(id, env_path, launch, &err);
	fs_write_all(fd, &failure, 1);
	fs_write_all(fd, err.buf, err.len);
	_exit(failure);
}

static void
read_all(int fd, struct strbuf *out)
{
	char buf[512];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 ||
	    (n < 0 && errno == EINTR))
		if (n > 0)
			strbuf_add(out, buf, (size_t)n);
}

/* The parent: what came through the pipe until exec or the end closed it. */
static int
judge(const struct strbuf *report, struct started *started, struct strbuf *err)
{
	size_t head = sizeof(started->start);

	if (report->len >= head)
		memcpy(&started->start, report->buf, head);
	if (report->len <= head)
		return 0;
	started->failure = (unsigned char)report->buf[head];
	strbuf_addstr(err, report->buf + head + 1);
	while (waitpid(started->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

static int
make_pipe(int fd[2])
{
	if (pipe(fd) != 0)
		return -1;
	fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

int
shim_start(const char *id, const char *env_path, const struct launch *launch,
    const char *cgroup, struct started *started, struct strbuf *err)
{
	struct strbuf report = STRBUF_INIT;
	int fd[2], ret;

	*started = (struct started){ .failure = START_REFUSED };
	if (make_pipe(fd) != 0) {
		strbuf_addf(err, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	started->pid = cgroup ? os_fork_into(cgroup) : -1;
	started->is_in = started->pid >= 0;
	if (!started->is_in)
		started->pid = fork();
	if (started->pid == 0)
		child(fd[1], id, env_path, launch);
	close(fd[1]);
	if (started->pid < 0) {
		strbuf_addf(err, "cannot fork: %s", strerror(errno));
		close(fd[0]);
		return -1;
	}
	setpgid(started->pid, started->pid);
	read_all(fd[0], &report);
	close(fd[0]);
	ret = judge(&report, started, err);
	strbuf_release(&report);
	return ret;
}
