/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A struct source over literals: files, variables and commands of a test.
 */
#ifndef FAKE_SOURCE_H
#define FAKE_SOURCE_H

#include "source.h"

#include <errno.h>
#include <string.h>

struct fake_pair {
	const char *name, *text;
};

struct fake_source {
	struct source source;
	const struct fake_pair *files; /* by path; each list ends with NULL */
	const struct fake_pair *vars;
	const struct fake_pair *commands;
	int reads, runs; /* how often */
};

static inline const char *
fake_find(const struct fake_pair *pairs, const char *name)
{
	for (; pairs && pairs->name; pairs++)
		if (strcmp(pairs->name, name) == 0)
			return pairs->text;
	return NULL;
}

static inline int
fake_read(void *ctx, const char *path, size_t max, struct strbuf *out,
    struct strbuf *err)
{
	struct fake_source *fake = ctx;
	const char *text = fake_find(fake->files, path);

	fake->reads++;
	if (!text || strlen(text) > max) {
		errno = text ? 0 : ENOENT;
		strbuf_addf(err, "cannot open '%s'", path);
		return -1;
	}
	strbuf_addstr(out, text);
	return 0;
}

static inline enum source_kind
fake_kind(void *ctx, const char *path)
{
	struct fake_source *fake = ctx;

	return fake_find(fake->files, path) ? SOURCE_FILE : SOURCE_ABSENT;
}

static inline void
fake_list(void *ctx, const char *path, struct strvec *names)
{
	struct fake_source *fake = ctx;
	const struct fake_pair *file;
	size_t len = strlen(path);

	for (file = fake->files; file && file->name; file++)
		if (strncmp(file->name, path, len) == 0 &&
		    file->name[len] == '/' &&
		    !strchr(file->name + len + 1, '/'))
			strvec_push(names, file->name + len + 1);
	strvec_sort(names);
}

static inline const char *
fake_getenv(void *ctx, const char *name)
{
	struct fake_source *fake = ctx;

	return fake_find(fake->vars, name);
}

static inline int
fake_run(void *ctx, const char *command, struct strbuf *out,
    struct strbuf *err)
{
	struct fake_source *fake = ctx;
	const char *text = fake_find(fake->commands, command);

	fake->runs++;
	if (!text) {
		strbuf_addstr(err, "exit 1");
		return -1;
	}
	strbuf_addstr(out, text);
	return 0;
}

/* The root is /team, the share folder /share. */
static inline void
fake_init(struct fake_source *fake, const struct fake_pair *files)
{
	memset(fake, 0, sizeof(*fake));
	fake->files = files;
	fake->source = (struct source){
		.root = "/team", .file = "team-compose.yaml",
		.share = "/share", .read = fake_read, .kind = fake_kind,
		.list = fake_list, .getenv = fake_getenv, .run = fake_run,
		.ctx = fake,
	};
}

#endif
