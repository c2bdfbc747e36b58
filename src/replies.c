/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See replies.h.
 */
#include "replies.h"

#include "jfile.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, MAX_BYTES = 64 << 20 };

bool
replies_is_id(const char *id)
{
	return *id && strlen(id) <= REPLIES_ID_MAX &&
	    !id[strspn(id, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-")];
}

static char *
path_of(const char *root)
{
	return xasprintf("%s/state/commands.json", root);
}

/* The list, empty when there is none or it cannot be read. */
static json_t *
load(const char *path)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *document = NULL, *list;

	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		document = json_loadb(text.buf, text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	list = json_incref(json_object_get(document, "commands"));
	json_decref(document);
	strbuf_release(&text);
	strbuf_release(&err);
	if (json_is_array(list))
		return list;
	json_decref(list);
	return json_array();
}

static const char *
text_of(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

struct reply
replies_find(const char *root, const char *id, const char *request)
{
	char *path = path_of(root);
	json_t *list = load(path), *entry;
	struct reply reply = { .json = NULL };
	size_t i;

	json_array_foreach(list, i, entry) {
		if (!str_eq(text_of(entry, "id"), id))
			continue;
		reply.is_other = !str_eq(text_of(entry, "request"), request);
		reply.json = json_incref(json_object_get(entry, "reply"));
		reply.exit_code = (int)json_integer_value(
		    json_object_get(entry, "exit_code"));
		break;
	}
	json_decref(list);
	free(path);
	return reply;
}

int
replies_put(const char *root, const char *id, const char *request,
    const struct reply *reply, struct strbuf *err)
{
	char *path = path_of(root);
	json_t *list = load(path), *entry, *document;
	size_t i;
	int rc;

	for (i = json_array_size(list); i-- > 0;)
		if (str_eq(text_of(json_array_get(list, i), "id"), id))
			json_array_remove(list, i);
	entry = json_pack("{s:s, s:s, s:O, s:i}", "id", id, "request", request,
	    "reply", reply->json, "exit_code", reply->exit_code);
	json_array_append_new(list, entry);
	while (json_array_size(list) > REPLIES_MAX)
		json_array_remove(list, 0);
	document = json_pack("{s:i, s:o}", "schema", SCHEMA, "commands",
	    list);
	rc = jfile_write(path, document, FS_SYNC, err);
	json_decref(document);
	free(path);
	return rc;
}
