/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl service: the service file that keeps a team's supervisor running
 * after logout and boot.  It writes the file and tells the commands that make
 * it work; it runs none of them.
 */
#include "cmd.h"
#include "fs.h"
#include "os.h"
#include "service.h"
#include "servicefile.h"
#include "units.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct service_options {
	bool systemd, launchd, force;
	const char *name;
} options;

static const struct opt opts[] = {
	{ 0, "systemd", OPT_FLAG, offsetof(struct service_options, systemd),
	    NULL, "a unit for systemd --user" },
	{ 0, "launchd", OPT_FLAG, offsetof(struct service_options, launchd),
	    NULL, "an agent for launchd, on macOS the default" },
	{ 0, "name", OPT_STRING, offsetof(struct service_options, name),
	    "NAME", "what to call it; default: that of the folder" },
	{ 'F', "force", OPT_FLAG, offsetof(struct service_options, force),
	    NULL, "replace or remove a file of somebody else" },
	{ 0 },
};

/* One kind of service manager. */
struct manager {
	void (*text)(const struct service *service, struct strbuf *out);
	const char *prefix, *suffix; /* of the file's name */
	void (*installed)(const char *name, const char *path);
	void (*uninstalled)(const char *name, const char *path);
};

static const char *
user_name(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_name : "$USER";
}

static void
systemd_installed(const char *name, const char *path)
{
	(void)path;
	printf("Now run:\n"
	    "  systemctl --user daemon-reload\n"
	    "  systemctl --user enable --now teamctl-%s.service\n"
	    "  loginctl enable-linger %s\n"
	    "Without the last one systemd ends all that is yours when you log "
	    "out, and starts\nnothing of yours before you log in.\n", name,
	    user_name());
}

static void
systemd_uninstalled(const char *name, const char *path)
{
	(void)path;
	printf("Now run:\n"
	    "  systemctl --user disable --now teamctl-%s.service\n"
	    "  systemctl --user daemon-reload\n", name);
}

static void
launchd_installed(const char *name, const char *path)
{
	(void)name;
	printf("Now run:\n  launchctl bootstrap gui/%ld '%s'\n",
	    (long)getuid(), path);
}

static void
launchd_uninstalled(const char *name, const char *path)
{
	(void)path;
	printf("Now run:\n  launchctl bootout gui/%ld/com.teamctl.%s\n",
	    (long)getuid(), name);
}

static const struct manager systemd = {
	service_systemd, "teamctl-", ".service",
	systemd_installed, systemd_uninstalled,
};
static const struct manager launchd = {
	service_launchd, "com.teamctl.", ".plist",
	launchd_installed, launchd_uninstalled,
};

static const struct manager *
pick_manager(void)
{
#ifdef __APPLE__
	return options.systemd ? &systemd : &launchd;
#else
	return options.launchd ? &launchd : &systemd;
#endif
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Where its file goes; NULL after printing why there is no such place. */
static char *
make_path(const struct manager *manager, const char *name)
{
	char *folder = servicefile_folder(manager == &launchd), *path;

	if (!folder) {
		cmd_error("HOME is not set");
		return NULL;
	}
	path = xasprintf("%s/%s%s%s", folder, manager->prefix, name,
	    manager->suffix);
	free(folder);
	return path;
}

/* The folder's name, or that of the folder whose .team it is. */
static char *
default_name(const char *root)
{
	size_t len = strlen(root), i;
	const char *start;
	char *name;

	if (str_ends(root, "/.team"))
		len -= strlen("/.team");
	for (start = root + len; start > root && start[-1] != '/'; start--)
		continue;
	name = xstrndup(start, (size_t)(root + len - start));
	for (i = 0; name[i]; i++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
		    "wxyz0123456789._-", name[i]))
			name[i] = '_';
	}
	if (*name && *name != '.' && *name != '-')
		return name;
	free(name);
	return xstrdup("team");
}

/*
 * The program as it is found along PATH, when that is us: a path that stays
 * the same when an upgrade moves what is behind it.
 */
