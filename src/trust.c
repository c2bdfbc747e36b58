/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See trust.h.
 */
#define _XOPEN_SOURCE 700 /* for realpath, which is XSI */
#include "trust.h"

#include "fs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_SETTINGS = 64 << 20 };

#define TRUSTED "hasTrustDialogAccepted"

/* Where Claude Code keeps them; NULL when there is no such place. */
static char *
settings_path(const struct source *source)
{
	const char *dir = source->getenv(source->ctx, "CLAUDE_CONFIG_DIR");
	char *path, *real;

	if (!dir || !*dir)
		dir = source->getenv(source->ctx, "HOME");
	if (!dir || !*dir)
		return NULL;
	path = xasprintf("%s/.claude.json", dir);
	/* A link, as dotfile managers make them, stays one. */
	real = realpath(path, NULL);
	if (!real)
		return path;
	free(path);
	return real;
}

static json_t *
load_settings(const char *path, struct strbuf *err)
{
	struct strbuf text = STRBUF_INIT;
	json_error_t where;
	json_t *settings;

	if (fs_read(path, MAX_SETTINGS, &text, err) != 0) {
		strbuf_release(&text);
		return NULL;
	}
	settings = json_loadb(text.buf, text.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
	strbuf_release(&text);
	if (json_is_object(settings))
		return settings;
	if (settings)
		strbuf_addf(err, "'%s' holds no JSON object", path);
	else
		strbuf_addf(err, "cannot parse '%s': line %d: %s", path,
		    where.line, where.text);
	json_decref(settings);
	return NULL;
}

/* The object called that, made when it is not there; NULL: not an object. */
static json_t *
member(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!value) {
		value = json_object();
		if (json_object_set_new(object, name, value) != 0)
			return NULL;
	}
	return json_is_object(value) ? value : NULL;
}

static int
trust_folder(json_t *settings, const char *folder, struct strvec *added)
{
	json_t *projects = member(settings, "projects"), *project;

	project = projects ? member(projects, folder) : NULL;
	if (!project)
		return -1;
	if (json_is_true(json_object_get(project, TRUSTED)))
		return 0;
	strvec_push(added, folder);
	return json_object_set_new(project, TRUSTED, json_true());
}

static int
save_settings(const char *path, const json_t *settings, struct strbuf *err)
{
	char *text = json_dumps(settings, JSON_INDENT(2));
	int rc;

	if (!text) {
		strbuf_addf(err, "cannot write '%s'", path);
		return -1;
	}
	rc = fs_replace(path, text, strlen(text), err);
	free(text);
	return rc;
}

static bool
is_claude(const struct agent *agent)
{
	return agent->command.nr == 0 && agent->runtime &&
	    str_ends(agent->runtime->wrapper, "/claude-code");
}

/* What getcwd says there; of a folder that is made later, too. */
static char *
real_folder(const char *path)
{
	char *folder = realpath(path, NULL), *parent, *real;
	const char *name;

	if (folder)
		return folder;
	name = strrchr(path, '/') + 1;
	parent = xstrndup(path, (size_t)(name - path));
	real = realpath(parent, NULL);
	if (real)
		folder = xasprintf("%s/%s", str_eq(real, "/") ? "" : real,
		    name);
	free(real);
	free(parent);
	return folder;
}

/* The folders to be trusted, by the names that Claude Code finds them. */
static void
folders_of(const struct team *team, struct strvec *folders)
{
	char *folder;
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		if (!is_claude(team->agents[i]))
			continue;
		folder = real_folder(team->agents[i]->cwd_path);
		if (folder && !strvec_has(folders, folder))
			strvec_push(folders, folder);
		free(folder);
	}
}

static int
trust_all(const char *path, const struct strvec *folders,
    struct strvec *added, struct strbuf *err)
{
	struct stat st;
	/* A link to nothing is there too: it is not for us to replace. */
	json_t *settings = lstat(path, &st) == 0 ?
	    load_settings(path, err) : json_object();
	int rc = 0;
	size_t i;

	if (!settings)
		return -1;
	for (i = 0; i < folders->nr && rc == 0; i++)
		rc = trust_folder(settings, folders->v[i], added);
	if (rc != 0)
		strbuf_addf(err, "'%s' does not have the form that is known "
		    "of Claude Code", path);
	else if (added->nr)
		rc = save_settings(path, settings, err);
	json_decref(settings);
	if (rc != 0)
		strvec_release(added);
	return rc;
}

int
trust_team(const struct team *team, const struct source *source,
    struct strvec *added, struct strbuf *err)
{
	struct strvec folders = STRVEC_INIT;
	char *path;
	int rc = 0;

	if (!team->trust_workspace)
		return 0;
	folders_of(team, &folders);
	path = settings_path(source);
	if (path && folders.nr)
		rc = trust_all(path, &folders, added, err);
	free(path);
	strvec_release(&folders);
	return rc;
}
