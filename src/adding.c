/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See adding.h.
 */
#include "adding.h"

#include "dynamic.h"
#include "fs.h"
#include "manifest.h"
#include "rules.h"
#include "yaml-write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

static int
read_stdin(struct adding *adding, struct strbuf *err)
{
	char buf[65536];
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf, sizeof(buf));
		if (n > 0)
			strbuf_add(&adding->text, buf, (size_t)n);
	} while ((n > 0 && adding->text.len <= MANIFEST_MAX) ||
	    (n < 0 && errno == EINTR));
	if (n < 0)
		strbuf_addf(err, "cannot read standard input: %s",
		    strerror(errno));
	else if (adding->text.len > MANIFEST_MAX)
		strbuf_addf(err, "standard input is larger than %d bytes",
		    MANIFEST_MAX);
	return err->len ? -1 : 0;
}

int
adding_read(struct adding *adding, const char *file, const char *project)
{
	struct strbuf err = STRBUF_INIT;
	bool is_stdin = str_eq(file, "-");
	int code = EXIT_DONE;

	*adding = (struct adding){ .text = STRBUF_INIT, .kept = STRBUF_INIT };
	if (is_stdin ? read_stdin(adding, &err) < 0 :
	    fs_read(file, MANIFEST_MAX, &adding->text, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_INVALID;
	}
	adding->candidate = (struct candidate){
		.file = is_stdin ? "stdin" : file,
		.text = adding->text.buf,
		.len = adding->text.len,
		.project = project,
	};
	strbuf_release(&err);
	return code;
}

/* ---- checking ---- */

static int
check_project(const struct team *team, const char *project)
{
	const char **names;
	const char *nearest;
	size_t i;

	if (!project)
		return EXIT_DONE;
	names = xcalloc(team->nr_project, sizeof(*names));
	for (i = 0; i < team->nr_project; i++) {
		names[i] = team->projects[i]->id;
		if (str_eq(names[i], project))
			break;
	}
	if (i == team->nr_project) {
		cmd_error("no such project: %s", project);
		nearest = str_nearest(project, names, i);
		if (nearest)
			cmd_hint("did you mean '%s'?", nearest);
	}
	free(names);
	return i < team->nr_project ? EXIT_DONE : EXIT_NO_AGENT;
}

/* Nothing is wrong with it but that its name is taken. */
static bool
is_clash(const struct diags *diags)
{
	size_t i;

	for (i = 0; i < diags->nr; i++)
		if (diags->d[i].level == DIAG_ERROR &&
		    !str_eq(diags->d[i].rule, RULE_AGENT_DUPLICATE) &&
		    !str_eq(diags->d[i].rule, RULE_SESSION_COLLISION))
			return false;
	return diags->nr_error > 0;
}

static void
collect_ids(struct adding *adding, const struct team *team)
{
	const struct agent *agent;
	size_t i;

	for (i = 0; i < team->nr_agent; i++) {
		agent = team->agents[i];
		if (str_eq(compose_text_id(agent),
		    adding->id))
			strvec_push(&adding->ids, agent->id);
	}
}

/* Whether it is what has been added already; else an exit code. */
static int
compare(struct adding *adding, const char *root)
{
	struct strbuf there = STRBUF_INIT, err = STRBUF_INIT;
	int found = dynamic_read(root, adding->id, &there, &err);
	int code = EXIT_DONE;

	adding->is_there = found > 0 && str_eq(there.buf, adding->kept.buf);
	if (found < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else if (found && !adding->is_there) {
		cmd_error("agent '%s' has been added already, from another "
		    "manifest", adding->id);
		cmd_hint("'teamctl remove %s' comes first", adding->id);
		code = EXIT_REFUSED;
	}
	strbuf_release(&there);
	strbuf_release(&err);
	return code;
}

static int
take(struct adding *adding, const struct team *team, const char *root)
{
	const struct manifest *manifest = team->added;

	adding->id = xasprintf("%s:%s", team->added_to->id,
	    manifest->name->text);
	if (manifest_write(manifest, team->added_to->id, &adding->kept) < 0) {
		cmd_error("the manifest is too long: its aliases stand for "
		    "more than %d bytes", YAML_WRITE_MAX);
		return EXIT_INVALID;
	}
	collect_ids(adding, team);
	return compare(adding, root);
}

static int
report(const struct adding *adding, struct diags *diags)
{
	if (!diags->nr_error)
		return EXIT_DONE; /* whoever loads the team for it warns */
	diags_keep(diags, globals.quiet ? DIAG_ERROR : DIAG_WARNING);
	cmd_findings(diags);
	cmd_error("'%s' cannot be added", adding->id ? adding->id :
	    adding->candidate.file);
	return is_clash(diags) ? EXIT_REFUSED : EXIT_INVALID;
}

int
adding_check(struct adding *adding)
{
	struct diags diags = DIAGS_INIT;
	struct source source;
	struct team *team = NULL;
	int code;

	strbuf_reset(&adding->kept);
	strvec_release(&adding->ids);
	free(adding->id);
	adding->id = NULL;
	adding->is_there = false;
	cmd_set_candidate(&adding->candidate);
	code = cmd_find_root(&source);
	if (code == EXIT_DONE)
		team = compose_load(&source, &diags);
	if (team) {
		validate(team, &source, &diags);
		code = check_project(team, adding->candidate.project);
		if (code == EXIT_DONE && team->added)
			code = take(adding, team, source.root);
	}
	if (code == EXIT_DONE && !adding->is_there)
		code = report(adding, &diags);
	compose_free(team);
	diags_release(&diags);
	return code;
}

void
adding_release(struct adding *adding)
{
	cmd_set_candidate(NULL);
	strbuf_release(&adding->text);
	strbuf_release(&adding->kept);
	strvec_release(&adding->ids);
	free(adding->id);
}
