/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See jfile.h.
 */
#include "jfile.h"

#include <stdlib.h>
#include <string.h>

int
jfile_write(const char *path, const json_t *document, unsigned flags,
    struct strbuf *err)
{
	char *text = json_dumps(document, JSON_INDENT(1));
	int rc = -1;

	if (text)
		rc = fs_write(path, text, strlen(text), 0600, flags, err);
	else
		strbuf_addf(err, "cannot write '%s': not UTF-8", path);
	free(text);
	return rc;
}