static char *
program_path(void)
{
	char self[4096];
	char *found = fs_which("teamctl", variable("PATH"));
	struct stat a, b;

	if (os_self_path(self, sizeof(self)) < 0) {
		cmd_error("cannot find the path of this program");
		free(found);
		return NULL;
	}
	if (found && *found == '/' && stat(found, &a) == 0 &&
	    stat(self, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino)
		return found;
	free(found);
	return xstrdup(self);
}

/* Service managers start with a PATH of their own, in which little is found. */
static void
add_path(struct strvec *env)
{
	const char *s = variable("PATH");
	struct strbuf path = STRBUF_INIT;
	size_t len;

	for (; s && *s; s += len + (s[len] == ':')) {
		len = strcspn(s, ":");
		if (*s != '/')
			continue; /* it is relative to a folder that differs */
		if (path.len > 0)
			strbuf_addch(&path, ':');
		strbuf_add(&path, s, len);
	}
	strvec_pushf(env, "PATH=%s", path.len > 0 ? path.buf :
	    "/usr/local/bin:/usr/bin:/bin");
	strbuf_release(&path);
}

static void
add_environment(struct strvec *env)
{
	static const char *const names[] = { "LANG", "LC_ALL", "LC_CTYPE",
		"SHELL", "TEAMCTL_SHARE", "TMUX_TMPDIR" };
	size_t i;

	add_path(env);
	for (i = 0; i < nitems(names); i++) {
		if (variable(names[i]))
			strvec_pushf(env, "%s=%s", names[i],
			    variable(names[i]));
	}
}

static void
add_command(struct strvec *argv, const struct source *source, char *program)
{
	strvec_take(argv, program);
	if (strcmp(source->file, "team-compose.yaml") == 0) {
		strvec_push(argv, "-C");
		strvec_push(argv, source->root);
	} else {
		strvec_push(argv, "-f");
		strvec_pushf(argv, "%s/%s", source->root, source->file);
	}
	strvec_push(argv, "supervise");
}

/* Neither format holds control characters or what is no text. */
static int
check_texts(const struct strvec *texts)
{
	struct strbuf safe = STRBUF_INIT;
	bool is_good = true;
	size_t i;

	for (i = 0; i < texts->nr && is_good; i++) {
		strbuf_reset(&safe);
		strbuf_addsafe(&safe, texts->v[i]);
		is_good = strcmp(safe.buf, texts->v[i]) == 0;
		if (!is_good)
			cmd_error("a service file cannot hold '%s'",
			    texts->v[i]);
	}
	strbuf_release(&safe);
	return is_good ? EXIT_DONE : EXIT_FAILED;
}

static int
make_text(const struct source *source, const struct manager *manager,
    const char *name, const char *mark, struct strbuf *text)
{
	char *log = xasprintf("%s/state/supervise.log", source->root);
	struct service service = { .name = name, .root = source->root,
		.log = log, .mark = mark };
	char *program = program_path();
	int code = EXIT_FAILED;

	if (program) {
		add_command(&service.argv, source, program);
		add_environment(&service.env);
		code = check_texts(&service.argv);
	}
	if (code == EXIT_DONE)
		code = check_texts(&service.env);
	if (code == EXIT_DONE)
		manager->text(&service, text);
	strvec_release(&service.argv);
	strvec_release(&service.env);
	free(log);
	return code;
}

/* Is what stands at path ours to replace or remove?  Absent is fine, too. */
static int
check_owner(const char *path, const char *mark, bool *exists)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	int code = EXIT_DONE;
	struct stat st;

	*exists = lstat(path, &st) == 0;
	if (*exists && !options.force) {
		if (fs_read(path, SERVICEFILE_MAX, &text, &err) < 0) {
			cmd_error("%s", err.buf);
			code = EXIT_FAILED;
		} else if (!strstr(text.buf, SERVICEFILE_MARK)) {
			cmd_error("'%s' was not written by teamctl", path);
			cmd_hint("--force replaces or removes it");
			code = EXIT_REFUSED;
		} else if (!strstr(text.buf, mark)) {
			cmd_error("'%s' is of another team", path);
			cmd_hint("give this one another --name");
			code = EXIT_REFUSED;
		}
	}
	strbuf_release(&text);
	strbuf_release(&err);
	return code;
}

