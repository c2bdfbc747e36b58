/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Which team a command is about, and reading it.
 *
 * The options -C and -f come first; without either TEAMCTL_ROOT and
 * TEAMCTL_FILE do; without those the nearest team above the current folder.
 */
#define _XOPEN_SOURCE 700 /* for realpath, which is XSI */
#include "cmd.h"
#include "os.h"
#include "sysource.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEAM_FILE "team-compose.yaml"
#define TEAM_DIR ".team"
#define APPLIED_FILE "state/applied.json"

/* Where a team was found; both allocated. */
struct place {
	char *root; /* absolute */
	char *file; /* its name in there */
};

/* They live as long as the process: struct source points into them. */
static struct place place;
static char *share;
static const struct candidate *the_candidate;

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *
join(const char *dir, const char *name)
{
	return xasprintf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

/*
 * Takes dir when it holds `sign`: the team file, or what was applied of one
 * that is gone.  What runs of that can still be seen and stopped.
 */
static bool
try_dir(const char *dir, const char *sign, struct place *found)
{
	char *path = join(dir, sign);
	bool there = is_file(path);

	free(path);
	if (!there)
		return false;
	found->root = realpath(dir, NULL);
	found->file = xstrdup(TEAM_FILE);
	return found->root != NULL;
}

/* The folder itself or the .team in it, as `order` says. */
static bool
try_level(const char *dir, const char *sign, bool dot_team_first,
    struct place *found)
{
	char *inner = join(dir, TEAM_DIR);
	bool there = dot_team_first ?
	    try_dir(inner, sign, found) || try_dir(dir, sign, found) :
	    try_dir(dir, sign, found) || try_dir(inner, sign, found);

	free(inner);
	return there;
}

static void
place_release(struct place *found)
{
	free(found->root);
	free(found->file);
	*found = (struct place){ NULL, NULL };
}

/*
 * Put by another user into a folder for all, as /tmp is: nobody who is there,
 * or below it, has asked to run what it says.
 */
static bool
is_planted(const char *dir, const char *sign, const struct place *found)
{
	char *path = join(found->root, sign);
	struct stat folder, file;
	bool is_for_all = stat(dir, &folder) == 0 &&
	    folder.st_mode & S_ISVTX && folder.st_mode & S_IWOTH;
	bool is_planted = is_for_all && stat(path, &file) == 0 &&
	    file.st_uid != geteuid() && file.st_uid != 0;

	if (is_planted)
		cmd_warn("'%s' is passed over: another user has put it into a "
		    "folder for all; -C names it", path);
	free(path);
	return is_planted;
}

static bool
try_above(const char *dir, const char *sign, struct place *found)
{
	if (!try_level(dir, sign, true, found))
		return false;
	if (!is_planted(dir, sign, found))
		return true;
	place_release(found);
	return false;
}

static bool
walk_up(const char *sign, struct place *found)
{
	char *dir = realpath(".", NULL), *slash;
	bool there = false;

	while (dir && !there) {
		there = try_above(*dir ? dir : "/", sign, found);
		slash = strrchr(dir, '/');
		if (!slash || !*dir)
			break;
		*slash = '\0';
	}
	free(dir);
	return there;
}

/* The file is gone, and what was applied of it is still beside. */
static bool
was_applied(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) :
	    xstrdup(".");
	char *applied = join(dir, APPLIED_FILE);
	bool was = access(path, F_OK) < 0 && errno == ENOENT &&
	    is_file(applied);

	free(dir);
	free(applied);
	return was;
}

static int
place_of_file(const char *dir, const char *file, struct place *found)
{
	char *path = dir && file[0] != '/' ? join(dir, file) : xstrdup(file);
	char *slash = strrchr(path, '/');
	int code = EXIT_DONE;

	if (!is_file(path) && !was_applied(path)) {
		cmd_error("cannot open '%s': %s", path, is_dir(path) ?
		    "it is a folder; -C names one" :
		    access(path, F_OK) == 0 ? "it is no regular file" :
		    strerror(errno));
		free(path);
		return EXIT_INVALID;
	}
	found->file = xstrdup(slash ? slash + 1 : path);
	if (slash)
		slash[slash == path] = '\0';
	found->root = realpath(slash ? path : ".", NULL);
	if (!found->root) {
		cmd_error("cannot open '%s': %s", path, strerror(errno));
		code = EXIT_INVALID;
	}
	free(path);
	return code;
}

