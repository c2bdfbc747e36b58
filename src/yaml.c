/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See yaml.h.  libyaml's event interface: its document interface reads all
 * input before one can object, accepts keys that stand twice, and makes real
 * cycles of "&a [*a]".  libyaml 0.2.5 takes quadratic time in the depth of
 * nesting, so the depth limit must stop it early.
 */
#include "yaml.h"

#include "rules.h"
#include "strmap.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t yaml;
	struct yaml_doc *doc;
	const char *file; /* in the arena of doc */
	const char *text;
	size_t len;
	struct diags *diags;
	struct strmap anchors;    /* name to node; NULL while it is open */
	struct yaml_node **stack; /* items of the open lists and maps */
	size_t nr, alloc;
	uint32_t nodes, aliased;
};

static struct pos
mark_pos(const struct reader *r, yaml_mark_t mark)
{
	return (struct pos){ r->file, (int)mark.line + 1,
		(int)mark.column + 1 };
}

/* libyaml's reader errors have no mark, only an offset in bytes. */
static struct pos
offset_pos(const struct reader *r, size_t offset)
{
	struct pos pos = { r->file, 1, 1 };
	size_t i;

	for (i = 0; i < offset && i < r->len; i++) {
		if (r->text[i] == '\n') {
			pos.line++;
			pos.col = 1;
		} else if (((unsigned char)r->text[i] & 0xc0) != 0x80) {
			pos.col++;
		}
	}
	return pos;
}

/* Whether the given line, from 0, has a tab before its first word. */
static bool
is_tab_indented(const struct reader *r, size_t line)
{
	const char *s = r->text, *end = r->text + r->len;

	for (; line && s; line--) {
		s = memchr(s, '\n', (size_t)(end - s));
		if (s)
			s++;
	}
	for (; s && s < end && (*s == ' ' || *s == '\t'); s++)
		if (*s == '\t')
			return true;
	return false;
}

static void
report_syntax(struct reader *r)
{
	const yaml_parser_t *y = &r->yaml;
	struct diag *diag;

	if (y->error == YAML_READER_ERROR) {
		diag_error(r->diags, offset_pos(r, y->problem_offset),
		    RULE_YAML_ENCODING, "not clean UTF-8 text: %s",
		    y->problem);
		return;
	}
	if (y->error == YAML_MEMORY_ERROR)
		BUG("libyaml is out of memory");
	diag = diag_error(r->diags, mark_pos(r, y->problem_mark),
	    RULE_YAML_SYNTAX, "not YAML: %s%s%s", y->problem,
	    y->context ? " " : "", y->context ? y->context : "");
	if (is_tab_indented(r, y->problem_mark.line))
		diag_hint(diag, "indent with blanks, YAML allows no tabs");
}

/* The next event, which the caller deletes; -1 after a syntax error. */
static int
next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->yaml, event))
		return 0;
	report_syntax(r);
	return -1;
}

static struct yaml_node *
new_node(struct reader *r, enum yaml_kind kind, yaml_mark_t mark)
{
	struct yaml_node *node;

	if (++r->nodes > YAML_MAX_NODES) {
		diag_error(r->diags, mark_pos(r, mark), RULE_YAML_LIMIT,
		    "more than %d values in one file", YAML_MAX_NODES);
		return NULL;
	}
	node = arena_alloc(&r->doc->arena, sizeof(*node));
	node->kind = kind;
	node->file = r->file;
	node->line = (uint32_t)mark.line + 1;
	node->col = (uint32_t)mark.column + 1;
	node->weight = 1;
	return node;
}

/* Says that a tag other than !!str and those of the node's own kind is lost. */
static void
check_tag(struct reader *r, const yaml_char_t *tag, yaml_mark_t mark)
{
	static const char *const harmless[] = {
		"!", YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG,
	};
	size_t i;

	if (!tag)
		return;
	for (i = 0; i < nitems(harmless); i++)
		if (strcmp((const char *)tag, harmless[i]) == 0)
			return;
	diag_warning(r->diags, mark_pos(r, mark), RULE_YAML_TAG,
	    "tag '%s' is ignored", (const char *)tag);
}

static struct yaml_node *
read_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	size_t len = event->data.scalar.length;
	struct yaml_node *node;

	if (memchr(text, '\0', len)) {
		diag_error(r->diags, mark_pos(r, event->start_mark),
		    RULE_YAML_ENCODING, "a NUL character in a value");
		return NULL;
	}
	node = new_node(r, YAML_SCALAR, event->start_mark);
	if (!node)
		return NULL;
	check_tag(r, event->data.scalar.tag, event->start_mark);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    !str_eq(tag, YAML_STR_TAG) && !str_eq(tag, "!");
	node->text = arena_strndup(&r->doc->arena, text, len);
	node->weight += (uint32_t)(len / YAML_HEAVY_TEXT);
	return node;
}

