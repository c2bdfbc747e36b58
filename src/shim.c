/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim.h.  Here: the loop that waits and ends the tree, and the record.
 *
 * The loop has no handlers and no descriptors: HUP, TERM and CHLD are blocked
 * and taken one by one, so there is no race to lose and nothing that wakes an
 * idle shim whose record is written.
 */
#include "shim.h"

#include "cgroup.h"
#include "os.h"
#include "record-file.h"
#include "shim-launch.h"
#include "shim-settle.h"
#include "shim-start.h"
#include "shim-tree.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a signal to the agent's group alone may do before /proc is read. */
#define GROUP_MS 20
/* How long SIGKILL may take before what is left is given up and recorded. */
#define GIVE_UP_MS 5000
#define KILL_PAUSE_MAX_MS 80
/* How often to look whether the run before this one has ended. */
#define TURN_MS 5
/* How often to try again where the record cannot be written. */
#define RETRY_MS 500

enum phase {
	PHASE_RUN,
	PHASE_GROUP, /* the agent's group has the kill signal */
	PHASE_TREE,  /* everything below us has it */
	PHASE_KILL,
};

struct shim {
	const char *id;
	struct launch launch;
	struct record record;
	sigset_t signals;   /* that the loop takes */
	pid_t pid;          /* of the agent, and its group */
	bool ended;         /* reaped: its number may belong to another */
	int requests;       /* to end: 2 or more, at once */
	int64_t oom_kills;  /* of the kernel, when the agent began */
	bool counts_own;    /* those are of the agent's cgroup */
	enum phase phase;
	struct mono next;   /* when the phase has something to do */
	struct mono kill_at, give_up_at;
	int64_t kill_pause_ms;
	struct mono retry_at; /* for the record; MONO_NEVER: it is written */
};

static void
complain(const struct shim *shim, const char *text)
{
	struct strbuf safe = STRBUF_INIT;

	strbuf_addsafe(&safe, text);
	/* tmux scrolls a dead pane by a line: ours must not be the first. */
	fprintf(stderr, "%steamctl: %s: %s\n",
	    isatty(STDERR_FILENO) ? "\n" : "", shim->id, safe.buf);
	strbuf_release(&safe);
}

static bool
is_unwritten(const struct shim *shim)
{
	return shim->retry_at.ns != MONO_NEVER.ns;
}

/* That it cannot be is said once. */
static void
write_record(struct shim *shim)
{
	struct strbuf err = STRBUF_INIT;

	if (record_save(&shim->record, shim->launch.record, &err) == 0) {
		shim->retry_at = MONO_NEVER;
	} else {
		if (!is_unwritten(shim))
			complain(shim, err.buf);
		shim->retry_at = mono_add_ms(os_now(), RETRY_MS);
	}
	strbuf_release(&err);
}

