/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See os.h.  Linux 3.4 or newer with /proc; what newer kernels add is asked
 * for and done without where it is missing.
 */
#define _GNU_SOURCE /* syscall(2), which is in no standard */
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* Fields of /proc/PID/stat behind the name, as proc(5) numbers them. */
enum stat_field {
	STAT_STATE = 3,
	STAT_PPID = 4,
	STAT_PGRP = 5,
	STAT_SESSION = 6,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_CUTIME = 16,
	STAT_CSTIME = 17,
	STAT_THREADS = 20,
	STAT_START = 22,
	STAT_RSS = 24,
	STAT_NR = 25, /* one more than the last that is used */
};

struct stat_line {
	char state;
	long long field[STAT_NR];
};

bool
os_tty_is_written(const char *tty, int64_t from_s)
{
	struct stat st;

	/* Within these 8 s a later write leaves no trace (tty_update_time). */
	return stat(tty, &st) < 0 || (int64_t)(st.st_mtim.tv_sec | 7) >= from_s;
}

int
os_utc_offset_s(int64_t at_s)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	return localtime_r(&at, &tm) ? (int)tm.tm_gmtoff : 0;
}

/* The beginning of a small file as text; its length, or -1. */
static ssize_t
read_at(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

uint32_t
os_random(void)
{
	uint32_t bits;

	/* Not to be guessed is not asked of jitter. */
	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits = (uint32_t)os_now().ns;
	return bits;
}

void
os_boot_id(char *buf, size_t size)
{
	buf[0] = '\0';
	if (read_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", buf, size) > 0)
		buf[strcspn(buf, "\n")] = '\0';
}

int
os_ptys(int64_t *used, int64_t *most)
{
	char nr[32], max[32];

	if (read_at(AT_FDCWD, "/proc/sys/kernel/pty/nr", nr, sizeof(nr)) <=
	    0 || read_at(AT_FDCWD, "/proc/sys/kernel/pty/max", max,
	    sizeof(max)) <= 0)
		return -1;
	*used = strtoll(nr, NULL, 10);
	*most = strtoll(max, NULL, 10);
	return 0;
}

/*
 * The name in the second field may hold blanks and parentheses; the last ')'
 * of the line ends it.
 */
static int
parse_stat(char *text, struct stat_line *stat)
{
	char *s = strrchr(text, ')'), *end;
	int i;

	if (!s || s[1] != ' ' || !s[2])
		return -1;
	stat->state = s[2];
	s += 3;
	for (i = STAT_PPID; i < STAT_NR; i++) {
		stat->field[i] = strtoll(s, &end, 10);
		if (end == s)
			return -1;
		s = end;
	}
	return 0;
}

static bool
is_dead(char state)
{
	return state == 'Z' || state == 'X' || state == 'x';
}

/* That of a thread which lives, or 'Z'. */
static char
state_of_threads(pid_t pid)
{
	struct stat_line stat = { .state = 'Z' };
	struct dirent *entry;
	char path[sizeof(entry->d_name) + sizeof("/stat")], buf[1024];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
	dir = opendir(path);
	while (dir && is_dead(stat.state) && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/stat", entry->d_name);
		if (read_at(dirfd(dir), path, buf, sizeof(buf)) > 0)
			parse_stat(buf, &stat);
	}
	if (dir)
		closedir(dir);
	return is_dead(stat.state) ? 'Z' : stat.state;
}

/* dir: of /proc, or AT_FDCWD with an absolute path. */
static int
read_stat(int dir, const char *path, struct stat_line *stat)
{
	char buf[1024];

	if (read_at(dir, path, buf, sizeof(buf)) <= 0 ||
	    parse_stat(buf, stat) < 0)
		return -1;
	/* A process may go on without its first thread. */
	if (stat->state == 'Z' && stat->field[STAT_THREADS] > 1)
		stat->state = state_of_threads((pid_t)strtol(buf, NULL, 10));
	return 0;
}

static int64_t
ticks_to_ms(long long ticks)
{
	return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

static int
stat_of(pid_t pid, struct stat_line *stat)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	return read_stat(AT_FDCWD, path, stat);
}

uint64_t
os_start_time(pid_t pid)
{
	struct stat_line stat;

	if (stat_of(pid, &stat) != 0 || is_dead(stat.state))
		return 0;
	return (uint64_t)stat.field[STAT_START];
}

/* Start times count from boot and go on while the machine sleeps. */
int64_t
os_age_ms(uint64_t start)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0)
		BUG("no clock since boot");
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000 -
	    ticks_to_ms((long long)start);
}

