/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See conversation.h.
 */
#include "conversation.h"

#include "fs.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096 };

static char *
make_path(const char *root, const char *id, const char *suffix)
{
	size_t len = strcspn(id, ":");

	return xasprintf("%s/state/resume/%.*s-%s%s", root, (int)len, id,
	    id[len] ? id + len + 1 : "", suffix);
}

enum conversation
conversation_last(const char *root, const char *id)
{
	char *path = make_path(root, id, "");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	enum conversation conversation = CONVERSATION_NONE;

	if (fs_read(path, LONGEST, &text, &err) == 0) {
		if (str_starts(text.buf, "resumed"))
			conversation = CONVERSATION_RESUMED;
		else if (str_starts(text.buf, "fresh"))
			conversation = CONVERSATION_FRESH;
	}
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
	return conversation;
}

/* Version 4, RFC 9562: for wrappers whose program wants to be told an id. */
static char *
new_uuid(void)
{
	uint32_t r[4];
	size_t i;

	for (i = 0; i < nitems(r); i++)
		r[i] = os_random();
	return xasprintf("%08x-%04x-4%03x-%04x-%04x%08x\n", r[0], r[1] >> 16,
	    r[1] & 0xfff, (r[2] >> 16 & 0x3fff) | 0x8000, r[2] & 0xffff,
	    r[3]);
}

int
conversation_order_fresh(const char *root, const char *id,
    struct strbuf *err)
{
	char *path = make_path(root, id, ",fresh"), *uuid = new_uuid();
	int rc = fs_write(path, uuid, strlen(uuid), 0600, 0, err);

	free(path);
	free(uuid);
	return rc;
}

int
conversation_order_none(const char *root, const char *id, struct strbuf *err)
{
	char *path = make_path(root, id, ",fresh");
	int rc = fs_unlink(path, err);

	free(path);
	return rc;
}

const char *
conversation_text(enum conversation conversation)
{
	static const char *const texts[] = {
		[CONVERSATION_NONE] = NULL,
		[CONVERSATION_FRESH] = "fresh start",
		[CONVERSATION_RESUMED] = "resumed conversation",
	};

	return texts[conversation];
}
