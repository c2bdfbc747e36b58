/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See saving.h.
 */
#define _XOPEN_SOURCE 700 /* for realpath, which is XSI */
#include "saving.h"

#include "config.h"
#include "dynamic.h"
#include "fs.h"
#include "overlay.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what ---- */

void
saving_add(struct saving *saving, const char *id)
{
	const struct agent *agent = strmap_get(&saving->team->by_id, id);
	struct saved saved = { .edit = NULL };
	size_t i;

	if (agent && agent->is_dynamic)
		id = compose_text_id(agent);
	else
		agent = NULL;
	for (i = 0; i < saving->nr; i++)
		if (str_eq(saving->saved[i].id, id))
			return;
	saved.id = xstrdup(id);
	if (agent)
		saved.graft = (struct graft){
			.file = agent->project->node->file,
			.project = str_eq(agent->project->node->file,
			    saving->source->file) ? agent->project->id : NULL,
			.name = strchr(saved.id, ':') + 1,
			.is_manager = agent->is_manager,
			.body = agent->node,
		};
	if (agent)
		saved.group = graft_group(&saved.graft,
		    agent->project->node);
	ARRAY_GROW(saving->saved, saving->nr, saving->alloc);
	saving->saved[saving->nr++] = saved;
}

/* ---- the texts ---- */

static struct edit *
find_edit(struct saving *saving, const char *path, struct strbuf *err)
{
	struct edit *edit;
	size_t i;

	for (i = 0; i < saving->nr_edit; i++)
		if (str_eq(saving->edits[i]->path, path))
			return saving->edits[i];
	edit = xcalloc(1, sizeof(*edit));
	strbuf_init(&edit->before);
	strbuf_init(&edit->after);
	edit->path = xstrdup(path);
	edit->full = compose_path(saving->source->root, path);
	ARRAY_GROW(saving->edits, saving->nr_edit, saving->alloc_edit);
	saving->edits[saving->nr_edit++] = edit;
	if (fs_read(edit->full, COMPOSE_MAX_FILE, &edit->before, err) < 0)
		return NULL;
	strbuf_add(&edit->after, edit->before.buf, edit->before.len);
	return edit;
}

static int
graft(struct saving *saving, struct saved *saved, struct strbuf *err)
{
	struct strbuf out = STRBUF_INIT;

	saved->edit = find_edit(saving, saved->graft.file, err);
	if (!saved->edit || graft_agent(&saved->graft, &saved->edit->after,
	    &out, err) < 0) {
		strbuf_release(&out);
		return -1;
	}
	strbuf_release(&saved->edit->after);
	saved->edit->after = out;
	return 0;
}

static int
refuse(const struct saved *saved, const char *why)
{
	struct strbuf text = STRBUF_INIT;

	cmd_error("cannot save '%s' in '%s': %s", saved->id,
	    saved->graft.file, why);
	cmd_hint("put this below the project's '%s:', and save again:",
	    saved->group);
	graft_add_agent(&saved->graft, 4, 2, &text);
	fputs(text.buf, stderr);
	strbuf_release(&text);
	return EXIT_REFUSED;
}

/* ---- the team as it will be ---- */

/* What says where an agent is from is no part of what it is. */
static json_t *
config_of(const struct team *team)
{
	static const char *const groups[] = { "managers", "workers" };
	json_t *config = config_json(team, NULL, NULL), *project, *agent;
	const char *name;
	size_t i, j;

	json_array_foreach(json_object_get(config, "projects"), i, project)
		for (j = 0; j < nitems(groups); j++)
			json_object_foreach(json_object_get(project,
			    groups[j]), name, agent)
				json_object_del(agent, "x-dynamic");
	return config;
}

static bool
is_same(const struct team *a, const struct team *b)
{
	json_t *one, *other;
	bool same = a->nr_agent == b->nr_agent;
	size_t i;

	for (i = 0; same && i < a->nr_agent; i++)
		same = str_eq(a->agents[i]->id, b->agents[i]->id) &&
		    str_eq(a->agents[i]->meta, b->agents[i]->meta) &&
		    str_eq(a->agents[i]->acl, b->agents[i]->acl);
	if (!same)
		return false;
	one = config_of(a);
	other = config_of(b);
	same = json_equal(one, other);
	json_decref(one);
	json_decref(other);
	return same;
}

static bool
check(struct saving *saving)
{
	struct diags diags = DIAGS_INIT;
	struct overlay overlay;
	char *path;
	size_t i;
	bool same;

	overlay_init(&overlay, saving->source);
	for (i = 0; i < saving->nr_edit; i++)
		overlay_replace(&overlay, saving->edits[i]->full,
		    &saving->edits[i]->after);
	for (i = 0; i < saving->nr; i++) {
		path = dynamic_path(saving->source->root, saving->saved[i].id);
		overlay_hide(&overlay, path);
		free(path);
	}
	saving->then = compose_load(&overlay.source, &diags);
	if (saving->then)
		validate(saving->then, &overlay.source, &diags);
	same = saving->then && !diags.nr_error &&
	    is_same(saving->team, saving->then);
	overlay_release(&overlay);
	diags_release(&diags);
	return same;
}

