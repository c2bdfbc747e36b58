/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The reader of JSON takes what jansson takes, as the same values.
 */
/* objs: jtree strmap strbuf strvec util */
#include "jtree.h"
#include "strbuf.h"
#include "tap.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void
show(const struct jnode *node, json_t **out)
{
	const struct jnode *item;
	json_t *value;

	switch (node->kind) {
	case J_NULL:
		*out = json_null();
		break;
	case J_FALSE:
	case J_TRUE:
		*out = json_boolean(node->kind == J_TRUE);
		break;
	case J_INTEGER:
		*out = json_integer(node->u.number);
		break;
	case J_REAL: /* only that it is one is known */
		*out = json_real(0.5);
		break;
	case J_STRING:
		*out = json_string(node->u.text);
		break;
	case J_ARRAY:
	case J_OBJECT:
		*out = node->kind == J_ARRAY ? json_array() : json_object();
		for (item = j_first(node); item; item = item->next) {
			show(item, &value);
			if (node->kind == J_ARRAY)
				json_array_append_new(*out, value);
			else
				json_object_set_new(*out, item->key, value);
		}
		break;
	}
}

static void
is_as_jansson(const char *text, size_t len)
{
	json_t *want = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *have = NULL;
	struct jtree tree;

	if (jtree_parse(&tree, text, len) == 0) {
		show(tree.root, &have);
		jtree_release(&tree);
	}
	ok(want ? have && json_equal(want, have) : !have, "%.70s: %s", text,
	    want ? "taken" : "refused");
	json_decref(want);
	json_decref(have);
}

static void
test_jtree__takes_what_jansson_takes(void)
{
	static const char *const texts[] = {
		"{}", "[]", " [ ] ", "{\"a\":1}", "[1,-2,0,-0,10]", "[0.5]",
		"[5e-1]", "[true,false,null]", "{\"a\":{\"b\":[{},[]]}}",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\"]",
		"[\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \xc3\xa9\"]",
		"{\"\\u0061\":1,\"b\":2}", "[9223372036854775807]",
		"\r\n\t [1 , 2 ]\n", "[\"\x7f\"]",
		/* Refused. */
		"", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{a:1}", "{1:1}", "[1 2]", "[]]", "[] x", "1",
		"\"a\"", "null", "[01]", "[-]", "[1.]", "[.5]", "[1e]", "[+1]",
		"[tru]", "[True]", "[nulll]", "[\"a]", "[\"\n\"]", "['a']",
		"[\"\\x\"]", "[\"\\u12\"]", "[\"\\u000g\"]", "[\"\\u0000\"]",
		"[\"\\ud800\"]", "[\"\\ud800\\u0041\"]", "[\"\\udc00\"]",
		"[\"\xff\"]", "[\"\xc3\"]", "[\"\xed\xa0\x80\"]",
		"{\"\xff\":1}", "[9223372036854775808]", "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"b\":{\"c\":1,\"\\u0063\":2}}", "[\"\\\"]", "{,}",
		"[,]", "[1,,2]", "{\"a\":1,,\"b\":2}", "\xef\xbb\xbf[]",
		"[1]//", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[}", "{]",
	};
	size_t i;

	for (i = 0; i < nitems(texts); i++)
		is_as_jansson(texts[i], strlen(texts[i]));
	is_as_jansson("[1]\0", 4);
	is_as_jansson("[\"a\0b\"]", 7);
}

static void
test_jtree__finds_a_key_twice_among_many(void)
{
	struct strbuf text = STRBUF_INIT;
	int i;

	strbuf_addstr(&text, "{\"k7\":0");
	for (i = 10; i < 200; i++)
		strbuf_addf(&text, ",\"k%d\":[%d]", i, i);
	strbuf_addstr(&text, "}");
	is_as_jansson(text.buf, text.len);
	text.buf[text.len - 1] = ',';
	strbuf_addstr(&text, "\"k55\":1}");
	is_as_jansson(text.buf, text.len);
	strbuf_release(&text);
}

static void
test_jtree__ends_at_a_depth(void)
{
	struct strbuf text = STRBUF_INIT;
	struct jtree tree;
	int i;

	for (i = 0; i < 100; i++)
		strbuf_addch(&text, '[');
	for (i = 0; i < 100; i++)
		strbuf_addch(&text, ']');
	is_as_jansson(text.buf, text.len);
	strbuf_reset(&text);
	for (i = 0; i < 1000 * 1000; i++)
		strbuf_addch(&text, '[');
	is_int(jtree_parse(&tree, text.buf, text.len), -1, "a million deep");
	strbuf_release(&text);
}

static void
test_jtree__answers_with_what_is_there(void)
{
	static const char text[] =
	    "{\"n\":7,\"s\":\"x\",\"a\":[1,\"y\"],\"t\":true}";
	struct jtree tree;
	const struct jnode *root;

	is_int(jtree_parse(&tree, text, strlen(text)), 0, "parsed");
	root = tree.root;
	is_int(j_integer(j_get(root, "n"), 1), 7, "a number");
	is_int(j_integer(j_get(root, "s"), 1), 1, "a string is no number");
	is_int(j_integer(j_get(root, "none"), 2), 2, "what is not there");
	is_str(j_text(j_get(root, "s")), "x", "a string");
	ok(!j_text(j_get(root, "n")), "a number is no string");
	is_str(j_text(j_first(j_get(root, "a"))->next), "y", "an item");
	ok(!j_first(j_get(root, "s")), "a string has no items");
	ok(!j_get(j_get(root, "a"), "0"), "an array has no keys");
	ok(j_is(j_get(root, "t"), J_TRUE), "true");
	ok(!j_get(NULL, "x") && !j_first(NULL) && !j_text(NULL) &&
	    !j_is(NULL, J_NULL), "of nothing, nothing");
	jtree_release(&tree);
	jtree_release(&tree);
}