/* Wakes whoever runs the engine; that nobody does is no fault. */
static void
notify(const struct shim *shim, const char *what)
{
	struct strbuf line = STRBUF_INIT;
	int fd;

	if (!shim->launch.notify)
		return;
	fd = open(shim->launch.notify, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	strbuf_addf(&line, "%s %s %" PRId64 "\n", what, shim->id,
	    shim->launch.generation);
	if (write(fd, line.buf, line.len) < 0)
		errno = 0; /* a full FIFO wakes its reader as well */
	close(fd);
	strbuf_release(&line);
}

static void
prepare_signals(struct shim *shim)
{
	static const int ignored[] = {
		SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE,
	};
	static const int taken[] = { SIGHUP, SIGTERM, SIGCHLD };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction plain = { .sa_handler = SIG_DFL };
	size_t i;

	sigemptyset(&shim->signals);
	for (i = 0; i < nitems(taken); i++)
		sigaddset(&shim->signals, taken[i]);
	sigprocmask(SIG_SETMASK, &shim->signals, NULL);
	/* A starter that ignores CHLD would take the exit status from us. */
	for (i = 0; i < nitems(taken); i++)
		sigaction(taken[i], &plain, NULL);
	for (i = 0; i < nitems(ignored); i++)
		sigaction(ignored[i], &ignore, NULL);
}

static void
note_signal(struct shim *shim, int sig)
{
	if (sig == SIGTERM)
		shim->requests++;
	else if (sig == SIGHUP && shim->requests == 0)
		shim->requests = 1;
}

/* Takes what is pending, after waiting for timeout (NULL: for ever). */
static void
take_signals(struct shim *shim, const struct timespec *timeout)
{
	static const struct timespec none;
	int sig;

	if (timeout)
		sig = sigtimedwait(&shim->signals, NULL, timeout);
	else
		sig = sigwaitinfo(&shim->signals, NULL);
	for (; sig > 0; sig = sigtimedwait(&shim->signals, NULL, &none))
		note_signal(shim, sig);
}

static void
wait_for_signals(struct shim *shim)
{
	int64_t ms = mono_ms_until(os_now(), mono_min(shim->next,
	    shim->retry_at));
	struct timespec timeout;

	if (ms < 0)
		ms = 0;
	timeout.tv_sec = (time_t)(ms / 1000);
	timeout.tv_nsec = (long)(ms % 1000 * 1000000);
	take_signals(shim, ms == INT64_MAX ? NULL : &timeout);
}

/* Of the agent's own cgroup, where they are counted, else of the machine. */
static int64_t
oom_kills(const struct shim *shim)
{
	return shim->counts_own ? cgroup_oom_kills(shim->record.cgroup) :
	    os_oom_kills();
}

static void
note_end(struct shim *shim, int status)
{
	static const struct timespec none;
	struct record *record = &shim->record;

	shim->ended = true;
	record->ended_ms = os_wall_ms();
	if (WIFSIGNALED(status)) {
		record->state = RECORD_SIGNALED;
		record->signal = WTERMSIG(status);
#ifdef WCOREDUMP
		record->core = WCOREDUMP(status);
#endif
	} else {
		record->state = RECORD_EXITED;
		record->exit_code = WEXITSTATUS(status);
	}
	/*
	 * A hangup of the terminal goes to us before it goes to the agent: if
	 * that ended it, the request is pending now.
	 */
	take_signals(shim, &none);
	record->asked = shim->requests > 0;
	record->oom = !record->asked && record->signal == SIGKILL &&
	    shim->oom_kills >= 0 && oom_kills(shim) > shim->oom_kills;
}

/*
 * A stop by SIGSTOP is meant to hold.  C-z in an attached terminal is not:
 * there is no shell that could resume the agent.  Nor is one for using the
 * terminal from the background, which is ours to give.
 */
static void
undo_stop(const struct shim *shim, int sig)
{
	bool is_background = sig == SIGTTIN || sig == SIGTTOU;

	if (sig != SIGTSTP && !is_background)
		return;
	if (is_background && tcsetpgrp(STDIN_FILENO, getpgid(shim->pid)) != 0)
		return;
	kill(-shim->pid, SIGCONT);
}

/* False when there is no child left. */
static bool
reap(struct shim *shim)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG | WUNTRACED);
		if (pid < 0 && errno != EINTR)
			return false;
		if (pid == 0)
			return true;
		if (pid != shim->pid || shim->ended)
			continue;
		if (WIFSTOPPED(status))
			undo_stop(shim, WSTOPSIG(status));
		else
			note_end(shim, status);
	}
}

static void
signal_tree(struct shim *shim, pid_t skip)
{
	tree_signal((int)shim->launch.kill_signal, skip);
	shim->phase = PHASE_TREE;
	shim->next = shim->kill_at;
}

static void
begin_end(struct shim *shim, struct mono now)
{
	shim->kill_at = mono_add_ms(now, shim->launch.kill_after_ms);
	if (shim->record.cgroup)
		cgroup_freeze(shim->record.cgroup, false);
	if (shim->ended) {
		signal_tree(shim, 0);
		return;
	}
	kill(-shim->pid, (int)shim->launch.kill_signal);
	kill(-shim->pid, SIGCONT);
	/* Whoever finds it alive is to know that it will not be for long. */
	shim->record.asked = true;
	write_record(shim);
	shim->phase = PHASE_GROUP;
	shim->next = mono_min(mono_add_ms(now, GROUP_MS), shim->kill_at);
}