static int
place_of_dir(const char *dir, const char *named_by, struct place *found)
{
	if (try_level(dir, TEAM_FILE, false, found) ||
	    try_level(dir, APPLIED_FILE, false, found))
		return EXIT_DONE;
	if (is_dir(dir))
		cmd_error("no %s in '%s' (%s)", TEAM_FILE, dir, named_by);
	else
		cmd_error("no folder '%s' (%s)", dir, named_by);
	return EXIT_INVALID;
}

/* Upstream's line; silent where walking up would have found the same team. */
static void
tell_root(const struct place *chosen)
{
	struct place other = { NULL, NULL };

	if (!globals.cmd || !(globals.cmd->flags & CMD_TELLS_ROOT) ||
	    globals.quiet)
		return;
	if (!walk_up(TEAM_FILE, &other) || !str_eq(other.root, chosen->root))
		cmd_warn("using $TEAMCTL_ROOT=%s (CWD walk-up would resolve "
		    "elsewhere or fail)", chosen->root);
	place_release(&other);
}

static int
place_of_environment(struct place *found)
{
	const char *dir = variable("TEAMCTL_ROOT");
	const char *file = variable("TEAMCTL_FILE");
	char *cwd;
	int code;

	if (file)
		code = place_of_file(dir, file, found);
	else if (dir)
		code = place_of_dir(dir, "TEAMCTL_ROOT", found);
	else if (walk_up(TEAM_FILE, found) || walk_up(APPLIED_FILE, found))
		return EXIT_DONE;
	else {
		cwd = realpath(".", NULL);
		cmd_error("no %s found in '%s' or any folder above it",
		    TEAM_FILE, cwd ? cwd : ".");
		cmd_hint("'teamctl init' makes a team here; -C DIR names one");
		free(cwd);
		return EXIT_INVALID;
	}
	if (code == EXIT_DONE && dir)
		tell_root(found);
	return code;
}

static int
find_place(struct place *found)
{
	errno = 0;
	if (globals.file)
		return place_of_file(globals.root, globals.file, found);
	if (globals.root)
		return place_of_dir(globals.root, "-C", found);
	return place_of_environment(found);
}

/* The share folder of the build tree or the prefix that we run from. */
static char *
share_of_program(void)
{
	char self[PATH_MAX], *slash, *path, *probe;
	int i;

	if (os_self_path(self, sizeof(self)) < 0)
		return NULL;
	for (i = 0; i < 2; i++) {
		slash = strrchr(self, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	path = xasprintf("%s/share", self);
	probe = join(path, "wrappers");
	if (!is_dir(probe)) {
		free(path);
		path = xasprintf("%s/share/teamctl", self);
	}
	free(probe);
	if (is_dir(path))
		return path;
	free(path);
	return NULL;
}

const char *
cmd_share(void)
{
	if (share)
		return share;
	if (variable("TEAMCTL_SHARE"))
		share = realpath(variable("TEAMCTL_SHARE"), NULL);
	if (!share)
		share = share_of_program();
	if (!share)
		share = xstrdup(TEAMCTL_DATADIR);
	return share;
}

void
cmd_set_candidate(const struct candidate *candidate)
{
	the_candidate = candidate;
}

int
cmd_find_root(struct source *source)
{
	int code = EXIT_DONE;

	if (!place.root)
		code = find_place(&place);
	if (code != EXIT_DONE)
		return code;
	sysource_init(source);
	source->root = place.root;
	source->file = place.file;
	source->share = cmd_share();
	source->candidate = the_candidate;
	return EXIT_DONE;
}

/* Notes are for `validate`; warnings are not repeated to who wants quiet. */
static void
print_findings(struct diags *diags)
{
	diags_sort(diags);
	diags_keep(diags, globals.quiet ? DIAG_ERROR : DIAG_WARNING);
	cmd_findings(diags);
}

int
cmd_load(struct source *source, struct team **team)
{
	struct diags diags = DIAGS_INIT;
	int code = cmd_find_root(source);

	*team = NULL;
	if (code != EXIT_DONE)
		return code;
	*team = compose_load(source, &diags);
	if (*team)
		validate(*team, source, &diags);
	print_findings(&diags);
	if (!*team || diags.nr_error > 0) {
		cmd_error("%zu error%s in the compose files", diags.nr_error,
		    diags.nr_error == 1 ? "" : "s");
		compose_free(*team);
		*team = NULL;
		code = EXIT_INVALID;
	}
	diags_release(&diags);
	return code;
}
