/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See jtree.h.  Strings stay where they are in a copy of the text, without
 * their escapes and with a NUL in the place of their closing quote.
 */
#include "jtree.h"

#include "strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEPTH = 128,
	FEW = 32, /* members that are compared with each other one by one */
	FIRST_CHUNK = 32,
	FEW_DIGITS = 18, /* that always fit */
};

#define EACH UINT64_C(0x0101010101010101) /* byte of a word */

struct jchunk {
	struct jchunk *next;
	size_t used, size;
	struct jnode nodes[];
};

struct parser {
	struct jtree *tree;
	char *p; /* the text ends with a word of NULs, which are nowhere else */
	int depth;
};

static struct jnode *
new_node(struct jtree *tree)
{
	struct jchunk *chunk = tree->chunks;
	size_t size = chunk ? chunk->size * 2 : FIRST_CHUNK;

	if (!chunk || chunk->used == chunk->size) {
		chunk = xmalloc(sizeof(*chunk) + size * sizeof(struct jnode));
		chunk->next = tree->chunks;
		chunk->used = 0;
		chunk->size = size;
		tree->chunks = chunk;
	}
	return &chunk->nodes[chunk->used++];
}

static void
skip_blanks(struct parser *parser)
{
	while (*parser->p == ' ' || *parser->p == '\n' ||
	    *parser->p == '\t' || *parser->p == '\r')
		parser->p++;
}

/* Four digits; -1: they are not. */
static long
hex4(const char *s)
{
	long n = 0;
	int i;

	for (i = 0; i < 4; i++) {
		n <<= 4;
		if (s[i] >= '0' && s[i] <= '9')
			n |= s[i] - '0';
		else if ((s[i] | 32) >= 'a' && (s[i] | 32) <= 'f')
			n |= (s[i] | 32) - 'a' + 10;
		else
			return -1;
	}
	return n;
}

