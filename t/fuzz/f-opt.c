/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * opt_parse: words are separated by newlines.
 */
/* objs: util strbuf strvec units opt */
#include "opt.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

struct values {
	bool flag;
	const char *string, *choice;
	struct strvec list;
	int64_t duration, number;
};

static const struct opt opts[] = {
	{ 'f', "flag", OPT_FLAG, offsetof(struct values, flag), NULL, "" },
	{ 's', "string", OPT_STRING, offsetof(struct values, string), "S", "" },
	{ 'c', "choice", OPT_CHOICE, offsetof(struct values, choice),
	    "auto|always|never", "" },
	{ 'l', "list", OPT_LIST, offsetof(struct values, list), "L", "" },
	{ 'd', "duration", OPT_DURATION, offsetof(struct values, duration),
	    "D", "" },
	{ 'n', "number", OPT_NUMBER, offsetof(struct values, number), "N", "" },
	{ .name = NULL },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct values values = { .list = STRVEC_INIT };
	const struct opt_set set = { opts, &values };
	struct strvec argv = STRVEC_INIT, operands = STRVEC_INIT;
	struct strbuf err = STRBUF_INIT;
	char *text = xstrndup((const char *)data, size), *line, *end;
	bool stop = size % 2 == 0;

	strvec_push(&argv, "teamctl");
	for (line = text; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		strvec_push(&argv, line);
	}
	if (opt_parse(&set, 1, (int)argv.nr, argv.v, stop, &operands, &err) ==
	    0) {
		MUST(operands.nr + 1 <= argv.nr);
		MUST(values.number >= 0);
	} else {
		MUST(err.len > 0);
	}
	free(text);
	strvec_release(&values.list);
	strvec_release(&argv);
	strvec_release(&operands);
	strbuf_release(&err);
	return 0;
}
