/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What is read of a cgroup, where a folder with its files stands for one; real
 * ones are in t/4406-cgroup.t.
 */
/* objs: util strbuf strvec fs os cgroup */
#include "cgroup.h"

#include "fs.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = { "cpu.stat", "memory.current",
	"memory.stat", "memory.events", "cgroup.events", "cgroup.kill",
	"cgroup.freeze", "cgroup.procs" };

static void
put(const char *folder, const char *name, const char *text)
{
	struct strbuf err = STRBUF_INIT;
	char *path = xasprintf("%s/%s", folder, name);

	is_int(fs_write(path, text, strlen(text), 0600, 0, &err), 0, err.buf);
	strbuf_release(&err);
	free(path);
}

static void
remove_all(const char *folder)
{
	char *path;
	size_t i;

	for (i = 0; i < nitems(files); i++) {
		path = xasprintf("%s/%s", folder, files[i]);
		unlink(path);
		free(path);
	}
	ok(rmdir(folder) == 0, "nothing else was made in it");
}

static void
test_cgroup__figures_are_those_of_their_files(void)
{
	char folder[] = "/tmp/u-cgroup.XXXXXX";

	ok(mkdtemp(folder) != NULL, "a folder");
	is_int(cgroup_cpu_ms(folder), -1, "no cpu.stat");
	is_int(cgroup_memory(folder), -1, "no controller of memory");
	is_int(cgroup_oom_kills(folder), -1, "nor a count of its kills");
	ok(!cgroup_is_frozen(folder), "no cgroup.events");
	put(folder, "cpu.stat", "usage_usec 2500\nuser_usec 9\n");
	put(folder, "memory.current", "1048576\n");
	put(folder, "memory.events", "oom 7\noom_kill 2\noom_group_kill 1\n");
	put(folder, "cgroup.events", "populated 1\nfrozen 1\n");
	is_int(cgroup_cpu_ms(folder), 2, "microseconds");
	is_int(cgroup_memory(folder), 1048576, "without memory.stat: all");
	put(folder, "memory.stat", "anon 5\nfile 6\ninactive_file 48576\n");
	is_int(cgroup_memory(folder), 1000000, "without the cache");
	is_int(cgroup_oom_kills(folder), 2, "oom_kill, not oom or a group's");
	ok(cgroup_is_frozen(folder), "frozen");
	remove_all(folder);
}

static void
test_cgroup__nothing_is_made_where_there_is_none(void)
{
	char folder[] = "/tmp/u-cgroup.XXXXXX";
	struct strvec left = STRVEC_INIT;

	ok(mkdtemp(folder) != NULL, "a folder");
	ok(!cgroup_kill(folder), "kill");
	ok(!cgroup_freeze(folder, true), "freeze");
	ok(cgroup_remove(folder, &left), "an empty one can be removed");
	ok(cgroup_remove(folder, &left), "and is gone then");
	is_int((long)left.nr, 0, "with nobody in it");
	ok(!cgroup_kill(folder), "what is gone is not made");
}

static void
test_cgroup__is_known_by_team_and_agent(void)
{
	ok(cgroup_is_of("/sys/fs/cgroup/x/teamctl-0a1b-p:dev", "0a1b",
	    "p:dev"), "its own");
	ok(!cgroup_is_of("/sys/fs/cgroup/x/teamctl-0a1b-p:dev", "0a1b",
	    "p:de"), "another agent's");
	ok(!cgroup_is_of("/sys/fs/cgroup/x/teamctl-ffff-p:dev", "0a1b",
	    "p:dev"), "another team's");
	ok(!cgroup_is_of("/sys/fs/cgroup/user.slice", "0a1b", "p:dev"),
	    "nobody's");
}
