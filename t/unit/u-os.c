/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the system tells of processes, compared with children made here.
 */
/* objs: os strbuf util */
#include "os.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* comm may hold anything, so also what looks like the rest of the line. */
static void
take_bad_name(void)
{
	int fd = open("/proc/self/comm", O_WRONLY);

	if (fd < 0 || write(fd, "a) Z 1 (b c", 11) != 11)
		abort();
	close(fd);
}

/* A child that waits, if wanted with a child of its own that does. */
static pid_t
make_child(bool has_child)
{
	int fd[2];
	pid_t pid;
	char byte;

	if (pipe(fd) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		take_bad_name();
		if (has_child && fork() == 0)
			setpgid(0, 0);
		else if (write(fd[1], "x", 1) != 1)
			abort();
		for (;;)
			pause();
	}
	if (read(fd[0], &byte, 1) != 1)
		abort();
	close(fd[0]);
	close(fd[1]);
	return pid;
}

static void
end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const struct os_process *
find(const struct os_processes *list, pid_t pid)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (list->p[i].pid == pid)
			return &list->p[i];
	return NULL;
}

static void
test_os__clocks_go_forward(void)
{
	struct mono before = os_now();
	int64_t wall = os_wall_ms();

	ok(before.ns > 0, "a time");
	ok(!mono_before(os_now(), before), "not backwards");
	ok(wall > INT64_C(1577836800000), "after 2020");
}

static void
test_os__boot_id_is_a_uuid_or_cut(void)
{
	char boot[40], small[5];

	os_boot_id(boot, sizeof(boot));
	is_int((intmax_t)strlen(boot), 36, "length");
	os_boot_id(small, sizeof(small));
	ok(strncmp(small, boot, 4) == 0 && !small[4], "cut to its size");
}

static void
test_os__start_time_names_a_living_process(void)
{
	pid_t pid = make_child(false);
	uint64_t start = os_start_time(pid);

	ok(start > 0, "a start time");
	ok(os_start_time(pid) == start, "the same again");
	ok(os_is_running(pid), "it runs");
	ok(start >= os_start_time(getpid()), "not before its parent");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	ok(os_start_time(pid) == 0, "none of a zombie");
	ok(!os_is_running(pid), "a zombie does not run");
	waitpid(pid, NULL, 0);
	ok(os_start_time(pid) == 0, "none when it is gone");
	ok(!os_is_running(pid) && !os_is_running(0), "nor what is gone");
}

static void
test_os__who_cannot_be_looked_at_may_run(void)
{
	struct rlimit old, none;
	pid_t pid = make_child(false);

	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	ok(os_is_running(pid), "it runs, for all we know");
	setrlimit(RLIMIT_NOFILE, &old);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	setrlimit(RLIMIT_NOFILE, &none);
	ok(!os_is_running(pid), "and what is gone does not");
	os_raise_descriptors();
	getrlimit(RLIMIT_NOFILE, &none);
	ok(none.rlim_cur == none.rlim_max, "as many as it may have");
	setrlimit(RLIMIT_NOFILE, &old);
}

static void
test_os__a_name_with_parentheses_is_parsed(void)
{
	pid_t pid = make_child(false);
	struct os_processes list = { .p = NULL };
	const struct os_process *process;

	os_list_processes(&list);
	process = find(&list, pid);
	/* It may be on its way to sleep. */
	ok(process && (process->state == 'S' || process->state == 'R'),
	    "state");
	ok(process && process->ppid == getpid(), "ppid");
	ok(process && process->pgrp == pid, "pgrp");
	ok(process && process->session == getsid(0), "session");
	ok(process && process->start == os_start_time(pid), "start");
	os_processes_release(&list);
	end_child(pid);
}

static void
test_os__list_holds_zombies_and_is_replaced(void)
{
	struct os_processes list = { .p = NULL };
	const struct os_process *process;
	pid_t pid = make_child(false), other = make_child(false);

	os_list_processes(&list);
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	os_list_processes(&list);
	process = find(&list, pid);
	ok(process && process->state == 'Z', "a zombie");
	waitpid(pid, NULL, 0);
	os_list_processes(&list);
	ok(!find(&list, pid), "gone");
	ok(find(&list, getpid()) && find(&list, other), "the others");
	os_processes_release(&list);
	os_processes_release(&list);
	end_child(other);
}

