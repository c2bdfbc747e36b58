/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See scale.h.
 */
#include "scale.h"

#include "fs.h"
#include "state.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, MAX_BYTES = 16 << 20 };

int
scale_open(struct scale_file *file, const char *root, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	memset(file, 0, sizeof(*file));
	file->path = state_path(root, "scale.json");
	if (fs_read(file->path, MAX_BYTES, &text, err) == 0) {
		file->before = xstrdup(text.buf);
		file->document = json_loadb(text.buf, text.len,
		    JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object((json_t *)file->document)) {
			strbuf_addf(err, "cannot parse '%s'", file->path);
			rc = -1;
		}
	} else if (errno == ENOENT) {
		strbuf_reset(err);
		file->document = json_object();
	} else {
		rc = -1;
	}
	strbuf_release(&text);
	return rc;
}

void
scale_put(struct scale_file *file, const char *id, const int *slots,
    size_t nr)
{
	json_t *all = json_object_get(file->document, "slots"), *list;
	size_t i;

	if (!json_is_object(all)) {
		all = json_object();
		json_object_set_new(file->document, "slots", all);
	}
	json_object_del(all, id);
	if (nr == 0)
		return;
	list = json_array();
	for (i = 0; i < nr; i++)
		json_array_append_new(list, json_integer(slots[i]));
	json_object_set_new(all, id, list);
}

int
scale_save(struct scale_file *file, struct strbuf *err)
{
	char *text;
	int rc;

	json_object_set_new(file->document, "schema", json_integer(SCHEMA));
	text = json_dumps(file->document, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (!text) {
		strbuf_addf(err, "cannot write '%s': not UTF-8", file->path);
		return -1;
	}
	rc = fs_write(file->path, text, strlen(text), 0600, FS_SYNC, err);
	free(text);
	return rc;
}

int
scale_undo(struct scale_file *file, struct strbuf *err)
{
	if (!file->before)
		return fs_unlink(file->path, err);
	return fs_write(file->path, file->before, strlen(file->before), 0600,
	    FS_SYNC, err);
}

void
scale_close(struct scale_file *file)
{
	json_decref(file->document);
	free(file->before);
	free(file->path);
}
