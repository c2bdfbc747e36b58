/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See record-file.h.
 */
#include "record-file.h"

#include "fs.h"
#include "os.h"

#include <string.h>
#include <unistd.h>

enum {
	MAX_RECORD = 1 << 20,
	TRIES = 3, /* a write over it takes less time than the next read */
};

int
record_save(const struct record *record, const char *path, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int ret;

	record_format(record, os_random(), &text);
	ret = fs_overwrite(path, text.buf, text.len, 0600, err);
	strbuf_release(&text);
	return ret;
}

/* -1: it can be read and makes no sense, now. */
static int
read_once(struct record *record, const char *path, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	int ret = 0;

	memset(record, 0, sizeof(*record));
	strbuf_reset(err);
	if (fs_read(path, MAX_RECORD, &text, &why) < 0) {
		if (access(path, F_OK) == 0)
			strbuf_addstr(err, why.buf);
	} else if (record_parse(text.buf, text.len, record, &why) < 0) {
		record_release(record);
		strbuf_addf(err, "%s: %s", path, why.buf);
		ret = -1;
	}
	strbuf_release(&text);
	strbuf_release(&why);
	return ret;
}

int
record_load(struct record *record, const char *path, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int i, ret;

	for (i = 0; i < TRIES && read_once(record, path, &text) < 0; i++)
		;
	ret = text.len ? -1 : 0;
	strbuf_addstr(err, text.buf);
	strbuf_release(&text);
	return ret;
}
