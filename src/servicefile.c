/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See servicefile.h.
 */
#include "servicefile.h"

#include "digest.h"
#include "fs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

char *
servicefile_mark(const char *root)
{
	char digest[DIGEST_SIZE];

	digest_text(root, strlen(root), digest);
	return xasprintf(SERVICEFILE_MARK "%.12s", digest +
	    strlen("sha256:"));
}

char *
servicefile_folder(bool is_launchd)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (!is_launchd && config && *config == '/')
		return xasprintf("%s/systemd/user", config);
	if (!home || !*home)
		return NULL;
	return xasprintf("%s/%s", home, is_launchd ? "Library/LaunchAgents" :
	    ".config/systemd/user");
}

char *
servicefile_find_unit(const char *root, struct strbuf *text)
{
	char *folder = servicefile_folder(false), *mark, *path = NULL;
	DIR *dir = folder ? opendir(folder) : NULL;
	struct strbuf err = STRBUF_INIT;
	const struct dirent *entry;

	mark = servicefile_mark(root);
	while (dir && !path && (entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "teamctl-"))
			continue;
		path = xasprintf("%s/%s", folder, entry->d_name);
		strbuf_reset(text);
		if (fs_read(path, SERVICEFILE_MAX, text, &err) == 0 &&
		    strstr(text->buf, mark))
			break;
		free(path);
		path = NULL;
	}
	if (dir)
		closedir(dir);
	strbuf_release(&err);
	free(folder);
	free(mark);
	return path;
}

char *
servicefile_variable(const char *text, const char *name)
{
	char *head = xasprintf("\nEnvironment=\"%s=", name);
	const char *at = strstr(text, head);
	struct strbuf value = STRBUF_INIT;

	at = at ? at + strlen(head) : NULL;
	free(head);
	if (!at)
		return NULL;
	for (; *at && *at != '"' && *at != '\n'; at++) {
		if ((*at == '\\' || *at == '%') && at[1])
			at++; /* as add_unit_chars doubled it */
		strbuf_addch(&value, *at);
	}
	return strbuf_detach(&value);
}