int
os_pidfd_open(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec */
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}

/* What cannot be looked at, as when no descriptor is left, may be there. */
static bool
may_run(pid_t pid)
{
	struct stat_line stat;

	if (stat_of(pid, &stat) != 0)
		return errno != ENOENT && errno != ESRCH;
	return !is_dead(stat.state);
}

bool
os_is_running(pid_t pid)
{
	struct pollfd poll_fd = { .events = POLLIN };
	bool has_ended;

	poll_fd.fd = pid > 0 ? os_pidfd_open(pid) : -1;
	if (poll_fd.fd < 0)
		return pid > 0 && errno != ESRCH && may_run(pid);
	has_ended = poll(&poll_fd, 1, 0) > 0;
	close(poll_fd.fd);
	return !has_ended;
}

int
os_pidfd_signal(int fd, pid_t pid, int sig)
{
#ifdef SYS_pidfd_send_signal
	if (fd >= 0)
		return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
#endif
	return kill(pid, sig);
}

int
os_signal(pid_t pid, uint64_t start, int sig)
{
	int fd = os_pidfd_open(pid), ret = -1, saved;

	/* Compared after the open: from then on fd means this process only. */
	if (os_start_time(pid) == start)
		ret = os_pidfd_signal(fd, pid, sig);
	else
		errno = ESRCH;
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return ret;
}

pid_t
os_fork_into(const char *cgroup)
{
#if defined(SYS_clone3) && defined(CLONE_INTO_CGROUP)
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD };
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t pid;

	if (fd < 0)
		return -1;
	args.cgroup = (uint64_t)fd;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid != 0)
		close(fd);
	return pid;
#else
	(void)cgroup;
	errno = ENOSYS;
	return -1;
#endif
}

int
os_become_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int
os_die_with_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return -1;
	return getppid() == parent ? 0 : -1;
}

/* What we might run on before os_keep_processor; none: it did nothing. */
static cpu_set_t processors;

void
os_keep_processor(void)
{
	cpu_set_t ours;
	int here = sched_getcpu();

	CPU_ZERO(&processors);
	if (here < 0 ||
	    sched_getaffinity(0, sizeof(processors), &processors) != 0)
		return;
	CPU_ZERO(&ours);
	CPU_SET((size_t)here, &ours);
	if (CPU_COUNT(&processors) < 2 ||
	    sched_setaffinity(0, sizeof(ours), &ours) != 0)
		CPU_ZERO(&processors);
}

void
os_leave_processor(void)
{
	cpu_set_t others = processors;
	int here = sched_getcpu();

	if (CPU_COUNT(&processors) == 0)
		return;
	if (here >= 0)
		CPU_CLR((size_t)here, &others);
	sched_setaffinity(0, sizeof(others), &others);
	sched_setaffinity(0, sizeof(processors), &processors);
}

void
os_free_processor(void)
{
	if (CPU_COUNT(&processors) > 0)
		sched_setaffinity(0, sizeof(processors), &processors);
}

int
os_self_path(char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", buf, size);

	if (n <= 0 || (size_t)n >= size)
		return -1;
	buf[n] = '\0';
	/* The program was replaced by an upgrade: the new one is there. */
	if (str_ends(buf, deleted))
		buf[n - (ssize_t)strlen(deleted)] = '\0';
	return 0;
}

void
os_close_from(int lowest)
{
	DIR *dir;
	struct dirent *entry;
	int fd;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)lowest, ~0u, 0) == 0)
		return;
#endif
	/* Linux before 5.9. */
	dir = opendir("/proc/self/fd");
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		fd = (int)strtol(entry->d_name, NULL, 10);
		if (fd >= lowest && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

/* 0 when the name is not a number. */
static pid_t
pid_of_name(const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);

	return *end || pid <= 0 ? 0 : (pid_t)pid;
}

