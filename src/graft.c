/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See graft.h.
 */
#include "graft.h"

#include "yaml-write.h"

#include <string.h>

enum { STEP = 2 }; /* of indentation, where the text shows none */

/* Where lines go, and what is replaced by them. */
struct place {
	size_t at;       /* offset of the begin of a line */
	size_t drop_at, drop; /* bytes that go, before `at` */
	int indent, step;
	bool is_new;     /* the group's key has to be written, too */
};

/* ---- lines ---- */

/* The offset of a line, from 1; the end of the text when there are fewer. */
static size_t
line_start(const struct strbuf *text, size_t line)
{
	const char *s = text->buf, *end = text->buf + text->len;

	while (--line && s < end) {
		s = memchr(s, '\n', (size_t)(end - s));
		s = s ? s + 1 : end;
	}
	return (size_t)(s - text->buf);
}

static size_t
next_line(const struct strbuf *text, size_t at)
{
	const char *eol = memchr(text->buf + at, '\n', text->len - at);

	return eol ? (size_t)(eol - text->buf) + 1 : text->len;
}

/* Blanks before the first word of a line, and that; '\0': there is none. */
static int
indent_of(const struct strbuf *text, size_t at, char *first)
{
	int indent = 0;

	while (at < text->len && text->buf[at] == ' ') {
		at++;
		indent++;
	}
	*first = at < text->len ? text->buf[at] : '\0';
	if (*first == '\n' || *first == '\r')
		*first = '\0';
	return indent;
}

static bool
ends_document(const struct strbuf *text, size_t at)
{
	return text->len - at >= 3 && (memcmp(text->buf + at, "...", 3) == 0 ||
	    memcmp(text->buf + at, "---", 3) == 0);
}

/*
 * The end of what is indented by at least so much after a line: behind the
 * last of it, comments that are indented further included.
 */
static size_t
block_end(const struct strbuf *text, size_t line, int indent)
{
	size_t at = next_line(text, line_start(text, line)), end = at;
	char first;
	int here;

	for (; at < text->len; at = next_line(text, at)) {
		here = indent_of(text, at, &first);
		if (!first)
			continue;
		if (first == '#') {
			if (here > indent)
				end = next_line(text, at);
			continue;
		}
		if (here < indent || (here == 0 && ends_document(text, at)))
			break;
		end = next_line(text, at);
	}
	return end;
}

/* ---- where ---- */

static const struct yaml_node *
find_project(const struct yaml_node *root, const char *id)
{
	const struct yaml_node *list = yaml_get(root, "projects"), *node;
	size_t i;

	if (!id)
		return root;
	for (i = 0; list && list->kind == YAML_LIST && i < list->nr; i++) {
		node = yaml_get(yaml_get(list->item[i], "project"), "id");
		if (!node)
			node = yaml_get(list->item[i], "id");
		if (node && node->kind == YAML_SCALAR &&
		    str_eq(node->text, id))
			return list->item[i];
	}
	return NULL;
}

/* A mapping whose keys begin lines, after a "- " at most. */
static bool
is_block(const struct strbuf *text, const struct yaml_node *map)
{
	const struct yaml_node *key = yaml_key(map, 0);
	size_t at = line_start(text, key->line), i;
	size_t begin = line_start(text, map->line) + map->col - 1;

	if (begin >= text->len || text->buf[begin] == '{' ||
	    text->len - at < key->col)
		return false;
	/* A byte order mark is no column. */
	if (at == 0 && str_starts(text->buf, "\xef\xbb\xbf"))
		at += 3;
	for (i = 0; i + 1 < key->col; i++)
		if (text->buf[at + i] != ' ' && text->buf[at + i] != '-')
			return false;
	return true;
}

static int
indent_of_keys(const struct yaml_node *map)
{
	return (int)yaml_key(map, 0)->col - 1;
}

/* How much further an agent's keys are indented than its name. */
static int
find_step(const struct yaml_node *group)
{
	const struct yaml_node *agent;
	int step = 0;
	size_t i;

	for (i = 0; i < group->nr && step < 1; i++) {
		agent = yaml_value(group, i);
		if (agent->kind == YAML_MAP && agent->nr &&
		    yaml_key(agent, 0)->line > yaml_key(group, i)->line)
			step = indent_of_keys(agent) - indent_of_keys(group);
	}
	return step > 0 ? step : STEP;
}

/* Behind the last agent of a group in block style. */
static void
place_in_group(const struct strbuf *text, const struct yaml_node *group,
    struct place *place)
{
	place->indent = indent_of_keys(group);
	place->step = find_step(group);
	place->at = block_end(text, yaml_key(group, group->nr - 1)->line,
	    place->indent);
}

/* Below the key of a group that has no agent: "workers:" or "workers: {}". */
static bool
place_below(const struct strbuf *text, const struct yaml_node *key,
    const struct yaml_node *value, struct place *place)
{
	size_t at = line_start(text, value->line) + value->col - 1;

	place->step = STEP;
	place->indent = (int)key->col - 1 + STEP;
	place->at = block_end(text, key->line, place->indent);
	if (yaml_is_empty(value))
		return true;
	if (value->kind != YAML_MAP || value->line != key->line ||
	    text->len - at < 2 || memcmp(text->buf + at, "{}", 2) != 0)
		return false;
	for (place->drop = 2; text->buf[at - 1] == ' '; place->drop++)
		at--;
	place->drop_at = at;
	return true;
}