static int
write_file(const char *path, const struct strbuf *text)
{
	struct strbuf err = STRBUF_INIT;
	char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int code = EXIT_DONE;

	if (fs_mkdirs(folder, 0755, &err) < 0 ||
	    fs_write(path, text->buf, text->len, 0644, FS_SYNC, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	free(folder);
	strbuf_release(&err);
	return code;
}

/* What one verb works on. */
struct job {
	const struct manager *manager;
	const char *name;
	const struct source *source;
	char *mark, *path;
};

static int
verb_print(const struct job *job)
{
	struct strbuf text = STRBUF_INIT;
	int code = make_text(job->source, job->manager, job->name, job->mark,
	    &text);

	if (code == EXIT_DONE)
		fputs(text.buf, stdout);
	strbuf_release(&text);
	return code;
}

static int
verb_install(const struct job *job)
{
	struct strbuf text = STRBUF_INIT;
	bool exists;
	int code = make_text(job->source, job->manager, job->name, job->mark,
	    &text);

	if (code == EXIT_DONE)
		code = check_owner(job->path, job->mark, &exists);
	if (code == EXIT_DONE)
		code = write_file(job->path, &text);
	if (code == EXIT_DONE) {
		printf("installed · %s\n", job->path);
		job->manager->installed(job->name, job->path);
	}
	strbuf_release(&text);
	return code;
}

static int
verb_uninstall(const struct job *job)
{
	bool exists;
	int code = check_owner(job->path, job->mark, &exists);

	if (code != EXIT_DONE)
		return code;
	if (!exists) {
		printf("not installed · %s\n", job->path);
		return EXIT_DONE;
	}
	if (unlink(job->path) < 0) {
		cmd_error("cannot remove '%s': %s", job->path,
		    strerror(errno));
		return EXIT_FAILED;
	}
	printf("uninstalled · %s\n", job->path);
	job->manager->uninstalled(job->name, job->path);
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(const struct job *job);
} verbs[] = {
	{ "print", verb_print },
	{ "install", verb_install },
	{ "uninstall", verb_uninstall },
};

static int
run_verb(int (*verb)(const struct job *job), const struct source *source)
{
	char *name = options.name ? xstrdup(options.name) :
	    default_name(source->root);
	struct job job = { .manager = pick_manager(), .name = name,
		.source = source };
	int code = EXIT_FAILED;

	job.mark = servicefile_mark(source->root);
	job.path = make_path(job.manager, name);
	if (job.path)
		code = verb(&job);
	free(job.path);
	free(job.mark);
	free(name);
	return code;
}

static int
run(int argc, char **argv)
{
	struct source source;
	size_t i;
	int code;

	if (argc > 1)
		return cmd_usage(&cmd_service, "takes one operand: '%s'",
		    argv[1]);
	if (options.systemd && options.launchd)
		return cmd_usage(&cmd_service, "--systemd or --launchd, not "
		    "both");
	if (options.name && !units_is_name(options.name))
		return cmd_usage(&cmd_service, "'%s' cannot be its name",
		    options.name);
	for (i = 0; i < nitems(verbs); i++) {
		if (strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		code = cmd_find_root(&source);
		return code == EXIT_DONE ? run_verb(verbs[i].run, &source) :
		    code;
	}
	return cmd_usage(&cmd_service, "'%s' is not print, install or "
	    "uninstall", argv[0]);
}

const struct cmd cmd_service = {
	.name = "service",
	.group = GROUP_OTHER,
	.flags = CMD_CHANGES,
	.operands = "print|install|uninstall",
	.summary = "a service file that keeps the supervisor running",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "The file names this program, the team's root and the "
	    "present PATH.  Nothing is\nstarted or stopped: the commands "
	    "that do are printed.\n",
};
