/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl init: makes a team from a template, share/templates/NAME.
 *
 * A file dot-X of a template becomes .X, and {{project_id}} and
 * {{project_name}} are filled in.  Nothing is ever deleted; --force replaces
 * the files that the template has, and no others.
 */
#include "cmd.h"
#include "fs.h"
#include "sysource.h"
#include "units.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEMPLATE_FILE = 1 << 20 };

static struct init_options {
	const char *template;
	const char *project;
	bool force, yes, dry_run;
} options;

static const struct opt opts[] = {
	{ 't', "template", OPT_STRING, offsetof(struct init_options, template),
	    "NAME", "solo (default), blank, ..." },
	{ 'p', "project", OPT_STRING, offsetof(struct init_options, project),
	    "ID", "id of the project; default: the folder's name" },
	{ 0, "force", OPT_FLAG, offsetof(struct init_options, force), NULL,
	    "replace files that the template has" },
	{ 'y', "yes", OPT_FLAG, offsetof(struct init_options, yes), NULL,
	    "ask nothing" },
	{ 0, "dry-run", OPT_FLAG, offsetof(struct init_options, dry_run), NULL,
	    "only list what would be written" },
	{ 0 },
};

struct plan {
	const char *template;
	char *source;  /* folder of the template */
	char *target;  /* the .team folder */
	char *id, *name; /* of the project */
	struct strvec files; /* of the template, relative to source */
};

static void
plan_release(struct plan *plan)
{
	free(plan->source);
	free(plan->target);
	free(plan->id);
	free(plan->name);
	strvec_release(&plan->files);
}

/* Letters and digits in lower case, dashes for the rest, none at the ends. */
static char *
slug(const char *text)
{
	enum { LONGEST = 64 }; /* units_is_name */
	struct strbuf sb = STRBUF_INIT;

	for (; *text && sb.len < LONGEST; text++) {
		if (isalnum((unsigned char)*text) && !(*text & 0x80))
			strbuf_addch(&sb,
			    (char)tolower((unsigned char)*text));
		else if (sb.len > 0)
			strbuf_addch(&sb, '-');
	}
	while (sb.len > 0 && sb.buf[sb.len - 1] == '-')
		strbuf_setlen(&sb, sb.len - 1);
	if (sb.len == 0)
		strbuf_addstr(&sb, "main");
	return strbuf_detach(&sb);
}

/* "hello-team" to "Hello Team". */
static char *
title(const char *id)
{
	struct strbuf sb = STRBUF_INIT;
	bool is_first = true;

	for (; *id; id++) {
		strbuf_addch(&sb, *id == '-' ? ' ' : is_first ?
		    (char)toupper((unsigned char)*id) : *id);
		is_first = *id == '-';
	}
	return strbuf_detach(&sb);
}

/* The id of the project: as asked for, or from the name of its folder. */
static int
choose_id(const char *folder, char **id)
{
	char *path, *slash;

	if (options.project) {
		if (!units_is_name(options.project))
			return cmd_usage(&cmd_init, "'%s' cannot be a "
			    "project's id: letters, digits, '.', '_', '-', "
			    "at most 64 of them", options.project);
		*id = xstrdup(options.project);
		return EXIT_DONE;
	}
	path = xstrdup(folder);
	while (str_ends(path, "/"))
		path[strlen(path) - 1] = '\0';
	slash = strrchr(path, '/');
	*id = slug(slash ? slash + 1 : path);
	free(path);
	return EXIT_DONE;
}

/* All files below dir, relative to it, with prefix in front. */
static void
list_files(const struct source *source, const char *dir, const char *prefix,
    struct strvec *files)
{
	struct strvec names = STRVEC_INIT;
	char *path, *below;
	size_t i;

	source->list(source->ctx, dir, &names);
	for (i = 0; i < names.nr; i++) {
		path = xasprintf("%s/%s", dir, names.v[i]);
		if (source->kind(source->ctx, path) == SOURCE_DIR) {
			below = xasprintf("%s%s/", prefix, names.v[i]);
			list_files(source, path, below, files);
			free(below);
		} else {
			strvec_pushf(files, "%s%s", prefix, names.v[i]);
		}
		free(path);
	}
	strvec_release(&names);
}

static int
unknown_template(const struct source *source, const char *templates)
{
	struct strvec names = STRVEC_INIT;
	struct strbuf list = STRBUF_INIT;
	size_t i;

	source->list(source->ctx, templates, &names);
	for (i = 0; i < names.nr; i++)
		strbuf_addf(&list, "%s%s", i ? ", " : "", names.v[i]);
	strvec_release(&names);
	if (list.len == 0) {
		cmd_error("no templates in '%s'", templates);
		strbuf_release(&list);
		return EXIT_FAILED;
	}
	cmd_usage(&cmd_init, "unknown template '%s' — known: %s",
	    options.template, list.buf);
	strbuf_release(&list);
	return EXIT_USAGE;
}

static int
choose_template(struct plan *plan)
{
	char *templates = xasprintf("%s/templates", cmd_share());
	struct source source;
	int code = EXIT_DONE;

	sysource_init(&source);
	if (!options.template)
		options.template = "solo";
	plan->template = options.template;
	plan->source = xasprintf("%s/%s", templates, plan->template);
	if (units_is_name(plan->template))
		list_files(&source, plan->source, "", &plan->files);
	if (plan->files.nr == 0)
		code = unknown_template(&source, templates);
	free(templates);
	return code;
}

/* The target of a template's file: dot-x/dot-y is .x/.y there. */
static char *
target_of(const struct plan *plan, const char *file)
{
	struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "%s/", plan->target);
	while (*file) {
		if (str_starts(file, "dot-") && str_ends(path.buf, "/")) {
			strbuf_addch(&path, '.');
			file += strlen("dot-");
		} else {
			strbuf_addch(&path, *file++);
		}
	}
	return strbuf_detach(&path);
}

