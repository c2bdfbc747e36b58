/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * dotenv_parse: names are names, values are texts.
 */
/* objs: util strbuf diag units rules dotenv */
#include "dotenv.h"

#include "fuzz.h"
#include "units.h"

#include <string.h>

static void
look(void *ctx, struct pos pos, const char *name, const char *value)
{
	size_t *bytes = ctx;

	MUST(pos.line >= 1);
	MUST(units_is_env_name(name));
	*bytes += strlen(name) + (value ? strlen(value) : 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diags diags = DIAGS_INIT;
	struct strbuf out = STRBUF_INIT;
	size_t bytes = 0;

	if (dotenv_parse(".env", (const char *)data, size, &diags, look,
	    &bytes) == -1)
		MUST(diags.nr_error);
	MUST(bytes <= size);
	diags_print(&diags, &out);
	diags_release(&diags);
	strbuf_release(&out);
	return 0;
}
