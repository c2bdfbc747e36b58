/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The system: its processes, and the only readers of the clocks besides loop.h.
 * os.c has what is the same on all; one os-NAME.c is built with it.
 */
#ifndef OS_H
#define OS_H

#include "mono.h"
#include "strbuf.h"

#include <sys/types.h>

struct mono os_now(void);
/* Processor time that this process has had, in microseconds. */
int64_t os_cpu_us(void);
/* Unix time in milliseconds. */
int64_t os_wall_ms(void);
/*
 * False only when certainly nothing has been written to the terminal from a
 * Unix time on.  Linux keeps the time of the last write to the full 8 s.
 */
bool os_tty_is_written(const char *tty, int64_t from_s);
/* How far our time zone is east of UTC at a Unix time, in seconds. */
int os_utc_offset_s(int64_t at_s);

/* The login name of our real user, or "uid 1000". */
void os_user_name(char *buf, size_t size);
/* The login name of a user, or "uid 1000". */
void os_name_of(uid_t uid, char *buf, size_t size);
/* Any 32 bits, for jitter. */
uint32_t os_random(void);
/* The boot this is, as text; "" where the system does not tell. */
void os_boot_id(char *buf, size_t size);
/*
 * When the process started (clock ticks since boot): with the pid and the boot
 * it names a process for good.  0 when there is no such process, or only a
 * zombie of it.
 */
uint64_t os_start_time(pid_t pid);
/*
 * Whether there is such a process, and not only its zombie.  Much cheaper than
 * os_start_time, but another one may have got the number.
 */
bool os_is_running(pid_t pid);
/*
 * kill(2) for exactly the process that started at start: never another that
 * got its number since.  -1 and errno, ESRCH when it is gone.
 */
int os_signal(pid_t pid, uint64_t start, int sig);
/* A descriptor that polls readable when the process has ended, or -1. */
int os_pidfd_open(pid_t pid);
/* kill(2) for exactly the process of that descriptor; with -1 for pid. */
int os_pidfd_signal(int fd, pid_t pid, int sig);
/* Orphaned descendants become our children (Linux 3.4).  -1: cannot. */
int os_become_subreaper(void);
/*
 * fork(2), with the child in that cgroup (a path) from its first moment; -1
 * where this cannot be had (Linux 5.7).  Not for who has threads.
 */
pid_t os_fork_into(const char *cgroup);
/*
 * We get SIGKILL as soon as our parent has ended.  For a new child, before
 * exec; -1 when the parent has ended already, or this cannot be had.
 */
int os_die_with_parent(pid_t parent);
/*
 * A child begins on another processor than ours, where there is one that we
 * may use, and we go on at once on ours: keep before vfork, leave in the child,
 * free when vfork has returned.  A kernel may leave both on the same one, with
 * the other idle, and either waits until the other one waits (tried: 8 of 10
 * in a guest of two, Linux 6.18, which takes an idle one for preempted).
 */
void os_keep_processor(void);
void os_leave_processor(void);
void os_free_processor(void);
/* How long a process with that start time has been there, sleep included. */
int64_t os_age_ms(uint64_t start);
/* Absolute path of the running program into buf; -1 when unknown. */
int os_self_path(char *buf, size_t size);
/* We, and who we start, may open as many as that is allowed. */
void os_raise_descriptors(void);
/*
 * How many more descriptors a process of ours may open, after its limit has
 * been raised as far as that is allowed; -1: not known.
 */
long os_descriptors_left(pid_t pid);
/* Pseudo terminals in use, and how many there may be; -1: not known. */
int os_ptys(int64_t *used, int64_t *most);
/* What this process uses: processor time, and resident memory (0: unknown). */
void os_self_usage(int64_t *cpu_ms, int64_t *memory_bytes);
/*
 * How many processes the kernel has killed since boot because memory was short,
 * of the machine or of a cgroup; -1: not known (Linux before 4.13).
 */
int64_t os_oom_kills(void);
/* Is a tree of cgroup v2 mounted there? */
bool os_is_cgroup2(const char *path);
/* Closes all descriptors from lowest on. */
void os_close_from(int lowest);

struct os_process {
	pid_t pid, ppid, pgrp, session;
	char state; /* as in /proc/PID/stat: R S D T t Z X */
	uint64_t start;
	int64_t rss;       /* bytes */
	int64_t cpu_ms;    /* its own, user and system */
	int64_t reaped_ms; /* that of children it has waited for, and theirs */
};

struct os_processes {
	struct os_process *p;
	size_t nr;
	size_t alloc;
};

/* Replaces the list with all processes of the machine, zombies included. */
void os_list_processes(struct os_processes *list);
void os_processes_release(struct os_processes *list);
/*
 * Appends the value of a variable in the environment that the process was
 * started with; false when it has none or may not be read.
 */
bool os_process_env(pid_t pid, const char *name, struct strbuf *value);
/* Appends its arguments, each with a NUL behind it; false: there are none. */
bool os_process_args(pid_t pid, struct strbuf *args);
/* Of a process; 0 when there is none, or no such process. */
pid_t os_parent(pid_t pid);
/* Keeps root and its descendants, in order of their pids. */
void os_processes_keep_tree(struct os_processes *list, pid_t root);

#endif
