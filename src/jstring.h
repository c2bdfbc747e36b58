/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Text that may hold anything as JSON, which is UTF-8.
 */
#ifndef JSTRING_H
#define JSTRING_H

#include "strvec.h"

#include <jansson.h>

/* A string; null for NULL; bytes that are not UTF-8 as \xHH. */
json_t *jstring(const char *s);
/* A list of them. */
json_t *jstrings(const struct strvec *sv);

#endif
