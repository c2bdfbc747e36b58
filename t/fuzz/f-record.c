/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * record_parse; what it accepts is formatted and read back the same.
 */
/* objs: signame jstring util strbuf strvec record jtree strmap */
#include "record.h"

#include "fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf err = STRBUF_INIT, one = STRBUF_INIT, two = STRBUF_INIT;
	struct record record = { .state = RECORD_NONE };
	struct record again = { .state = RECORD_NONE };

	if (record_parse((const char *)data, size, &record, &err) == 0) {
		record_format(&record, 7, &one);
		MUST(record_parse(one.buf, one.len, &again, &err) == 0);
		record_format(&again, 7, &two);
		MUST(strcmp(one.buf, two.buf) == 0);
		strbuf_reset(&two);
		record_describe(&record, &two);
	}
	record_release(&record);
	record_release(&again);
	strbuf_release(&one);
	strbuf_release(&two);
	strbuf_release(&err);
	return 0;
}
