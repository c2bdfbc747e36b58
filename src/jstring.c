/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See jstring.h.
 */
#include "jstring.h"

#include "strbuf.h"

json_t *
jstring(const char *s)
{
	struct strbuf safe = STRBUF_INIT;
	json_t *json = s ? json_string(s) : json_null();

	if (json)
		return json;
	strbuf_addsafe(&safe, s);
	json = json_string(safe.buf);
	strbuf_release(&safe);
	return json;
}

json_t *
jstrings(const struct strvec *sv)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < sv->nr; i++)
		json_array_append_new(array, jstring(sv->v[i]));
	return array;
}
