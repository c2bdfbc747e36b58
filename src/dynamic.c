/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See dynamic.h.
 */
#include "dynamic.h"

#include "jfile.h"
#include "jstring.h"
#include "state.h"
#include "units.h"
#include "yaml-write.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PENDING = 1 << 20, MAX_TEXT = YAML_WRITE_MAX + 4096 };

#define SUFFIX ".adding"

static char *
path_of(const char *root, const char *id, const char *suffix)
{
	char *path = xasprintf("%s/state/dynamic/%s%s", root, id, suffix);
	char *colon = strchr(path + strlen(root), ':');

	if (colon)
		*colon = '-';
	return path;
}

char *
dynamic_path(const char *root, const char *id)
{
	return path_of(root, id, ".yaml");
}

int
dynamic_read(const char *root, const char *id, struct strbuf *out,
    struct strbuf *err)
{
	char *path = dynamic_path(root, id);
	int rc = fs_read(path, MAX_TEXT, out, err) == 0 ? 1 : -1;

	if (rc < 0 && errno == ENOENT) {
		strbuf_reset(err);
		rc = 0;
	}
	free(path);
	return rc;
}

int
dynamic_begin(const char *root, const char *id, const struct strvec *ids,
    struct strbuf *err)
{
	json_t *document = json_pack("{s:s, s:o}", "id", id, "ids",
	    jstrings(ids));
	char *path = path_of(root, id, SUFFIX);
	int rc;

	rc = jfile_write(path, document, FS_SYNC, err);
	json_decref(document);
	free(path);
	return rc;
}

int
dynamic_commit(const char *root, const char *id, const char *text,
    struct strbuf *err)
{
	char *path = dynamic_path(root, id);
	int rc = fs_write(path, text, strlen(text), 0600, FS_SYNC, err);

	free(path);
	return rc;
}

static int
remove_file(char *path, struct strbuf *err)
{
	int rc = fs_unlink(path, err);

	free(path);
	return rc;
}

int
dynamic_end(const char *root, const char *id, struct strbuf *err)
{
	return remove_file(path_of(root, id, SUFFIX), err);
}

int
dynamic_remove(const char *root, const char *id, struct strbuf *err)
{
	return remove_file(dynamic_path(root, id), err);
}

/* ---- what a crash has left ---- */

/* The paths of all that are being added, or that end in another suffix. */
static void
list_pending(const char *root, const char *suffix, struct strvec *paths)
{
	char *folder = state_path(root, "dynamic");
	const struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir)))
		if (str_ends(entry->d_name, suffix))
			strvec_pushf(paths, "%s/%s", folder, entry->d_name);
	if (dir)
		closedir(dir);
	strvec_sort(paths);
	free(folder);
}

bool
dynamic_has_pending(const char *root)
{
	struct strvec paths = STRVEC_INIT;
	bool found;

	list_pending(root, SUFFIX, &paths);
	list_pending(root, FS_TMP, &paths);
	found = paths.nr > 0;
	strvec_release(&paths);
	return found;
}

static int
parse_pending(const char *root, const struct strbuf *text,
    struct pending *pending)
{
	json_t *document = json_loadb(text->buf, text->len, 0, NULL), *item;
	const char *id = json_string_value(json_object_get(document, "id"));
	char *path;
	size_t i;

	if (!id || !units_is_agent_id(id)) {
		json_decref(document);
		return -1;
	}
	pending->id = xstrdup(id);
	json_array_foreach(json_object_get(document, "ids"), i, item)
		if (json_is_string(item) &&
		    units_is_agent_id(json_string_value(item)))
			strvec_push(&pending->ids, json_string_value(item));
	path = dynamic_path(root, id);
	pending->is_committed = access(path, F_OK) == 0;
	free(path);
	json_decref(document);
	return 0;
}

int
dynamic_load_pending(const char *root, struct pendings *pendings,
    struct strbuf *err)
{
	struct strvec paths = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	struct pending *pending;
	size_t i;
	int rc = 0;

	*pendings = (struct pendings){ NULL, 0, 0 };
	list_pending(root, SUFFIX, &paths);
	for (i = 0; i < paths.nr && rc == 0; i++) {
		ARRAY_GROW(pendings->p, pendings->nr, pendings->alloc);
		pending = &pendings->p[pendings->nr++];
		*pending = (struct pending){ .ids = STRVEC_INIT };
		strbuf_reset(&text);
		rc = fs_read(paths.v[i], MAX_PENDING, &text, err);
		if (rc == 0 && parse_pending(root, &text, pending) < 0) {
			strbuf_addf(err, "'%s' says nothing about an agent; "
			    "remove it", paths.v[i]);
			rc = -1;
		}
	}
	strbuf_release(&text);
	strvec_release(&paths);
	return rc;
}

void
dynamic_sweep(const char *root, const struct strvec *ids)
{
	static const char *const files[][2] = {
		{ "envs", ".env." }, { "mcp", ".json." },
		{ "launch", ".launch." }, { "exits", ".json." },
		{ "role_prompts", ".md." }, { "resume", "." },
	};
	char *folder = state_path(root, "dynamic"), *prefix;
	size_t i, j;

	fs_sweep(folder, "");
	free(folder);
	for (i = 0; i < nitems(files); i++) {
		folder = state_path(root, files[i][0]);
		for (j = 0; j < ids->nr; j++) {
			prefix = xasprintf("%s%s", ids->v[j], files[i][1]);
			prefix[strcspn(prefix, ":")] = '-';
			fs_sweep(folder, prefix);
			free(prefix);
		}
		free(folder);
	}
}

void
pendings_release(struct pendings *pendings)
{
	size_t i;

	for (i = 0; i < pendings->nr; i++) {
		free(pendings->p[i].id);
		strvec_release(&pendings->p[i].ids);
	}
	free(pendings->p);
}
