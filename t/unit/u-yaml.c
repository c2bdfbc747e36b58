/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec strmap arena diag units yaml yaml-node */
#include "yaml.h"

#include "tap.h"

#include <stdlib.h>

static struct yaml_doc *
parse(const char *text)
{
	struct diags diags = DIAGS_INIT;
	struct yaml_doc *doc = yaml_parse("f", text, strlen(text), &diags);

	ok(doc && diags.nr_error == 0, "parses: %s", text);
	diags_release(&diags);
	return doc;
}

/* The findings about a text of that length. */
static char *
findings(const char *text, size_t len)
{
	struct strbuf printed = STRBUF_INIT;
	struct diags diags = DIAGS_INIT;

	yaml_doc_free(yaml_parse("f", text, len, &diags));
	diags_print(&diags, &printed);
	diags_release(&diags);
	return strbuf_detach(&printed);
}

static void
test_yaml__nodes_know_their_places(void)
{
	struct yaml_doc *doc = parse("a: 1\nb:\n  - x\n  - \xc3\xa9: y\n");
	const struct yaml_node *list = yaml_get(doc->root, "b");
	const struct yaml_node *map = list->item[1];

	is_int(yaml_get_key(doc->root, "b")->line, 2, "line of a key");
	is_int(yaml_get_key(doc->root, "b")->col, 1, "column of a key");
	is_int(list->line, 3, "line of a list");
	is_int(list->item[0]->col, 5, "column of an item");
	is_int(yaml_value(map, 0)->line, 4, "line of a value");
	is_int(yaml_value(map, 0)->col, 8, "columns count characters");
	is_str(yaml_pos(map).file, "f", "file");
	ok(!yaml_get(doc->root, "c"), "no such key");
	ok(!yaml_get(list, "a") && !yaml_get(NULL, "a"), "not a map");
	yaml_doc_free(doc);
}

static void
test_yaml__plain_and_quoted_text(void)
{
	struct yaml_doc *doc = parse("- a\n- 'a'\n- !!str 1\n-\n- ~\n"
	    "- '~'\n- |\n  x\n");

	ok(doc->root->item[0]->plain, "plain");
	ok(!doc->root->item[1]->plain, "quoted");
	ok(!doc->root->item[2]->plain, "!!str is as good as quotes");
	ok(yaml_is_empty(doc->root->item[3]), "nothing is empty");
	ok(yaml_is_null(doc->root->item[3]), "and null");
	ok(!yaml_is_empty(doc->root->item[4]), "~ is not empty");
	ok(yaml_is_null(doc->root->item[4]), "but null");
	ok(!yaml_is_null(doc->root->item[5]), "quoted it is text");
	is_str(yaml_text(doc->root->item[6]), "x\n", "block text");
	yaml_doc_free(doc);
}

static bool
near(double a, double b)
{
	double apart = a > b ? a - b : b - a;

	return apart <= (b > 0 ? b : -b) / 100;
}

static void
test_yaml__scalars(void)
{
	static const struct {
		const char *text;
		int is_bool, is_int, is_number;
		int64_t n;
		double d;
	} rows[] = {
		{ "true", 1, 0, 0, 0, 0 },
		{ "TRUE", 1, 0, 0, 0, 0 },
		{ "False", 1, 0, 0, 0, 0 },
		{ "tRUE", 0, 0, 0, 0, 0 },
		{ "yes", 0, 0, 0, 0, 0 },
		{ "on", 0, 0, 0, 0, 0 },
		{ "0", 0, 1, 1, 0, 0 },
		{ "42", 0, 1, 1, 42, 42 },
		{ "-7", 0, 1, 1, -7, -7 },
		{ "+7", 0, 1, 1, 7, 7 },
		{ "0x1F", 0, 1, 1, 31, 31 },
		{ "0o17", 0, 1, 1, 15, 15 },
		{ "0b101", 0, 1, 1, 5, 5 },
		{ "010", 0, 0, 0, 0, 0 },
		{ "1_000", 0, 0, 0, 0, 0 },
		{ "9223372036854775807", 0, 1, 1, INT64_MAX, 9.3e18 },
		{ "9223372036854775808", 0, 0, 1, 0, 9.3e18 },
		{ "1.5", 0, 0, 1, 0, 1.5 },
		{ ".5", 0, 0, 1, 0, .5 },
		{ "2e3", 0, 0, 1, 0, 2000 },
		{ "1e", 0, 0, 0, 0, 0 },
		{ "1e999", 0, 0, 0, 0, 0 },
		{ "inf", 0, 0, 0, 0, 0 },
		{ "nan", 0, 0, 0, 0, 0 },
		{ "0x", 0, 0, 0, 0, 0 },
		{ "0x-1", 0, 0, 0, 0, 0 },
		{ "''", 0, 0, 0, 0, 0 },
		{ "'1'", 0, 0, 0, 0, 0 },
		{ "'true'", 0, 0, 0, 0, 0 },
		{ "--1", 0, 0, 0, 0, 0 },
		{ "1 2", 0, 0, 0, 0, 0 },
	};
	struct yaml_doc *doc;
	int64_t n;
	double d;
	size_t i;
	bool b;

	for (i = 0; i < nitems(rows); i++) {
		doc = parse(rows[i].text);
		is_int(yaml_bool(doc->root, &b) == 0, rows[i].is_bool,
		    rows[i].text);
		is_int(yaml_int(doc->root, &n) == 0, rows[i].is_int,
		    rows[i].text);
		if (rows[i].is_int)
			is_int(n, rows[i].n, rows[i].text);
		is_int(yaml_number(doc->root, &d) == 0, rows[i].is_number,
		    rows[i].text);
		if (rows[i].is_number)
			ok(near(d, rows[i].d), "%s is %g", rows[i].text, d);
		yaml_doc_free(doc);
	}
}

