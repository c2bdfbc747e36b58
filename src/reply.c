/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See reply.h.
 */
#include "reply.h"

#include "strbuf.h"

json_t *
reply_refuse(const char *code, const char *why)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "code", code, "error",
	    why);
}

json_t *
reply_refusef(const char *code, const char *fmt, ...)
{
	struct strbuf why = STRBUF_INIT;
	json_t *reply;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddsafef(&why, fmt, ap);
	va_end(ap);
	reply = reply_refuse(code, why.buf);
	strbuf_release(&why);
	return reply;
}