static void
place_in_project(const struct strbuf *text, const struct yaml_node *project,
    struct place *place)
{
	place->is_new = true;
	place->step = STEP;
	place->indent = indent_of_keys(project) + STEP;
	place->at = block_end(text, yaml_key(project, project->nr - 1)->line,
	    indent_of_keys(project));
}

/* The key of the group that the agent comes to, or NULL. */
static const struct yaml_node *
find_group(const struct graft *graft, const struct yaml_node *project)
{
	const struct yaml_node *workers = yaml_get_key(project, "workers");
	const struct yaml_node *agents = yaml_get_key(project, "agents");

	if (graft->is_manager)
		return yaml_get_key(project, "managers");
	/* The one of the two that has some. */
	if (workers && agents && yaml_get(project, "workers")->nr == 0)
		return agents;
	return workers ? workers : agents;
}

const char *
graft_group(const struct graft *graft, const struct yaml_node *project)
{
	const struct yaml_node *key = find_group(graft, project);

	return key ? key->text : graft->is_manager ? "managers" : "workers";
}

static int
find_place(const struct graft *graft, const struct strbuf *text,
    const struct yaml_node *root, struct place *place, struct strbuf *err)
{
	const struct yaml_node *project = find_project(root, graft->project);
	const struct yaml_node *key, *group;

	if (!project || project->kind != YAML_MAP || project->nr == 0) {
		strbuf_addstr(err, "its project is not in there");
		return -1;
	}
	if (!is_block(text, project)) {
		strbuf_addf(err, "its project is in flow style, {...}, at "
		    "line %u", project->line);
		return -1;
	}
	key = find_group(graft, project);
	group = key ? yaml_get(project, key->text) : NULL;
	if (!group)
		place_in_project(text, project, place);
	else if (group->kind == YAML_MAP && group->nr && is_block(text, group))
		place_in_group(text, group, place);
	else if ((group->kind == YAML_MAP && group->nr) ||
	    !place_below(text, key, group, place)) {
		strbuf_addf(err, "its project has '%s' in flow style, "
		    "{...}, at line %u", key->text, group->line);
		return -1;
	}
	return 0;
}

/* ---- writing ---- */

static void
add_blanks(struct strbuf *out, int nr)
{
	while (nr-- > 0)
		strbuf_addch(out, ' ');
}

void
graft_add_agent(const struct graft *graft, int indent, int step,
    struct strbuf *out)
{
	char c = graft->name[0];

	add_blanks(out, indent);
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		strbuf_addstr(out, graft->name);
	else
		yaml_add_quoted(out, graft->name);
	strbuf_addstr(out, ":\n");
	yaml_write_map(out, graft->body, indent + step);
}

/* Whether the lines of the text end as those of DOS do. */
static bool
has_returns(const struct strbuf *text)
{
	const char *eol = memchr(text->buf, '\n', text->len);

	return eol && eol > text->buf && eol[-1] == '\r';
}

static void
add_lines(struct strbuf *out, const char *lines, bool returns)
{
	for (; *lines; lines++) {
		if (*lines == '\n' && returns)
			strbuf_addch(out, '\r');
		strbuf_addch(out, *lines);
	}
}

static void
write_text(const struct graft *graft, const struct strbuf *text,
    const struct place *place, struct strbuf *out)
{
	struct strbuf lines = STRBUF_INIT;
	size_t from = place->drop ? place->drop_at + place->drop : 0;

	if (place->at == text->len && text->len &&
	    text->buf[text->len - 1] != '\n')
		strbuf_addch(&lines, '\n');
	if (place->is_new) {
		add_blanks(&lines, place->indent - place->step);
		strbuf_addstr(&lines, graft->is_manager ? "managers:\n" :
		    "workers:\n");
	}
	graft_add_agent(graft, place->indent, place->step, &lines);
	if (place->drop)
		strbuf_add(out, text->buf, place->drop_at);
	strbuf_add(out, text->buf + from, place->at - from);
	add_lines(out, lines.buf, has_returns(text));
	strbuf_add(out, text->buf + place->at, text->len - place->at);
	strbuf_release(&lines);
}

int
graft_agent(const struct graft *graft, const struct strbuf *text,
    struct strbuf *out, struct strbuf *err)
{
	struct place place = { 0 };
	struct diags diags = DIAGS_INIT;
	struct yaml_doc *doc = yaml_parse(graft->file, text->buf, text->len,
	    &diags);
	int rc = -1;

	if (!doc || diags.nr_error)
		strbuf_addstr(err, "it is not valid");
	else
		rc = find_place(graft, text, doc->root, &place, err);
	if (rc == 0)
		write_text(graft, text, &place, out);
	yaml_doc_free(doc);
	diags_release(&diags);
	return rc;
}
