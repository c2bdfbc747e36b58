/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * An agent put into the text of a compose file: what was there is there
 * still, before and after what was added, but for a "{}" and its blanks.
 */
/* objs: util strbuf strvec strmap arena diag rules yaml yaml-node yaml-write */
/* objs: graft */
#include "graft.h"

#include "fuzz.h"

#include <string.h>

static void
try(const struct strbuf *text, const struct graft *graft)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	size_t head = 0, tail = 0;

	if (graft_agent(graft, text, &out, &err) == 0) {
		while (head < text->len && text->buf[head] == out.buf[head])
			head++;
		while (tail < text->len - head && text->buf[text->len - 1 -
		    tail] == out.buf[out.len - 1 - tail])
			tail++;
		MUST(out.len > text->len);
		MUST(head + tail == text->len ||
		    strstr(text->buf + head, "{}"));
	} else {
		MUST(out.len == 0 && err.len > 0);
	}
	strbuf_release(&out);
	strbuf_release(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "command: [sleep, \"9\"]\nx: {y: }\n";
	struct diags diags = DIAGS_INIT;
	struct yaml_doc *body = yaml_parse("b", text, sizeof(text) - 1,
	    &diags);
	struct graft graft = { .file = "f", .name = "w", .body = body->root };
	struct strbuf given = STRBUF_INIT;

	strbuf_add(&given, (const char *)data, size);
	try(&given, &graft);
	graft.project = "p";
	graft.is_manager = true;
	try(&given, &graft);
	strbuf_release(&given);
	yaml_doc_free(body);
	diags_release(&diags);
	return 0;
}
