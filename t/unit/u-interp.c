/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec strmap arena diag units yaml yaml-node interp */
#include "interp.h"

#include "fake-source.h"
#include "tap.h"

#include <stdlib.h>

static const struct fake_pair vars[] = {
	{ "SET", "value" },
	{ "EMPTY", "" },
	{ "BOTH", "process" },
	{ "DOLLAR", "$SET" },
	{ NULL, NULL },
};

struct fixture {
	struct fake_source fake;
	struct interp interp;
	struct diags diags;
};

static void
setup(struct fixture *fixture)
{
	static char file[] = "file", both[] = "file";

	memset(fixture, 0, sizeof(*fixture));
	fake_init(&fixture->fake, NULL);
	fixture->fake.vars = vars;
	fixture->interp.source = &fixture->fake.source;
	fixture->interp.diags = &fixture->diags;
	strmap_set(&fixture->interp.dotenv, "FILE", file);
	strmap_set(&fixture->interp.dotenv, "BOTH", both);
}

static void
teardown(struct fixture *fixture)
{
	strmap_release(&fixture->interp.dotenv, NULL);
	diags_release(&fixture->diags);
}

/* What a text becomes; "error" when it is refused. */
static char *
fill_in(struct fixture *fixture, const char *text)
{
	struct pos pos = { "f", 3, 7 };
	struct strbuf out = STRBUF_INIT;

	if (interp_text(&fixture->interp, pos, text, &out) < 0) {
		strbuf_reset(&out);
		strbuf_addstr(&out, "error");
	}
	return strbuf_detach(&out);
}

static void
test_interp__as_docker_compose(void)
{
	static const struct {
		const char *text, *result;
		size_t warnings;
	} rows[] = {
		{ "", "", 0 },
		{ "plain", "plain", 0 },
		{ "$SET", "value", 0 },
		{ "${SET}", "value", 0 },
		{ "a${SET}b$SET.c", "avaluebvalue.c", 0 },
		{ "$SETx", "", 1 },
		{ "$$SET", "$SET", 0 },
		{ "$$$SET", "$value", 0 },
		{ "$${SET}", "${SET}", 0 },
		{ "$DOLLAR", "$SET", 0 },
		{ "$FILE $BOTH", "file process", 0 },
		{ "$GONE", "", 1 },
		{ "${GONE}", "", 1 },
		{ "$EMPTY", "", 0 },
		{ "${GONE-d}", "d", 0 },
		{ "${EMPTY-d}", "", 0 },
		{ "${SET-d}", "value", 0 },
		{ "${GONE:-d}", "d", 0 },
		{ "${EMPTY:-d}", "d", 0 },
		{ "${SET:-d}", "value", 0 },
		{ "${GONE:-}", "", 0 },
		{ "${GONE+p}", "", 0 },
		{ "${EMPTY+p}", "p", 0 },
		{ "${EMPTY:+p}", "", 0 },
		{ "${SET:+p}", "p", 0 },
		{ "${SET?t}", "value", 0 },
		{ "${EMPTY?t}", "", 0 },
		{ "${GONE?t}", "error", 0 },
		{ "${GONE:?t}", "error", 0 },
		{ "${EMPTY:?t}", "error", 0 },
		{ "${GONE:-${SET}}", "value", 0 },
		{ "${GONE:-a${GONE-b}c}d", "abcd", 0 },
		{ "${GONE:-$$x}", "$x", 0 },
		{ "${GONE:-$${x}}", "${x}", 0 },
		{ "${GONE:-a:-b}", "a:-b", 0 },
		{ "$", "error", 0 },
		{ "a$", "error", 0 },
		{ "$5", "error", 0 },
		{ "$ x", "error", 0 },
		{ "${", "error", 0 },
		{ "${}", "error", 0 },
		{ "${SET", "error", 0 },
		{ "${1}", "error", 0 },
		{ "${SET!}", "error", 0 },
		{ "${SET:}", "error", 0 },
		{ "${SET:x}", "error", 0 },
		{ "${ SET}", "error", 0 },
	};
	struct fixture fixture;
	char *got;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		setup(&fixture);
		got = fill_in(&fixture, rows[i].text);
		is_str(got, rows[i].result, rows[i].text);
		is_int((int64_t)fixture.diags.nr_warning,
		    (int64_t)rows[i].warnings, rows[i].text);
		is_int((int64_t)fixture.diags.nr_error,
		    strcmp(rows[i].result, "error") == 0, rows[i].text);
		free(got);
		teardown(&fixture);
	}
}

static void
test_interp__findings_have_a_place_and_a_hint(void)
{
	struct strbuf printed = STRBUF_INIT;
	struct fixture fixture;

	setup(&fixture);
	free(fill_in(&fixture, "$GONE"));
	free(fill_in(&fixture, "${NEED:?say ${SET}}"));
	diags_print(&fixture.diags, &printed);
	is_str(printed.buf, "f:3:7: warning: variable 'GONE' is not set, it is "
	    "left empty [variable-unset]\n"
	    "f:3:7: hint: set it in the environment or in .env, or write "
	    "${GONE:-}\n"
	    "f:3:7: error: variable 'NEED' is required: say value "
	    "[variable-required]\n", "findings");
	strbuf_release(&printed);
	teardown(&fixture);
}

static void
test_interp__escape_is_the_inverse(void)
{
	static const char *const texts[] = { "", "$", "$$", "a${SET}b",
		"$SET$", "x" };
	struct strbuf escaped = STRBUF_INIT;
	struct fixture fixture;
	char *got;
	size_t i;

	setup(&fixture);
	for (i = 0; i < nitems(texts); i++) {
		strbuf_reset(&escaped);
		interp_escape(&escaped, texts[i]);
		got = fill_in(&fixture, escaped.buf);
		is_str(got, texts[i], "there and back");
		free(got);
	}
	strbuf_release(&escaped);
	teardown(&fixture);
}

static void
test_interp__a_node_is_filled_in_once(void)
{
	struct arena arena = { NULL };
	struct fixture fixture;
	struct yaml_doc *doc;
	int64_t n;

	setup(&fixture);
	doc = yaml_parse("f", "['$DOLLAR', '${GONE:-12}', '12']", 32,
	    &fixture.diags);
	interp_node(&fixture.interp, &arena, doc->root->item[0]);
	interp_node(&fixture.interp, &arena, doc->root->item[0]);
	is_str(yaml_text(doc->root->item[0]), "$SET", "not twice");
	is_str(doc->root->item[0]->text, "$DOLLAR", "the text stays");
	interp_node(&fixture.interp, &arena, doc->root->item[1]);
	is_int(yaml_int(doc->root->item[1], &n), 0, "a number of variables");
	is_int(yaml_int(doc->root->item[2], &n), -1, "no number in quotes");
	yaml_doc_free(doc);
	arena_release(&arena);
	teardown(&fixture);
}

static void
test_interp__nesting_has_a_limit(void)
{
	struct strbuf text = STRBUF_INIT;
	struct fixture fixture;
	char *got;
	int i;

	setup(&fixture);
	for (i = 0; i < 50; i++)
		strbuf_addstr(&text, "${GONE:-");
	for (i = 0; i < 50; i++)
		strbuf_addstr(&text, "}");
	got = fill_in(&fixture, text.buf);
	is_str(got, "error", "refused");
	is_int((int64_t)fixture.diags.nr_error, 1, "once");
	free(got);
	strbuf_release(&text);
	teardown(&fixture);
}