static void
add_process(struct os_processes *list, pid_t pid, const struct stat_line *stat)
{
	ARRAY_GROW(list->p, list->nr, list->alloc);
	list->p[list->nr++] = (struct os_process){
		.pid = pid,
		.ppid = (pid_t)stat->field[STAT_PPID],
		.pgrp = (pid_t)stat->field[STAT_PGRP],
		.session = (pid_t)stat->field[STAT_SESSION],
		.state = stat->state,
		.start = (uint64_t)stat->field[STAT_START],
		.rss = stat->field[STAT_RSS] * sysconf(_SC_PAGESIZE),
		.cpu_ms = ticks_to_ms(stat->field[STAT_UTIME] +
		    stat->field[STAT_STIME]),
		.reaped_ms = ticks_to_ms(stat->field[STAT_CUTIME] +
		    stat->field[STAT_CSTIME]),
	};
}

void
os_list_processes(struct os_processes *list)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct stat_line stat;
	char path[sizeof(entry->d_name) + sizeof("/stat")];
	pid_t pid;

	list->nr = 0;
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		pid = pid_of_name(entry->d_name);
		if (pid == 0)
			continue;
		snprintf(path, sizeof(path), "%s/stat", entry->d_name);
		if (read_stat(dirfd(proc), path, &stat) == 0)
			add_process(list, pid, &stat);
	}
	closedir(proc);
}

/* A whole file of /proc, which has no size to ask for. */
static int
read_proc(const char *path, struct strbuf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16384];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0 ||
	    (n < 0 && errno == EINTR))
		if (n > 0)
			strbuf_add(out, buf, (size_t)n);
	close(fd);
	return n < 0 ? -1 : 0;
}

int64_t
os_oom_kills(void)
{
	struct strbuf text = STRBUF_INIT;
	const char *line = NULL;
	int64_t kills = -1;

	if (read_proc("/proc/vmstat", &text) == 0)
		line = strstr(text.buf, "\noom_kill ");
	if (line)
		kills = strtoll(line + strlen("\noom_kill "), NULL, 10);
	strbuf_release(&text);
	return kills;
}

bool
os_is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

bool
os_process_env(pid_t pid, const char *name, struct strbuf *value)
{
	struct strbuf text = STRBUF_INIT;
	size_t len = strlen(name);
	const char *s, *end;
	bool found = false;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
	if (read_proc(path, &text) != 0)
		strbuf_reset(&text);
	end = text.buf + text.len;
	for (s = text.buf; s < end && !found; s += strlen(s) + 1) {
		found = strncmp(s, name, len) == 0 && s[len] == '=';
		if (found)
			strbuf_addstr(value, s + len + 1);
	}
	strbuf_release(&text);
	return found;
}

bool
os_process_args(pid_t pid, struct strbuf *args)
{
	size_t before = args->len;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	return read_proc(path, args) == 0 && args->len > before;
}

pid_t
os_parent(pid_t pid)
{
	struct stat_line stat;

	return stat_of(pid, &stat) == 0 ? (pid_t)stat.field[STAT_PPID] : 0;
}

long
os_descriptors_left(pid_t pid)
{
	struct rlimit limit;
	char path[64];
	DIR *dir;
	long left;

	if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) != 0)
		return -1;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (prlimit(pid, RLIMIT_NOFILE, &limit, NULL) != 0)
			return -1;
	}
	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	dir = opendir(path);
	if (!dir || limit.rlim_cur > LONG_MAX) {
		if (dir)
			closedir(dir);
		return -1;
	}
	left = (long)limit.rlim_cur + 2; /* . and .. */
	while (readdir(dir))
		left--;
	closedir(dir);
	return left > 0 ? left : 0;
}

void
os_self_usage(int64_t *cpu_ms, int64_t *memory_bytes)
{
	struct rusage usage;
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	*memory_bytes = (int64_t)resident * sysconf(_SC_PAGESIZE);
	getrusage(RUSAGE_SELF, &usage);
	*cpu_ms = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
	    1000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}