static struct yaml_node *
read_alias(struct reader *r, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct pos pos = mark_pos(r, event->start_mark);
	struct yaml_node *node = strmap_get(&r->anchors, name);

	if (!node) {
		diag_error(r->diags, pos, RULE_YAML_ALIAS,
		    strmap_has(&r->anchors, name) ?
		    "alias '*%s' stands inside of what it names" :
		    "alias '*%s' has no anchor '&%s' before it", name, name);
		return NULL;
	}
	r->aliased += node->weight;
	if (r->aliased > YAML_MAX_ALIASED) {
		diag_error(r->diags, pos, RULE_YAML_LIMIT,
		    "aliases expand to more than %d values", YAML_MAX_ALIASED);
		return NULL;
	}
	return node;
}

static struct yaml_node *read_node(struct reader *r,
    const yaml_event_t *event, int depth);

/* Items up to the end event onto the stack; -1 after an error. */
static int
read_items(struct reader *r, yaml_event_type_t end, int depth)
{
	struct yaml_node *node;
	yaml_event_t event;

	for (;;) {
		if (next_event(r, &event) < 0)
			return -1;
		if (event.type == end) {
			yaml_event_delete(&event);
			return 0;
		}
		node = read_node(r, &event, depth);
		yaml_event_delete(&event);
		if (!node)
			return -1;
		ARRAY_GROW(r->stack, r->nr, r->alloc);
		r->stack[r->nr++] = node;
	}
}

/* Moves the items above base from the stack into node. */
static void
take_items(struct reader *r, struct yaml_node *node, size_t base)
{
	size_t i, nr = r->nr - base;

	node->item = arena_alloc(&r->doc->arena, nr * sizeof(*node->item));
	for (i = 0; i < nr; i++) {
		node->item[i] = r->stack[base + i];
		node->weight += node->item[i]->weight;
	}
	node->nr = (uint32_t)(node->kind == YAML_MAP ? nr / 2 : nr);
	r->nr = base;
}

static void
report_twice(struct reader *r, const struct yaml_node *key,
    const struct yaml_node *first)
{
	diag_error(r->diags, yaml_pos(key), RULE_YAML_DUPLICATE,
	    "key '%s' stands twice in one mapping, first at %s:%u:%u",
	    key->text, first->file, first->line, first->col);
}

/* The kept pair before number i with the same key, or i. */
static size_t
find_twin(const struct yaml_node *map, size_t i, struct strmap *seen)
{
	const char *key = map->item[2 * i]->text;
	struct strmap_entry *entry;
	size_t j;

	if (seen) {
		/* Nothing but kept keys is entered, so the index is theirs. */
		entry = strmap_entry(seen, key);
		return (size_t)(entry - seen->entry);
	}
	for (j = 0; j < i; j++)
		if (strcmp(map->item[2 * j]->text, key) == 0)
			break;
	return j;
}

/* Keys must be text and different; drops the pairs of which that is not so. */
static void
check_keys(struct reader *r, struct yaml_node *map)
{
	enum {
		FEW = 16,      /* where comparing each with each is cheaper */
		LONGEST = 512, /* half of what can be written without "?" */
	};
	struct strmap seen = STRMAP_INIT;
	size_t i, twin, kept = 0;
	struct yaml_node *key;

	for (i = 0; i < map->nr; i++) {
		key = map->item[2 * i];
		map->item[2 * kept] = key;
		map->item[2 * kept + 1] = map->item[2 * i + 1];
		if (key->kind != YAML_SCALAR || strlen(key->text) > LONGEST) {
			diag_error(r->diags, yaml_pos(key), RULE_YAML_KEY,
			    "%s as a key", key->kind == YAML_SCALAR ?
			    "more than 512 bytes" : yaml_kind_name(key));
			continue;
		}
		twin = find_twin(map, kept, map->nr > FEW ? &seen : NULL);
		if (twin != kept) {
			report_twice(r, key, map->item[2 * twin]);
			continue;
		}
		kept++;
	}
	map->nr = (uint32_t)kept;
	strmap_release(&seen, NULL);
}

