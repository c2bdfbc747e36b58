/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See readymark.h.
 */
#include "readymark.h"

#include "fs.h"
#include "units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 32 };

/* id: "project:agent" */
static char *
make_path(const char *root, const char *id)
{
	size_t len = strcspn(id, ":");

	return xasprintf("%s/state/ready/%.*s-%s", root, (int)len, id,
	    id[len] ? id + len + 1 : "");
}

int
readymark_write(const char *root, const char *id, int64_t generation,
    struct strbuf *err)
{
	char *folder = xasprintf("%s/state/ready", root);
	char *path = make_path(root, id);
	char *text = xasprintf("%" PRId64 "\n", generation);
	int rc = fs_private_dir(folder, err);

	if (rc == 0)
		rc = fs_write(path, text, strlen(text), 0600, FS_SYNC, err);
	free(folder);
	free(path);
	free(text);
	return rc;
}

int64_t
readymark_read(const char *root, const char *id)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	char *path = make_path(root, id);
	int64_t generation = 0;

	if (fs_read(path, LONGEST, &text, &err) == 0) {
		strbuf_rtrim(&text);
		if (units_parse_int(text.buf, &generation) < 0)
			generation = 0;
	}
	free(path);
	strbuf_release(&text);
	strbuf_release(&err);
	return generation;
}