static char *
put_utf8(char *out, long c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Behind "\u": what it stands for, NULL for a lone surrogate or a NUL. */
static char *
unescape_unicode(struct parser *parser, char *out)
{
	long c = hex4(parser->p), low;

	if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
		return NULL;
	parser->p += 4;
	if (c >= 0xd800 && c < 0xdc00) {
		if (parser->p[0] != '\\' || parser->p[1] != 'u')
			return NULL;
		low = hex4(parser->p + 2);
		if (low < 0xdc00 || low >= 0xe000)
			return NULL;
		parser->p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	return put_utf8(out, c);
}

/* Behind a backslash.  Never longer than what it replaces. */
static char *
unescape(struct parser *parser, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *parser->p;
	const char *at;

	if (c == 'u') {
		parser->p++;
		return unescape_unicode(parser, out);
	}
	at = c ? strchr(from, c) : NULL;
	if (!at)
		return NULL;
	parser->p++;
	*out++ = to[at - from];
	return out;
}

/* High bits at the zero bytes of a word, and perhaps at some above them. */
static uint64_t
zero_bytes(uint64_t word)
{
	return (word - EACH) & ~word & EACH << 7;
}

/* Eight at a time, past what ends no string and needs no second look. */
static char *
skip_plain(char *p)
{
	uint64_t word, odd;

	for (;; p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		odd = (word & EACH << 7) | ((word - EACH * 0x20) & EACH << 7) |
		    zero_bytes(word ^ EACH * '"') |
		    zero_bytes(word ^ EACH * '\\');
		if (odd)
			return p;
	}
}

/* From the opening quote on; NULL: it is no string. */
static const char *
parse_string(struct parser *parser)
{
	char *start, *out;
	unsigned char c, all = 0;

	if (*parser->p != '"')
		return NULL;
	start = ++parser->p;
	parser->p = out = skip_plain(start); /* nearly all of it, mostly */
	while ((c = (unsigned char)*parser->p) != '"') {
		if (c < 0x20) /* the end of the text, too */
			return NULL;
		parser->p++;
		all |= c;
		if (c != '\\')
			*out++ = (char)c;
		else if (!(out = unescape(parser, out)))
			return NULL;
	}
	parser->p++;
	*out = '\0';
	if (all & 0x80 && !utf8_valid(start, (size_t)(out - start)))
		return NULL;
	return start;
}

static bool
skip_digits(struct parser *parser)
{
	char *start = parser->p;

	while (*parser->p >= '0' && *parser->p <= '9')
		parser->p++;
	return parser->p > start;
}

static int
parse_number(struct parser *parser, struct jnode *node)
{
	char *start = parser->p, *digit;

	if (*parser->p == '-')
		parser->p++;
	if (*parser->p == '0')
		parser->p++;
	else if (!skip_digits(parser))
		return -1;
	node->kind = J_INTEGER;
	if (*start != '-' && parser->p - start < FEW_DIGITS) {
		node->u.number = 0;
		for (digit = start; digit < parser->p; digit++)
			node->u.number = node->u.number * 10 + (*digit - '0');
		start = NULL;
	}
	if (*parser->p == '.') {
		parser->p++;
		node->kind = J_REAL;
		if (!skip_digits(parser))
			return -1;
	}
	if (*parser->p == 'e' || *parser->p == 'E') {
		parser->p++;
		node->kind = J_REAL;
		if (*parser->p == '+' || *parser->p == '-')
			parser->p++;
		if (!skip_digits(parser))
			return -1;
	}
	errno = 0;
	if (node->kind == J_INTEGER && start)
		node->u.number = strtoll(start, NULL, 10);
	return errno == ERANGE ? -1 : 0;
}

static bool
is_same(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

static bool
has_twice(const struct jnode *object, size_t nr)
{
	struct strmap seen = STRMAP_INIT;
	const struct jnode *node, *other;
	bool twice = false;

	for (node = object->u.first; node && !twice; node = node->next) {
		if (nr > FEW) {
			twice = strmap_has(&seen, node->key);
			strmap_set(&seen, node->key, NULL);
			continue;
		}
		for (other = object->u.first; other != node && !twice;
		    other = other->next)
			twice = is_same(other->key, node->key);
	}
	strmap_release(&seen, NULL);
	return twice;
}

static struct jnode *parse_value(struct parser *parser);

/* "KEY": VALUE */
static struct jnode *
parse_member(struct parser *parser)
{
	struct jnode *node;
	const char *key = parse_string(parser);

	if (!key)
		return NULL;
	skip_blanks(parser);
	if (*parser->p++ != ':')
		return NULL;
	node = parse_value(parser);
	if (node)
		node->key = key;
	return node;
}

/* From the opening bracket on. */
static int
parse_container(struct parser *parser, struct jnode *node)
{
	bool is_object = *parser->p++ == '{';
	char end = is_object ? '}' : ']';
	struct jnode **next = &node->u.first;
	size_t nr = 0;

	node->kind = is_object ? J_OBJECT : J_ARRAY;
	node->u.first = NULL;
	if (++parser->depth > MAX_DEPTH)
		return -1;
	skip_blanks(parser);
	while (*parser->p != end || nr) {
		skip_blanks(parser);
		*next = is_object ? parse_member(parser) : parse_value(parser);
		if (!*next)
			return -1;
		next = &(*next)->next;
		nr++;
		skip_blanks(parser);
		if (*parser->p == end)
			break;
		if (*parser->p++ != ',')
			return -1;
	}
	parser->p++;
	parser->depth--;
	return is_object && has_twice(node, nr) ? -1 : 0;
}

static int
parse_word(struct parser *parser, struct jnode *node)
{
	static const struct {
		const char *word;
		enum jkind kind;
	} words[] = {
		{ "null", J_NULL }, { "false", J_FALSE }, { "true", J_TRUE },
	};
	size_t i;

	for (i = 0; i < nitems(words); i++) {
		if (!str_starts(parser->p, words[i].word))
			continue;
		parser->p += strlen(words[i].word);
		node->kind = words[i].kind;
		return 0;
	}
	return -1;
}

static struct jnode *
parse_value(struct parser *parser)
{
	struct jnode *node = new_node(parser->tree);
	int rc = 0;

	node->next = NULL;
	node->key = NULL;
	skip_blanks(parser);
	if (*parser->p == '{' || *parser->p == '[') {
		rc = parse_container(parser, node);
	} else if (*parser->p == '"') {
		node->kind = J_STRING;
		node->u.text = parse_string(parser);
		rc = node->u.text ? 0 : -1;
	} else if (*parser->p == '-' ||
	    (*parser->p >= '0' && *parser->p <= '9')) {
		rc = parse_number(parser, node);
	} else {
		rc = parse_word(parser, node);
	}
	return rc == 0 ? node : NULL;
}

int
jtree_parse(struct jtree *tree, const char *text, size_t len)
{
	struct parser parser = { .tree = tree };

	memset(tree, 0, sizeof(*tree));
	if (memchr(text, '\0', len))
		return -1;
	tree->text = parser.p = xmalloc(len + sizeof(uint64_t));
	memcpy(tree->text, text, len);
	memset(tree->text + len, 0, sizeof(uint64_t));
	skip_blanks(&parser);
	if (*parser.p == '{' || *parser.p == '[')
		tree->root = parse_value(&parser);
	if (tree->root) {
		skip_blanks(&parser);
		if (!*parser.p)
			return 0;
	}
	jtree_release(tree);
	return -1;
}

void
jtree_release(struct jtree *tree)
{
	struct jchunk *chunk, *next;

	for (chunk = tree->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(tree->text);
	memset(tree, 0, sizeof(*tree));
}

const struct jnode *
j_get(const struct jnode *object, const char *key)
{
	const struct jnode *node;

	if (!j_is(object, J_OBJECT))
		return NULL;
	for (node = object->u.first; node; node = node->next)
		if (is_same(node->key, key))
			return node;
	return NULL;
}

const struct jnode *
j_first(const struct jnode *node)
{
	return j_is(node, J_OBJECT) || j_is(node, J_ARRAY) ? node->u.first :
	    NULL;
}

const char *
j_text(const struct jnode *node)
{
	return j_is(node, J_STRING) ? node->u.text : NULL;
}

int64_t
j_integer(const struct jnode *node, int64_t otherwise)
{
	return j_is(node, J_INTEGER) ? node->u.number : otherwise;
}

bool
j_is(const struct jnode *node, enum jkind kind)
{
	return node && node->kind == kind;
}
