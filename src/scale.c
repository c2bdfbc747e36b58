/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See scale.h.
 */
#include "scale.h"

#include "fs.h"
#include "lockfile.h"
#include "state.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCHEMA = 1, MAX_BYTES = 16 << 20 };

static int
load(struct scale_file *file, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

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

int
scale_open(struct scale_file *file, const char *root, struct strbuf *err)
{
	memset(file, 0, sizeof(*file));
	file->path = state_path(root, "scale.json");
	return load(file, err);
}

/* list is taken over; NULL: none. */
static void
put(struct scale_file *file, const char *id, json_t *list)
{
	json_t *all = json_object_get(file->document, "slots");

	if (!json_is_object(all)) {
		all = json_object();
		json_object_set_new(file->document, "slots", all);
	}
	json_object_del(all, id);
	if (list)
		json_object_set_new(all, id, list);
}

void
scale_put(struct scale_file *file, const char *id, const int *slots,
    size_t nr)
{
	json_t *list = nr ? json_array() : NULL;
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(list, json_integer(slots[i]));
	put(file, id, list);
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
scale_undo(const struct scale_file *file, const struct strvec *ids,
    struct strbuf *err)
{
	struct scale_file now = { .path = xstrdup(file->path) };
	json_t *before = file->before ? json_loads(file->before, 0, NULL) :
	    NULL;
	json_t *slots = json_object_get(before, "slots");
	int rc = load(&now, err);
	size_t i;

	for (i = 0; rc == 0 && i < ids->nr; i++)
		put(&now, ids->v[i], json_incref(json_object_get(slots,
		    ids->v[i])));
	if (rc == 0 && !before && !json_object_size(json_object_get(
	    now.document, "slots")))
		rc = fs_unlink(file->path, err);
	else if (rc == 0)
		rc = scale_save(&now, err);
	json_decref(before);
	scale_close(&now);
	return rc;
}

void
scale_close(struct scale_file *file)
{
	json_decref(file->document);
	free(file->before);
	free(file->path);
}

int
scale_claim(const char *root, int64_t timeout_ms,
    void (*waiting)(void *ctx, const char *holder), struct strbuf *err)
{
	char *path = state_path(root, "scale.lock");
	char holder[LOCKFILE_HOLDER];
	int fd = lockfile_open(path, err), saved = errno;

	if (fd >= 0 && lockfile_take(fd, timeout_ms, waiting, NULL) < 0) {
		saved = errno;
		lockfile_holder(fd, holder);
		strbuf_addf(err, "the numbers of replicas are being changed "
		    "by %s", holder);
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		lockfile_sign(fd, " (teamctl scale)");
	free(path);
	errno = saved;
	return fd;
}
