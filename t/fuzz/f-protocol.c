/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * protocol_parse; what it accepts it accepts again as it is written by jansson,
 * and a refusal has words that can be sent.
 */
/* objs: util strbuf protocol */
#include "protocol.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct protocol_op *op, *op2;
	struct strbuf why = STRBUF_INIT;
	json_t *request, *request2, *text;
	const char *code = protocol_parse((const char *)data, size, &op,
	    &request, &why);
	char *line;

	if (code) {
		text = json_string(why.buf);
		MUST(why.len && text);
		json_decref(text);
	} else {
		line = json_dumps(request, JSON_COMPACT);
		MUST(op && request && line && !why.len);
		MUST(!protocol_parse(line, strlen(line), &op2, &request2,
		    &why));
		MUST(op == op2 && json_equal(request, request2));
		json_decref(request2);
		free(line);
	}
	json_decref(request);
	strbuf_release(&why);
	return 0;
}
