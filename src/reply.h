/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Refusals, as the supervisor sends them: {"ok": false, "code": "...",
 * "error": "..."}.  The codes are in teamctl-control(7).
 */
#ifndef REPLY_H
#define REPLY_H

#include "util.h"

#include <jansson.h>

json_t *reply_refuse(const char *code, const char *why);
json_t *reply_refusef(const char *code, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

#endif
