/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-launch.h.  Strict, for it is written by the same program: a key that
 * is unknown, missing, given twice or out of range is a fault, not a wish.
 */
#include "shim-launch.h"

#include "envfile.h"
#include "fs.h"
#include "units.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Far above what exec takes (Linux: 128 KiB a string, 6 MiB in all). */
#define LAUNCH_MAX ((size_t)8 << 20)

enum key_kind { KEY_TEXT, KEY_NUMBER, KEY_LIST };

struct key {
	const char *name;
	enum key_kind kind;
	bool required;
	size_t offset;
	int64_t min, max; /* of a number */
};

#define AT(member) offsetof(struct launch, member)

static const struct key keys[] = {
	{ "CWD", KEY_TEXT, true, AT(cwd), 0, 0 },
	{ "RECORD", KEY_TEXT, true, AT(record), 0, 0 },
	{ "TEAM", KEY_TEXT, true, AT(team), 0, 0 },
	{ "GENERATION", KEY_NUMBER, true, AT(generation), 0, INT64_MAX },
	{ "ATTEMPT", KEY_NUMBER, true, AT(attempt), 0, INT_MAX },
	{ "KILL_SIGNAL", KEY_NUMBER, true, AT(kill_signal), 1, 64 },
	{ "KILL_AFTER_MS", KEY_NUMBER, true, AT(kill_after_ms), 0, INT_MAX },
	{ "ARG", KEY_LIST, true, AT(argv), 0, 0 },
	{ "NOTIFY", KEY_TEXT, false, AT(notify), 0, 0 },
	{ "NOFILE", KEY_NUMBER, false, AT(nofile), 1, INT_MAX },
	{ "CPU_SECS", KEY_NUMBER, false, AT(cpu_secs), 1, INT_MAX },
	{ "CGROUP", KEY_NUMBER, false, AT(cgroup), 0, 1 },
	{ "MEMORY_MAX", KEY_NUMBER, false, AT(memory_max), 1, INT64_MAX },
	{ "FP", KEY_LIST, false, AT(fp), 0, 0 },
};

struct reader {
	struct launch *launch;
	bool seen[nitems(keys)];
	struct strbuf wrong; /* about the line that was refused */
};

static const struct key *
key_find(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int
set_number(const struct key *key, int64_t *at, const char *value)
{
	int64_t n;

	if (units_parse_int(value, &n) != 0 || n < key->min || n > key->max)
		return -1;
	*at = n;
	return 0;
}

static int
set_key(const struct key *key, struct reader *reader, const char *value)
{
	char *at = (char *)reader->launch + key->offset;

	switch (key->kind) {
	case KEY_TEXT:
		*(char **)at = xstrdup(value);
		return 0;
	case KEY_NUMBER:
		if (set_number(key, (int64_t *)at, value) == 0)
			return 0;
		strbuf_addf(&reader->wrong, "'%s' is not a number it takes",
		    key->name);
		return -1;
	case KEY_LIST:
		strvec_push((struct strvec *)at, value);
		return 0;
	}
	BUG("key kind %d", (int)key->kind);
}

static int
read_line(void *ctx, const char *name, const char *value)
{
	struct reader *reader = ctx;
	const struct key *key = key_find(name);

	if (!key) {
		strbuf_addf(&reader->wrong, "unknown key '%s'", name);
		return -1;
	}
	if (reader->seen[key - keys] && key->kind != KEY_LIST) {
		strbuf_addf(&reader->wrong, "'%s' is given twice", name);
		return -1;
	}
	reader->seen[key - keys] = true;
	return set_key(key, reader, value);
}

static int
read_text(struct reader *reader, const struct strbuf *text, struct strbuf *err)
{
	size_t i;

	if (envfile_parse(text->buf, text->len, read_line, reader, err) != 0) {
		if (reader->wrong.len)
			strbuf_addf(err, ": %s", reader->wrong.buf);
		return -1;
	}
	for (i = 0; i < nitems(keys); i++) {
		if (!keys[i].required || reader->seen[i])
			continue;
		strbuf_addf(err, "'%s' is missing", keys[i].name);
		return -1;
	}
	return 0;
}

int
launch_load(struct launch *launch, const char *path, struct strbuf *err)
{
	struct reader reader = { .launch = launch, .wrong = STRBUF_INIT };
	struct strbuf text = STRBUF_INIT, wrong = STRBUF_INIT;
	int ret;

	memset(launch, 0, sizeof(*launch));
	ret = fs_read(path, LAUNCH_MAX, &text, err);
	if (ret == 0) {
		ret = read_text(&reader, &text, &wrong);
		if (ret != 0)
			strbuf_addf(err, "malformed launch file '%s': %s", path,
			    wrong.buf);
	}
	strbuf_release(&reader.wrong);
	strbuf_release(&wrong);
	strbuf_release(&text);
	return ret;
}

void
launch_release(struct launch *launch)
{
	free(launch->cwd);
	free(launch->record);
	free(launch->team);
	free(launch->notify);
	strvec_release(&launch->argv);
	strvec_release(&launch->fp);
	memset(launch, 0, sizeof(*launch));
}
