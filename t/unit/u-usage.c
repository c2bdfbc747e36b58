/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The use of real process trees: a child of ours stands for a shim.
 */
/* objs: util strbuf strvec fs os cgroup usage */
#include "usage.h"

#include "os.h"
#include "tap.h"
#include "util.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MB = 1 << 20 };

/* Of shims whose agents have no cgroup. */
static void
sample(struct usage_sampler *sampler, const pid_t *shims, size_t nr,
    struct usage *out)
{
	struct usage_of of[8] = { { .shim = 0 } };
	size_t i;

	for (i = 0; i < nr; i++)
		of[i].shim = shims[i];
	usage_sample(sampler, of, nr, out);
}

static void
nap(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	nanosleep(&pause, NULL);
}

/* Uses that much of the processor. */
static void
burn(int64_t ms)
{
	struct timespec ts;
	int64_t begin = -1, now;

	do {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
		now = ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
		if (begin < 0)
			begin = now;
	} while (now < begin + ms);
}

/* A "shim" with one child below; when work has returned fd is written to. */
static pid_t
start_tree(void (*work)(void), int *ready)
{
	int fd[2];
	pid_t pid;

	if (pipe(fd) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		if (fork() != 0) {
			for (;;)
				pause();
		}
		work();
		if (write(fd[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fd[1]);
	*ready = fd[0];
	return pid;
}

static void
wait_ready(int ready)
{
	char byte;

	if (read(ready, &byte, 1) != 1)
		abort();
	close(ready);
}

static void
signal_tree(pid_t shim, int sig)
{
	struct os_processes list = { .p = NULL };
	size_t i;

	os_list_processes(&list);
	os_processes_keep_tree(&list, shim);
	for (i = 0; i < list.nr; i++)
		kill(list.p[i].pid, sig);
	os_processes_release(&list);
}

static void
end_tree(pid_t shim)
{
	signal_tree(shim, SIGKILL);
	waitpid(shim, NULL, 0);
}

static void
take_memory(void)
{
	memset(xmalloc(64 * MB), 'x', 64 * MB);
}

static void
take_time(void)
{
	burn(200);
}

static void
reap_one_that_took_time(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		burn(200);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void
take_nothing(void)
{
}

static void
test_usage__memory_of_the_children_without_the_shim(void)
{
	struct usage_sampler *sampler = usage_sampler_new();
	struct usage usage[2];
	pid_t shims[2];
	int ready[2];

	shims[0] = start_tree(take_memory, &ready[0]);
	shims[1] = start_tree(take_nothing, &ready[1]);
	wait_ready(ready[0]);
	wait_ready(ready[1]);
	sample(sampler, shims, 2, usage);
	ok(usage[0].memory_bytes >= 64 * MB &&
	    usage[0].memory_bytes < 192 * MB, "%jd bytes",
	    (intmax_t)usage[0].memory_bytes);
	ok(usage[1].memory_bytes > 0 && usage[1].memory_bytes <
	    usage[0].memory_bytes - 60 * MB, "of the other %jd bytes",
	    (intmax_t)usage[1].memory_bytes);
	end_tree(shims[0]);
	end_tree(shims[1]);
	usage_sampler_free(sampler);
}

static void
test_usage__time_of_the_living_and_of_the_reaped(void)
{
	static void (*const works[])(void) = { take_time,
		reap_one_that_took_time };
	struct usage_sampler *sampler = usage_sampler_new();
	struct usage usage;
	pid_t shim;
	size_t i;
	int ready;

	for (i = 0; i < nitems(works); i++) {
		shim = start_tree(works[i], &ready);
		wait_ready(ready);
		sample(sampler, &shim, 1, &usage);
		ok(usage.cpu_ms >= 180 && usage.cpu_ms < 2000, "%jd ms of cpu",
		    (intmax_t)usage.cpu_ms);
		ok(usage.wall_ms >= 180, "%jd ms in all",
		    (intmax_t)usage.wall_ms);
		end_tree(shim);
	}
	usage_sampler_free(sampler);
}

/* Samples until there is a percentage: of the life of the run so far. */
static void
sample_percent(struct usage_sampler *sampler, pid_t shim, struct usage *usage)
{
	do {
		nap();
		sample(sampler, &shim, 1, usage);
	} while (usage->cpu_percent < 0 && usage->wall_ms >= 0);
	is_int(usage->cpu_percent, usage->cpu_ms * 100 / usage->wall_ms,
	    "of its time");
	ok(usage->wall_ms >= 1000, "after a second");
}

/* What was before does not count any more. */
static void
is_idle_within(struct usage_sampler *sampler, pid_t shim, int64_t ms)
{
	struct mono end = mono_add_ms(os_now(), ms);
	struct usage usage;

	do {
		nap();
		sample(sampler, &shim, 1, &usage);
	} while (usage.cpu_percent > 0 && mono_before(os_now(), end));
	is_int(usage.cpu_percent, 0, "idle again");
	ok(usage.cpu_ms > 0, "with the time it took");
}

static void
test_usage__others_may_be_sampled_in_between(void)
{
	struct usage_sampler *sampler = usage_sampler_new();
	pid_t shims[2];
	struct usage usage, other;
	int ready[2];

	shims[0] = start_tree(take_time, &ready[0]);
	shims[1] = start_tree(take_nothing, &ready[1]);
	wait_ready(ready[0]);
	wait_ready(ready[1]);
	sample_percent(sampler, shims[0], &usage);
	ok(usage.cpu_percent > 0, "busy at first");
	do {
		nap();
		sample(sampler, &shims[1], 1, &other);
	} while (other.wall_ms < usage.wall_ms + 1200 && other.wall_ms > 0);
	sample(sampler, &shims[0], 1, &usage);
	is_int(usage.cpu_percent, 0, "since then");
	end_tree(shims[0]);
	end_tree(shims[1]);
	usage_sampler_free(sampler);
}

static void
burn_for_ever(void)
{
	if (fork() == 0) {
		for (;;)
			burn(1000);
	}
}

static void
test_usage__percent_of_a_busy_and_of_an_idle_tree(void)
{
	struct usage_sampler *sampler = usage_sampler_new();
	struct usage usage;
	int ready;
	pid_t shim = start_tree(burn_for_ever, &ready);

	wait_ready(ready);
	sample(sampler, &shim, 1, &usage);
	is_int(usage.cpu_percent, -1, "not known of the first second");
	sample_percent(sampler, shim, &usage);
	ok(usage.cpu_percent > 0 && usage.cpu_percent < 130, "%jd %% busy",
	    (intmax_t)usage.cpu_percent);
	signal_tree(shim, SIGSTOP);
	is_idle_within(sampler, shim, 5000);
	end_tree(shim);
	shim = start_tree(take_nothing, &ready);
	wait_ready(ready);
	sample_percent(sampler, shim, &usage);
	ok(usage.cpu_percent >= 0 && usage.cpu_percent < 3, "%jd %% idle",
	    (intmax_t)usage.cpu_percent);
	end_tree(shim);
	usage_sampler_free(sampler);
}

static void
test_usage__nothing_is_known_of_who_is_not_there(void)
{
	struct usage_sampler *sampler = usage_sampler_new();
	pid_t shims[] = { 0x7ffffff0, 0, -1, getpid() };
	struct usage usage[nitems(shims)];
	size_t i;
	int ready;
	pid_t shim;

	sample(sampler, shims, nitems(shims), usage);
	for (i = 0; i < 3; i++) {
		is_int(usage[i].memory_bytes, -1, "memory");
		is_int(usage[i].cpu_ms, -1, "time");
		is_int(usage[i].cpu_percent, -1, "percent");
		is_int(usage[i].wall_ms, -1, "wall");
	}
	is_int(usage[3].memory_bytes, 0, "a shim without children");
	shim = start_tree(take_nothing, &ready);
	wait_ready(ready);
	sample(sampler, &shim, 1, usage);
	ok(usage[0].memory_bytes > 0, "there");
	end_tree(shim);
	sample(sampler, &shim, 1, usage);
	is_int(usage[0].memory_bytes, -1, "and gone");
	usage_sample(sampler, NULL, 0, NULL);
	usage_sampler_free(sampler);
}

static void
test_usage__a_shim_below_a_shim_is_on_its_own(void)
{
	struct usage_sampler *sampler = usage_sampler_new();
	struct usage usage[2];
	pid_t shims[2];
	int ready;

	shims[0] = getpid();
	shims[1] = start_tree(take_memory, &ready);
	wait_ready(ready);
	sample(sampler, shims, 2, usage);
	is_int(usage[0].memory_bytes, 0, "the upper");
	ok(usage[1].memory_bytes >= 64 * MB, "the lower");
	end_tree(shims[1]);
	usage_sampler_free(sampler);
}
