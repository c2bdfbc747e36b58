/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * jtree_parse: what it takes, jansson takes, too (a number too large for a
 * double aside); what jansson takes, it takes up to a depth and without NULs,
 * some of which jansson overlooks.
 */
/* objs: util strbuf strvec strmap jtree */
#include "jtree.h"

#include "fuzz.h"

#include <jansson.h>
#include <string.h>

static int
depth(const uint8_t *data, size_t size)
{
	int now = 0, most = 0;

	for (; size; size--, data++) {
		now += (*data == '[' || *data == '{') -
		    (*data == ']' || *data == '}');
		most = now > most ? now : most;
	}
	return most;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	json_error_t error;
	json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES,
	    &error);
	struct jtree tree;

	if (jtree_parse(&tree, text, size) == 0)
		MUST(document ||
		    json_error_code(&error) == json_error_numeric_overflow);
	else
		MUST(!document || depth(data, size) > 100 ||
		    memchr(text, '\0', size));
	jtree_release(&tree);
	json_decref(document);
	return 0;
}