static void
begin_kill(struct shim *shim, struct mono now)
{
	shim->phase = PHASE_KILL;
	shim->give_up_at = mono_add_ms(now, GIVE_UP_MS);
	shim->kill_pause_ms = GROUP_MS;
	if (shim->record.cgroup)
		cgroup_kill(shim->record.cgroup);
	if (shim->ended)
		tree_kill(shim->pid);
	else
		kill(-shim->pid, SIGKILL);
	shim->next = mono_add_ms(now, shim->kill_pause_ms);
}

static void
kill_again(struct shim *shim, struct mono now)
{
	tree_kill(shim->pid);
	shim->next = mono_add_ms(now, shim->kill_pause_ms);
	if (shim->kill_pause_ms < KILL_PAUSE_MAX_MS)
		shim->kill_pause_ms *= 2;
}

/* Does what is due.  False when what is left has been given up. */
static bool
advance(struct shim *shim, struct mono now)
{
	if (shim->phase == PHASE_RUN && (shim->ended || shim->requests > 0))
		begin_end(shim, now);
	if (shim->phase == PHASE_RUN)
		return true;
	if (shim->phase < PHASE_KILL &&
	    (shim->requests > 1 || !mono_before(now, shim->kill_at))) {
		begin_kill(shim, now);
		return true;
	}
	if (mono_before(now, shim->next))
		return true;
	if (shim->phase == PHASE_GROUP) {
		signal_tree(shim, shim->pid);
		return true;
	}
	if (!mono_before(now, shim->give_up_at))
		return false;
	kill_again(shim, now);
	return true;
}

static int64_t
timeval_ms(struct timeval tv)
{
	return tv.tv_sec * INT64_C(1000) + tv.tv_usec / 1000;
}

static int
exit_code(const struct record *record)
{
	switch (record->state) {
	case RECORD_EXITED:
		return record->exit_code;
	case RECORD_SIGNALED:
		return 128 + record->signal;
	case RECORD_NONE:
	case RECORD_RUNNING: /* not even KILL could end it */
	case RECORD_EXEC_FAILED:
		break;
	}
	return 128 + SIGKILL;
}

static int
finish(struct shim *shim)
{
	struct record *record = &shim->record;
	struct rusage usage;

	if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
		record->utime_ms = timeval_ms(usage.ru_utime);
		record->stime_ms = timeval_ms(usage.ru_stime);
		record->maxrss_kb = usage.ru_maxrss;
	}
	/* Asked to end by a hangup, there is nobody to look at the screen. */
	if (shim->requests == 0)
		shim_settle();
	write_record(shim);
	notify(shim, "exit");
	return exit_code(record);
}

/* It is removed, with whatever is in it and was never below us. */
static void
leave_cgroup(struct shim *shim)
{
	char *cgroup = shim->record.cgroup;

	if (cgroup && cgroup_clear(cgroup, &shim->record.survivors)) {
		free(cgroup);
		shim->record.cgroup = NULL;
	}
}

/* Without it nobody would ever know that the agent runs. */
static void
retry_record(struct shim *shim)
{
	if (mono_before(os_now(), shim->retry_at))
		return;
	write_record(shim);
	if (!is_unwritten(shim))
		notify(shim, "start");
}

/* The agent runs: waits for its end, and for that of what it left behind. */
static int
watch(struct shim *shim)
{
	shim->next = MONO_NEVER;
	while (reap(shim)) {
		if (!advance(shim, os_now())) {
			tree_list(&shim->record.survivors);
			break;
		}
		wait_for_signals(shim);
		retry_record(shim);
	}
	leave_cgroup(shim);
	return finish(shim);
}

/* It never ran: says why on the terminal and in the record. */
static void
fail(struct shim *shim, const char *why, int code)
{
	complain(shim, why);
	shim_settle();
	shim->record.state = RECORD_EXEC_FAILED;
	shim->record.ended_ms = os_wall_ms();
	shim->record.exit_code = code;
	shim->record.error = xstrdup(why);
	write_record(shim);
	notify(shim, "fail");
}