static void
test_os__keep_tree_keeps_root_and_descendants(void)
{
	struct os_process p[] = {
		{ .pid = 9, .ppid = 5 }, { .pid = 1, .ppid = 0 },
		{ .pid = 5, .ppid = 3 }, { .pid = 3, .ppid = 1 },
		{ .pid = 4, .ppid = 1 }, { .pid = 6, .ppid = 3 },
		{ .pid = 7, .ppid = 4 }, { .pid = 20, .ppid = 21 },
		{ .pid = 21, .ppid = 20 }, { .pid = 30, .ppid = 29 },
	};
	struct os_processes list = { .p = p, .nr = 10, .alloc = 10 };

	os_processes_keep_tree(&list, 3);
	is_int((intmax_t)list.nr, 4, "how many");
	is_int(list.p[0].pid, 3, "the root");
	is_int(list.p[1].pid, 5, "a child");
	is_int(list.p[2].pid, 6, "another");
	is_int(list.p[3].pid, 9, "a grandchild");
	os_processes_keep_tree(&list, 77);
	is_int((intmax_t)list.nr, 0, "nothing below one that is not there");
	os_processes_keep_tree(&list, 3);
	is_int((intmax_t)list.nr, 0, "nothing of nothing");
}

/* A long chain of parents must not cost the square of its length. */
static void
test_os__keep_tree_takes_a_deep_tree(void)
{
	struct os_processes list = { .p = NULL, .nr = 200000 };
	size_t i;

	list.p = calloc(list.nr, sizeof(*list.p));
	for (i = 0; list.p && i < list.nr; i++)
		list.p[i] = (struct os_process){ .pid = (pid_t)(list.nr - i),
			.ppid = (pid_t)(list.nr - i - 1) };
	os_processes_keep_tree(&list, 100001);
	is_int((intmax_t)list.nr, 100000, "how many");
	free(list.p);
}

static void
test_os__environment_is_matched_by_the_whole_name(void)
{
	struct strbuf value = STRBUF_INIT;
	char name[] = "sleep", arg[] = "1000";
	char other[] = "XMARK=no", longer[] = "MARKS=no", empty[] = "",
	     mark[] = "MARK=a b=\nc", none[] = "NONE=";
	char *argv[] = { name, arg, NULL };
	char *env[] = { other, longer, empty, mark, none, NULL };
	pid_t pid = fork();
	int tries;

	if (pid == 0) {
		execve("/bin/sleep", argv, env);
		_exit(127);
	}
	/* Until exec it has ours. */
	for (tries = 0; tries < 5000; tries++) {
		if (os_process_env(pid, "NONE", &value))
			break;
		poll(NULL, 0, 1);
	}
	is_str(value.buf, "", "an empty value");
	ok(os_process_env(pid, "MARK", &value), "it is there");
	is_str(value.buf, "a b=\nc", "its value");
	ok(!os_process_env(pid, "MAR", &value), "not a part of a name");
	ok(!os_process_env(pid, "PATH", &value), "not ours");
	end_child(pid);
	ok(!os_process_env(pid, "MARK", &value), "not of one that is gone");
	strbuf_release(&value);
}

static void
test_os__signal_reaches_only_the_one_meant(void)
{
	pid_t pid = make_child(false);
	uint64_t start = os_start_time(pid);
	int status = 0;

	errno = 0;
	is_int(os_signal(pid, start + 1, SIGKILL), -1, "another start time");
	is_int(errno, ESRCH, "errno");
	is_int(waitpid(pid, &status, WNOHANG), 0, "it lives");
	is_int(os_signal(pid, start, SIGUSR1), 0, "the right one");
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "its signal");
	is_int(os_signal(pid, start, SIGUSR1), -1, "gone");
}

