/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * envfile_parse; what it accepts is written and read back the same.
 */
/* objs: util strbuf strvec units envfile */
#include "envfile.h"

#include "fuzz.h"
#include "strvec.h"

#include <string.h>

static int
collect(void *ctx, const char *key, const char *value)
{
	strvec_push(ctx, key);
	strvec_push(ctx, value);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf err = STRBUF_INIT, out = STRBUF_INIT;
	struct strvec first = STRVEC_INIT, again = STRVEC_INIT;
	size_t i;

	if (envfile_parse((const char *)data, size, collect, &first, &err) ==
	    0) {
		for (i = 0; i < first.nr; i += 2)
			envfile_add(&out, first.v[i], first.v[i + 1]);
		MUST(envfile_parse(out.buf, out.len, collect, &again, &err) ==
		    0);
		MUST(strvec_eq(&first, &again));
	} else {
		MUST(err.len > 0);
	}
	strvec_release(&first);
	strvec_release(&again);
	strbuf_release(&out);
	strbuf_release(&err);
	return 0;
}
