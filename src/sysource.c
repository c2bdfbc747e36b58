/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See sysource.h.
 */
#include "sysource.h"

#include "fs.h"
#include "proc.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { COMMAND_TIMEOUT_MS = 60000, COMMAND_MAX_OUTPUT = 1 << 20 };

static int
source_read(void *ctx, const char *path, size_t max, struct strbuf *out,
    struct strbuf *err)
{
	(void)ctx;
	return fs_read(path, max, out, err);
}

static enum source_kind
source_kind(void *ctx, const char *path)
{
	struct stat st;

	(void)ctx;
	if (stat(path, &st) != 0)
		return SOURCE_ABSENT;
	if (S_ISREG(st.st_mode))
		return SOURCE_FILE;
	return S_ISDIR(st.st_mode) ? SOURCE_DIR : SOURCE_OTHER;
}

static void
source_list(void *ctx, const char *path, struct strvec *names)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	(void)ctx;
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			strvec_push(names, entry->d_name);
	closedir(dir);
	strvec_sort(names);
}

static const char *
source_getenv(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static void
describe(const struct proc_result *result, struct strbuf *err)
{
	if (!result->spawned)
		strbuf_addf(err, "cannot run sh: %s",
		    strerror(result->spawn_errno));
	else if (result->timed_out)
		strbuf_addf(err, "the command took more than %d s",
		    COMMAND_TIMEOUT_MS / 1000);
	else if (result->flooded)
		strbuf_addf(err, "the command wrote more than %d bytes",
		    COMMAND_MAX_OUTPUT);
	else if (result->exit_code < 0)
		strbuf_addf(err, "the command died of signal %d",
		    result->signal);
	else
		strbuf_addf(err, "the command failed with exit %d",
		    result->exit_code);
}

/* Its stderr goes to ours: a password manager may have something to ask. */
static int
source_run(void *ctx, const char *command, struct strbuf *out,
    struct strbuf *err)
{
	char *argv[] = { xstrdup("sh"), xstrdup("-c"), xstrdup(command), NULL };
	const struct proc_options options = {
		.timeout_ms = COMMAND_TIMEOUT_MS,
		.max_output = COMMAND_MAX_OUTPUT,
		.inherit_err = true,
	};
	struct strbuf unused = STRBUF_INIT;
	struct proc_result result;
	size_t i;

	(void)ctx;
	proc_run(argv, &options, out, &unused, &result);
	strbuf_release(&unused);
	for (i = 0; argv[i]; i++)
		free(argv[i]);
	if (!result.spawned || result.timed_out || result.flooded ||
	    result.exit_code != 0) {
		describe(&result, err);
		return -1;
	}
	if (out->len && out->buf[out->len - 1] == '\n')
		strbuf_setlen(out, out->len - 1);
	return 0;
}

void
sysource_init(struct source *source)
{
	*source = (struct source){
		.read = source_read,
		.kind = source_kind,
		.list = source_list,
		.getenv = source_getenv,
		.run = source_run,
	};
}
