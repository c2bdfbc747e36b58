/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * yaml_parse: a tree, or findings; then every node is looked at.
 */
/* objs: util strbuf strvec strmap arena diag units yaml yaml-node */
#include "yaml.h"

#include "fuzz.h"

static void
visit(const struct yaml_node *node, int depth)
{
	int64_t whole;
	double number;
	bool truth;
	uint32_t i;

	MUST(depth <= YAML_MAX_DEPTH);
	MUST(node->line >= 1 && node->col >= 1);
	if (node->kind == YAML_SCALAR) {
		yaml_bool(node, &truth);
		yaml_int(node, &whole);
		yaml_number(node, &number);
		MUST(!yaml_is_empty(node) || yaml_is_null(node));
		return;
	}
	for (i = 0; i < node->nr * (node->kind == YAML_MAP ? 2 : 1); i++)
		visit(node->item[i], depth + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diags diags = DIAGS_INIT;
	struct strbuf out = STRBUF_INIT;
	struct yaml_doc *doc;

	doc = yaml_parse("fuzz.yaml", (const char *)data, size, &diags);
	MUST(doc || diags.nr_error);
	if (doc)
		visit(doc->root, 0);
	diags_print(&diags, &out);
	yaml_doc_free(doc);
	diags_release(&diags);
	strbuf_release(&out);
	return 0;
}