static void
fill_in(const struct plan *plan, const char *text, struct strbuf *out)
{
	const struct {
		const char *word, *value;
	} places[] = {
		{ "{{project_id}}", plan->id },
		{ "{{project_name}}", plan->name },
	};
	size_t i;

	while (*text) {
		for (i = 0; i < nitems(places); i++) {
			if (str_starts(text, places[i].word))
				break;
		}
		if (i == nitems(places)) {
			strbuf_addch(out, *text++);
			continue;
		}
		strbuf_addstr(out, places[i].value);
		text += strlen(places[i].word);
	}
}

static int
make_parent(const char *path, struct strbuf *err)
{
	char *dir = xstrdup(path);
	int result;

	*strrchr(dir, '/') = '\0';
	result = fs_mkdirs(dir, 0755, err);
	free(dir);
	return result;
}

static int
write_file(const struct plan *plan, const char *file, struct strbuf *err)
{
	char *from = xasprintf("%s/%s", plan->source, file);
	char *to = target_of(plan, file);
	struct strbuf text = STRBUF_INIT, filled = STRBUF_INIT;
	bool is_there = access(to, F_OK) == 0;
	int result;

	result = fs_read(from, MAX_TEMPLATE_FILE, &text, err);
	if (result == 0) {
		fill_in(plan, text.buf, &filled);
		result = make_parent(to, err);
	}
	if (result == 0)
		result = fs_write(to, filled.buf, filled.len,
		    access(from, X_OK) == 0 ? 0755 : 0644, FS_IF_CHANGED, err);
	if (result == 0)
		printf("%s · %s\n", is_there ? "replaced" : "created",
		    to);
	strbuf_release(&text);
	strbuf_release(&filled);
	free(from);
	free(to);
	return result;
}

static void
list_plan(const struct plan *plan, FILE *stream)
{
	char *path;
	size_t i;

	for (i = 0; i < plan->files.nr; i++) {
		path = target_of(plan, plan->files.v[i]);
		fprintf(stream, "%s · %s%s\n",
		    access(path, F_OK) == 0 ? "replaced" : "created", path,
		    options.dry_run ? " (dry run)" : "");
		free(path);
	}
}

/* On a terminal: shows what will be written and waits for a yes. */
static bool
is_confirmed(const struct plan *plan)
{
	char answer[16];

	if (options.yes || !isatty(STDIN_FILENO))
		return true;
	fprintf(stderr, "template '%s', project '%s':\n", plan->template,
	    plan->id);
	list_plan(plan, stderr);
	fputs("write these files? [Y/n] ", stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return strchr("Yy\n", answer[0]) != NULL;
}

static int
carry_out(const struct plan *plan)
{
	struct strbuf err = STRBUF_INIT;
	size_t i;

	for (i = 0; i < plan->files.nr; i++) {
		if (write_file(plan, plan->files.v[i], &err) == 0)
			continue;
		cmd_error("%s", err.buf);
		strbuf_release(&err);
		return EXIT_FAILED;
	}
	printf("\nNext:\n"
	    "  edit %s/projects/main.yaml\n"
	    "  teamctl validate   check the files\n"
	    "  teamctl doctor     check this machine\n"
	    "  teamctl up         start the team\n", plan->target);
	return EXIT_DONE;
}

static int
prepare(const char *folder, struct plan *plan)
{
	int code = choose_id(folder, &plan->id);

	if (code != EXIT_DONE)
		return code;
	plan->name = title(plan->id);
	plan->target = xasprintf("%s/.team", folder);
	code = choose_template(plan);
	if (code == EXIT_DONE && access(plan->target, F_OK) == 0 &&
	    !options.force) {
		cmd_error("'%s' exists", plan->target);
		cmd_hint("--force replaces the template's files in it and "
		    "keeps all others");
		code = EXIT_FAILED;
	}
	return code;
}

/* The folder that gets a .team: NAME below -C or the current one. */
static char *
choose_folder(const char *name)
{
	char cwd[4096];
	const char *base = globals.root;

	if (name && name[0] == '/')
		return xstrdup(name);
	if (!base)
		base = getcwd(cwd, sizeof(cwd)) ? cwd : ".";
	return name ? xasprintf("%s/%s", base, name) : xstrdup(base);
}

static int
run(int argc, char **argv)
{
	struct plan plan = { .files = STRVEC_INIT };
	char *folder;
	int code;

	if (argc > 1)
		return cmd_usage(&cmd_init, "takes one name: '%s'", argv[1]);
	if (globals.file)
		return cmd_usage(&cmd_init, "-f names a team that exists");
	folder = choose_folder(argc == 1 ? argv[0] : NULL);
	code = prepare(folder, &plan);
	if (code == EXIT_DONE && options.dry_run) {
		list_plan(&plan, stdout);
	} else if (code == EXIT_DONE && !is_confirmed(&plan)) {
		cmd_error("aborted");
		code = EXIT_FAILED;
	} else if (code == EXIT_DONE) {
		code = carry_out(&plan);
	}
	plan_release(&plan);
	free(folder);
	return code;
}

const struct cmd cmd_init = {
	.name = "init",
	.group = GROUP_TEAM,
	.operands = "[NAME]",
	.summary = "make a new team, in NAME/.team or ./.team",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "A template is a folder of files.  'solo' is a manager "
	    "and a developer, 'blank' a\nteam without agents.  --force never "
	    "deletes: it replaces the files that the\ntemplate has, and "
	    "leaves all others alone.\n",
};