static void
test_yaml__aliases_share(void)
{
	struct yaml_doc *doc = parse("a: &x [1, 2]\nb: *x\nc: &x 5\nd: *x\n");

	ok(yaml_get(doc->root, "a") == yaml_get(doc->root, "b"), "shared");
	is_str(yaml_text(yaml_get(doc->root, "d")), "5", "defined anew");
	is_int(doc->root->weight, 13, "weight counts what aliases stand for");
	yaml_doc_free(doc);
}

static void
test_yaml__what_is_wrong(void)
{
	static const struct {
		const char *text;
		size_t len; /* 0: of the text */
		const char *finding;
	} rows[] = {
		{ "a: 1\nb: {c: 1, c: 2}\n", 0,
		    "f:2:11: error: key 'c' stands twice in one mapping, "
		    "first at f:2:5 [yaml-duplicate]\n" },
		{ "a: [\n", 0, "f:2:1: error: not YAML: did not find expected "
		    "node content while parsing a flow node [yaml-syntax]\n" },
		{ "a\n---\nb\n", 0,
		    "f:2:1: error: a second document in one file "
		    "[yaml-documents]\n" },
		{ "a: 1\n? [x]\n: 2\n", 0,
		    "f:2:3: error: a list as a key [yaml-key]\n" },
		{ "a: *b\n", 0, "f:1:4: error: alias '*b' has no anchor '&b' "
		    "before it [yaml-alias]\n" },
		{ "a: &b [*b]\n", 0, "f:1:8: error: alias '*b' stands inside "
		    "of what it names [yaml-alias]\n" },
		{ "a: &b 1\nc: &b 2\n", 0, "f:2:4: warning: anchor '&b' is "
		    "given anew; before, it was line 1 [yaml-alias]\n" },
		{ "a: x\xff\n", 0, "f:1:5: error: not clean UTF-8 text: "
		    "invalid leading UTF-8 octet [yaml-encoding]\n" },
		{ "a: \"x\\0\"\n", 0, "f:1:4: error: a NUL character in a "
		    "value [yaml-encoding]\n" },
		{ "a: b\0c\n", 7, "f:1:5: error: not clean UTF-8 text: "
		    "control characters are not allowed [yaml-encoding]\n" },
		{ "a: !x 1\n", 0,
		    "f:1:4: warning: tag '!x' is ignored [yaml-tag]\n" },
	};
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		got = findings(rows[i].text, rows[i].len ? rows[i].len :
		    strlen(rows[i].text));
		is_str(got, rows[i].finding, rows[i].text);
		free(got);
	}
}

static void
test_yaml__the_first_of_two_keys_stays(void)
{
	struct diags diags = DIAGS_INIT;
	struct strbuf text = STRBUF_INIT;
	struct yaml_doc *doc;
	int i;

	for (i = 0; i < 100; i++) /* enough for the map to be used */
		strbuf_addf(&text, "k%d: %d\n", i % 90, i);
	doc = yaml_parse("f", text.buf, text.len, &diags);
	is_int((int64_t)diags.nr_error, 10, "ten keys stand twice");
	is_int(doc->root->nr, 90, "ninety are left");
	is_str(yaml_text(yaml_get(doc->root, "k5")), "5", "the first");
	yaml_doc_free(doc);
	diags_release(&diags);
	strbuf_release(&text);
}

static void
test_yaml__empty_files(void)
{
	static const char *const texts[] = { "", "\n", "# x\n", "---\n",
		"\xef\xbb\xbf" };
	struct yaml_doc *doc;
	size_t i;

	for (i = 0; i < nitems(texts); i++) {
		doc = parse(texts[i]);
		ok(yaml_is_empty(doc->root), "nothing in '%s'", texts[i]);
		is_str(yaml_kind_name(doc->root), "nothing", "its name");
		yaml_doc_free(doc);
	}
}

static void
test_yaml__depth_has_a_limit(void)
{
	struct strbuf text = STRBUF_INIT;
	char *got;
	int i;

	for (i = 0; i < YAML_MAX_DEPTH; i++)
		strbuf_addstr(&text, "[");
	for (i = 0; i < YAML_MAX_DEPTH; i++)
		strbuf_addstr(&text, "]");
	yaml_doc_free(parse(text.buf));
	strbuf_reset(&text);
	for (i = 0; i <= YAML_MAX_DEPTH; i++)
		strbuf_addstr(&text, "[");
	got = findings(text.buf, text.len);
	is_str(got, "f:1:65: error: nested more than 64 levels deep "
	    "[yaml-limit]\n", "one more");
	free(got);
	strbuf_release(&text);
}