static struct yaml_node *
read_collection(struct reader *r, const yaml_event_t *event,
    const yaml_char_t *tag, int depth)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct yaml_node *node;
	size_t base = r->nr;

	if (depth > YAML_MAX_DEPTH) {
		diag_error(r->diags, mark_pos(r, event->start_mark),
		    RULE_YAML_LIMIT, "nested more than %d levels deep",
		    YAML_MAX_DEPTH);
		return NULL;
	}
	check_tag(r, tag, event->start_mark);
	node = new_node(r, is_map ? YAML_MAP : YAML_LIST, event->start_mark);
	if (!node || read_items(r, is_map ? YAML_MAPPING_END_EVENT :
	    YAML_SEQUENCE_END_EVENT, depth) < 0)
		return NULL;
	take_items(r, node, base);
	if (is_map)
		check_keys(r, node);
	return node;
}

/* A name may be given anew (YAML 1.1, 3.2.2.2), but seldom on purpose. */
static void
open_anchor(struct reader *r, const char *name, yaml_mark_t mark)
{
	const struct yaml_node *before = strmap_get(&r->anchors, name);

	if (before)
		diag_warning(r->diags, mark_pos(r, mark), RULE_YAML_ALIAS,
		    "anchor '&%s' is given anew; before, it was line %d",
		    name, yaml_pos(before).line);
	strmap_set(&r->anchors, name, NULL);
}

static struct yaml_node *
read_node(struct reader *r, const yaml_event_t *event, int depth)
{
	const yaml_char_t *anchor = NULL;
	struct yaml_node *node;

	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(r, event);
	if (event->type == YAML_SCALAR_EVENT)
		anchor = event->data.scalar.anchor;
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		anchor = event->data.sequence_start.anchor;
	else
		anchor = event->data.mapping_start.anchor;
	if (anchor)
		open_anchor(r, (const char *)anchor, event->start_mark);
	if (event->type == YAML_SCALAR_EVENT)
		node = read_scalar(r, event);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		node = read_collection(r, event,
		    event->data.sequence_start.tag, depth + 1);
	else
		node = read_collection(r, event,
		    event->data.mapping_start.tag, depth + 1);
	if (anchor)
		strmap_set(&r->anchors, (const char *)anchor, node);
	return node;
}

/* The only document's root; an empty scalar when there is none. */
static struct yaml_node *
read_stream(struct reader *r)
{
	struct yaml_node *root = NULL;
	yaml_event_t event;
	bool failed = false, ended = false;

	while (!failed && !ended) {
		if (next_event(r, &event) < 0)
			return NULL;
		if (event.type == YAML_STREAM_END_EVENT) {
			ended = true;
		} else if (event.type == YAML_DOCUMENT_START_EVENT && root) {
			diag_error(r->diags, mark_pos(r, event.start_mark),
			    RULE_YAML_DOCUMENTS,
			    "a second document in one file");
			failed = true;
		} else if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT &&
		    event.type != YAML_DOCUMENT_END_EVENT) {
			root = read_node(r, &event, 0);
			failed = !root;
		}
		yaml_event_delete(&event);
	}
	if (failed)
		return NULL;
	if (!root) {
		root = new_node(r, YAML_SCALAR, (yaml_mark_t){ 0, 0, 0 });
		root->plain = true;
		root->text = arena_strdup(&r->doc->arena, "");
	}
	return root;
}

/* libyaml would read UTF-16, every other tool of ours would not. */
static bool
is_utf16(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
	    memcmp(text, "\xfe\xff", 2) == 0 ||
	    (!text[0] && text[1]) || (text[0] && !text[1]));
}

struct yaml_doc *
yaml_parse(const char *file, const char *text, size_t len,
    struct diags *diags)
{
	struct yaml_doc *doc = xcalloc(1, sizeof(*doc));
	struct reader r = { .doc = doc, .diags = diags };
	struct pos start = { file, 1, 1 };

	/* With the encoding set, libyaml takes a byte order mark for text. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	r.text = text;
	r.len = len;
	r.file = arena_strdup(&doc->arena, file);
	if (is_utf16(text, len)) {
		diag_hint(diag_error(diags, start, RULE_YAML_ENCODING,
		    "UTF-16 text"), "save the file as UTF-8");
		yaml_doc_free(doc);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.yaml))
		BUG("libyaml is out of memory");
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text,
	    len);
	doc->root = read_stream(&r);
	yaml_parser_delete(&r.yaml);
	strmap_release(&r.anchors, NULL);
	free(r.stack);
	if (!doc->root) {
		yaml_doc_free(doc);
		return NULL;
	}
	return doc;
}

void
yaml_doc_free(struct yaml_doc *doc)
{
	if (!doc)
		return;
	arena_release(&doc->arena);
	free(doc);
}
