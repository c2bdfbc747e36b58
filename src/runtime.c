/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See runtime.h.  The keys of a descriptor are read by runtime-read.c.
 */
#include "runtime.h"

#include "rules.h"
#include "runtime-read.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DESCRIPTOR = 1 << 18 };

const char *const runtime_variables[] = {
	"AGENT_ID", "PROJECT_ID", "RUNTIME", "MODEL", "PERMISSION_MODE",
	"EFFORT", "TEAMCTL_MAILBOX", "MCP_CONFIG", "SYSTEM_PROMPT_PATH",
	"CLAUDE_PROJECT_DIR", "TEAMCTL_ROOT", "TMUX_SESSION", "SESSION_ID",
	"SESSION_NAME", NULL,
};

bool
runtime_expand(const char *text,
    const char *(*lookup)(void *ctx, const char *name), void *ctx,
    struct strbuf *out)
{
	const char *end, *value;
	char *name;

	for (; *text; text++) {
		if (*text != '$') {
			strbuf_addch(out, *text);
			continue;
		}
		if (*++text == '$') {
			strbuf_addch(out, '$');
			continue;
		}
		end = *text == '{' ? strchr(text, '}') : NULL;
		if (!end)
			return false;
		name = xstrndup(text + 1, (size_t)(end - text - 1));
		value = lookup(ctx, name);
		free(name);
		if (!value || !*value)
			return false;
		strbuf_addstr(out, value);
		text = end;
	}
	return true;
}

/* Forgets what a descriptor in the original's format always says itself. */
static void
reset_original(struct runtime *rt)
{
	free(rt->file);
	free(rt->binary);
	free(rt->default_model);
	free(rt->session_resume);
	rt->file = rt->binary = rt->default_model = rt->session_resume = NULL;
	rt->supports_mcp = false;
	runtime_release_rate_limits(rt);
}

static void
runtime_free(struct runtime *rt)
{
	reset_original(rt);
	runtime_release_args(rt);
	free(rt->name);
	free(rt->unread);
	free(rt->package);
	free(rt->wrapper);
	strvec_release(&rt->env);
	strvec_release(&rt->drain_keys);
	strvec_release(&rt->ready_patterns);
	strvec_release(&rt->waiting_patterns);
	strvec_release(&rt->classifier);
	runtime_release_screens(rt);
	free(rt);
}

/* The wrapper of that name, else the one for any command. */
static char *
default_wrapper(const struct source *source, const char *name)
{
	char *path = xasprintf("%s/wrappers/%s", source->share, name);

	if (source->kind(source->ctx, path) == SOURCE_FILE)
		return path;
	free(path);
	return xasprintf("%s/wrappers/command", source->share);
}

/* Reads the file at path (shown as file) over what load->rt holds. */
static void
read_descriptor(struct runtime_load *load, const char *path, char *file)
{
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	const struct source *source = load->source;
	struct runtime *rt = load->rt;
	struct yaml_doc *doc = NULL;

	reset_original(rt);
	rt->file = file;
	rt->pos = (struct pos){ .file = rt->file };
	if (source->read(source->ctx, path, MAX_DESCRIPTOR, &text, &err) != 0)
		diag_error(load->diags, rt->pos, RULE_RUNTIME_FILE, "%s",
		    err.buf);
	else
		doc = yaml_parse(file, text.buf, text.len, load->diags);
	if (doc) {
		rt->pos.line = rt->pos.col = 1;
		runtime_read(load, doc->root);
		if (!rt->binary && !yaml_get(doc->root, "binary"))
			diag_error(load->diags, rt->pos, RULE_KEY_REQUIRED,
			    "runtime '%s' needs the key 'binary'", rt->name);
	}
	if (!rt->wrapper)
		rt->wrapper = default_wrapper(source, rt->name);
	yaml_doc_free(doc);
	strbuf_release(&text);
	strbuf_release(&err);
}