static void
prepare_record(struct shim *shim)
{
	struct record *record = &shim->record;

	record->generation = shim->launch.generation;
	record->attempt = (int)shim->launch.attempt;
	record->shim_pid = getpid();
	record->shim_start = os_start_time(getpid());
	os_boot_id(record->boot, sizeof(record->boot));
	record->started_ms = os_wall_ms();
	strvec_pushall(&record->fp, &shim->launch.fp);
	record->token = xasprintf("%s/%08x%08x%08x%08x", shim->id,
	    os_random(), os_random(), os_random(), os_random());
	shim->launch.token = record->token;
}

/*
 * At most one shim of an agent is past this point, whatever happened to the
 * commands that started them: it holds a lock for as long as it lives.
 */
static int
take_turn(struct shim *shim, struct strbuf *err)
{
	static const struct timespec pause = { .tv_nsec = TURN_MS * 1000000 };
	char *path = xasprintf("%s" SHIM_LOCK, shim->launch.record);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(errno));
	free(path);
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		take_signals(shim, &pause);
		if (shim->requests == 0)
			continue;
		strbuf_addstr(err, "told to end while its last run had not");
		close(fd);
		fd = -1;
	}
	return fd < 0 ? -1 : 0;
}

/* 0, or -1 and why not in err. */
static int
load(struct shim *shim, const char *launch_path, const char *generation,
    struct strbuf *err)
{
	int ret = launch_load(&shim->launch, launch_path, err);

	if (!generation ||
	    units_parse_int(generation, &shim->launch.generation) == 0)
		return ret;
	if (ret == 0)
		strbuf_addf(err, "generation '%s' is not a number",
		    generation);
	return -1;
}

static int
start(struct shim *shim, const char *env_path)
{
	struct strbuf err = STRBUF_INIT;
	struct started started;
	int ret;

	if (shim->launch.cgroup)
		shim->record.cgroup = cgroup_make(shim->launch.team, shim->id,
		    shim->launch.memory_max);
	ret = shim_start(shim->id, env_path, &shim->launch,
	    shim->record.cgroup, &started, &err);
	if (ret != 0 || !started.is_in)
		leave_cgroup(shim);
	if (ret != 0) {
		fail(shim, err.buf, started.failure);
		strbuf_release(&err);
		return started.failure;
	}
	shim->counts_own = shim->record.cgroup &&
	    cgroup_oom_kills(shim->record.cgroup) >= 0;
	if (shim->counts_own)
		shim->oom_kills = 0; /* it was made for this run */
	shim->pid = started.pid;
	shim->record.state = RECORD_RUNNING;
	shim->record.pid = started.pid;
	shim->record.start = started.start;
	write_record(shim);
	notify(shim, "start");
	return watch(shim);
}

static int
run(struct shim *shim, char **argv, const char *generation)
{
	struct strbuf err = STRBUF_INIT;
	bool is_good = load(shim, argv[1], generation, &err) == 0;
	bool is_ours = shim->launch.record && take_turn(shim, &err) == 0;

	prepare_record(shim);
	if (is_good && is_ours)
		return start(shim, argv[0]);
	if (is_ours)
		fail(shim, err.buf, START_REFUSED);
	else /* the record is that of another shim, which lives */
		complain(shim, err.buf);
	strbuf_release(&err);
	return START_REFUSED;
}

int
shim_main(int argc, char **argv)
{
	struct shim shim = { .retry_at = MONO_NEVER };
	int code;

	if (argc < 3 || argc > 5) {
		fputs("usage: teamctl shim ID ENV LAUNCH [GENERATION "
		    "[OOM_KILLS]]\n", stderr);
		return 2;
	}
	shim.id = argv[0];
	if (argc < 5 || units_parse_int(argv[4], &shim.oom_kills) < 0)
		shim.oom_kills = os_oom_kills();
	prepare_signals(&shim);
	os_close_from(STDERR_FILENO + 1);
	if (os_become_subreaper() != 0)
		complain(&shim, "this system has no sub-reapers: background "
		    "processes of the agent may outlive it");
	code = run(&shim, argv + 1, argc > 3 ? argv[3] : NULL);
	launch_release(&shim.launch);
	record_release(&shim.record);
	return code;
}