static void
test_os__pidfd_tells_the_end(void)
{
	pid_t pid = make_child(false);
	struct pollfd p = { .fd = os_pidfd_open(pid), .events = POLLIN };

	/* Old kernels and valgrind have none. */
	if (p.fd >= 0) {
		is_int(poll(&p, 1, 0), 0, "not yet");
		kill(pid, SIGKILL);
		is_int(poll(&p, 1, 10000), 1, "readable, zombie or not");
		ok(fcntl(p.fd, F_GETFD) & FD_CLOEXEC, "close-on-exec");
		close(p.fd);
	}
	end_child(pid);
	is_int(os_pidfd_open(pid), -1, "of none");
}

static void
test_os__subreaper_gets_the_orphans(void)
{
	struct os_processes list = { .p = NULL };
	pid_t pid = make_child(true), orphan;

	is_int(os_become_subreaper(), 0, "it can");
	os_list_processes(&list);
	os_processes_keep_tree(&list, pid);
	is_int((intmax_t)list.nr, 2, "a child and its child");
	orphan = list.nr != 2 ? 0 :
	    list.p[0].pid == pid ? list.p[1].pid : list.p[0].pid;
	end_child(pid);
	os_list_processes(&list);
	ok(find(&list, orphan) && find(&list, orphan)->ppid == getpid(),
	    "it is ours now");
	end_child(orphan);
	os_processes_release(&list);
}

/* What the list says of us: our use and that of our children. */
static struct os_process
ourselves(void)
{
	struct os_processes list = { .p = NULL };
	struct os_process self = { .pid = 0 };

	os_list_processes(&list);
	if (find(&list, getpid()))
		self = *find(&list, getpid());
	os_processes_release(&list);
	return self;
}

static void
spin_for_ms(int64_t ms)
{
	struct mono end = mono_add_ms(os_now(), 10000);
	int64_t until = ourselves().cpu_ms + ms;

	while (ourselves().cpu_ms < until && mono_before(os_now(), end))
		continue;
}

static void
test_os__usage_grows_with_use(void)
{
	struct os_process before = ourselves(), after;

	ok(before.rss > 4096, "memory");
	spin_for_ms(30);
	after = ourselves();
	ok(after.cpu_ms >= before.cpu_ms + 30, "time");
	ok(after.reaped_ms < before.reaped_ms + 30, "not that of children");
}

static void
test_os__usage_of_children_comes_when_they_are_reaped(void)
{
	struct os_process before = ourselves();
	pid_t pid = fork();

	if (pid == 0) {
		spin_for_ms(50);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ok(ourselves().reaped_ms >= before.reaped_ms + 40, "their time");
}

static void
test_os__age_grows_with_time(void)
{
	uint64_t start = os_start_time(getpid());
	int64_t age = os_age_ms(start);

	ok(age >= 0 && age < 600000, "%jd ms old", (intmax_t)age);
	spin_for_ms(30);
	ok(os_age_ms(start) > age, "older");
}

static void
test_os__counts_kills_for_want_of_memory(void)
{
	FILE *vmstat = fopen("/proc/vmstat", "r");
	int64_t kills = os_oom_kills();
	long long counted = -1;
	char line[256];

	while (vmstat && fgets(line, sizeof(line), vmstat))
		if (sscanf(line, "oom_kill %lld", &counted) == 1)
			break;
	if (vmstat)
		fclose(vmstat);
	ok(kills >= -1 && kills <= counted, "the kernel's number");
}

static void
test_os__self_path_is_this_program(void)
{
	char path[4096], small[2];

	is_int(os_self_path(path, sizeof(path)), 0, "known");
	ok(path[0] == '/' && access(path, X_OK) == 0, "absolute, runnable");
	is_int(os_self_path(small, sizeof(small)), -1, "no room");
}

static void
test_os__close_from_leaves_the_lower_ones(void)
{
	int low = dup(STDIN_FILENO), high = fcntl(low, F_DUPFD, low + 5);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		os_close_from(low + 1);
		_exit(fcntl(low, F_GETFD) < 0 || fcntl(high, F_GETFD) >= 0);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "low is open, high is closed");
	close(low);
	close(high);
}