static struct runtime *
find(const struct runtimes *runtimes, const char *name)
{
	size_t i;

	for (i = 0; i < runtimes->nr; i++)
		if (strcmp(runtimes->r[i]->name, name) == 0)
			return runtimes->r[i];
	return NULL;
}

static struct runtime *
find_or_add(struct runtimes *runtimes, const char *name)
{
	struct runtime *rt = find(runtimes, name);

	if (rt)
		return rt;
	rt = xcalloc(1, sizeof(*rt));
	rt->name = xstrdup(name);
	runtimes->r = xreallocarray(runtimes->r, runtimes->nr + 1,
	    sizeof(*runtimes->r));
	runtimes->r[runtimes->nr++] = rt;
	return rt;
}

/* What is bundled of it, once. */
static void
read_bundled(const struct runtimes *runtimes, struct runtime *rt)
{
	struct runtime_load load = { .source = runtimes->source,
		.diags = runtimes->diags, .rt = rt, .bundled = true };
	char *path = rt->unread;

	if (!path)
		return;
	rt->unread = NULL;
	read_descriptor(&load, path, xstrdup(path));
	free(path);
}

/* A descriptor of the team's own. */
static void
read_own(const struct runtimes *runtimes, struct runtime *rt, const char *path)
{
	struct runtime_load load = { .source = runtimes->source,
		.diags = runtimes->diags, .rt = rt };
	const char *shown = path + strlen(runtimes->source->root) + 1;

	read_bundled(runtimes, rt);
	read_descriptor(&load, path, xstrdup(shown));
}

/* All descriptors below parent, which are the team's own, or bundled. */
static void
list_folder(struct runtimes *runtimes, const char *parent, bool is_own)
{
	const struct source *source = runtimes->source;
	char *folder = xasprintf("%s/runtimes", parent), *path, *name;
	struct strvec names = STRVEC_INIT;
	size_t i;

	source->list(source->ctx, folder, &names);
	for (i = 0; i < names.nr; i++) {
		if (!str_ends(names.v[i], ".yaml"))
			continue;
		name = xstrndup(names.v[i],
		    strlen(names.v[i]) - strlen(".yaml"));
		path = xasprintf("%s/%s", folder, names.v[i]);
		if (!units_is_name(name)) {
			diag_error(runtimes->diags,
			    (struct pos){ .file = path }, RULE_NAME_CHARSET,
			    "'%s' is not a runtime's name", name);
		} else if (is_own) {
			read_own(runtimes, find_or_add(runtimes, name), path);
		} else {
			find_or_add(runtimes, name)->unread = path;
			path = NULL;
		}
		free(path);
		free(name);
	}
	strvec_release(&names);
	free(folder);
}

static int
by_name(const void *pa, const void *pb)
{
	const struct runtime *const *a = pa, *const *b = pb;

	return strcmp((*a)->name, (*b)->name);
}

struct runtimes *
runtimes_load(const struct source *source, struct diags *diags)
{
	struct runtimes *runtimes = xcalloc(1, sizeof(*runtimes));

	runtimes->source = source;
	runtimes->diags = diags;
	list_folder(runtimes, source->share, false);
	if (runtimes->nr == 0)
		diag_hint(diag_error(diags, (struct pos){ .file = NULL },
		    RULE_RUNTIME_FILE, "no runtime descriptors in "
		    "'%s/runtimes'", source->share),
		    "TEAMCTL_SHARE names the share folder");
	list_folder(runtimes, source->root, true);
	if (runtimes->nr)
		qsort(runtimes->r, runtimes->nr, sizeof(*runtimes->r),
		    by_name);
	return runtimes;
}

const struct runtime *
runtimes_find(const struct runtimes *runtimes, const char *name)
{
	struct runtime *rt = find(runtimes, name);

	if (rt)
		read_bundled(runtimes, rt);
	return rt;
}

void
runtimes_free(struct runtimes *runtimes)
{
	size_t i;

	if (!runtimes)
		return;
	for (i = 0; i < runtimes->nr; i++)
		runtime_free(runtimes->r[i]);
	free(runtimes->r);
	free(runtimes);
}