int
saving_prepare(struct saving *saving)
{
	struct strbuf err = STRBUF_INIT;
	const struct saved *last = NULL;
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; code == EXIT_DONE && i < saving->nr; i++) {
		if (!saving->saved[i].graft.file)
			continue;
		last = &saving->saved[i];
		if (graft(saving, &saving->saved[i], &err) < 0)
			code = refuse(last, err.buf);
	}
	if (code == EXIT_DONE && !check(saving))
		code = last ? refuse(last, "the team would not be the same "
		    "afterwards") : EXIT_FAILED;
	strbuf_release(&err);
	return code;
}

/* ---- showing and writing ---- */

enum { CONTEXT = 3 };

/* The i-th line of a text, with its newline. */
static void
split(const struct strbuf *text, struct strvec *lines)
{
	const char *s = text->buf, *end = text->buf + text->len, *eol;
	char *line;

	for (; s < end; s = eol + 1) {
		eol = memchr(s, '\n', (size_t)(end - s));
		line = xstrndup(s, (size_t)((eol ? eol : end) - s));
		strvec_push(lines, line);
		free(line);
		if (!eol)
			break;
	}
}

static void
add_line(struct strbuf *out, char mark, const char *line)
{
	strbuf_addch(out, mark);
	strbuf_addsafe(out, line);
	strbuf_addch(out, '\n');
}

/* One piece that differs, from the first line of it to the last. */
void
saving_print(const struct edit *edit, struct strbuf *out)
{
	struct strvec a = STRVEC_INIT, b = STRVEC_INIT;
	size_t head = 0, tail = 0, from, to, i;

	split(&edit->before, &a);
	split(&edit->after, &b);
	while (head < a.nr && head < b.nr && str_eq(a.v[head], b.v[head]))
		head++;
	while (tail < a.nr - head && tail < b.nr - head &&
	    str_eq(a.v[a.nr - 1 - tail], b.v[b.nr - 1 - tail]))
		tail++;
	from = head > CONTEXT ? head - CONTEXT : 0;
	to = tail > CONTEXT ? tail - CONTEXT : 0;
	strbuf_addf(out, "--- %s\n+++ %s\n@@ -%zu,%zu +%zu,%zu @@\n",
	    edit->path, edit->path, from + 1, a.nr - to - from, from + 1,
	    b.nr - to - from);
	for (i = from; i < head; i++)
		add_line(out, ' ', a.v[i]);
	for (i = head; i < a.nr - tail; i++)
		add_line(out, '-', a.v[i]);
	for (i = head; i < b.nr - tail; i++)
		add_line(out, '+', b.v[i]);
	for (i = b.nr - tail; i < b.nr - to; i++)
		add_line(out, ' ', b.v[i]);
	strvec_release(&a);
	strvec_release(&b);
}

/* The file itself, not a link to it, with the owner and mode it has. */
static int
write_file(const struct edit *edit, struct strbuf *err)
{
	char *path = realpath(edit->full, NULL);
	struct strbuf now = STRBUF_INIT;
	int rc = -1;

	if (!path) {
		strbuf_addf(err, "cannot open '%s': %s", edit->full,
		    strerror(errno));
	} else if (fs_read(path, COMPOSE_MAX_FILE, &now, err) == 0) {
		if (now.len != edit->before.len || memcmp(now.buf,
		    edit->before.buf, now.len) != 0)
			strbuf_addf(err, "'%s' has just been changed by "
			    "somebody else", edit->full);
		else
			rc = fs_replace(path, edit->after.buf, edit->after.len,
			    err);
	}
	strbuf_release(&now);
	free(path);
	return rc;
}

int
saving_write(const struct saving *saving)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; i < saving->nr_edit && code == EXIT_DONE; i++) {
		if (write_file(saving->edits[i], &err) == 0)
			continue;
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

void
saving_release(struct saving *saving)
{
	size_t i;

	for (i = 0; i < saving->nr_edit; i++) {
		free(saving->edits[i]->path);
		free(saving->edits[i]->full);
		strbuf_release(&saving->edits[i]->before);
		strbuf_release(&saving->edits[i]->after);
		free(saving->edits[i]);
	}
	free(saving->edits);
	for (i = 0; i < saving->nr; i++)
		free(saving->saved[i].id);
	free(saving->saved);
	compose_free(saving->then);
}
