/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec strmap arena diag rules yaml yaml-node yaml-write */
/* objs: graft */
#include "graft.h"

#include "tap.h"

#include <stdlib.h>

/* Where "#w#" and "#m#" stand, a worker and a manager are put. */
static const char *const texts[] = {
	"projects:\n- id: p\n  workers:\n    a: 1\n#w#    w:\n      k: v\n",
	"projects:\n- id: p\n  workers:\n    a:\n        b: 1\n"
	    "        # about b\n#w#    w:\n        k: v\n"
	    "    # about all\n\n- id: q\n",
	"projects:\n- id: q\n  workers: {a: 1}\n- id: p\n  agents:\n"
	    "    a: |\n      text\n\n      # no comment\n"
	    "#w#    w:\n      k: v\n\nx: y\n",
	"projects:\n- id: p\n  workers:\n  agents:\n    a: 1\n"
	    "#w#    w:\n      k: v\n  managers:\n#m#    m:\n      k: v\n",
	"projects:\n- project: {id: p}\n  list:\n  - a\n  - b\n"
	    "#w#  workers:\n    w:\n      k: v\n...\n",
	"\xef\xbb\xbfprojects:\n-\n    id: p\n"
	    "#m#    managers:\n      m:\n        k: v\n# end\n",
};

/* The text with one mark's lines, which reach to the next mark or `same`. */
static void
cut(const char *text, const char *mark, bool keep, struct strbuf *out)
{
	const char *at = strstr(text, mark), *s;

	/* The other mark's lines go with it in texts that have both. */
	for (s = text; *s; s++) {
		if (s[0] == '#' && s[1] && s[2] == '#' && (s[1] == 'w' ||
		    s[1] == 'm')) {
			s += 2;
			if (s - 2 == at && keep)
				continue;
			/* Skip "name:" and "k: v", and a key before them. */
			do
				s = strchr(s + 1, '\n');
			while (strncmp(s - 4, "k: v", 4) != 0);
			continue;
		}
		strbuf_addch(out, *s);
	}
}

static void
try(const char *text, const char *mark, struct graft *graft)
{
	struct strbuf before = STRBUF_INIT, want = STRBUF_INIT;
	struct strbuf got = STRBUF_INIT, err = STRBUF_INIT;

	if (!strstr(text, mark))
		return;
	cut(text, mark, false, &before);
	cut(text, mark, true, &want);
	is_int(graft_agent(graft, &before, &got, &err), 0, "it can be put");
	is_str(got.buf, want.buf, "nothing else changes");
	is_str(err.buf, "", "nothing to say");
	strbuf_release(&before);
	strbuf_release(&want);
	strbuf_release(&got);
	strbuf_release(&err);
}

static void
test_graft__block_style(void)
{
	struct diags diags = DIAGS_INIT;
	struct yaml_doc *body = yaml_parse("body", "k: v\n", 5, &diags);
	struct graft worker = { .file = "f", .project = "p", .name = "w",
		.body = body->root };
	struct graft manager = { .file = "f", .project = "p", .name = "m",
		.is_manager = true, .body = body->root };
	size_t i;

	for (i = 0; i < nitems(texts); i++) {
		try(texts[i], "#w#", &worker);
		try(texts[i], "#m#", &manager);
	}
	yaml_doc_free(body);
	diags_release(&diags);
}

static void
test_graft__what_cannot_be(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "projects: [{id: p}]\n", "its project is in flow style, "
		    "{...}, at line 1" },
		{ "projects:\n- id: p\n  workers: {a: 1}\n",
		    "its project has 'workers' in flow style, {...}, at line "
		    "3" },
		{ "projects:\n- id: p\n  workers: ~\n",
		    "its project has 'workers' in flow style, {...}, at line "
		    "3" },
		{ "projects:\n- id: q\n", "its project is not in there" },
		{ "projects: [\n", "it is not valid" },
		{ "", "its project is not in there" },
	};
	struct diags diags = DIAGS_INIT;
	struct yaml_doc *body = yaml_parse("body", "k: v\n", 5, &diags);
	struct graft graft = { .file = "f", .project = "p", .name = "w",
		.body = body->root };
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT, err = STRBUF_INIT;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		strbuf_reset(&text);
		strbuf_reset(&err);
		strbuf_addstr(&text, rows[i].text);
		is_int(graft_agent(&graft, &text, &out, &err), -1, "refused");
		is_str(err.buf, rows[i].why, "why");
	}
	is_str(out.buf, "", "nothing was written");
	strbuf_release(&text);
	strbuf_release(&out);
	strbuf_release(&err);
	yaml_doc_free(body);
	diags_release(&diags);
}
